"""The estimator: scikit-learn's numbers through scikit-learn's interface."""

import pickle
import re
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn import mixture as scikit_learn_mixture
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from strategies import covariance_types, mixtures_with_data, random_mixture, seeds
from threadpoolctl import threadpool_limits

import gmm_from_scratch
from gmm_from_scratch import (
    GaussianMixture,
    load_mall_customers,
    load_old_faithful,
    load_penguins,
    missing,
)
from gmm_from_scratch.covariance import precisions_cholesky
from gmm_from_scratch.datasets import PENGUIN_FEATURES
from gmm_from_scratch.em import EmptyComponentError
from gmm_from_scratch.initialization import METHODS
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.validation import COVARIANCE_TYPES

DATA = {
    "old_faithful": lambda: load_old_faithful().to_numpy(dtype=float),
    "penguins": lambda: load_penguins(return_X_y=True)[0],
    "iris": lambda: load_iris().data,
    "wine": lambda: load_wine().data,
}
PARAMETERS = (
    "weights_",
    "means_",
    "covariances_",
    "precisions_",
    "precisions_cholesky_",
)
# Starts that depend on the data alone, whatever the order and number of its rows.
WEIGHTED_METHODS = ("kmeans", "k-means++")


# Rounded measurements often make a component flat, which is not the point here.
tolerates_collapse = pytest.mark.filterwarnings("ignore:of the . components")


@parametrize_with_checks([GaussianMixture(), GaussianMixture(marginalize_missing=True)])
def test_scikit_learns_conformance_checks(estimator, check):
    check(estimator)


def both(X, K, covariance_type, **options):
    """Fit our estimator and scikit-learn's from the same start."""
    start = GaussianMixture(
        K, covariance_type=covariance_type, random_state=0, max_iter=0
    ).fit(X)
    options = {
        "n_components": K,
        "covariance_type": covariance_type,
        "weights_init": start.weights_,
        "means_init": start.means_,
        "precisions_init": start.precisions_,
        "max_iter": 500,
    } | options
    ours = GaussianMixture(**options).fit(X)
    theirs = scikit_learn_mixture.GaussianMixture(**options).fit(X)
    return ours, theirs


@pytest.mark.parametrize("K", [1, 2, 3])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", DATA)
def test_same_start_gives_scikit_learns_result(name, covariance_type, K):
    X = DATA[name]()
    ours, theirs = both(X, K, covariance_type)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.converged_ == theirs.converged_
    for parameter in PARAMETERS:
        mine, yours = getattr(ours, parameter), getattr(theirs, parameter)
        assert mine.shape == yours.shape
        # Relative to the parameter's scale, so that a covariance of zero may differ
        # from 1e-17.
        scale = np.abs(yours).max()
        np.testing.assert_allclose(mine, yours, rtol=1e-8, atol=1e-11 * scale)
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-10)
    np.testing.assert_allclose(
        ours.predict_proba(X), theirs.predict_proba(X), atol=1e-8
    )
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X))
    for criterion in ("score", "aic", "bic"):
        mine, yours = getattr(ours, criterion)(X), getattr(theirs, criterion)(X)
        assert mine == pytest.approx(yours, rel=1e-10)


@pytest.mark.parametrize("tol", [1e-2, 1e-5])
def test_iterations_are_counted_as_scikit_learn_does(tol):
    ours, theirs = both(DATA["iris"](), 3, "full", tol=tol)
    assert ours.n_iter_ == theirs.n_iter_
    assert len(ours.lower_bounds_) == ours.n_iter_
    assert ours.lower_bounds_[-1] == ours.lower_bound_


def test_parameters_and_defaults_are_scikit_learns():
    theirs = scikit_learn_mixture.GaussianMixture().get_params()
    more = {"relative_reg_covar": False, "marginalize_missing": False}
    assert GaussianMixture().get_params() == theirs | more


@pytest.mark.parametrize("init_params", METHODS)
def test_every_initialization_and_seed(init_params):
    X = DATA["old_faithful"]()
    # A random start is so close to a saddle point that a loose tol would stop there.
    options = {"init_params": init_params, "max_iter": 1000, "tol": 1e-7}
    one, two = (GaussianMixture(2, random_state=7, **options).fit(X) for _ in range(2))
    np.testing.assert_array_equal(one.means_, two.means_)
    assert one.score(X) * len(X) == pytest.approx(-1130.264, abs=1e-3)


def test_random_state_may_be_shared():
    X, shared = DATA["iris"](), np.random.RandomState(0)
    one, two = (
        GaussianMixture(4, init_params="random", random_state=shared, tol=1e-1).fit(X)
        for _ in range(2)
    )
    assert not np.array_equal(one.means_, two.means_)


def test_n_init_keeps_the_best():
    X = DATA["wine"]()
    options = {"init_params": "random_from_data", "random_state": 1, "max_iter": 300}
    one = GaussianMixture(4, covariance_type="diag", n_init=1, **options).fit(X)
    ten = GaussianMixture(4, covariance_type="diag", n_init=10, **options).fit(X)
    assert ten.lower_bound_ > one.lower_bound_


def test_too_few_iterations_warn_and_no_iterations_keep_the_start():
    X = DATA["iris"]()
    with pytest.warns(ConvergenceWarning, match="max_iter=1 .*raise max_iter or tol"):
        GaussianMixture(3, max_iter=1, random_state=0).fit(X)
    means = X[[0, 60, 120]]
    model = GaussianMixture(3, max_iter=0, means_init=means, random_state=0).fit(X)
    np.testing.assert_array_equal(model.means_, means)
    theirs = scikit_learn_mixture.GaussianMixture(3, max_iter=0, means_init=means)
    theirs.fit(X)
    for name in ("n_iter_", "lower_bound_", "converged_"):
        assert getattr(model, name) == getattr(theirs, name)
    # Older scikit-learns do not have this attribute.
    assert model.lower_bounds_ == getattr(theirs, "lower_bounds_", [])


def test_warm_start_goes_on():
    X = DATA["iris"]()
    model = GaussianMixture(3, max_iter=2, random_state=0, warm_start=True, tol=1e-9)
    with pytest.warns(ConvergenceWarning):
        first = model.fit(X).lower_bound_
    with pytest.warns(ConvergenceWarning):
        second = model.fit(X).lower_bound_
    straight = GaussianMixture(3, max_iter=4, random_state=0, tol=1e-9)
    with pytest.warns(ConvergenceWarning):
        straight.fit(X)
    assert second > first
    np.testing.assert_allclose(model.means_, straight.means_)


