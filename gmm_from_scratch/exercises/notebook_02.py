"""Exercises of notebook 02: one Gaussian."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal, norm

from gmm_from_scratch import gaussian
from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_covariances

# --- The log density, one feature -------------------------------------------------


def _draw_line(rng, N=9):
    """Draw points on a line; the variance is far from 1, and so from its root."""
    mean, variance = rng.normal(scale=3.0), rng.uniform(2.0, 5.0)
    return mean + np.sqrt(variance) * rng.normal(size=N), mean, variance


def log_density_1d(x, mean, variance):
    """Return the log density of each x under one Gaussian, shape (N,)."""
    squared_z = (x - mean) ** 2 / variance
    return -0.5 * (np.log(2 * np.pi * variance) + squared_z)


LOG_DENSITY_1D = Exercise(
    reference=log_density_1d,
    task="Compute log N(x | μ, σ²) for each x, so that no point is too far away.",
    why="The logarithm turns the product into a sum and cancels the `exp`. The root in "
    "the normalizer becomes the factor one half, which both terms share.",
    hints=(
        "Take the logarithm of the formula on paper, not in code: what becomes of a "
        "product, of a root, and of `exp`?",
        "Two terms remain: −½ log(2πσ²) and −½ z². Which of σ and σ² are you given?",
        "`squared_z = (x - mean) ** 2 / variance`, and then "
        "`-0.5 * (np.log(2 * np.pi * variance) + squared_z)`.",
    ),
    returns={"log density": "shape (N,), one number for each x"},
    draw=_draw_line,
    special={
        "a point 50 standard deviations away": (np.array([3.0, 101.0]), 1.0, 4.0),
        "a narrow bell": (np.array([0.1, 0.3, 0.2]), 0.2, 0.01),
    },
)


@LOG_DENSITY_1D.misconception(
    "In z you divide by the variance. Distances are measured in standard deviations: "
    "z² = (x − μ)²/σ², and `variance` is σ² already."
)
def _(x, mean, variance):
    return -0.5 * (np.log(2 * np.pi * variance) + ((x - mean) / variance) ** 2)


@LOG_DENSITY_1D.misconception(
    "You take the variance for the standard deviation, in z and in front of it. If you "
    "call SciPy's `norm`: its second number is σ, the root of the variance."
)
def _(x, mean, variance):
    return norm.logpdf(x, mean, variance)


@LOG_DENSITY_1D.misconception(
    "This is the density itself. Its logarithm is asked for, worked out on paper."
)
def _(x, mean, variance):
    return norm.pdf(x, mean, np.sqrt(variance))


@LOG_DENSITY_1D.misconception(
    "The far point has a density that underflows to 0, and log 0 is −∞. Take the "
    "logarithm on paper, so that `exp` does not occur in the code."
)
def _(x, mean, variance):
    return np.log(norm.pdf(x, mean, np.sqrt(variance)))


@LOG_DENSITY_1D.misconception(
    "The ½ in the exponent is missing: the bell falls off like exp(−z²/2)."
)
def _(x, mean, variance):
    return -0.5 * np.log(2 * np.pi * variance) - (x - mean) ** 2 / variance


@LOG_DENSITY_1D.misconception(
    "In the normalizer the root is missing. It is √(2πσ²), and so its logarithm is "
    "*half* of log(2πσ²)."
)
def _(x, mean, variance):
    return -np.log(2 * np.pi * variance) - 0.5 * (x - mean) ** 2 / variance


@LOG_DENSITY_1D.misconception(
    "In the normalizer σ² counts twice as much as it should: all of 2πσ² stands under "
    "the root, so it is half of log(2πσ²)."
)
def _(x, mean, variance):
    return norm.logpdf(x, mean, np.sqrt(variance)) - 0.5 * np.log(variance)


@LOG_DENSITY_1D.misconception(
    "The normalizer is missing: this is only the exponent, −z²/2, which is 0 at the "
    "mean whatever the width. Without −½ log(2πσ²) the area is not 1."
)
def _(x, mean, variance):
    return -0.5 * (x - mean) ** 2 / variance


@LOG_DENSITY_1D.misconception(
    "In the normalizer the 2π is missing: only with it is the area under the bell 1."
)
def _(x, mean, variance):
    return -0.5 * (np.log(variance) + (x - mean) ** 2 / variance)


@LOG_DENSITY_1D.misconception(
    "In the normalizer the variance is missing: a wider bell must be lower, so it is "
    "log(2πσ²), not log(2π)."
)
def _(x, mean, variance):
    return norm.logpdf((x - mean) / np.sqrt(variance))


@LOG_DENSITY_1D.misconception(
    "You add half of log(2πσ²). The density is *divided* by the normalizer, so its "
    "logarithm is subtracted."
)
def _(x, mean, variance):
    return 0.5 * (np.log(2 * np.pi * variance) - (x - mean) ** 2 / variance)


@LOG_DENSITY_1D.misconception(
    "The exponent has lost its minus: with yours, the density grows as one moves away "
    "from the mean."
)
def _(x, mean, variance):
    return -0.5 * (np.log(2 * np.pi * variance) - (x - mean) ** 2 / variance)


@LOG_DENSITY_1D.misconception(
    "You add up all points, which is the log-likelihood. One number for each x is "
    "asked for."
)
def _(x, mean, variance):
    return log_density_1d(x, mean, variance).sum()


@LOG_DENSITY_1D.misconception("You did not subtract the mean: your bell stands at 0.")
def _(x, mean, variance):
    return log_density_1d(x, 0.0, variance)


@LOG_DENSITY_1D.misconception(
    "The square is missing: it is (x − μ)²/σ², so that both sides of the mean fall off."
)
def _(x, mean, variance):
    return -0.5 * (np.log(2 * np.pi * variance) + (x - mean) / variance)


@LOG_DENSITY_1D.misconception(
    "You divide the squared difference by σ. Square both: (x − μ)²/σ², and `variance` "
    "is σ² already, without a root."
)
def _(x, mean, variance):
    squared_z = (x - mean) ** 2 / np.sqrt(variance)
    return -0.5 * (np.log(2 * np.pi * variance) + squared_z)


@LOG_DENSITY_1D.misconception(
    "In the normalizer you have σ where σ² belongs: half of log(2πσ²), and `variance` "
    "is σ² already."
)
def _(x, mean, variance):
    return log_density_1d(x, mean, variance) + 0.25 * np.log(variance)


@LOG_DENSITY_1D.misconception(
    "The factor ½ is missing in both terms: one comes from the root of 2πσ², the other "
    "one from the exponent."
)
def _(x, mean, variance):
    return 2 * log_density_1d(x, mean, variance)


@LOG_DENSITY_1D.misconception(
    "The factor −½ belongs to both terms, and yours reaches only the first. Put "
    "parentheses around the sum."
)
def _(x, mean, variance):
    return -0.5 * np.log(2 * np.pi * variance) + (x - mean) ** 2 / variance


@LOG_DENSITY_1D.misconception(
    "`/ 2 * variance` divides by 2 and then *multiplies* by the variance. Use "
    "parentheses: `/ (2 * variance)`."
)
def _(x, mean, variance):
    return -0.5 * np.log(2 * np.pi * variance) - (x - mean) ** 2 / 2 * variance


@LOG_DENSITY_1D.misconception(
    "You took the logarithm of the exponential, but not of the factor in front of it. "
    "That one becomes −½ log(2πσ²)."
)
def _(x, mean, variance):
    return 1 / np.sqrt(2 * np.pi * variance) - 0.5 * (x - mean) ** 2 / variance


@LOG_DENSITY_1D.misconception(
    "You left out `exp`, but the factor in front of it is still a factor. The "
    "logarithm of a product is a *sum*: add −½ log(2πσ²)."
)
def _(x, mean, variance):
    return -0.5 * (x - mean) ** 2 / variance / np.sqrt(2 * np.pi * variance)


@LOG_DENSITY_1D.misconception(
    "You have z where its square belongs: the exponent is −z²/2, the same on both "
    "sides of the mean."
)
def _(x, mean, variance):
    z = (x - mean) / np.sqrt(variance)
    return -0.5 * (np.log(2 * np.pi * variance) + z)


@LOG_DENSITY_1D.invariant(
    "Nowhere can it be larger than at the mean, where it is −½ log(2πσ²)."
)
def _(log_density, x, mean, variance):
    return bool((log_density <= -0.5 * np.log(2 * np.pi * variance) + 1e-9).all())


# --- Mahalanobis distance ---------------------------------------------------------


def _draw_points(rng, N=7, D=3):
    """Draw a Gaussian away from the origin, tilted, and points near it."""
    mean = rng.normal(scale=1.5, size=D) + 2.0
    covariance = draw_covariances(rng, 1, D)[0]
    return gaussian.sample(mean, covariance, N, rng), mean, covariance


def mahalanobis(X, mean, covariance):
    """Return how many standard deviations each point is from the mean, shape (N,)."""
    L = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(L, (X - mean).T)  # shape (D, N)
    return np.sqrt((whitened**2).sum(axis=0))


MAHALANOBIS = Exercise(
    reference=mahalanobis,
    task="Measure the distance of each point from the mean in standard deviations: "
    "√((x − μ)ᵀ Σ⁻¹ (x − μ)).",
    why="With Σ = L Lᵀ the quadratic form is the squared length of L⁻¹(x − μ). Solving "
    "with L loses fewer digits than an inverse, and takes all points at once.",
    hints=(
        "What would you do with one feature? Subtract the mean, then divide by the "
        "standard deviation. Which matrix plays its part here?",
        "Factor Σ = L Lᵀ with `np.linalg.cholesky`, solve L y = x − μ for y, and take "
        "the ordinary length of y. `np.linalg.solve` wants the points as *columns*.",
        "`whitened = np.linalg.solve(L, (X - mean).T)` has shape (D, N). Square it, "
        "sum over `axis=0`, and take the root.",
    ),
    returns={"distance": "shape (N,), one number for each point"},
    draw=_draw_points,
    special={
        "the first point is the mean": (
            np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 4.0]]),
            np.array([1.0, 2.0]),
            np.array([[4.0, -1.5], [-1.5, 1.0]]),
        )
    },
)


def _forms(X, mean, matrix):
    """Return (x − μ)ᵀ M (x − μ) for every x."""
    gaps = X - mean
    return np.einsum("nd,de,ne->n", gaps, matrix, gaps)


@MAHALANOBIS.misconception(
    "This is the *squared* distance. Take its root, so that the unit is one standard "
    "deviation."
)
def _(X, mean, covariance):
    return _forms(X, mean, np.linalg.inv(covariance))


@MAHALANOBIS.misconception(
    "You multiply by Σ (or by Lᵀ), where Σ⁻¹ belongs. Where the cloud is wide, a step "
    "should count *less*: solve with L instead."
)
def _(X, mean, covariance):
    return np.sqrt(_forms(X, mean, covariance))


@MAHALANOBIS.misconception(
    "This is the ordinary Euclidean distance: Σ has no say in it. Divide out the "
    "spread, by solving L y = x − μ."
)
def _(X, mean, covariance):
    return np.linalg.norm(X - mean, axis=1)


@MAHALANOBIS.misconception(
    "You use only the variances on the diagonal. That ignores the tilt: points along "
    "the long axis come out too far, points across it too near."
)
def _(X, mean, covariance):
    return np.linalg.norm((X - mean) / np.sqrt(np.diag(covariance)), axis=1)


@MAHALANOBIS.misconception(
    "You solve with Lᵀ. Since Σ = L Lᵀ, it is L⁻¹(x − μ) whose length counts. With "
    "points as rows, transpose the *points*, not L."
)
def _(X, mean, covariance):
    L = np.linalg.cholesky(covariance)
    return np.linalg.norm(np.linalg.solve(L.T, (X - mean).T), axis=0)


@MAHALANOBIS.misconception(
    "You multiply by L, which stretches the cloud once more. To undo the stretching, "
    "solve L y = x − μ."
)
def _(X, mean, covariance):
    return np.linalg.norm(np.linalg.cholesky(covariance) @ (X - mean).T, axis=0)


@MAHALANOBIS.misconception(
    "You have one number for every *pair* of points. Only the diagonal of that table "
    "is asked for, and then its root; solving with L and adding up squares gives it "
    "without the table."
)
def _(X, mean, covariance):
    return (X - mean) @ np.linalg.inv(covariance) @ (X - mean).T


@MAHALANOBIS.misconception(
    "You take roots in a table of all *pairs* of points, and some are of negative "
    "numbers. Only its diagonal is asked for; solving with L and adding up squares "
    "gives it without the table."
)
def _(X, mean, covariance):
    return np.sqrt((X - mean) @ np.linalg.inv(covariance) @ (X - mean).T)


@MAHALANOBIS.misconception(
    "You forgot to subtract the mean: these are distances from the origin."
)
def _(X, mean, covariance):
    return mahalanobis(X, 0, covariance)


@MAHALANOBIS.misconception(
    "You divide by each number in Σ. The inverse of a matrix is not made of the "
    "inverses of its numbers: solve with L, or use `np.linalg.inv`."
)
def _(X, mean, covariance):
    return np.sqrt(_forms(X, mean, 1 / covariance))


@MAHALANOBIS.misconception(
    "You measure the length of everything at once, and get a single number. Each point "
    "has its own: sum over the features only."
)
def _(X, mean, covariance):
    return np.linalg.norm(mahalanobis(X, mean, covariance))


@MAHALANOBIS.misconception(
    "You add up over the points and get one number for each *feature*. After "
    "`np.linalg.solve(L, (X - mean).T)` the features are `axis=0`."
)
def _(X, mean, covariance):
    L = np.linalg.cholesky(covariance)
    return np.linalg.norm(np.linalg.solve(L, (X - mean).T), axis=1)


@MAHALANOBIS.misconception(
    "You add up the whitened coordinates without squaring them, so that +2 and −2 "
    "cancel. Square, sum, and take the root."
)
def _(X, mean, covariance):
    return np.linalg.solve(np.linalg.cholesky(covariance), (X - mean).T).sum(axis=0)


@MAHALANOBIS.misconception(
    "You divide by variances, where standard deviations belong: the inverse of all of "
    "Σ is applied before the length is taken. Solve with L instead."
)
def _(X, mean, covariance):
    return np.linalg.norm(np.linalg.solve(covariance, (X - mean).T), axis=0)


@MAHALANOBIS.misconception(
    "You return the whitened points themselves, one a column. Their lengths are asked "
    "for: square, sum over `axis=0`, and take the root."
)
def _(X, mean, covariance):
    return np.linalg.solve(np.linalg.cholesky(covariance), (X - mean).T)


@MAHALANOBIS.misconception(
    "You return the whitened points themselves, one a row. Their lengths are asked "
    "for: square, sum over `axis=1`, and take the root."
)
def _(X, mean, covariance):
    return np.linalg.solve(np.linalg.cholesky(covariance), (X - mean).T).T


@MAHALANOBIS.misconception(
    "You take the root, but forgot the squares, and where the sum is negative there is "
    "no root. Square, sum, and then take the root."
)
def _(X, mean, covariance):
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), (X - mean).T)
    return np.sqrt(whitened.sum(axis=0))


@MAHALANOBIS.misconception(
    "You add up absolute values, as if walking along the axes one after the other. "
    "Square, sum, and take the root."
)
def _(X, mean, covariance):
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), (X - mean).T)
    return np.abs(whitened).sum(axis=0)


@MAHALANOBIS.misconception(
    "You divide by the variances on the diagonal. Standard deviations are their roots; "
    "and the diagonal alone ignores the tilt. Solve with L instead."
)
def _(X, mean, covariance):
    return np.linalg.norm((X - mean) / np.diag(covariance), axis=1)


@MAHALANOBIS.misconception(
    "SciPy's `cdist` took a covariance of its own, from the points. Give it the "
    "inverse of yours, `VI=np.linalg.inv(covariance)`, or solve with L."
)
def _(X, mean, covariance):
    return cdist(X, [mean], "mahalanobis")[:, 0]


@MAHALANOBIS.invariant("A distance is never negative.")
def _(distance, X, mean, covariance):
    return bool((distance >= 0).all())


@MAHALANOBIS.invariant(
    "In standard deviations, a distance lies between the Euclidean one divided by the "
    "standard deviation of the widest direction and by that of the narrowest."
)
def _(distance, X, mean, covariance):
    narrow, *_, wide = np.sqrt(np.linalg.eigvalsh(covariance))
    straight = np.linalg.norm(X - mean, axis=1)
    low, high = straight / wide - 1e-9, straight / narrow + 1e-9
    return bool(((low <= distance) & (distance <= high)).all())


# --- The log density, D features --------------------------------------------------


def _far_and_tiny():
    """Make two examples in which something underflows that need not."""
    X, mean, covariance = _draw_points(np.random.default_rng(99), N=5)
    one_far = X.copy()
    one_far[-1] = 200.0
    many, center, shape = _draw_points(np.random.default_rng(98), N=4, D=60)
    return {
        "a point far from the mean": (one_far, mean, covariance),
        "60 features in tiny units": (1e-8 * many, 1e-8 * center, 1e-16 * shape),
    }


def log_density(X, mean, covariance):
    """Return the log density of each point under one Gaussian, shape (N,)."""
    L = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(L, (X - mean).T)  # shape (D, N)
    squared_distance = (whitened**2).sum(axis=0)
    log_determinant = 2 * np.log(np.diag(L)).sum()
    return -0.5 * (len(mean) * np.log(2 * np.pi) + log_determinant + squared_distance)


LOG_DENSITY = Exercise(
    reference=log_density,
    task="Compute log N(x | μ, Σ) for each point, so that nothing underflows.",
    why="L serves twice: solving with it gives the squared distance, and the logs of "
    "its diagonal add up to half of log|Σ|. No density and no determinant is ever "
    "stored, so neither can underflow.",
    hints=(
        "Take the logarithm of the formula on paper. Which three terms remain, and "
        "which factor do all of them share?",
        "The terms are D log 2π, log|Σ| and Δ². You have Δ² already; with Σ = L Lᵀ, "
        "log|Σ| is twice the sum of the logarithms of L's diagonal.",
        "`-0.5 * (len(mean) * np.log(2 * np.pi) + 2 * np.log(np.diag(L)).sum() + "
        "squared_distance)`, where the last is Δ² of each point.",
    ),
    returns={"log density": "shape (N,), one number for each point"},
    draw=_draw_points,
    special=_far_and_tiny(),
)


def _from_terms(X, mean, covariance, two_pi=1.0, determinant=1.0, distance=1.0):
    """Put the log density together with other factors in front of its terms."""
    _, log_determinant = np.linalg.slogdet(covariance)
    squared_distance = _forms(X, mean, np.linalg.inv(covariance))
    constant = two_pi * len(mean) * np.log(2 * np.pi) + determinant * log_determinant
    return -0.5 * (constant + distance * squared_distance)


@LOG_DENSITY.misconception(
    "You have (2π)^(1/2), as with one feature. Each of the D features brings such a "
    "factor: (2π)^(D/2), so `len(mean) * np.log(2 * np.pi)`."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, two_pi=1 / len(mean))


@LOG_DENSITY.misconception(
    "You have (2π)^D without the root. It is (2π)^(D/2): one √2π for each feature."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, two_pi=2.0)


@LOG_DENSITY.misconception(
    "The factor (2π)^(D/2) is missing: only with it is the volume under the hill 1."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, two_pi=0.0)


@LOG_DENSITY.misconception(
    "The determinant has lost its root: it is |Σ|^(1/2), so *half* of log|Σ| counts."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, determinant=2.0)


@LOG_DENSITY.misconception(
    "You have half of log|Σ|, where all of it belongs before the ½. |Σ| is |L|², so "
    "log|Σ| is *twice* the sum of the logarithms of L's diagonal."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, determinant=0.5)


@LOG_DENSITY.misconception(
    "The sign of log|Σ| is turned, as if it were the determinant of the inverse, whose "
    "logarithm is −log|Σ|. A wider Gaussian is lower: subtract ½ log|Σ|."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, determinant=-1.0)


@LOG_DENSITY.misconception(
    "The determinant is missing. A wider Gaussian must be lower: subtract ½ log|Σ|."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, determinant=0.0)


@LOG_DENSITY.misconception(
    "The ½ in the exponent is missing: the density falls off like exp(−Δ²/2)."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, distance=2.0)


@LOG_DENSITY.misconception(
    "You have the distance Δ where its square belongs: the exponent is −Δ²/2."
)
def _(X, mean, covariance):
    root = mahalanobis(X, mean, covariance)
    return _from_terms(X, mean, covariance, distance=0.0) - 0.5 * root


@LOG_DENSITY.misconception(
    "You multiply by Σ (or by Lᵀ), where Σ⁻¹ belongs: solve with L instead."
)
def _(X, mean, covariance):
    constant = _from_terms(X, mean, covariance, distance=0.0)
    return constant - 0.5 * _forms(X, mean, covariance)


@LOG_DENSITY.misconception(
    "You use only the variances on the diagonal: this is what comes out if the "
    "features are independent. Use all of Σ."
)
def _(X, mean, covariance):
    return norm.logpdf(X, mean, np.sqrt(np.diag(covariance))).sum(axis=1)


@LOG_DENSITY.misconception(
    "This is the density itself. Its logarithm is asked for, worked out on paper."
)
def _(X, mean, covariance):
    return np.exp(log_density(X, mean, covariance))


@LOG_DENSITY.misconception(
    "The far point has a density that underflows to 0, and log 0 is −∞. Take the "
    "logarithm on paper, so that `exp` does not occur in the code."
)
def _(X, mean, covariance):
    return np.log(np.exp(log_density(X, mean, covariance)))


@LOG_DENSITY.misconception(
    "With 60 features in tiny units the determinant underflows to 0, even that of L, "
    "and log 0 is −∞. Add up the logarithms of L's diagonal; do not take the logarithm "
    "of a product or of `np.linalg.det`."
)
def _(X, mean, covariance):
    constant = _from_terms(X, mean, covariance, determinant=0.0)
    return constant - 0.5 * np.log(np.linalg.det(covariance))


@LOG_DENSITY.misconception(
    "You add up all points, which is the log-likelihood. One number for each point is "
    "asked for: sum the squares over the features only."
)
def _(X, mean, covariance):
    return log_density(X, mean, covariance).sum()


@LOG_DENSITY.misconception(
    "You have the number of points where the number of features belongs: `len(mean)`, "
    "or `X.shape[1]`, instead of `len(X)`."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, two_pi=len(X) / len(mean))


@LOG_DENSITY.misconception(
    "The factor ½ is missing in all three terms: two of them come from roots, one from "
    "the exponent."
)
def _(X, mean, covariance):
    return 2 * log_density(X, mean, covariance)


@LOG_DENSITY.misconception(
    "The factor −½ belongs to all three terms, and yours reaches only the first. Put "
    "parentheses around the sum."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, determinant=-2.0, distance=-2.0)


@LOG_DENSITY.misconception(
    "The normalizer is missing: this is only the exponent, −Δ²/2. Subtract ½ (D log 2π "
    "+ log|Σ|), too."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, two_pi=0.0, determinant=0.0)


@LOG_DENSITY.misconception(
    "You add the logarithm of the normalizer. The density is *divided* by it, so its "
    "logarithm is subtracted."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, two_pi=-1.0, determinant=-1.0)


@LOG_DENSITY.misconception(
    "The exponent has lost its minus: with yours, the density grows as one moves away "
    "from the mean."
)
def _(X, mean, covariance):
    return _from_terms(X, mean, covariance, distance=-1.0)


@LOG_DENSITY.misconception(
    "The determinant stands there itself, where its logarithm belongs."
)
def _(X, mean, covariance):
    constant = _from_terms(X, mean, covariance, determinant=0.0)
    return constant - 0.5 * np.linalg.det(covariance)


@LOG_DENSITY.misconception(
    "You take the logarithms of *Σ*'s diagonal for log|Σ|. Only of a triangular matrix "
    "is the determinant the product of its diagonal: take that of L, twice."
)
def _(X, mean, covariance):
    constant = _from_terms(X, mean, covariance, determinant=0.0)
    return constant - 0.5 * np.log(np.diag(covariance)).sum()


@LOG_DENSITY.misconception(
    "You take the logarithms of *Σ*'s diagonal, where those of *L*'s diagonal belong."
)
def _(X, mean, covariance):
    constant = _from_terms(X, mean, covariance, determinant=0.0)
    return constant - np.log(np.diag(covariance)).sum()


@LOG_DENSITY.misconception(
    "You did not subtract the mean: your hill stands at the origin."
)
def _(X, mean, covariance):
    return log_density(X, np.zeros_like(mean), covariance)


@LOG_DENSITY.misconception(
    "You solve with Lᵀ. Since Σ = L Lᵀ, it is L⁻¹(x − μ) whose length counts."
)
def _(X, mean, covariance):
    L = np.linalg.cholesky(covariance)
    squares = (np.linalg.solve(L.T, (X - mean).T) ** 2).sum(axis=0)
    return _from_terms(X, mean, covariance, distance=0.0) - 0.5 * squares


@LOG_DENSITY.misconception(
    "You solve with Σ and then square, so that Σ⁻¹ counts twice. Solve with L, whose "
    "inverse is only half of it."
)
def _(X, mean, covariance):
    squares = (np.linalg.solve(covariance, (X - mean).T) ** 2).sum(axis=0)
    return _from_terms(X, mean, covariance, distance=0.0) - 0.5 * squares


@LOG_DENSITY.misconception(
    "You add up the whitened coordinates without squaring them. Square, then sum."
)
def _(X, mean, covariance):
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), (X - mean).T)
    return _from_terms(X, mean, covariance, distance=0.0) - 0.5 * whitened.sum(axis=0)


@LOG_DENSITY.misconception(
    "You add up the squared distances of all points, and get a single number. Sum over "
    "the features only: `axis=0` of the whitened points."
)
def _(X, mean, covariance):
    squared_distance = _forms(X, mean, np.linalg.inv(covariance))
    constant = _from_terms(X, mean, covariance, distance=0.0)[0]
    return constant - 0.5 * squared_distance.sum()


@LOG_DENSITY.misconception(
    "You have one number for every *pair* of points. Only the diagonal of that table "
    "is asked for; solving with L and adding up squares gives it without the table."
)
def _(X, mean, covariance):
    table = (X - mean) @ np.linalg.inv(covariance) @ (X - mean).T
    return _from_terms(X, mean, covariance, distance=0.0)[0] - 0.5 * table


@LOG_DENSITY.invariant(
    "Nowhere can it be larger than at the mean, where it is −½ (D log 2π + log|Σ|)."
)
def _(log_density, X, mean, covariance):
    at_mean = multivariate_normal(mean, covariance).logpdf(mean)
    return bool((log_density <= at_mean + 1e-6).all())


# --- The ellipse ------------------------------------------------------------------


def _covariance(half_lengths, degrees):
    """Build the covariance whose 1σ ellipse has these half-lengths and this tilt."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    directions = np.array([[c, -s], [s, c]])
    return directions @ np.diag(np.square(half_lengths)) @ directions.T


