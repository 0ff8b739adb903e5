"""Sums over points: they add, and hold all that EM asks of the data."""

import pickle

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from strategies import (
    covariance_types,
    mixtures,
    mixtures_with_data,
    random_covariance,
    random_mixture,
    seeds,
)

from gmm_from_scratch import em, engine, gaussian
from gmm_from_scratch.em import EmptyComponentError
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.sufficient import (
    Averages,
    Frame,
    Parameters,
    Statistics,
    apply,
    pairs,
)
from gmm_from_scratch.validation import COVARIANCE_TYPES


def problem(seed=0, N=200, K=3, D=3, diagonal=False):
    """Make points, and a mixture from which they might come."""
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, K, D, spread=1.5)
    if diagonal:
        covariances = mixture.covariances * np.eye(D)
        mixture = Mixture(mixture.weights, mixture.means, covariances)
    return mixture.sample(N, rng)[0], mixture


def tight_problem(diagonal=False):
    """Make one component so small that its row of sums is taken from residuals."""
    X, mixture = problem(diagonal=diagonal)
    size = np.where(np.arange(3) == 1, 1e-10, 1.0)[:, np.newaxis, np.newaxis]
    mixture = Mixture(mixture.weights, mixture.means, mixture.covariances * size)
    return mixture.sample(300, np.random.default_rng(1))[0], mixture


def distance(ours, theirs):
    """Compare two mixtures: weights, and the rest in each component's own units."""
    largest = np.abs(ours.weights - theirs.weights).max()
    for k, covariance in enumerate(theirs.covariances):
        whitener = np.linalg.inv(np.linalg.cholesky(covariance))
        shift = whitener @ (ours.means[k] - theirs.means[k])
        change = whitener @ (ours.covariances[k] - covariance) @ whitener.T
        largest = max(largest, np.abs(shift).max(), np.abs(change).max())
    return largest


def assert_same_sums(ours, theirs):
    """Ask for the same statistics but for rounding."""
    assert ours.n_samples == theirs.n_samples
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-11)
    scale = np.abs(theirs.moments).max()
    np.testing.assert_allclose(ours.moments, theirs.moments, atol=1e-11 * scale)


PROBLEMS = {
    "full": (problem, "full"),
    "axis-parallel": (lambda: problem(diagonal=True), "diag"),
    "tight": (tight_problem, "full"),
    "tight and axis-parallel": (lambda: tight_problem(diagonal=True), "diag"),
}


@pytest.fixture(params=PROBLEMS)
def drawn(request):
    """Give points, a mixture and a covariance type for each way to take sums."""
    make, covariance_type = PROBLEMS[request.param]
    return *make(), covariance_type


# --- Statistics add ------------------------------------------------------------------


@pytest.mark.parametrize("cuts", [[100], [1, 2], [50, 60, 199]])
def test_statistics_of_parts_add_to_those_of_all(drawn, cuts):
    X, mixture, kind = drawn
    whole = engine.partial(X, mixture, covariance_type=kind)
    parts = [
        engine.partial(part, mixture, covariance_type=kind)
        for part in np.split(X, cuts)
    ]
    assert_same_sums(sum(parts), whole)
    assert_same_sums(sum(parts[1:], parts[0]), whole)
    assert_same_sums(parts[0] + sum(parts[1:]), whole)


@given(mixtures_with_data(), st.integers(1, 20), covariance_types)
def test_statistics_of_any_parts_add_to_those_of_all(drawn, cut, kind):
    X, mixture = drawn
    one, other, whole = (
        engine.partial(part, mixture, covariance_type=kind)
        for part in (X[:cut], X[cut:], X)
    )
    assert_same_sums(one + other, whole)
    assert_same_sums(other + one, whole)


def test_weighted_statistics_add_too(drawn):
    X, mixture, kind = drawn
    weight = np.random.default_rng(0).uniform(0, 2, size=len(X))
    whole = engine.partial(X, mixture, covariance_type=kind, sample_weight=weight)
    parts = [
        engine.partial(
            X[i::3], mixture, covariance_type=kind, sample_weight=weight[i::3]
        )
        for i in range(3)
    ]
    assert_same_sums(sum(parts), whole)