def test_a_warm_started_loop_ends_when_scikit_learns_does():
    ours, theirs = (
        module.GaussianMixture(
            3,
            means_init=DATA["iris"]()[[0, 60, 120]],
            precisions_init=[np.eye(4)] * 3,
            weights_init=[0.3, 0.3, 0.4],
            warm_start=True,
            max_iter=2,
        )
        for module in (gmm_from_scratch, scikit_learn_mixture)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(12):
            ours.fit(DATA["iris"]())
            theirs.fit(DATA["iris"]())
            assert (ours.n_iter_, ours.converged_) == (
                theirs.n_iter_,
                theirs.converged_,
            )
    assert ours.converged_


def test_a_start_given_in_full_needs_no_other():
    """No k-means, which would find the lonely point and fail, and no random numbers."""
    X = np.vstack([np.random.default_rng(0).normal(size=(40, 2)), [[100.0, 100.0]]])
    shared = np.random.RandomState(0)  # noqa: NPY002
    before = shared.get_state()[1].copy()
    model = GaussianMixture(
        2,
        weights_init=[0.5, 0.5],
        means_init=[[0, 0], [1, 1]],
        precisions_init=[np.eye(2) / 900] * 2,
        reg_covar=0,
        n_init=3,
        max_iter=2,
        tol=1e9,
        random_state=shared,
    ).fit(X)
    assert model.n_iter_ == 2
    np.testing.assert_array_equal(shared.get_state()[1], before)


def test_reg_covar_reaches_start_and_run():
    X = DATA["iris"]()
    for max_iter in [0, 100]:
        model = GaussianMixture(2, reg_covar=50.0, max_iter=max_iter, random_state=0)
        diagonals = np.diagonal(model.fit(X).covariances_, axis1=1, axis2=2)
        assert (diagonals > 50).all()


def test_verbose_prints_progress(capsys):
    GaussianMixture(2, verbose=2, verbose_interval=1, random_state=0).fit(
        DATA["iris"]()
    )
    printed = capsys.readouterr().out
    assert "converged=True" in printed
    assert "iteration 1: log-likelihood" in printed
    assert "iteration 2: log-likelihood" in printed
    GaussianMixture(2, verbose=2, verbose_interval=5, random_state=0).fit(
        DATA["iris"]()
    )
    assert "iteration 2: log-likelihood" not in capsys.readouterr().out


def test_sample_comes_from_the_fitted_mixture():
    X = DATA["old_faithful"]()
    model = GaussianMixture(2, random_state=0).fit(X)
    drawn, components = model.sample(20_000)
    assert (np.diff(components) >= 0).all()
    assert (model.predict(drawn) == components).mean() > 0.98
    np.testing.assert_allclose(drawn.mean(axis=0), X.mean(axis=0), rtol=0.02)
    shares = np.bincount(components) / len(components)
    np.testing.assert_allclose(shares, model.weights_, atol=0.02)


def test_frames_pipelines_searches_clones_and_pickles():
    frame = pd.DataFrame(DATA["iris"](), columns=list("abcd"))
    model = GaussianMixture(3, random_state=0)
    pipeline = make_pipeline(StandardScaler(), model).fit(frame)
    assert len(pipeline.predict(frame)) == 150
    search = GridSearchCV(model, {"n_components": [1, 3]}).fit(frame)
    assert search.best_params_ == {"n_components": 3}
    model.fit(frame)
    assert model.feature_names_in_.tolist() == list("abcd")
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.predict_proba(frame), model.predict_proba(frame)
    )
    assert clone(model).get_params() == model.get_params()
    assert "GaussianMixture" in model._repr_html_()
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("dcba")])


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n_components": 0}, ValueError, "n_components must be at least 1"),
        ({"n_components": 2.0}, TypeError, "n_components must be a whole number"),
        ({"n_components": 300}, ValueError, "150 rows, fewer than n_components=300"),
        ({"covariance_type": "round"}, ValueError, "covariance_type"),
        ({"init_params": "luck"}, ValueError, "init_params must be one of"),
        ({"tol": -1}, ValueError, "tol must"),
        ({"reg_covar": "x"}, TypeError, "reg_covar must"),
        ({"max_iter": -1}, ValueError, "max_iter must"),
        ({"n_init": 0}, ValueError, "n_init must"),
        ({"weights_init": [0.5]}, ValueError, r"weights_init must have shape \(2,\)"),
        ({"weights_init": [0.5, 0.6]}, ValueError, "sum to 1.1"),
        ({"means_init": [[0.0]]}, ValueError, r"means_init must have shape \(2, 4\)"),
        ({"precisions_init": np.eye(4)}, ValueError, "precisions_init must have shape"),
        (
            {"precisions_init": -np.ones((2, 4, 4))},
            ValueError,
            "precisions_init must hold inverse",
        ),
        ({"verbose": -1}, ValueError, "verbose must be at least 0"),
    ],
)
def test_impossible_parameters_are_explained(options, error, words):
    with pytest.raises(error, match=words):
        GaussianMixture(**{"n_components": 2} | options).fit(load_iris().data)


def test_a_table_with_text_or_gaps_is_explained():
    model = GaussianMixture(2, random_state=0)
    with pytest.raises(
        TypeError, match="columns that do not hold numbers: 'CustomerID'"
    ):
        model.fit(load_mall_customers())
    penguins = load_penguins()[PENGUIN_FEATURES]
    with pytest.raises(ValueError, match="NaN .* row 3, column 0"):
        model.fit(penguins)
    model.fit(penguins.dropna())
    with pytest.raises(ValueError, match="NaN .* row 3, column 0"):
        model.predict(penguins)


def test_unfitted_models_say_so():
    with pytest.raises(NotFittedError, match="not fitted yet"):
        GaussianMixture().predict([[0.0]])
    with pytest.raises(NotFittedError, match="not fitted yet"):
        GaussianMixture().sample()


# --- Weights of the points -----------------------------------------------------------


def assert_same_fit(one, two):
    assert one.n_iter_ == two.n_iter_
    assert one.converged_ == two.converged_
    for parameter in PARAMETERS:
        mine, yours = getattr(one, parameter), getattr(two, parameter)
        scale = np.abs(yours).max()
        np.testing.assert_allclose(mine, yours, rtol=1e-8, atol=1e-9 * scale)
    np.testing.assert_allclose(one.lower_bounds_, two.lower_bounds_, rtol=1e-8)
    assert one.lower_bound_ == pytest.approx(two.lower_bound_, rel=1e-8)


