"""The engine: the numbers of `em`, whatever the blocks, threads, types and units."""

import gc
import io
import threading
import tracemalloc
import warnings
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from strategies import (
    covariance_types,
    mixtures_with_data,
    random_covariance,
    random_mixture,
    random_responsibilities,
    seeds,
)
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from gmm_from_scratch import em, engine, sufficient
from gmm_from_scratch.em import EmptyComponentError
from gmm_from_scratch.gaussian import SingularCovarianceError
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.sufficient import Frame, Parameters, pairs
from gmm_from_scratch.validation import COVARIANCE_TYPES

needs_long_double = pytest.mark.skipif(
    np.finfo(np.longdouble).eps >= np.finfo(float).eps,
    reason="This processor's long double has no more digits than its double.",
)


def problem(seed=0, N=200, K=3, D=2, covariance_type="full"):
    """Make overlapping groups, and a start in which every component owns something."""
    rng = np.random.default_rng(seed)
    truth = random_mixture(rng, K, D, spread=3 / np.sqrt(D))
    X, _ = truth.sample(N, rng)
    responsibilities = random_responsibilities(rng, N, K) ** 3 + 1e-3
    responsibilities /= responsibilities.sum(axis=1, keepdims=True)
    start = em.m_step(X, responsibilities, covariance_type=covariance_type)
    return X, start


def owns_something(X, mixture):
    """Tell whether each component has points; that one has none is another test."""
    return em.e_step(X, mixture).sum(axis=0).min() > 0.1


def cholesky(matrix):
    """Factor a matrix with the digits that it has."""
    L = np.zeros_like(matrix)
    for i in range(len(matrix)):
        for j in range(i + 1):
            rest = matrix[i, j] - L[i, :j] @ L[j, :j]
            L[i, j] = np.sqrt(rest) if i == j else rest / L[j, j]
    return L


def solve(L, B):
    """Solve L Y = B for a lower triangular L."""
    Y = np.zeros_like(B)
    for i in range(len(L)):
        Y[i] = (B[i] - L[i, :i] @ Y[:i]) / L[i, i]
    return Y


def distance(ours, theirs):
    """Compare two mixtures: weights, and the rest in each component's own units."""
    names = ("weights", "means", "covariances")
    ours, theirs = (
        [np.asarray(getattr(mixture, n), np.longdouble) for n in names]
        for mixture in (ours, theirs)
    )
    largest = np.abs(ours[0] - theirs[0]).max()
    for k in range(len(theirs[0])):
        L = cholesky(theirs[2][k])
        shift = solve(L, (ours[1][k] - theirs[1][k])[:, np.newaxis])
        change = solve(L, solve(L, ours[2][k] - theirs[2][k]).T)
        largest = max(largest, np.abs(shift).max(), np.abs(change).max())
    return float(largest)


def assert_same_fit(ours, theirs, tolerance=1e-9):
    """Ask for the same mixture after the same iterations."""
    assert distance(ours.mixture, theirs.mixture) <= tolerance
    np.testing.assert_allclose(
        ours.log_likelihoods, theirs.log_likelihoods, rtol=tolerance
    )
    assert (ours.n_iter, ours.converged) == (theirs.n_iter, theirs.converged)


def assert_identical(ours, theirs):
    """Ask for the same digits."""
    np.testing.assert_array_equal(ours.log_likelihoods, theirs.log_likelihoods)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(
            getattr(ours.mixture, name), getattr(theirs.mixture, name)
        )


# --- The readable EM is the reference ------------------------------------------------


@pytest.mark.parametrize("D", [1, 2, 3, 5, 10, 33])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_same_numbers_as_em_in_every_dimension(covariance_type, D):
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 3}
    for K in range(1, 6):
        X, start = problem(seed=10 * D + K, N=(40 + 4 * D) * K + 7, K=K, D=D)
        expected = em.fit(X, start, **options)
        assert_same_fit(engine.run(X, start, **options), expected)
        # Several blocks, the last of them not full.
        assert_same_fit(engine.run(X, start, block_size=50, **options), expected)


@pytest.mark.parametrize("D", [1, 2, 5, 10])
@pytest.mark.parametrize("covariance_type", ["diag", "spherical"])
def test_squares_are_enough_for_axis_parallel_ellipses(covariance_type, D):
    """The start obeys the type too, so that the engine may leave out all products."""
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 4}
    for K in (1, 3, 5):
        X, start = problem(K, 100 * K, K, D, covariance_type)
        expected = em.fit(X, start, **options)
        assert_same_fit(engine.run(X, start, block_size=64, **options), expected)


@pytest.mark.parametrize(
    ("K", "D", "N"),
    [(20, 2, 24_000), (31, 10, 900), (20, 10, 7_000), (32, 10, 900), (40, 20, 2_000)],
    ids=["along points", "along features", "both ways", "not at all", "many"],
)
def test_products_cut_into_tiles_are_the_same_products(K, D, N):
    X, start = problem(N=N, K=K, D=D)
    n_numbers = K * (1 + D + len(pairs(D, False)[0]))
    assert n_numbers > engine.SMALL_RESULT or n_numbers * N > engine.SMALL_PRODUCT
    options = {"tol": 0, "max_iter": 2}
    assert_same_fit(engine.run(X, start, **options), em.fit(X, start, **options))


@given(mixtures_with_data(), seeds, covariance_types, st.integers(1, 60))
@settings(max_examples=100)
def test_same_numbers_as_em_for_any_data_and_blocks(drawn, seed, kind, block_size):
    X, start = drawn
    rng = np.random.default_rng(seed)
    if seed % 2:
        soft = random_responsibilities(rng, len(X), start.n_components)
        start = em.m_step(X, soft, covariance_type=kind)
    options = {"covariance_type": kind, "tol": 0, "max_iter": 4, "reg_covar": 1e-3}
    assume(owns_something(X, start))
    expected = em.fit(X, start, **options)
    ours = engine.run(X, start, block_size=block_size, **options)
    assert_same_fit(ours, expected, 1e-8)


@pytest.mark.parametrize("reg_covar", [0, 1e-6, 0.5])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_reg_covar_is_added_in_the_units_of_the_data(covariance_type, reg_covar):
    X, start = problem()
    X, start = X * [100, 0.1], start.rescaled([100, 0.1], [0, 0])
    options = {"covariance_type": covariance_type, "reg_covar": reg_covar, "tol": 0}
    ours, theirs = (
        run(X, start, max_iter=5, **options) for run in (engine.run, em.fit)
    )
    assert_same_fit(ours, theirs)


@pytest.mark.parametrize("tol", [0, 1e-6, 1e-3, 1e-1, 10])
def test_it_stops_where_em_stops(tol):
    X, start = problem(seed=2)
    options = {"tol": tol, "max_iter": 60}
    expected = em.fit(X, start, **options)
    assert expected.converged == (tol > 0)
    assert_same_fit(engine.run(X, start, **options), expected, 1e-8)


@pytest.mark.parametrize("max_iter", [1, 2, 7])
def test_it_stops_at_max_iter(max_iter):
    X, start = problem()
    result = engine.run(X, start, tol=0, max_iter=max_iter)
    assert result.n_iter == len(result.log_likelihoods) == max_iter
    assert not result.converged


