"""The estimator: scikit-learn's numbers through scikit-learn's interface."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import mixture as scikit_learn_mixture
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import gmm_from_scratch
from gmm_from_scratch import (
    GaussianMixture,
    load_mall_customers,
    load_old_faithful,
    load_penguins,
)
from gmm_from_scratch.datasets import PENGUIN_FEATURES
from gmm_from_scratch.initialization import METHODS
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


@parametrize_with_checks([GaussianMixture()])
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
    assert GaussianMixture().get_params() == theirs


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
            "precisions_init is not",
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
    with pytest.raises(ValueError, match="nan .* row 3, column 0"):
        model.fit(penguins)
    model.fit(penguins.dropna())
    with pytest.raises(ValueError, match="nan .* row 3, column 0"):
        model.predict(penguins)


def test_unfitted_models_say_so():
    with pytest.raises(NotFittedError, match="not fitted yet"):
        GaussianMixture().predict([[0.0]])
    with pytest.raises(NotFittedError, match="not fitted yet"):
        GaussianMixture().sample()
