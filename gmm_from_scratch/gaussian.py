"""One Gaussian: its density, its shape and its maximum-likelihood fit."""

import numpy as np
from scipy.stats import chi2

from gmm_from_scratch.validation import (
    LARGEST,
    check_array,
    check_data,
    check_integer,
    check_matrix,
    check_non_negative,
    check_rng,
)

# What the features before it leave of a feature's variance, as a share: less than so
# many roundings is none.
ROUNDINGS = 100
TOO_FAR = (
    "X holds points so many standard deviations from a component that the square of "
    "their number overflows; look for wrong units, or use a larger reg_covar."
)


class SingularCovarianceError(ValueError):
    """A covariance is not positive definite: its Gaussian is flat in some direction.

    Attributes
    ----------
    component : int or None
        Whose covariance it is, in a mixture.
    """

    component = None


def cholesky(covariance, name="covariance"):
    """Factor a covariance as L Lᵀ, with L lower triangular.

    Every Gaussian quantity here goes through L: the determinant is the squared
    product of its diagonal, and solving with it replaces the inverse.

    Parameters
    ----------
    covariance : array-like of shape (D, D)
        A symmetric positive definite matrix.
    name : str
        What to call the matrix in an error.

    Returns
    -------
    ndarray of shape (D, D)
        L, lower triangular with a positive diagonal.

    Raises
    ------
    SingularCovarianceError
        If the matrix is not positive definite.
    TypeError, ValueError
        If it is not square, not symmetric, or no matrix of numbers.

    Examples
    --------
    >>> cholesky([[4.0, 2.0], [2.0, 5.0]])
    array([[2., 0.],
           [1., 2.]])
    """
    covariance = check_matrix(covariance, name, "(D, D)")
    if covariance.shape[0] != covariance.shape[1]:
        raise ValueError(f"{name} must be square, but its shape is {covariance.shape}.")
    asymmetry = np.abs(covariance - covariance.T).max()
    if asymmetry > 1e-8 * np.abs(covariance).max():
        raise ValueError(
            f"{name} must be symmetric, but it differs from its transpose by "
            f"{asymmetry:.3g}."
        )
    if covariance.diagonal().max() > 10 * LARGEST**2:
        raise ValueError(
            f"{name} holds variances beyond {10 * LARGEST**2:g}; measure in larger "
            f"units."
        )
    try:
        L = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        L = None
    if L is None or is_flat(L) or covariance.diagonal().min() < LARGEST**-2:
        smallest = np.linalg.eigvalsh(covariance).min()
        raise SingularCovarianceError(
            f"{name} is not positive definite (smallest eigenvalue {smallest:.3g}): "
            f"the Gaussian is flat in some direction. Use a larger reg_covar or fewer "
            f"components, standardize the features, or remove constant and collinear "
            f"ones."
        )
    return L


def is_flat(L):
    """Say whether only rounding keeps a matrix L Lᵀ from being singular.

    Parameters
    ----------
    L : ndarray of shape (..., D, D)
        Cholesky factors.

    Returns
    -------
    bool
        For any of them.

    Examples
    --------
    >>> is_flat(np.array([[1.0, 0.0], [1.0, 1e-9]]))
    True
    """
    # L_jj² is what is left of the variance of feature j, Σ_i L_ji², given those before.
    left = np.diagonal(L, axis1=-2, axis2=-1) ** 2
    rounding = ROUNDINGS * L.shape[-1] * np.finfo(float).eps
    return bool((left < rounding * np.square(L).sum(axis=-1)).any())


def invert_factors(L):
    """Invert Cholesky factors, whatever the units of the features.

    Parameters
    ----------
    L : ndarray of shape (..., D, D)
        Lower triangular matrices.

    Returns
    -------
    ndarray of shape (..., D, D)

    Examples
    --------
    >>> invert_factors(np.array([[2.0, 0.0], [1.0, 2.0]]))
    array([[ 0.5 ,  0.  ],
           [-0.25,  0.5 ]])
    """
    # Inverting exchanges rows by size; a row in small units only seems small.
    unit = np.linalg.norm(L, axis=-1)
    return np.tril(np.linalg.inv(L / unit[..., np.newaxis])) / unit[..., np.newaxis, :]


