"""CovarianceExplorer: take hold of an ellipse, and watch what it does to Σ."""

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from traitlets import TraitType, validate

from gmm_from_scratch import gaussian
from gmm_from_scratch.plotting import COLORS, STRIP_STYLE, draw_points
from gmm_from_scratch.validation import LARGEST, check_array, check_size
from gmm_from_scratch.widgets.base import (
    CourseWidget,
    as_float64,
    check_feature_names,
    check_two_features,
    join_modules,
    or_trait_error,
    read_text,
)

# Where the Gaussian stands if neither it nor points are given.
MEAN = (0.0, 0.0)
COVARIANCE = ((2.0, 0.8), (0.8, 1.0))
# Where the probe stands at first, in standard deviations along the two axes.
PROBE = np.array([-0.5, 2.5])

LEVELS = (1, 2, 3)
BLUE = COLORS[0]


class CovarianceExplorer(CourseWidget):
    """Shape a Gaussian in the plane by hand, and measure distances with it.

    Display it as the last line of a cell. In the browser, the center and the tips of
    the two axes are handles to drag (or to move with the arrow keys): Σ, its
    eigenvalues, its determinant and the correlation follow at once, without a kernel.
    A probe, a cross that can be dragged too, shows its Mahalanobis distance and its
    density. Contours at 1, 2 and 3σ name the probability that each holds. A unit is as
    long in x as in y, so that axes which are perpendicular look so; features in very
    different units should be standardized first.

    Parameters
    ----------
    X : array-like of shape (N, 2), optional
        Points to draw behind the ellipse; the columns' names of a DataFrame label the
        axes.
    mean : array-like of shape (2,), optional
        The center of the ellipse: without it, that of the points, else (0, 0).
    covariance : array-like of shape (2, 2), optional
        The shape of the ellipse: without it, the maximum-likelihood fit to the points,
        else [[2, 0.8], [0.8, 1]].
    probe : array-like of shape (2,), optional
        Where distance and density are measured first.
    feature_names : sequence of str, optional
        Labels of the two axes, with units.
    title : str, optional
        A line above the picture.

    Attributes
    ----------
    mean : list of float
        [x, y] of the center. It can be assigned, and follows the browser.
    covariance : list of list of float
        Σ. It can be assigned, and follows the browser; it stays symmetric and positive
        definite.
    probe : list of float
        [x, y] of the probe. It can be assigned, and follows the browser.
    presenting : bool
        Whether type and lines are large enough for a lecture room.

    Raises
    ------
    TypeError, ValueError
        If an argument is malformed, Σ is not symmetric positive definite, or the points
        lie on a line, so that no ellipse fits them.

    Examples
    --------
    >>> explorer = CovarianceExplorer(covariance=[[9, 0], [0, 4]], probe=[0, 4])
    >>> explorer
    CovarianceExplorer(mean=[0, 0], covariance=[[9, 0], [0, 4]])
    >>> explorer.eigenvalues
    array([9., 4.])
    >>> explorer.mahalanobis_distance
    2.0
    >>> explorer.covariance = [[4, 0], [0, 16]]
    >>> explorer.mahalanobis_distance
    1.0
    """

    _esm = join_modules(
        "drawing.js", "gaussian.js", "view.js", "covariance_explorer.js"
    )
    _css = read_text("widget.css")

    mean = TraitType(MEAN).tag(sync=True)
    covariance = TraitType(COVARIANCE).tag(sync=True)
    probe = TraitType(MEAN).tag(sync=True)

    def __init__(
        self,
        X=None,
        mean=None,
        covariance=None,
        *,
        probe=None,
        feature_names=None,
        title=None,
    ):
        names = check_feature_names(feature_names, X)
        self._X = None if X is None else check_two_features(X, "CovarianceExplorer")
        fit = _fit(self._X)
        if covariance is None and fit["covariance"] is None:
            raise ValueError(
                "the points of X lie on a line or at one place, so that no ellipse "
                "fits them; give covariance as well, or points that spread in two "
                "directions."
            )
        covariance = fit["covariance"] if covariance is None else covariance
        first = {
            "mean": _check_place(fit["mean"] if mean is None else mean, "mean"),
            "covariance": _check_covariance(covariance),
        }
        if probe is None:
            half_lengths, directions = _principal_axes(first["covariance"])
            probe = first["mean"] + directions @ (half_lengths * PROBE)
        has_fit = X is not None and fit["covariance"] is not None
        super().__init__(
            **first,
            probe=_check_place(probe, "probe"),
            _scene={
                "points": as_float64([] if X is None else self._X),
                "labels": names,
                "title": title or "",
                "colors": list(COLORS),
                # Where the button leads.
                "home": fit if has_fit else first,
                "home_is_fit": has_fit,
            },
        )

    # --- what can be read off -----------------------------------------------------

    @property
    def axes(self):
        """Half-lengths and directions of the axes, as `gaussian.ellipse_axes` has them.

        The half-lengths are standard deviations, the longer first; column i of the
        directions is the unit vector along axis i.
        """
        return _principal_axes(self.covariance)

    @property
    def eigenvalues(self):
        """Eigenvalues λ₁ ≥ λ₂ of Σ: the variances along the axes."""
        half_lengths, _ = self.axes
        return half_lengths**2

    @property
    def angle(self):
        """Direction of the long axis in degrees, above −90 and up to 90."""
        _, directions = self.axes
        return float(np.degrees(np.arctan2(*directions[::-1, 0])))

    @property
    def correlation(self):
        """Correlation ρ of the two features."""
        (xx, xy), (_, yy) = self.covariance
        return xy / np.sqrt(xx) / np.sqrt(yy)

    @property
    def determinant(self):
        """Determinant |Σ|, the product of the eigenvalues."""
        return float(np.prod(np.diag(gaussian.cholesky(self.covariance))) ** 2)

    @property
    def mahalanobis_distance(self):
        """How many standard deviations the probe lies from the mean."""
        return self._measure(gaussian.mahalanobis_distance)

    @property
    def log_density(self):
        """Logarithm of the density at the probe, log N(x | μ, Σ)."""
        return self._measure(gaussian.log_density)

    @property
    def density(self):
        """Density at the probe, N(x | μ, Σ)."""
        return float(np.exp(self.log_density))

    @property
    def _straight(self):
        return float(np.hypot(*np.subtract(self.probe, self.mean)))

    def _measure(self, formula):
        return float(formula([self.probe], self.mean, self.covariance)[0])

    # --- traits -------------------------------------------------------------------

    @validate("mean", "probe")
    def _validate_place(self, proposal):
        return or_trait_error(_check_place, proposal["value"], proposal["trait"].name)

    @validate("covariance")
    def _validate_covariance(self, proposal):
        return or_trait_error(_check_covariance, proposal["value"])

    # --- without a kernel ---------------------------------------------------------

    def to_film_strip(self):
        """Draw four still pictures: the axes, the contours, the probe, and a turn.

        Returns
        -------
        matplotlib.figure.Figure
            It belongs to no pyplot window, so there is nothing to close.

        Examples
        --------
        >>> len(CovarianceExplorer().to_film_strip().axes)
        4
        """
        stories = (
            self._draw_axes,
            self._draw_probabilities,
            self._draw_probe,
            self._draw_turned,
        )
        with rc_context(STRIP_STYLE):
            figure = Figure(figsize=(12, 4.2), layout="compressed")
            panels = figure.subplots(1, len(stories), sharex=True, sharey=True)
            for ax, draw in zip(panels, stories, strict=True):
                if self._X is not None:
                    draw_points(ax, self._X, s=9, alpha=0.5)
                draw(ax)
                ax.tick_params(labelsize=13)
                ax.locator_params(nbins=5)
            # A unit is as long in x as in y; else right angles would not look so.
            (left, right), (low, high) = self._square_limits()
            panels[0].set(xlim=(left, right), ylim=(low, high))
            for ax in panels:
                ax.set_aspect("equal")
            figure.suptitle(f"Σ = {_matrix_text(self.covariance)}", fontsize=14)
            figure.supxlabel(self._scene["labels"][0], fontsize=13)
            figure.supylabel(self._scene["labels"][1], fontsize=13)
        return figure

    def _square_limits(self):
        """Return the ranges of x and y, of equal width, that hold all that is drawn."""
        reach = np.maximum(3 * np.sqrt(np.diag(self.covariance)), self._straight)
        corners = np.array([self.mean - reach, self.mean + reach])
        if self._X is not None:
            corners = np.vstack([corners, self._X])
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        half = 1.06 * np.ptp(corners, axis=0).max() / 2
        return np.transpose([middle - half, middle + half])

    def _draw_axes(self, ax):
        self._draw_contour(ax, 1)
        half_lengths, directions = self.axes
        for i, name in enumerate(("√λ₁", "√λ₂")):
            tip = self.mean + half_lengths[i] * directions[:, i]
            ax.plot(*np.transpose([self.mean, tip]), color=BLUE)
            ax.plot(*tip, "o", color=BLUE, markeredgecolor="white", markersize=9)
            beyond = tip + 0.42 * half_lengths[0] * directions[:, i]
            ax.text(*beyond, name, ha="center", va="center", fontsize=12)
        ax.plot(*self.mean, "+", color=BLUE, markersize=11)
        long, short = map(_text, half_lengths)
        ax.set_title(f"Half axes √λ₁ = {long}\nand √λ₂ = {short}")

    def _draw_probabilities(self, ax):
        half_lengths, directions = self.axes
        # Opposite to both tips, where labels are as far apart as the contours.
        towards = directions @ half_lengths / np.sqrt(2)
        for level in LEVELS:
            self._draw_contour(ax, level)
            share = _percent(gaussian.probability_inside(level, n_features=2))
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
            style = {"ha": "center", "va": "center", "fontsize": 11, "bbox": box}
            ax.text(*(self.mean - level * towards), f"{level}σ {share}", **style)
        ax.set_title("Each contour holds\nits share of the points")

    def _draw_probe(self, ax):
        distance, (x, y) = self.mahalanobis_distance, self.probe
        self._draw_contour(ax, 1)
        if distance:
            curve = gaussian.ellipse(self.mean, self.covariance, distance)
            ax.plot(*curve.T, "--", color=BLUE, linewidth=1.4)
        circle = {"fill": False, "edgecolor": "black", "linestyle": ":"}
        ax.add_patch(Circle(self.mean, self._straight, linewidth=1.4, **circle))
        ax.plot(*np.transpose([self.mean, self.probe]), "k--", linewidth=1.4)
        ax.plot(x, y, "kX", markersize=10, markeredgecolor="white")
        ax.set_title(
            f"The probe: {_text(self._straight)} away,\nwhich is {_text(distance)} σ"
        )

    def _draw_turned(self, ax):
        angle, covariance, rho = self._turned()
        self._draw_contour(ax, 1, linestyle="--", linewidth=1.4)
        ax.plot(*gaussian.ellipse(self.mean, covariance).T, color=BLUE, linewidth=2.6)
        before, after = (f"{value:.2f}" for value in (self.correlation, rho))
        ax.set_title(
            f"Turned to {angle}°, the same λ:\nρ is {after}, before {before}".replace(
                "-", "−"
            )
        )

    def _turned(self):
        """Turn the axes and keep their lengths: level, or up if they are level."""
        angle = 0 if abs(self.correlation) > 0.05 else 45
        half_lengths, _ = self.axes
        turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2) if angle else np.eye(2)
        covariance = turn @ np.diag(half_lengths**2) @ turn.T
        rho = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
        return angle, covariance, rho

    def _draw_contour(self, ax, level, **style):
        strength = ({"linewidth": 2.6}, {"alpha": 0.8}, {"alpha": 0.7})[level - 1]
        style = {"color": BLUE, "linewidth": 1.4} | strength | style
        ax.plot(*gaussian.ellipse(self.mean, self.covariance, level).T, **style)

    def alt_text(self):
        """Say in words what the film strip shows.

        Returns
        -------
        str
        """
        inside = [_percent(gaussian.probability_inside(n, 2)) for n in LEVELS]
        long, short = map(_text, self.axes[0])
        mean = _round_off(self.mean, self.covariance)
        angle, _, rho = self._turned()
        points = "" if self._X is None else f", drawn over {len(self._X)} points"
        return (
            f"Four pictures of a Gaussian around ({', '.join(map(_text, mean))}) "
            f"with covariance {_matrix_text(self.covariance)}{points}. Its ellipse has "
            f"half axes √λ₁ = {long} and √λ₂ = {short}, the longer one at "
            f"{_text(self.angle)} degrees; the correlation is "
            f"{_text(self.correlation)}. The contours at 1, 2 and 3σ hold {inside[0]}, "
            f"{inside[1]} and {inside[2]}. The probe is {_text(self._straight)} away "
            f"from the center, which is {_text(self.mahalanobis_distance)} standard "
            f"deviations in its direction. Turned to {angle} degrees, the same ellipse "
            f"has correlation {rho:.2f}."
        )

    def __repr__(self):
        """Name the Gaussian; no address, so that notebooks compare equal."""
        points = "" if self._X is None else f"{len(self._X)} points, "
        values = _round_off(self.mean, self.covariance)
        mean = f"[{', '.join(f'{value:.4g}' for value in values)}]"
        rows = [", ".join(f"{value:.4g}" for value in row) for row in self.covariance]
        covariance = f"[[{rows[0]}], [{rows[1]}]]"
        return f"CovarianceExplorer({points}mean={mean}, covariance={covariance})"


