"""One Gaussian, against SciPy and against its own definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, norm
from strategies import random_covariance, seeds

from gmm_from_scratch import gaussian


def random_gaussian(seed, D, N=20):
    rng = np.random.default_rng(seed)
    mean = 10 * rng.normal(size=D)
    covariance = random_covariance(rng, D)
    return mean + 3 * rng.normal(size=(N, D)), mean, covariance


@given(seeds, st.integers(1, 6))
def test_log_density_equals_scipy(seed, D):
    X, mean, covariance = random_gaussian(seed, D)
    expected = multivariate_normal(mean, covariance).logpdf(X)
    np.testing.assert_allclose(gaussian.log_density(X, mean, covariance), expected)


@given(seeds, st.integers(1, 6))
def test_mahalanobis_distance_equals_its_definition(seed, D):
    X, mean, covariance = random_gaussian(seed, D)
    difference = X - mean
    squared = np.einsum(
        "nd,de,ne->n", difference, np.linalg.inv(covariance), difference
    )
    np.testing.assert_allclose(
        gaussian.mahalanobis_distance(X, mean, covariance), np.sqrt(squared)
    )


@given(seeds, st.integers(1, 4))
def test_density_transforms_with_the_data(seed, D):
    X, mean, covariance = random_gaussian(seed, D)
    A = random_covariance(np.random.default_rng(seed + 1), D)
    moved = gaussian.log_density(X @ A.T + 7, A @ mean + 7, A @ covariance @ A.T)
    expected = gaussian.log_density(X, mean, covariance) - np.linalg.slogdet(A)[1]
    np.testing.assert_allclose(moved, expected, rtol=1e-6, atol=1e-6)


def test_density_integrates_to_one():
    one, _ = quad(
        lambda x: np.exp(gaussian.log_density([[x]], [2.0], [[9.0]]))[0], -40, 44
    )
    assert one == pytest.approx(1)

    grid = np.linspace(-12, 12, 241)
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    heights = np.exp(gaussian.log_density(points, [0, 0], [[2.0, -0.8], [-0.8, 1.0]]))
    assert heights.sum() * 0.1**2 == pytest.approx(1)


def test_far_points_keep_their_log_density():
    assert gaussian.log_density([[1e6]], [0.0], [[1.0]])[0] == pytest.approx(
        norm.logpdf(1e6)
    )


@given(seeds, st.floats(0.1, 5))
def test_ellipse_lies_at_its_mahalanobis_distance(seed, n_std):
    _, mean, covariance = random_gaussian(seed, D=2)
    curve = gaussian.ellipse(mean, covariance, n_std, n_points=37)
    assert curve.shape == (37, 2)
    np.testing.assert_allclose(
        gaussian.mahalanobis_distance(curve, mean, covariance), n_std
    )
    np.testing.assert_allclose(curve[0], curve[-1])
    # A closed curve around its center: an arc of it would pass the check above.
    np.testing.assert_allclose(curve[:-1].mean(axis=0), mean, atol=1e-9 * 50)


@given(seeds)
def test_ellipse_axes_are_standard_deviations(seed):
    _, _, covariance = random_gaussian(seed, D=2)
    half_lengths, directions = gaussian.ellipse_axes(covariance)
    assert half_lengths[0] >= half_lengths[1]
    for half_length, direction in zip(half_lengths, directions.T, strict=True):
        assert np.linalg.norm(direction) == pytest.approx(1)
        spread = np.sqrt(direction @ covariance @ direction)
        assert half_length == pytest.approx(spread)


def test_probability_inside():
    for n_std in [0.5, 1, 2, 3]:
        one = norm.cdf(n_std) - norm.cdf(-n_std)
        assert gaussian.probability_inside(n_std, 1) == pytest.approx(one)
        two = 1 - np.exp(-(n_std**2) / 2)
        assert gaussian.probability_inside(n_std, 2) == pytest.approx(two)


@given(seeds, st.integers(1, 4), st.integers(1, 30))
def test_maximum_likelihood_equals_numpy(seed, D, N):
    X = np.random.default_rng(seed).normal(size=(N, D))
    mean, covariance = gaussian.maximum_likelihood(X)
    np.testing.assert_allclose(mean, X.mean(axis=0), atol=1e-12)
    expected = np.cov(X.T, bias=True).reshape(D, D)
    np.testing.assert_allclose(covariance, expected, atol=1e-12)


def test_gradient_of_the_likelihood_vanishes_at_the_maximum():
    X, _, _ = random_gaussian(seed=3, D=2, N=50)
    mean, covariance = gaussian.maximum_likelihood(X)

    def log_likelihood(parameters):
        L = np.array([[parameters[2], 0], [parameters[3], parameters[4]]])
        return gaussian.log_density(X, parameters[:2], L @ L.T).sum()

    L = np.linalg.cholesky(covariance)
    at = np.r_[mean, L[0, 0], L[1, 0], L[1, 1]]
    assert np.abs(approx_fprime(at, log_likelihood, 1e-6)).max() < 1e-3
    assert np.abs(approx_fprime(at + 0.1, log_likelihood, 1e-6)).max() > 0.1


def test_sample_has_the_right_moments():
    mean, covariance = np.array([3.0, -1.0]), np.array([[2.0, 1.2], [1.2, 1.0]])
    X = gaussian.sample(mean, covariance, 100_000, rng=1)
    standard_error = np.sqrt(np.diag(covariance) / len(X))
    assert (np.abs(X.mean(axis=0) - mean) < 4 * standard_error).all()
    np.testing.assert_allclose(np.cov(X.T), covariance, atol=0.03)
    np.testing.assert_array_equal(X, gaussian.sample(mean, covariance, 100_000, rng=1))


@pytest.mark.parametrize(
    ("covariance", "words"),
    [
        ([[1.0, 0.0]], r"square, but its shape is \(1, 2\)"),
        ([[1e300, 1e293], [0.0, 1e300]], "symmetric"),
        ([[1e-6, 1e-7], [0.0, 1e-6]], "symmetric"),
        ([[1.0, 0.5], [0.2, 1.0]], "symmetric.*0.3"),
        ([[1.0, 2.0], [2.0, 1.0]], "not positive definite.*eigenvalue -1"),
        ([[1.0, 1.0], [1.0, 1.0]], "reg_covar"),
        ([[0.0]], "not positive definite"),
        ([[np.nan]], "NaN"),
        (1.0, r"\(D, D\)"),
    ],
)
def test_bad_covariances_are_explained(covariance, words):
    with pytest.raises(ValueError, match=words):
        gaussian.cholesky(covariance)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"mean must have shape \(2,\)"):
        gaussian.log_density([[1.0, 2.0]], [0.0], np.eye(2))
    with pytest.raises(ValueError, match="X has 3 features .* 2 are expected"):
        gaussian.log_density([[1.0, 2.0, 3.0]], [0.0, 0.0], np.eye(2))
    with pytest.raises(ValueError, match=r"covariance must have shape \(2, 2\)"):
        gaussian.ellipse([0.0, 0.0], np.eye(3))


def test_impossible_requests_are_refused():
    with pytest.raises(TypeError, match=r"n_std must be a number, but it is \[1, 2\]"):
        gaussian.ellipse([0.0, 0.0], np.eye(2), [1, 2])
    with pytest.raises(ValueError, match="n_std must be a finite number >= 0"):
        gaussian.probability_inside(-1, 2)
    with pytest.raises(TypeError, match="n_samples must be a whole number"):
        gaussian.sample([0.0], [[1.0]], 2.5)


@given(seeds, st.integers(1, 5), st.floats(-120, 120))
@settings(max_examples=50)
def test_units_change_the_density_by_their_product_alone(seed, D, exponent):
    """Also if one feature is measured in light years and another in atoms."""
    rng = np.random.default_rng(seed)
    covariance = random_covariance(rng, D)
    mean, X = rng.normal(size=D), rng.normal(size=(6, D))
    scale = 10.0 ** (exponent * rng.uniform(-1, 1, size=D))
    squares = np.outer(scale, scale)
    expected = multivariate_normal(mean, covariance).logpdf(X)
    result = gaussian.log_density(X * scale, mean * scale, covariance * squares)
    np.testing.assert_allclose(result, expected - np.log(scale).sum(), rtol=1e-9)
    L = gaussian.cholesky(covariance * squares)
    np.testing.assert_allclose(gaussian.invert_factors(L) @ L, np.eye(D), atol=1e-9)
    distance = gaussian.mahalanobis_distance(X, mean, covariance)
    scaled = gaussian.mahalanobis_distance(
        X * scale, mean * scale, covariance * squares
    )
    np.testing.assert_allclose(scaled, distance, rtol=1e-9)


def test_what_only_rounding_keeps_from_being_flat_is_flat():
    x = np.random.default_rng(0).normal(size=(100, 1))
    for scale in (1.0, 1e-90, 1e90):
        _, covariance = gaussian.maximum_likelihood(x * [1, 2, 0.3] * scale)
        with pytest.raises(gaussian.SingularCovarianceError, match="flat"):
            gaussian.cholesky(covariance)
    # A correlation of 0.999 999 999 is none too high.
    gaussian.cholesky([[1.0, 1 - 1e-9], [1 - 1e-9, 1.0]])


def test_one_flat_factor_among_several_is_enough():
    flat, round_one = np.array([[1.0, 0.0], [1.0, 1e-9]]), np.eye(2)
    assert gaussian.is_flat(flat)
    assert not gaussian.is_flat(round_one)
    assert gaussian.is_flat(np.array([round_one, flat]))
    # A narrow feature of its own is not flat, whatever its unit.
    assert not gaussian.is_flat(np.diag([1.0, 1e-9]))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: gaussian.cholesky([[1e303]]), "beyond 1e.301; measure in larger"),
        (lambda: gaussian.cholesky([[1e-303]]), "not positive definite"),
        (
            lambda: gaussian.log_density([[1e100]], [0.0], [[1e-200]]),
            "X holds points so many standard deviations",
        ),
    ],
)
def test_what_cannot_be_computed_is_said(attempt, words):
    with pytest.raises(ValueError, match=words):
        attempt()


@given(seeds)
def test_an_ellipse_is_the_first_one_unless_told_otherwise(seed):
    rng = np.random.default_rng(seed)
    mean, covariance = rng.normal(size=2), random_covariance(rng, 2)
    curve = gaussian.ellipse(mean, covariance)
    np.testing.assert_array_equal(curve, gaussian.ellipse(mean, covariance, 1, 100))


def test_two_points_are_enough_for_an_ellipse():
    curve = gaussian.ellipse([1.0, 2.0], np.eye(2), n_points=2)
    np.testing.assert_allclose(curve[0], curve[1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gaussian.cholesky(1.0), r"covariance must have shape \(D, D\)"),
        (lambda: gaussian.cholesky([[-1.0]]), "covariance is not positive definite"),
        (lambda: gaussian.cholesky(1.0, "Sigma"), r"Sigma must have shape \(D, D\)"),
        (lambda: gaussian.ellipse([0.0], np.eye(2)), r"mean must have shape \(2,\)"),
        (
            lambda: gaussian.ellipse([0.0, 0.0], np.eye(2), n_points=1),
            "n_points must be at least 2",
        ),
        (
            lambda: gaussian.probability_inside(1, 0),
            "n_features must be at least 1",
        ),
        (
            lambda: gaussian.sample([0.0], np.eye(2), 1),
            r"mean must have shape \(2,\)",
        ),
    ],
)
def test_the_sentence_begins_with_the_wrong_argument(call, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        call()
