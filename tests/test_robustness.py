"""Whatever comes in, what comes out is right, or a sentence says what is wrong.

Hypothesis throws data of every shape, size and condition at everything that fits a
mixture. What is right is told by properties that need no stored numbers: weights sum to
1, an M-step keeps the mean and the covariance of the data, EM climbs, and so on.
"""

import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from strategies import covariance_types, random_mixture, seeds

from gmm_from_scratch import GaussianMixture, em, engine, gaussian, selection
from gmm_from_scratch.initialization import METHODS, fit_best, initial_mixture, kmeans
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.validation import COVARIANCE_TYPES

EPS = np.finfo(float).eps
# The squares of smaller numbers have lost digits, or are 0.
SMALLEST_SQUARE = 1e-300
# Several hundred cases each: few draws, and much arithmetic behind them.
many = settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
some = settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])


# --- Answers and refusals ------------------------------------------------------------


@contextmanager
def calm():
    """Let pass the two warnings that a correct result may come with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "X has feature names")
        yield


def refusal_of(error, *names):
    """Check that an error is a sentence that names the argument; return it."""
    # NumPy's own error is a ValueError too, but it says nothing about the data.
    assert not isinstance(error, np.linalg.LinAlgError), error
    sentence = str(error)
    assert any(name in sentence for name in names), sentence
    assert len(sentence.split()) >= 4, sentence
    return sentence


def answer(call, *names):
    """Return what a call returns, or None if it refuses with a sentence.

    Any other error, a warning for instance, is not caught, and the test fails.
    """
    try:
        with calm():
            return call()
    except (TypeError, ValueError) as error:
        refusal_of(error, *names)


def must_refuse(call, *names):
    with pytest.raises((TypeError, ValueError)) as caught, calm():
        call()
    return refusal_of(caught.value, *names)


@contextmanager
def unchanged(*arrays):
    """Check that nobody writes into what they are lent."""
    arrays = [array for array in arrays if array is not None]
    before = [array.copy() for array in arrays]
    yield
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


# What a refusal of data that are numbers may complain about, and what it advises.
ADVICE = (
    "use a larger reg_covar",
    "Use a larger reg_covar",
    "use fewer components",
    "use more data or at most",
    "a minimum of 2 is required",
    "measure in larger units",
    "measure in smaller units",
)


# --- What Hypothesis draws -----------------------------------------------------------

PATTERNS = {
    "plain": lambda X, rng: X,
    "two groups": lambda X, rng: X + 100.0 * (np.arange(len(X)) % 2)[:, np.newaxis],
    "repeated rows": lambda X, rng: X[rng.integers(0, -(-len(X) // 4), len(X))],
    "rounded": lambda X, rng: np.round(X),
    "a constant column": lambda X, rng: X * (np.arange(X.shape[1]) > 0),
    "all constant": lambda X, rng: np.full_like(X, 3.0),
    "nearly constant": lambda X, rng: 3.0 + 1e-15 * X,
    "collinear": lambda X, rng: X[:, :1] * np.arange(1.0, X.shape[1] + 1),
    "heavy tails": lambda X, rng: np.exp(10 * X),
    "one far row": lambda X, rng: X + 1e6 * (np.arange(len(X)) == 0)[:, np.newaxis],
}


@st.composite
def tables(draw, max_rows=24, max_columns=5, patterns=tuple(PATTERNS), exponent=149):
    """Draw points: a pattern, then units, alike or not, then an offset."""
    N, D = draw(st.integers(1, max_rows)), draw(st.integers(1, max_columns))
    rng = np.random.default_rng(draw(seeds))
    X = PATTERNS[draw(st.sampled_from(patterns))](rng.normal(size=(N, D)), rng)
    units = draw(st.sampled_from(["ours", "one", "each its own", "mild"]))
    if units == "one":
        X = X * 10.0 ** rng.integers(-exponent, exponent + 1)
    elif units == "each its own":
        X = X * 10.0 ** rng.integers(-exponent, exponent + 1, size=D)
    elif units == "mild":
        X = X * 10.0 ** rng.integers(-15, 16, size=D)
    if draw(st.booleans()):
        X = X + np.abs(X).max(axis=0) * 10.0 ** rng.integers(-3, 18)
    return np.clip(X, -1e150, 1e150)


@st.composite
def sample_weights(draw, N):
    """Draw weights of the points: none, whole ones with zeros, any, in any unit."""
    kind = draw(st.sampled_from(["none", "none", "whole", "any", "tiny", "large"]))
    rng = np.random.default_rng(draw(seeds))
    return {
        "none": None,
        "whole": rng.integers(0, 4, size=N),
        "any": rng.exponential(size=N),
        "tiny": rng.exponential(size=N) * 1e-12,
        "large": rng.integers(1, 4, size=N) * 1e12,
    }[kind]


@st.composite
def options(draw, X):
    """Draw the arguments of an estimator; reg_covar may be 0, small or large."""
    size = float(np.abs(X).max()) ** 2 if np.abs(X).max() < 1e140 else 1.0
    return {
        "n_components": draw(st.integers(1, 5)),
        "covariance_type": draw(covariance_types),
        "init_params": draw(st.sampled_from(METHODS)),
        "reg_covar": draw(st.sampled_from([0, 0, 1e-6, 1e3, 1e-6 * size, 10 * size])),
        "max_iter": draw(st.sampled_from([0, 1, 3, 20])),
        "n_init": draw(st.sampled_from([1, 1, 2])),
        "tol": draw(st.sampled_from([0, 1e-3])),
        "random_state": draw(st.integers(0, 100)),
    }


def column_units(X, smallest=0.0):
    """Give a power of two for each column, so that dividing by it rounds nothing."""
    largest = np.maximum(np.abs(X).max(axis=0), smallest)
    return 2.0 ** np.frexp(np.where(largest > 0, largest, 1.0))[1]


# --- What makes a result right -------------------------------------------------------


def sharpness(X, mixture):
    """Say how many times more exact than its noise the data must be known.

    In units of each component's narrowest direction, how large are the numbers that
    were subtracted from each other? If it is s, rounding of the data alone moves a
    point by s · eps standard deviations.
    """
    largest = np.abs(X).max(axis=0)
    worst = 1.0
    for covariance in mixture.covariances:
        sd = np.sqrt(np.diag(covariance))
        correlation = covariance / sd / sd[:, np.newaxis]
        narrowest = max(np.linalg.eigvalsh(correlation)[0], EPS**2)
        with np.errstate(over="ignore"):
            size = 1 + (largest / sd).max()
        worst = max(worst, size / np.sqrt(narrowest))
    return worst


def check_mixture(mixture):
    K, D = mixture.means.shape
    assert mixture.weights.shape == (K,)
    assert (mixture.weights >= 0).all()
    assert mixture.weights.sum() == pytest.approx(1, abs=1e-9)
    assert np.isfinite(mixture.means).all()
    for covariance in mixture.covariances:
        sd = np.sqrt(np.diag(covariance))
        assert (sd > 0).all()
        assert np.isfinite(sd).all()
        # Without units: eigenvalues of 1e-300 and 1e300 do not fit one matrix.
        correlation = covariance / sd / sd[:, np.newaxis]
        np.testing.assert_allclose(correlation, correlation.T, atol=1e-12)
        assert np.linalg.eigvalsh(correlation)[0] > -D * EPS


def check_moments(X, weight, mixture, covariance_type, reg_covar):
    """An M-step keeps the mean, and if nothing is left out also the covariance."""
    unit = column_units(X, np.sqrt(reg_covar))
    Y, mu = X / unit, mixture.means / unit
    weight = np.ones(len(X)) if weight is None else weight
    share = weight / weight.max()
    share = share / share.sum()
    Y, share = Y[share > 0], share[share > 0]
    low, high = Y.min(axis=0), Y.max(axis=0)
    # Of the data, or of the width that reg_covar gives each component.
    rounding = 1e-11 * (np.abs(Y).max(axis=0) + np.sqrt(reg_covar) / unit)
    assert (mu >= low - rounding).all()
    assert (mu <= high + rounding).all()
    mean = share @ Y
    assert (np.abs(mixture.weights @ mu - mean) <= rounding).all()
    if covariance_type not in ("full", "tied"):
        return
    spread = mixture.covariances / unit / unit[:, np.newaxis]
    shift = mu - mean
    spread = spread + shift[:, :, np.newaxis] * shift[:, np.newaxis, :]
    total = np.tensordot(mixture.weights, spread, axes=1)
    ridge = reg_covar / unit / unit[:, np.newaxis]
    centered = Y - mean
    expected = (centered * share[:, np.newaxis]).T @ centered
    expected[np.diag_indices_from(expected)] += np.diag(ridge)
    # What is added up is known to 1e-8 of itself, a coordinate to `rounding`.
    reach = np.abs(centered).max(axis=0)
    allowed = 1e-8 * (np.outer(reach, reach) + ridge)
    allowed += np.outer(reach, rounding) + np.outer(rounding, reach + rounding)
    allowed += SMALLEST_SQUARE / unit / unit[:, np.newaxis]
    assert (np.abs(total - expected) <= allowed).all()


def check_climb(log_likelihoods, X, *mixtures):
    """EM never falls by more than rounding, for reg_covar=0.

    A log density is −½ (D log 2π + log |Σ| + d²), and its mean over the points has a
    rounding error of a few eps times (a) its own size, (b) 1, the size of d² per
    feature, times what squares may lose: the engine lets them lose five digits, (c) the
    sharpness of the data, by which d² and |Σ| magnify the last digit of X.
    """
    worst = max(sharpness(X, mixture) for mixture in mixtures)
    size = np.abs(log_likelihoods[1:]) + X.shape[1] * (1e5 + worst)
    assert (np.diff(log_likelihoods) >= -100 * EPS * size).all()


def check_predictions(model, X):
    """What a fitted model says about points agrees with itself and with its formula."""
    N, K = len(X), len(model.weights_)
    responsibilities, scores = model.predict_proba(X), model.score_samples(X)
    assert responsibilities.shape == (N, K)
    assert (responsibilities >= 0).all()
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_array_equal(model.predict(X), responsibilities.argmax(axis=1))
    assert np.isfinite(scores).all()
    assert model.score(X) == pytest.approx(scores.mean(), rel=1e-9, abs=1e-9)
    p = model.bic(X) + 2 * scores.sum()
    assert np.isfinite([model.aic(X), p]).all()
    drawn, components = model.sample(3)
    assert np.isfinite(drawn).all()
    assert set(components.tolist()) <= set(range(K))
    if sharpness(X, model.mixture_) < 1e5:
        expected = model.mixture_.log_density(X)
        np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-6)


def check_model(model, X, weight):
    """All that must hold after `fit`."""
    check_mixture(model.mixture_)
    check_predictions(model, X)
    for name in ("precisions_", "precisions_cholesky_"):
        assert np.isfinite(getattr(model, name)).all()
    assert len(model.lower_bounds_) == model.n_iter_
    assert np.isfinite(model.lower_bounds_).all()
    if model.n_iter_:
        check_moments(X, weight, model.mixture_, model.covariance_type, model.reg_covar)
        if model.reg_covar == 0:
            check_climb(model.lower_bounds_, X, model.mixture_)


# --- Any table of numbers ------------------------------------------------------------


@given(st.data())
@settings(many, max_examples=1000)
def test_a_fit_is_right_or_refused_with_advice(data):
    X = data.draw(tables())
    weight, arguments = data.draw(sample_weights(len(X))), data.draw(options(X))
    model = GaussianMixture(**arguments)
    names = (*ADVICE, "sample_weight is zero for every point")
    with unchanged(X, weight), calm():
        if answer(lambda: model.fit(X, sample_weight=weight), *names) is None:
            return
        check_model(model, X, weight)


@given(st.data())
@many
def test_data_with_room_for_every_component_are_never_refused(data):
    X = data.draw(tables(max_rows=60, patterns=("plain", "two groups"), exponent=70))
    arguments = data.draw(options(X))
    # Twenty rows for each: then no start is flat, in whatever units and however tilted.
    assume(len(X) >= 20 * arguments["n_components"])
    # An offset that leaves no digits to the differences is another matter.
    assume((np.ptp(X, axis=0) > 1e-6 * np.abs(X).max(axis=0)).all())
    with unchanged(X), calm():
        model = GaussianMixture(**arguments | {"reg_covar": 0}).fit(X)
        check_model(model, X, None)


@given(st.data(), covariance_types)
@many
def test_both_loops_climb_to_the_same_numbers(data, covariance_type):
    X = data.draw(tables(max_columns=4))
    K = data.draw(st.integers(1, 4))
    how = {"covariance_type": covariance_type, "reg_covar": 0}
    start = answer(lambda: initial_mixture(X, K, "random", 0, **how), *ADVICE)
    if start is None:
        return
    how |= {"tol": 0, "max_iter": 6}
    with unchanged(X):
        slow = answer(lambda: em.fit(X, start, **how), *ADVICE)
        fast = answer(lambda: engine.run(X, start, **how), *ADVICE)
    for result in (slow, fast):
        if result is not None:
            check_mixture(result.mixture)
            check_moments(X, None, result.mixture, covariance_type, 0)
            levels = result.log_likelihoods / len(X)
            check_climb(levels, X, start, result.mixture)
    if slow is not None and fast is not None:
        worst = max(sharpness(X, mixture) for mixture in (start, fast.mixture))
        if worst < 1e4:
            np.testing.assert_allclose(
                slow.log_likelihoods, fast.log_likelihoods, rtol=1e-6, atol=1e-6
            )


@given(st.data(), st.sampled_from(METHODS))
@many
def test_the_best_of_several_starts_is_right_or_refused(data, method):
    X = data.draw(tables(max_rows=16, max_columns=3))
    K, reg_covar = data.draw(st.integers(1, 4)), data.draw(st.sampled_from([0, 1e-6]))
    how = {"n_init": 2, "method": method, "reg_covar": reg_covar, "max_iter": 4}
    with unchanged(X):
        best = answer(lambda: fit_best(X, K, rng=0, **how), *ADVICE)
    if best is not None:
        check_mixture(best.mixture)
        check_moments(X, None, best.mixture, "full", reg_covar)
        if reg_covar == 0:
            check_climb(best.log_likelihoods / len(X), X, best.mixture)


@given(st.data())
@many
def test_kmeans_averages_clusters_none_of_which_is_empty(data):
    X = data.draw(tables())
    weight, K = data.draw(sample_weights(len(X))), data.draw(st.integers(1, 5))
    names = (*ADVICE, "sample_weight is zero for every point")
    with unchanged(X, weight):
        result = answer(lambda: kmeans(X, K, rng=0, sample_weight=weight), *names)
    if result is None:
        return
    labels, centers = result
    assert labels.shape == (len(X),)
    assert centers.shape == (K, X.shape[1])
    assert set(labels.tolist()) <= set(range(K))
    unit = column_units(X)
    if weight is None:
        assert set(labels.tolist()) == set(range(K))
        expected = [(X[labels == k] / unit).mean(axis=0) for k in range(K)]
        # Twice the largest number's rounding for each row that is added.
        allowed = 4 * EPS * len(X)
        np.testing.assert_allclose(centers / unit, expected, rtol=0, atol=allowed)
    else:
        assert (centers / unit >= (X / unit).min(axis=0) - 1e-9).all()
        assert (centers / unit <= (X / unit).max(axis=0) + 1e-9).all()


@given(st.data())
@settings(some, max_examples=60)
def test_a_sweep_tabulates_finite_criteria_or_refuses(data):
    X = data.draw(tables(max_rows=16, max_columns=3))
    types = data.draw(st.lists(covariance_types, min_size=1, max_size=2))
    how = {"n_init": 1, "max_iter": 3, "rng": 0}
    with unchanged(X):
        table = answer(lambda: selection.sweep(X, [1, 2], types, **how), *ADVICE)
    if table is not None:
        assert len(table) == 2 * len(types)
        assert np.isfinite(table[["log_likelihood", "aic", "bic"]].to_numpy()).all()


@given(st.data(), covariance_types)
@some
def test_a_gap_in_the_data_is_no_gap_in_the_result(data, covariance_type):
    X = data.draw(tables(exponent=60, patterns=("plain", "two groups", "rounded")))
    rng = np.random.default_rng(data.draw(seeds))
    X[rng.uniform(size=X.shape) < data.draw(st.sampled_from([0.1, 0.5, 1.0]))] = np.nan
    K = data.draw(st.integers(1, 3))
    model = GaussianMixture(
        K,
        covariance_type=covariance_type,
        relative_reg_covar=True,
        marginalize_missing=True,
        max_iter=5,
        random_state=0,
    )
    with unchanged(X), calm():
        if answer(lambda: model.fit(X), *ADVICE, "X", "feature") is None:
            return
        check_mixture(model.mixture_)
        responsibilities = model.predict_proba(X)
        assert np.isfinite(model.lower_bounds_).all()
        assert np.isfinite(model.score_samples(X)).all()
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1, atol=1e-9)


# --- Formulas ------------------------------------------------------------------------


@given(seeds, covariance_types, st.integers(1, 4), st.integers(1, 4))
@many
def test_scores_are_those_of_scipys_gaussians(seed, covariance_type, K, D):
    rng = np.random.default_rng(seed)
    X, _ = random_mixture(rng, K, D).sample(30 * K, rng)
    with calm():
        model = GaussianMixture(K, covariance_type=covariance_type, random_state=0)
        mixture = model.fit(X).mixture_
    parts = [
        np.log(weight) + multivariate_normal(mean, covariance).logpdf(X)
        for weight, mean, covariance in zip(
            mixture.weights, mixture.means, mixture.covariances, strict=True
        )
    ]
    expected = logsumexp(parts, axis=0)
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-8, atol=1e-8)


@given(seeds, covariance_types, st.integers(1, 4), st.integers(1, 4))
@some
def test_precisions_invert_covariances(seed, covariance_type, K, D):
    rng = np.random.default_rng(seed)
    X, _ = random_mixture(rng, K, D).sample(30 * K, rng)
    with calm():
        model = GaussianMixture(K, covariance_type=covariance_type, random_state=0)
        model.fit(X)
    if covariance_type in ("full", "tied"):
        product = model.precisions_ @ model.covariances_
        expected = np.broadcast_to(np.eye(D), product.shape)
    else:
        product = model.precisions_ * model.covariances_
        expected = np.ones_like(product)
    np.testing.assert_allclose(product, expected, atol=1e-8)


@given(seeds, covariance_types, st.sampled_from(METHODS), st.integers(-200, 200), seeds)
@many
def test_units_and_origin_do_not_matter(
    seed, covariance_type, method, power, shift_seed
):
    """Exactly: a power of two changes no digit, a whole shift of whole data neither."""
    rng = np.random.default_rng(seed)
    X = np.round(64 * rng.normal(size=(60, 2)) + 500 * rng.integers(0, 2, (60, 1)))
    options = {
        "n_components": 2,
        "covariance_type": covariance_type,
        "init_params": method,
        "reg_covar": 0,
        "random_state": seed % 1000,
        "max_iter": 5,
    }
    shift = np.random.default_rng(shift_seed).integers(-1000, 1000, size=2)
    with calm():
        model = GaussianMixture(**options).fit(X)
        scaled = GaussianMixture(**options).fit(X * 2.0**power)
        shifted = GaussianMixture(**options).fit(X + shift)
    np.testing.assert_array_equal(model.predict(X), scaled.predict(X * 2.0**power))
    np.testing.assert_allclose(
        scaled.predict_proba(X * 2.0**power), model.predict_proba(X), atol=1e-6
    )
    np.testing.assert_allclose(
        shifted.predict_proba(X + shift), model.predict_proba(X), atol=1e-6
    )
    np.testing.assert_allclose(
        np.subtract(model.lower_bounds_, scaled.lower_bounds_),
        2 * power * np.log(2),
        atol=1e-8 * (1 + abs(power)),
    )


extreme = st.one_of(
    st.floats(),
    st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e-150, 1e150, -1e150, 1e300]),
)


@given(st.data())
@many
def test_a_gaussian_is_finite_or_refused(data):
    D = data.draw(st.integers(1, 3))
    X = data.draw(hnp.arrays(float, (2, D), elements=extreme))
    mean = data.draw(hnp.arrays(float, D, elements=extreme))
    covariance = data.draw(hnp.arrays(float, (D, D), elements=extreme))
    if data.draw(st.booleans()):
        covariance = np.diag(np.diag(covariance))
    names = ("X", "mean", "covariance")
    calls = [
        lambda: gaussian.log_density(X, mean, covariance),
        lambda: gaussian.mahalanobis_distance(X, mean, covariance),
        lambda: gaussian.cholesky(covariance),
        lambda: gaussian.sample(mean, covariance, 3, rng=0),
        lambda: gaussian.maximum_likelihood(X)[1],
    ]
    with unchanged(X, mean, covariance):
        for call in calls:
            result = answer(call, *names)
            assert result is None or np.isfinite(result).all()


@given(st.data())
@many
def test_a_mixture_is_right_or_refused(data):
    K, D = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    weights = data.draw(
        st.one_of(
            hnp.arrays(float, K, elements=extreme),
            st.just(np.full(K, 1 / K)),
            st.just(np.eye(K)[0]),
        )
    )
    means = data.draw(hnp.arrays(float, (K, D), elements=extreme))
    variances = data.draw(hnp.arrays(float, (K, D), elements=extreme))
    with np.errstate(invalid="ignore"):
        covariances = variances[:, :, np.newaxis] * np.eye(D)
    names = ("weights", "means", "covariance")
    with unchanged(weights, means, covariances):
        mixture = answer(lambda: Mixture(weights, means, covariances), *names)
    if mixture is None:
        return
    check_mixture(mixture)
    points = np.zeros((2, D))
    drawn = answer(lambda: mixture.sample(2, rng=0)[0], "mean", "covariance")
    assert drawn is None or np.isfinite(drawn).all()
    for values in (
        answer(lambda: mixture.log_density(points), "X", "mean", "covariance"),
        answer(lambda: engine.log_density(points, mixture), "X", "mean", "covariance"),
    ):
        assert values is None or np.isfinite(values).all()


# --- The same numbers in any container -----------------------------------------------


def _numbers(*shape):
    return np.random.default_rng(0).normal(size=shape)


def _read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def _with_gaps_between(X):
    padded = np.full((3 * X.shape[0], 2 * X.shape[1]), np.nan)
    padded[::3, ::2] = X
    return padded[::3, ::2]


# Those that keep every digit of small whole numbers.
CONTAINERS = {
    **{
        np.dtype(kind).name: lambda X, kind=kind: X.astype(kind)
        for kind in ("i1", "u1", "i8", "u8", "f2", "f4", "f8", "g", ">f8", "O")
    },
    "column by column": np.asfortranarray,
    "read-only": _read_only,
    "with gaps between": _with_gaps_between,
    "read backwards": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "masked, nothing hidden": np.ma.masked_array,
    "lists": np.ndarray.tolist,
    "tuples": lambda X: tuple(map(tuple, X.tolist())),
    "list of arrays": list,
    "table": pd.DataFrame,
    "table of integers with room for gaps": lambda X: pd.DataFrame(X).astype("Int64"),
    "table of floats with room for gaps": lambda X: pd.DataFrame(X).astype("Float64"),
    "table of mixed types": lambda X: pd.DataFrame(X).astype({0: "int8"}),
}


@pytest.mark.parametrize("container", CONTAINERS)
@given(seeds, st.sampled_from(METHODS), covariance_types)
@settings(max_examples=15)
def test_the_container_does_not_matter(container, seed, method, covariance_type):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 9, size=(20, 3)).astype(float)
    X[:10] += 50
    given_X = CONTAINERS[container](X)
    model, expected = (
        GaussianMixture(
            2,
            covariance_type=covariance_type,
            init_params=method,
            random_state=0,
            max_iter=5,
        )
        for _ in range(2)
    )
    with calm():
        model.fit(given_X)
        expected.fit(X)
        np.testing.assert_allclose(model.means_, expected.means_, rtol=1e-6)
        np.testing.assert_allclose(
            model.score_samples(given_X), expected.score_samples(X), rtol=1e-5
        )
        np.testing.assert_array_equal(model.predict(given_X), expected.predict(X))
    if isinstance(given_X, np.ndarray):
        np.testing.assert_array_equal(given_X.astype(float), X)


@pytest.mark.parametrize("names", [["a", "a", "a"], ["a", 1, 2.0], [0, 0, None]])
def test_odd_names_of_columns_are_no_obstacle_or_are_named(names):
    X = _numbers(20, 3)
    table = pd.DataFrame(X, columns=names)
    model = GaussianMixture(2, random_state=0, max_iter=5)
    # scikit-learn wants names to be unique and of one type.
    allowed = ("unique column names", "feature names", "Feature names")
    with calm():
        if answer(lambda: model.fit(table), *allowed) is not None:
            check_model(model, X, None)
    best = fit_best(table, 2, n_init=1, rng=0)
    np.testing.assert_allclose(
        best.mixture.means, fit_best(X, 2, n_init=1, rng=0).mixture.means
    )


@given(seeds, st.sampled_from(["f2", "f4", "g", "?"]))
@some
def test_few_digits_or_truth_values_are_numbers_too(seed, kind):
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(20, 2)) * 3).astype(kind)
    model = GaussianMixture(2, random_state=0, max_iter=5)
    with unchanged(X), calm():
        check_model(model.fit(X), X.astype(float), None)


# --- What is no table of numbers -----------------------------------------------------


def _with(value):
    X = _numbers(6, 2)
    X[3, 1] = value
    return X


NONSENSE = {
    "None": lambda: None,
    "a number": lambda: 3.0,
    "a word": lambda: "some words",
    "bytes": lambda: b"bytes",
    "an object": object,
    "a type": lambda: GaussianMixture,
    "a function that returns nothing": lambda: lambda: None,
    "0-d": lambda: np.array(3.0),
    "1-d": lambda: _numbers(6),
    "3-d": lambda: _numbers(6, 2, 2),
    "no rows": lambda: np.empty((0, 2)),
    "no columns": lambda: np.empty((6, 0)),
    "nothing": lambda: np.empty((0, 0)),
    "empty list": list,
    "list of empty lists": lambda: [[], []],
    "list of numbers": lambda: [1.0, 2.0, 3.0],
    "tuple of numbers": lambda: (1.0, 2.0, 3.0),
    "ragged": lambda: [[1.0, 2.0], [3.0], [4.0, 5.0]],
    "ragged array": lambda: np.array([[1.0], [2.0, 3.0], [4.0]], dtype=object),
    "ragged in depth": lambda: [[1.0, [2.0]], [3.0, 4.0]],
    "text": lambda: np.array([["a", "b"], ["c", "d"], ["e", "f"]]),
    "words in a list": lambda: [["one", "2"], ["3", "4"], ["5", "6"]],
    "objects with text": lambda: np.array([[1, "a"], [2, "b"], [3, "c"]], dtype=object),
    "objects with None": lambda: np.array([[1, None], [2, 3], [4, 5]], dtype=object),
    "numbers beyond all floats": lambda: [[1, 10**400], [2, 3], [4, 5]],
    "complex": lambda: _numbers(6, 2) + 1j,
    "dates": lambda: np.zeros((6, 2), dtype="datetime64[D]"),
    "records": lambda: np.zeros(6, dtype=[("a", float), ("b", float)]),
    "NaN": lambda: _with(np.nan),
    "infinity": lambda: _with(np.inf),
    "minus infinity": lambda: _with(-np.inf),
    "too large": lambda: _with(1e200),
    "too large for float32": lambda: _with(np.inf).astype(np.float32),
    "masked": lambda: np.ma.masked_greater(_numbers(6, 2), 0.0),
    "sparse": lambda: sparse.csr_array(_numbers(6, 2)),
    "sparse matrix": lambda: sparse.coo_matrix(_numbers(6, 2)),
    "generator": lambda: (row for row in _numbers(6, 2)),
    "dict": lambda: {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]},
    "set": lambda: {1.0, 2.0, 3.0},
    "Series": lambda: pd.Series([1.0, 2.0, 3.0]),
    "table with text": lambda: pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
    "table with gaps": lambda: pd.DataFrame({"a": [1.0, None], "b": [3.0, 4.0]}),
    "nullable table with gaps": lambda: pd.DataFrame(
        {"a": pd.array([1, None, 3], dtype="Int64"), "b": [3.0, 4.0, 5.0]}
    ),
    "table with dates": lambda: pd.DataFrame({"a": pd.date_range("2020", periods=3)}),
    "table without rows": lambda: pd.DataFrame({"a": [], "b": []}),
    "table without columns": lambda: pd.DataFrame(index=range(3)),
}


def _start():
    return Mixture([0.5, 0.5], [[-1.0, 0.0], [1.0, 0.0]], [np.eye(2)] * 2)


def _fitted():
    return GaussianMixture(2, random_state=0).fit(_numbers(20, 2))


ENTRIES = {
    "GaussianMixture.fit": lambda X: GaussianMixture(2).fit(X),
    "GaussianMixture.fit_predict": lambda X: GaussianMixture(2).fit_predict(X),
    **{
        f"GaussianMixture.{name}": lambda X, name=name: getattr(_fitted(), name)(X)
        for name in ("predict", "predict_proba", "score_samples", "score", "aic", "bic")
    },
    "em.fit": lambda X: em.fit(X, _start()),
    "em.e_step": lambda X: em.e_step(X, _start()),
    "engine.run": lambda X: engine.run(X, _start()),
    "engine.log_density": lambda X: engine.log_density(X, _start()),
    "fit_best": lambda X: fit_best(X, 2, n_init=1),
    "kmeans": lambda X: kmeans(X, 2),
    "sweep": lambda X: selection.sweep(X, [1, 2], n_init=1),
    "Mixture.log_density": lambda X: _start().log_density(X),
    "maximum_likelihood": lambda X: gaussian.maximum_likelihood(X),
    "gaussian.log_density": lambda X: gaussian.log_density(X, [0.0, 0.0], np.eye(2)),
}
# Blocks of rows have another name, and scikit-learn wants some sentences to be its own.
ITS_NAMES = (
    "X",
    "block",
    "Found array with",
    "Expected 2D array",
    "Expected a 2-dimensional container",
    "Complex data not supported",
    "sparse",
)


@pytest.mark.parametrize("what", NONSENSE)
@pytest.mark.parametrize("entry", ENTRIES)
def test_nonsense_for_data_is_refused_by_name(entry, what):
    must_refuse(lambda: ENTRIES[entry](NONSENSE[what]()), *ITS_NAMES)


@given(
    hnp.arrays(
        hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)
    )
)
@some
def test_any_array_is_answered_or_refused(X):
    model = GaussianMixture(2, random_state=0, max_iter=2)
    with calm():
        if answer(lambda: model.fit(X), *ITS_NAMES, *ADVICE) is not None:
            check_mixture(model.mixture_)
            check_predictions(model, np.asarray(X).astype(float))


WEIGHTS = {
    "words": lambda: "words",
    "NaN": lambda: np.nan,
    "minus one": lambda: -1,
    "too few": lambda: np.ones(5),
    "a table": lambda: np.ones((20, 2)),
    "a negative one": lambda: np.r_[-1.0, np.ones(19)],
    "NaN among them": lambda: np.r_[np.nan, np.ones(19)],
    "infinity among them": lambda: np.r_[np.inf, np.ones(19)],
    "all zero": lambda: np.zeros(20),
    "zero": lambda: 0,
    "text": lambda: ["a"] * 20,
    "None among them": lambda: [None] * 20,
    "complex": lambda: np.ones(20) + 1j,
    "ragged": lambda: [[1.0], [2.0, 3.0]] * 10,
    "object": object,
    "dict": dict,
    "generator": lambda: (1.0 for _ in range(20)),
    "sparse": lambda: sparse.csr_array(np.ones((1, 20))),
    "masked": lambda: np.ma.masked_less(np.arange(20.0), 3),
}
WEIGHTED = {
    "GaussianMixture.fit": lambda X, w: GaussianMixture(2).fit(X, sample_weight=w),
    "engine.run": lambda X, w: engine.run(X, _start(), sample_weight=w),
    "kmeans": lambda X, w: kmeans(X, 2, sample_weight=w),
    "initial_mixture": lambda X, w: initial_mixture(X, 2, sample_weight=w),
}


@pytest.mark.parametrize("what", WEIGHTS)
@pytest.mark.parametrize("entry", WEIGHTED)
def test_nonsense_for_weights_is_refused_by_name(entry, what):
    call, weight = WEIGHTED[entry], WEIGHTS[what]()
    must_refuse(lambda: call(_numbers(20, 2), weight), "sample_weight")


@given(st.integers(-320, 308), covariance_types, st.sampled_from(METHODS))
@some
def test_the_unit_of_the_weights_does_not_matter_or_is_refused(
    power, covariance_type, method
):
    X, weight = _numbers(30, 2), np.arange(1.0, 31.0)
    how = {"covariance_type": covariance_type, "init_params": method, "max_iter": 5}
    model, expected = (GaussianMixture(2, random_state=0, **how) for _ in range(2))
    with calm():
        tiny = 10.0**power * weight if power < 307 else np.full(30, 1e308)
        call = lambda: model.fit(X, sample_weight=tiny)  # noqa: E731
        if answer(call, "sample_weight") is None or not 1e-290 < 10.0**power < 1e300:
            return
        expected.fit(X, sample_weight=weight)
        check_model(model, X, tiny)
    np.testing.assert_allclose(model.means_, expected.means_, rtol=1e-2, atol=1e-2)


# --- Constructor ---------------------------------------------------------------------

NUMBERS = ("n_components", "tol", "reg_covar", "max_iter", "n_init", "verbose_interval")
WHOLE = {"n_components", "max_iter", "n_init", "verbose_interval", "verbose"}
CHOICES = ("covariance_type", "init_params")
ARRAYS = ("weights_init", "means_init", "precisions_init")
SWITCHES = ("warm_start", "relative_reg_covar", "marginalize_missing")
NO_VALUE = {
    "text": "text",
    "bytes": b"full",
    "NaN": np.nan,
    "minus one": -1,
    "minus infinity": -np.inf,
    "infinity": np.inf,
    "imaginary": 1j,
    "array": np.array([1, 2, 3, 4, 5]),
    "empty array": np.array([]),
    "array of NaN": np.full((2, 2), np.nan),
    "array of text": np.array(["full", "tied"]),
    "ragged list": [[1.0], [2.0, 3.0]],
    "dict": {},
    "object": object(),
    "class": int,
}


@pytest.mark.parametrize("what", NO_VALUE)
@pytest.mark.parametrize(
    "name", [*NUMBERS, *CHOICES, *ARRAYS, *SWITCHES, "random_state", "verbose"]
)
def test_nonsense_for_a_parameter_is_refused_by_name(name, what):
    arguments = {"n_components": 2, "random_state": 0} | {name: NO_VALUE[what]}
    must_refuse(lambda: GaussianMixture(**arguments).fit(_numbers(20, 2)), name)


ALMOST = {
    "None": None,
    "True": True,
    "NumPy's True": np.True_,
    "beyond all floats": 10**400,
    "a digit as text": "2",
    "a number in a list": [2],
}


@pytest.mark.parametrize("what", ALMOST)
@pytest.mark.parametrize("name", [*NUMBERS, *CHOICES])
def test_what_is_almost_a_number_is_refused_by_name(name, what):
    if what == "beyond all floats" and name in WHOLE - {"n_components"}:
        pytest.skip("So many iterations are a matter of patience, not of sense.")
    arguments = {"n_components": 2, "random_state": 0} | {name: ALMOST[what]}
    must_refuse(lambda: GaussianMixture(**arguments).fit(_numbers(20, 2)), name)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.float16, np.float32])
@pytest.mark.parametrize("name", [*NUMBERS, "random_state", "verbose"])
def test_numbers_of_numpy_are_numbers(name, kind, capsys):
    if np.issubdtype(kind, np.floating) and name in {*WHOLE, "random_state"}:
        pytest.skip("A whole number must be of a whole type.")
    arguments = {"n_components": 2, "random_state": 0, "max_iter": 10} | {name: 2}
    X = _numbers(20, 2)
    with calm():
        expected = GaussianMixture(**arguments).fit(X)
        model = GaussianMixture(**arguments | {name: kind(2)}).fit(X)
        check_model(model, X, None)
    np.testing.assert_array_equal(model.means_, expected.means_)


@pytest.mark.parametrize("name", ["reg_covar", "tol"])
@pytest.mark.parametrize("value", [0, 5e-324, 1e-300, 1e300, 1.7e308])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_extreme_numbers_are_answered_or_refused_by_name(name, value, covariance_type):
    X = _numbers(20, 2)
    model = GaussianMixture(
        2, random_state=0, covariance_type=covariance_type, **{name: value}
    )
    with calm():
        if answer(lambda: model.fit(X), name) is not None:
            check_model(model, X, None)


numbers = st.one_of(st.floats(), st.integers(-5, 5), st.sampled_from([1e-200, 1e200]))


@given(st.data())
@many
def test_a_given_start_is_used_or_refused_by_name(data):
    K, D = 2, 2
    covariance_type = data.draw(covariance_types)
    shapes = {
        "weights_init": (K,),
        "means_init": (K, D),
        "precisions_init": {
            "full": (K, D, D),
            "tied": (D, D),
            "diag": (K, D),
            "spherical": (K,),
        }[covariance_type],
    }
    chosen = data.draw(st.sets(st.sampled_from(ARRAYS), min_size=1))
    arguments = {
        name: data.draw(hnp.arrays(float, shapes[name], elements=numbers))
        for name in chosen
    }
    if "weights_init" in chosen and data.draw(st.booleans()):
        arguments["weights_init"] = np.array([0.25, 0.75])
    model = GaussianMixture(
        K, covariance_type=covariance_type, random_state=0, max_iter=3, **arguments
    )
    X = _numbers(20, D)
    names = (*chosen, *ADVICE)
    with unchanged(*arguments.values()), calm():
        if answer(lambda: model.fit(X), *names) is not None:
            check_model(model, X, None)


@pytest.mark.parametrize("n_samples", [0, -1, 2.5, "3", None, np.nan, [3], True, 1j])
def test_nonsense_for_the_number_of_draws_is_refused_by_name(n_samples):
    must_refuse(lambda: _fitted().sample(n_samples), "n_samples")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("weights", "means", "covariances")
        for value in NO_VALUE.values()
    ],
)
def test_nonsense_for_a_mixture_is_refused_by_name(name, value):
    arguments = {"weights": [1.0], "means": [[0.0]], "covariances": [[[1.0]]]}
    must_refuse(lambda: Mixture(**arguments | {name: value}), name, "covariance")