def test_going_on_from_an_earlier_run_changes_nothing():
    X, start = problem()
    straight = engine.run(X, start, tol=1e-6, max_iter=1000)
    first = engine.run(X, start, tol=1e-6, max_iter=3)
    going_on = {"tol": 1e-6, "max_iter": 1000, "previous": first.log_likelihood}
    rest = engine.run(X, first.mixture, **going_on)
    assert first.n_iter + rest.n_iter == straight.n_iter
    assert distance(rest.mixture, straight.mixture) < 1e-9
    assert_same_fit(rest, em.fit(X, first.mixture, **going_on))
    again = engine.run(X, straight.mixture, previous=straight.log_likelihood)
    assert again.n_iter == 1
    assert again.converged


def test_the_callback_hears_of_every_iteration():
    X, start = problem()
    heard = []
    result = engine.run(X, start, callback=lambda *news: heard.append(news))
    assert [number for number, _ in heard] == list(range(1, result.n_iter + 1))
    np.testing.assert_array_equal(
        [log_likelihood for _, log_likelihood in heard], result.log_likelihoods
    )


# --- Half-steps ----------------------------------------------------------------------


@given(mixtures_with_data(), seeds, covariance_types)
@settings(max_examples=60)
def test_half_steps_are_those_of_em(drawn, seed, covariance_type):
    X, start = drawn
    if seed % 2:
        rng = np.random.default_rng(seed)
        start = em.m_step(X, random_responsibilities(rng, len(X), start.n_components))
    options = {"covariance_type": covariance_type, "reg_covar": 1e-3, "max_iter": 4}
    assume(owns_something(X, start))
    expected = list(em.em(X, start, **options))
    steps = list(engine.half_steps(X, start, **options))
    assert steps[0].mixture is start
    for ours, theirs in zip(steps, expected, strict=True):
        assert (ours.iteration, ours.half) == (theirs.iteration, theirs.half)
        assert distance(ours.mixture, theirs.mixture) < 1e-8
        np.testing.assert_allclose(
            ours.responsibilities, theirs.responsibilities, rtol=1e-6, atol=1e-9
        )
        near = {"rel": 1e-8, "abs": 1e-7}
        assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, **near)
        assert ours.lower_bound == pytest.approx(theirs.lower_bound, **near)


@pytest.mark.parametrize("options", [{"max_iter": 3}, {"tol": 1e-3}, {"tol": 1e-1}])
def test_half_steps_stop_where_em_stops(options):
    X, start = problem()
    steps = list(engine.half_steps(X, start, **options))
    assert len(steps) == len(list(em.em(X, start, **options)))
    result = engine.run(X, start, **({"tol": 0} | options))
    assert len(steps) == 2 * result.n_iter
    assert distance(steps[-1].mixture, result.mixture) < 1e-12


def test_half_steps_go_on_for_ever_unless_told_to_stop():
    X, start = problem(N=50)
    assert len(list(islice(engine.half_steps(X, start), 500))) == 500


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("seed", range(5))
def test_neither_bound_nor_likelihood_ever_falls(seed, covariance_type):
    X, start = problem(seed, covariance_type=covariance_type)
    options = {"covariance_type": covariance_type, "reg_covar": 0}
    steps = list(engine.half_steps(X, start, max_iter=30, **options))
    log_likelihoods = np.array([step.log_likelihood for step in steps])
    bounds = np.array([step.lower_bound for step in steps])
    rounding = 1e-11 * np.abs(log_likelihoods).max()
    assert (np.diff(log_likelihoods) >= -rounding).all()
    assert (np.diff(bounds) >= -rounding).all()
    assert (bounds <= log_likelihoods + rounding).all()
    np.testing.assert_array_equal(bounds[::2], log_likelihoods[::2])
    # Between two M-steps something must have been gained.
    assert log_likelihoods[-1] > log_likelihoods[0]


def test_looking_at_a_half_step_cannot_change_it():
    X, start = problem()
    for step in engine.half_steps(X, start, max_iter=2):
        with pytest.raises(ValueError, match="read-only"):
            step.responsibilities[:] = 0.5


def test_a_half_step_stays_what_it_was_when_others_follow():
    X, start = problem()
    steps, copies = [], []
    for step in engine.half_steps(X, start, max_iter=4):
        steps.append(step)
        copies.append(step.responsibilities.copy())
    for step, copy in zip(steps, copies, strict=True):
        np.testing.assert_array_equal(step.responsibilities, copy)


# --- E-step --------------------------------------------------------------------------


@given(mixtures_with_data())
def test_e_step_is_that_of_em(drawn):
    X, mixture = drawn
    responsibilities, log_density = engine.e_step(X, mixture)
    np.testing.assert_allclose(
        responsibilities, em.e_step(X, mixture), rtol=1e-6, atol=1e-12
    )
    np.testing.assert_allclose(log_density, mixture.log_density(X), rtol=1e-9)
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1, rtol=1e-14)
    assert (responsibilities >= 0).all()


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_e_step_runs_through_many_blocks(covariance_type):
    X, mixture = problem(N=60_001, covariance_type=covariance_type)
    responsibilities, log_density = engine.e_step(X, mixture)
    np.testing.assert_allclose(responsibilities, em.e_step(X, mixture), atol=1e-11)
    np.testing.assert_allclose(log_density, mixture.log_density(X), rtol=1e-11)


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
@pytest.mark.parametrize("far", [0, 10, 30, 35, 40, 50, 1e3, 1e5])
def test_far_points_have_responsibilities_too(far, covariance_type):
    """Where no component's exp is a normal number, each point has its own scale."""
    near, _ = problem(D=3)
    _, mixture = problem(D=3, covariance_type=covariance_type)
    sd = np.sqrt(mixture.covariances.max())
    directions = np.random.default_rng(1).normal(size=near.shape)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # Some of the same block lie near, some far.
    X = np.where(
        np.arange(len(near))[:, np.newaxis] % 3 > 0, directions * sd * far, near
    )
    responsibilities, log_density = engine.e_step(X, mixture)
    # Two log joints of size L cannot be compared to better than 1e-16 L.
    atol = 1e-13 * np.abs(mixture.log_joint(X)).max()
    np.testing.assert_allclose(log_density, mixture.log_density(X), rtol=1e-10)
    np.testing.assert_allclose(
        responsibilities, em.e_step(X, mixture), rtol=0, atol=max(atol, 1e-12)
    )
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1, rtol=1e-14)
    assert engine.partial(X, mixture).log_likelihood == pytest.approx(
        mixture.log_likelihood(X), rel=1e-10
    )


def test_a_fit_goes_through_far_points_too():
    X, start = problem()
    X = np.concatenate([X, X[:50] * 1e3])
    options = {"tol": 0, "max_iter": 5}
    assert_same_fit(engine.run(X, start, **options), em.fit(X, start, **options), 1e-8)


# --- To the last digit ---------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_threads_and_repetitions_change_no_digit(covariance_type):
    X, start = problem(N=3_001, D=3, covariance_type=covariance_type)
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 4}
    results = [
        engine.run(X, start, n_threads=n, block_size=20, **options)
        for n in (1, 2, 3, 1, 2, 3, 50)
    ]
    for result in results[1:]:
        assert_identical(result, results[0])
    assert_same_fit(results[0], em.fit(X, start, **options))