def test_statistics_with_different_parameters_do_not_add():
    X, mixture = problem()
    others = [
        problem(seed=1)[1],
        mixture.rescaled(np.ones(3), np.array([0, 0, 1e-9])),
        mixture.rescaled(np.full(3, 1.01), np.zeros(3)),
        mixture.reordered([1, 0, 2]),
        problem(K=2)[1],
    ]
    here = engine.partial(X, mixture)
    for other in others:
        with pytest.raises(ValueError, match="different parameters"):
            here + engine.partial(X, other)
    with pytest.raises(ValueError, match="different parameters"):
        here + engine.partial(X, others[0]) + here


def test_statistics_in_different_frames_do_not_add():
    X, mixture = problem(diagonal=True)
    full, diagonal = (
        engine.partial(X, mixture, covariance_type=kind) for kind in ("full", "diag")
    )
    assert full.parameters.frame.is_diagonal != diagonal.parameters.frame.is_diagonal
    with pytest.raises(ValueError, match="different parameters"):
        full + diagonal


def test_equal_parameters_need_not_be_the_same_object():
    X, mixture = problem()
    again = Mixture(mixture.weights, mixture.means, mixture.covariances)
    total = engine.partial(X, mixture) + engine.partial(X, again)
    assert total.n_samples == 2 * len(X)


@pytest.mark.parametrize("other", [1, None, 2.0, np.ones(3), "statistics"])
def test_statistics_add_to_nothing_else(other):
    X, mixture = problem()
    statistics = engine.partial(X, mixture)
    with pytest.raises(TypeError):
        statistics + other
    with pytest.raises(TypeError):
        other + statistics


def test_adding_changes_neither(drawn):
    X, mixture, kind = drawn
    one, other = (
        engine.partial(part, mixture, covariance_type=kind)
        for part in np.split(X, [99])
    )
    copies = one.moments.copy(), other.moments.copy()
    (one + other).m_step(kind)
    np.testing.assert_array_equal(one.moments, copies[0])
    np.testing.assert_array_equal(other.moments, copies[1])


@pytest.mark.parametrize("diagonal", [False, True])
def test_sums_in_a_given_frame_are_those_of_partial(diagonal):
    X, mixture = problem(diagonal=diagonal)
    kind = "diag" if diagonal else "full"
    weight = np.random.default_rng(0).uniform(0, 2, size=len(X))
    for w in (None, weight):
        whole = engine.partial(X, mixture, covariance_type=kind, sample_weight=w)
        again = engine.sums(X, whole.parameters, w)
        assert_same_sums(again, whole)
        assert_same_sums(again + whole, whole + whole)


# --- What the sums say ---------------------------------------------------------------


def test_counts_are_the_points_that_each_component_owns(drawn):
    X, mixture, kind = drawn
    weight = np.random.default_rng(0).uniform(0, 2, size=len(X))
    responsibilities = em.e_step(X, mixture)
    statistics = engine.partial(X, mixture, covariance_type=kind)
    assert statistics.counts.sum() == pytest.approx(len(X), rel=1e-13)
    np.testing.assert_allclose(
        statistics.counts, responsibilities.sum(axis=0), rtol=1e-7
    )
    weighted = engine.partial(X, mixture, covariance_type=kind, sample_weight=weight)
    assert weighted.counts.sum() == pytest.approx(weight.sum(), rel=1e-13)
    np.testing.assert_allclose(weighted.counts, weight @ responsibilities, rtol=1e-7)
    assert statistics.n_samples == weighted.n_samples == len(X)


def test_the_log_likelihood_is_that_of_the_mixture(drawn):
    X, mixture, kind = drawn
    weight = np.random.default_rng(0).uniform(0, 2, size=len(X))
    statistics = engine.partial(X, mixture, covariance_type=kind)
    near = {"rel": 1e-8}
    assert statistics.log_likelihood == pytest.approx(mixture.log_likelihood(X), **near)
    weighted = engine.partial(X, mixture, covariance_type=kind, sample_weight=weight)
    expected = weight @ mixture.log_density(X)
    assert weighted.log_likelihood == pytest.approx(expected, **near)