def _draw_ellipse(rng):
    """Draw a clearly oblong, clearly tilted covariance."""
    half_lengths = rng.uniform(1.5, 3.0), rng.uniform(0.4, 0.9)
    degrees = rng.choice([-70.0, -25.0, 20.0, 65.0]) + rng.uniform(-10, 10)
    return (_covariance(half_lengths, degrees),)


def _nearest_turn(width, height, angle, covariance):
    """Turn the angle by half turns, which change nothing, to near the solution's."""
    true = ellipse_for_matplotlib(covariance)[2]
    # From −89.999 to 90.001, so that a right angle is +90 whatever the rounding.
    gap = (angle - true + 89.999) % 180 - 89.999
    return {"width": width, "height": height, "angle": true + gap}


def ellipse_for_matplotlib(covariance):
    """Return width and height of the 1σ ellipse, edge to edge, and angle in degrees."""
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)  # in rising order
    height, width = 2 * np.sqrt(eigenvalues)
    x, y = eigenvectors[:, 1]
    return width, height, np.degrees(np.arctan2(y, x))


ELLIPSE_FOR_MATPLOTLIB = Exercise(
    reference=ellipse_for_matplotlib,
    task="Return what `matplotlib.patches.Ellipse` wants for the 1σ ellipse of a "
    "2 × 2 covariance: `width`, the *full* extent along the longer axis; `height`, "
    "along the shorter one; and `angle`, that of the longer axis, in degrees.",
    why="Eigenvalues are variances along the axes, so their roots are half-lengths, "
    "and the patch wants full ones. `eigh` sorts upwards, so the longer axis is the "
    "last *column* of the eigenvectors.",
    hints=(
        "Along which directions does Σ only stretch? How far does the ellipse reach "
        "in each of them, from end to end?",
        "`np.linalg.eigh` gives variances along the axes, the smaller first, and the "
        "axes as *columns*. A standard deviation is only half an axis.",
        "`height, width = 2 * np.sqrt(eigenvalues)`, and `x, y = eigenvectors[:, 1]` "
        "points along the longer axis: its angle is `np.degrees(np.arctan2(y, x))`.",
    ),
    returns={
        "width": "a number, the full length of the longer axis",
        "height": "a number, the full length of the shorter axis",
        "angle": "a number, the longer axis's angle in degrees, half turns aside",
    },
    draw=_draw_ellipse,
    special={
        "tall, not tilted": (np.diag([1.0, 6.25]),),
        "wide, not tilted": (np.diag([6.25, 1.0]),),
    },
    compared=_nearest_turn,
)


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "You double the eigenvalues themselves. They are variances, in squared units; an "
    "axis is made of their *roots*."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width**2 / 2, height**2 / 2, angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your width and height are the eigenvalues. They are variances, in squared units: "
    "take the *root*, and double it, since it is only half an axis."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width**2 / 4, height**2 / 4, angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your ellipse is half as large as it should be: the root of an eigenvalue reaches "
    "from the center to the edge, and matplotlib wants the distance from edge to edge."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width / 2, height / 2, angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "This is the 2σ ellipse, twice as large. From edge to edge, the 1σ ellipse "
    "measures *two* roots of an eigenvalue, not four."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return 2 * width, 2 * height, angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Both axes are too long by the factor √2, which is found in much-copied code. The "
    "1σ ellipse measures 2√λ from edge to edge."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return np.sqrt(2) * width, np.sqrt(2) * height, angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your angle is that of the *shorter* axis: the long width would lie across the "
    "cloud. `eigh` sorts upwards, so the longer axis is the last column."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width, height, angle - 90


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your angle is in radians, as `np.arctan2` returns it. Matplotlib's ellipses want "
    "degrees: `np.degrees`."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width, height, np.radians(angle)


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your ellipse tilts to the wrong side. Either a sign is turned, or you read a row "
    "of the eigenvector matrix: the vectors are its *columns*, `eigenvectors[:, i]`."
)
def _(covariance):
    # Of the rotation by θ, the first column points to θ and the first row to −θ. (The
    # two vectors of a 2 × 2 `eigh` happen to form a symmetric matrix, that of a mirror:
    # there a row is the column, and the mistake does not show.)
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width, height, -angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your angle is measured from the vertical. `np.arctan2` takes y first: "
    "`np.arctan2(y, x)`."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width, height, 90 - angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "You exchanged width and height: `eigh` sorts upwards, so the *first* eigenvalue "
    "belongs to the shorter axis, while your angle is that of the longer one."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return height, width, angle


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "It draws the right ellipse, but the shorter axis comes first. Here `width` and "
    "`angle` belong to the *longer* one, which `eigh` puts last."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return height, width, angle - 90


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "You take the roots of the variances on the diagonal. They say how far the ellipse "
    "reaches along x and along y; its own axes come from the eigenvalues."
)
def _(covariance):
    x, y = 2 * np.sqrt(np.diag(covariance))
    return x, y, ellipse_for_matplotlib(covariance)[2]


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your angle is that of the regression line, with the slope Σ₁₂/Σ₁₁, which is "
    "flatter than the longer axis. The axis is an eigenvector."
)
def _(covariance):
    width, height, _ = ellipse_for_matplotlib(covariance)
    return width, height, np.degrees(np.arctan2(covariance[0, 1], covariance[0, 0]))


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Width and height are only half as long as they should be, and they and the angle "
    "begin with the shorter axis. Double the roots, and take the last eigenvalue and "
    "the last column first."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return height / 2, width / 2, angle - 90


