"""The mixture: its density, its story and its many names for the same thing."""

import copy
import pickle
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal
from strategies import mixtures, mixtures_with_data, random_mixture, seeds

from gmm_from_scratch import gaussian
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


@given(seeds, st.integers(1, 4), st.integers(1, 3))
def test_matching_finds_the_best_of_all_orders(seed, K, D):
    rng = np.random.default_rng(seed)
    # Features in very different units, so that these decide.
    units = 10.0 ** rng.uniform(-3, 3, size=D)
    reference, other = (
        random_mixture(rng, K, D).rescaled(units, np.zeros(D)) for _ in range(2)
    )
    matched = other.matched_to(reference)
    spread = np.sqrt([np.diag(c) for c in reference.covariances])
    scale = 1 / np.sqrt((spread**2).mean(axis=0))
    one, two = (m.rescaled(scale, np.zeros(D)) for m in (reference, other))

    def cost(order):
        means = two.means[list(order)] - one.means
        covariances = two.covariances[list(order)] - one.covariances
        return (means**2).sum() + (covariances**2).sum()

    best = min(permutations(range(K)), key=cost)
    np.testing.assert_array_equal(matched.means, other.means[list(best)])


@given(mixtures(), st.randoms())
def test_comparing_finds_what_was_changed_and_where(mixture, random):
    K = mixture.n_components
    order = list(range(K))
    random.shuffle(order)
    same = mixture.compare(mixture.reordered(order))
    assert same.agrees
    assert [order[i] for i in same.order] == list(range(K))
    assert repr(same).count("agree to 1e-06") == 3
    here, there = (" ".join(map(str, which)) for which in (range(K), same.order))
    first = repr(same).splitlines()[0]
    if here == there:
        assert first == "weights agree to 1e-06"
    else:
        assert first == f"components {here} here are {there} there"

    # The mean of the last component by 0.01 of its standard deviations, its
    # covariance by 2 %.
    k = K - 1
    means, covariances = mixture.means.copy(), mixture.covariances.copy()
    means[k, -1] += 0.01 * np.sqrt(covariances[k, -1, -1])
    covariances[k] *= 1.02
    moved = mixture.compare(Mixture(mixture.weights, means, covariances))
    assert not moved.agrees
    np.testing.assert_array_equal(moved.order, range(K))
    np.testing.assert_array_equal(moved.weights, 0)
    np.testing.assert_allclose(moved.means, 0.01 * (np.arange(K) == k), atol=1e-9)
    np.testing.assert_allclose(
        moved.covariances, 0.02 * (np.arange(K) == k), rtol=1e-6, atol=1e-12
    )
    weights, means, covariances = repr(moved).splitlines()
    assert weights == "weights agree to 1e-06"
    assert means == (f"means differ by up to 0.01 standard deviations (component {k})")
    assert covariances == (
        f"covariances differ by up to 0.02 of the variances (component {k})"
    )


@pytest.mark.parametrize("name", ["weights", "means", "covariances"])
def test_two_mixtures_agree_up_to_the_tolerance(name):
    def mixture(weights=0.5, means=0.0, covariances=1.0):
        return Mixture([weights, 1 - weights], [[means], [9]], [[[covariances]], [[1]]])

    changed = {"weights": 0.75, "means": 0.25, "covariances": 1.25}[name]
    one, two = mixture(), mixture(**{name: changed})
    assert getattr(one.compare(two), name)[0] == 0.25
    assert one.compare(two, tolerance=0.25).agrees
    assert not one.compare(two, tolerance=0.24).agrees
    unit = {"means": " standard deviations", "covariances": " of the variances"}
    sentence = f"{name} differ by up to 0.25{unit.get(name, '')} (component 0)"
    assert sentence in repr(one.compare(two, tolerance=0.24)).splitlines()
    assert f"{name} agree to 0.25" in repr(one.compare(two, tolerance=0.25))


@pytest.mark.parametrize("k", [0, 1, 2])
def test_a_flat_component_is_named_by_its_number_too(k):
    covariances = np.tile(np.eye(2), (3, 1, 1))
    covariances[k] = np.ones((2, 2))
    with pytest.raises(gaussian.SingularCovarianceError) as caught:
        Mixture(np.full(3, 1 / 3), np.zeros((3, 2)), covariances)
    assert caught.value.component == k
    assert str(caught.value).startswith(f"the covariance of component {k} is not")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: m.sample(0), "n_samples must be at least 1"),
        (lambda m: m.rescaled([1.0, 1.0], [0.0]), r"scale must have shape \(1,\)"),
        (lambda m: m.rescaled([1.0], [0.0, 0.0]), r"shift must have shape \(1,\)"),
        (lambda m: m.compare(m, tolerance=-1), "tolerance must be a finite"),
    ],
)
def test_the_sentence_begins_with_the_wrong_request(call, words):
    mixture = Mixture([0.5, 0.5], [[0], [1]], [[[1]], [[1]]])
    with pytest.raises(ValueError, match=f"^{words}"):
        call(mixture)
    with pytest.raises(TypeError, match="^other must be a Mixture"):
        mixture.compare(None)
