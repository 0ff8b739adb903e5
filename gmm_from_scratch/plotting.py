"""The visual language of the course: one color, one marker, one ellipse style."""

import numpy as np
from matplotlib import colors as matplotlib_colors
from matplotlib import pyplot as plt

from gmm_from_scratch import gaussian
from gmm_from_scratch.mixture import check_mixture
from gmm_from_scratch.validation import (
    check_data,
    check_responsibilities,
)

# Okabe and Ito's palette, which readers without full color vision can tell apart.
# Its yellow is too pale for lines on white and is replaced by a dark ochre.
COLORS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#8C6D1F",
    "#000000",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
UNASSIGNED = "#8A8A8A"

# Large enough to read from the last row of a lecture room.
STYLE = {
    "figure.dpi": 80,
    "figure.constrained_layout.use": True,
    "font.size": 14,
    "axes.titlesize": 15,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "lines.linewidth": 2.2,
    "legend.frameon": False,
}
# For several small panels in a row: what stands in for a widget without a kernel.
STRIP_STYLE = STYLE | {"font.size": 13, "axes.titlesize": 13}


def component_color(k):
    """Give component k its color; after eight components the colors repeat.

    Parameters
    ----------
    k : int
        Index of the component, from 0.

    Returns
    -------
    str
        A color that matplotlib understands.

    Examples
    --------
    >>> component_color(0)
    '#0072B2'
    """
    return COLORS[k % len(COLORS)]


def blend_colors(responsibilities):
    """Mix the components' colors in proportion to the responsibilities.

    Parameters
    ----------
    responsibilities : array-like of shape (N, K)
        Each row sums to 1.

    Returns
    -------
    ndarray of shape (N, 3)
        Red, green and blue of each point, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If a row does not sum to 1.

    Examples
    --------
    >>> blend_colors([[1.0, 0.0], [0.5, 0.5]]).round(2)
    array([[0.  , 0.45, 0.7 ],
           [0.42, 0.41, 0.35]])
    """
    responsibilities = check_responsibilities(responsibilities)
    palette = [component_color(k) for k in range(responsibilities.shape[1])]
    mixed = responsibilities @ matplotlib_colors.to_rgba_array(palette)[:, :3]
    return mixed.clip(0, 1)


def draw_points(ax, X, responsibilities=None, **style):
    """Scatter two-dimensional points, colored by who they belong to.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    X : array-like of shape (N, 2)
        Points.
    responsibilities : array-like of shape (N, K), optional
        Colors to blend; without them the points are gray.
    **style
        Passed on to `Axes.scatter`, but for the color.

    Returns
    -------
    matplotlib.collections.PathCollection

    Raises
    ------
    TypeError, ValueError
        If X does not have two columns.

    Examples
    --------
    >>> figure, ax = plt.subplots()
    >>> points = draw_points(ax, [[0, 0], [1, 1]])
    >>> plt.close(figure)
    """
    X = check_data(X, n_features=2)
    color = UNASSIGNED
    if responsibilities is not None:
        color = blend_colors(check_responsibilities(responsibilities, len(X)))
    style = {"s": 22, "alpha": 0.75, "linewidths": 0} | style
    return ax.scatter(X[:, 0], X[:, 1], c=color, **style)


def draw_gaussian(
    ax, mean, covariance, *, n_std=(1, 2), color="black", marker="o", label=None
):
    """Draw one Gaussian: its mean, its 1σ ellipse, and a lighter 2σ ellipse.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    mean : array-like of shape (2,)
        μ.
    covariance : array-like of shape (2, 2)
        Σ.
    n_std : float or sequence of float
        The Mahalanobis distances to trace; the first is drawn strongest.
    color, marker : str
        As matplotlib knows them.
    label : str, optional
        Name for the legend.

    Raises
    ------
    TypeError, ValueError
        If the Gaussian is not one in two dimensions.

    Examples
    --------
    >>> figure, ax = plt.subplots()
    >>> draw_gaussian(ax, [0.0, 0.0], [[2.0, 1.0], [1.0, 1.0]], label="all data")
    >>> plt.close(figure)
    """
    for i, distance in enumerate(np.atleast_1d(n_std)):
        strength = {"linewidth": 2.6} if i == 0 else {"linewidth": 1.4, "alpha": 0.6}
        curve = gaussian.ellipse(mean, covariance, distance)
        ax.plot(*curve.T, color=color, **strength)
    ax.plot(
        *mean,
        marker=marker,
        color=color,
        markersize=11,
        markeredgecolor="white",
        markeredgewidth=1.5,
        linestyle="none",
        label=label,
    )


