"""Points from a random mixture, block by block, the same for the same seed.

The K covariances have random axes and variances between 0.3 and 2 along them. Two
centers lie about 4 apart whatever D is, so that neighbors overlap moderately. Weights
differ by a factor of up to 3.
"""

import numpy as np

BLOCK_ROWS = 100_000


def blocks(N, D, K, seed=0):
    """Yield N rows of D numbers in blocks of at most BLOCK_ROWS."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.5, 1.5, size=K)
    weights /= weights.sum()
    means = rng.normal(scale=4 / np.sqrt(2 * D), size=(K, D))
    factors = [_random_factor(D, rng) for _ in range(K)]
    for start in range(0, N, BLOCK_ROWS):
        n = min(BLOCK_ROWS, N - start)
        labels = rng.choice(K, size=n, p=weights)
        X = rng.normal(size=(n, D))
        for k in range(K):
            mine = labels == k
            X[mine] = means[k] + X[mine] @ factors[k].T
        yield X


def points(N, D, K, seed=0, dtype=np.float64):
    """Return the same rows in one array."""
    X = np.empty((N, D), dtype)
    start = 0
    for block in blocks(N, D, K, seed):
        X[start : start + len(block)] = block
        start += len(block)
    return X


def _random_factor(D, rng):
    """Return a matrix C whose covariance C Cᵀ has variances between 0.3 and 2."""
    axes, _ = np.linalg.qr(rng.normal(size=(D, D)))
    return axes * np.sqrt(rng.uniform(0.3, 2.0, size=D))
