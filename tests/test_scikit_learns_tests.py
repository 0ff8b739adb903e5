"""scikit-learn's own tests of its `GaussianMixture`, run on ours.

They are those of the installed scikit-learn: a new version brings its new tests.
"""

import ast
import importlib.util
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
import sklearn.mixture
from packaging.version import Version

from gmm_from_scratch import GaussianMixture, estimator
from gmm_from_scratch.validation import COVARIANCE_TYPES

# Several of these tests stop early or start badly, and scikit-learn does not run them
# with warnings as errors. (A test that asks for the warning still needs it.)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

MODULES = ("test_gaussian_mixture", "test_mixture")

# What a test looks for in a message of scikit-learn's, and what it must find in ours,
# which names the argument and what came. The rest of the test runs as it is.
OUR_WORDS = {
    "The parameter 'weights' should have the shape of": "weights_init must have shape",
    "The parameter 'weights' should be in the range": "must be probabilities",
    "The parameter 'weights' should be normalized": "must be probabilities that sum to",
    "The parameter 'means' should have the shape of": "means_init must have shape",
    " precision' should have the shape of": "precisions_init must have shape",
    " precision' should be ": "precisions_init .* positive definite",
    "Best performing initialization did not converge.": "EM did not converge in max_it",
    "Fitting the mixture model failed because": "is not positive definite",
    "Invalid value for 'n_samples'": "n_samples must be at least 1, but it is 0",
    "Expected n_samples >= n_components": "X has 10 rows, fewer than n_components=12",
}

PRIVATE = "tests a private function of scikit-learn's, and no estimator: "
ARRAY_API = (
    "is about arrays of other libraries, such as PyTorch's; ours computes with NumPy's "
    "alone, whatever the start"
)
# What is not run, and why. Where a part of such a test concerns ours, it is below.
NOT_RUN = {
    "test_suffstat_sk_full": PRIVATE + "_estimate_gaussian_covariances_full",
    "test_suffstat_sk_tied": PRIVATE + "_estimate_gaussian_covariances_tied",
    "test_suffstat_sk_diag": PRIVATE + "_estimate_gaussian_covariances_diag",
    "test_gaussian_suffstat_sk_spherical": (
        PRIVATE + "_estimate_gaussian_covariances_spherical"
    ),
    "test_compute_log_det_cholesky": PRIVATE + "_compute_log_det_cholesky",
    "test_gaussian_mixture_log_probabilities": PRIVATE + "_estimate_log_gaussian_prob",
    "test_gaussian_mixture_precisions_init_diag": (
        "pairs precisions with the components that scikit-learn's KMeans finds with "
        "the same seed, and ours finds them in another order; see "
        "test_precisions_of_the_start_change_nothing"
    ),
    "test_gaussian_mixture_precisions_init": (
        "calls the private methods _initialize and _set_parameters; see "
        "test_given_precisions_have_scikit_learns_factors"
    ),
    "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters": (
        "counts the calls of a private function, _estimate_gaussian_parameters; see "
        "test_no_start_is_made_if_all_of_it_is_given"
    ),
    "test_gaussian_mixture_array_api_compliance": ARRAY_API,
    "test_gaussian_mixture_raises_where_array_api_not_implemented": ARRAY_API,
}
# The versions of scikit-learn that brought them; the others are in all that we support.
SINCE = {
    "test_gaussian_mixture_array_api_compliance": "1.8",
    "test_gaussian_mixture_raises_where_array_api_not_implemented": "1.8",
}
# Why the float32 half of a test fails; test_estimator.py compares such fits instead.
FLOAT32 = (
    "from float32 data scikit-learn makes float32 parameters since version 1.7, ours "
    "float64 ones"
)


def in_our_words(match):
    for theirs, ours in OUR_WORDS.items():
        # Some come with everything escaped.
        if match and theirs in match.replace("\\", ""):
            return ours
    return match


def raises(*arguments, match=None, **options):
    return pytest.raises(*arguments, match=in_our_words(match), **options)


def warns(*arguments, match=None, **options):
    return pytest.warns(*arguments, match=in_our_words(match), **options)


def copy_of(name):
    """Import a module of scikit-learn's tests once more, with our estimator in it.

    Nobody else can import this copy: other tests see what scikit-learn has.
    """
    spec = importlib.util.find_spec(f"sklearn.mixture.tests.{name}")
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sklearn.mixture, "GaussianMixture", GaussianMixture):
        spec.loader.exec_module(module)
    module.pytest = SimpleNamespace(**vars(pytest) | {"raises": raises, "warns": warns})
    return module


def without_other_estimators(mark):
    if mark.name != "parametrize":
        return mark
    names, values = mark.args
    other = sklearn.mixture.BayesianGaussianMixture
    values = [value for value in values if not isinstance(value, other)]
    return pytest.mark.parametrize(names, values, **mark.kwargs).mark