def _fit(X):
    """Fit a Gaussian to the points; without any shape, its covariance is None."""
    if X is None:
        return {"mean": MEAN, "covariance": COVARIANCE}
    mean, covariance = gaussian.maximum_likelihood(X)
    try:
        covariance = _check_covariance(covariance)
    except gaussian.SingularCovarianceError:
        covariance = None
    return {"mean": mean.tolist(), "covariance": covariance}


def _principal_axes(covariance):
    half_lengths, directions = gaussian.ellipse_axes(covariance)
    # Of a vector and its opposite, both of which are eigenvectors, take the long one
    # that points right, and the short one a quarter turn further, as the picture does.
    x, y = directions[:, 0]
    if x < 0 or (x == 0 and y < 0):
        x, y = -x, -y
    return half_lengths, np.array([[x, -y], [y, x]])


def _check_place(value, name):
    place = check_array(value, (2,), name)
    check_size(place, name)
    return place.tolist()


def _check_covariance(value):
    covariance = check_array(value, (2, 2), "covariance")
    check_size(covariance, "covariance")
    try:
        gaussian.cholesky(covariance)
    except gaussian.SingularCovarianceError as error:
        smallest = np.linalg.eigvalsh(covariance).min()
        raise gaussian.SingularCovarianceError(
            f"covariance must be positive definite, but its smallest eigenvalue is "
            f"{smallest:.3g}; both variances must be positive, and the covariance "
            f"between the features smaller than the root of their product."
        ) from error
    if covariance.diagonal().min() < 1 / LARGEST:
        raise ValueError(
            f"covariance holds variances below {1 / LARGEST:g}, whose product "
            f"underflows; measure in smaller units."
        )
    return ((covariance + covariance.T) / 2).tolist()


def _text(value):
    return f"{value:.3g}".replace("-", "−")


def _round_off(place, covariance):
    # Of a mean that is 1e-16 standard deviations from 0, only rounding is left.
    spread = np.sqrt(np.diag(covariance))
    return np.where(np.abs(place) < 1e-9 * spread, 0, place)


def _percent(probability):
    return f"{100 * probability:.1f} %"


def _matrix_text(covariance):
    rows = [", ".join(map(_text, row)) for row in covariance]
    return f"[[{rows[0]}], [{rows[1]}]]"
