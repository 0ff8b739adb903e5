"""Where EM begins: four ways to make a start, a second chance, the best of several."""

from dataclasses import replace
from itertools import count

import numpy as np
from scipy.spatial.distance import cdist

from gmm_from_scratch import engine
from gmm_from_scratch.covariance import relative_reg_covar
from gmm_from_scratch.em import TINY, EmptyComponentError, m_step
from gmm_from_scratch.gaussian import SingularCovarianceError
from gmm_from_scratch.missing import IncompleteRows
from gmm_from_scratch.mixture import Mixture, check_mixture
from gmm_from_scratch.sufficient import ROUNDING
from gmm_from_scratch.validation import (
    check_choice,
    check_data,
    check_enough_rows,
    check_integer,
    check_rng,
    check_sample_weight,
    leave_out_weightless,
)

METHODS = ("kmeans", "k-means++", "random", "random_from_data")

# A start need not see everything: from more rows than this, so many are drawn at random
# (and 100 for each component, if that is more).
LARGEST_SAMPLE = 20_000
# How often EM may start components anew, for each component that there is.
MAX_RESEEDS = 5


def kmeans_plus_plus(X, n_components, rng=None, *, sample_weight=None):
    """Choose K rows of X that lie far apart, to serve as first centers.

    The first is drawn at random. Each next one is drawn with probability
    proportional to the squared distance from the centers chosen so far; of a few
    such candidates the one that leaves the smallest total distance is kept.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    n_components : int
        K.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    ndarray of int of shape (K,)
        Indices of the chosen rows, all different.

    Raises
    ------
    TypeError, ValueError
        If X has fewer than K rows.

    References
    ----------
    Arthur & Vassilvitskii, "k-means++: The advantages of careful seeding" (2007).

    Examples
    --------
    >>> X = [[0.0], [0.1], [9.0], [9.1]]
    >>> sorted(index // 2 for index in kmeans_plus_plus(X, 2, rng=0).tolist())
    [0, 1]
    """
    X, weight, rng = _check_start(X, n_components, rng, sample_weight)
    n_candidates = 2 + int(np.log(n_components))
    chosen = [_draw_one(weight, rng)]
    # Only their ratios matter from here on, and large ones could overflow.
    weight = weight / weight.max()
    closest = _squared_distances(X, X[chosen])[:, 0]
    while len(chosen) < n_components:
        is_left = ~np.isin(np.arange(len(X)), chosen)
        odds = weight * closest * is_left
        # Copies of chosen rows are at distance 0; if nothing else is left, take them.
        odds = odds if odds.any() else weight * is_left
        candidates = rng.choice(len(X), size=n_candidates, p=odds / odds.sum())
        remaining = np.minimum(
            closest[:, np.newaxis], _squared_distances(X, X[candidates])
        )
        best = int(np.argmin(weight @ remaining))
        chosen.append(int(candidates[best]))
        closest = remaining[:, best]
    return np.array(chosen)


def kmeans(X, n_components, rng=None, *, max_iter=300, sample_weight=None):
    """Cluster with hard borders: assign to the nearest center, average, repeat.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    n_components : int
        K.
    rng : numpy.random.Generator or int, optional
        Source of randomness for k-means++, or its seed.
    max_iter : int
        Stop after so many rounds in any case.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    labels : ndarray of int of shape (N,)
        The cluster of each point; every cluster has at least one.
    centers : ndarray of shape (K, D)
        The average of each cluster (as it was one round earlier, if `max_iter` rounds
        were not enough).

    Raises
    ------
    TypeError, ValueError
        If X has fewer than K rows.

    References
    ----------
    Lloyd, "Least squares quantization in PCM" (1982).

    Examples
    --------
    >>> labels, centers = kmeans([[0.0], [1.0], [9.0], [10.0]], 2, rng=0)
    >>> sorted(centers[:, 0].tolist())
    [0.5, 9.5]
    """
    X, weight, rng = _check_start(X, n_components, rng, sample_weight)
    if not weight.all():
        some, weight = leave_out_weightless(X, weight)
        options = {"max_iter": max_iter, "sample_weight": weight}
        _, centers = kmeans(some, n_components, rng, **options)
        return _nearest(X, centers), centers
    chosen = kmeans_plus_plus(X, n_components, rng, sample_weight=sample_weight)
    labels, total = _nearest(X, X[chosen]), np.inf
    for _ in range(check_integer(max_iter, "max_iter", 1)):
        members = [labels == k for k in range(n_components)]
        centers = np.array([weight[m] @ X[m] / weight[m].sum() for m in members])
        # Among copies of a row, labels may go round in circles for ever.
        last_total, total = total, weight @ ((X - centers[labels]) ** 2).sum(axis=1)
        new_labels = _nearest(X, centers)
        if (new_labels == labels).all() or total >= last_total:
            break
        labels = new_labels
    return labels, centers


