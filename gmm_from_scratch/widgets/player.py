"""EMPlayer: watch EM half-step by half-step, and drag where it starts."""

import re

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from traitlets import (
    Bool,
    Dict,
    Float,
    Int,
    TraitError,
    TraitType,
    Unicode,
    observe,
    validate,
)

from gmm_from_scratch.em import HalfStep
from gmm_from_scratch.engine import half_steps
from gmm_from_scratch.mixture import Mixture, check_mixture
from gmm_from_scratch.plotting import COLORS, STYLE, draw_mixture, draw_points
from gmm_from_scratch.validation import (
    check_array,
    check_data,
    check_integer,
    check_non_negative,
)
from gmm_from_scratch.widgets.base import CourseWidget, join_modules, read_text


class EMPlayer(CourseWidget):
    """Play EM on two features: points, Gaussians and the log-likelihood in motion.

    Display it as the last line of a cell. In the browser, the starting means are
    rings to drag (or to move with the arrow keys); EM then runs anew, and the picture
    follows; a button leads back to the first start. Keys: Space plays and pauses,
    ← and → (or , and .) step, Home and End jump.

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

    Attributes
    ----------
    frame : int
        What is shown: 0 is the start, 1 the first E-step, 2 the first M-step, …
    playing : bool
        Whether the frames advance by themselves (in the browser).
    speed : float
        Speed of playing; 1 is about one half-step a second.
    start_means : list of [x, y]
        Where the components start. Assigning it, like dragging, runs EM anew with the
        weights and covariances of the start.
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

    _esm = join_modules("drawing.js", "player.js")
    _css = read_text("player.css")

    frame = Int(0).tag(sync=True)
    playing = Bool(False).tag(sync=True)
    speed = Float(1.0).tag(sync=True)
    start_means = TraitType(()).tag(sync=True)
    message = Unicode("").tag(sync=True)

    # The browser reads these; `_request` and `_reply` carry one drag position each, so
    # that the browser sends the next one only when the last has been answered.
    _scene = Dict().tag(sync=True)
    _trace = Dict().tag(sync=True)
    _request = Dict().tag(sync=True)
    _reply = Int(0).tag(sync=True)

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
    ):
        self._X = _check_two_features(X)
        self._options = {
            "covariance_type": covariance_type,
            "reg_covar": reg_covar,
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
        names = _check_names(X if feature_names is None else feature_names, X)
        self._center = (self._X.min(axis=0) + self._X.max(axis=0)) / 2
        self._scale = np.where(np.ptp(self._X, axis=0) > 0, np.ptp(self._X, axis=0), 1)
        super().__init__(
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

    def film_strip(self):
        """Draw the run as a strip of still pictures: start, E, M, later, and the end.

        Returns
        -------
        matplotlib.figure.Figure
            It belongs to no pyplot window, so there is nothing to close.

        Examples
        --------
        >>> X = [[0.0, 0.0], [0.0, 1.0], [5.0, 5.0], [5.0, 6.0]]
        >>> start = Mixture([0.5, 0.5], [[1.0, 4.0], [4.0, 1.0]], [np.eye(2)] * 2)
        >>> len(EMPlayer(X, start).film_strip().axes)
        5
        """
        frames = sorted({0, 1, 2, len(self._steps) // 4 * 2, len(self._steps)})
        frames = [frame for frame in frames if frame <= len(self._steps)]
        with rc_context(STYLE | {"font.size": 13, "axes.titlesize": 13}):
            figure = Figure(figsize=(2.9 * len(frames), 3.3), layout="constrained")
            panels = figure.subplots(1, len(frames), sharex=True, sharey=True)
            for ax, frame in zip(np.atleast_1d(panels), frames, strict=True):
                self._draw_still(ax, frame)
                # Else as many ticks as the style at the moment of saving has room for.
                ax.tick_params(labelsize=13)
            figure.supxlabel(self._scene["labels"][0], fontsize=13)
            figure.supylabel(self._scene["labels"][1], fontsize=13)
        return figure

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

    def set_state(self, sync_data):
        """Take over what the browser says (called by ipywidgets).

        Parameters
        ----------
        sync_data : dict
            New values of traits.
        """
        # A frame may have been chosen just before a shorter run arrived there.
        if isinstance(sync_data.get("frame"), int):
            frame = min(max(sync_data["frame"], 0), len(self._steps))
            sync_data = sync_data | {"frame": frame}
        super().set_state(sync_data)

    def __repr__(self):
        """Name the size of the problem; no address, so that notebooks compare equal."""
        return (
            f"EMPlayer({len(self._X)} points, {self._start.n_components} components, "
            f"{self._steps[-1].iteration} iterations)"
        )

    # --- traits -------------------------------------------------------------------

    @validate("frame")
    def _validate_frame(self, proposal):
        last = len(self._steps)
        if not 0 <= proposal["value"] <= last:
            raise TraitError(
                f"frame must lie between 0 (the start) and {last} (the last "
                f"half-step), but it is {proposal['value']}."
            )
        return proposal["value"]

    @validate("speed")
    def _validate_speed(self, proposal):
        if not 0.1 <= proposal["value"] <= 20:
            raise TraitError(
                f"speed must lie between 0.1 and 20, but it is {proposal['value']}."
            )
        return proposal["value"]

    @validate("start_means")
    def _validate_start_means(self, proposal):
        try:
            shape = self._start.means.shape
            return check_array(proposal["value"], shape, "start_means").tolist()
        except (TypeError, ValueError) as error:
            raise TraitError(str(error)) from error

    @observe("start_means")
    def _run_from_start_means(self, change):
        if not change["old"]:
            return
        try:
            start = Mixture(self._start.weights, change["new"], self._start.covariances)
            steps = self._run(start)
        except ValueError as error:
            self.message = f"EM cannot run from here: {_count_from_one(str(error))}"
            return
        was_at_end = self.frame == len(self._steps)
        frame = len(steps) if was_at_end else min(self.frame, len(steps))
        with self.hold_sync():
            self._steps = steps
            self._trace = self._pack_trace()
            self.frame = frame
            self.message = ""

    @observe("_request")
    def _answer(self, change):
        with self.hold_sync():
            try:
                self.start_means = change["new"]["means"]
            except TraitError as error:
                self.message = str(error)
            self._reply = change["new"]["id"]

    # --- the run ------------------------------------------------------------------

    def _run(self, start):
        return list(half_steps(self._X, start, **self._options))

    def _mixture_at(self, frame):
        return self._steps[max(frame - 1, 0)].mixture

    def _draw_still(self, ax, frame):
        step = self._steps[max(frame - 1, 0)]
        draw_points(ax, self._X, step.responsibilities if frame else None, s=12)
        draw_mixture(ax, step.mixture)
        name = f"{step.half}, iteration {step.iteration}" if frame else "Start"
        value = f"{step.log_likelihood:.1f}".replace("-", "−")
        ax.set_title(f"{name}\nlog-likelihood {value}")

    # --- what the browser receives ------------------------------------------------

    def _pack_scene(self, names, title):
        return {
            "points": _float32((self._X - self._center) / self._scale),
            "center": self._center.tolist(),
            "scale": self._scale.tolist(),
            "labels": names,
            "title": title or "",
            "colors": list(COLORS),
            "start": self._start.means.tolist(),
        }

    def _pack_trace(self):
        # The browser works in units of the data's range, so that float32 is exact
        # enough wherever the data lie.
        mixtures = [self._mixture_at(frame) for frame in range(len(self._steps) + 1)]
        area = np.outer(self._scale, self._scale)
        return {
            "weights": _float32([m.weights for m in mixtures]),
            "means": _float32(
                [(m.means - self._center) / self._scale for m in mixtures]
            ),
            "covariances": _float32([m.covariances / area for m in mixtures]),
            "responsibilities": _pack_responsibilities(
                [step.responsibilities for step in self._steps if step.half == "E"]
            ),
            "bounds": _float64([step.lower_bound for step in self._steps]),
            "log_likelihoods": _float64([s.log_likelihood for s in self._steps]),
        }


def _count_from_one(sentence):
    # The picture numbers its components 1, 2, …
    return re.sub(
        r"component (\d+)", lambda match: f"component {int(match[1]) + 1}", sentence
    )


def _pack_responsibilities(responsibilities):
    # Each row sums to one, so the last component need not travel.
    quantized = np.rint(np.array(responsibilities)[:, :, :-1] * 255)
    return quantized.astype(np.uint8).tobytes()


def _float32(values):
    return np.asarray(values, dtype="<f4").tobytes()


def _float64(values):
    return np.asarray(values, dtype="<f8").tobytes()


def _check_two_features(X):
    X = check_data(X)
    if X.shape[1] != 2:
        raise ValueError(
            f"EMPlayer draws in the plane, but X has {X.shape[1]} features; choose two "
            f'columns, for example X[:, [0, 1]] or X[["income", "score"]].'
        )
    return X


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


def _check_names(names, X):
    if names is X:
        names = list(getattr(X, "columns", ["x₁", "x₂"]))
    if isinstance(names, str) or len(names) != 2:
        raise ValueError(f"feature_names must be two labels, but it is {names!r}.")
    return [str(name) for name in names]
