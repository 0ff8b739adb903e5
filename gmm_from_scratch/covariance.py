"""The four covariance types: what each one shares, and what it costs."""

import numpy as np

from gmm_from_scratch import gaussian
from gmm_from_scratch.validation import (
    COVARIANCE_TYPES,
    check_array,
    check_choice,
    check_data,
    check_integer,
    check_non_negative,
    check_sample_weight,
)


def weighted_covariances(X, responsibilities, means):
    """Average (x − μ_k)(x − μ_k)ᵀ for each component, weighted by responsibility.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        Points.
    responsibilities : ndarray of shape (N, K)
        How much of each point belongs to each component; no column may be all zero.
    means : ndarray of shape (K, D)
        The *new* means, around which the spread is measured.

    Returns
    -------
    ndarray of shape (K, D, D)

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 9.19.

    Examples
    --------
    >>> X = np.array([[0.0], [2.0]])
    >>> weighted_covariances(X, np.array([[1.0], [1.0]]), np.array([[1.0]]))
    array([[[1.]]])
    """
    counts = responsibilities.sum(axis=0)
    covariances = []
    for k, mean in enumerate(means):
        centered = X - mean
        weighted = responsibilities[:, k, np.newaxis] * centered
        covariances.append(weighted.T @ centered / counts[k])
    return np.array(covariances)


def constrain(covariances, weights, covariance_type):
    """Turn freely fitted covariances into the likeliest ones of a covariance type.

    All four M-steps start from the same weighted covariances: 'full' keeps them,
    'tied' averages them over the components, 'diag' drops what lies off the
    diagonal, 'spherical' also averages the diagonal.

    Parameters
    ----------
    covariances : ndarray of shape (K, D, D)
        What `weighted_covariances` returned.
    weights : ndarray of shape (K,)
        π_k, used by 'tied'.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        The constraint.

    Returns
    -------
    ndarray of shape (K, D, D)

    Raises
    ------
    ValueError
        If `covariance_type` is none of the four.

    Examples
    --------
    >>> covariances = np.array([[[1.0, 0.5], [0.5, 3.0]]])
    >>> constrain(covariances, np.array([1.0]), "spherical")
    array([[[2., 0.],
            [0., 2.]]])
    """
    check_choice(covariance_type, "covariance_type", COVARIANCE_TYPES)
    identity = np.eye(covariances.shape[1])
    if covariance_type == "full":
        return covariances
    if covariance_type == "tied":
        average = np.average(covariances, axis=0, weights=weights)
        return np.repeat(average[np.newaxis], len(covariances), axis=0)
    diagonal = covariances * identity
    if covariance_type == "diag":
        return diagonal
    variances = np.trace(diagonal, axis1=1, axis2=2) / len(identity)
    return variances[:, np.newaxis, np.newaxis] * identity


def n_parameters(n_components, n_features, covariance_type="full"):
    """Count the free parameters of a mixture.

    K − 1 weights (the last one is what is left of 1), K · D numbers in the means, and
    for the covariances: K triangles of D(D + 1)/2 ('full'), one triangle ('tied'),
    K · D variances ('diag') or K variances ('spherical').

    Parameters
    ----------
    n_components : int
        K.
    n_features : int
        D.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        The constraint.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If a number is below 1 or the type is none of the four.

    Examples
    --------
    >>> n_parameters(2, 2, "full")
    11
    """
    check_choice(covariance_type, "covariance_type", COVARIANCE_TYPES)
    K = check_integer(n_components, "n_components", 1)
    D = check_integer(n_features, "n_features", 1)
    triangle = D * (D + 1) // 2
    in_covariances = {
        "full": K * triangle,
        "tied": triangle,
        "diag": K * D,
        "spherical": K,
    }
    return (K - 1) + K * D + in_covariances[covariance_type]


def compact_shape(n_components, n_features, covariance_type):
    """Give the shape in which scikit-learn stores covariances of a type.

    Parameters
    ----------
    n_components, n_features : int
        K and D.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        The constraint.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If the type is none of the four.

    Examples
    --------
    >>> compact_shape(3, 2, "tied")
    (2, 2)
    """
    check_choice(covariance_type, "covariance_type", COVARIANCE_TYPES)
    K, D = n_components, n_features
    shapes = {"full": (K, D, D), "tied": (D, D), "diag": (K, D), "spherical": (K,)}
    return shapes[covariance_type]