def test_the_number_of_threads_chosen_by_itself_changes_no_digit():
    X, start = problem(N=150_000, K=5)
    options = {"tol": 0, "max_iter": 2}
    by_itself, *others = [
        engine.run(X, start, n_threads=n, **options) for n in (None, None, 1, 2)
    ]
    for other in others:
        assert_identical(other, by_itself)
    assert_same_fit(by_itself, em.fit(X, start, **options))


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_block_sizes_change_nothing_but_rounding(covariance_type):
    X, start = problem(N=500, D=4)
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 5}
    expected = engine.run(X, start, **options)
    for block_size in (1, 7, 64, 499, 500, 5_000):
        result = engine.run(X, start, block_size=block_size, **options)
        assert_same_fit(result, expected, 1e-10)


# --- Digits, against long double -----------------------------------------------------


def long_double_em(X, start, n_iter):
    """Run EM with 3 digits more."""
    X, w, means, covariances = (
        np.asarray(array, np.longdouble)
        for array in (X, start.weights, start.means, start.covariances)
    )
    for _ in range(n_iter):
        log_joint = []
        for k in range(len(w)):
            L = cholesky(covariances[k])
            squares = (solve(L, (X - means[k]).T) ** 2).sum(axis=0)
            log_joint.append(np.log(w[k]) - np.log(np.diag(L)).sum() - squares / 2)
        joint = np.exp(np.array(log_joint) - np.max(log_joint, axis=0))
        r = joint / joint.sum(axis=0)
        counts = r.sum(axis=1)
        w, means = counts / counts.sum(), r @ X / counts[:, np.newaxis]
        centered = [X - mean for mean in means]
        covariances = np.array(
            [(r[k] * c.T) @ c / counts[k] for k, c in enumerate(centered)]
        )
    return _LongDoubleMixture(w, means, covariances)


class _LongDoubleMixture:
    def __init__(self, weights, means, covariances):
        self.weights, self.means, self.covariances = weights, means, covariances


def two_groups():
    rng = np.random.default_rng(0)
    shear = np.array([[1, 0.6], [0, 0.5]])
    first, second = rng.normal(size=(300, 2)), rng.normal(size=(200, 2)) @ shear
    return np.concatenate([first, second + [3, 1]])


def squeezed():
    """One direction, not along an axis, is 1e5 times shorter: cond(Σ) = 1e10."""
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(2, 2)))
    return two_groups() * [1, 1e-5] @ rotation.T


def tight(size, place=1.0):
    """Make the second group, a step from the middle of the first, this small."""
    X = two_groups()
    return np.concatenate([X[:300] + 1 - place, (X[300:] - [3, 1]) * size + place])


NUMERICS = {
    "plain": two_groups(),
    "offset 1e8": two_groups() + 1e8,
    "scales": two_groups() * [1e5, 1e-5],
    "tight 1e-3": tight(1e-3),
    "tight 1e-6": tight(1e-6),
    "squeezed": squeezed(),
}


@needs_long_double
@pytest.mark.parametrize("name", NUMERICS)
def test_no_fewer_digits_than_scikit_learn(name):
    X = NUMERICS[name]
    groups = X[:300], X[300:]
    start = Mixture(
        [0.5, 0.5],
        [group.mean(axis=0) for group in groups],
        [1.3 * np.cov(group.T) for group in groups],
    )
    reference = long_double_em(X, start, 20)
    options = {"reg_covar": 0, "tol": 0, "max_iter": 20}
    ours = distance(engine.run(X, start, **options).mixture, reference)
    oracle = GaussianMixture(
        2,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=np.linalg.inv(start.covariances),
        **options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        oracle.fit(X)
    theirs = distance(
        Mixture(oracle.weights_, oracle.means_, oracle.covariances_), reference
    )
    assert ours <= max(3 * theirs, 1e-12)
    if name in ("plain", "scales"):
        assert ours <= 1e-9


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_small_components_are_right_on_both_sides_of_the_boundary(covariance_type):
    """Somewhere on the way from 0.3 to 1e-6 squares give way to whitened residuals."""
    sizes = 0.3 * 1.5 ** -np.arange(32.0)
    assert sizes[-1] < 1.1e-6
    verdicts = []
    for size in sizes:
        # Near 0 numbers are dense, so that the mean keeps its digits whatever the size.
        X = tight(size, place=0)
        groups = X[:300], X[300:]
        covariances = np.array([1.2 * np.cov(group.T) for group in groups])
        if covariance_type == "diag":
            covariances = covariances * np.eye(2)
        start = Mixture([0.5, 0.5], [g.mean(axis=0) for g in groups], covariances)
        options = {"covariance_type": covariance_type, "reg_covar": 0, "tol": 0}
        ours, theirs = (
            run(X, start, max_iter=4, **options) for run in (engine.run, em.fit)
        )
        assert_same_fit(ours, theirs)
        frame = Frame.from_rows(X, covariance_type == "diag")
        natural = Parameters.from_mixture(theirs.mixture, frame).natural
        assert not natural.tight[0]
        verdicts.append(bool(natural.tight[1]))
    assert verdicts == sorted(verdicts)
    assert verdicts[0] != verdicts[-1]


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_the_choice_between_squares_and_residuals_changes_nothing(
    monkeypatch, covariance_type
):
    """All components of harmless data by residuals: another way to the same sums."""
    X, start = problem(D=3, covariance_type=covariance_type)
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 5}
    by_squares = engine.run(X, start, **options)
    monkeypatch.setattr("gmm_from_scratch.sufficient.LARGEST_SPREAD", 0.0)
    assert_same_fit(engine.run(X, start, block_size=30, **options), by_squares)
    steps = engine.half_steps(X, start, **options)
    for ours, theirs in zip(steps, em.em(X, start, **options), strict=True):
        assert ours.lower_bound == pytest.approx(theirs.lower_bound, rel=1e-9)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize(
    ("shift", "stretch"), [(0, 1e-3), (0, 1e3), (30, 1), (-100, 5), (1e4, 1)]
)
def test_a_badly_chosen_frame_changes_nothing(
    monkeypatch, covariance_type, shift, stretch
):
    X, start = problem(D=3, covariance_type=covariance_type)
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 5}
    expected = engine.run(X, start, **options)

    def bad_frame(blocks, ridge, width):
        good = Frame.from_rows(blocks.X, blocks.diagonal, ridge, width)
        factors = stretch ** np.arange(3.0)
        matrix = good.matrix * (factors if blocks.diagonal else factors[:, None])
        return Frame(good.center + shift, matrix, good.inverse / factors)

    monkeypatch.setattr(engine.ArrayBlocks, "frame", bad_frame)
    assert_same_fit(engine.run(X, start, **options), expected, 1e-8)
    *_, last = engine.half_steps(X, start, **options)
    assert distance(last.mixture, expected.mixture) <= 1e-8


# --- Blocks --------------------------------------------------------------------------


