"""EM, half-step by half-step: oracles, gradients, and a likelihood that never falls."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import softmax
from sklearn.mixture import GaussianMixture
from strategies import (
    covariance_types,
    mixtures_with_data,
    random_mixture,
    random_responsibilities,
    seeds,
)

from gmm_from_scratch.covariance import constrain, precisions_cholesky
from gmm_from_scratch.em import (
    EmptyComponentError,
    Fit,
    check_no_empty_component,
    e_step,
    em,
    fit,
    lower_bound,
    m_step,
)
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.validation import COVARIANCE_TYPES


def problem(seed=0, N=60, K=3, D=2):
    """Make a data set and a mixture that does not fit it yet."""
    rng = np.random.default_rng(seed)
    X, _ = random_mixture(rng, K, D).sample(N, rng)
    return X, random_mixture(rng, K, D)


def scikit_learn_model(mixture):
    model = GaussianMixture(mixture.n_components)
    model.weights_, model.means_ = mixture.weights, mixture.means
    model.precisions_cholesky_ = precisions_cholesky(mixture.covariances)
    return model


# --- E-step --------------------------------------------------------------------------


@given(mixtures_with_data())
def test_responsibilities_are_probabilities(drawn):
    X, mixture = drawn
    responsibilities = e_step(X, mixture)
    assert responsibilities.shape == (len(X), mixture.n_components)
    assert (responsibilities >= 0).all()
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1)


@given(mixtures_with_data())
def test_responsibilities_equal_scikit_learns(drawn):
    X, mixture = drawn
    expected = scikit_learn_model(mixture).predict_proba(X)
    np.testing.assert_allclose(e_step(X, mixture), expected, rtol=1e-6, atol=1e-12)


def test_responsibilities_of_one_point_by_hand():
    mixture = Mixture([0.75, 0.25], [[0.0], [2.0]], [[[1.0]], [[1.0]]])
    # Half-way between two equal Gaussians only the weights speak.
    np.testing.assert_allclose(e_step([[1.0]], mixture), [[0.75, 0.25]])


def test_far_points_have_responsibilities_too():
    mixture = Mixture([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]])
    np.testing.assert_allclose(e_step([[1e5]], mixture), [[0, 1]], atol=1e-300)


# --- M-step --------------------------------------------------------------------------


def test_m_step_by_hand():
    X = [[0.0], [4.0], [10.0]]
    mixture = m_step(X, [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]], reg_covar=0)
    np.testing.assert_allclose(mixture.weights, [0.5, 0.5])
    np.testing.assert_allclose(mixture.means, [[4 / 3], [8.0]])
    np.testing.assert_allclose(
        mixture.covariances.ravel(),
        [(1 * (4 / 3) ** 2 + 0.5 * (8 / 3) ** 2) / 1.5, (0.5 * 4**2 + 2**2) / 1.5],
    )


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_gradient_of_the_bound_vanishes_after_an_m_step(covariance_type):
    """Along every parameter that the type leaves free, by finite differences."""
    rng = np.random.default_rng(4)
    X, _ = problem(N=40)
    responsibilities = random_responsibilities(rng, 40, 3)
    best = m_step(X, responsibilities, covariance_type=covariance_type, reg_covar=0)

    def bound_at(step):
        logits, shifts, factors = step[:3], step[3:9].reshape(3, 2), step[9:]
        stretch = np.eye(2) + factors.reshape(3, 2, 2)
        moved = stretch @ best.covariances @ stretch.transpose(0, 2, 1)
        mixture = Mixture(
            softmax(np.log(best.weights) + logits),
            best.means + shifts,
            constrain(moved, best.weights, covariance_type),
        )
        return lower_bound(X, responsibilities, mixture)

    here = np.zeros(3 + 6 + 12)
    assert np.abs(approx_fprime(here, bound_at, 1e-6)).max() < 1e-3
    for direction in np.eye(len(here)) * 0.05:
        assert bound_at(direction) <= bound_at(here) + 1e-9
        assert bound_at(-direction) <= bound_at(here) + 1e-9


@given(seeds, covariance_types)
def test_m_step_is_the_weighted_mean_and_spread(seed, covariance_type):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 3))
    responsibilities = random_responsibilities(rng, 30, 4)
    mixture = m_step(
        X, responsibilities, covariance_type=covariance_type, reg_covar=0.1
    )
    assert mixture.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(mixture.weights, responsibilities.mean(axis=0))
    for k in range(4):
        expected = np.average(X, axis=0, weights=responsibilities[:, k])
        np.testing.assert_allclose(mixture.means[k], expected, atol=1e-12)
        variance = np.average(
            (X - expected) ** 2, axis=0, weights=responsibilities[:, k]
        )
        variances = np.diag(mixture.covariances[k])
        if covariance_type in ("full", "diag"):
            np.testing.assert_allclose(variances, variance + 0.1)
        elif covariance_type == "spherical":
            np.testing.assert_allclose(variances, variance.mean() + 0.1)
        else:
            np.testing.assert_array_equal(
                mixture.covariances[k], mixture.covariances[0]
            )


def test_hard_responsibilities_give_each_group_its_own_moments():
    X, _ = problem()
    labels = np.arange(60) % 3
    mixture = m_step(X, np.eye(3)[labels], reg_covar=0)
    for k in range(3):
        np.testing.assert_allclose(mixture.means[k], X[labels == k].mean(axis=0))
        np.testing.assert_allclose(
            mixture.covariances[k], np.cov(X[labels == k].T, bias=True)
        )


@given(seeds, covariance_types)
def test_m_step_counts_a_row_as_often_as_its_weight_says(seed, covariance_type):
    rng = np.random.default_rng(seed)
    X, responsibilities = rng.normal(size=(40, 2)), random_responsibilities(rng, 40, 3)
    weight = rng.integers(0, 4, size=40)
    options = {"covariance_type": covariance_type, "reg_covar": 0.1}
    weighted = m_step(X, responsibilities, sample_weight=weight, **options)
    repeated = m_step(
        np.repeat(X, weight, axis=0),
        np.repeat(responsibilities, weight, axis=0),
        **options,
    )
    some = weight > 0
    without = m_step(
        X[some], responsibilities[some], sample_weight=weight[some], **options
    )
    for expected in (repeated, without):
        for name in ("weights", "means", "covariances"):
            mine, yours = getattr(weighted, name), getattr(expected, name)
            np.testing.assert_allclose(mine, yours, rtol=1e-9, atol=1e-12)


@given(seeds, covariance_types, st.floats(-100, 100))
def test_m_step_sees_only_the_ratios_of_weights(seed, covariance_type, exponent):
    rng = np.random.default_rng(seed)
    X, responsibilities = rng.normal(size=(40, 2)), random_responsibilities(rng, 40, 3)
    weight = rng.uniform(0.1, 5, size=40)
    options = {"covariance_type": covariance_type}
    one, two = (
        m_step(X, responsibilities, sample_weight=w, **options)
        for w in [weight, weight * 10.0**exponent]
    )
    for name in ("weights", "means", "covariances"):
        mine, yours = getattr(one, name), getattr(two, name)
        np.testing.assert_allclose(mine, yours, rtol=1e-9, atol=1e-12)
    plain = m_step(X, responsibilities, **options)
    for constant in (1, np.full(40, 3.5)):
        same = m_step(X, responsibilities, sample_weight=constant, **options)
        np.testing.assert_allclose(same.weights, plain.weights)
        np.testing.assert_allclose(same.means, plain.means, atol=1e-12)
        np.testing.assert_allclose(same.covariances, plain.covariances, atol=1e-12)


@given(seeds)
def test_m_step_averages_with_responsibilities_times_weights(seed):
    rng = np.random.default_rng(seed)
    X, responsibilities = rng.normal(size=(40, 2)), random_responsibilities(rng, 40, 3)
    weight = rng.uniform(0.1, 5, size=40)
    mixture = m_step(X, responsibilities, sample_weight=weight, reg_covar=0)
    shares = np.average(responsibilities, axis=0, weights=weight)
    np.testing.assert_allclose(mixture.weights, shares)
    for k in range(3):
        both = responsibilities[:, k] * weight
        expected = np.average(X, axis=0, weights=both)
        np.testing.assert_allclose(mixture.means[k], expected, atol=1e-12)
        spread = np.cov(X.T, bias=True, aweights=both)
        np.testing.assert_allclose(mixture.covariances[k], spread, atol=1e-12)


# --- The bound -----------------------------------------------------------------------


@given(mixtures_with_data(), seeds)
def test_bound_plus_divergence_is_the_log_likelihood(drawn, seed):
    X, mixture = drawn
    posterior = e_step(X, mixture)
    rng = np.random.default_rng(seed)
    other = 0.5 * posterior + 0.5 * random_responsibilities(rng, *posterior.shape)
    with np.errstate(divide="ignore"):
        log_ratio = np.log(other) - (
            mixture.log_joint(X) - mixture.log_density(X)[:, np.newaxis]
        )
    divergence = (other * log_ratio).sum()
    total = lower_bound(X, other, mixture) + divergence
    assert divergence >= -1e-9
    assert total == pytest.approx(mixture.log_likelihood(X), rel=1e-9, abs=1e-6)
    touching = lower_bound(X, posterior, mixture)
    assert touching == pytest.approx(mixture.log_likelihood(X), rel=1e-9, abs=1e-6)


def test_a_component_without_weight_adds_nothing_to_the_bound():
    X = [[0.0], [1.0]]
    alone = Mixture([1.0], [[0.0]], [[[1.0]]])
    padded = Mixture([1.0, 0.0], [[0.0], [5.0]], [[[1.0]], [[1.0]]])
    assert lower_bound(X, [[1, 0], [1, 0]], padded) == pytest.approx(
        lower_bound(X, [[1], [1]], alone)
    )


# --- The loop ------------------------------------------------------------------------


@given(mixtures_with_data(), seeds, covariance_types)
@settings(max_examples=200)
def test_neither_bound_nor_likelihood_ever_falls(drawn, seed, covariance_type):
    X, mixture = drawn
    rng = np.random.default_rng(seed)
    shared = {"covariance_type": covariance_type, "reg_covar": 0}
    start = m_step(
        X, random_responsibilities(rng, len(X), mixture.n_components), **shared
    )
    try:
        steps = list(islice(em(X, start, **shared), 40))
    except ValueError as error:
        # Without reg_covar a component may shrink onto a point; that is another test.
        assume("not positive definite" not in str(error))
        raise
    bounds = np.array([step.lower_bound for step in steps])
    log_likelihoods = np.array([step.log_likelihood for step in steps])
    rounding = 1e-10 * np.abs(log_likelihoods).max()
    assert (np.diff(bounds) >= -rounding).all()
    assert (np.diff(log_likelihoods) >= -rounding).all()
    assert (bounds <= log_likelihoods + rounding).all()
    np.testing.assert_allclose(bounds[::2], log_likelihoods[::2], atol=rounding)


def test_half_steps_alternate_and_carry_the_state():
    X, start = problem()
    steps = list(islice(em(X, start), 6))
    assert [step.half for step in steps] == ["E", "M"] * 3
    assert [step.iteration for step in steps] == [1, 1, 2, 2, 3, 3]
    assert steps[0].mixture is start
    for e, m in zip(steps[::2], steps[1::2], strict=True):
        np.testing.assert_array_equal(e.responsibilities, e_step(X, e.mixture))
        np.testing.assert_array_equal(m.responsibilities, e.responsibilities)
        again = m_step(X, e.responsibilities)
        np.testing.assert_array_equal(m.mixture.means, again.means)
        assert m.log_likelihood == pytest.approx(again.log_likelihood(X))
        assert m.lower_bound == pytest.approx(lower_bound(X, e.responsibilities, again))


@given(mixtures_with_data(), seeds, covariance_types)
@example(
    (np.array([[0.0], [1.0], [5.0]]), Mixture([1.0], [[0.0]], [[[1.0]]])), 0, "diag"
)
def test_em_follows_shifted_and_scaled_data(drawn, seed, covariance_type):
    X, start = drawn
    rng = np.random.default_rng(seed)
    shift = rng.normal(size=X.shape[1])
    # One factor for all features: 'spherical' knows no other.
    scale = np.full(X.shape[1], rng.uniform(0.1, 10))
    shared = {"covariance_type": covariance_type, "reg_covar": 0}
    try:
        *_, here = islice(em(X, start, **shared), 6)
        *_, moved = islice(
            em(X * scale + shift, start.rescaled(scale, shift), **shared), 6
        )
    except ValueError as error:
        assume("not positive definite" not in str(error))
        raise
    # A component on its way to collapse magnifies every rounding error.
    assume(np.linalg.eigvalsh(here.mixture.covariances).min() > 1e-6)
    expected = here.mixture.rescaled(scale, shift)
    assert moved.lower_bound == pytest.approx(
        here.lower_bound - len(X) * np.log(scale).sum(), rel=1e-6, abs=1e-5
    )
    np.testing.assert_allclose(moved.mixture.weights, expected.weights, atol=1e-6)
    np.testing.assert_allclose(moved.mixture.means, expected.means, atol=1e-4)


@given(mixtures_with_data(), seeds)
def test_relabeling_the_start_relabels_the_result(drawn, seed):
    X, start = drawn
    order = np.random.default_rng(seed).permutation(start.n_components)
    *_, here = islice(em(X, start), 6)
    *_, relabeled = islice(em(X, start.reordered(order)), 6)
    expected = here.mixture.reordered(order)
    np.testing.assert_allclose(relabeled.mixture.means, expected.means, atol=1e-6)
    np.testing.assert_allclose(
        relabeled.responsibilities, here.responsibilities[:, order], atol=1e-6
    )


@pytest.mark.parametrize("max_iter", [1, 2, 7])
def test_fit_stops_at_max_iter(max_iter):
    X, start = problem()
    result = fit(X, start, tol=0, max_iter=max_iter)
    assert result.n_iter == len(result.log_likelihoods) == max_iter
    assert not result.converged
    *_, last = islice(em(X, start), 2 * max_iter)
    np.testing.assert_array_equal(result.mixture.means, last.mixture.means)


@pytest.mark.parametrize("tol", [1e-1, 1e-3, 1e-6])
def test_fit_stops_when_the_mean_log_likelihood_stands_still(tol):
    X, start = problem()
    result = fit(X, start, tol=tol, max_iter=1000)
    changes = np.diff(result.log_likelihoods) / len(X)
    assert result.converged
    assert (changes[:-1] >= tol).all()
    assert changes[-1] < tol


def test_a_falling_likelihood_is_no_reason_to_stop():
    """A large reg_covar makes the likelihood fall; scikit-learn goes on, so do we."""
    X, start = problem(seed=1)
    options = {"reg_covar": 2.0, "tol": 1e-4, "max_iter": 500}
    result = fit(X, start, **options)
    assert (np.diff(result.log_likelihoods) / len(X) < -options["tol"]).any()
    oracle = GaussianMixture(
        3,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=np.linalg.inv(start.covariances),
        **options,
    ).fit(X)
    assert result.n_iter == oracle.n_iter_


def test_going_on_from_an_earlier_run_changes_nothing():
    X, start = problem()
    straight = fit(X, start, tol=1e-6)
    first = fit(X, start, tol=1e-6, max_iter=3)
    rest = fit(X, first.mixture, tol=1e-6, previous=first.log_likelihood)
    assert first.n_iter + rest.n_iter == straight.n_iter
    np.testing.assert_array_equal(rest.mixture.means, straight.mixture.means)
    again = fit(X, straight.mixture, tol=1e-3, previous=straight.log_likelihood)
    assert again.n_iter == 1


def test_looking_at_a_half_step_cannot_change_it():
    X, start = problem()
    step = next(em(X, start))
    with pytest.raises(ValueError, match="read-only"):
        step.responsibilities[:] = 0.5


def test_repeating_the_data_changes_nothing():
    X, start = problem()
    once, thrice = fit(X, start), fit(np.repeat(X, 3, axis=0), start)
    assert once.n_iter == thrice.n_iter
    np.testing.assert_allclose(once.mixture.means, thrice.mixture.means)
    np.testing.assert_allclose(once.mixture.covariances, thrice.mixture.covariances)


def test_one_component_is_the_maximum_likelihood_gaussian():
    X, _ = problem(K=1)
    start = Mixture([1.0], [[9.0, 9.0]], [np.eye(2)])
    result = fit(X, start, reg_covar=0)
    np.testing.assert_allclose(result.mixture.means[0], X.mean(axis=0))
    np.testing.assert_allclose(result.mixture.covariances[0], np.cov(X.T, bias=True))


# --- What goes wrong is explained ----------------------------------------------------


def test_an_empty_component_is_named():
    with pytest.raises(EmptyComponentError, match="component 1 .* no point"):
        m_step([[0.0], [1.0]], [[1, 0], [1, 0]])


def test_a_component_whose_points_have_no_weight_is_empty():
    X, responsibilities = [[0.0], [1.0], [2.0]], [[1, 0], [1, 0], [0, 1]]
    with pytest.raises(EmptyComponentError, match="component 1 .* no point"):
        m_step(X, responsibilities, sample_weight=[1, 1, 0])


@given(seeds, st.integers(1, 6))
def test_the_emptiest_component_is_named_with_its_count(seed, K):
    rng = np.random.default_rng(seed)
    counts = rng.uniform(0.5, 3, size=K)
    before = counts.copy()
    check_no_empty_component(counts)
    check_no_empty_component(counts, smallest=counts.min())
    k = int(counts.argmin())
    with pytest.raises(EmptyComponentError, match=f"component {k} ") as caught:
        check_no_empty_component(counts, smallest=np.nextafter(counts.min(), 9))
    assert f"{counts[k]:.3g}" in str(caught.value)
    counts[-1] = 0
    with pytest.raises(EmptyComponentError, match=f"component {K - 1} .*N_k = 0"):
        check_no_empty_component(counts)
    np.testing.assert_array_equal(counts[:-1], before[:-1])


def test_a_count_too_small_to_divide_by_is_none():
    smallest = np.finfo(float).tiny
    check_no_empty_component(np.array([1.0, 2 * smallest]))
    with pytest.raises(EmptyComponentError, match="component 1"):
        check_no_empty_component(np.array([1.0, smallest / 4]))


@pytest.mark.parametrize(
    ("weight", "error", "words"),
    [
        (np.ones(59), ValueError, r"sample_weight must have shape \(60,\)"),
        (np.ones((60, 1)), ValueError, r"sample_weight must have shape \(60,\)"),
        (-1, ValueError, "sample_weight must not be negative"),
        (np.zeros(60), ValueError, "sample_weight is zero for every point"),
        (np.full(60, np.nan), ValueError, "sample_weight contains NaN"),
        (["1"] * 60, TypeError, "sample_weight must hold real numbers"),
    ],
)
def test_m_step_refuses_bad_weights(weight, error, words):
    X, start = problem()
    with pytest.raises(error, match=words):
        m_step(X, e_step(X, start), sample_weight=weight)


def test_a_component_far_from_all_data_is_named():
    start = Mixture([0.5, 0.5], [[0.0], [1e4]], [[[1.0]], [[1.0]]])
    with pytest.raises(EmptyComponentError, match="component 1"):
        fit([[0.0], [1.0], [2.0]], start)


@pytest.mark.parametrize("distance", np.linspace(38, 42, 9))
def test_a_nearly_empty_component_is_an_empty_one(distance):
    X = np.random.default_rng(0).normal(size=(50, 3))
    start = Mixture([0.5, 0.5], [[0, 0, 0], [distance, 0, 0]], [np.eye(3)] * 2)
    try:
        result = fit(X, start)
    except EmptyComponentError:
        return
    assert np.isfinite(result.log_likelihoods).all()


def test_collapse_onto_a_point_is_prevented_by_reg_covar_and_else_explained():
    X = [[0.0], [1.0], [2.0], [50.0]]
    start = Mixture([0.5, 0.5], [[1.0], [50.0]], [[[1.0]], [[1.0]]])
    assert fit(X, start).mixture.covariances[1, 0, 0] == pytest.approx(1e-6)
    with pytest.raises(ValueError, match="component 1 is not positive definite"):
        fit(X, start, reg_covar=0)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"covariance_type": "round"}, ValueError, "covariance_type must be one of"),
        ({"reg_covar": -1}, ValueError, "reg_covar must be a finite number >= 0"),
        ({"tol": np.nan}, ValueError, "tol must be a finite number >= 0"),
        ({"tol": None}, TypeError, "tol must be a number"),
        ({"max_iter": None}, TypeError, "max_iter must be a whole number"),
        ({"max_iter": 0}, ValueError, "max_iter must be at least 1"),
        ({"max_iter": 1.5}, TypeError, "max_iter must be a whole number"),
    ],
)
def test_impossible_options_are_refused(options, error, words):
    X, start = problem()
    with pytest.raises(error, match=words):
        fit(X, start, **options)


def test_impossible_data_are_refused():
    X, start = problem()
    with pytest.raises(ValueError, match="X has 2 rows, fewer than n_components=3"):
        fit(X[:2], start)
    with pytest.raises(ValueError, match="X has 3 features .* 2 are expected"):
        fit(np.zeros((9, 3)), start)
    with pytest.raises(ValueError, match="row 4, column 1"):
        fit(np.where(np.arange(120).reshape(60, 2) == 9, np.nan, X), start)
    with pytest.raises(ValueError, match="2 columns, but the mixture has 3"):
        lower_bound(X, np.full((60, 2), 0.5), start)
    with pytest.raises(ValueError, match="row 0 .* sums to 3"):
        m_step(X, np.ones((60, 3)))
    for not_a_mixture in [None, (start.weights, start.means), GaussianMixture(3)]:
        with pytest.raises(TypeError, match="start must be a Mixture"):
            fit(X, not_a_mixture)
        with pytest.raises(TypeError, match="mixture must be a Mixture"):
            e_step(X, not_a_mixture)


def test_inputs_are_left_alone():
    X, start = problem()
    responsibilities = e_step(X, start)
    copies = X.copy(), responsibilities.copy()
    weight = np.arange(60.0)
    m_step(X, responsibilities)
    m_step(X, responsibilities, sample_weight=weight)
    fit(X, start)
    np.testing.assert_array_equal(X, copies[0])
    np.testing.assert_array_equal(responsibilities, copies[1])
    np.testing.assert_array_equal(weight, np.arange(60.0))


def test_defaults_are_scikit_learns():
    X, start = problem()
    defaults = GaussianMixture().get_params()
    options = {name: defaults[name] for name in ("covariance_type", "reg_covar", "tol")}
    plain, explicit = fit(X, start), fit(X, start, **options)
    np.testing.assert_array_equal(plain.log_likelihoods, explicit.log_likelihoods)
    # A tolerance of zero never stops it.
    assert fit(X, start, tol=0).n_iter == defaults["max_iter"]


def test_a_change_of_exactly_tol_is_no_reason_to_stop():
    # With one component nothing moves after the first iteration, to the last digit.
    X, _ = problem()
    start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    result = fit(X, start, tol=0, max_iter=5)
    assert result.log_likelihoods[-1] == result.log_likelihoods[-2]
    assert result.n_iter == 5
    assert not result.converged
    assert len(list(em(X, start, tol=0, max_iter=5))) == 10


def test_fit_says_whether_it_converged_wherever_it_stops():
    X, start = problem()
    n_iter = fit(X, start).n_iter
    assert n_iter > 3
    for max_iter in range(2, n_iter + 2):
        assert fit(X, start, max_iter=max_iter).converged == (max_iter >= n_iter)


def test_a_fit_ends_at_its_last_log_likelihood():
    X, start = problem()
    result = fit(X, start)
    *_, last = em(X, start, max_iter=result.n_iter)
    assert result.log_likelihood == result.log_likelihoods[-1]
    assert result.log_likelihood > result.log_likelihoods[-2]
    assert result.log_likelihood < last.log_likelihood
    assert Fit(start, np.array([]), 0, False).log_likelihood == -np.inf


def test_em_stops_as_fit_does():
    X, start = problem()
    result = fit(X, start)
    assert len(list(em(X, start, tol=1e-3))) == 2 * result.n_iter
    assert len(list(em(X, start, tol=1e-3, max_iter=2))) == 4


@given(seeds)
def test_reg_covar_may_differ_from_feature_to_feature(seed):
    rng = np.random.default_rng(seed)
    X, responsibilities = rng.normal(size=(30, 3)), random_responsibilities(rng, 30, 2)
    ridge = rng.uniform(0, 2, size=3)
    plain = m_step(X, responsibilities, reg_covar=0)
    raised = m_step(X, responsibilities, reg_covar=ridge)
    np.testing.assert_allclose(raised.covariances, plain.covariances + np.diag(ridge))


@pytest.mark.parametrize("unit", [1e-150, 1e150])
@pytest.mark.parametrize("size", [1e-100, 1.0, 1e100])
def test_m_step_takes_weights_and_data_in_any_unit(unit, size):
    X, start = problem()
    responsibilities, options = e_step(X, start), {"reg_covar": 0}
    plain = m_step(X, responsibilities, **options)
    options["sample_weight"] = np.full(60, unit)
    moved = m_step(size * X, responsibilities, **options)
    np.testing.assert_allclose(moved.weights, plain.weights)
    np.testing.assert_allclose(moved.means, size * plain.means)
    np.testing.assert_allclose(moved.covariances, size**2 * plain.covariances)


def test_the_emptiest_component_is_named_by_its_number_too():
    with pytest.raises(EmptyComponentError) as caught:
        check_no_empty_component(np.array([2.0, 1.0, 0.0, 3.0]))
    assert caught.value.component == 2


def em_first(X, start, **options):
    return next(em(X, start, **options))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda X, m: em_first(X, m, tol=-1), ValueError, "tol must be a finite"),
        (
            lambda X, m: em_first(X, m, max_iter=0),
            ValueError,
            "max_iter must be at least 1",
        ),
        (
            lambda X, m: em_first(X[:, :1], m),
            ValueError,
            "X has 1 feature",
        ),
        (
            lambda X, m: m_step(X, np.ones((59, 1))),
            ValueError,
            "responsibilities has 59 rows, but X has 60",
        ),
        (
            lambda X, m: lower_bound(X, np.ones((59, 1)), m),
            ValueError,
            "responsibilities has 59 rows, but X has 60",
        ),
        (
            lambda X, m: lower_bound(X, np.ones((60, 1)), None),
            TypeError,
            "mixture must be a Mixture",
        ),
        (
            lambda X, m: m_step(X, np.ones((60, 1)), reg_covar=[1, 2, 3]),
            ValueError,
            r"reg_covar must have shape \(2,\)",
        ),
    ],
)
def test_the_sentence_begins_with_the_wrong_input(call, error, words):
    X, start = problem()
    with pytest.raises(error, match=f"^{words}"):
        call(X, start)
