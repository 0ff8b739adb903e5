"""The covariance types, against scikit-learn and by counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture
from strategies import covariance_types, random_mixture, random_responsibilities, seeds

from gmm_from_scratch.covariance import (
    compact_shape,
    constrain,
    from_compact,
    n_parameters,
    precisions_cholesky,
    to_compact,
    weighted_covariances,
)


@given(seeds)
def test_weighted_covariances_equal_numpys(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(12, 3))
    responsibilities = random_responsibilities(rng, 12, 2)
    means = (responsibilities.T @ X) / responsibilities.sum(axis=0)[:, np.newaxis]
    covariances = weighted_covariances(X, responsibilities, means)
    for k in range(2):
        expected = np.cov(X.T, aweights=responsibilities[:, k], bias=True)
        np.testing.assert_allclose(covariances[k], expected, atol=1e-12)


@given(seeds, covariance_types)
def test_constrained_covariances_are_idempotent_and_round_trip(seed, covariance_type):
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, K=3, D=4)
    once = constrain(mixture.covariances, mixture.weights, covariance_type)
    twice = constrain(once, mixture.weights, covariance_type)
    np.testing.assert_allclose(once, twice, rtol=1e-12)
    compact = to_compact(once, covariance_type)
    assert compact.shape == compact_shape(3, 4, covariance_type)
    np.testing.assert_array_equal(from_compact(compact, 3, 4, covariance_type), once)


@given(seeds)
def test_every_type_keeps_the_total_variance(seed):
    mixture = random_mixture(np.random.default_rng(seed), K=3, D=4)
    total = mixture.weights @ np.trace(mixture.covariances, axis1=1, axis2=2)
    for covariance_type in ["tied", "diag", "spherical"]:
        constrained = constrain(mixture.covariances, mixture.weights, covariance_type)
        kept = mixture.weights @ np.trace(constrained, axis1=1, axis2=2)
        assert kept == pytest.approx(total)


@given(st.integers(1, 6), st.integers(1, 6), covariance_types)
def test_parameter_counts_equal_scikit_learns(K, D, covariance_type):
    model = GaussianMixture(K, covariance_type=covariance_type)
    model.means_ = np.zeros((K, D))
    assert n_parameters(K, D, covariance_type) == model._n_parameters()


def test_precisions_cholesky_factors_the_inverse():
    covariances = random_mixture(np.random.default_rng(1), K=3, D=4).covariances
    factors = precisions_cholesky(covariances)
    np.testing.assert_array_equal(factors, np.triu(factors))
    np.testing.assert_allclose(
        factors @ factors.transpose(0, 2, 1), np.linalg.inv(covariances)
    )


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"precisions_init must have shape \(3, 2\)"):
        from_compact(np.ones(3), 3, 2, "diag", "precisions_init")
    with pytest.raises(ValueError, match="covariance_type"):
        n_parameters(2, 2, "round")
    with pytest.raises(ValueError, match="n_features"):
        n_parameters(2, 0)