STREAMS = {
    "list of arrays": lambda parts: parts,
    "tuple of arrays": tuple,
    "list of lists": lambda parts: [part.tolist() for part in parts],
    "list of pairs": lambda parts: [(part, np.ones(len(part))) for part in parts],
    "pairs and arrays": lambda parts: [(parts[0], None), *parts[1:]],
    "function": lambda parts: lambda: (part for part in parts),
    "other iterable": lambda parts: dict(enumerate(parts)).values(),
}


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("kind", STREAMS)
def test_blocks_give_the_result_of_all_rows_at_once(kind, covariance_type):
    X, start = problem(N=400, covariance_type=covariance_type)
    options = {"covariance_type": covariance_type, "tol": 1e-4}
    expected = engine.run(X, start, **options)
    # Of equal size, the same arrays serve block after block; else they are made anew.
    for cuts in ([100, 200, 300], [1, 150, 151, 300], []):
        blocks = STREAMS[kind](np.split(X, cuts))
        assert_same_fit(engine.run(blocks, start, **options), expected)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_threads_and_block_sizes_go_with_a_stream_too(n_threads):
    X, start = problem(N=400)
    options = {"tol": 0, "max_iter": 4}
    result = engine.run(
        np.split(X, 4), start, n_threads=n_threads, block_size=9, **options
    )
    one = engine.run(np.split(X, 4), start, n_threads=1, block_size=9, **options)
    assert_identical(result, one)
    assert_same_fit(result, em.fit(X, start, **options))


@pytest.mark.parametrize("first", [0.0, 1e-8, 1e3])
def test_a_first_block_unlike_the_others_changes_nothing(first):
    """The frame is made from it, so the others may lie far out, or it have no size."""
    X, start = problem(N=300)
    parts = [X[:20] * first, X[20:]]
    options = {"tol": 0, "max_iter": 5}
    expected = em.fit(np.concatenate(parts), start, **options)
    assert_same_fit(engine.run(parts, start, **options), expected, 1e-8)


def test_blocks_may_be_read_from_a_file():
    X, start = problem(N=300)
    text = pd.DataFrame(X, columns=["a", "b"]).to_csv(index=False)
    whole = pd.read_csv(io.StringIO(text))

    def chunks():
        return pd.read_csv(io.StringIO(text), chunksize=70)

    assert_same_fit(engine.run(chunks, start), engine.run(whole, start))
    with pytest.raises(TypeError, match="can be read only once"):
        engine.run(chunks(), start)


def test_every_iteration_reads_the_blocks_anew():
    X, start = problem(N=300)
    readings = []

    def blocks():
        readings.append(0)
        for part in np.split(X, 3):
            readings[-1] += 1
            yield part

    result = engine.run(blocks, start, tol=0, max_iter=3)
    assert readings.count(3) >= result.n_iter


def test_weights_come_with_the_blocks():
    X, start = problem(N=300)
    weight = np.random.default_rng(0).uniform(0, 2, size=300)
    expected = engine.run(X, start, sample_weight=weight)
    parts = list(zip(np.split(X, [50, 200]), np.split(weight, [50, 200]), strict=True))
    assert_same_fit(engine.run(parts, start), expected)
    assert_same_fit(engine.run(lambda: iter(parts), start), expected)
    with pytest.raises(ValueError, match="sample_weight must come with them"):
        engine.run(np.split(X, 3), start, sample_weight=weight)


def test_a_memory_mapped_file_is_data_too(tmp_path):
    X, start = problem(N=1_000)
    for dtype in (np.float64, np.int64):
        values = (100 * X).astype(dtype) if dtype is np.int64 else X
        values.tofile(tmp_path / "X.bin")
        mapped = np.memmap(tmp_path / "X.bin", dtype=dtype, mode="r", shape=X.shape)
        assert_identical(engine.run(mapped, start), engine.run(values, start))


def test_what_is_wrong_with_blocks_is_said():
    X, start = problem(N=90)
    parts = np.split(X, 3)
    with pytest.raises(TypeError, match="X can be read only once"):
        engine.run((part for part in parts), start)
    with pytest.raises(TypeError, match="X can be read only once"):
        engine.run(iter(parts), start)
    with pytest.raises(ValueError, match="X"):
        engine.run(lambda: iter([]), start)
    with pytest.raises(ValueError, match="X"):
        engine.run([], start)
    with pytest.raises(ValueError, match="block 1 has 3 features .* 2 are expected"):
        engine.run([parts[0], np.zeros((5, 3)), parts[2]], start)
    bad = parts[2].copy()
    bad[4, 1] = np.nan
    with pytest.raises(ValueError, match="block 2 contains NaN .*row 4, column 1"):
        engine.run([parts[0], parts[1], bad], start)
    with pytest.raises(ValueError, match="sample_weight must have shape"):
        engine.run([(parts[0], np.ones(30)), (parts[1], np.ones(29))], start)
    with pytest.raises(ValueError, match="X has 2 rows, fewer than n_components=3"):
        engine.run([X[:1], X[1:2]], start)


# --- Memory --------------------------------------------------------------------------


def peak_of(function):
    """Run a function, and say how many bytes it had in use at a time."""
    gc.collect()
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def five_components(N):
    rng = np.random.default_rng(0)
    start = random_mixture(rng, 5, 2, spread=2)
    return start.sample(N, rng)[0], start


def test_memory_does_not_grow_with_the_data():
    X, start = five_components(400_000)
    options = {"tol": 0, "max_iter": 2, "n_threads": 2}
    engine.run(X[:1000], start, **options)
    assert peak_of(lambda: engine.run(X, start, **options)) < 8_000_000
    options["block_size"] = 20_000
    peaks = [
        peak_of(lambda n=n: engine.run(X[:n], start, **options))
        for n in (100_000, 400_000)
    ]
    assert abs(peaks[1] - peaks[0]) < 1_000_000


def test_memory_of_a_stream_is_that_of_a_block():
    X, start = five_components(400_000)
    options = {"tol": 0, "max_iter": 2, "n_threads": 2}

    def copies(n):
        return lambda: (X[i : i + 20_000].copy() for i in range(0, n, 20_000))

    engine.run(copies(20_000), start, **options)
    peaks = [
        peak_of(lambda n=n: engine.run(copies(n), start, **options))
        for n in (100_000, 400_000)
    ]
    assert abs(peaks[1] - peaks[0]) < 1_000_000


# --- float32 -------------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("size", [1.0, 1e-4])
def test_float32_is_read_and_summed_in_float64(covariance_type, size):
    """A small component takes the other way through the engine."""
    X = tight(size, place=0).astype(np.float32)
    covariances = [np.cov(group.T) * np.eye(2) for group in (X[:300], X[300:])]
    start = Mixture([0.5, 0.5], [[1, 1], [0, 0]], covariances)
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 5}
    wide = engine.run(X.astype(float), start, **options)
    assert_identical(engine.run(X, start, **options), wide)
    turned = engine.run(np.asfortranarray(X), start, **options)
    assert_same_fit(turned, wide, 1e-10)
    pairs = zip(
        engine.e_step(X, start), engine.e_step(X.astype(float), start), strict=True
    )
    for narrow, broad in pairs:
        np.testing.assert_array_equal(narrow, broad)


def test_float32_is_not_copied():
    X, start = five_components(500_000)
    X = X.astype(np.float32)
    options = {"tol": 0, "max_iter": 1, "n_threads": 1, "block_size": 5_000}
    engine.run(X[:1000], start, **options)
    assert peak_of(lambda: engine.run(X, start, **options)) < X.nbytes / 2


# --- Sample weights ------------------------------------------------------------------