@ELLIPSE_FOR_MATPLOTLIB.misconception(
    "Your ellipse is half as large as it should be, and its angle is in radians. "
    "Double the roots, and use `np.degrees`."
)
def _(covariance):
    width, height, angle = ellipse_for_matplotlib(covariance)
    return width / 2, height / 2, np.radians(angle)


@ELLIPSE_FOR_MATPLOTLIB.invariant("The longer axis comes first: width ≥ height.")
def _(width, height, angle, covariance):
    return bool(width >= height)


@ELLIPSE_FOR_MATPLOTLIB.invariant(
    "Half of the width times half of the height must be √|Σ|: the factor by which the "
    "unit circle's area grows into that of the ellipse."
)
def _(width, height, angle, covariance):
    return bool(np.isclose((width * height / 4) ** 2, np.linalg.det(covariance)))


# --- The fit ----------------------------------------------------------------------


def fit_gaussian(X):
    """Return the likeliest mean, shape (D,), and covariance, shape (D, D)."""
    mean = X.mean(axis=0)
    centered = X - mean
    return mean, centered.T @ centered / len(X)


FIT_GAUSSIAN = Exercise(
    reference=fit_gaussian,
    task="Return the mean and the covariance under which the points are likeliest: the "
    "average point, and the average of (x − μ)(x − μ)ᵀ.",
    why="Row n of `centered` is x_n − μ. The matrix product adds up all outer products "
    "in one go, and maximum likelihood divides by N.",
    hints=(
        "Averages over which axis? One of the two results has one number for each "
        "feature, the other one for each *pair* of features.",
        "Subtract the mean from every row. The sum of all outer products of rows with "
        "themselves is one matrix product.",
        "`centered = X - X.mean(axis=0)`, and then `centered.T @ centered / len(X)`.",
    ),
    returns={"mean": "shape (D,)", "covariance": "shape (D, D)"},
    draw=lambda rng: (_draw_points(rng, N=8, D=3)[0],),
    special={"two points only": (np.array([[1.0, 4.0, 2.0], [2.0, 1.0, 6.0]]),)},
)


