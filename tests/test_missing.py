"""Missing values: what the known ones say, and an EM that uses no others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import logsumexp
from strategies import covariance_types, mixtures_with_data, random_mixture, seeds

from gmm_from_scratch import engine, gaussian, missing
from gmm_from_scratch.covariance import constrain
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.sufficient import Frame, Parameters
from gmm_from_scratch.validation import COVARIANCE_TYPES


def with_gaps(X, rng, share=0.3):
    """Lose values at random, but not a whole column."""
    gaps = rng.uniform(size=X.shape) < share
    gaps[:2] = [[False] * X.shape[1], [True] * X.shape[1]]
    return np.where(gaps, np.nan, X)


def of_type(mixture, covariance_type):
    covariances = constrain(mixture.covariances, mixture.weights, covariance_type)
    return Mixture(mixture.weights, mixture.means, covariances)


def problem(covariance_type="full", K=3, D=3, N=400, seed=0):
    rng = np.random.default_rng(seed)
    truth = of_type(random_mixture(rng, K, D), covariance_type)
    return with_gaps(truth.sample(N, rng)[0], rng), truth


# --- The E-step ----------------------------------------------------------------------


@given(mixtures_with_data(), seeds)
@settings(max_examples=30)
def test_log_joint_is_scipys_density_of_the_known_features(drawn, seed):
    X, mixture = drawn
    X = with_gaps(X[:12], np.random.default_rng(seed))
    result = missing.log_joint(X, mixture)
    for x, row in zip(X, result, strict=True):
        known = ~np.isnan(x)
        for k, log_weight in enumerate(np.log(mixture.weights)):
            expected = log_weight
            if known.any():
                expected += stats.multivariate_normal.logpdf(
                    x[known],
                    mixture.means[k, known],
                    mixture.covariances[k][np.ix_(known, known)],
                )
            assert row[k] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(mixtures_with_data(), seeds)
@settings(max_examples=20)
def test_e_step_is_bayes_rule(drawn, seed):
    X, mixture = drawn
    X = with_gaps(X, np.random.default_rng(seed))
    responsibilities, log_density = missing.e_step(X, mixture)
    joint = missing.log_joint(X, mixture)
    np.testing.assert_allclose(log_density, logsumexp(joint, axis=1), atol=1e-12)
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1)
    np.testing.assert_allclose(
        responsibilities, np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    )
    # A point without a value is as the prior says, and its density that of nothing.
    np.testing.assert_allclose(responsibilities[1], mixture.weights)
    assert log_density[1] == pytest.approx(0.0, abs=1e-12)


def test_a_weight_of_zero_owns_nothing():
    mixture = Mixture([1.0, 0.0], [[0, 0], [9, 9]], [np.eye(2)] * 2)
    responsibilities, _ = missing.e_step([[9.0, np.nan]], mixture)
    np.testing.assert_array_equal(responsibilities, [[1, 0]])


# --- Conditional Gaussians -----------------------------------------------------------


@given(mixtures_with_data(), st.data())
@settings(max_examples=30)
def test_joint_density_is_marginal_times_conditional(drawn, data):
    X, mixture = drawn
    mean, covariance, D = mixture.means[0], mixture.covariances[0], X.shape[1]
    known = np.array(data.draw(st.lists(st.booleans(), min_size=D, max_size=D)))
    B, C = missing.conditional(mean, covariance, known)
    assert B.shape == ((~known).sum(), known.sum())
    for x in X[:5]:
        total = 0.0
        if known.any():
            among_known = covariance[np.ix_(known, known)]
            total += gaussian.log_density([x[known]], mean[known], among_known)[0]
        if not known.all():
            expected = mean[~known] + B @ (x - mean)[known]
            total += gaussian.log_density([x[~known]], expected, (C + C.T) / 2)[0]
        joint = gaussian.log_density([x], mean, covariance)[0]
        assert total == pytest.approx(joint, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("known", [[True], [1, 0], "ab", [[True, False]]])
def test_what_is_known_must_be_a_mask(known):
    with pytest.raises(ValueError, match="known must say True or False for each of"):
        missing.conditional([0.0, 0.0], np.eye(2), known)


# --- EM ------------------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("shrink", [1.0, 1e-4])
def test_without_gaps_it_is_the_engine(covariance_type, shrink):
    """Also for components so tight that the engine whitens them one by one."""
    rng = np.random.default_rng(3)
    truth = random_mixture(rng, 3, 3)
    scale = np.array([1.0, shrink**2, shrink**2])[:, np.newaxis, np.newaxis]
    truth = Mixture(truth.weights, truth.means, truth.covariances * scale)
    X, _ = truth.sample(300, rng)
    weight = rng.uniform(0.0, 3.0, size=300).round()
    options = {"covariance_type": covariance_type, "reg_covar": 1e-10, "max_iter": 5}
    # The second start obeys the type, so that squares may be enough.
    for start in (truth, of_type(truth, covariance_type)):
        ours = engine.run(missing.IncompleteRows(X, weight), start, tol=0, **options)
        theirs = engine.run(X, start, sample_weight=weight, tol=0, **options)
        np.testing.assert_allclose(
            ours.log_likelihoods, theirs.log_likelihoods, rtol=1e-9
        )
        np.testing.assert_allclose(ours.mixture.means, theirs.mixture.means, rtol=1e-8)
        for mine, yours in zip(
            ours.mixture.covariances, theirs.mixture.covariances, strict=True
        ):
            np.testing.assert_allclose(mine, yours, rtol=1e-6, atol=1e-7 * yours.max())


def test_statistics_of_parts_add_to_those_of_all():
    X, truth = problem()
    parameters = Parameters.from_mixture(truth, Frame.from_mixture(truth, False))
    one, other, whole = (
        missing.IncompleteRows(part).statistics(parameters)
        for part in (X[:150], X[150:], X)
    )
    both = one + other
    # Rows without a value do not count.
    assert both.n_samples == whole.n_samples == (~np.isnan(X).all(axis=1)).sum()
    assert both.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(both.moments, whole.moments, atol=1e-10)


@given(covariance_types, st.integers(1, 4), st.integers(1, 4), seeds)
@settings(max_examples=40, deadline=None)
def test_likelihood_of_what_is_known_never_falls(covariance_type, K, D, seed):
    X, truth = problem(covariance_type, K, D, N=60 * K, seed=seed)
    log_likelihoods = []
    try:
        engine.run(
            missing.IncompleteRows(X),
            truth,
            covariance_type=covariance_type,
            reg_covar=0,
            tol=0,
            max_iter=15,
            callback=lambda iteration, level: log_likelihoods.append(level),
        )
    except ValueError as error:
        # What collapses with reg_covar=0 climbs too, for as long as it lives.
        assert "reg_covar" in str(error)  # noqa: PT017
    rounding = 1e-9 * np.abs(log_likelihoods).max()
    assert (np.diff(log_likelihoods) >= -rounding).all()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_where_em_ends_the_gradient_vanishes(covariance_type):
    """Steps within the covariance type, of any size, only lead down."""
    X, truth = problem(covariance_type)
    options = {"covariance_type": covariance_type, "reg_covar": 0}
    summit = engine.run(
        missing.IncompleteRows(X), truth, tol=1e-13, max_iter=5000, **options
    ).mixture
    rng = np.random.default_rng(1)
    D = X.shape[1]

    def moved(step, direction):
        tilt, shift, stretch = direction
        weights = summit.weights * np.exp(step * tilt)
        factors = np.eye(D) + step * stretch
        covariances = factors @ summit.covariances @ factors.transpose(0, 2, 1)
        return of_type(
            Mixture(weights / weights.sum(), summit.means + step * shift, covariances),
            covariance_type,
        )

    def level(mixture):
        return logsumexp(missing.log_joint(X, mixture), axis=1).sum()

    for _ in range(5):
        stretch = rng.normal(size=(3, D, D))
        if covariance_type == "tied":
            stretch[:] = stretch[0]
        if covariance_type in ("diag", "spherical"):
            stretch = stretch * np.eye(D)
        direction = rng.normal(size=3), rng.normal(size=(3, D)), stretch
        h = 1e-4
        slope = (level(moved(h, direction)) - level(moved(-h, direction))) / (2 * h)
        curvature = level(moved(h, direction)) - 2 * level(summit)
        curvature = (curvature + level(moved(-h, direction))) / h**2
        assert curvature < 0
        # The summit is nearer than a thousandth of a standard deviation.
        assert abs(slope / curvature) < 1e-4


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_points_without_a_value_say_nothing(covariance_type):
    X, truth = problem(covariance_type)
    options = {"covariance_type": covariance_type, "tol": 1e-12, "max_iter": 2000}
    some = X[~np.isnan(X).all(axis=1)]
    empty = np.full((50, X.shape[1]), np.nan)
    with_them = engine.run(
        missing.IncompleteRows(np.vstack([some, empty])), truth, **options
    )
    without = engine.run(missing.IncompleteRows(some), truth, **options)
    assert with_them.mixture.compare(without.mixture, tolerance=1e-4).agrees


def test_whole_weights_are_repeated_rows():
    X, truth = problem()
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    weighted = missing.IncompleteRows(X, weight)
    repeated = missing.IncompleteRows(np.repeat(X, weight, axis=0))
    one, two = (engine.run(rows, truth) for rows in (weighted, repeated))
    assert one.n_iter == two.n_iter
    assert one.mixture.compare(two.mixture, tolerance=1e-8).agrees


def test_units_do_not_matter():
    X, truth = problem()
    scale, shift = np.array([1e-6, 1.0, 1e6]), np.array([1e3, -1e8, 0.0])
    plain = engine.run(missing.IncompleteRows(X), truth, reg_covar=0)
    other = engine.run(
        missing.IncompleteRows(X * scale + shift),
        truth.rescaled(scale, shift),
        reg_covar=0,
    )
    expected = plain.mixture.rescaled(scale, shift)
    assert other.n_iter == plain.n_iter
    assert other.mixture.compare(expected, tolerance=1e-5).agrees


def test_half_known_points_help():
    """Dropping every row with a gap throws away most of what is known."""
    rng = np.random.default_rng(0)
    truth = Mixture([0.4, 0.6], [[0, 0, 0], [3, 3, 3]], [np.eye(3), 2 * np.eye(3)])
    errors = {"complete rows": [], "all rows": []}
    for _ in range(10):
        X = with_gaps(truth.sample(300, rng)[0], rng, share=0.4)
        complete = X[~np.isnan(X).any(axis=1)]
        for name, rows in [
            ("complete rows", complete),
            ("all rows", missing.IncompleteRows(X)),
        ]:
            means = engine.run(rows, truth).mixture.means
            errors[name].append(np.abs(means - truth.means).mean())
    assert np.mean(errors["all rows"]) < 0.75 * np.mean(errors["complete rows"])


# --- Filling gaps --------------------------------------------------------------------


def test_one_gaussian_imputes_by_regression():
    rng = np.random.default_rng(0)
    X, _ = random_mixture(rng, 1, 3).sample(500, rng)
    mixture = Mixture([1.0], *([part] for part in gaussian.maximum_likelihood(X)))
    gaps = X[:20].copy()
    gaps[:, 1] = np.nan
    design = np.column_stack([np.ones(len(X)), X[:, [0, 2]]])
    slopes, *_ = np.linalg.lstsq(design, X[:, 1])
    filled = missing.impute(gaps, mixture)
    np.testing.assert_allclose(filled[:, 1], design[:20] @ slopes, atol=1e-8)
    np.testing.assert_array_equal(filled[:, [0, 2]], X[:20][:, [0, 2]])
    assert np.isnan(gaps[:, 1]).all()


def test_a_mixture_imputes_what_its_components_expect_in_their_proportions():
    mixture = Mixture([0.25, 0.75], [[0, 0], [0, 4]], [np.eye(2)] * 2)
    filled = missing.impute([[0.0, np.nan], [np.nan, np.nan]], mixture)
    np.testing.assert_allclose(filled, [[0, 3], [0, 3]])


def test_fill_with_means_skips_gaps_and_weighs():
    X = [[1.0, np.nan], [np.nan, 5.0], [4.0, 7.0]]
    filled = missing.fill_with_means(X, sample_weight=[2, 1, 1])
    np.testing.assert_allclose(filled, [[1, 6], [2, 5], [4, 7]])


# --- What is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        (
            [[1.0, np.nan], [2.0, np.nan]],
            ValueError,
            "column 1 of X .* no value",
        ),
        ([[1.0, np.inf], [2.0, np.nan]], ValueError, "inf .*row 0, column 1"),
        ([[1e200, np.nan], [2.0, 1.0]], ValueError, "beyond 1e.150"),
        ([["a", None]], TypeError, "numbers"),
        ([1.0, np.nan], ValueError, r"\(N, D\)"),
    ],
)
def test_what_is_wrong_with_the_rows_is_said(X, error, words):
    with pytest.raises(error, match=words):
        missing.IncompleteRows(X)


def test_what_does_not_fit_the_mixture_is_said():
    mixture = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    rows = missing.IncompleteRows([[1.0], [2.0]])
    for attempt in (
        lambda: engine.run(rows, mixture),
        lambda: missing.log_joint([[1.0]], mixture),
        lambda: missing.impute([[1.0]], mixture),
    ):
        with pytest.raises(ValueError, match=r"1 features .*2 are expected"):
            attempt()
    two = Mixture([0.5, 0.5], [[0.0], [1.0]], [[[1.0]]] * 2)
    with pytest.raises(ValueError, match="1 rows, fewer than n_components=2"):
        engine.run(missing.IncompleteRows([[1.0]]), two)
    with pytest.raises(TypeError, match="must be a Mixture"):
        missing.log_joint([[1.0]], "mixture")