@given(mixtures_with_data(), seeds, covariance_types)
@settings(max_examples=50)
def test_a_whole_weight_is_the_row_so_many_times(drawn, seed, covariance_type):
    X, start = drawn
    weight = np.random.default_rng(seed).integers(0, 4, size=len(X))
    weight[:: max(1, len(X) // 10)] += 1
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 3}
    options |= {"reg_covar": 1e-2}
    repeated = np.repeat(X, weight, axis=0)
    assume(owns_something(repeated, start))
    expected = em.fit(repeated, start, **options)
    for block_size in (None, 11):
        ours = engine.run(
            X, start, sample_weight=weight, block_size=block_size, **options
        )
        assert_same_fit(ours, expected, 1e-8)


def test_whole_weights_agree_with_repeated_rows_to_rounding():
    X, start = problem(N=300)
    weight = np.random.default_rng(0).integers(1, 5, size=300)
    ours = engine.run(X, start, sample_weight=weight)
    assert_same_fit(ours, engine.run(np.repeat(X, weight, axis=0), start), 1e-10)


@pytest.mark.parametrize("size", [0.3, 1e-6])
def test_weights_count_for_small_components_too(size):
    X = tight(size, place=0)
    groups = X[:300], X[300:]
    start = Mixture(
        [0.5, 0.5], [g.mean(axis=0) for g in groups], [np.cov(g.T) for g in groups]
    )
    weight = np.random.default_rng(0).integers(0, 3, size=len(X))
    options = {"reg_covar": 0, "tol": 0, "max_iter": 4}
    ours = engine.run(X, start, sample_weight=weight, block_size=64, **options)
    expected = em.fit(np.repeat(X, weight, axis=0), start, **options)
    assert_same_fit(ours, expected)


def test_weight_zero_is_absence():
    X, start = problem(N=300)
    weight = (np.arange(300) % 3 > 0).astype(float)
    # A row that does not count may lie anywhere, and a whole block may not count.
    X[weight == 0] *= 1e4
    weight[100:150] = 0
    for block_size in (None, 10):
        ours = engine.run(X, start, sample_weight=weight, block_size=block_size)
        assert_same_fit(ours, engine.run(X[weight > 0], start), 1e-8)


@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e6])
def test_only_the_log_likelihood_knows_the_unit_of_the_weights(factor):
    X, start = problem(N=300)
    weight = np.random.default_rng(0).uniform(0, 2, size=300)
    one = engine.run(X, start, sample_weight=weight)
    other = engine.run(X, start, sample_weight=factor * weight)
    assert (one.n_iter, one.converged) == (other.n_iter, other.converged)
    assert distance(other.mixture, one.mixture) < 1e-10
    np.testing.assert_allclose(
        other.log_likelihoods, factor * one.log_likelihoods, rtol=1e-10
    )


@pytest.mark.parametrize(
    ("weight", "error", "words"),
    [
        (np.arange(60) - 1.0, ValueError, "sample_weight must not be negative"),
        (np.full(60, np.nan), ValueError, "sample_weight contains NaN"),
        (np.ones(59), ValueError, "sample_weight must have shape"),
        (np.ones((60, 1)), ValueError, "sample_weight must have shape"),
        (np.zeros(60), ValueError, "sample_weight is zero for every point"),
        (["1"] * 60, TypeError, "sample_weight must hold real numbers"),
    ],
)
def test_impossible_weights_are_refused(weight, error, words):
    X, start = problem(N=60)
    for call in (engine.run, engine.partial):
        with pytest.raises(error, match=words):
            call(X, start, sample_weight=weight)


# --- What goes wrong is explained ----------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"covariance_type": "round"}, ValueError, "covariance_type must be one of"),
        ({"reg_covar": -1}, ValueError, "reg_covar must be a finite number >= 0"),
        ({"tol": -1}, ValueError, "tol must be a finite number >= 0"),
        ({"tol": None}, TypeError, "tol must be a number"),
        ({"max_iter": 0}, ValueError, "max_iter must be at least 1"),
        ({"max_iter": 1.5}, TypeError, "max_iter must be a whole number"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1"),
        ({"n_threads": 2.0}, TypeError, "n_threads must be a whole number"),
        ({"block_size": 0}, ValueError, "block_size must be at least 1"),
        ({"block_size": "all"}, TypeError, "block_size must be a whole number"),
    ],
)
def test_impossible_options_are_refused(options, error, words):
    X, start = problem()
    with pytest.raises(error, match=words):
        engine.run(X, start, **options)
    with pytest.raises(error, match=words):
        engine.run(np.split(X, 2), start, **options)
    if {"n_threads", "block_size"} & set(options) or options.get("tol", 0) is None:
        return
    with pytest.raises(error, match=words):
        next(engine.half_steps(X, start, **options))


@pytest.mark.parametrize(
    "call", [engine.run, engine.partial, engine.e_step, engine.half_steps]
)
def test_impossible_data_are_refused(call):
    X, start = problem(N=60)

    def outcome(X, start=start):
        result = call(X, start)
        return next(result) if call is engine.half_steps else result

    with pytest.raises(ValueError, match="X contains NaN .*row 4, column 1"):
        outcome(np.where(np.arange(120).reshape(60, 2) == 9, np.nan, X))
    with pytest.raises(ValueError, match="X must have shape"):
        outcome(X[:, 0])
    with pytest.raises(ValueError, match="X must have shape"):
        outcome(X[np.newaxis])
    with pytest.raises(ValueError, match="X has 3 features .* 2 are expected"):
        outcome(np.zeros((9, 3)))
    with pytest.raises(TypeError, match="X must hold real numbers"):
        outcome([["a", "b"]] * 9)
    for not_a_mixture in [None, (start.weights, start.means), GaussianMixture(3)]:
        with pytest.raises(TypeError, match="must be a Mixture"):
            outcome(X, not_a_mixture)
    if call in (engine.run, engine.half_steps):
        with pytest.raises(ValueError, match="2 rows, fewer than n_components=3"):
            outcome(X[:2])


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_component_far_from_all_data_is_named(covariance_type):
    X = np.random.default_rng(0).normal(size=(50, 2))
    start = Mixture([0.5, 0.5], [[0.0, 0.0], [1e4, 0.0]], [np.eye(2)] * 2)
    for run in (em.fit, engine.run):
        with pytest.raises(EmptyComponentError, match="component 1 .* no point"):
            run(X, start, covariance_type=covariance_type)
    with pytest.raises(EmptyComponentError, match="component 1 .* no point"):
        list(engine.half_steps(X, start, covariance_type=covariance_type))


def test_a_component_that_starts_without_weight_is_named():
    X = np.random.default_rng(0).normal(size=(50, 2))
    start = Mixture([0.0, 1.0], [[0.0, 0.0], [1.0, 0.0]], [np.eye(2)] * 2)
    for run in (em.fit, engine.run):
        with pytest.raises(EmptyComponentError, match="component 0 .* no point"):
            run(X, start)
    responsibilities, log_density = engine.e_step(X, start)
    np.testing.assert_allclose(responsibilities, em.e_step(X, start), atol=1e-200)
    np.testing.assert_allclose(log_density, start.log_density(X))


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_a_flat_component_needs_reg_covar(covariance_type):
    X, _ = problem()
    X[:, 1] = 2.0
    start = Mixture([0.5, 0.5], [[-1.0, 2.0], [1.0, 2.0]], [np.eye(2)] * 2)
    options = {"covariance_type": covariance_type, "tol": 0, "max_iter": 5}
    with pytest.raises(ValueError, match="component 0 .*reg_covar"):
        engine.run(X, start, reg_covar=0, **options)
    with pytest.raises(ValueError, match="component 0 .*reg_covar"):
        list(engine.half_steps(X, start, reg_covar=0, covariance_type=covariance_type))
    assert_same_fit(engine.run(X, start, **options), em.fit(X, start, **options))


