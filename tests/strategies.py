"""What Hypothesis draws: data sets, mixtures and responsibilities of many shapes."""

import numpy as np
from hypothesis import strategies as st

from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.validation import COVARIANCE_TYPES

seeds = st.integers(0, 2**32 - 1)
covariance_types = st.sampled_from(COVARIANCE_TYPES)


def random_covariance(rng, D):
    """Draw a matrix with eigenvalues between 0.05 and 20, turned at random."""
    rotation, _ = np.linalg.qr(rng.normal(size=(D, D)))
    covariance = rotation * 10 ** rng.uniform(-1.3, 1.3, size=D) @ rotation.T
    return (covariance + covariance.T) / 2


def random_mixture(rng, K, D, spread=5.0):
    """Draw a mixture with unequal weights and covariances."""
    return Mixture(
        rng.dirichlet(np.full(K, 3.0)),
        spread * rng.normal(size=(K, D)),
        np.array([random_covariance(rng, D) for _ in range(K)]),
    )


@st.composite
def mixtures(draw, max_components=5, max_features=4):
    """Draw a mixture of up to 5 components in up to 4 dimensions."""
    K = draw(st.integers(1, max_components), label="K")
    D = draw(st.integers(1, max_features), label="D")
    return random_mixture(np.random.default_rng(draw(seeds, label="seed")), K, D)


@st.composite
def mixtures_with_data(draw, points_per_component=25):
    """Draw a mixture and points from it, enough for every covariance to be fitted."""
    mixture = draw(mixtures())
    n_samples = points_per_component * mixture.n_components + draw(st.integers(0, 20))
    X, _ = mixture.sample(n_samples, np.random.default_rng(draw(seeds)))
    return X, mixture


def random_responsibilities(rng, N, K):
    """Draw soft memberships whose columns have clearly different sums."""
    return rng.dirichlet(np.arange(1.0, K + 1), size=N)