@FIT_GAUSSIAN.misconception(
    "You divide by N − 1, as `np.cov` does unless told otherwise. The likeliest "
    "covariance is the plain average: divide by N (`bias=True`)."
)
def _(X):
    return X.mean(axis=0), np.cov(X.T)


@FIT_GAUSSIAN.misconception(
    "You forgot to subtract the mean before multiplying: this measures the spread "
    "around the origin."
)
def _(X):
    return X.mean(axis=0), X.T @ X / len(X)


@FIT_GAUSSIAN.misconception(
    "You add up and do not divide: more points would make the Gaussian wider. The "
    "covariance is the *average* product, so divide by N."
)
def _(X):
    return X.mean(axis=0), len(X) * np.cov(X.T, bias=True)


@FIT_GAUSSIAN.misconception(
    "Off the diagonal you have zeros. The covariances belong there: without them no "
    "ellipse can be tilted."
)
def _(X):
    return X.mean(axis=0), np.diag(X.var(axis=0))


@FIT_GAUSSIAN.misconception(
    "You return only the variances, one for each feature. The covariance has a number "
    "for each *pair* of features, shape (D, D)."
)
def _(X):
    return X.mean(axis=0), X.var(axis=0)


@FIT_GAUSSIAN.misconception(
    "You return standard deviations, one for each feature. Asked is the covariance of "
    "each *pair* of features, shape (D, D), in squared units."
)
def _(X):
    return X.mean(axis=0), X.std(axis=0)