def test_a_collapse_onto_a_point_is_prevented_by_reg_covar_and_else_explained():
    X = [[0.0], [1.0], [2.0], [50.0]]
    start = Mixture([0.5, 0.5], [[1.0], [50.0]], [[[1.0]], [[1.0]]])
    result = engine.run(X, start)
    assert result.mixture.covariances[1, 0, 0] == pytest.approx(1e-6)
    with pytest.raises(ValueError, match="component 1 is not positive definite"):
        engine.run(X, start, reg_covar=0)


def test_an_error_says_where_em_was():
    """Before the iteration whose M-step leaves one point to a component."""
    X = np.append(np.random.default_rng(0).normal(size=50), 50.0)[:, np.newaxis]
    start = Mixture([0.9, 0.1], [[0.0], [40.0]], [[[1.0]], [[400.0]]])
    options, heard = {"reg_covar": 0, "tol": 0}, []
    with pytest.raises(SingularCovarianceError) as caught:
        engine.run(X, start, callback=lambda *news: heard.append(news), **options)
    assert len(heard) > 2
    expected = em.fit(X, start, max_iter=len(heard) - 1, **options)
    assert distance(caught.value.mixture, expected.mixture) < 1e-9


def test_an_error_before_the_first_step_says_so_too():
    start = Mixture([1.0], [[0.0]], [[[1e-299]]])
    with pytest.raises(SingularCovarianceError, match="component 0") as caught:
        engine.run([[-1e149], [0.0], [1e149]], start, covariance_type="diag")
    assert caught.value.mixture is start


# --- Inputs of every make ------------------------------------------------------------


def _read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


MAKES = {
    "Fortran order": np.asfortranarray,
    "read-only": _read_only,
    "every second row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "every second column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "list": lambda X: X.tolist(),
    "DataFrame": lambda X: pd.DataFrame(X, columns=["a", "b"]),
    "objects": lambda X: X.astype(object),
}


@pytest.mark.parametrize("make", MAKES)
def test_data_of_every_make_gives_the_same_result(make):
    X, start = problem(N=300)
    other = MAKES[make](X)
    options = {"block_size": 64, "n_threads": 2}
    expected = engine.run(X, start, **options)
    assert_same_fit(engine.run(other, start, **options), expected, 1e-10)
    pairs = zip(engine.e_step(other, start), engine.e_step(X, start), strict=True)
    for one, two in pairs:
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16, np.float16, bool])
def test_whole_numbers_are_numbers(dtype):
    X, start = problem(N=300)
    X = np.abs(X * 3).astype(dtype)
    assert_identical(engine.run(X, start), engine.run(X.astype(float), start))


def test_inputs_are_left_alone():
    X, start = problem(N=300)
    weight = np.random.default_rng(0).uniform(1, 2, size=300)
    blocks = [(X[:100], weight[:100]), (X[100:], weight[100:])]
    copies = X.copy(), weight.copy()
    engine.run(X, start, sample_weight=weight, block_size=50)
    engine.run(blocks, start)
    engine.e_step(X, start)
    engine.partial(X, start, sample_weight=weight)
    list(engine.half_steps(X, start, max_iter=2))
    np.testing.assert_array_equal(X, copies[0])
    np.testing.assert_array_equal(weight, copies[1])


def test_one_row_is_enough_for_one_component():
    start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    result = engine.run([[3.0, 4.0]], start)
    np.testing.assert_allclose(result.mixture.means, [[3, 4]])
    np.testing.assert_allclose(result.mixture.covariances, [1e-6 * np.eye(2)])


def test_one_component_is_the_maximum_likelihood_gaussian():
    X, start = problem(K=1)
    result = engine.run(X, start, reg_covar=0)
    np.testing.assert_allclose(result.mixture.means[0], X.mean(axis=0))
    np.testing.assert_allclose(result.mixture.covariances[0], np.cov(X.T, bias=True))


@given(st.integers(1, 6), st.integers(1, 6), seeds)
@settings(max_examples=30)
def test_relabeling_the_start_relabels_the_result(K, D, seed):
    X, start = problem(seed, N=40 * K, K=K, D=D)
    order = np.random.default_rng(seed).permutation(K)
    options = {"tol": 0, "max_iter": 4, "reg_covar": 1e-2}
    here = engine.run(X, start, **options).mixture.reordered(order)
    relabeled = engine.run(X, start.reordered(order), **options).mixture
    assert distance(relabeled, here) < 1e-8


def test_the_engine_knows_no_unit():
    rng = np.random.default_rng(5)
    X, start = problem(D=4)
    turn, shift = random_covariance(rng, 4), 10 * rng.normal(size=4)
    turned = Mixture(
        start.weights, start.means @ turn + shift, turn @ start.covariances @ turn
    )
    options = {"reg_covar": 0, "tol": 0, "max_iter": 5}
    here = engine.run(X, start, **options)
    there = engine.run(X @ turn + shift, turned, **options)
    log_volume = len(X) * np.linalg.slogdet(turn)[1]
    np.testing.assert_allclose(
        there.log_likelihoods, here.log_likelihoods - log_volume, rtol=1e-9
    )
    np.testing.assert_allclose(there.mixture.weights, here.mixture.weights, rtol=1e-8)


# --- The threads of NumPy's own products ---------------------------------------------


def blas_threads():
    libraries = threadpool_info()
    return [lib["num_threads"] for lib in libraries if lib["user_api"] == "blas"]


@pytest.fixture
def two_blas_threads():
    if not blas_threads():
        pytest.skip("threadpoolctl knows no BLAS library here.")
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        if max(before) < 2:
            pytest.skip("NumPy's BLAS library has one thread only.")
        yield before


def test_the_limit_on_blas_threads_is_lifted_after_a_run(two_blas_threads):
    X, start = problem()
    inside = []
    engine.run(X, start, max_iter=2, callback=lambda *_: inside.append(blas_threads()))
    assert [set(threads) for threads in inside] == [{1}] * len(inside)
    assert inside
    assert blas_threads() == two_blas_threads
    engine.e_step(X, start)
    assert blas_threads() == two_blas_threads
    engine.partial(X, start)
    assert blas_threads() == two_blas_threads


def test_the_limit_on_blas_threads_is_lifted_after_an_error(two_blas_threads):
    X, start = problem()

    def blocks():
        yield X
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        engine.run(blocks, start)
    assert blas_threads() == two_blas_threads

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(X, start, callback=stop)
    assert blas_threads() == two_blas_threads
    with pytest.raises(ValueError, match="reg_covar"):
        engine.run([[1.0, 1.0]] * 9, start, reg_covar=0)
    assert blas_threads() == two_blas_threads


def test_whoever_looks_at_half_steps_has_all_blas_threads(two_blas_threads):
    X, start = problem()
    for _ in engine.half_steps(X, start, max_iter=2):
        assert blas_threads() == two_blas_threads
    steps = engine.half_steps(X, start)
    next(steps)
    steps.close()
    assert blas_threads() == two_blas_threads