def test_averages_are_weighted_means_and_covariances(drawn):
    """In the frame: carried back by hand they are those of the points."""
    X, mixture, kind = drawn
    responsibilities = em.e_step(X, mixture)
    statistics = engine.partial(X, mixture, covariance_type=kind)
    frame = statistics.parameters.frame
    means, covariances = statistics.averages
    inverse = np.diag(frame.inverse) if frame.is_diagonal else frame.inverse
    for k in range(3):
        r = responsibilities[:, k]
        mean = np.average(X, axis=0, weights=r)
        covariance = np.cov(X.T, bias=True, aweights=r)
        sd = np.sqrt(np.diag(covariance))
        difference = frame.center + inverse @ means[k] - mean
        assert np.abs(difference / sd).max() < 1e-8
        if frame.is_diagonal:
            ours, expected = covariances[k] * frame.inverse**2, np.diag(covariance)
            np.testing.assert_allclose(ours, expected, rtol=1e-8)
        else:
            ours = inverse @ covariances[k] @ inverse.T
            assert np.abs((ours - covariance) / np.outer(sd, sd)).max() < 1e-8


@pytest.mark.parametrize("reg_covar", [0, 1e-6, 0.3])
@pytest.mark.parametrize("next_type", COVARIANCE_TYPES)
def test_m_step_is_that_of_em(drawn, next_type, reg_covar):
    X, mixture, kind = drawn
    if kind == "diag" and next_type in ("full", "tied"):
        # Squares alone say nothing about products.
        kind = next_type
    options = {"covariance_type": next_type, "reg_covar": reg_covar}
    expected = em.m_step(X, em.e_step(X, mixture), **options)
    parts = [
        engine.partial(part, mixture, covariance_type=kind) for part in np.split(X, 2)
    ]
    assert distance(sum(parts).m_step(**options).mixture, expected) < 1e-7