def mahalanobis_distance(X, mean, covariance):
    """Measure how many standard deviations each point lies from the mean.

    The distance is ‖L⁻¹(x − μ)‖ with Σ = L Lᵀ, which equals
    √((x − μ)ᵀ Σ⁻¹ (x − μ)).

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    mean : array-like of shape (D,)
        μ.
    covariance : array-like of shape (D, D)
        Σ.

    Returns
    -------
    ndarray of shape (N,)
        Distances, without unit.

    Raises
    ------
    TypeError, ValueError
        If the shapes disagree or Σ is not symmetric positive definite.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 2.44.

    Examples
    --------
    >>> mahalanobis_distance([[0.0, 6.0]], [0.0, 0.0], [[4.0, 0.0], [0.0, 9.0]])
    array([2.])
    """
    X, mean, L = _check_gaussian(X, mean, covariance)
    return np.sqrt(_squared_distances(X, mean, L))


def log_density(X, mean, covariance):
    """Evaluate log N(x | μ, Σ) at each point.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    mean : array-like of shape (D,)
        μ.
    covariance : array-like of shape (D, D)
        Σ.

    Returns
    -------
    ndarray of shape (N,)
        Natural logarithms of the density.

    Raises
    ------
    TypeError, ValueError
        If the shapes disagree or Σ is not symmetric positive definite.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 2.43.

    Examples
    --------
    >>> log_density([[0.0]], [0.0], [[1.0]]).round(4)
    array([-0.9189])
    """
    X, mean, L = _check_gaussian(X, mean, covariance)
    squared_distances = _squared_distances(X, mean, L)
    log_determinant = 2 * np.log(np.diag(L)).sum()
    return -0.5 * (len(mean) * np.log(2 * np.pi) + log_determinant + squared_distances)


def maximum_likelihood(X):
    """Fit one Gaussian: the mean and covariance under which X is likeliest.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.

    Returns
    -------
    mean : ndarray of shape (D,)
        The average point.
    covariance : ndarray of shape (D, D)
        The average of (x − μ)(x − μ)ᵀ: divided by N, not by N − 1.

    Raises
    ------
    TypeError, ValueError
        If X is empty or holds NaN or infinity.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eqs. 2.121 and 2.122.

    Examples
    --------
    >>> mean, covariance = maximum_likelihood([[0.0, 0.0], [2.0, 2.0]])
    >>> mean
    array([1., 1.])
    >>> covariance
    array([[1., 1.],
           [1., 1.]])
    """
    X = check_data(X)
    mean = X.mean(axis=0)
    centered = X - mean
    return mean, centered.T @ centered / len(X)


def ellipse_axes(covariance):
    """Find the axes of the 1σ ellipse: half-lengths and directions.

    Parameters
    ----------
    covariance : array-like of shape (2, 2)
        Σ.

    Returns
    -------
    half_lengths : ndarray of shape (2,)
        Standard deviation along each axis, the longer first: the square roots of
        the eigenvalues of Σ.
    directions : ndarray of shape (2, 2)
        Column i is the unit vector along axis i: the eigenvectors of Σ.

    Raises
    ------
    TypeError, ValueError
        If Σ is not a symmetric positive definite 2 × 2 matrix.

    Examples
    --------
    >>> half_lengths, directions = ellipse_axes([[9.0, 0.0], [0.0, 4.0]])
    >>> half_lengths
    array([3., 2.])
    """
    covariance = check_array(covariance, (2, 2), "covariance")
    cholesky(covariance)
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    return np.sqrt(eigenvalues[::-1]), eigenvectors[:, ::-1]