def test_an_error_in_a_thread_reaches_the_caller(monkeypatch):
    """The caller's own thread leaves a block to another, which fails there."""
    X, start = problem(N=3_000)
    failed = threading.Event()

    def apply(*arguments, **options):
        if threading.current_thread() is threading.main_thread():
            assert failed.wait(60)
            return sufficient.apply(*arguments, **options)
        failed.set()
        raise OSError("the disk is gone")

    monkeypatch.setattr(engine, "apply", apply)
    with pytest.raises(OSError, match="the disk is gone"):
        engine.run(X, start, n_threads=2, block_size=20)


@pytest.mark.parametrize("narrow", [1e-3, 1e-6, 1e-9])
def test_a_start_far_wider_than_a_feature_costs_no_digits(narrow):
    rng = np.random.default_rng(0)
    start = Mixture([0.5, 0.5], [[1.0, 0, 0], [-1, 0, 0]], [np.eye(3)] * 2)
    X = rng.normal(size=(200, 3)) * [1, narrow, 1]
    options = {"tol": 0, "max_iter": 5}
    assert_same_fit(engine.run(X, start, **options), em.fit(X, start, **options), 1e-9)
    # The first block says little about the second.
    blocks = [X + [0, 1, 0], rng.normal(size=(200, 3))]
    expected = em.fit(np.concatenate(blocks), start, **options)
    assert_same_fit(engine.run(blocks, start, **options), expected, 1e-9)


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_a_start_may_be_wider_than_the_data_by_any_factor(covariance_type):
    X, _ = problem()
    X, width = 1e-120 * X, 1e40
    start = Mixture([0.5, 0.5], [[-width, 0], [width, 0]], [width**2 * np.eye(2)] * 2)
    options = {"covariance_type": covariance_type, "reg_covar": 0}
    expected = em.fit(X, start, **options)
    for data in (X, np.split(X, 2)):
        assert_same_fit(engine.run(data, start, **options), expected)


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_a_component_of_weight_zero_may_be_wider_by_any_factor(covariance_type):
    wide_and_narrow = [[[1e200]], [[1e-200]]]
    mixture = Mixture([0.0, 1.0], [[0.0], [0.0]], wide_and_narrow)
    X = np.array([[-1e-100], [2e-100]])
    sums = engine.partial(X, mixture, covariance_type=covariance_type)
    assert sums.log_likelihood == pytest.approx(mixture.log_likelihood(X), rel=1e-12)


@pytest.mark.parametrize("distance", [10, 30, 35])
def test_an_empty_component_is_noticed_where_all_points_are_far(distance):
    X = distance + 0.1 * np.random.default_rng(0).normal(size=(50, 1))
    start = Mixture([0.5, 0.5], [[0.0], [1e4]], [[[1.0]], [[1.0]]])
    for run in (em.fit, engine.run):
        with pytest.raises(em.EmptyComponentError, match="component 1"):
            run(X, start)


def test_a_component_of_weight_zero_owns_nothing_even_where_nothing_else_is_near():
    mixture = Mixture([1.0, 0.0], [[0.0], [1000.0]], [[[1.0]], [[1.0]]])
    responsibilities, log_density = engine.e_step([[1000.0]], mixture)
    assert responsibilities.tolist() == [[1.0, 0.0]]
    np.testing.assert_allclose(log_density, mixture.log_density([[1000.0]]))
    with pytest.raises(em.EmptyComponentError):
        engine.run([[0.0], [1.0], [1000.0], [1001.0]], mixture)


def test_a_block_may_weigh_nothing_if_another_weighs_something():
    X, start = problem(N=200)
    weighted = [(X, np.ones(200)), (X + 1e3, np.zeros(200))]
    assert_same_fit(engine.run(weighted, start), engine.run(X, start), 1e-10)
    with pytest.raises(ValueError, match="no block of rows that count"):
        engine.run([(X, np.zeros(200))], start)


def test_results_for_each_point_need_all_points_at_once():
    X, start = problem(N=200)
    for function in (engine.e_step, lambda X, m: next(engine.half_steps(X, m))):
        with pytest.raises(TypeError, match="result for each point"):
            function([X, X], start)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_a_mapped_file_is_read_in_pieces_with_the_same_result(
    mode, tmp_path, monkeypatch
):
    monkeypatch.setattr(engine, "PIECE_BYTES", 3000)
    X, start = problem(N=1000)
    weight = np.random.default_rng(0).uniform(size=1000)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode=mode)
    for sample_weight in (None, weight):
        ours = engine.run(mapped, start, sample_weight=sample_weight)
        expected = engine.run(X, start, sample_weight=sample_weight)
        assert_same_fit(ours, expected, 1e-10)
    # A slice, which does not begin where the file does.
    assert_same_fit(engine.run(mapped[500:], start), engine.run(X[500:], start), 1e-10)


def test_changes_of_a_private_mapping_count(tmp_path):
    X, start = problem(N=500)
    np.save(tmp_path / "X.npy", np.zeros_like(X))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="c")
    mapped[:] = X
    assert_same_fit(engine.run(mapped, start), engine.run(X, start), 1e-10)


def test_defaults_are_those_of_em():
    X, start = problem()
    assert_same_fit(engine.run(X, start), em.fit(X, start))
    assert engine.run(X, start, tol=0).n_iter == em.fit(X, start, tol=0).n_iter


def test_a_change_of_exactly_tol_is_no_reason_to_stop():
    # With one component nothing moves after the first iterations, to the last digit.
    X, _ = problem()
    start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    result = engine.run(X, start, tol=0, max_iter=6)
    assert result.log_likelihoods[-1] == result.log_likelihoods[-2]
    assert result.n_iter == 6
    assert len(list(engine.half_steps(X, start, tol=0, max_iter=6))) == 12


@given(mixtures_with_data())
def test_log_densities_alone_are_those_with_responsibilities(drawn):
    X, mixture = drawn
    _, expected = engine.e_step(X, mixture)
    np.testing.assert_array_equal(engine.log_density(X, mixture), expected)


def test_sums_are_those_of_the_e_step_and_rows_without_weight_add_none():
    X, start = problem()
    frame = Frame.from_mixture(start, diagonal=False)
    parameters = Parameters.from_mixture(start, frame)
    some = engine.sums(X, parameters)
    np.testing.assert_allclose(some.counts, em.e_step(X, start).sum(axis=0))
    both = engine.sums(X[:5], parameters, np.zeros(5)) + some
    assert (both.n_samples, both.log_likelihood) == (200, some.log_likelihood)
    np.testing.assert_array_equal(both.moments, some.moments)
    nothing = engine.sums(X[:5], parameters, np.zeros(5))
    np.testing.assert_array_equal(nothing.moments, np.zeros_like(some.moments))
    with pytest.raises(ValueError, match="^X has 1 feature"):
        engine.sums(X[:, :1], parameters)


def test_a_responsibility_is_a_normal_number_or_nothing():
    """Smaller numbers have few digits left, and take long to work out."""
    mixture = Mixture([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]])
    X = np.linspace(-760, 0, 500)[:, np.newaxis]
    responsibilities, _ = engine.e_step(X, mixture)
    expected = em.e_step(X, mixture)
    assert expected[expected > 0].min() < np.finfo(float).tiny
    assert responsibilities[responsibilities > 0].min() > np.finfo(float).tiny
    np.testing.assert_allclose(responsibilities, expected, rtol=1e-9, atol=1e-303)