@FIT_GAUSSIAN.misconception(
    "These are correlations: ones on the diagonal, and all widths lost. Do not divide "
    "by the standard deviations."
)
def _(X):
    return X.mean(axis=0), np.corrcoef(X.T)


@FIT_GAUSSIAN.misconception(
    "Your mean has one number for each *point*: you averaged over the features, and "
    "centered with that. Average over the points, `axis=0`."
)
def _(X):
    centered = X - X.mean(axis=1, keepdims=True)
    return X.mean(axis=1), centered.T @ centered / len(X)


@FIT_GAUSSIAN.misconception(
    "You average over the features instead of the points, in the mean and in the "
    "covariance. Use `X.mean(axis=0)`, and let `np.cov` have `X.T`."
)
def _(X):
    return X.mean(axis=1), np.cov(X, bias=True)


@FIT_GAUSSIAN.misconception(
    "Your covariance has a row for each *point*: `np.cov` takes the rows for features. "
    "Give it `X.T`, or `rowvar=False`, and `bias=True`."
)
def _(X):
    return X.mean(axis=0), np.cov(X, bias=True)


@FIT_GAUSSIAN.misconception(
    "Your covariance has a row for each *point*: the product should be "
    "`centered.T @ centered`, of shape (D, D), not the other way round."
)
def _(X):
    centered = X - X.mean(axis=0)
    return X.mean(axis=0), centered @ centered.T / len(X)


