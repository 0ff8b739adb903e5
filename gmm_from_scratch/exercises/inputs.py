"""Examples that tell right from wrong.

Wrong answers should differ from right ones: N, D and K are different numbers, weights
and effective counts are unequal, covariances are tilted, and components overlap.
"""

import numpy as np

from gmm_from_scratch.mixture import Mixture


def draw_covariances(rng, K, D):
    """Draw tilted covariances of different sizes.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    K, D : int
        How many, and of what size.

    Returns
    -------
    ndarray of shape (K, D, D)

    Examples
    --------
    >>> draw_covariances(np.random.default_rng(0), K=3, D=2).shape
    (3, 2, 2)
    """
    A = rng.normal(size=(K, D, D)) + np.eye(D)
    scale = rng.uniform(0.5, 2.0, size=(K, 1, 1))
    return scale * (A @ A.transpose(0, 2, 1) + 0.3 * np.eye(D))


def draw_mixture(rng, N, K, D):
    """Draw a mixture of unequal components, and points near it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    N, K, D : int
        How many points, components and features.

    Returns
    -------
    X : ndarray of shape (N, D)
        The points.
    mixture : Mixture
        The mixture; every component has a weight of at least 0.1 / K.

    Examples
    --------
    >>> X, mixture = draw_mixture(np.random.default_rng(0), N=7, K=3, D=2)
    >>> X.shape, mixture.n_components
    ((7, 2), 3)
    """
    weights = 0.1 / K + 0.9 * rng.dirichlet(np.full(K, 2.0))
    means = rng.normal(scale=1.5, size=(K, D)) + 1.0
    mixture = Mixture(weights, means, draw_covariances(rng, K, D))
    return mixture.sample(N, rng)[0], mixture


def far_from(N, K, D):
    """Make two examples in which every density underflows at some points.

    Parameters
    ----------
    N, K, D : int
        How many points, components and features.

    Returns
    -------
    dict
        Description and arguments (X, mixture): the last point far away; all points
        far away, near each other.

    Examples
    --------
    >>> for X, mixture in far_from(N=5, K=3, D=2).values():
    ...     print(np.exp(mixture.log_density(X)) == 0)
    [False False False False  True]
    [ True  True  True  True  True]
    """
    X, mixture = draw_mixture(np.random.default_rng(99), N, K, D)
    one_far, all_far = X.copy(), 100 + 0.01 * X
    one_far[-1] = 200.0
    return {
        "a point far from everything": (one_far, mixture),
        "all points far from everything": (all_far, mixture),
    }


def draw_responsibilities(rng, N, K, D):
    """Draw points and unequal responsibilities for them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    N, K, D : int
        How many points, components and features.

    Returns
    -------
    X : ndarray of shape (N, D)
        The points.
    responsibilities : ndarray of shape (N, K)
        Each row sums to 1.

    Examples
    --------
    >>> X, r = draw_responsibilities(np.random.default_rng(0), N=9, K=3, D=2)
    >>> X.shape, r.shape
    ((9, 2), (9, 3))
    """
    X, _ = draw_mixture(rng, N, K, D)
    return X, rng.dirichlet(np.linspace(0.6, 1.8, K), size=N)