def to_compact(covariances, covariance_type):
    """Store (K, D, D) covariances as scikit-learn does, without repetition or zeros.

    Parameters
    ----------
    covariances : ndarray of shape (K, D, D)
        Covariances that obey the type.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        The constraint.

    Returns
    -------
    ndarray
        Of shape (K, D, D), (D, D), (K, D) or (K,) in the order of the types above.

    Raises
    ------
    ValueError
        If the type is none of the four.

    Examples
    --------
    >>> to_compact(np.array([[[2.0, 0.0], [0.0, 3.0]]]), "diag")
    array([[2., 3.]])
    """
    check_choice(covariance_type, "covariance_type", COVARIANCE_TYPES)
    if covariance_type == "full":
        return covariances.copy()
    if covariance_type == "tied":
        return covariances[0].copy()
    diagonals = np.diagonal(covariances, axis1=1, axis2=2)
    return diagonals.copy() if covariance_type == "diag" else diagonals[:, 0].copy()


def from_compact(
    compact, n_components, n_features, covariance_type, name="covariances"
):
    """Undo `to_compact`: give every component its own D × D matrix.

    Parameters
    ----------
    compact : array-like
        Covariances (or precisions) in scikit-learn's shape for the type.
    n_components, n_features : int
        K and D.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        The constraint.
    name : str
        What to call the array in an error.

    Returns
    -------
    ndarray of shape (K, D, D)

    Raises
    ------
    ValueError
        If the shape is not that of the type.

    Examples
    --------
    >>> from_compact([2.0], 1, 2, "spherical")
    array([[[2., 0.],
            [0., 2.]]])
    """
    K, D = n_components, n_features
    compact = check_array(compact, compact_shape(K, D, covariance_type), name)
    if covariance_type == "full":
        return compact.copy()
    if covariance_type == "tied":
        return np.repeat(compact[np.newaxis], K, axis=0)
    variances = compact if covariance_type == "diag" else compact[:, np.newaxis]
    return variances[:, :, np.newaxis] * np.eye(D)


def relative_reg_covar(X, reg_covar, sample_weight=None):
    """Take reg_covar as a share of each feature's variance.

    Then a fit does not depend on the units in which the features are measured.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points; NaN stands for a value that is missing.
    reg_covar : float
        The share.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    ndarray of shape (D,)
        For the `reg_covar` of an M-step. For a feature that is constant or missing
        everywhere, whose variance says nothing, the share itself.

    Raises
    ------
    TypeError, ValueError
        If X is malformed or `reg_covar` is negative.

    Examples
    --------
    >>> relative_reg_covar([[0.0, 5.0], [4.0, 5.0]], 0.01)
    array([0.04, 0.01])
    """
    X = check_data(X, allow_nan=True)
    reg_covar = check_non_negative(reg_covar, "reg_covar")
    weight = check_sample_weight(sample_weight, len(X))
    known = np.ma.masked_invalid(X)
    if weight is not None:
        weight = np.repeat(weight[:, np.newaxis] / weight.max(), X.shape[1], axis=1)
    centered = known - np.ma.average(known, axis=0, weights=weight)
    variances = np.ma.average(centered**2, axis=0, weights=weight).filled(0.0)
    # What is smaller than the last digit of the data is rounding, not variance.
    rounding = (1e-15 * np.abs(known).max(axis=0).filled(0.0)) ** 2
    return reg_covar * np.where(variances > rounding, variances, 1.0)


def precisions_cholesky(covariances, name="covariances"):
    """Factor each precision Σ_k⁻¹ as U Uᵀ, the form that scikit-learn stores.

    Parameters
    ----------
    covariances : ndarray of shape (K, D, D)
        Symmetric positive definite matrices.
    name : str
        What to call them in an error.

    Returns
    -------
    ndarray of shape (K, D, D)
        U, upper triangular: the transposed inverse of the Cholesky factor of Σ_k.

    Raises
    ------
    ValueError
        If a covariance is not positive definite.

    Examples
    --------
    >>> precisions_cholesky(np.array([[[4.0]]]))
    array([[[0.5]]])
    """
    factors = [gaussian.cholesky(matrix, name) for matrix in covariances]
    return gaussian.invert_factors(np.array(factors)).transpose(0, 2, 1)