@given(mixtures_with_data(), covariance_types, st.sampled_from([1e-6, 0.1]))
@settings(max_examples=60)
def test_m_step_is_that_of_em_for_any_data(drawn, kind, reg_covar):
    X, mixture = drawn
    responsibilities = em.e_step(X, mixture)
    assume(responsibilities.sum(axis=0).min() > 0.1)
    options = {"covariance_type": kind, "reg_covar": reg_covar}
    ours = engine.partial(X, mixture, covariance_type=kind).m_step(**options)
    theirs = em.m_step(X, responsibilities, **options)
    # In units of the data, as a component that owns one point is as small as reg_covar.
    np.testing.assert_allclose(ours.mixture.weights, theirs.weights, atol=1e-9)
    np.testing.assert_allclose(ours.mixture.means, theirs.means, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(
        ours.mixture.covariances, theirs.covariances, rtol=1e-7, atol=1e-8
    )


def test_weighted_m_step_is_that_of_em(drawn):
    X, mixture, kind = drawn
    weight = np.random.default_rng(0).uniform(0, 2, size=len(X))
    ours = engine.partial(X, mixture, covariance_type=kind, sample_weight=weight)
    options = {"covariance_type": kind, "reg_covar": 0}
    theirs = em.m_step(X, em.e_step(X, mixture), sample_weight=weight, **options)
    assert distance(ours.m_step(**options).mixture, theirs) < 1e-7


def test_m_step_keeps_the_frame(drawn):
    X, mixture, kind = drawn
    statistics = engine.partial(X, mixture, covariance_type=kind)
    after = statistics.m_step(kind)
    assert after.frame is statistics.parameters.frame
    assert statistics.parameters.mixture is not after.mixture


def test_m_step_names_an_empty_component():
    X, mixture = problem()
    statistics = engine.partial(X, mixture)
    moments = statistics.moments.copy()
    moments[2] = 0.0
    empty = Statistics(statistics.parameters, len(X), 0.0, moments)
    with pytest.raises(EmptyComponentError, match="component 2 .* no point"):
        empty.m_step()


def test_expected_log_joint_is_that_of_the_points(drawn):
    """Also under parameters that have nothing to do with the responsibilities."""
    X, mixture, kind = drawn
    responsibilities = em.e_step(X, mixture)
    statistics = engine.partial(X, mixture, covariance_type=kind)
    frame = statistics.parameters.frame
    after = statistics.m_step(kind, reg_covar=0.01)
    unrelated = problem(seed=5, diagonal=frame.is_diagonal)[1]
    for parameters in (
        statistics.parameters,
        after,
        Parameters.from_mixture(unrelated, frame),
    ):
        expected = (responsibilities * parameters.mixture.log_joint(X)).sum()
        ours = statistics.expected_log_joint(parameters)
        assert ours == pytest.approx(expected, rel=1e-8)


def test_expected_log_joint_rises_by_as_much_as_the_bound(drawn):
    X, mixture, kind = drawn
    responsibilities = em.e_step(X, mixture)
    statistics = engine.partial(X, mixture, covariance_type=kind)
    after = statistics.m_step(kind, reg_covar=0)
    rise = statistics.expected_log_joint(after) - statistics.expected_log_joint(
        statistics.parameters
    )
    before = em.lower_bound(X, responsibilities, mixture)
    expected = em.lower_bound(X, responsibilities, after.mixture) - before
    assert rise == pytest.approx(expected, abs=1e-9 * abs(before))
    assert rise > 0


# --- Averages mix --------------------------------------------------------------------


@pytest.mark.parametrize("reg_covar", [0, 0.3, [0.1, 0.2, 0.3]])
@pytest.mark.parametrize("next_type", COVARIANCE_TYPES)
def test_m_step_of_averages_is_that_of_em(drawn, next_type, reg_covar):
    X, mixture, kind = drawn
    if kind == "diag" and next_type in ("full", "tied"):
        # Squares alone say nothing about products.
        kind = next_type
    averages = Averages.from_statistics(
        engine.partial(X, mixture, covariance_type=kind)
    )
    options = {"covariance_type": next_type, "reg_covar": reg_covar}
    expected = em.m_step(X, em.e_step(X, mixture), **options)
    assert distance(averages.m_step(**options), expected) < 1e-7


def test_m_step_of_averages_has_the_defaults_of_em(drawn):
    X, mixture, _ = drawn
    averages = Averages.from_statistics(engine.partial(X, mixture))
    expected = em.m_step(X, em.e_step(X, mixture))
    assert distance(averages.m_step(), expected) < 1e-7


@given(mixtures_with_data(), st.floats(0.01, 0.99), seeds)
def test_averages_mix_in_the_proportions_asked_for(drawn, share, seed):
    """Of two blocks, each with the responsibilities of a mixture of its own."""
    X, one = drawn
    K, D = one.means.shape
    other = random_mixture(np.random.default_rng(seed), K, D)
    half = len(X) // 2
    blocks = [(X[:half], one), (X[half:], other)]
    old, new = (Averages.from_statistics(engine.partial(*block)) for block in blocks)
    responsibilities = np.concatenate([em.e_step(*block) for block in blocks])
    weight = np.where(
        np.arange(len(X)) < half, (1 - share) / half, share / (len(X) - half)
    )
    assume((weight @ responsibilities).min() > 1e-3)
    ours = old.mixed_with(new, share).m_step(reg_covar=0.1)
    theirs = em.m_step(X, responsibilities, reg_covar=0.1, sample_weight=weight)
    assert distance(ours, theirs) < 1e-7


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_a_component_that_a_block_says_nothing_about_stays_as_it_was(kind):
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [1e4, 0.0]], [np.eye(2)] * 2)
    X, components = mixture.sample(200, rng=0)
    old, new = (
        Averages.from_statistics(engine.partial(rows, mixture, covariance_type=kind))
        for rows in (X, X[components == 0])
    )
    assert new.weights[1] == 0
    mixed = old.mixed_with(new, 0.25)
    assert mixed.weights[1] == pytest.approx(0.75 * old.weights[1])
    np.testing.assert_allclose(mixed.means[1], old.means[1])
    np.testing.assert_allclose(mixed.covariances[1], old.covariances[1])


def test_averages_name_an_empty_component():
    X, mixture = problem()
    averages = Averages.from_statistics(engine.partial(X, mixture))
    for share, is_empty in [(1e-199, False), (1e-201, True)]:
        weights = np.array([0.5, 0.5, share])
        fewer = Averages(weights, averages.means, averages.covariances)
        if is_empty:
            with pytest.raises(EmptyComponentError, match="component 2 .* no point"):
                fewer.m_step()
        else:
            np.testing.assert_array_equal(fewer.m_step().weights, weights)


# --- Frames --------------------------------------------------------------------------


def carried(frame, X):
    """Carry points into a frame."""
    return apply(frame.matrix, (X - frame.center).T).T


