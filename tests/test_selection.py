"""Information criteria and held-out likelihood, against scikit-learn and by design."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture

from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.selection import aic, bic, held_out_log_likelihood, sweep


@pytest.fixture(scope="module")
def three_groups():
    mixture = Mixture(
        [0.5, 0.3, 0.2], [[0, 0], [8, 0], [0, 8]], [np.eye(2), np.eye(2), np.eye(2)]
    )
    return mixture.sample(300, rng=0)[0]


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_criteria_equal_scikit_learns(three_groups, covariance_type):
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0)
    model.fit(three_groups)
    log_likelihood = model.score(three_groups) * len(three_groups)
    p = model._n_parameters()
    assert aic(log_likelihood, p) == pytest.approx(model.aic(three_groups))
    assert bic(log_likelihood, p, 300) == pytest.approx(model.bic(three_groups))


@given(st.floats(-1e6, 1e6), st.integers(1, 100), st.integers(8, 10**6))
def test_bic_punishes_harder_than_aic_from_eight_points_on(log_likelihood, p, N):
    assert bic(log_likelihood, p, N) > aic(log_likelihood, p)


def test_sweep_finds_the_three_groups(three_groups):
    table = sweep(three_groups, [1, 2, 3, 4], ["full", "spherical"], n_init=3, rng=0)
    assert len(table) == 8
    best = table.loc[table.bic.idxmin()]
    assert (best.covariance_type, best.n_components) == ("spherical", 3)
    assert best.log_likelihood == pytest.approx(
        best.mixture.log_likelihood(three_groups)
    )
    expected = bic(best.log_likelihood, best.n_parameters, 300)
    assert best.bic == pytest.approx(expected)
    assert best.aic == pytest.approx(aic(best.log_likelihood, best.n_parameters))


def test_held_out_likelihood_prefers_the_three_groups(three_groups):
    scores = {
        K: held_out_log_likelihood(three_groups, K, n_init=3, rng=0)
        for K in [1, 2, 3, 12]
    }
    assert max(scores, key=scores.get) == 3


def test_held_out_points_are_not_trained_on():
    # Every point is far from all the others: seen points would score near 0 bits,
    # unseen ones cannot.
    X = np.array([[0.0], [1e3], [1e6], [1e9]])
    assert held_out_log_likelihood(X, 1, n_folds=4, n_init=1, rng=0) < -1e5


def test_folds_are_drawn_at_random_and_options_passed_on(three_groups):
    in_order = np.sort(three_groups, axis=0)
    fine = held_out_log_likelihood(in_order, 2, n_init=2, rng=0)
    # Blocks of sorted rows would each be far from all others.
    assert fine > -6
    coarse = held_out_log_likelihood(in_order, 2, n_init=2, rng=0, reg_covar=1e4)
    assert coarse < fine - 3


def test_impossible_requests_are_refused(three_groups):
    with pytest.raises(ValueError, match="n_folds must be at least 2"):
        held_out_log_likelihood(three_groups, 2, n_folds=1)
    with pytest.raises(ValueError, match="X has 3 rows, fewer than n_folds=5"):
        held_out_log_likelihood(three_groups[:3], 1)
    with pytest.raises(ValueError, match="covariance_type must be one of"):
        sweep(three_groups, [1], ["round"])
    with pytest.raises(TypeError, match="n_components must be a list"):
        sweep(three_groups, 3)
    with pytest.raises(TypeError, match="covariance_types must be a list.*'full'"):
        sweep(three_groups, [1], "full")
    with pytest.raises(ValueError, match="n_components is empty"):
        sweep(three_groups, [])
    with pytest.raises(ValueError, match="300 rows, fewer than n_components=301"):
        sweep(three_groups, [1, 301])
    with pytest.raises(ValueError, match="n_samples must be at least 1"):
        bic(-1.0, 5, 0)
