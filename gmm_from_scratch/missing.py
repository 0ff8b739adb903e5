"""Missing values, integrated out: each point counts with the features that it has.

What a Gaussian says about some of its features is again a Gaussian, with their part of
the mean and of the covariance. So the E-step compares components by the known features
alone. The M-step needs the average of x and of x xᵀ; where x is missing, their
expectations given the known features take its place. This is EM as ever, with the
missing values as hidden as the components, and the likelihood of what is known never
goes down. It is right if values are missing at random: not because of what they are.
"""

import numpy as np
from scipy.special import logsumexp

from gmm_from_scratch import gaussian
from gmm_from_scratch.mixture import check_mixture
from gmm_from_scratch.sufficient import Frame, Statistics
from gmm_from_scratch.validation import (
    check_array,
    check_data,
    check_enough_rows,
    check_sample_weight,
    leave_out_weightless,
)


def conditional(mean, covariance, known):
    """Say what a Gaussian expects of its other features, given the known ones.

    Given x_known, the others follow N(μ_other + B (x_known − μ_known), C).

    Parameters
    ----------
    mean : array-like of shape (D,)
        μ.
    covariance : array-like of shape (D, D)
        Σ.
    known : array-like of bool of shape (D,)
        Which features are known.

    Returns
    -------
    B : ndarray of shape (number of others, number of known)
        Σ_other,known Σ_known,known⁻¹, the slopes of a regression.
    C : ndarray of shape (number of others, number of others)
        Σ_other,other − B Σ_known,other, the covariance that is left.

    Raises
    ------
    TypeError, ValueError
        If the shapes disagree or Σ is not symmetric positive definite.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eqs. 2.81 and 2.82.

    Examples
    --------
    >>> conditional([0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]], [True, False])
    (array([[0.5]]), array([[0.75]]))
    """
    mean = check_array(mean, np.shape(mean), "mean")
    covariance = check_array(covariance, (len(mean), len(mean)), "covariance")
    known = _check_mask(known, len(mean))
    gaussian.cholesky(covariance)
    # Whitened, the known features are independent, each with variance 1.
    L = np.linalg.cholesky(covariance[known][:, known])
    whitener = gaussian.invert_factors(L)
    across = whitener @ covariance[known][:, ~known]
    return across.T @ whitener, covariance[~known][:, ~known] - across.T @ across


def log_joint(X, mixture):
    """Evaluate log π_k + log N(known features of x_n | their part of μ_k and Σ_k).

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points; NaN stands for a value that is missing.
    mixture : Mixture
        The parameters.

    Returns
    -------
    ndarray of shape (N, K)
        For a point without any value, log π_k.

    Raises
    ------
    TypeError, ValueError
        If X does not have D columns of numbers or NaN.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> mixture = Mixture([0.5, 0.5], [[-1, 0], [1, 0]], [np.eye(2)] * 2)
    >>> log_joint([[0.0, np.nan], [np.nan, np.nan]], mixture).round(4)
    array([[-2.1121, -2.1121],
           [-0.6931, -0.6931]])
    """
    check_mixture(mixture, "mixture")
    X = check_data(X, n_features=mixture.n_features, allow_nan=True)
    with np.errstate(divide="ignore"):
        result = np.tile(np.log(mixture.weights), (len(X), 1))
    for rows, known in _patterns(X):
        if not known.any():
            continue
        points = X[np.ix_(rows, known)]
        for k in range(mixture.n_components):
            covariance = mixture.covariances[k][np.ix_(known, known)]
            result[rows, k] += gaussian.log_density(
                points, mixture.means[k, known], covariance
            )
    return result


def e_step(X, mixture):
    """Find responsibilities and log densities from the known features of each point.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points; NaN stands for a value that is missing.
    mixture : Mixture
        The parameters.

    Returns
    -------
    responsibilities : ndarray of shape (N, K)
        Each row sums to 1.
    log_density : ndarray of shape (N,)
        Of the known features of each point; 0 if there is none.

    Raises
    ------
    TypeError, ValueError
        If X does not have D columns of numbers or NaN.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> mixture = Mixture([0.5, 0.5], [[-1, 0], [1, 0]], [np.eye(2)] * 2)
    >>> responsibilities, log_density = e_step([[2.0, np.nan]], mixture)
    >>> responsibilities.round(3)
    array([[0.018, 0.982]])
    """
    joint = log_joint(X, mixture)
    log_density = logsumexp(joint, axis=1)
    return np.exp(joint - log_density[:, np.newaxis]), log_density


def impute(X, mixture):
    """Fill each missing value with what the mixture expects there.

    Each component expects a value of its own, given the known features; they count by
    their responsibilities.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points; NaN stands for a value that is missing.
    mixture : Mixture
        The parameters.

    Returns
    -------
    ndarray of shape (N, D)
        A copy without NaN. It has less spread than real data: an expectation is not a
        draw.

    Raises
    ------
    TypeError, ValueError
        If X does not have D columns of numbers or NaN.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> mixture = Mixture([1.0], [[0.0, 10.0]], [[[1.0, 0.5], [0.5, 1.0]]])
    >>> impute([[2.0, np.nan]], mixture)
    array([[ 2., 11.]])
    """
    responsibilities, _ = e_step(X, mixture)
    filled = check_data(X, allow_nan=True).copy()
    for rows, known in _patterns(filled):
        expected = 0.0
        for k, mean in enumerate(mixture.means):
            B, _ = conditional(mean, mixture.covariances[k], known)
            shifts = (filled[np.ix_(rows, known)] - mean[known]) @ B.T
            expected += responsibilities[rows, k, np.newaxis] * (mean[~known] + shifts)
        filled[np.ix_(rows, ~known)] = expected
    return filled


