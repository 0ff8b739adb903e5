"""Starts: what each promises, and k-means against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from strategies import covariance_types, seeds

from gmm_from_scratch.em import fit
from gmm_from_scratch.initialization import (
    METHODS,
    fit_best,
    initial_mixture,
    initial_responsibilities,
    kmeans,
    kmeans_plus_plus,
)


def blobs(seed=0, n_blobs=4, per_blob=25):
    rng = np.random.default_rng(seed)
    centers = 30 * rng.permutation(n_blobs)[:, np.newaxis] * [1, -1]
    return np.repeat(centers, per_blob, axis=0) + rng.normal(
        size=(n_blobs * per_blob, 2)
    )


@given(seeds, st.integers(1, 8), st.integers(1, 3))
def test_kmeans_plus_plus_chooses_different_rows(seed, K, D):
    X = np.random.default_rng(seed).normal(size=(8, D))
    chosen = kmeans_plus_plus(X, K, seed)
    assert len(set(chosen.tolist())) == K


@given(seeds)
def test_kmeans_plus_plus_finds_separated_blobs(seed):
    chosen = kmeans_plus_plus(blobs(), 4, seed)
    assert sorted(chosen // 25) == [0, 1, 2, 3]


def test_kmeans_plus_plus_prefers_far_points():
    X = np.array([[0.0], [0.0], [0.1], [9.0]])
    pairs = [set(kmeans_plus_plus(X, 2, seed).tolist()) for seed in range(50)]
    assert sum(3 in pair for pair in pairs) >= 48


@given(seeds, st.integers(1, 6))
def test_kmeans_ends_at_a_fixed_point(seed, K):
    X = np.random.default_rng(seed).normal(size=(30, 2))
    labels, centers = kmeans(X, K, seed)
    assert set(labels.tolist()) == set(range(K))
    for k in range(K):
        np.testing.assert_allclose(centers[k], X[labels == k].mean(axis=0))
    distances = ((X[:, np.newaxis] - centers) ** 2).sum(axis=2)
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))


@given(seeds)
def test_kmeans_equals_scikit_learn_from_the_same_centers(seed):
    X = np.random.default_rng(seed).normal(size=(40, 2))
    start = X[kmeans_plus_plus(X, 3, seed)]
    oracle = KMeans(3, init=start, n_init=1, tol=0).fit(X)
    _, centers = kmeans(X, 3, seed)
    np.testing.assert_allclose(centers, oracle.cluster_centers_, atol=1e-9)


@given(seeds, st.sampled_from(METHODS), covariance_types)
def test_every_start_is_a_mixture_that_fit_accepts(seed, method, covariance_type):
    X = np.random.default_rng(seed).normal(size=(30, 2))
    responsibilities = initial_responsibilities(X, 3, method, seed)
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1)
    assert (responsibilities.sum(axis=0) > 0).all()
    start = initial_mixture(X, 3, method, seed, covariance_type=covariance_type)
    result = fit(X, start, covariance_type=covariance_type)
    assert np.isfinite(result.log_likelihoods).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_settles_the_start(method):
    X = blobs()
    one, two, other = (initial_mixture(X, 3, method, seed).means for seed in [1, 1, 2])
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("method", METHODS)
def test_duplicate_rows_leave_no_component_empty(method):
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 4, axis=0)
    responsibilities = initial_responsibilities(X, 5, method, 0)
    assert (responsibilities.sum(axis=0) > 0).all()


def test_as_many_components_as_points():
    responsibilities = initial_responsibilities([[0.0], [1.0], [2.0]], 3, "kmeans", 0)
    np.testing.assert_array_equal(np.sort(responsibilities, axis=0)[-1], [1, 1, 1])
    np.testing.assert_array_equal(responsibilities.sum(axis=0), [1, 1, 1])


def test_more_starts_never_end_lower():
    X = np.random.default_rng(3).normal(size=(80, 2))
    ends = [
        fit_best(X, 4, n_init=n, method="random_from_data", rng=0).log_likelihoods[-1]
        for n in [1, 5, 15]
    ]
    assert ends[0] < ends[1] <= ends[2]


def test_options_reach_the_runs():
    X = blobs()
    assert fit_best(X, 4, n_init=1, max_iter=1, tol=0, rng=0).n_iter == 1
    assert fit_best(X, 4, n_init=1, max_iter=1000, tol=1e9, rng=0).n_iter == 2
    wide = fit_best(X, 4, n_init=1, reg_covar=1e4, rng=0).mixture
    assert (np.diagonal(wide.covariances, axis1=1, axis2=2) >= 1e4).all()
    soft, hard = (
        fit_best(X, 4, n_init=1, method=method, max_iter=1, tol=0, rng=0)
        for method in ["random", "kmeans"]
    )
    assert soft.log_likelihood < hard.log_likelihood


def test_start_is_regularized():
    start = initial_mixture(blobs(), 4, reg_covar=1e4, rng=0)
    assert (np.diagonal(start.covariances, axis1=1, axis2=2) >= 1e4).all()


def test_impossible_requests_are_refused():
    with pytest.raises(ValueError, match="must be one of 'kmeans'.*'luck'"):
        initial_responsibilities(blobs(), 2, "luck")
    with pytest.raises(ValueError, match="3 rows, fewer than n_components=5"):
        initial_mixture([[0.0], [1.0], [2.0]], 5)
    with pytest.raises(ValueError, match="n_components must be at least 1"):
        kmeans(blobs(), 0)
    with pytest.raises(ValueError, match="n_init must be at least 1"):
        fit_best(blobs(), 2, n_init=0)
    with pytest.raises(ValueError, match="max_iter must be at least 1"):
        kmeans(blobs(), 2, max_iter=0)
    with pytest.raises(TypeError, match="rng must be"):
        fit_best(blobs(), 2, rng=1.5)