@pytest.mark.parametrize("diagonal", [False, True])
@given(seed=seeds, D=st.integers(1, 6))
@settings(max_examples=30)
def test_in_its_frame_data_has_mean_zero_and_variance_one(diagonal, seed, D):
    rng = np.random.default_rng(seed)
    scale, shift = 10 ** rng.uniform(-4, 4, size=D), 100 * rng.normal(size=D)
    X = (rng.normal(size=(50, D)) @ random_covariance(rng, D)) * scale + shift
    frame = Frame.from_rows(X, diagonal)
    assert frame.is_diagonal == diagonal
    z = carried(frame, X)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-5)
    covariance = z.T @ z / len(z)
    np.testing.assert_allclose(np.diag(covariance), 1, atol=1e-5)
    assert diagonal or np.linalg.eigvalsh(covariance).min() > 0.9e-3


def test_features_that_are_almost_alike_are_told_apart_in_a_frame():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    X[:, 2] = X[:, 0] - X[:, 1] + 1e-4 * X[:, 2]
    z = carried(Frame.from_rows(X * [1, 1e5, 1e-5] + 7, False), X * [1, 1e5, 1e-5] + 7)
    np.testing.assert_allclose(z.T @ z / len(z), np.eye(3), atol=1e-5)


def test_features_that_are_not_alike_are_not_mixed_in_a_frame():
    X = np.random.default_rng(0).normal(size=(200, 3)) * [1, 1e-9, 1e9]
    matrix = Frame.from_rows(X, False).matrix
    assert (matrix == np.diag(np.diag(matrix))).all()


@pytest.mark.parametrize("diagonal", [False, True])
@given(mixture=mixtures())
@settings(max_examples=30)
def test_the_frame_of_a_mixture_is_that_of_its_points(diagonal, mixture):
    """By the moments of the mixture, found by hand one entry after the other."""
    frame = Frame.from_mixture(mixture, diagonal)
    z = Parameters.from_mixture(mixture, Frame.from_mixture(mixture, False))
    total = sum(
        w * (covariance + np.outer(mean, mean))
        for w, mean, covariance in zip(z.weights, z.means, z.covariances, strict=True)
    )
    np.testing.assert_allclose(np.diag(total), 1, atol=1e-8)
    np.testing.assert_allclose(z.weights @ z.means, 0, atol=1e-8)
    np.testing.assert_allclose(frame.center, mixture.weights @ mixture.means)


@given(mixtures(), st.booleans(), seeds)
@example(Mixture([1.0], [[0.0]], [[[1.0]]]), True, 0)
def test_a_mixture_comes_back_from_a_frame(mixture, diagonal, seed):
    if diagonal:
        covariances = mixture.covariances * np.eye(mixture.n_features)
        mixture = Mixture(mixture.weights, mixture.means, covariances)
    rows = np.random.default_rng(seed).normal(size=(30, mixture.n_features))
    for frame in (
        Frame.from_mixture(mixture, diagonal),
        Frame.from_rows(100 + 7 * rows, diagonal),
    ):
        there = Parameters.from_mixture(mixture, frame)
        assert there.frame is frame
        assert distance(there.mixture, mixture) < 1e-8
        np.testing.assert_allclose(there.means_of_data, mixture.means, atol=1e-9)