class IncompleteRows:
    """Rows with missing values, as data for `engine.run`.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points; NaN stands for a value that is missing.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Raises
    ------
    TypeError, ValueError
        If X does not hold numbers or NaN, or a column holds no value at all.

    References
    ----------
    Ghahramani & Jordan, "Supervised learning from incomplete data via an EM approach"
    (1993).

    Examples
    --------
    >>> from gmm_from_scratch import Mixture, engine
    >>> X = IncompleteRows([[0.0, np.nan], [np.nan, 2.0], [1.0, 3.0], [3.0, 5.0]])
    >>> start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    >>> engine.run(X, start, tol=1e-12, max_iter=1000).mixture.means.round(2)
    array([[1., 3.]])
    """

    def __init__(self, X, sample_weight=None):
        X = check_data(X, allow_nan=True)
        X, weight = leave_out_weightless(X, check_sample_weight(sample_weight, len(X)))
        # A row without any value says nothing, but would keep empty components alive.
        says_something = ~np.isnan(X).all(axis=1)
        self.X = X[says_something]
        self.sample_weight = None if weight is None else weight[says_something]
        self.filled = fill_with_means(self.X, self.sample_weight)
        self.patterns = list(_patterns(self.X))

    def attach(self, n_components, n_features, diagonal):
        """Say what the engine is going to ask for (called by `engine.run`).

        Parameters
        ----------
        n_components, n_features : int
            K and D.
        diagonal : bool
            Whether variances alone are enough.

        Returns
        -------
        IncompleteRows
        """
        check_data(self.filled[:1], n_features=n_features)
        self.diagonal = diagonal
        return self

    def check_enough_rows(self, n_components):
        """Refuse to fit more components than there are rows."""
        check_enough_rows(self.X, n_components)

    def frame(self, ridge, width):
        """Make coordinates for these data and so wide a start."""
        return Frame.from_rows(self.filled, self.diagonal, ridge, width)

    def statistics(self, parameters):
        """Take the expected sums over all rows.

        Parameters
        ----------
        parameters : Parameters
            For the E-step.

        Returns
        -------
        Statistics
        """
        mixture = parameters.mixture
        responsibilities, log_density = e_step(self.X, mixture)
        if self.sample_weight is not None:
            responsibilities *= self.sample_weight[:, np.newaxis]
            log_density *= self.sample_weight
        sums = [
            self._expected_sums(mean, covariance, r)
            for mean, covariance, r in zip(
                mixture.means, mixture.covariances, responsibilities.T, strict=True
            )
        ]
        return Statistics.from_residuals(
            parameters,
            len(self.X),
            float(log_density.sum()),
            *map(np.array, zip(*sums, strict=True)),
        )

    def _expected_sums(self, mean, covariance, responsibilities):
        """Sum r, r E[x − μ] and r E[(x − μ)(x − μ)ᵀ], given what is known of each x."""
        residuals = self.X - mean
        left_over = np.zeros_like(covariance)
        for rows, known in self.patterns:
            B, C = conditional(mean, covariance, known)
            residuals[np.ix_(rows, ~known)] = residuals[np.ix_(rows, known)] @ B.T
            left_over[np.ix_(~known, ~known)] += responsibilities[rows].sum() * C
        weighted = responsibilities[:, np.newaxis] * residuals
        products = weighted.T @ residuals + left_over
        return responsibilities.sum(), weighted.sum(axis=0), products


def fill_with_means(X, sample_weight=None):
    """Fill each missing value with the mean of its column: good enough for a start.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points; NaN stands for a value that is missing.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    ndarray of shape (N, D)

    Raises
    ------
    TypeError, ValueError
        If X does not hold numbers or NaN, or a column holds no value at all.

    Examples
    --------
    >>> fill_with_means([[1.0], [np.nan], [3.0]])
    array([[1.],
           [2.],
           [3.]])
    """
    X = check_data(X, allow_nan=True)
    weight = check_sample_weight(sample_weight, len(X))
    is_known = ~np.isnan(X)
    if not is_known.any(axis=0).all():
        column = int(np.argmin(is_known.any(axis=0)))
        raise ValueError(
            f"column {column} of X (counted from 0) holds no value at all; leave it "
            f"out."
        )
    shares = is_known * (1.0 if weight is None else weight[:, np.newaxis])
    means = np.average(np.where(is_known, X, 0.0), axis=0, weights=shares)
    return np.where(is_known, X, means)


def _patterns(X):
    """Yield which rows know the same features, and which features these are."""
    patterns, which = np.unique(~np.isnan(X), axis=0, return_inverse=True)
    for i, known in enumerate(patterns):
        yield np.flatnonzero(which.ravel() == i), known


def _check_mask(known, n_features):
    known = np.asarray(known)
    if known.dtype != bool or known.shape != (n_features,):
        raise ValueError(
            f"known must say True or False for each of the {n_features} features, but "
            f"it is {known}."
        )
    return known