@FIT_GAUSSIAN.misconception(
    "You take one mean of all numbers in X, whatever feature they measure. Each "
    "feature has its own: `X.mean(axis=0)`."
)
def _(X):
    centered = X - X.mean()
    return X.mean(), centered.T @ centered / len(X)


@FIT_GAUSSIAN.misconception(
    "You divide by the number of features. The average is over the N points: `len(X)`."
)
def _(X):
    return X.mean(axis=0), np.cov(X.T, bias=True) * len(X) / X.shape[1]


@FIT_GAUSSIAN.misconception(
    "The two results are exchanged: first the mean, then the covariance."
)
def _(X):
    return np.cov(X.T, bias=True), X.mean(axis=0)


@FIT_GAUSSIAN.misconception(
    "`np.cov` takes the rows for features, so your covariance has a row for each "
    "*point*; and it divides by N − 1. Give it `X.T` and `bias=True`."
)
def _(X):
    return X.mean(axis=0), np.cov(X)


@FIT_GAUSSIAN.misconception(
    "Your mean is that of the centered points, which is 0. Keep the mean of X before "
    "you subtract it."
)
def _(X):
    return np.zeros(X.shape[1]), np.cov(X.T, bias=True)


@FIT_GAUSSIAN.misconception(
    "You multiply element by element, and get a row for each *point*. A matrix product "
    "adds up over the points: `centered.T @ centered`."
)
def _(X):
    return X.mean(axis=0), (X - X.mean(axis=0)) ** 2 / len(X)


@FIT_GAUSSIAN.invariant("Around the mean the deviations must cancel.")
def _(mean, covariance, X):
    return bool(np.allclose((X - mean).sum(axis=0), 0, atol=1e-6))


@FIT_GAUSSIAN.invariant("A covariance matrix must be symmetric.")
def _(mean, covariance, X):
    return bool(np.allclose(covariance, covariance.T))


@FIT_GAUSSIAN.invariant("No direction can have a negative variance.")
def _(mean, covariance, X):
    return bool((np.linalg.eigvalsh(covariance) > -1e-9).all())
