"""ResponsibilityExplorer: Bayes' rule for one point, from soft to hard."""

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from scipy.special import entr, logsumexp
from traitlets import TraitType, validate

from gmm_from_scratch import gaussian
from gmm_from_scratch.em import e_step
from gmm_from_scratch.mixture import Mixture, check_mixture
from gmm_from_scratch.plotting import (
    COLORS,
    MARKERS,
    STRIP_STYLE,
    blend_colors,
    component_color,
    draw_mixture,
    draw_points,
)
from gmm_from_scratch.validation import check_array, check_non_negative
from gmm_from_scratch.widgets.base import (
    CourseWidget,
    as_float64,
    check_feature_names,
    check_two_features,
    join_modules,
    or_trait_error,
    read_text,
)

# The scales of the film strip, from soft to hard.
STRIP = (1.0, 0.3, 0.05, 0.0)
# Narrower Gaussians are as good as points, and rounding would decide between them.
SMALLEST_SCALE = 1e-6
# So many widths of the picture away from its middle, a place is still one to ask about.
FARTHEST = 1e6
# Distances that differ by less, relatively, are a tie.
TIE = 1e-9


class ResponsibilityExplorer(CourseWidget):
    """Ask who is responsible for a point, and see Bayes' rule answer.

    Prior × likelihood, divided by their sum, is the posterior: the responsibility of
    each component for the point. The plane is tinted with the answer everywhere. A
    scale on all covariances leads from soft to hard: at 0 the nearest component takes
    all.

    Display it as the last line of a cell. In the browser, drag the point or a component
    (or move them with the arrow keys); a click elsewhere brings the point there. Keys:
    [ and ] (or PageDown and PageUp, which clickers send) shrink and widen the
    covariances, P presents in large type.

    Parameters
    ----------
    mixture : Mixture
        In two dimensions; its means can be dragged, weights and covariances stay.
    X : array-like of shape (N, 2), optional
        Points to color; the columns' names of a DataFrame label the axes.
    point : array-like of shape (2,), optional
        The point that is asked about; where two components disagree most if it is not
        given.
    scale : float
        What all covariances are multiplied by: 0, for the limit, or from 1e-6 to 1.
    feature_names : sequence of str, optional
        Labels of the two axes, with units.
    title : str, optional
        A line above the picture.

    Attributes
    ----------
    point : list [x, y]
        The point that is asked about. It can be assigned, and follows the browser, as
        the next two do.
    means : list of [x, y]
        Where the components stand.
    scale : float
        What all covariances are multiplied by.
    presenting : bool
        Whether type and lines are large enough for a lecture room.

    Raises
    ------
    TypeError, ValueError
        If the mixture is none in two dimensions, or another argument is malformed.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 9.13.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [4.0, 0.0]], [np.eye(2)] * 2)
    >>> explorer = ResponsibilityExplorer(mixture, point=[1.5, 0.0])
    >>> explorer
    ResponsibilityExplorer(2 components)
    >>> explorer.responsibilities.round(3)
    array([0.881, 0.119])
    >>> explorer.scale = 0
    >>> explorer.responsibilities
    array([1., 0.])
    """

    _esm = join_modules(
        "drawing.js", "gaussian.js", "view.js", "responsibility_explorer.js"
    )
    _css = read_text("widget.css")

    point = TraitType((0.0, 0.0)).tag(sync=True)
    means = TraitType(()).tag(sync=True)
    scale = TraitType(1.0).tag(sync=True)

    def __init__(
        self,
        mixture,
        X=None,
        *,
        point=None,
        scale=1.0,
        feature_names=None,
        title=None,
    ):
        check_mixture(mixture, "mixture")
        if mixture.n_features != 2:
            raise ValueError(
                f"ResponsibilityExplorer draws in the plane, but the mixture has "
                f"{mixture.n_features} features; fit one to two columns."
            )
        names = check_feature_names(feature_names, X)
        self._X = None if X is None else check_two_features(X, "ResponsibilityExplorer")
        self._mixture = mixture
        self._box = self._find_box()
        point = _undecided_place(mixture) if point is None else point
        first = {
            "point": self._check_places(point, (2,), "point"),
            "means": mixture.means.tolist(),
            "scale": _check_scale(scale),
        }
        covariances = mixture.covariances.reshape(-1, 4)[:, [0, 1, 3]]
        super().__init__(
            **first,
            _scene={
                "points": as_float64([] if X is None else self._X),
                "weights": mixture.weights.tolist(),
                # Each symmetric matrix as [xx, xy, yy].
                "covariances": covariances.tolist(),
                "labels": names,
                "title": title or "",
                "colors": list(COLORS),
                "home": first,
            },
        )

    # --- what can be read off -----------------------------------------------------

    @property
    def current_mixture(self):
        """The mixture as it is shown: means moved, covariances scaled.

        Raises
        ------
        ValueError
            At scale 0, where the Gaussians have shrunk to points.
        """
        if self.scale == 0:
            raise ValueError(
                "at scale 0 the Gaussians have shrunk to points and there is no "
                "mixture; use a scale above 0."
            )
        return Mixture(
            self._mixture.weights, self.means, self.scale * self._mixture.covariances
        )

    @property
    def responsibilities(self):
        """The posterior of each component, given the point: shape (K,), sums to 1."""
        return self._responsibilities_of([self.point], self.scale)[0]

    @property
    def log_likelihoods(self):
        """Each component's log N(point | μ_k, scaled Σ_k); not defined at scale 0."""
        mixture = self.current_mixture
        pairs = zip(mixture.means, mixture.covariances, strict=True)
        return np.array([gaussian.log_density([self.point], *p)[0] for p in pairs])

    @property
    def likelihoods(self):
        """Each component's density N(point | μ_k, scaled Σ_k); not at scale 0."""
        return np.exp(self.log_likelihoods)

    @property
    def entropy(self):
        """How undecided the responsibilities are, from 0, certain, to log K."""
        return float(entr(self.responsibilities).sum())

    def _responsibilities_of(self, points, scale):
        weights, covariances = self._mixture.weights, self._mixture.covariances
        if scale > 0:
            return e_step(points, Mixture(weights, self.means, scale * covariances))
        # As the scale s goes to 0, log π − ½ log |Σ| − d² / 2s is decided by d² alone;
        # only where that is equal does the rest count.
        pairs = list(zip(self.means, covariances, strict=True))
        distances = np.transpose(
            [gaussian.mahalanobis_distance(points, *pair) for pair in pairs]
        )
        # Who has no weight is never asked.
        distances[:, weights == 0] = np.inf
        nearest = distances.min(axis=1, keepdims=True)
        is_nearest = distances <= nearest * (1 + TIE)
        with np.errstate(divide="ignore"):
            shares = np.log(weights) - np.linalg.slogdet(covariances)[1] / 2
        joint = np.where(is_nearest, shares, -np.inf)
        return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))

    # --- traits -------------------------------------------------------------------

    @validate("point", "means")
    def _validate_places(self, proposal):
        name = proposal["trait"].name
        shape = (2,) if name == "point" else self._mixture.means.shape
        return or_trait_error(self._check_places, proposal["value"], shape, name)

    def _check_places(self, places, shape, name):
        places = check_array(places, shape, name)
        low, high = self._box
        limit = FARTHEST * (high - low)
        if (np.abs(places - (low + high) / 2) > limit).any():
            raise ValueError(
                f"{name} must lie within {FARTHEST:g} widths of the picture, but it is "
                f"{places.tolist()}; look for other units."
            )
        return places.tolist()

    @validate("scale")
    def _validate_scale(self, proposal):
        return or_trait_error(_check_scale, proposal["value"])

    # --- without a kernel ---------------------------------------------------------

    def to_film_strip(self):
        """Draw the plane at four scales, from soft to hard, and Bayes' rule as bars.

        Returns
        -------
        matplotlib.figure.Figure
            It belongs to no pyplot window, so there is nothing to close.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [4.0, 0.0]], [np.eye(2)] * 2)
        >>> len(ResponsibilityExplorer(mixture).to_film_strip().axes)
        5
        """
        with rc_context(STRIP_STYLE):
            figure = Figure(figsize=(14, 3.5), layout="constrained")
            *panels, right = figure.subplots(
                1, len(STRIP) + 1, width_ratios=[1] * len(STRIP) + [0.8]
            )
            for ax, scale in zip(panels, STRIP, strict=True):
                self._draw_plane(ax, scale)
                ax.tick_params(labelsize=13, labelleft=ax is panels[0])
            panels[0].set_ylabel(self._scene["labels"][1])
            self._draw_bars(right)
        return figure

    def _draw_plane(self, ax, scale):
        (left, right), (low, high) = np.transpose(self._limits())
        grid = np.meshgrid(np.linspace(left, right, 90), np.linspace(low, high, 90))
        cells = np.stack([part.ravel() for part in grid], axis=1)
        colors = blend_colors(self._responsibilities_of(cells, scale))
        paler = (1 - 0.3 * (1 - colors)).reshape(90, 90, 3)
        ax.imshow(paler, extent=(left, right, low, high), origin="lower", aspect="auto")
        if self._X is not None:
            draw_points(ax, self._X, self._responsibilities_of(self._X, scale), s=10)
        if scale > 0:
            draw_mixture(
                ax,
                Mixture(
                    self._mixture.weights, self.means, scale * self._mixture.covariances
                ),
            )
        for k, mean in enumerate(self.means if scale == 0 else []):
            style = {"marker": MARKERS[k % len(MARKERS)], "color": component_color(k)}
            ax.plot(*mean, markersize=11, markeredgecolor="white", **style)
        ax.plot(*self.point, "o", ms=10, mfc="white", mec="black", mew=2.5)
        ax.set(xlim=(left, right), ylim=(low, high), xlabel=self._scene["labels"][0])
        ax.set_title("Σ → 0: hard" if scale == 0 else f"Σ × {scale:g}")
        ax.grid(visible=False)

    def _draw_bars(self, ax):
        responsibilities = self._responsibilities_of([self.point], 1.0)[0]
        numbers = np.arange(1, len(responsibilities) + 1)
        pairs = list(zip(numbers, responsibilities, strict=True))
        for number, value in pairs:
            ax.barh(number, value, color=component_color(number - 1))
            ax.text(value + 0.02, number, f"{value:.2f}", va="center")
        ax.set(xlim=(0, 1.3), xticks=[0, 1], yticks=numbers, xlabel="responsibility")
        ax.set_title("for the white point\nat Σ × 1")
        ax.invert_yaxis()
        ax.grid(visible=False)

    def _find_box(self):
        """Say from where to where: the points, and the ellipses at 2σ."""
        variances = np.diagonal(self._mixture.covariances, axis1=1, axis2=2)
        spread = 2 * np.sqrt(variances)
        means = self._mixture.means
        places = [
            means - spread,
            means + spread,
            *([] if self._X is None else [self._X]),
        ]
        places = np.concatenate(places)
        return places.min(axis=0), places.max(axis=0)

    def _limits(self):
        places = np.array([*self._box, *self.means, self.point])
        low, high = places.min(axis=0), places.max(axis=0)
        margin = 0.04 * (high - low)
        return low - margin, high + margin

    def alt_text(self):
        """Say in words what the film strip shows.

        Returns
        -------
        str
        """
        shares = self._responsibilities_of([self.point], 1.0)[0]
        spelled = ", ".join(f"{k}: {share:.2f}" for k, share in enumerate(shares, 1))
        hard = self._responsibilities_of([self.point], 0.0)[0]
        winners = " and ".join(str(k + 1) for k in np.flatnonzero(hard))
        limit = f"component {winners} takes all"
        if np.count_nonzero(hard) > 1:
            limit = f"components {winners} share it"
        x, y = self.point
        return (
            f"Film strip of the plane tinted with the responsibilities of "
            f"{len(shares)} Gaussians, while their covariances shrink to 0: soft "
            f"borders become hard. For the point at ({x:.3g}, {y:.3g}) the components "
            f"have the responsibilities {spelled}; in the limit, {limit}."
        )

    def __repr__(self):
        """Name the size of the problem; no address, so that notebooks compare equal."""
        points = "" if self._X is None else f", {len(self._X)} points"
        K = self._mixture.n_components
        return f"ResponsibilityExplorer({K} component{'s' * (K > 1)}{points})"


def _check_scale(scale):
    scale = check_non_negative(scale, "scale")
    if scale > 1:
        raise ValueError(
            f"scale must lie between 0 (hard) and 1 (the covariances as they are), but "
            f"it is {scale}."
        )
    if 0 < scale < SMALLEST_SCALE:
        raise ValueError(
            f"scale must be at least {SMALLEST_SCALE:g}, or 0 for the limit, but it is "
            f"{scale}."
        )
    return scale


def _undecided_place(mixture):
    """Choose the place on the way between two means where one is least certain.

    Two fifths of the way, since half of it might be a tie even in the limit.
    """
    means, K = mixture.means, mixture.n_components
    if K == 1:
        return means[0] + np.sqrt(np.diag(mixture.covariances[0]))
    ways = means[:, np.newaxis] + 0.4 * (means - means[:, np.newaxis])
    places = ways[~np.eye(K, dtype=bool)]
    return places[entr(e_step(places, mixture)).sum(axis=1).argmax()]