def skipped(reason):
    @pytest.mark.skip(reason=reason)
    def test():
        pass

    return test


# As if they were written here: pytest lists each one by its name, under this file.
for copy in map(copy_of, MODULES):
    for name, test in vars(copy).items():
        if name in NOT_RUN:
            globals()[name] = skipped(NOT_RUN[name])
        elif name.startswith("test"):
            marks = getattr(test, "pytestmark", [])
            test.pytestmark = [without_other_estimators(mark) for mark in marks]
            globals()[name] = test


# The fixtures that scikit-learn's conftest.py would provide.
@pytest.fixture(params=[0, 1, 42])
def global_random_seed(request):
    return request.param


# Strict, so that we hear of it when this difference is gone.
differs = pytest.mark.xfail(raises=AssertionError, strict=True, reason=FLOAT32)


@pytest.fixture(params=[pytest.param(np.float32, marks=differs), np.float64])
def global_dtype(request):
    return request.param


def their_sources():
    for name in MODULES:
        path = importlib.util.find_spec(f"sklearn.mixture.tests.{name}").origin
        yield Path(path).read_text(encoding="utf-8")


def test_each_of_scikit_learns_tests_is_run_or_named():
    # Read from the sources, not from what the loop above has found.
    tests = {
        node.name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        for source in their_sources()
        for node in ast.parse(source).body
        if getattr(node, "name", "").lower().startswith("test")
    }
    assert tests.keys() <= globals().keys()
    installed = Version(sklearn.__version__)
    expected = {
        name for name in NOT_RUN if installed >= Version(SINCE.get(name, "1.6"))
    }
    assert NOT_RUN.keys() & tests.keys() == expected
    assert SINCE.keys() <= NOT_RUN.keys()
    # Without an estimator a test would say nothing about ours.
    for name in tests.keys() - NOT_RUN.keys():
        assert tests[name] & {"GaussianMixture", "estimator"}, name


def test_each_translated_message_is_one_that_scikit_learns_tests_look_for():
    sources = "".join(their_sources())
    assert [theirs for theirs in OUR_WORDS if theirs not in sources] == []


def test_the_rest_of_scikit_learn_keeps_its_own_estimator():
    from sklearn.mixture.tests import test_gaussian_mixture as original

    theirs = sklearn.mixture.GaussianMixture
    assert theirs.__module__ == "sklearn.mixture._gaussian_mixture"
    assert original.GaussianMixture is theirs
    assert original.pytest is pytest


# --- What concerns ours in the tests that are not run --------------------------------


def two_groups():
    """Make the data of test_gaussian_mixture_precisions_init_diag."""
    rng = np.random.RandomState(0)
    shifted = rng.randn(300, 2) + [20, 20]
    stretched = rng.randn(300, 2) @ [[0.0, -0.7], [3.5, 0.7]]
    return np.vstack([shifted, stretched])


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_precisions_of_the_start_change_nothing(covariance_type):
    X = two_groups()
    options = {"covariance_type": covariance_type, "random_state": 0}
    start = GaussianMixture(2, max_iter=0, **options).fit(X)
    without = GaussianMixture(2, **options).fit(X)
    given = GaussianMixture(2, precisions_init=start.precisions_, **options).fit(X)
    assert given.n_iter_ == without.n_iter_
    np.testing.assert_allclose(given.precisions_cholesky_, without.precisions_cholesky_)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_given_precisions_have_scikit_learns_factors(
    covariance_type, global_random_seed
):
    X = np.random.RandomState(global_random_seed).random_sample((100, 3))
    options = {"covariance_type": covariance_type, "random_state": global_random_seed}
    theirs = sklearn.mixture.GaussianMixture(4, **options).fit(X)
    options |= {"precisions_init": theirs.precisions_, "max_iter": 0}
    ours = GaussianMixture(4, **options).fit(X)
    np.testing.assert_allclose(
        ours.precisions_cholesky_, theirs.precisions_cholesky_, rtol=1e-6, atol=1e-9
    )


def test_no_start_is_made_if_all_of_it_is_given(monkeypatch):
    def initial_mixture(*arguments, **options):
        raise AssertionError("a start is made")

    X = two_groups()
    start = GaussianMixture(2, max_iter=0, random_state=0).fit(X)
    monkeypatch.setattr(estimator, "initial_mixture", initial_mixture)
    GaussianMixture(
        2,
        weights_init=start.weights_,
        means_init=start.means_,
        precisions_init=start.precisions_,
    ).fit(X)
    with pytest.raises(AssertionError, match="a start is made"):
        GaussianMixture(2).fit(X)
