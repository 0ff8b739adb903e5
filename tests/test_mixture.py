"""The mixture: its density, its story and its many names for the same thing."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal
from strategies import mixtures, mixtures_with_data, random_mixture, seeds

from gmm_from_scratch.mixture import Mixture


@given(mixtures_with_data())
def test_density_is_the_weighted_sum_of_scipys(drawn):
    X, mixture = drawn
    terms = np.transpose(
        [
            np.log(weight) + multivariate_normal(mean, covariance).logpdf(X)
            for weight, mean, covariance in zip(
                mixture.weights, mixture.means, mixture.covariances, strict=True
            )
        ]
    )
    np.testing.assert_allclose(mixture.log_joint(X), terms)
    expected = np.log(np.exp(terms).sum(axis=1))
    np.testing.assert_allclose(mixture.log_density(X), expected, atol=1e-9)
    assert mixture.log_likelihood(X) == pytest.approx(expected.sum())


def test_density_integrates_to_one():
    mixture = random_mixture(np.random.default_rng(0), K=3, D=1)
    total, _ = quad(
        lambda x: np.exp(mixture.log_density([[x]]))[0],
        -60,
        60,
        points=mixture.means[:, 0],
    )
    assert total == pytest.approx(1)


def test_far_points_do_not_underflow():
    mixture = Mixture([0.3, 0.7], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    assert mixture.log_density([[1000.0]])[0] == pytest.approx(
        np.log(0.7) - 0.5 * np.log(2 * np.pi) - 0.5 * 999**2
    )


@given(mixtures_with_data(), st.randoms())
def test_order_of_components_does_not_matter(drawn, random):
    X, mixture = drawn
    order = list(range(mixture.n_components))
    random.shuffle(order)
    shuffled = mixture.reordered(order)
    np.testing.assert_array_equal(shuffled.means, mixture.means[order])
    np.testing.assert_array_equal(shuffled.covariances, mixture.covariances[order])
    np.testing.assert_array_equal(shuffled.weights, mixture.weights[order])
    np.testing.assert_allclose(shuffled.log_density(X), mixture.log_density(X))
    np.testing.assert_array_equal(shuffled.sorted().means, mixture.sorted().means)
    np.testing.assert_array_equal(shuffled.matched_to(mixture).means, mixture.means)


def test_sorted_goes_by_the_first_feature_then_the_next():
    mixture = Mixture(
        [0.2, 0.3, 0.5], [[2, 0], [1, 9], [1, 5]], np.tile(np.eye(2), (3, 1, 1))
    )
    np.testing.assert_array_equal(mixture.sorted().weights, [0.5, 0.3, 0.2])


@given(seeds)
def test_matching_undoes_shuffling_under_noise(seed):
    rng = np.random.default_rng(seed)
    means = 20 * np.arange(4)[:, np.newaxis] + rng.normal(size=(4, 3))
    reference = Mixture(np.full(4, 0.25), means, np.tile(np.eye(3), (4, 1, 1)))
    noisy = Mixture(
        rng.dirichlet(np.ones(4)),
        means + rng.normal(size=(4, 3)),
        reference.covariances,
    )
    back = noisy.reordered(rng.permutation(4)).matched_to(reference)
    np.testing.assert_array_equal(back.weights, noisy.weights)


@given(mixtures_with_data(), seeds)
def test_rescaled_follows_the_data(drawn, seed):
    X, mixture = drawn
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.1, 10, size=X.shape[1]) * rng.choice([-1, 1], size=X.shape[1])
    shift = rng.normal(size=X.shape[1])
    moved = mixture.rescaled(scale, shift).log_density(X * scale + shift)
    expected = mixture.log_density(X) - np.log(np.abs(scale)).sum()
    np.testing.assert_allclose(moved, expected, rtol=1e-7, atol=1e-7)


def test_sample_tells_the_generative_story():
    mixture = Mixture([0.1, 0.9], [[0.0, 0.0], [9.0, 9.0]], [np.eye(2), 4 * np.eye(2)])
    X, components = mixture.sample(50_000, rng=5)
    share = (components == 0).mean()
    assert abs(share - 0.1) < 4 * np.sqrt(0.1 * 0.9 / len(X))
    for k in range(2):
        own = X[components == k]
        np.testing.assert_allclose(own.mean(axis=0), mixture.means[k], atol=0.1)
        np.testing.assert_allclose(np.cov(own.T), mixture.covariances[k], atol=0.15)
    # In random order: components alternate instead of coming in blocks.
    assert 0.1 < (np.diff(components) != 0).mean() < 0.25
    np.testing.assert_array_equal(X, mixture.sample(50_000, rng=5)[0])


def test_a_component_of_weight_zero_is_allowed():
    alone = Mixture([1.0], [[0.0]], [[[1.0]]])
    padded = Mixture([1.0, 0.0], [[0.0], [5.0]], [[[1.0]], [[1.0]]])
    X = [[0.3], [5.0]]
    np.testing.assert_allclose(padded.log_density(X), alone.log_density(X))


def test_matching_counts_in_units_of_each_features_spread():
    wide_and_narrow = np.diag([1e6, 1e-2])
    reference = Mixture([0.5, 0.5], [[0, 0], [0, 1]], [wide_and_narrow] * 2)
    other = Mixture([0.4, 0.6], [[-100, 1], [100, 0]], [wide_and_narrow] * 2)
    np.testing.assert_array_equal(other.matched_to(reference).weights, [0.6, 0.4])


def test_weights_that_sum_to_one_but_for_rounding_can_be_drawn_from():
    mixture = Mixture([1 - 9e-7, 0.0], [[0], [9]], [[[1]], [[1]]])
    assert mixture.sample(10, rng=0)[0].shape == (10, 1)


@given(mixtures())
def test_parameters_cannot_change(mixture):
    mixture = copy.deepcopy(pickle.loads(pickle.dumps(mixture)))
    for array in (mixture.weights, mixture.means, mixture.covariances):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        mixture.weights = None


def test_the_callers_arrays_stay_the_callers():
    weights, means, covariances = np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1))
    mixture = Mixture(weights, means, covariances)
    means[0] = 99
    assert mixture.means[0, 0] == 0


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "words"),
    [
        ([0.5, 0.6], [[0], [1]], [[[1]], [[1]]], "sum to 1.1"),
        ([1.5, -0.5], [[0], [1]], [[[1]], [[1]]], "probabilities"),
        ([1.0], [[0], [1]], [[[1]], [[1]]], r"weights must have shape \(2,\)"),
        ([0.5, 0.5], [0, 1], [[[1]], [[1]]], r"means must have shape \(K, D\)"),
        ([0.5, 0.501], [[0], [1]], [[[1]], [[1]]], "sum to 1.001"),
        (
            [0.5, 0.5],
            [[0], [1]],
            [[1], [1]],
            r"covariances must have shape \(2, 1, 1\)",
        ),
        ([0.5, 0.5], [[0], [1]], [[[1]], [[-1]]], "component 1 is not positive"),
    ],
)
def test_impossible_mixtures_are_refused(weights, means, covariances, words):
    with pytest.raises(ValueError, match=words):
        Mixture(weights, means, covariances)


def test_impossible_requests_are_refused():
    mixture = Mixture([0.5, 0.5], [[0], [1]], [[[1]], [[1]]])
    with pytest.raises(ValueError, match="each of 0 … 1 once"):
        mixture.reordered([0, 0])
    with pytest.raises(ValueError, match="same shape"):
        mixture.matched_to(Mixture([1.0], [[0]], [[[1]]]))
    with pytest.raises(ValueError, match="at least 1"):
        mixture.sample(0)
    with pytest.raises(ValueError, match="X has 2 features"):
        mixture.log_density([[1, 2]])
    with pytest.raises(ValueError, match="scale must not be 0"):
        mixture.rescaled([0.0], [1.0])
    with pytest.raises(ValueError, match="each of 0 … 1 once"):
        mixture.reordered([0.0, 1.0])
    with pytest.raises(TypeError, match="reference must be a Mixture.* tuple"):
        mixture.matched_to(([1.0], [[0]], [[[1]]]))
    with pytest.raises(TypeError, match="rng must be"):
        mixture.sample(1, rng="a")
