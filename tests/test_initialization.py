"""Starts: what each promises, and k-means against scikit-learn's."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from strategies import covariance_types, seeds

from gmm_from_scratch import initialization
from gmm_from_scratch.em import fit, m_step
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


# --- Weights of the points -----------------------------------------------------------


def weighted_points(seed, N=20, smallest=0):
    """Draw points and how often each counts, some other number for each.

    Of two lonely neighbors of equal weight, either is as good a center for the other;
    then rounding would decide.
    """
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, 2)), smallest + rng.permutation(N)


@given(seeds, st.integers(1, 5))
def test_kmeans_plus_plus_draws_from_repeated_rows(seed, K):
    X, weight = weighted_points(seed)
    repeated = np.repeat(X, weight, axis=0)
    chosen = kmeans_plus_plus(X, K, seed, sample_weight=weight)
    assert len(set(chosen.tolist())) == K
    assert (weight[chosen] > 0).all()
    np.testing.assert_array_equal(
        X[chosen], repeated[kmeans_plus_plus(repeated, K, seed)]
    )


@pytest.mark.parametrize("scale", [1, 0.1])
def test_the_first_center_is_drawn_in_proportion_to_the_weights(scale):
    """Whether the weights are whole numbers or not."""
    weight = np.array([1, 0, 3, 6]) * scale
    rng = np.random.default_rng(0)
    X = np.zeros((4, 1))
    drawn = [
        int(kmeans_plus_plus(X, 1, rng, sample_weight=weight)[0]) for _ in range(4000)
    ]
    # Four standard deviations.
    shares = np.bincount(drawn, minlength=4) / 4000
    np.testing.assert_allclose(shares, [0.1, 0, 0.3, 0.6], atol=0.03)


def test_the_second_center_is_drawn_in_proportion_to_the_weights():
    # Both ends are equally far from the middle, which is always first.
    X = np.array([[-1.0], [0.0], [1.0]])
    weight = [1, 1e9, 9]
    drawn = [
        kmeans_plus_plus(X, 2, seed, sample_weight=weight).tolist()
        for seed in range(200)
    ]
    assert all(pair[0] == 1 for pair in drawn)
    # Of two candidates the one that leaves less is kept: 1 in 100 is the other.
    assert sum(pair[1] == 2 for pair in drawn) >= 190


@given(seeds, st.integers(1, 4))
def test_kmeans_averages_repeated_rows(seed, K):
    X, weight = weighted_points(seed, smallest=1)
    repeated = np.repeat(X, weight, axis=0)
    labels, centers = kmeans(X, K, seed, sample_weight=weight)
    expected_labels, expected_centers = kmeans(repeated, K, seed)
    np.testing.assert_array_equal(np.repeat(labels, weight), expected_labels)
    np.testing.assert_allclose(centers, expected_centers, atol=1e-12)


@given(seeds, st.integers(1, 4))
def test_rows_of_weight_zero_do_not_move_a_center(seed, K):
    X, weight = weighted_points(seed)
    weight = np.maximum(weight - 5, 0)
    labels, centers = kmeans(X, K, seed, sample_weight=weight)
    some = weight > 0
    expected = kmeans(X[some], K, seed, sample_weight=weight[some])
    np.testing.assert_array_equal(labels[some], expected[0])
    np.testing.assert_allclose(centers, expected[1], atol=1e-12)
    # They still learn where they belong.
    distances = ((X[:, np.newaxis] - centers) ** 2).sum(axis=2)
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))


@given(seeds)
@settings(max_examples=50)
def test_weighted_kmeans_equals_scikit_learn_from_the_same_centers(seed):
    rng = np.random.default_rng(seed)
    X, weight = rng.normal(size=(40, 2)), rng.uniform(0.1, 5, size=40)
    start = X[kmeans_plus_plus(X, 3, seed, sample_weight=weight)]
    oracle = KMeans(3, init=start, n_init=1, tol=0).fit(X, sample_weight=weight)
    _, centers = kmeans(X, 3, seed, sample_weight=weight)
    np.testing.assert_allclose(centers, oracle.cluster_centers_, atol=1e-9)


@given(seeds, st.sampled_from(["kmeans", "k-means++"]), covariance_types)
def test_a_weighted_start_is_that_of_repeated_rows(seed, method, covariance_type):
    X, weight = weighted_points(seed, N=60)
    options = {"covariance_type": covariance_type, "reg_covar": 0.01}
    weighted = initial_mixture(X, 3, method, seed, sample_weight=weight, **options)
    repeated = np.repeat(X, weight, axis=0)
    plain = initial_mixture(repeated, 3, method, seed, **options)
    for name in ("weights", "means", "covariances"):
        mine, yours = getattr(weighted, name), getattr(plain, name)
        np.testing.assert_allclose(mine, yours, rtol=1e-9, atol=1e-12)


@given(seeds, st.sampled_from(METHODS))
def test_a_weighted_start_does_not_see_rows_of_weight_zero(seed, method):
    X, weight = weighted_points(seed, N=60)
    weight = np.maximum(weight - 15, 0)
    some = weight > 0
    one = initial_mixture(X, 3, method, seed, sample_weight=weight)
    # Whatever stands there.
    moved = np.where(some[:, np.newaxis], X, 1e100)
    two = initial_mixture(moved, 3, method, seed, sample_weight=weight)
    three = initial_mixture(X[some], 3, method, seed, sample_weight=weight[some])
    np.testing.assert_array_equal(one.means, two.means)
    np.testing.assert_array_equal(one.covariances, two.covariances)
    np.testing.assert_array_equal(one.means, three.means)


@given(seeds, st.sampled_from(METHODS))
def test_a_weighted_start_is_an_m_step_with_these_weights(seed, method):
    X, weight = weighted_points(seed, smallest=1)
    weight = weight / 7
    responsibilities = initial_responsibilities(
        X, 3, method, seed, sample_weight=weight
    )
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1)
    start = initial_mixture(X, 3, method, seed, sample_weight=weight)
    expected = m_step(X, responsibilities, sample_weight=weight)
    np.testing.assert_array_equal(start.means, expected.means)
    np.testing.assert_array_equal(start.weights, expected.weights)


@pytest.mark.parametrize("method", METHODS)
def test_weighted_duplicate_rows_leave_no_component_empty(method):
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 4, axis=0)
    weight = [1, 2, 3, 4, 0.5, 0.25, 8, 1]
    responsibilities = initial_responsibilities(X, 5, method, 0, sample_weight=weight)
    assert (responsibilities.sum(axis=0) > 0).all()


@pytest.mark.parametrize("choose", [kmeans_plus_plus, kmeans, initial_responsibilities])
def test_copies_are_chosen_rather_than_rows_of_weight_zero(choose):
    for seed in range(5):
        choose([[0.0], [0.0], [5.0]], 2, rng=seed, sample_weight=[1, 1, 0])


@pytest.mark.parametrize("choose", [kmeans_plus_plus, kmeans, initial_responsibilities])
def test_rows_of_weight_zero_cannot_be_chosen(choose):
    with pytest.raises(ValueError, match="fewer than n_components=2"):
        choose([[0.0], [1.0], [5.0]], 2, rng=0, sample_weight=[1, 0, 0])


@pytest.mark.parametrize(
    "start",
    [kmeans_plus_plus, kmeans, initial_responsibilities, initial_mixture],
)
def test_bad_weights_are_refused_by_every_start(start):
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        start(blobs(), 2, sample_weight=-np.ones(100))
    with pytest.raises(ValueError, match=r"sample_weight must have shape \(100,\)"):
        start(blobs(), 2, sample_weight=np.ones(99))
    with pytest.raises(ValueError, match="sample_weight is zero for every point"):
        start(blobs(), 2, sample_weight=np.zeros(100))


def test_a_start_needs_enough_rows_that_count():
    weight = np.zeros(100)
    weight[[0, 50]] = 1
    with pytest.raises(ValueError, match="2 rows, fewer than n_components=3"):
        initial_mixture(blobs(), 3, sample_weight=weight)


# --- Many rows -----------------------------------------------------------------------


def many_blobs(seed=0, per_blob=20_000):
    X = blobs(seed, n_blobs=4, per_blob=per_blob)
    assert len(X) > initialization.LARGEST_SAMPLE
    return X


def peak_memory(function):
    """Count the bytes that a call has allocated at most."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_settles_the_start_from_a_sample(method):
    X = many_blobs()
    one, two, other = (initial_mixture(X, 3, method, seed) for seed in [1, 1, 2])
    np.testing.assert_array_equal(one.means, two.means)
    np.testing.assert_array_equal(one.covariances, two.covariances)
    assert not np.array_equal(one.means, other.means)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("method", ["kmeans", "k-means++"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_sample_is_enough_for_a_start(monkeypatch, covariance_type, method, weighted):
    X = many_blobs(per_blob=10_000)
    weight = None
    if weighted:
        # The blobs count 1, 2, 3 and 4 times.
        weight = np.repeat([0.5, 1.0, 1.5, 2.0], 10_000)
    options = {"covariance_type": covariance_type, "sample_weight": weight}
    some = initial_mixture(X, 4, method, 0, **options).sorted()
    monkeypatch.setattr(initialization, "LARGEST_SAMPLE", len(X))
    every = initial_mixture(X, 4, method, 0, **options).sorted()
    assert not np.array_equal(some.means, every.means)
    # 5 000 points in each: means err by 0.014, variances by 0.02, weights by 0.003.
    np.testing.assert_allclose(some.weights, every.weights, atol=0.02)
    np.testing.assert_allclose(some.means, every.means, atol=0.1)
    np.testing.assert_allclose(some.covariances, every.covariances, atol=0.15)
    if weighted:
        np.testing.assert_allclose(
            np.sort(some.weights), [0.1, 0.2, 0.3, 0.4], atol=0.02
        )


@pytest.mark.parametrize("method", METHODS)
def test_rows_of_weight_zero_never_enter_a_sample(method):
    X = many_blobs()
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 3, size=len(X)) * 1.0
    some = weight > 0
    assert some.sum() > initialization.LARGEST_SAMPLE
    one = initial_mixture(X, 4, method, 5, sample_weight=weight)
    moved = np.where(some[:, np.newaxis], X, 1e100)
    two = initial_mixture(moved, 4, method, 5, sample_weight=weight)
    three = initial_mixture(X[some], 4, method, 5, sample_weight=weight[some])
    for other in (two, three):
        np.testing.assert_array_equal(one.means, other.means)
        np.testing.assert_array_equal(one.covariances, other.covariances)


def test_a_few_rows_that_count_among_many_are_all_taken():
    X = many_blobs()
    weight = np.zeros(len(X))
    weight[::2000] = 1
    start = initial_mixture(X, 4, "kmeans", 0, sample_weight=weight)
    expected = initial_mixture(X[::2000], 4, "kmeans", 0)
    np.testing.assert_array_equal(start.means, expected.means)
    with pytest.raises(ValueError, match="40 rows, fewer than n_components=41"):
        initial_mixture(X, 41, "kmeans", 0, sample_weight=weight)


@pytest.mark.parametrize("method", METHODS)
def test_a_sample_has_rows_for_every_component(monkeypatch, method):
    """However small the sample, a hundred for each."""
    monkeypatch.setattr(initialization, "LARGEST_SAMPLE", 10)
    start = initial_mixture(blobs(per_blob=500), 12, method, 0)
    # No cluster of fewer than 1 in 1200 points, and none without spread.
    assert (start.weights >= 1 / 1200 - 1e-12).all()
    assert (np.linalg.eigvalsh(start.covariances) > 1e-7).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", METHODS)
def test_the_memory_of_a_start_does_not_grow_with_the_rows(method, dtype):
    X = blobs(per_blob=200_000).astype(dtype)
    small = X[:: len(X) // 40_000].copy()

    def peak(points):
        return peak_memory(lambda: initial_mixture(points, 4, method, 0))

    # The draw of the rows needs one whole number per row.
    assert peak(X) < peak(small) + 8 * len(X) + 1e6
    assert peak(X) < 0.75 * 8 * X.size + 5e6


def test_fit_best_climbs_from_a_sample_to_where_all_rows_lead(monkeypatch):
    X = many_blobs(per_blob=6_000)
    some = fit_best(X, 4, n_init=2, rng=0, tol=1e-8).mixture.sorted()
    monkeypatch.setattr(initialization, "LARGEST_SAMPLE", len(X))
    every = fit_best(X, 4, n_init=2, rng=0, tol=1e-8).mixture.sorted()
    np.testing.assert_allclose(some.means, every.means, atol=1e-3)
    np.testing.assert_allclose(some.weights, every.weights, atol=1e-3)