def some_parameters(X, K, covariance_type, which):
    """Choose a start by hand, or a part of it."""
    spread = X.var(axis=0)
    precisions = {
        "full": np.repeat(np.diag(1 / spread)[np.newaxis], K, axis=0),
        "tied": np.diag(1 / spread),
        "diag": np.repeat(1 / spread[np.newaxis], K, axis=0),
        "spherical": np.full(K, 1 / spread.mean()),
    }[covariance_type]
    every = {
        "weights_init": np.arange(1.0, K + 1) / (K * (K + 1) / 2),
        "means_init": X[:: len(X) // K][:K],
        "precisions_init": precisions,
    }
    return {name: every[name] for name in which}


@tolerates_collapse
@pytest.mark.parametrize("init_params", WEIGHTED_METHODS)
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", DATA)
def test_whole_weights_are_repeated_rows(name, covariance_type, init_params):
    X = DATA[name]()
    for seed, K in enumerate([1, 2, 3, 4]):
        weight = np.random.default_rng(seed).integers(0, 40, size=len(X))
        repeated = np.repeat(X, weight, axis=0)
        options = {
            "covariance_type": covariance_type,
            "init_params": init_params,
            "max_iter": 500,
            "random_state": seed,
        }
        weighted = GaussianMixture(K, **options).fit(X, sample_weight=weight)
        plain = GaussianMixture(K, **options).fit(repeated)
        assert_same_fit(weighted, plain)
        np.testing.assert_array_equal(weighted.predict(X), plain.predict(X))
        np.testing.assert_allclose(
            weighted.predict_proba(X), plain.predict_proba(X), atol=1e-8
        )


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize(
    "which",
    [
        ["weights_init"],
        ["means_init"],
        ["precisions_init"],
        ["weights_init", "means_init", "precisions_init"],
    ],
)
def test_whole_weights_are_repeated_rows_from_a_given_start(which, covariance_type):
    X = DATA["penguins"]()
    weight = np.random.default_rng(1).integers(0, 40, size=len(X))
    options = some_parameters(X, 3, covariance_type, which) | {
        "covariance_type": covariance_type,
        "max_iter": 1000,
        "random_state": 2,
    }
    weighted = GaussianMixture(3, **options).fit(X, sample_weight=weight)
    plain = GaussianMixture(3, **options).fit(np.repeat(X, weight, axis=0))
    assert weighted.n_iter_ > 1
    assert_same_fit(weighted, plain)


@given(seeds, covariance_types, st.sampled_from(METHODS))
@settings(max_examples=50)
def test_rows_of_weight_zero_are_as_good_as_absent(seed, covariance_type, method):
    rng = np.random.default_rng(seed)
    X, _ = random_mixture(rng, 3, 2).sample(120, rng)
    weight = rng.uniform(0.5, 3, size=120)
    # Rows without weight stand anywhere, also far from the others.
    padded, weights = np.vstack([X, 1e3 * rng.normal(size=(60, 2))]), np.zeros(180)
    weights[:120] = weight
    order = np.argsort(rng.uniform(size=180), kind="stable")
    order[np.sort(np.flatnonzero(order < 120))] = np.arange(120)
    options = {
        "covariance_type": covariance_type,
        "init_params": method,
        "random_state": seed,
        "max_iter": 5,
        "tol": 0,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        one = GaussianMixture(2, **options)
        one.fit(padded[order], sample_weight=weights[order])
        two = GaussianMixture(2, **options).fit(X, sample_weight=weight)
    for parameter in ("weights_", "means_", "covariances_", "lower_bound_"):
        mine, yours = getattr(one, parameter), getattr(two, parameter)
        np.testing.assert_allclose(mine, yours, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "distance",
    [
        1e3,
        1e6,
        1e12,
        1e100,
    ],
)
def test_a_row_of_weight_zero_may_be_as_far_away_as_it_likes(distance):
    X = DATA["iris"]()
    padded = np.vstack([X, np.full((1, 4), distance)])
    weight = np.append(np.ones(len(X)), 0)
    one = GaussianMixture(3, random_state=0).fit(padded, sample_weight=weight)
    assert_same_fit(one, GaussianMixture(3, random_state=0).fit(X))


@tolerates_collapse
@pytest.mark.parametrize(
    ("constant", "methods"),
    [
        (1, METHODS),
        (2.0, METHODS),
        (1_000_000, METHODS),
        (0.5, ("random", "random_from_data")),
        (1e-3, ("random", "random_from_data")),
        (0.5, WEIGHTED_METHODS),
        (1e150, WEIGHTED_METHODS),
    ],
)
def test_equal_weights_change_nothing(constant, methods):
    X = DATA["iris"]()
    for method in methods:
        for seed in range(3):
            options = {"init_params": method, "random_state": seed, "max_iter": 1000}
            plain = GaussianMixture(3, **options).fit(X)
            for weight in [constant, np.full(len(X), constant)]:
                model = GaussianMixture(3, **options).fit(X, sample_weight=weight)
                assert_same_fit(model, plain)


@given(seeds, covariance_types, st.floats(-100, 10), st.sampled_from(METHODS))
@settings(max_examples=30)
def test_only_the_ratios_of_weights_matter(seed, covariance_type, exponent, method):
    rng = np.random.default_rng(seed)
    X, _ = random_mixture(rng, 3, 2).sample(90, rng)
    weight = rng.uniform(0.1, 5, size=90)
    options = {
        "covariance_type": covariance_type,
        "init_params": method,
        "random_state": seed,
        "max_iter": 5,
        "tol": 0,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        one, two = (
            GaussianMixture(2, **options).fit(X, sample_weight=w)
            for w in [weight, weight * 10.0**exponent]
        )
    for parameter in ("weights_", "means_", "covariances_", "lower_bounds_"):
        mine, yours = getattr(one, parameter), getattr(two, parameter)
        np.testing.assert_allclose(mine, yours, rtol=1e-6, atol=1e-6)


def test_weights_may_come_in_many_forms():
    X = DATA["iris"]()
    weight = np.arange(150) % 3
    plain = GaussianMixture(3, random_state=0).fit(X, sample_weight=weight)
    forms = [
        weight.tolist(),
        tuple(weight),
        pd.Series(weight, index=range(150, 0, -1)),
        weight.astype(np.float32),
        weight.astype(np.uint8),
        np.repeat(weight, 2)[::2],
    ]
    for form in forms:
        model = GaussianMixture(3, random_state=0).fit(X, sample_weight=form)
        np.testing.assert_array_equal(model.means_, plain.means_)
    some = np.arange(150) % 2 == 0
    half = GaussianMixture(3, random_state=0).fit(X, sample_weight=some)
    assert_same_fit(half, GaussianMixture(3, random_state=0).fit(X[some]))


def test_weights_and_points_are_left_alone():
    X, weight = DATA["iris"](), np.arange(150.0)
    GaussianMixture(3, random_state=0).fit(X, sample_weight=weight)
    np.testing.assert_array_equal(X, DATA["iris"]())
    np.testing.assert_array_equal(weight, np.arange(150.0))


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_weighted_warm_start_goes_on_and_stops_as_repeated_rows_do(covariance_type):
    X = DATA["wine"]()
    weight = np.random.default_rng(3).integers(0, 40, size=len(X))
    options = {
        "covariance_type": covariance_type,
        "warm_start": True,
        "max_iter": 2,
        "random_state": 0,
    }
    weighted, plain = (GaussianMixture(3, **options) for _ in range(2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(500):
            weighted.fit(X, sample_weight=weight)
            plain.fit(np.repeat(X, weight, axis=0))
            assert_same_fit(weighted, plain)
            if plain.converged_:
                break
    assert weighted.converged_
    # Nothing moves any more, and the first change is measured from the last fit.
    assert weighted.fit(X, sample_weight=weight).n_iter_ == 1
    # Nor does it if the same weights are measured in other units.
    assert weighted.fit(X, sample_weight=7.5 * weight).n_iter_ == 1


def test_the_best_of_several_weighted_starts_is_kept():
    X = DATA["wine"]()
    weight = np.random.default_rng(0).uniform(0.2, 2, size=len(X))
    options = {"init_params": "random_from_data", "random_state": 1, "max_iter": 300}
    one, ten = (
        GaussianMixture(4, covariance_type="diag", n_init=n, **options).fit(
            X, sample_weight=weight
        )
        for n in [1, 10]
    )
    assert ten.lower_bound_ > one.lower_bound_
    # lower_bound_ is the mean that the weights make.
    last = np.average(ten.score_samples(X), weights=weight)
    assert ten.lower_bound_ == pytest.approx(last, abs=2 * ten.tol)


@given(seeds, st.sampled_from(WEIGHTED_METHODS))
@settings(max_examples=25)
def test_fit_predict_takes_weights(seed, method):
    X = DATA["old_faithful"]()
    weight = np.random.default_rng(seed).integers(0, 40, size=len(X))
    options = {"init_params": method, "random_state": 0, "max_iter": 1000}
    labels = GaussianMixture(2, **options).fit_predict(X, sample_weight=weight)
    model = GaussianMixture(2, **options).fit(X, sample_weight=weight)
    assert labels.shape == (len(X),)
    np.testing.assert_array_equal(labels, model.predict(X))
    repeated = np.repeat(X, weight, axis=0)
    np.testing.assert_array_equal(
        np.repeat(labels, weight), GaussianMixture(2, **options).fit_predict(repeated)
    )


@pytest.mark.parametrize(
    ("weight", "error", "words"),
    [
        (np.arange(150.0) - 3, ValueError, "must not be negative, but entry 0 is -3"),
        (np.where(np.arange(150) == 7, np.nan, 1.0), ValueError, "NaN or infinity"),
        (np.where(np.arange(150) == 7, np.inf, 1.0), ValueError, "NaN or infinity"),
        (np.zeros(150), ValueError, "zero for every point"),
        (0, ValueError, "zero for every point"),
        (-1.0, ValueError, "must not be negative"),
        (np.nan, ValueError, "NaN or infinity"),
        (np.ones(149), ValueError, r"shape \(150,\), but its shape is \(149,\)"),
        (np.ones((150, 1)), ValueError, r"shape \(150,\), but its shape is \(150, 1\)"),
        ([], ValueError, r"shape \(150,\), but its shape is \(0,\)"),
        (["1"] * 150, TypeError, "must hold real numbers"),
        ("balanced", TypeError, "must hold real numbers"),
        (np.ones(150) * 1j, TypeError, "must hold real numbers"),
        ({"a": 1.0}, TypeError, "numbers"),
        ([[1.0], [1.0, 2.0]], TypeError, "rectangular table of numbers"),
        (sparse.csr_array(np.ones((150, 1))), TypeError, "sparse"),
        (np.ma.masked_equal(np.arange(150.0), 3), TypeError, "masked"),
    ],
)
def test_bad_weights_are_refused_in_one_sentence(weight, error, words):
    X = DATA["iris"]()
    for method in ("fit", "fit_predict"):
        model = GaussianMixture(2, random_state=0)
        with pytest.raises(error, match=words) as caught:
            getattr(model, method)(X, sample_weight=weight)
        sentence = str(caught.value)
        assert sentence.startswith("sample_weight ")
        assert re.fullmatch(r"[^\n]*\.", sentence)
        assert not hasattr(model, "weights_")


@tolerates_collapse
def test_every_component_needs_a_row_that_counts():
    weight = np.zeros(150)
    weight[[3, 70]] = [0.5, 2]
    with pytest.raises(ValueError, match="2 rows, fewer than n_components=3"):
        GaussianMixture(3).fit(DATA["iris"](), sample_weight=weight)
    given = some_parameters(
        DATA["iris"](), 3, "full", ["weights_init", "means_init", "precisions_init"]
    )
    with pytest.raises(ValueError, match="2 rows, fewer than n_components=3"):
        GaussianMixture(3, **given).fit(DATA["iris"](), sample_weight=weight)
    weight[120] = 1e-3
    model = GaussianMixture(3, random_state=0, reg_covar=1e-2)
    model.fit(DATA["iris"](), sample_weight=weight)
    np.testing.assert_allclose(
        np.sort(model.means_, axis=0), np.sort(DATA["iris"]()[weight > 0], axis=0)
    )


def test_weights_pass_through_a_pipeline():
    X = DATA["iris"]()
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    pipeline = Pipeline(
        [("scale", StandardScaler()), ("gmm", GaussianMixture(3, random_state=0))]
    )
    labels = pipeline.fit(X, gmm__sample_weight=weight).predict(X)
    scaled = StandardScaler().fit_transform(X)
    alone = GaussianMixture(3, random_state=0).fit(scaled, sample_weight=weight)
    assert_same_fit(pipeline["gmm"], alone)
    np.testing.assert_array_equal(labels, alone.predict(scaled))
    assert not np.allclose(pipeline["gmm"].means_, clone(alone).fit(scaled).means_)
    np.testing.assert_array_equal(
        clone(pipeline).fit_predict(X, gmm__sample_weight=weight), labels
    )


def test_weights_pass_through_metadata_routing():
    X = DATA["iris"]()
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = GaussianMixture(3, random_state=0)
        pipeline = make_pipeline(scaler, model.set_fit_request(sample_weight=True))
        pipeline.fit(X, sample_weight=weight)
        heard = StandardScaler().set_fit_request(sample_weight=True)
        deaf = make_pipeline(heard, clone(model).set_fit_request(sample_weight=False))
        deaf.fit(X, sample_weight=weight)
        search = GridSearchCV(clone(model), {"n_components": [1, 3]}, cv=3)
        search.fit(X, sample_weight=weight)
    scaled = StandardScaler().fit_transform(X)
    expected = GaussianMixture(3, random_state=0).fit(scaled, sample_weight=weight)
    assert_same_fit(pipeline[-1], expected)
    other = StandardScaler().fit_transform(X, sample_weight=weight)
    assert_same_fit(deaf[-1], GaussianMixture(3, random_state=0).fit(other))
    best = GaussianMixture(search.best_params_["n_components"], random_state=0)
    assert_same_fit(search.best_estimator_, best.fit(X, sample_weight=weight))


# --- Memory, float32 and many rows ---------------------------------------------------


def peak_memory(function):
    """Call it, and count the bytes that it had allocated at most."""
    # Each thread has arrays of its own; one is enough to see what grows with N.
    with threadpool_limits(1, user_api="blas"):
        tracemalloc.start()
        try:
            result = function()
            return result, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def many_points(N, D=4, seed=0):
    rng = np.random.default_rng(seed)
    X, _ = random_mixture(rng, 3, D).sample(N, rng)
    return X


def unfinished(model, X, **options):
    with pytest.warns(ConvergenceWarning):
        return model.fit(X, **options)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_float32_points_are_not_copied(covariance_type):
    X = many_points(300_000, 8)
    single = X.astype(np.float32)
    options = {"covariance_type": covariance_type, "max_iter": 3, "tol": 0}
    model = GaussianMixture(3, random_state=0, **options)
    _, peak = peak_memory(lambda: unfinished(model, single))
    assert peak < X.nbytes / 2
    for name in PARAMETERS:
        assert getattr(model, name).dtype == np.float64
    double = unfinished(GaussianMixture(3, random_state=0, **options), X)
    for name in ("weights_", "means_", "covariances_"):
        mine, yours = getattr(model, name), getattr(double, name)
        np.testing.assert_allclose(mine, yours, rtol=1e-4, atol=1e-4)
    exact = single.astype(float)
    widened = unfinished(GaussianMixture(3, random_state=0, **options), exact)
    assert_same_fit(model, widened)
    np.testing.assert_allclose(
        model.predict_proba(single), model.predict_proba(exact), atol=1e-12
    )
    np.testing.assert_allclose(
        model.score_samples(single), model.score_samples(exact), atol=1e-9
    )
    assert (model.predict(single) == double.predict(X)).mean() > 0.999


def test_whole_numbers_keep_all_their_digits():
    X = 2**40 + np.arange(20).reshape(10, 2)
    model = GaussianMixture(1).fit(X)
    np.testing.assert_allclose(model.means_[0] - 2**40, [9, 10])
    np.testing.assert_allclose(model.score_samples(X), model.score_samples(1.0 * X))


def test_float64_points_are_not_copied_either():
    X = many_points(300_000, 8)
    model = GaussianMixture(3, random_state=0, max_iter=3, tol=0)
    _, peak = peak_memory(lambda: unfinished(model, X))
    assert peak < X.nbytes / 2


def test_weights_are_no_reason_to_copy_float32_points():
    X = many_points(300_000, 8).astype(np.float32)
    weight = np.random.default_rng(0).uniform(0.5, 2, size=len(X))
    model = GaussianMixture(3, random_state=0, max_iter=3, tol=0)
    _, peak = peak_memory(lambda: unfinished(model, X, sample_weight=weight))
    assert peak < X.nbytes


@pytest.mark.parametrize("K", [1, 10])
def test_predictions_need_little_more_memory_than_their_result(K):
    X = many_points(300_000)
    for points in (X, X.astype(np.float32)):
        model = GaussianMixture(K, max_iter=0, random_state=0).fit(X)
        result, peak = peak_memory(lambda: model.predict_proba(points))  # noqa: B023
        assert result.dtype == np.float64
        # The log densities come along.
        assert peak < result.nbytes + 8 * len(X) + 10e6


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_many_rows_give_scikit_learns_result(covariance_type):
    X = many_points(200_000, 3)
    with pytest.warns(ConvergenceWarning):
        ours, theirs = both(X, 3, covariance_type, max_iter=5, tol=0)
    assert ours.n_iter_ == theirs.n_iter_ == 5
    for parameter in PARAMETERS:
        mine, yours = getattr(ours, parameter), getattr(theirs, parameter)
        scale = np.abs(yours).max()
        np.testing.assert_allclose(mine, yours, rtol=1e-9, atol=1e-9 * scale)
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-9)
    np.testing.assert_allclose(
        ours.score_samples(X), theirs.score_samples(X), rtol=1e-9, atol=1e-9
    )


# --- Predictions ---------------------------------------------------------------------


def models_of(mixture):
    """Make our estimator and scikit-learn's with these parameters, without a fit."""
    ours, theirs = (
        module.GaussianMixture(mixture.n_components)
        for module in (gmm_from_scratch, scikit_learn_mixture)
    )
    for model in (ours, theirs):
        model.weights_, model.means_ = mixture.weights, mixture.means
        model.covariances_ = mixture.covariances
        model.precisions_cholesky_ = precisions_cholesky(mixture.covariances)
        model.n_features_in_ = mixture.n_features
    return ours, theirs


def assert_same_predictions(mixture, X, tolerance=1e-8):
    ours, theirs = models_of(mixture)
    close = {"rtol": tolerance, "atol": tolerance}
    scores, responsibilities = ours.score_samples(X), ours.predict_proba(X)
    np.testing.assert_allclose(scores, mixture.log_density(X), **close)
    np.testing.assert_allclose(scores, theirs.score_samples(X), **close)
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1)
    np.testing.assert_allclose(responsibilities, theirs.predict_proba(X), **close)
    np.testing.assert_array_equal(ours.predict(X), responsibilities.argmax(axis=1))
    assert ours.score(X) == pytest.approx(scores.mean())


@given(mixtures_with_data(), seeds)
@settings(max_examples=30)
def test_predictions_hold_for_far_points_and_single_rows(drawn, seed):
    X, mixture = drawn
    # A standard deviation is at most about 5.
    far = 5e3 * np.random.default_rng(seed).normal(size=(5, mixture.n_features))
    assert_same_predictions(mixture, X)
    assert_same_predictions(mixture, far)
    both_kinds = np.vstack([X[:20], far])
    assert_same_predictions(mixture, both_kinds)
    model, _ = models_of(mixture)
    together = model.predict_proba(both_kinds)
    for row in (0, -1):
        point = both_kinds[[row]]
        assert_same_predictions(mixture, point)
        np.testing.assert_allclose(
            model.predict_proba(point)[0], together[row], atol=1e-9
        )


@given(mixtures_with_data(), st.floats(-5, 0), seeds)
@settings(max_examples=50)
def test_predictions_hold_for_tiny_components(drawn, exponent, seed):
    X, wide = drawn
    rng = np.random.default_rng(seed)
    shrunk = 10.0 ** (2 * exponent * rng.integers(0, 2, size=wide.n_components))
    covariances = wide.covariances * shrunk[:, np.newaxis, np.newaxis]
    # Tiny both in space and in weight.
    weights = wide.weights * shrunk / (wide.weights * shrunk).sum()
    mixture = Mixture(weights, wide.means, covariances)
    near = wide.means + 10.0**exponent * rng.normal(size=wide.means.shape)
    assert_same_predictions(mixture, np.vstack([X, wide.means, near]), 1e-7)


def test_points_a_thousand_deviations_away_belong_to_the_nearer_component():
    mixture = Mixture([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]])
    model, _ = models_of(mixture)
    far = [[-1000.0], [1001.0]]
    np.testing.assert_array_equal(model.predict(far), [0, 1])
    by_hand = np.log(0.5) - 0.5 * 1000**2 - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(model.score_samples(far), by_hand, rtol=1e-12)


# --- Watching a fit ------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_callback_sees_every_iteration_climb(covariance_type, weighted):
    X = DATA["old_faithful"]()
    weight = np.arange(len(X)) % 3 if weighted else np.ones(len(X))
    seen = []
    model = GaussianMixture(
        2, covariance_type=covariance_type, reg_covar=0, random_state=0, tol=1e-6
    )
    model.fit(
        X,
        sample_weight=weight if weighted else None,
        callback=lambda *a: seen.append(a),
    )
    iterations, log_likelihoods = map(list, zip(*seen, strict=True))
    assert iterations == list(range(1, model.n_iter_ + 1))
    rounding = 1e-10 * np.abs(log_likelihoods).max()
    assert (np.diff(log_likelihoods) >= -rounding).all()
    assert log_likelihoods[-1] > log_likelihoods[0]
    np.testing.assert_allclose(
        log_likelihoods, np.multiply(model.lower_bounds_, weight.sum())
    )


def test_a_callback_changes_nothing_and_may_stop_the_fit():
    X = DATA["iris"]()
    watched, alone = (GaussianMixture(3, random_state=0) for _ in range(2))
    watched.fit(X, callback=lambda iteration, log_likelihood: "ignored")
    np.testing.assert_array_equal(watched.means_, alone.fit(X).means_)

    def stop(iteration, log_likelihood):
        if iteration == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        GaussianMixture(3, random_state=0).fit(X, callback=stop)


def test_a_callback_counts_each_start_from_one():
    X = DATA["wine"]()
    seen = []
    model = GaussianMixture(3, n_init=2, init_params="k-means++", random_state=0)
    model.fit(X, callback=lambda iteration, level: seen.append((iteration, level)))
    iterations = [iteration for iteration, _ in seen]
    second = iterations.index(1, 1)
    first_run, second_run = iterations[:second], iterations[second:]
    assert first_run == list(range(1, len(first_run) + 1))
    assert second_run == list(range(1, len(second_run) + 1))
    ends = {len(first_run): seen[second - 1][1], len(second_run): seen[-1][1]}
    best = max(seen[second - 1][1], seen[-1][1])
    assert model.lower_bound_ * len(X) == pytest.approx(best)
    assert ends[model.n_iter_] == pytest.approx(best)


def test_no_iterations_means_no_calls():
    seen = []
    GaussianMixture(3, max_iter=0).fit(
        DATA["iris"](), callback=lambda *arguments: seen.append(arguments)
    )
    assert seen == []


@pytest.mark.parametrize("verbose", [1, 2, True])
@pytest.mark.parametrize("interval", [1, 2, 3, 50])
@pytest.mark.parametrize("n_init", [1, 2])
def test_what_verbose_prints(capsys, verbose, interval, n_init):
    X = DATA["wine"]()
    seen = []
    model = GaussianMixture(
        3,
        verbose=verbose,
        verbose_interval=interval,
        n_init=n_init,
        init_params="k-means++",
        random_state=0,
        max_iter=7,
        tol=0,
    )
    unfinished(model, X, callback=lambda *arguments: seen.append(arguments))
    printed = capsys.readouterr().out.splitlines()
    # The callback is called as ever.
    assert [iteration for iteration, _ in seen] == list(range(1, 8)) * n_init
    starts = [line for line in printed if line.lower().startswith("start ")]
    assert len(starts) == n_init
    for number, line in enumerate(starts, 1):
        assert line == f"Start {number}"
    shown = [
        (int(found[1]), line)
        for line in printed
        if (found := re.search(r"\biteration (\d+)", line))
    ]
    multiples = [i for i in range(1, 8) if i % interval == 0]
    assert [iteration for iteration, _ in shown] == multiples * n_init
    ends = [line for line in printed if "7 iterations" in line]
    assert len(ends) == n_init
    assert all("converged=False" in line for line in ends)
    assert len(printed) == len(starts) + len(shown) + len(ends)
    levels = np.reshape([level for _, level in seen], (n_init, 7))
    for place, (iteration, line) in enumerate(shown):
        if verbose < 2:
            assert "log-likelihood" not in line
            continue
        run = levels[place // len(multiples)]
        found = re.search(r"log-likelihood (\S+), up by (\S+), \S+ s$", line)
        assert float(found[1]) == pytest.approx(run[iteration - 1], rel=1e-5)
        if iteration > 1:
            rise = run[iteration - 1] - run[iteration - 2]
            assert float(found[2]) == pytest.approx(rise, rel=1e-2, abs=1e-6)


def test_a_quiet_fit_prints_nothing(capsys):
    X = DATA["iris"]()
    GaussianMixture(3, n_init=2, random_state=0).fit(
        X, sample_weight=np.arange(150), callback=lambda iteration, level: None
    ).predict(X)
    printed = capsys.readouterr()
    assert printed.out == printed.err == ""


# --- A second chance for components --------------------------------------------------


def start_with_an_empty_component(X):
    """Two means amid the data, and one where nothing is."""
    middle = X.mean(axis=0)
    return {
        "weights_init": [0.4, 0.4, 0.2],
        "means_init": [middle - X.std(axis=0), middle + X.std(axis=0), middle + 1e6],
        "precisions_init": [np.diag(1 / X.var(axis=0))] * 3,
        "n_components": 3,
        "random_state": 0,
        "max_iter": 500,
        "tol": 1e-6,
    }


@pytest.mark.parametrize("seed", range(3))
def test_an_emptied_component_is_started_anew(seed):
    X = DATA["old_faithful"]()
    options = start_with_an_empty_component(X)
    model = GaussianMixture(**options | {"random_state": seed})
    with pytest.warns(ConvergenceWarning, match=r"anew .*\(1 times\); use fewer"):
        model.fit(X)
    assert model.converged_
    assert model.weights_.min() > 0.01
    assert np.abs(model.means_).max() < 1000
    assert (np.diff(model.lower_bounds_) > -1e-9).all()
    assert len(model.lower_bounds_) == model.n_iter_
    # Three components explain more than two.
    two = GaussianMixture(2, random_state=0, tol=1e-6).fit(X)
    assert model.score(X) > two.score(X)


def test_a_collapsing_component_is_started_anew():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(100, 2)), rng.normal(8, 1, size=(100, 2))])
    start = {
        "weights_init": [0.5, 0.5],
        "means_init": [X.mean(axis=0), X[7]],
        "precisions_init": [np.eye(2) / 20, 1e9 * np.eye(2)],
    }
    model = GaussianMixture(2, reg_covar=0, random_state=0, **start)
    with pytest.warns(ConvergenceWarning, match="collapsed and was started anew"):
        model.fit(X)
    np.testing.assert_allclose(model.weights_, 0.5, atol=1e-3)
    assert np.linalg.eigvalsh(model.covariances_).min() > 0.5