def ellipse(mean, covariance, n_std=1.0, n_points=100):
    """Trace the points at a fixed Mahalanobis distance from the mean, in 2-D.

    Parameters
    ----------
    mean : array-like of shape (2,)
        μ, the center.
    covariance : array-like of shape (2, 2)
        Σ, the shape.
    n_std : float
        The Mahalanobis distance: 1 for the 1σ ellipse, which holds 39.3 % of a
        two-dimensional Gaussian, not 68.3 %.
    n_points : int
        How many points to trace; the first and the last coincide.

    Returns
    -------
    ndarray of shape (n_points, 2)
        The curve, in the units of the data.

    Raises
    ------
    TypeError, ValueError
        If the shapes disagree or Σ is not symmetric positive definite.

    Examples
    --------
    >>> curve = ellipse([1.0, 2.0], [[9.0, 0.0], [0.0, 4.0]], n_points=5)
    >>> mahalanobis_distance(curve, [1.0, 2.0], [[9.0, 0.0], [0.0, 4.0]])
    array([1., 1., 1., 1., 1.])
    """
    mean = check_array(mean, (2,), "mean")
    n_std = check_non_negative(n_std, "n_std")
    half_lengths, directions = ellipse_axes(covariance)
    angle = np.linspace(0, 2 * np.pi, check_integer(n_points, "n_points", 2))
    unit_circle = np.stack([np.cos(angle), np.sin(angle)])
    return mean + n_std * (directions @ (half_lengths[:, np.newaxis] * unit_circle)).T


def probability_inside(n_std, n_features):
    """Say what share of a D-dimensional Gaussian lies within n_std of its mean.

    The squared Mahalanobis distance follows a chi-squared distribution with D
    degrees of freedom.

    Parameters
    ----------
    n_std : float
        Mahalanobis distance.
    n_features : int
        D.

    Returns
    -------
    float
        A probability.

    Raises
    ------
    TypeError, ValueError
        If D is smaller than 1.

    Examples
    --------
    >>> round(probability_inside(1, n_features=1), 3)
    0.683
    >>> round(probability_inside(1, n_features=2), 3)
    0.393
    """
    n_std = check_non_negative(n_std, "n_std")
    check_integer(n_features, "n_features", 1)
    return float(chi2.cdf(n_std**2, df=n_features))


def sample(mean, covariance, n_samples, rng=None):
    """Draw points from one Gaussian: μ + L z with z standard normal.

    Parameters
    ----------
    mean : array-like of shape (D,)
        μ.
    covariance : array-like of shape (D, D)
        Σ = L Lᵀ.
    n_samples : int
        How many points.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.

    Returns
    -------
    ndarray of shape (n_samples, D)

    Raises
    ------
    TypeError, ValueError
        If the shapes disagree or Σ is not symmetric positive definite.

    Examples
    --------
    >>> sample([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], n_samples=3, rng=0).shape
    (3, 2)
    """
    rng = check_rng(rng)
    n_samples = check_integer(n_samples, "n_samples", 0)
    L = cholesky(covariance)
    mean = check_array(mean, (len(L),), "mean")
    return mean + rng.standard_normal((n_samples, len(mean))) @ L.T


def _check_gaussian(X, mean, covariance):
    L = cholesky(covariance)
    mean = check_array(mean, (len(L),), "mean")
    return check_data(X, n_features=len(L)), mean, L


def _squared_distances(X, mean, L):
    # Solving loses fewer digits than multiplying by an inverse. SciPy's triangular
    # solver would suit L, but with few features its threads wait for each other:
    # measured ten times slower whenever another program keeps a core busy. NumPy's
    # exchanges rows by size, and so the features' units must be out of the way.
    unit = np.linalg.norm(L, axis=1)
    with np.errstate(over="ignore"):
        whitened = np.linalg.solve(L / unit[:, np.newaxis], ((X - mean) / unit).T)
        squares = (whitened**2).sum(axis=0)
    if not np.isfinite(squares).all():
        raise ValueError(TOO_FAR)
    return squares