def initial_responsibilities(
    X, n_components, method="kmeans", rng=None, *, sample_weight=None
):
    """Guess who belongs to whom, before there is any Gaussian.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    n_components : int
        K.
    method : {'kmeans', 'k-means++', 'random', 'random_from_data'}
        'kmeans' gives each point wholly to its cluster. 'k-means++' and
        'random_from_data' choose K points, far apart or at random, and give each
        point wholly to the nearest of them. 'random' splits each point at random
        among all components.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.
    sample_weight : array-like of shape (N,), optional
        How often each point counts for 'kmeans' and 'k-means++'.

    Returns
    -------
    ndarray of shape (N, K)
        Each row sums to 1, and no column is all zero.

    Raises
    ------
    TypeError, ValueError
        If the method is none of the four, or X has fewer than K rows.

    Examples
    --------
    >>> initial_responsibilities([[0.0], [1.0], [9.0]], 2, "kmeans", rng=0)
    array([[0., 1.],
           [0., 1.],
           [1., 0.]])
    """
    X, weight, rng = _check_start(X, n_components, rng, sample_weight)
    check_choice(method, "method", METHODS)
    if method == "random":
        shares = rng.uniform(size=(len(X), n_components))
        return shares / shares.sum(axis=1, keepdims=True)
    if method == "kmeans":
        labels, _ = kmeans(X, n_components, rng, sample_weight=sample_weight)
    elif method == "k-means++":
        chosen = kmeans_plus_plus(X, n_components, rng, sample_weight=sample_weight)
        labels = _nearest(X, X[chosen])
    else:
        labels = _nearest(X, X[rng.choice(len(X), n_components, replace=False)])
    return np.eye(n_components)[labels]


def initial_mixture(
    X,
    n_components,
    method="kmeans",
    rng=None,
    *,
    covariance_type="full",
    reg_covar=1e-6,
    sample_weight=None,
):
    """Make a start for EM: an M-step from guessed responsibilities.

    Of more than 20 000 points, a random sample is enough to guess from. If a cluster is
    so small that its covariance comes out flat, all get the variances of the data on
    top.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    n_components : int
        K.
    method : {'kmeans', 'k-means++', 'random', 'random_from_data'}
        How to guess; see `initial_responsibilities`.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like.
    reg_covar : float or array-like of shape (D,)
        Added to each variance.
    sample_weight : array-like of shape (N,), optional
        How often each point counts. Whole numbers give what repeated rows give, with
        the same seed, for 'kmeans' and 'k-means++', up to 20 000 rows.

    Returns
    -------
    Mixture

    Raises
    ------
    SingularCovarianceError
        If the data themselves are flat in some direction, and reg_covar is too small.
    TypeError, ValueError
        If the input is malformed or X has fewer than K rows.

    Examples
    --------
    >>> start = initial_mixture([[0.0], [1.0], [8.0], [9.0]], 2, rng=0)
    >>> start.sorted().means[:, 0]
    array([0.5, 8.5])
    """
    rng = check_rng(rng)
    X = check_data(X, keep_float32=True)
    X, weight = leave_out_weightless(X, check_sample_weight(sample_weight, len(X)))
    n_components = check_integer(n_components, "n_components", 1)
    check_enough_rows(X, n_components)
    n_rows = max(LARGEST_SAMPLE, 100 * n_components)
    if len(X) > n_rows:
        rows = np.sort(rng.choice(len(X), n_rows, replace=False))
        X, weight = X[rows], None if weight is None else weight[rows]
    responsibilities = initial_responsibilities(
        X, n_components, method, rng, sample_weight=weight
    )
    options = {"covariance_type": covariance_type, "sample_weight": weight}
    try:
        return m_step(X, responsibilities, reg_covar=reg_covar, **options)
    except SingularCovarianceError:
        wider = reg_covar + relative_reg_covar(X, 1.0, sample_weight=weight)
        return m_step(X, responsibilities, reg_covar=wider, **options)