@given(mixtures(), st.booleans())
def test_matrix_and_inverse_undo_each_other(mixture, diagonal):
    frame = Frame.from_mixture(mixture, diagonal)
    points = np.random.default_rng(0).normal(size=(mixture.n_features, 4))
    back = apply(frame.inverse, apply(frame.matrix, points))
    np.testing.assert_allclose(back, points, atol=1e-9)
    out = np.empty_like(points)
    assert apply(frame.matrix, points, out=out) is out
    matrix = np.diag(frame.matrix) if diagonal else frame.matrix
    np.testing.assert_allclose(out, matrix @ points)
    assert frame.log_volume == pytest.approx(np.linalg.slogdet(matrix)[1], abs=1e-9)


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize(
    "X",
    [
        np.ones((20, 2)),
        np.arange(20.0)[:, np.newaxis] * [1, 0],
        np.arange(20.0)[:, np.newaxis] * [1, 1],
        np.arange(20.0)[:, np.newaxis] * [1, 1, 0, 2],
        np.arange(20.0)[:, np.newaxis] * [1, -1e-12] + 1e5,
        [[3.0, 4.0]],
    ],
    ids=["one point", "constant", "twice", "both", "almost constant", "one row"],
)
def test_features_that_say_nothing_leave_the_frame_finite(X, diagonal):
    frame = Frame.from_rows(np.array(X), diagonal)
    for array in (frame.matrix, frame.inverse, frame.ridge(1.0), frame.log_volume):
        assert np.isfinite(array).all()
    D = len(frame.center)
    start = Mixture([1.0], [frame.center], [np.eye(D)])
    assert distance(Parameters.from_mixture(start, frame).mixture, start) < 1e-6


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_constant_and_repeated_features_are_fitted_as_em_does(covariance_type):
    X, _ = problem(D=2, N=100)
    X = np.column_stack([X, X[:, 0], np.full(100, 7.0)])
    groups = np.arange(100) < 40
    options = {"covariance_type": covariance_type, "reg_covar": 1e-2}
    start = em.m_step(X, np.column_stack([groups, ~groups]), **options)
    options |= {"tol": 0, "max_iter": 5}
    ours, theirs = (run(X, start, **options) for run in (engine.run, em.fit))
    assert distance(ours.mixture, theirs.mixture) < 1e-8


def test_any_frame_leads_to_the_same_m_step():
    X, mixture = problem()
    rng = np.random.default_rng(3)
    expected = em.m_step(X, em.e_step(X, mixture))
    for size in (1e-3, 1, 1e3):
        matrix = size * random_covariance(rng, 3)
        frame = Frame(10 * rng.normal(size=3), matrix, np.linalg.inv(matrix))
        statistics = engine.sums(X, Parameters.from_mixture(mixture, frame))
        assert distance(statistics.m_step().mixture, expected) < 1e-8
        assert statistics.log_likelihood == pytest.approx(mixture.log_likelihood(X))


# --- Features and natural parameters -------------------------------------------------


@pytest.mark.parametrize("D", range(1, 13))
def test_every_pair_of_features_comes_once(D):
    i, j = pairs(D, False)
    assert sorted(map(sorted, zip(i.tolist(), j.tolist(), strict=True))) == [
        [a, b] for a in range(D) for b in range(a, D)
    ]
    i, j = pairs(D, True)
    np.testing.assert_array_equal(i, np.arange(D))
    np.testing.assert_array_equal(j, np.arange(D))


@pytest.mark.parametrize("diagonal", [False, True])
@given(seed=seeds, K=st.integers(1, 4), D=st.integers(1, 7))
@settings(max_examples=40)
def test_the_log_joint_is_linear_in_the_features(diagonal, seed, K, D):
    X, mixture = problem(seed, 30, K, D, diagonal)
    p = Parameters.from_mixture(mixture, Frame.from_rows(X, diagonal))
    assume(not p.natural.tight.any())
    z = carried(p.frame, X)
    i, j = pairs(D, diagonal)
    features = np.column_stack([z, np.ones(len(z)), z[:, i] * z[:, j]])
    log_joint = features @ p.natural.theta.T + p.natural.top + p.frame.log_volume
    expected = mixture.log_joint(X)
    np.testing.assert_allclose(
        log_joint, expected, rtol=1e-8, atol=1e-10 * np.abs(expected).max()
    )


@pytest.mark.parametrize("diagonal", [False, True])
def test_natural_parameters_are_what_they_say(diagonal):
    X, mixture = problem(diagonal=diagonal)
    p = Parameters.from_mixture(mixture, Frame.from_rows(X, diagonal))
    natural = p.natural
    assert natural.top == natural.peaks.max()
    for k in range(3):
        covariance, factor, whitener, precision = (
            np.diag(a[k]) if diagonal else a[k]
            for a in (
                p.covariances,
                natural.factors,
                natural.whiteners,
                natural.precisions,
            )
        )
        np.testing.assert_allclose(factor @ factor.T, covariance, atol=1e-12)
        np.testing.assert_allclose(whitener @ factor, np.eye(3), atol=1e-10)
        np.testing.assert_allclose(precision @ covariance, np.eye(3), atol=1e-9)
        peak = np.log(p.weights[k]) + gaussian.log_density(
            p.means[k : k + 1], p.means[k], covariance
        )
        assert natural.peaks[k] == pytest.approx(peak[0])