def test_a_point_that_every_second_chance_ends_on_is_explained():
    """The likelihood has no maximum here, and reg_covar=0 does not give it one."""
    X = np.vstack([np.random.default_rng(0).normal(size=(60, 2)), [[90.0, 90.0]]])
    model = GaussianMixture(2, reg_covar=0, random_state=0)
    with pytest.raises(ValueError, match="Use a larger reg_covar or fewer components"):
        model.fit(X)
    with pytest.warns(ConvergenceWarning, match="collapsed"):
        model.set_params(reg_covar=1e-6).fit(X)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
@pytest.mark.parametrize("K", [1, 2, 5])
def test_flat_data_cannot_be_helped_and_say_so(covariance_type, K):
    line = np.random.default_rng(0).normal(size=(50, 1))
    X = np.hstack([line, 2 * line])
    model = GaussianMixture(
        K, covariance_type=covariance_type, reg_covar=0, random_state=0
    )
    with pytest.raises(ValueError, match="not positive definite .* larger reg_covar"):
        model.fit(X)


def test_one_start_that_fails_does_not_end_the_others(monkeypatch):
    X = DATA["old_faithful"]()
    real, calls = GaussianMixture._run, []

    def fail_first(self, *arguments):
        calls.append(None)
        if len(calls) == 1:
            raise EmptyComponentError("the first start is a bad one")
        return real(self, *arguments)

    monkeypatch.setattr(GaussianMixture, "_run", fail_first)
    model = GaussianMixture(2, n_init=3, random_state=0).fit(X)
    assert len(calls) == 3
    assert model.converged_
    monkeypatch.setattr(GaussianMixture, "_run", fail_first)
    calls.clear()
    with pytest.raises(EmptyComponentError, match="bad one"):
        GaussianMixture(2, n_init=1, random_state=0).fit(X)