def reseeded(
    X,
    mixture,
    component,
    rng=None,
    *,
    covariance_type="full",
    reg_covar=1e-6,
    sample_weight=None,
):
    """Give a component a second life: on a random point, as wide as all of the data.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    mixture : Mixture
        Where EM was when the component emptied or collapsed.
    component : int
        Which one.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like; 'tied' ones are all replaced.
    reg_covar : float or array-like of shape (D,)
        Added to each variance.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    Mixture
        With weight 1/K for the component, and the others' weights in proportion.

    Raises
    ------
    SingularCovarianceError
        If the data themselves are flat in some direction.
    TypeError, ValueError
        If the input is malformed.

    Examples
    --------
    >>> far = Mixture([0.5, 0.5], [[0.0], [1e9]], [[[1.0]], [[1.0]]])
    >>> reseeded([[0.0], [2.0]], far, 1, rng=0).covariances[1]
    array([[1.000001]])
    """
    X, weight, rng = _check_start(X, 1, rng, sample_weight)
    K = check_mixture(mixture, "mixture").n_components
    everything = m_step(
        X,
        np.ones((len(X), 1)),
        covariance_type=covariance_type,
        reg_covar=reg_covar,
        sample_weight=weight,
    )
    center, width = everything.means[0], np.sqrt(everything.covariances[0].diagonal())
    is_constant = width <= ROUNDING * np.abs(center)
    if is_constant.any():
        raise SingularCovarianceError(
            f"column {is_constant.argmax()} of X (counted from 0) is constant, and so "
            f"all Gaussians are flat. Use a larger reg_covar, or leave that column out."
        )
    weights, means = mixture.weights.copy(), mixture.means.copy()
    covariances = mixture.covariances.copy()
    weights[component] = 0.0
    weights *= (1 - 1 / K) / max(weights.sum(), TINY)
    weights[component] = 1 - weights.sum()
    means[component] = X[_draw_one(weight, rng)]
    if covariance_type == "tied":
        covariances[:] = everything.covariances
    covariances[component] = everything.covariances[0]
    return Mixture(weights, means, covariances)


def run_with_reseeding(
    X,
    start,
    rng=None,
    *,
    covariance_type="full",
    reg_covar=1e-6,
    sample_weight=None,
    **options,
):
    """Run EM, and start a component anew whenever it empties or collapses.

    Parameters
    ----------
    X : array-like of shape (N, D) or missing.IncompleteRows
        Points.
    start : Mixture
        The parameters to begin with.
    rng : numpy.random.Generator or int, optional
        Source of randomness for the new places, or its seed.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like.
    reg_covar : float or array-like of shape (D,)
        Added to each variance at each M-step.
    sample_weight : array-like of shape (N,), optional
        How often each point counts; IncompleteRows have weights of their own.
    **options
        As for `gmm_from_scratch.engine.run`.

    Returns
    -------
    Fit
        The run since the last new start, with the number of these in `n_reseeds`.

    Raises
    ------
    EmptyComponentError, SingularCovarianceError
        If five new starts for each component were not enough, or could not help,
        because the data themselves are flat.
    TypeError, ValueError
        If the input is malformed, or X has fewer rows than there are components.

    Examples
    --------
    >>> far = Mixture([0.5, 0.5], [[0.0], [1e9]], [[[1.0]], [[1.0]]])
    >>> result = run_with_reseeding([[0.0], [1.0], [8.0], [9.0]], far, rng=0)
    >>> result.n_reseeds, result.mixture.sorted().means[:, 0].round(2)
    (1, array([0.5, 8.5]))
    """
    shared = {"covariance_type": covariance_type, "reg_covar": reg_covar}
    rows, weight = X, sample_weight
    if isinstance(X, IncompleteRows):
        rows, weight, sample_weight = X.filled, X.sample_weight, None
    for n_reseeds in count():
        try:
            result = engine.run(
                X, start, sample_weight=sample_weight, **shared, **options
            )
            return replace(result, n_reseeds=n_reseeds)
        except (EmptyComponentError, SingularCovarianceError) as error:
            if n_reseeds == MAX_RESEEDS * start.n_components:
                raise
            rng = check_rng(rng)
            where = error.mixture, error.component
            start = reseeded(rows, *where, rng, sample_weight=weight, **shared)
        # The likelihood may fall to begin with.
        options["previous"] = -np.inf