@pytest.mark.parametrize("diagonal", [False, True])
def test_components_are_tight_below_a_size_and_not_above(diagonal):
    """Far from the middle already at a larger size than near it."""
    frame = Frame(np.zeros(2), np.ones(2), np.ones(2))
    if not diagonal:
        frame = Frame(np.zeros(2), np.eye(2), np.eye(2))
    sizes = 0.3 * 1.5 ** -np.arange(32.0)
    first = []
    for place in (1.0, 10.0, 100.0):
        means = [[place, 0.0]] * len(sizes)
        covariances = sizes[:, np.newaxis, np.newaxis] ** 2 * np.eye(2)
        weights = np.full(len(sizes), 1 / len(sizes))
        mixture = Mixture(weights, means, covariances)
        natural = Parameters.from_mixture(mixture, frame).natural
        assert natural.tight[-1]
        assert (np.diff(natural.tight.astype(int)) >= 0).all()
        assert (natural.theta[natural.tight] == 0).all()
        assert (natural.theta[~natural.tight] != 0).any(axis=1).all()
        first.append(int(np.argmax(natural.tight)))
    assert first == sorted(first, reverse=True)
    assert len(set(first)) == 3
    assert first[0] > 0


def test_a_needle_is_tight_and_a_ball_is_not():
    frame = Frame(np.zeros(2), np.eye(2), np.eye(2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    needle = turn * [1, 1e-8] @ turn.T
    mixture = Mixture(
        [0.5, 0.5], np.zeros((2, 2)), [(needle + needle.T) / 2, np.eye(2)]
    )
    tight = Parameters.from_mixture(mixture, frame).natural.tight
    np.testing.assert_array_equal(tight, [True, False])


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_flat_covariance_is_named(diagonal):
    frame = Frame(np.zeros(2), np.ones(2), np.ones(2))
    covariances = np.array([[1.0, 1.0], [1.0, 0.0]])
    if not diagonal:
        frame = Frame(np.zeros(2), np.eye(2), np.eye(2))
        covariances = covariances[:, :, np.newaxis] * np.eye(2)
    flat = Parameters(frame, np.array([0.5, 0.5]), np.zeros((2, 2)), covariances)
    with pytest.raises(ValueError, match="component 1 .*reg_covar"):
        flat.natural  # noqa: B018


# --- They travel ---------------------------------------------------------------------


def test_statistics_and_parameters_survive_a_journey(drawn):
    X, mixture, kind = drawn
    here = engine.partial(X, mixture, covariance_type=kind)
    fresh = pickle.loads(pickle.dumps(engine.partial(X, mixture, covariance_type=kind)))
    # The properties that are worked out once may travel too.
    here.averages, here.parameters.natural, here.parameters.mixture  # noqa: B018
    for there in (fresh, pickle.loads(pickle.dumps(here))):
        np.testing.assert_array_equal(there.moments, here.moments)
        assert there.log_likelihood == here.log_likelihood
        np.testing.assert_array_equal((there + here).moments, 2 * here.moments)
        ours, theirs = there.m_step(kind).mixture, here.m_step(kind).mixture
        np.testing.assert_array_equal(ours.means, theirs.means)
        np.testing.assert_array_equal(ours.covariances, theirs.covariances)
    parameters = pickle.loads(pickle.dumps(here.parameters))
    assert_same_sums(engine.sums(X, parameters), here)
    np.testing.assert_array_equal(
        parameters.mixture.covariances, here.parameters.mixture.covariances
    )


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_an_empty_component_is_one_with_next_to_no_share(scale):
    X, start = problem()
    sums = engine.partial(X, start, sample_weight=np.full(len(X), scale))
    share = sums.counts[1] / sums.counts.sum()
    for factor, is_empty in [(1e-195, False), (1e-201, True)]:
        moments = sums.moments.copy()
        moments[1] *= factor / share
        fewer = Statistics(sums.parameters, 200, 0.0, moments)
        if is_empty:
            with pytest.raises(EmptyComponentError, match="component 1"):
                fewer.m_step()
        else:
            assert fewer.m_step().weights[1] == pytest.approx(factor)