def test_a_block_of_two_rows_is_no_pair():
    X, start = problem(N=60)
    expected = engine.run(X, start)
    for two in (X[:2], X[:2].tolist()):
        assert_same_fit(engine.run([two, X[2:]], start), expected)
    assert_same_fit(engine.run([tuple(X[:3]), X[3:]], start), expected)


@pytest.mark.parametrize("block_size", [7, 64])
def test_a_single_block_is_worked_on_as_an_array_is(block_size):
    X, start = problem()
    options = {"tol": 0, "max_iter": 5, "block_size": block_size}
    expected = engine.run(X, start, **options)
    assert_identical(engine.run([X], start, **options), expected)


@pytest.mark.parametrize(("piece_bytes", "largest"), [(3000, 2992), (1, 16)])
def test_a_mapped_file_is_read_a_piece_at_a_time(
    piece_bytes, largest, tmp_path, monkeypatch
):
    """What has been read of a mapping stays in memory until the mapping is closed."""
    sizes = []

    class Watched(np.memmap):
        def __new__(cls, *arguments, **options):
            mapped = super().__new__(cls, *arguments, **options)
            sizes.append(mapped.nbytes)
            return mapped

    monkeypatch.setattr(np, "memmap", Watched)
    monkeypatch.setattr(engine, "PIECE_BYTES", piece_bytes)
    X, start = problem(N=300)
    X.tofile(tmp_path / "X.bin")
    mapped = np.memmap(tmp_path / "X.bin", np.float64, "r", shape=X.shape)
    sizes.clear()
    engine.run(mapped, start, tol=0, max_iter=2)
    n_pieces = -(-X.nbytes // largest)
    for reading in (sizes[-n_pieces:], sizes[-2 * n_pieces : -n_pieces]):
        assert sum(reading) == X.nbytes
        assert set(reading[:-1]) == {largest}


def test_a_mapped_file_may_have_its_columns_one_after_the_other(tmp_path):
    X, start = problem()
    np.save(tmp_path / "X.npy", np.asfortranarray(X))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_same_fit(engine.run(mapped, start), engine.run(X, start))
    with pytest.raises(ValueError, match="X must have shape"):
        engine.run(np.load(tmp_path / "X.npy", mmap_mode="r").T[0], start)
    np.save(tmp_path / "x.npy", X[:, 0])
    with pytest.raises(ValueError, match="X must have shape"):
        engine.run(np.load(tmp_path / "x.npy", mmap_mode="r"), start)


def test_one_thread_works_where_no_blas_library_is_known(monkeypatch):
    none = ThreadpoolController().select(internal_api="none")
    monkeypatch.setattr(engine, "_blas", lambda: none)
    monkeypatch.setattr(engine, "WORTH_THREADS", 0)
    X, start = problem()
    expected = engine.run(X, start, n_threads=1, block_size=20)
    monkeypatch.setattr(engine, "ThreadPoolExecutor", None)
    assert_identical(engine.run(X, start, block_size=20), expected)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda X, m: engine.run(X, None), TypeError, "start must be a Mixture"),
        (
            lambda X, m: next(engine.half_steps(X, None)),
            TypeError,
            "start must be a Mixture",
        ),
        *(
            (lambda X, m, f=f: f(X, None), TypeError, "mixture must be a Mixture")
            for f in (engine.e_step, engine.log_density, engine.partial)
        ),
        *(
            (
                lambda X, m, f=f: f(X, m, reg_covar=[1.0, 2.0, 3.0]),
                ValueError,
                r"reg_covar must have shape \(2,\)",
            )
            for f in (
                engine.run,
                lambda X, m, **options: next(engine.half_steps(X, m, **options)),
            )
        ),
    ],
)
def test_the_sentence_begins_with_the_wrong_argument(call, error, words):
    X, start = problem()
    with pytest.raises(error, match=f"^{words}"):
        call(X, start)


# --- How the work is cut up ----------------------------------------------------------


@given(
    K=st.integers(1, 40),
    D=st.integers(1, 12),
    n_rows=st.integers(1, 4000),
    diagonal=st.booleans(),
)
def test_tiles_are_as_large_as_openblas_multiplies_straight_away(
    K, D, n_rows, diagonal
):
    P = 1 + D + len(pairs(D, diagonal)[0])
    F, p, C, b = engine._Workspace(n_rows, K, D, diagonal).tiles
    assert P <= F * p < P + F
    assert n_rows <= C * b < n_rows + C
    # But for rounding up, a tile is within the bounds, and no smaller than it must be.
    if K >= 32:
        assert F == 1
    else:
        assert K * P <= F * engine.SMALL_RESULT
        assert F == 1 or K * P > (F - 1) * engine.SMALL_RESULT
    fewest = -(-n_rows * K * p // engine.SMALL_PRODUCT)
    assert fewest == C or (C == 1 and n_rows < 64 * fewest)
    assert C == 1 or b >= 64


@pytest.mark.parametrize(
    ("room", "size"), [(100, 100), (50, 96), (24_000, 24_000), (30_000, 24_000)]
)
@pytest.mark.parametrize("diagonal", [False, True])
def test_a_block_is_what_the_cache_holds(room, size, diagonal, monkeypatch):
    D, K = 3, 5
    P = 1 + D + (D if diagonal else 6)
    monkeypatch.setattr(engine, "CACHE_BYTES", 8 * room * (P + 2 * K))
    for n_rows, n_blocks in [(3 * size, 3), (3 * size + 1, 4)]:
        X = np.zeros((n_rows, D))
        blocks = engine.ArrayBlocks(X, None, K, diagonal, n_threads=1)
        starts = np.concatenate(blocks.groups)
        assert len(starts) == n_blocks
        # Of equal size, but for the last one's missing rows.
        assert blocks.block_size == -(-n_rows // n_blocks)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_only_the_sums_that_the_type_needs_are_taken(covariance_type):
    X, start = problem(D=4, covariance_type=covariance_type)
    sums = engine.partial(X, start, covariance_type=covariance_type)
    n_products = {"diag": 4, "spherical": 4}.get(covariance_type, 10)
    assert sums.moments.shape == (3, 1 + 4 + n_products)


def test_what_is_no_table_is_not_taken_for_blocks():
    _, start = problem()
    with pytest.raises(TypeError, match="^X "):
        engine.run(csr_array(np.eye(2)), start)
    with pytest.raises(TypeError, match="^X "):
        engine.run([[[1.0, 2.0], [3.0]]], start)


def test_threads_are_woken_only_where_there_is_work_for_them(monkeypatch):
    monkeypatch.setattr(engine, "_blas_threads", lambda: 3)
    X = np.zeros((1000, 2))
    P = 6  # 1, two features, three products
    for worth, n_threads in [(1000 * 4 * P - 1, 3), (1000 * 4 * P, 1)]:
        monkeypatch.setattr(engine, "WORTH_THREADS", worth)
        blocks = engine.ArrayBlocks(X, None, 4, False, block_size=10)
        assert len(blocks.workspaces) == n_threads
        assert (blocks.pool is None) == (n_threads == 1)
    # No more than there are groups of blocks.
    few = engine.ArrayBlocks(X, None, 4, False, n_threads=8, block_size=600)
    assert len(few.workspaces) == 2
