"""LowerBoundExplorer: see why EM never goes down, one mean at a time."""

import numbers
from contextlib import suppress

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from traitlets import Dict, TraitError, TraitType, observe, validate

from gmm_from_scratch.em import HalfStep, check_no_empty_component, e_step, lower_bound
from gmm_from_scratch.mixture import Mixture, check_mixture
from gmm_from_scratch.plotting import (
    COLORS,
    MARKERS,
    STRIP_STYLE,
    UNASSIGNED,
    component_color,
)
from gmm_from_scratch.validation import (
    LARGEST,
    check_data,
    check_enough_rows,
    check_integer,
    check_non_negative,
)
from gmm_from_scratch.widgets.base import (
    PlayedWidget,
    as_float64,
    count_from_one,
    join_modules,
    read_text,
)

# The log-likelihood curve is drawn through so many points.
GRID_SIZE = 401


class LowerBoundExplorer(PlayedWidget):
    """Climb the log-likelihood of one mean under parabolas that touch it from below.

    EM runs with a single free parameter, the mean μ of one component; all other
    parameters stay as they are. Above, the log-likelihood is a curve over μ. An E-step
    lifts the lower bound, a parabola, until it touches the curve at the current μ; an
    M-step moves μ to the parabola's top. The curve lies on or above the parabola, so
    that it can only be higher there: EM never goes down. Below, the data and the
    Gaussians show what μ does.

    Display it as the last line of a cell. In the browser, the ring marks the starting
    mean: drag it, or move it with the arrow keys, and EM runs anew from there. Keys:
    Space plays and pauses, ← and → (or , and . or PageUp and PageDown, which clickers
    send) step, Home and End jump, P presents in large type.

    Parameters
    ----------
    x : array-like of shape (N,) or (N, 1)
        Values of one feature; the name of a Series or of a DataFrame's column labels
        the axis.
    start : Mixture
        A mixture in one dimension: where the free mean starts, and what is fixed.
    component : int
        Whose mean is free, counted from 0.
    tol : float
        Stop once the mean log-likelihood per point changes by less, as `em.fit` does.
    max_iter : int
        Stop after so many iterations in any case.
    feature_name : str, optional
        Label of the axis, with its unit.
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
    loop : bool
        Whether playing begins again when it has come to the end.
    start_mean : float
        Where μ starts. Assigning it, like dragging the ring, runs EM anew.
    presenting : bool
        Whether type and lines are large enough for a lecture room.
    message : str
        Why EM could not run from where the ring was dragged to; the last good run
        then stays.

    Raises
    ------
    TypeError, ValueError
        If the data and the start do not fit each other.
    EmptyComponentError
        If the component loses every point from this start.

    Examples
    --------
    >>> start = Mixture([0.5, 0.5], [[-1.0], [4.0]], [[[1.0]], [[1.0]]])
    >>> explorer = LowerBoundExplorer([0.0, 1.0, 4.0, 5.0], start)
    >>> explorer
    LowerBoundExplorer(4 points, mean of component 1 of 2, 4 iterations)
    >>> explorer.frame = 2
    >>> explorer.mixture.means.round(2)
    array([[0.48],
           [4.  ]])
    """

    _esm = join_modules("drawing.js", "view.js", "run.js", "lower_bound_explorer.js")
    _css = read_text("widget.css")

    start_mean = TraitType(0.0).tag(sync=True)

    # The log-likelihood over μ, and the run that climbs it.
    _curve = Dict().tag(sync=True)
    _trace = Dict().tag(sync=True)

    def __init__(
        self,
        x,
        start,
        *,
        component=0,
        tol=1e-6,
        max_iter=50,
        feature_name=None,
        title=None,
    ):
        self._X = _check_one_feature(x)
        self._mixture = _check_start(start)
        check_enough_rows(self._X, start.n_components)
        self._component = _check_component(component, start)
        self._tol = check_non_negative(tol, "tol")
        self._max_iter = check_integer(max_iter, "max_iter", 1)
        self._label = _check_name(feature_name, x)
        self._steps = self._run(float(start.means[self._component, 0]))
        self._edges = _bin_edges(self._X, np.sqrt(start.covariances.max()))
        self._grid = self._values = None
        self._read_curve()
        super().__init__(
            start_mean=self._means[0],
            _scene=self._pack_scene(title),
            _curve=self._pack_curve(),
            _trace=self._pack_trace(),
        )

    @property
    def trace(self):
        """The half-steps that are shown: a list of `em.HalfStep`."""
        return list(self._steps)

    @property
    def mixture(self):
        """The mixture at the current frame."""
        return self._steps[max(self.frame - 1, 0)].mixture

    def to_film_strip(self):
        """Draw the climb as still pictures: start, E, M, the next E, and the end.

        Returns
        -------
        matplotlib.figure.Figure
            It belongs to no pyplot window, so there is nothing to close.

        Examples
        --------
        >>> start = Mixture([0.5, 0.5], [[-1.0], [4.0]], [[[1.0]], [[1.0]]])
        >>> explorer = LowerBoundExplorer([0.0, 1.0, 4.0, 5.0], start)
        >>> len(explorer.to_film_strip().axes)
        10
        """
        frames = sorted({0, 1, 2, min(3, self._last_frame), self._last_frame})
        with rc_context(STRIP_STYLE):
            figure = Figure(figsize=(2.9 * len(frames), 4.6), layout="constrained")
            panels = figure.subplots(
                *(2, len(frames)),
                sharex=True,
                sharey="row",
                height_ratios=[3, 1],
                squeeze=False,
            )
            for frame, (above, below) in zip(frames, panels.T, strict=True):
                self._draw_climb(above, frame)
                self._draw_data(below, frame)
            panels[0, 0].set_ylabel("log-likelihood")
            panels[1, 0].set_ylabel("density")
            figure.supxlabel(self._label, fontsize=13)
        return figure

    def alt_text(self):
        """Say in words what the film strip shows.

        Returns
        -------
        str
        """
        K, N = self._mixture.n_components, len(self._X)
        first, last = self._steps[0], self._steps[-1]
        below = self._values.max() - last.log_likelihood
        where = f", {below:.1f} below the curve's highest point" if below > 0.05 else ""
        return (
            f"Film strip of EM with one free parameter, the mean of component "
            f"{self._component + 1} of {K}, on {N} values of {self._label}. The "
            f"log-likelihood as a curve over that mean has {self._describe_maxima()}. "
            f"From {self._means[0]:.4g} on, each E-step lifts a parabola until it "
            f"touches the curve from below, and each M-step moves to the parabola's "
            f"top. In {last.iteration} iterations the log-likelihood climbs from "
            f"{first.log_likelihood:.1f} to {last.log_likelihood:.1f}, where the mean "
            f"is {self._means[-1]:.4g}{where}."
        )

    def __repr__(self):
        """Name the size of the problem; no address, so that notebooks compare equal."""
        return (
            f"LowerBoundExplorer({len(self._X)} points, mean of component "
            f"{self._component + 1} of {self._mixture.n_components}, "
            f"{self._steps[-1].iteration} iterations)"
        )

    # --- traits -------------------------------------------------------------------

    @property
    def _last_frame(self):
        return len(self._steps)

    @validate("start_mean")
    def _validate_start_mean(self, proposal):
        mean = _check_number(proposal["value"], "start_mean")
        try:
            if mean != self._means[0]:
                self._next_steps = self._run(mean)
        except ValueError as error:
            raise TraitError(
                f"EM cannot run from start_mean = {mean:.6g}: "
                f"{count_from_one(str(error))}"
            ) from error
        return mean

    @observe("start_mean")
    def _show_next_run(self, change):
        if change["new"] == self._means[0]:
            return
        was_at_end = self.frame == self._last_frame
        with self.hold_sync():
            self._steps = self._next_steps
            self._read_curve()
            self._curve, self._trace = self._pack_curve(), self._pack_trace()
            # Who stands at the end stays at the end.
            last = self._last_frame
            self.frame = last if was_at_end else min(self.frame, last)
            self.message = ""

    def _answer(self, question):
        self.start_mean = question["mean"]
        self.message = ""

    # --- EM with one free parameter -----------------------------------------------

    def _with_mean(self, mean):
        """Return the mixture with the free mean elsewhere."""
        means = self._mixture.means.copy()
        means[self._component] = mean
        return Mixture(self._mixture.weights, means, self._mixture.covariances)

    def _run(self, mean):
        """Run EM from a mean; it stops as `em.fit` does."""
        X, k = self._X, self._component
        steps, previous, mixture = [], -np.inf, self._with_mean(mean)
        for iteration in range(1, self._max_iter + 1):
            responsibilities = e_step(X, mixture)
            steps.append(self._half_step(iteration, "E", mixture, responsibilities))
            change = (steps[-1].log_likelihood - previous) / len(X)
            previous = steps[-1].log_likelihood

            # The M-step of em.m_step, but for this one mean only.
            owned = responsibilities[:, k]
            counts = np.full(mixture.n_components, np.inf)
            counts[k] = owned.sum()
            check_no_empty_component(counts)
            mixture = self._with_mean(owned @ X[:, 0] / counts[k])
            steps.append(self._half_step(iteration, "M", mixture, responsibilities))
            if abs(change) < self._tol:
                break
        return steps

    def _half_step(self, iteration, half, mixture, responsibilities):
        bound = lower_bound(self._X, responsibilities, mixture)
        log_likelihood = mixture.log_likelihood(self._X)
        return HalfStep(
            iteration, half, mixture, responsibilities, bound, log_likelihood
        )

    @property
    def _means(self):
        """The free mean at the start and after each M-step."""
        mixtures = [self._steps[0].mixture] + [s.mixture for s in self._steps[1::2]]
        return [float(mixture.means[self._component, 0]) for mixture in mixtures]

    def _count(self, iteration):
        """N_k of the free component in an iteration."""
        step = self._steps[2 * iteration - 2]
        return float(step.responsibilities[:, self._component].sum())

    def _parabola(self, iteration, means):
        """Evaluate the lower bound of an iteration at any values of the free mean.

        Where only the mean moves, Σ_n r_nk log N(x_n | μ, σ²) is a parabola in μ with
        its top at the weighted mean; nothing else in the bound depends on μ.
        """
        top, center = self._steps[2 * iteration - 1].lower_bound, self._means[iteration]
        variance = self._mixture.covariances[self._component, 0, 0]
        return top - self._count(iteration) * (means - center) ** 2 / (2 * variance)

    # --- the curve ----------------------------------------------------------------

    def _read_curve(self):
        """Evaluate the log-likelihood over μ, unless the curve reaches far enough."""
        low, high = self._needed_range()
        if self._grid is None or (low, high) != (self._grid[0], self._grid[-1]):
            self._grid = np.linspace(low, high, GRID_SIZE)
            self._values = np.array(
                [self._with_mean(mean).log_likelihood(self._X) for mean in self._grid]
            )

    def _needed_range(self):
        x, fixed = self._X[:, 0], self._mixture.means[:, 0]
        unit = np.ptp(x) or np.sqrt(self._mixture.covariances.max())
        # Room around the data to start in, and a margin around the means.
        places = [x.min() - 0.2 * unit, x.max() + 0.2 * unit, *fixed, self._means[0]]
        return min(places) - 0.05 * unit, max(places) + 0.05 * unit

    def _describe_maxima(self):
        rises = np.diff(self._values) > 0
        peaks = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
        places = [f"{self._values[i]:.1f} at {self._grid[i]:.4g}" for i in peaks]
        if not places:
            return "no maximum between its ends"
        word = "maximum" if len(places) == 1 else "maxima"
        return f"{len(places)} {word}: {', '.join(places)}"

    # --- what the browser receives ------------------------------------------------

    def _pack_scene(self, title):
        return {
            "component": self._component,
            "weights": self._mixture.weights.tolist(),
            "means": self._mixture.means[:, 0].tolist(),
            "variances": self._mixture.covariances[:, 0, 0].tolist(),
            "n_points": len(self._X),
            "edges": self._edges.tolist(),
            "bars": self._bars().tolist(),
            "label": self._label,
            "title": title or "",
            "colors": list(COLORS),
        }

    def _pack_curve(self):
        return {
            "range": [float(self._grid[0]), float(self._grid[-1])],
            "values": as_float64(self._values),
        }

    def _pack_trace(self):
        iterations = range(1, self._steps[-1].iteration + 1)
        e_steps, m_steps = self._steps[::2], self._steps[1::2]
        log_likelihoods = [s.log_likelihood for s in (e_steps[0], *m_steps)]
        return {
            "means": as_float64(self._means),
            "log_likelihoods": as_float64(log_likelihoods),
            "tops": as_float64([step.lower_bound for step in m_steps]),
            "counts": as_float64([self._count(i) for i in iterations]),
            "owned": as_float64([self._bars(s.responsibilities) for s in e_steps]),
        }

    def _bars(self, responsibilities=None):
        """Make a histogram: all points, or as far as they belong to the component."""
        owned = None
        if responsibilities is not None:
            owned = responsibilities[:, self._component]
        counts, edges = np.histogram(self._X[:, 0], self._edges, weights=owned)
        return counts / (len(self._X) * np.diff(edges))

    # --- still pictures -----------------------------------------------------------

    def _draw_climb(self, ax, frame):
        iteration, k = (frame + 1) // 2, self._component
        mean = self._means[frame // 2]
        color = component_color(k)
        low, high = self._values.min(), self._values.max()
        ax.plot(self._grid, self._values, color="black", linewidth=2.6)
        for earlier in range(1, iteration):
            bound = self._parabola(earlier, self._grid)
            ax.plot(self._grid, bound, color=color, alpha=0.3, linewidth=1.2)
        step = self._steps[max(frame - 1, 0)]
        if frame:
            ax.plot(self._grid, self._parabola(iteration, self._grid), color=color)
            gap = [step.lower_bound, step.log_likelihood]
            ax.plot([mean, mean], gap, color="black", linewidth=1.6)
        height = step.lower_bound if frame else step.log_likelihood
        marker = {"marker": MARKERS[k % len(MARKERS)], "markeredgecolor": "white"}
        ax.plot(mean, height, color=color, markersize=10, **marker)
        ax.set_ylim(low - 0.06 * (high - low), high + 0.1 * (high - low))
        name = f"{step.half}, iteration {iteration}" if frame else "Start"
        value = f"{step.log_likelihood:.1f}".replace("-", "−")
        ax.set_title(f"{name}\nlog-likelihood {value}")
        ax.tick_params(labelsize=13)

    def _draw_data(self, ax, frame):
        step = self._steps[max(frame - 1, 0)]
        middles, widths = self._edges[:-1], np.diff(self._edges)
        bars = {"width": widths, "align": "edge", "edgecolor": "white"}
        ax.bar(middles, self._bars(), color=UNASSIGNED, alpha=0.5, **bars)
        if frame:
            owned = self._bars(step.responsibilities)
            color = component_color(self._component)
            ax.bar(middles, owned, color=color, alpha=0.55, **bars)
        x = self._grid[:, np.newaxis]
        for k, density in enumerate(np.exp(step.mixture.log_joint(x)).T):
            line = "-" if k == self._component else "--"
            ax.plot(self._grid, density, line, color=component_color(k), linewidth=2)
        ax.tick_params(labelsize=13)
        ax.set_yticks([])


def _bin_edges(X, scale):
    """Divide the range of the data into about √N bins."""
    low, high = X.min(), X.max()
    if low == high:
        low, high = low - scale / 4, high + scale / 4
    return np.linspace(low, high, int(np.clip(np.sqrt(len(X)), 5, 50)) + 1)


def _check_one_feature(x):
    if hasattr(x, "to_frame"):  # a Series
        x = x.to_frame()
    elif not hasattr(x, "columns"):
        # Rows of different lengths have no number of dimensions; check_data says so.
        with suppress(ValueError):
            x = np.reshape(x, (-1, 1)) if np.ndim(x) == 1 else x
    X = check_data(x, name="x")
    if X.shape[1] != 1:
        raise ValueError(
            f"LowerBoundExplorer shows one feature, but x has {X.shape[1]}; choose "
            f'one, for example x[:, 0] or x["income"].'
        )
    return X


def _check_start(start):
    check_mixture(start, "start")
    if start.n_features != 1:
        raise ValueError(
            f"start has {start.n_features} features, but x has 1; its means must have "
            f"shape (K, 1)."
        )
    return start


def _check_component(component, start):
    component = check_integer(component, "component", 0)
    if component >= start.n_components:
        raise ValueError(
            f"component must lie between 0 and {start.n_components - 1}, because start "
            f"has n_components={start.n_components}, but it is {component}."
        )
    return component


def _check_name(name, x):
    if name is None:
        columns = list(getattr(x, "columns", [getattr(x, "name", None)]))
        name = "x" if columns[0] is None else str(columns[0])
    if not isinstance(name, str):
        raise TypeError(f"feature_name must be a label, but it is {name!r}.")
    return name


def _check_number(value, name):
    number = np.inf
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
    if not abs(number) <= LARGEST:
        raise TraitError(
            f"{name} must be a finite number, in the units of x, but it is {value!r}."
        )
    return number
