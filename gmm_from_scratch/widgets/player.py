"""EMPlayer: watch EM half-step by half-step, and drag where it starts."""

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from traitlets import Bool, Dict, Int, TraitType, observe, validate

from gmm_from_scratch.em import HalfStep
from gmm_from_scratch.engine import half_steps
from gmm_from_scratch.initialization import initial_mixture
from gmm_from_scratch.mixture import Mixture, check_mixture
from gmm_from_scratch.plotting import COLORS, STRIP_STYLE, draw_mixture, draw_points
from gmm_from_scratch.validation import (
    check_array,
    check_enough_rows,
    check_integer,
    check_non_negative,
    check_rng,
)
from gmm_from_scratch.widgets.base import (
    PlayedWidget,
    as_float32,
    as_float64,
    check_feature_names,
    check_two_features,
    count_from_one,
    join_modules,
    or_trait_error,
    read_text,
)

# A random start may lose a component at once; then another one is drawn, so often.
MAX_DRAWS = 20


class EMPlayer(PlayedWidget):
    """Play EM on two features: points, Gaussians and the log-likelihood in motion.

    Display it as the last line of a cell. In the browser, the starting means are
    rings to drag (or to move with the arrow keys); EM then runs anew, and the picture
    follows. Buttons choose K, draw a new random start and lead back to the first one.
    Keys: Space plays and pauses, ← and → (or , and . or PageUp and PageDown, which
    clickers send) step, Home and End jump, P presents in large type.

    Parameters
    ----------
    X : array-like of shape (N, 2)
        Points; the columns' names of a DataFrame label the axes.
    start : Mixture, optional
        Where EM starts. It stops as `em.fit` does.
    trace : sequence of HalfStep, optional
        Instead of `start`: half-steps of `em.em` to play just as they are. Once a
        starting mean is moved, EM runs anew from the first record's mixture, and
        stops as `em.fit` does.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like.
    reg_covar : float
        Added to each variance at each M-step.
    tol : float
        Stop once the mean log-likelihood per point changes by less.
    max_iter : int
        Stop after so many iterations in any case.
    feature_names : sequence of str, optional
        Labels of the two axes, with units.
    title : str, optional
        A line above the picture.
    random_state : int or numpy.random.Generator, optional
        Source of randomness of new random starts, or its seed.

    Attributes
    ----------
    frame : int
        What is shown: 0 is the start, 1 the first E-step, 2 the first M-step, …
    playing : bool
        Whether the frames advance by themselves (in the browser).
    speed : float
        Speed of playing; 1 is about one half-step a second.
    loop : bool
        Whether playing begins again when it has come to the end.
    hard_labels : bool
        Whether each point has the color of its likeliest component, instead of all
        their colors, blended by responsibility.
    n_components : int
        K. Assigning it draws a new random start.
    start_means : list of [x, y]
        Where the components start. Assigning it, like dragging, runs EM anew with the
        weights and covariances of the start.
    presenting : bool
        Whether type and lines are large enough for a lecture room.
    message : str
        Why EM could not run from these means; the last good run then stays.

    Raises
    ------
    TypeError, ValueError
        If the data, the start or the trace do not fit each other.
    EmptyComponentError
        If a component loses every point from this start.

    Examples
    --------
    >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [5.0, 5.0], [5.0, 6.0], [6.0, 5.0]]
    >>> start = Mixture([0.5, 0.5], [[1.0, 1.0], [4.0, 4.0]], [np.eye(2)] * 2)
    >>> player = EMPlayer(X, start)
    >>> player
    EMPlayer(6 points, 2 components, 3 iterations)
    >>> player.frame = 4
    >>> player.mixture.weights.round(3)
    array([0.5, 0.5])
    """

    _esm = join_modules("drawing.js", "view.js", "run.js", "player.js")
    _css = read_text("widget.css")

    hard_labels = Bool(False).tag(sync=True)
    n_components = Int(1).tag(sync=True)
    start_means = TraitType(()).tag(sync=True)

    # The run, and whether it begins elsewhere than the first one did.
    _trace = Dict().tag(sync=True)
    _moved = Bool(False).tag(sync=True)

    def __init__(
        self,
        X,
        start=None,
        *,
        trace=None,
        covariance_type="full",
        reg_covar=1e-6,
        tol=1e-3,
        max_iter=100,
        feature_names=None,
        title=None,
        random_state=None,
    ):
        self._X = check_two_features(X, "EMPlayer")
        self._rng = check_rng(random_state)
        self._how = {"covariance_type": covariance_type, "reg_covar": reg_covar}
        self._options = self._how | {
            "tol": check_non_negative(tol, "tol"),
            "max_iter": check_integer(max_iter, "max_iter", 1),
        }
        if (start is None) == (trace is None):
            raise ValueError(
                "give exactly one of start (a Mixture, from which EM then runs) and "
                "trace (a list of half-steps from em(), to be played as they are)."
            )
        if trace is None:
            self._start = _check_start(start)
            self._steps = self._run(start)
        else:
            self._steps = _check_trace(trace, len(self._X))
            self._start = self._steps[0].mixture
        self._first = self._start, self._steps
        names = check_feature_names(feature_names, X)
        self._center = (self._X.min(axis=0) + self._X.max(axis=0)) / 2
        self._scale = np.where(np.ptp(self._X, axis=0) > 0, np.ptp(self._X, axis=0), 1)
        super().__init__(
            n_components=self._start.n_components,
            start_means=self._start.means.tolist(),
            _scene=self._pack_scene(names, title),
            _trace=self._pack_trace(),
        )

    @property
    def trace(self):
        """The half-steps that are played: a list of `em.HalfStep`."""
        return list(self._steps)

    @property
    def mixture(self):
        """The mixture at the current frame."""
        return self._mixture_at(self.frame)

    def new_random_start(self):
        """Start somewhere else: K points drawn at random are the first means.

        Raises
        ------
        ValueError
            If EM cannot run from any of 20 such starts.

        Examples
        --------
        >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [5.0, 5.0], [5.0, 6.0], [6.0, 5.0]]
        >>> start = Mixture([0.5, 0.5], [[1.0, 1.0], [4.0, 4.0]], [np.eye(2)] * 2)
        >>> player = EMPlayer(X, start, random_state=0)
        >>> player.new_random_start()
        >>> player.start_means == start.means.tolist()
        False
        """
        self._begin_at_random(self._start.n_components)

    def back_to_first_start(self):
        """Show the run again that the player was made for."""
        self._begin(*self._first)

    def to_film_strip(self):
        """Draw the run as a strip of still pictures: start, E, M, later, and the end.

        Returns
        -------
        matplotlib.figure.Figure
            It belongs to no pyplot window, so there is nothing to close.

        Examples
        --------
        >>> X = [[0.0, 0.0], [0.0, 1.0], [5.0, 5.0], [5.0, 6.0]]
        >>> start = Mixture([0.5, 0.5], [[1.0, 4.0], [4.0, 1.0]], [np.eye(2)] * 2)
        >>> len(EMPlayer(X, start).to_film_strip().axes)
        5
        """
        frames = self.still_frames()
        with rc_context(STRIP_STYLE):
            figure = Figure(figsize=(2.9 * len(frames), 3.3), layout="constrained")
            panels = figure.subplots(1, len(frames), sharex=True, sharey=True)
            self.draw_stills(np.atleast_1d(panels))
            figure.supxlabel(self._scene["labels"][0], fontsize=13)
            figure.supylabel(self._scene["labels"][1], fontsize=13)
        return figure

    def still_frames(self):
        """Say which frames a film strip shows.

        Returns
        -------
        list of int
        """
        last = self._last_frame
        return [f for f in sorted({0, 1, 2, last // 4 * 2, last}) if f <= last]

    def draw_stills(self, panels):
        """Draw the frames of a film strip.

        Parameters
        ----------
        panels : sequence of matplotlib.axes.Axes
            Where to draw, one for each of the first `still_frames`.
        """
        for ax, frame in zip(panels, self.still_frames(), strict=False):
            step = self._steps[max(frame - 1, 0)]
            draw_points(ax, self._X, step.responsibilities if frame else None, s=12)
            draw_mixture(ax, step.mixture)
            name = f"{step.half}, iteration {step.iteration}" if frame else "Start"
            value = f"{step.log_likelihood:.1f}".replace("-", "−")
            ax.set_title(f"{name}\nlog-likelihood {value}")
            # Else as many ticks as the style at the moment of saving has room for.
            ax.tick_params(labelsize=13)

    def alt_text(self):
        """Say in words what the film strip shows.

        Returns
        -------
        str
        """
        last = self._steps[-1]
        means = "; ".join(
            f"({', '.join(f'{value:.3g}' for value in mean)})"
            for mean in last.mixture.means
        )
        return (
            f"Film strip of EM on {len(self._X)} points with "
            f"{last.mixture.n_components} components, from the start to iteration "
            f"{last.iteration}: the points take the color of the component they belong "
            f"to, and the ellipses move onto them. The log-likelihood rises from "
            f"{self._steps[0].log_likelihood:.1f} to {last.log_likelihood:.1f}; the "
            f"means end at {means}."
        )

    def __repr__(self):
        """Name the size of the problem; no address, so that notebooks compare equal."""
        return (
            f"EMPlayer({len(self._X)} points, {self._start.n_components} components, "
            f"{self._steps[-1].iteration} iterations)"
        )

    # --- traits -------------------------------------------------------------------

    @property
    def _last_frame(self):
        return len(self._steps)

    @validate("start_means")
    def _validate_start_means(self, proposal):
        shape = self._start.means.shape
        means = or_trait_error(check_array, proposal["value"], shape, "start_means")
        return means.tolist()

    @observe("start_means")
    def _run_from_start_means(self, change):
        if change["new"] == self._start.means.tolist():
            return
        try:
            start = Mixture(self._start.weights, change["new"], self._start.covariances)
            self._begin(start, self._run(start))
        except ValueError as error:
            self.message = f"EM cannot run from here: {count_from_one(str(error))}"

    @validate("n_components")
    def _validate_n_components(self, proposal):
        K = or_trait_error(check_integer, proposal["value"], "n_components", 1)
        or_trait_error(check_enough_rows, self._X, K)
        return K

    @observe("n_components")
    def _begin_with_n_components(self, change):
        if change["new"] == self._start.n_components:
            return
        try:
            self._begin_at_random(change["new"])
        except ValueError as error:
            self.message = str(error)
            self.n_components = self._start.n_components

    def _answer(self, question):
        if "means" in question:
            self.start_means = question["means"]
        elif "n_components" in question:
            self.n_components = question["n_components"]
        elif "random" in question:
            self.new_random_start()
        else:
            self.back_to_first_start()

    # --- the run ------------------------------------------------------------------

    def _run(self, start):
        return list(half_steps(self._X, start, **self._options))

    def _begin(self, start, steps):
        """Show another run; a player that stands at the end stays at the end."""
        was_at_end = self.frame == self._last_frame
        frame = len(steps) if was_at_end else min(self.frame, len(steps))
        with self.hold_sync():
            self._start, self._steps = start, steps
            self.n_components = start.n_components
            self.start_means = start.means.tolist()
            self._trace = self._pack_trace()
            self._moved = start is not self._first[0]
            self.frame = frame
            self.message = ""

    def _begin_at_random(self, n_components):
        for _ in range(MAX_DRAWS):
            try:
                start = self._draw_start(n_components)
                self._begin(start, self._run(start))
                return
            except ValueError as error:
                failure = error
        raise ValueError(
            f"EM could not run from any of {MAX_DRAWS} random starts with "
            f"n_components={n_components}: {count_from_one(str(failure))}"
        ) from failure

    def _draw_start(self, n_components):
        """Take the spread of all data, shared out, around points drawn at random."""
        everything = initial_mixture(self._X, 1, **self._how).covariances[0]
        rows = self._rng.choice(len(self._X), n_components, replace=False)
        weights = np.full(n_components, 1 / n_components)
        covariances = np.array([everything / n_components] * n_components)
        return Mixture(weights, self._X[rows], covariances)

    def _mixture_at(self, frame):
        return self._steps[max(frame - 1, 0)].mixture

    # --- what the browser receives ------------------------------------------------

    def _pack_scene(self, names, title):
        return {
            "points": as_float32((self._X - self._center) / self._scale),
            "center": self._center.tolist(),
            "scale": self._scale.tolist(),
            "labels": names,
            "title": title or "",
            "colors": list(COLORS),
        }

    def _pack_trace(self):
        # The browser works in units of the data's range, so that float32 is exact
        # enough wherever the data lie.
        mixtures = [self._mixture_at(frame) for frame in range(len(self._steps) + 1)]
        area = np.outer(self._scale, self._scale)
        return {
            "weights": as_float32([m.weights for m in mixtures]),
            "means": as_float32(
                [(m.means - self._center) / self._scale for m in mixtures]
            ),
            "covariances": as_float32([m.covariances / area for m in mixtures]),
            "responsibilities": _pack_responsibilities(
                [step.responsibilities for step in self._steps if step.half == "E"]
            ),
            "bounds": as_float64([step.lower_bound for step in self._steps]),
            "log_likelihoods": as_float64([s.log_likelihood for s in self._steps]),
        }


def _pack_responsibilities(responsibilities):
    # Each row sums to one, so the last component need not travel.
    quantized = np.rint(np.array(responsibilities)[:, :, :-1] * 255)
    return quantized.astype(np.uint8).tobytes()


def _check_start(start):
    check_mixture(start, "start")
    if start.n_features != 2:
        raise ValueError(
            f"start has {start.n_features} features, but X has 2; its means must have "
            f"shape (K, 2)."
        )
    return start


def _check_trace(trace, n_samples):
    steps = list(trace)
    if not steps or not all(isinstance(step, HalfStep) for step in steps):
        raise ValueError(
            "trace must be a list of at least one HalfStep, for example "
            "list(em(X, start, max_iter=10))."
        )
    halves = "".join(step.half for step in steps)
    if halves != ("EM" * len(steps))[: len(steps)]:
        raise ValueError(
            f"trace must alternate E, M, E, M, … from an E-step on, but it goes "
            f"{halves}."
        )
    _check_start(steps[0].mixture)
    for step in steps:
        shape = (n_samples, steps[0].mixture.n_components)
        check_array(step.responsibilities, shape, "responsibilities in the trace")
    return steps