def draw_mixture(ax, mixture, *, n_std=(1, 2), labels=None):
    """Draw each component in its own color and marker.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    mixture : Mixture
        A mixture in two dimensions.
    n_std : float or sequence of float
        The Mahalanobis distances to trace; the first is drawn strongest.
    labels : sequence of str, optional
        Names of the components for the legend.

    Raises
    ------
    TypeError, ValueError
        If the mixture does not have two features, or the number of labels differs.

    Examples
    --------
    >>> from gmm_from_scratch.mixture import Mixture
    >>> figure, ax = plt.subplots()
    >>> draw_mixture(ax, Mixture([1.0], [[0.0, 0.0]], [np.eye(2)]), labels=["all"])
    >>> plt.close(figure)
    """
    check_mixture(mixture, "mixture")
    labels = [None] * mixture.n_components if labels is None else list(labels)
    if len(labels) != mixture.n_components:
        raise ValueError(
            f"labels must name {mixture.n_components} components, but there are "
            f"{len(labels)} of them."
        )
    for k in range(mixture.n_components):
        draw_gaussian(
            ax,
            mixture.means[k],
            mixture.covariances[k],
            n_std=n_std,
            color=component_color(k),
            marker=MARKERS[k % len(MARKERS)],
            label=labels[k],
        )


def draw_staircase(ax, steps):
    """Draw how the lower bound and the log-likelihood climb, half-step by half-step.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    steps : iterable of HalfStep
        What `em.em` yielded, in order.

    Examples
    --------
    >>> from itertools import islice
    >>> from gmm_from_scratch import em
    >>> from gmm_from_scratch.mixture import Mixture
    >>> start = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> figure, ax = plt.subplots()
    >>> draw_staircase(ax, list(islice(em.em([[-2.0], [-1.0], [3.0]], start), 6)))
    >>> plt.close(figure)
    """
    steps = list(steps)
    bounds = np.array([step.lower_bound for step in steps])
    log_likelihoods = np.array([step.log_likelihood for step in steps])
    x = np.arange(len(steps))
    gap = {"color": "#E8D9C5", "step": "mid", "label": "divergence"}
    ax.fill_between(x, bounds, log_likelihoods, **gap)
    ax.step(x, log_likelihoods, "k:", where="mid", label="log-likelihood")
    ax.step(x, bounds, "k", where="mid", label="lower bound")
    for half, color in [("E", "white"), ("M", "black")]:
        at = [i for i in x if steps[i].half == half]
        style = {"color": color, "markeredgecolor": "black", "label": f"after {half}"}
        ax.plot(at, bounds[at], "o", **style)
    labels = [f"{step.half} {step.iteration}" for step in steps]
    every = max(1, len(steps) // 8)
    ax.set_xticks(x[::every], labels[::every])
    ax.set(xlabel="half-step", ylabel="log-likelihood")
    ax.legend(loc="lower right")


def show(figure, alt):
    """Display a figure with alt text, which exports and screen readers pass on.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to display; it is closed afterwards.
    alt : str
        What the figure shows, in a sentence.

    Raises
    ------
    TypeError, ValueError
        If the sentence is empty.

    Examples
    --------
    >>> show(plt.figure(), alt="An empty figure.")
    Figure(640x480)
    """
    # Imported here because plotting also works without a notebook.
    from IPython.display import display

    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("alt must say in a sentence what the figure shows.")
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)