def test_a_component_that_only_reg_covar_keeps_is_named():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(100, 2)), np.tile([[5.0, 5.0]], (20, 1))])
    model = GaussianMixture(2, random_state=0)
    with pytest.warns(ConvergenceWarning, match="collapsed: .*=1e-06") as caught:
        model.fit(X)
    smallest = np.linalg.eigvalsh(model.covariances_)[:, 0].argmin()
    assert f"collapsed: {smallest} (" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_healthy_fits_do_not_warn():
    """Nor do data that are flat themselves, or small, or unequal in scale."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(100, 2)), rng.normal(5, 1, size=(100, 2))])
    constant = np.hstack([X, np.ones((200, 1))])
    for data in (X, constant, 1e-4 * X, X * [1e8, 1e-2], X + 1e6):
        GaussianMixture(2, random_state=0).fit(data)


def test_warm_start_with_another_number_of_components_is_explained():
    X = DATA["iris"]()
    model = GaussianMixture(2, warm_start=True, random_state=0).fit(X)
    model.set_params(n_components=3)
    with pytest.raises(ValueError, match=r"warm_start.*shape \(2, 4\).* \(3, 4\)"):
        model.fit(X)


# --- reg_covar without units ---------------------------------------------------------


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
@pytest.mark.parametrize("reg_covar", [1e-6, 1e-2])
def test_relative_reg_covar_makes_units_meaningless(covariance_type, reg_covar):
    X = DATA["penguins"]()
    scale = 2.0 ** np.array([-60, 0, 17, 60])
    models = [
        GaussianMixture(
            3,
            covariance_type=covariance_type,
            reg_covar=reg_covar,
            relative_reg_covar=True,
            # k-means sees units; random shares do not.
            init_params="random",
            random_state=0,
            max_iter=500,
        ).fit(data)
        for data in (X, X * scale)
    ]
    expected = models[0].mixture_.rescaled(scale, np.zeros(4))
    assert models[1].compare(expected, tolerance=1e-6).agrees
    assert models[0].n_iter_ == models[1].n_iter_


def test_relative_reg_covar_adds_a_share_of_each_variance():
    X = DATA["penguins"]()
    for covariance_type in COVARIANCE_TYPES:
        options = {"covariance_type": covariance_type, "tol": 1e-9}
        plain = GaussianMixture(1, reg_covar=0, **options).fit(X)
        wider = GaussianMixture(1, reg_covar=0.1, relative_reg_covar=True, **options)
        ridge = wider.fit(X).mixture_.covariances - plain.mixture_.covariances
        expected = 0.1 * X.var(axis=0)
        if covariance_type == "spherical":
            expected = np.full(4, expected.mean())
        np.testing.assert_allclose(ridge[0], np.diag(expected), rtol=1e-6, atol=1e-6)


# --- Missing values ------------------------------------------------------------------


def test_gaps_are_marginalized_if_one_asks_for_it():
    table = load_penguins()[PENGUIN_FEATURES]
    rng = np.random.default_rng(0)
    holes = table.mask(rng.uniform(size=table.shape) < 0.1)
    holes = StandardScaler().set_output(transform="pandas").fit_transform(holes)
    model = GaussianMixture(
        3,
        marginalize_missing=True,
        n_init=5,
        init_params="k-means++",
        random_state=0,
    ).fit(holes)
    assert model.converged_
    assert (np.diff(model.lower_bounds_) > -1e-9).all()
    responsibilities = model.predict_proba(holes)
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(holes), responsibilities.argmax(axis=1))
    expected = missing.e_step(holes, model.mixture_)[1]
    np.testing.assert_allclose(model.score_samples(holes), expected)
    assert model.score(holes) == pytest.approx(expected.mean())
    assert model.bic(holes) == pytest.approx(
        -2 * expected.sum() + 44 * np.log(len(holes))
    )
    # Where the values are known after all, most penguins stay with their kind.
    X, species = load_penguins(return_X_y=True)
    known = model.predict(holes)[table.notna().all(axis=1)]
    assert adjusted_rand_score(species, known) > 0.7


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("init_params", METHODS)
def test_without_gaps_the_option_changes_nothing(covariance_type, init_params):
    X = DATA["old_faithful"]()
    options = {"covariance_type": covariance_type, "init_params": init_params}
    one, two = (
        GaussianMixture(2, random_state=0, marginalize_missing=flag, **options).fit(X)
        for flag in (False, True)
    )
    np.testing.assert_array_equal(one.means_, two.means_)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_gaps_and_weights_and_units_go_together():
    X = DATA["penguins"]()
    rng = np.random.default_rng(0)
    X = np.where(rng.uniform(size=X.shape) < 0.2, np.nan, X)
    weight = rng.integers(0, 3, size=len(X))
    options = {
        "marginalize_missing": True,
        "relative_reg_covar": True,
        "random_state": 0,
        "tol": 1e-6,
        "max_iter": 1000,
    }
    weighted = GaussianMixture(2, **options).fit(X, sample_weight=weight)
    repeated = GaussianMixture(2, **options).fit(np.repeat(X, weight, axis=0))
    assert_same_fit(weighted, repeated)


def test_a_component_that_empties_among_gaps_is_started_anew():
    X = DATA["old_faithful"]()
    options = start_with_an_empty_component(X)
    X[::5, 0] = np.nan
    X[1::7, 1] = np.nan
    model = GaussianMixture(marginalize_missing=True, **options)
    with pytest.warns(ConvergenceWarning, match="started anew"):
        model.fit(X)
    assert model.weights_.min() > 0.01


# --- Data in chunks ------------------------------------------------------------------


def test_the_first_chunk_is_fitted():
    X = DATA["iris"]()
    fitted = GaussianMixture(3, random_state=0).fit(X)
    learned = GaussianMixture(3, random_state=0).partial_fit(X)
    np.testing.assert_array_equal(fitted.means_, learned.means_)
    assert fitted.lower_bounds_ == learned.lower_bounds_


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_many_chunks_come_close_to_a_fit_of_all(covariance_type):
    rng = np.random.default_rng(4)
    truth = random_mixture(rng, 3, 2, spread=6.0)
    X, _ = truth.sample(40_000, rng)
    options = {"covariance_type": covariance_type, "random_state": 0}
    stream = GaussianMixture(3, **options)
    first_only = GaussianMixture(3, **options).fit(X[:400])
    for chunk in np.split(X, 100):
        stream.partial_fit(chunk)
    everything = GaussianMixture(
        3,
        covariance_type=covariance_type,
        means_init=stream.means_,
        tol=1e-8,
        max_iter=2000,
        random_state=0,
    ).fit(X)
    gap = everything.score(X) - stream.score(X)
    assert -1e-9 < gap < 1e-3
    assert gap < (everything.score(X) - first_only.score(X)) / 2
    assert len(stream.lower_bounds_) == first_only.n_iter_ + 99 == stream.n_iter_


def test_the_same_chunk_again_and_again_is_em():
    """Each step mixes averages of the same points, so the likelihood rises."""
    X = DATA["iris"]()
    model = GaussianMixture(3, random_state=0, reg_covar=0, tol=0.1).partial_fit(X)
    levels = [model.partial_fit(X).score(X) for _ in range(40)]
    assert (np.diff(levels) > -1e-9).all()
    assert levels[-1] > levels[0] + 1e-4


def test_chunks_may_have_gaps_weights_and_another_order_of_components():
    rng = np.random.default_rng(0)
    X, _ = random_mixture(rng, 3, 2).sample(900, rng)
    X = np.where(rng.uniform(size=X.shape) < 0.1, np.nan, X)
    weight = rng.uniform(0.5, 2, size=900)
    one, two = (
        GaussianMixture(3, marginalize_missing=True, random_state=0) for _ in range(2)
    )
    for rows in np.split(np.arange(900), 3):
        one.partial_fit(X[rows], sample_weight=weight[rows])
        two.partial_fit(X[rows], sample_weight=weight[rows]).sort_components()
    assert one.sort_components().compare(two, tolerance=1e-9).agrees
    assert one.compare(two).order.tolist() == [0, 1, 2]


def test_a_component_that_a_chunk_does_not_show_stays_where_it_is():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(100, 1)), rng.normal(1000, 1, size=(100, 1))])
    model = GaussianMixture(2, random_state=0).partial_fit(X).sort_components()
    before = model.means_.copy(), model.weights_[1]
    model.partial_fit(X[:100])
    np.testing.assert_allclose(model.means_, before[0], rtol=1e-6)
    assert 0 < model.weights_[1] < before[1]


def test_fit_forgets_the_chunks_and_pickles_remember_them():
    X = DATA["iris"]()
    model = GaussianMixture(2, random_state=0).partial_fit(X[::2])
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        copy.partial_fit(X[1::2]).means_, model.partial_fit(X[1::2]).means_
    )
    fresh = GaussianMixture(2, random_state=0).fit(X)
    np.testing.assert_array_equal(model.fit(X).means_, fresh.means_)
    np.testing.assert_array_equal(
        model.partial_fit(X).means_, fresh.partial_fit(X).means_
    )
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(X[:, :2])


# --- Order and comparison ------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_sorting_changes_the_order_and_nothing_else(covariance_type):
    X = DATA["penguins"]()
    for seed in range(3):
        model = GaussianMixture(4, covariance_type=covariance_type, random_state=seed)
        model.fit(X)
        before = {name: getattr(model, name).copy() for name in PARAMETERS}
        probabilities, score = model.predict_proba(X), model.score(X)
        order = np.argsort(model.means_[:, 0])
        assert model.sort_components() is model
        assert (np.diff(model.means_[:, 0]) > 0).all()
        for name in PARAMETERS:
            mine, was = getattr(model, name), before[name]
            is_shared = covariance_type == "tied" and np.ndim(was) == 2
            is_shared = is_shared and name != "means_"
            np.testing.assert_allclose(
                mine, was if is_shared else was[order], rtol=1e-9
            )
        np.testing.assert_allclose(model.predict_proba(X), probabilities[:, order])
        assert model.score(X) == pytest.approx(score)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_compare_finds_scikit_learn_equal_in_any_order(covariance_type):
    X = DATA["penguins"]()
    ours, theirs = both(X, 3, covariance_type)
    theirs.means_ = theirs.means_[::-1]
    theirs.weights_ = theirs.weights_[::-1]
    if covariance_type != "tied":
        theirs.covariances_ = theirs.covariances_[::-1]
    comparison = ours.compare(theirs)
    assert comparison.agrees
    assert comparison.order.tolist() == [2, 1, 0]
    assert repr(comparison).splitlines() == [
        "components 0 1 2 here are 2 1 0 there",
        "weights agree to 1e-06",
        "means agree to 1e-06",
        "covariances agree to 1e-06",
    ]
    theirs.weights_ = theirs.weights_ + np.array([0.0, 0.01, -0.01])
    assert not ours.compare(theirs).agrees
    assert "weights differ by up to 0.01 (component" in repr(ours.compare(theirs))


def test_compare_wants_a_fitted_mixture():
    model = GaussianMixture(2, random_state=0).fit(DATA["iris"]())
    with pytest.raises(NotFittedError):
        GaussianMixture().compare(model)
    with pytest.raises(NotFittedError):
        model.compare(scikit_learn_mixture.GaussianMixture())
    for wrong in ("model", 3, StandardScaler().fit(DATA["iris"]())):
        with pytest.raises(TypeError, match="other must be a Mixture or a fitted"):
            model.compare(wrong)
    with pytest.raises(ValueError, match="same shape"):
        model.compare(GaussianMixture(3, random_state=0).fit(DATA["iris"]()))


# --- Reproducible --------------------------------------------------------------------


@pytest.mark.parametrize("init_params", METHODS)
def test_the_number_of_threads_changes_no_digit(init_params):
    X = many_points(60_000, 6)
    models = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            model = GaussianMixture(
                4, init_params=init_params, random_state=0, max_iter=5, tol=0
            )
            models.append(unfinished(model, X))
    for name in PARAMETERS:
        np.testing.assert_array_equal(*(getattr(m, name) for m in models))
    assert models[0].lower_bounds_ == models[1].lower_bounds_


@pytest.mark.parametrize("random_state", ["x", -1, 1.5])
def test_an_impossible_random_state_is_explained(random_state):
    model = GaussianMixture(random_state=random_state)
    with pytest.raises(ValueError, match="random_state must be a whole number from 0"):
        model.fit(DATA["iris"]())