def fit_best(
    X,
    n_components,
    *,
    n_init=10,
    method="k-means++",
    rng=None,
    covariance_type="full",
    reg_covar=1e-6,
    tol=1e-3,
    max_iter=100,
):
    """Run EM from several starts and keep the one that ends highest.

    EM climbs to the nearest summit, not to the highest; more starts are the plainest
    cure. A component that empties or collapses on the way is started anew.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    n_components : int
        K.
    n_init : int
        How many starts.
    method : {'kmeans', 'k-means++', 'random', 'random_from_data'}
        How to make each; see `initial_responsibilities`. Several starts are worth
        their time only if they differ, and those from 'kmeans' hardly do.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like.
    reg_covar : float or array-like of shape (D,)
        Added to each variance at each M-step.
    tol, max_iter : float, int
        When to stop; see `gmm_from_scratch.engine.run`.

    Returns
    -------
    Fit
        The run that ended at the highest log-likelihood.

    Raises
    ------
    TypeError, ValueError
        If the input is malformed or X has fewer than K rows.

    Examples
    --------
    >>> best = fit_best([[0.0], [1.0], [8.0], [9.0]], 2, n_init=3, rng=0)
    >>> best.mixture.sorted().means[:, 0]
    array([0.5, 8.5])
    """
    n_init = check_integer(n_init, "n_init", 1)
    rng = check_rng(rng)
    shared = {"covariance_type": covariance_type, "reg_covar": reg_covar}
    fits = []
    for _ in range(n_init):
        start = initial_mixture(X, n_components, method, rng, **shared)
        fits.append(
            run_with_reseeding(X, start, rng, tol=tol, max_iter=max_iter, **shared)
        )
    return max(fits, key=lambda result: result.log_likelihood)


def _check_start(X, n_components, rng, sample_weight):
    X = check_data(X)
    weight = check_sample_weight(sample_weight, len(X))
    counting, _ = leave_out_weightless(X, weight)
    check_enough_rows(counting, check_integer(n_components, "n_components", 1))
    return X, np.ones(len(X)) if weight is None else weight, check_rng(rng)


def _draw_one(weight, rng):
    # Whole numbers: as from a table in which each row stands so many times. Multiples
    # of the smallest weight, equal ones for instance, can be made whole.
    for scale in (1.0, weight[weight > 0].min()):
        with np.errstate(over="ignore"):
            times = weight / scale
        last = np.cumsum(times)
        if (times == np.round(times)).all() and last[-1] < 2**53:
            return int(np.searchsorted(last, rng.integers(int(last[-1])), side="right"))
    return int(rng.choice(len(weight), p=weight / weight.sum()))


def _squared_distances(X, centers):
    return cdist(X, centers, "sqeuclidean")


def _nearest(X, centers):
    """Give each point the index of its nearest center, and no center nothing."""
    distances = _squared_distances(X, centers)
    labels = distances.argmin(axis=1)
    closest = distances.min(axis=1)
    for k in range(len(centers)):
        if not (labels == k).any():
            # Take the worst-placed point of a cluster that can spare one.
            can_spare = np.bincount(labels, minlength=len(centers))[labels] > 1
            moved = np.argmax(np.where(can_spare, closest, -1.0))
            labels[moved] = k
    return labels
