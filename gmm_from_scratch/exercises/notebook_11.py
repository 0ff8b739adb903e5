"""Exercises of notebook 11: beyond clustering."""

import numpy as np
from scipy.special import softmax
from scipy.stats import norm

from gmm_from_scratch import em, gaussian
from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_covariances, draw_mixture
from gmm_from_scratch.mixture import Mixture

# --- A threshold for outliers -----------------------------------------------------


def outlier_threshold(log_density, share):
    """Return the log density below which that share of the points lies, a number."""
    ordered = np.sort(log_density)
    return ordered[round(share * len(ordered))]


def _draw_log_density(rng):
    log_density = -3.5 - rng.gamma(1.5, 1.2, size=40)
    return log_density, [0.05, 0.1, 0.15, 0.25][rng.integers(4)]


def _threshold_in_gap(threshold, log_density, share):
    """Let every number that has the right points below it count as the same."""
    ordered = np.sort(log_density)
    n_below = round(share * len(ordered))
    lowest, highest = ordered[n_below - 1], ordered[n_below]
    is_right = (lowest < threshold) & (threshold <= highest)
    return {"threshold": np.where(is_right, highest, threshold)}


OUTLIER_THRESHOLD = Exercise(
    reference=outlier_threshold,
    task="Find the log density below which the given share of the points lies. "
    "`log_density` has shape (N,); `share` is a number between 0 and 1 (0.05 means "
    "5%) that comes to a whole number of points.",
    why="Sorted from low to high, the first share · N points are to be flagged, so the "
    "threshold is the next one. `np.quantile(log_density, share)` answers with a "
    "number between the two, which flags the same points.",
    hints=(
        "Line the points up from the strangest to the most ordinary. Where in the line "
        "does the ordinary begin?",
        "Strange means a *low* density, so sort from low to high and let share · N "
        "points lie below the threshold. NumPy has a function for that, too.",
        "`np.sort(log_density)[round(share * len(log_density))]`, or "
        "`np.quantile(log_density, share)`.",
    ),
    returns={"threshold": "a number, with share · N points strictly below it"},
    draw=_draw_log_density,
    special={
        "one point far from everything": (
            np.array([-4.1, -3.2, -5.9, -3.8, -900.0, -4.4, -7.3, -3.6]),
            0.25,
        )
    },
    compared=_threshold_in_gap,
)


@OUTLIER_THRESHOLD.misconception(
    "You flag nearly everything: this is the upper end, the quantile of 1 − share. "
    "Outliers have *low* densities."
)
def _(log_density, share):
    return np.quantile(log_density, 1 - share)


@OUTLIER_THRESHOLD.misconception(
    "`np.percentile` counts in percent, so your share of 0.05 is taken for 0.05%. Use "
    "`np.quantile`, or multiply by 100."
)
def _(log_density, share):
    return np.percentile(log_density, share)


@OUTLIER_THRESHOLD.misconception(
    "Mean minus two standard deviations leaves out 2.3% of a *Gaussian*; log densities "
    "have a long tail to the left, and you never use `share`. Count points instead."
)
def _(log_density, share):
    return log_density.mean() - 2 * log_density.std()


@OUTLIER_THRESHOLD.misconception(
    "You go a share of the *way* from the lowest to the highest value, where a single "
    "far point decides. Asked is a share of the *points*."
)
def _(log_density, share):
    low, high = log_density.min(), log_density.max()
    return low + share * (high - low)


@OUTLIER_THRESHOLD.misconception(
    "You flag what is less dense than a share of the highest density. How many points "
    "that is nobody knows; count points instead."
)
def _(log_density, share):
    return log_density.max() + np.log(share)


@OUTLIER_THRESHOLD.misconception(
    "You return a density, and it will be compared with *log* densities. Leave out the "
    "`np.exp`: a quantile needs no more than the order."
)
def _(log_density, share):
    return np.quantile(np.exp(log_density), share)


@OUTLIER_THRESHOLD.misconception(
    "You dropped the minus signs with `np.abs`: low log densities became large "
    "numbers. Take the quantile of the log densities as they are."
)
def _(log_density, share):
    return np.quantile(np.abs(log_density), share)


@OUTLIER_THRESHOLD.misconception(
    "You are off by one: this is the last point that should be flagged, and nothing "
    "lies below itself. Counted from 0, the next one has index share · N."
)
def _(log_density, share):
    return np.sort(log_density)[round(share * len(log_density)) - 1]


@OUTLIER_THRESHOLD.misconception(
    "You forgot to sort: this is the log density of whichever point happens to stand "
    "at that place in the data."
)
def _(log_density, share):
    return log_density[round(share * len(log_density))]


@OUTLIER_THRESHOLD.misconception(
    "This is *how many* points are to be flagged. Asked is the log density at which "
    "they end."
)
def _(log_density, share):
    return share * len(log_density)


@OUTLIER_THRESHOLD.misconception("Your 5% is fixed. Use `share`, whatever it is.")
def _(log_density, share):
    return np.quantile(log_density, 0.05)


@OUTLIER_THRESHOLD.misconception(
    "You turned the threshold into a density, and it will be compared with *log* "
    "densities: no `np.exp`."
)
def _(log_density, share):
    return np.exp(np.quantile(log_density, share))


@OUTLIER_THRESHOLD.misconception(
    "You take the quantile of a Gaussian with this mean and deviation. Log densities "
    "are not Gaussian: they have a long tail to the left. Count points instead."
)
def _(log_density, share):
    return norm.ppf(share, log_density.mean(), log_density.std())


@OUTLIER_THRESHOLD.misconception(
    "`np.argsort` says *which* point stands there. Asked is its log density: `np.sort`."
)
def _(log_density, share):
    return np.argsort(log_density)[round(share * len(log_density))]


@OUTLIER_THRESHOLD.misconception(
    "You are off by one: one point too many lies below. Counted from 0, the first "
    "that should *not* be flagged has index share · N."
)
def _(log_density, share):
    return np.sort(log_density)[round(share * len(log_density)) + 1]


@OUTLIER_THRESHOLD.misconception(
    "You count from the highest log density down, so nearly everything lies below. "
    "Strange are the *low* ones: count from the lowest."
)
def _(log_density, share):
    return np.sort(log_density)[::-1][round(share * len(log_density))]


@OUTLIER_THRESHOLD.misconception(
    "You flag half of the share and keep the other half for the upper end. Nobody is "
    "strange for a high density: all of it belongs to the low end."
)
def _(log_density, share):
    return np.quantile(log_density, share / 2)


@OUTLIER_THRESHOLD.invariant("Exactly share · N points must lie below the threshold.")
def _(threshold, log_density, share):
    return (log_density < threshold).sum() == round(share * len(log_density))


# --- A Gaussian, given one of its features ----------------------------------------


def conditional_gaussian(mean, covariance, first):
    """Return mean (D−1,) and covariance (D−1, D−1) of the others, given the first."""
    slope = covariance[1:, 0] / covariance[0, 0]
    expected = mean[1:] + slope * (first - mean[0])
    left_over = covariance[1:, 1:] - np.outer(slope, covariance[0, 1:])
    return expected, left_over


def _draw_gaussian_and_first(rng):
    mean = rng.normal(scale=1.5, size=4) + 1.0
    covariance = draw_covariances(rng, K=1, D=4)[0]
    return mean, covariance, mean[0] + rng.choice([-1, 1]) * rng.uniform(0.7, 2.0)


CONDITIONAL_GAUSSIAN = Exercise(
    reference=conditional_gaussian,
    task="A Gaussian has D features, and the value of the first is known. Return the "
    "mean and the covariance of the D − 1 others.",
    why="The slope is that of a regression line: how much the others move for each "
    "unit of the first. The mean follows the line; the covariance loses what the first "
    "feature explains, whatever its value is.",
    hints=(
        "If the first feature is one unit above its mean, how far above their means do "
        "you expect the others?",
        "By their covariance with the first, divided by the variance of the first. "
        "What moves together with the first is no longer uncertain: subtract it.",
        "`slope = covariance[1:, 0] / covariance[0, 0]`; add `slope * (first - "
        "mean[0])` to the mean, subtract `np.outer(slope, covariance[0, 1:])` from the "
        "covariance.",
    ),
    returns={"mean": "shape (D − 1,)", "covariance": "shape (D − 1, D − 1)"},
    draw=_draw_gaussian_and_first,
    special={
        "two features": (np.array([3.0, -2.0]), np.array([[4.0, 3.0], [3.0, 9.0]]), 5),
        "first is at its mean": (
            np.array([1.0, 2.0, 4.0]),
            draw_covariances(np.random.default_rng(3), K=1, D=3)[0],
            1.0,
        ),
    },
)


def _slope(covariance):
    return covariance[1:, 0] / covariance[0, 0]


def _left_over(covariance):
    return covariance[1:, 1:] - np.outer(_slope(covariance), covariance[0, 1:])


@CONDITIONAL_GAUSSIAN.misconception(
    "Your mean does not depend on `first`: it is the mean that the others have "
    "*without* knowing it. Add slope times (first − its mean)."
)
def _(mean, covariance, first):
    return mean[1:], _left_over(covariance)


@CONDITIONAL_GAUSSIAN.misconception(
    "This is what the others do if nothing is known: their part of the mean and of the "
    "covariance. Use the value of the first to shift the one and to reduce the other."
)
def _(mean, covariance, first):
    return mean[1:], covariance[1:, 1:]


@CONDITIONAL_GAUSSIAN.misconception(
    "Your slope is upside down: you divide by the variances of the *others*, which "
    "would predict the first from them. Divide by the variance of the first."
)
def _(mean, covariance, first):
    slope = covariance[1:, 0] / np.diag(covariance)[1:]
    left_over = covariance[1:, 1:] - np.outer(slope, covariance[0, 1:])
    return mean[1:] + slope * (first - mean[0]), left_over


@CONDITIONAL_GAUSSIAN.misconception(
    "You multiply the slope by `first` itself. What counts is how far it is from its "
    "own mean: `first - mean[0]`."
)
def _(mean, covariance, first):
    return mean[1:] + _slope(covariance) * first, _left_over(covariance)


@CONDITIONAL_GAUSSIAN.misconception(
    "You shift to the wrong side. Where the covariance is positive, a first feature "
    "above its mean *raises* the others: look for `mean[0] - first`, or a wrong sign."
)
def _(mean, covariance, first):
    return mean[1:] - _slope(covariance) * (first - mean[0]), _left_over(covariance)


@CONDITIONAL_GAUSSIAN.misconception(
    "Your mean is right, but the covariance is not reduced: knowing the first makes "
    "the others less uncertain. Subtract what it explains."
)
def _(mean, covariance, first):
    return mean[1:] + _slope(covariance) * (first - mean[0]), covariance[1:, 1:]


@CONDITIONAL_GAUSSIAN.misconception(
    "You *add* what the first explains to the covariance. Knowing more makes nothing "
    "less certain: subtract it."
)
def _(mean, covariance, first):
    slope = _slope(covariance)
    more = covariance[1:, 1:] + np.outer(slope, covariance[0, 1:])
    return mean[1:] + slope * (first - mean[0]), more


@CONDITIONAL_GAUSSIAN.misconception(
    "Your covariance is the block of the precision Σ⁻¹. That block is the *inverse* of "
    "what is asked: invert it once more."
)
def _(mean, covariance, first):
    slope = _slope(covariance)
    precision = np.linalg.inv(covariance)
    return mean[1:] + slope * (first - mean[0]), precision[1:, 1:]


@CONDITIONAL_GAUSSIAN.misconception(
    "You use the covariances with the first as slopes. A slope has the units of the "
    "others per unit of the first: divide by the variance of the first."
)
def _(mean, covariance, first):
    slope = covariance[1:, 0]
    left_over = covariance[1:, 1:] - np.outer(slope, covariance[0, 1:])
    return mean[1:] + slope * (first - mean[0]), left_over


@CONDITIONAL_GAUSSIAN.misconception(
    "You divide by the *standard deviation* of the first. For a slope it must be its "
    "variance, `covariance[0, 0]`."
)
def _(mean, covariance, first):
    slope = covariance[1:, 0] / np.sqrt(covariance[0, 0])
    left_over = covariance[1:, 1:] - np.outer(slope, covariance[0, 1:])
    return mean[1:] + slope * (first - mean[0]), left_over


@CONDITIONAL_GAUSSIAN.misconception(
    "You take correlations for slopes. They are slopes only if all features have "
    "variance 1; here, divide each covariance by the variance of the first."
)
def _(mean, covariance, first):
    deviations = np.sqrt(np.diag(covariance))
    slope = covariance[1:, 0] / deviations[1:] / deviations[0]
    left_over = covariance[1:, 1:] - np.outer(slope, covariance[0, 1:])
    return mean[1:] + slope * (first - mean[0]), left_over


@CONDITIONAL_GAUSSIAN.misconception(
    "You subtract slope times slope. What the first explains is slope · slope times "
    "its *variance*, which is `np.outer(slope, covariance[0, 1:])`."
)
def _(mean, covariance, first):
    slope = _slope(covariance)
    less = covariance[1:, 1:] - np.outer(slope, slope)
    return mean[1:] + slope * (first - mean[0]), less


@CONDITIONAL_GAUSSIAN.misconception(
    "`*` multiplies slope and covariance number by number, and the same row is "
    "subtracted from each row of the matrix. Every pair needs its product: `np.outer`."
)
def _(mean, covariance, first):
    slope = _slope(covariance)
    less = covariance[1:, 1:] - slope * covariance[0, 1:]
    return mean[1:] + slope * (first - mean[0]), less


@CONDITIONAL_GAUSSIAN.misconception(
    "Your mean is only the shift. It starts from the mean of the others: add "
    "`mean[1:]`."
)
def _(mean, covariance, first):
    return _slope(covariance) * (first - mean[0]), _left_over(covariance)


@CONDITIONAL_GAUSSIAN.misconception(
    "You subtract the products of the covariances with the first, but do not divide "
    "them by its variance."
)
def _(mean, covariance, first):
    slope = _slope(covariance)
    less = covariance[1:, 1:] - np.outer(covariance[1:, 0], covariance[0, 1:])
    return mean[1:] + slope * (first - mean[0]), less


@CONDITIONAL_GAUSSIAN.misconception(
    "`@` of two vectors is one number, and you subtract it everywhere. Every pair of "
    "the others needs its own product: `np.outer`."
)
def _(mean, covariance, first):
    slope = _slope(covariance)
    less = covariance[1:, 1:] - slope @ covariance[0, 1:]
    return mean[1:] + slope * (first - mean[0]), less


@CONDITIONAL_GAUSSIAN.misconception(
    "You keep the variances only. What the others share apart from the first stays, "
    "too: return the whole matrix."
)
def _(mean, covariance, first):
    slope = _slope(covariance)
    variances = np.diag(np.diag(_left_over(covariance)))
    return mean[1:] + slope * (first - mean[0]), variances


@CONDITIONAL_GAUSSIAN.invariant("A covariance must be symmetric.")
def _(conditional_mean, conditional_covariance, mean, covariance, first):
    return np.allclose(conditional_covariance, conditional_covariance.T)


@CONDITIONAL_GAUSSIAN.invariant(
    "No variance may be larger than it was before the first feature was known."
)
def _(conditional_mean, conditional_covariance, mean, covariance, first):
    return bool((np.diag(conditional_covariance) <= np.diag(covariance)[1:]).all())


# --- The density of what is known -------------------------------------------------


def log_density_of_known(x, mean, covariance):
    """Return the log density of the values of x that are not NaN, a number."""
    known = ~np.isnan(x)
    block = covariance[known][:, known]
    return gaussian.log_density([x[known]], mean[known], block)[0]


def _draw_incomplete(rng, n_missing=None):
    mean = rng.normal(scale=1.5, size=4) + 1.0
    covariance = draw_covariances(rng, K=1, D=4)[0]
    x = rng.multivariate_normal(mean, covariance)
    n_missing = rng.integers(1, 3) if n_missing is None else n_missing
    x[rng.choice(4, size=n_missing, replace=False)] = np.nan
    return x, mean, covariance


LOG_DENSITY_OF_KNOWN = Exercise(
    reference=log_density_of_known,
    task="Return the log density that a Gaussian gives to the known values of one "
    "point. `x` has shape (D,), with NaN where a value is missing; at least one value "
    "is known.",
    why="Integrating a Gaussian over some of its features leaves a Gaussian over the "
    "others, with their part of the mean and their block of the covariance. There is "
    "nothing to fill in.",
    hints=(
        "If you had never heard of the missing features, what would you write?",
        "A boolean mask of the known values picks them from x, from the mean, and "
        "their rows *and* columns from the covariance.",
        "`known = ~np.isnan(x)`, `block = covariance[known][:, known]`, and "
        "`gaussian.log_density([x[known]], mean[known], block)[0]`.",
    ),
    returns={"log_density": "a number"},
    draw=_draw_incomplete,
    special={
        "nothing is missing": _draw_incomplete(np.random.default_rng(7), 0),
        "one value is known": _draw_incomplete(np.random.default_rng(8), 3),
        "a value far from everything": (
            np.array([np.nan, 400.0, 1.0]),
            np.array([0.5, 1.0, 2.0]),
            draw_covariances(np.random.default_rng(9), K=1, D=3)[0],
        ),
    },
)


def _log_density(gap, covariance, n_features=None, log_determinant=None):
    if n_features is None:
        n_features = len(gap)
    if log_determinant is None:
        log_determinant = np.linalg.slogdet(covariance)[1]
    squared = gap @ np.linalg.solve(covariance, gap)
    return -0.5 * (n_features * np.log(2 * np.pi) + log_determinant + squared)


def _known_part(x, mean, covariance):
    known = ~np.isnan(x)
    return x[known] - mean[known], covariance[known][:, known]


@LOG_DENSITY_OF_KNOWN.misconception(
    "You fill the gaps with the mean and evaluate all D features, as if somebody had "
    "measured exactly the mean. Leave the missing features out instead."
)
def _(x, mean, covariance):
    return _log_density(np.where(np.isnan(x), mean, x) - mean, covariance)


@LOG_DENSITY_OF_KNOWN.misconception(
    "You fill the gaps with 0, which is a value like any other. Leave the missing "
    "features out instead."
)
def _(x, mean, covariance):
    return _log_density(np.nan_to_num(x) - mean, covariance)


@LOG_DENSITY_OF_KNOWN.misconception(
    "You take a block of the *precision* Σ⁻¹. That belongs to a Gaussian in which the "
    "other features are known. Take the block of the covariance, then invert."
)
def _(x, mean, covariance):
    gap, _ = _known_part(x, mean, covariance)
    known = ~np.isnan(x)
    precision = np.linalg.inv(covariance)[known][:, known]
    return _log_density(gap, np.linalg.inv(precision))


@LOG_DENSITY_OF_KNOWN.misconception(
    "The factor of 2π counts all D features. It must count the known ones: "
    "`known.sum()`."
)
def _(x, mean, covariance):
    return _log_density(*_known_part(x, mean, covariance), n_features=len(x))


@LOG_DENSITY_OF_KNOWN.misconception(
    "Your determinant is that of the whole covariance. It must be that of the block of "
    "the known features."
)
def _(x, mean, covariance):
    whole = np.linalg.slogdet(covariance)[1]
    return _log_density(*_known_part(x, mean, covariance), log_determinant=whole)


@LOG_DENSITY_OF_KNOWN.misconception(
    "NaN comes through wherever a value is missing, and a number is expected: one NaN "
    "in a sum makes all of it NaN. Pick out the known values first."
)
def _(x, mean, covariance):
    return _log_density(x - mean, covariance)


@LOG_DENSITY_OF_KNOWN.misconception(
    "You treat the known features as independent. Use the whole block of the "
    "covariance, `covariance[known][:, known]`; `covariance[known, known]` is only its "
    "diagonal."
)
def _(x, mean, covariance):
    gap, block = _known_part(x, mean, covariance)
    return _log_density(gap, np.diag(np.diag(block)))


@LOG_DENSITY_OF_KNOWN.misconception(
    "You blow the result up by D over the number of known features. The missing ones "
    "say nothing, so nothing needs to be made up for them."
)
def _(x, mean, covariance):
    gap, block = _known_part(x, mean, covariance)
    return _log_density(gap, block) * len(x) / len(gap)


@LOG_DENSITY_OF_KNOWN.misconception(
    "This is the density itself. Asked is its logarithm, which does not underflow."
)
def _(x, mean, covariance):
    return np.exp(_log_density(*_known_part(x, mean, covariance)))


@LOG_DENSITY_OF_KNOWN.misconception(
    "The sign is turned: far from the mean the log density must fall, not rise."
)
def _(x, mean, covariance):
    return -_log_density(*_known_part(x, mean, covariance))


@LOG_DENSITY_OF_KNOWN.misconception(
    "You fill the gaps with their expected values and evaluate all D features. Even "
    "the best guess then counts as a measurement: leave the missing features out."
)
def _(x, mean, covariance):
    gap, block = _known_part(x, mean, covariance)
    known = ~np.isnan(x)
    guess = mean + covariance[:, known] @ np.linalg.solve(block, gap)
    return _log_density(np.where(known, x, guess) - mean, covariance)


@LOG_DENSITY_OF_KNOWN.misconception(
    "You fill the gaps with the mean of the point's other values, which are other "
    "features in other units. Leave the missing features out."
)
def _(x, mean, covariance):
    return _log_density(np.where(np.isnan(x), np.nanmean(x), x) - mean, covariance)


@LOG_DENSITY_OF_KNOWN.misconception(
    "Your squared distance comes from the inverse of the whole covariance, as if the "
    "missing values were exactly at their means. Cut out the block of the covariance "
    "first, then invert."
)
def _(x, mean, covariance):
    gap, block = _known_part(x, mean, covariance)
    known = ~np.isnan(x)
    squared = gap @ np.linalg.inv(covariance)[known][:, known] @ gap
    return _log_density(0 * gap, block) - squared / 2


@LOG_DENSITY_OF_KNOWN.misconception(
    "You multiply the deviations by the covariance. In the squared distance its "
    "*inverse* stands between them."
)
def _(x, mean, covariance):
    gap, block = _known_part(x, mean, covariance)
    return _log_density(0 * gap, block) - gap @ block @ gap / 2


@LOG_DENSITY_OF_KNOWN.misconception(
    "The squared distance lacks its factor of one half."
)
def _(x, mean, covariance):
    gap, block = _known_part(x, mean, covariance)
    return _log_density(gap, block) - gap @ np.linalg.solve(block, gap) / 2


@LOG_DENSITY_OF_KNOWN.misconception(
    "The term with 2π is missing: −½ log 2π for each known feature."
)
def _(x, mean, covariance):
    return _log_density(*_known_part(x, mean, covariance), n_features=0)


@LOG_DENSITY_OF_KNOWN.misconception(
    "The log determinant is missing: −½ log|Σ| of the block of the known features."
)
def _(x, mean, covariance):
    return _log_density(*_known_part(x, mean, covariance), log_determinant=0.0)


@LOG_DENSITY_OF_KNOWN.misconception(
    "You take the logarithm of a density that is so small that the computer stores 0. "
    "Compute the log density directly, as `gaussian.log_density` does."
)
def _(x, mean, covariance):
    return np.log(np.exp(_log_density(*_known_part(x, mean, covariance))))


@LOG_DENSITY_OF_KNOWN.invariant(
    "No log density may be higher than at the mean of the known features."
)
def _(log_density, x, mean, covariance):
    gap, block = _known_part(x, mean, covariance)
    return bool(log_density <= _log_density(0 * gap, block) + 1e-9)


# --- Mixture regression -----------------------------------------------------------


def predict_by_mixture(x, mixture):
    """Return what a mixture of two features expects of the second, shape (N,)."""
    weights, mu, sigma = mixture.weights, mixture.means, mixture.covariances
    slopes = sigma[:, 0, 1] / sigma[:, 0, 0]
    lines = mu[:, 1] + slopes * (x[:, np.newaxis] - mu[:, 0])
    of_first = Mixture(weights, mu[:, :1], sigma[:, :1, :1])
    responsibilities = em.e_step(x[:, np.newaxis], of_first)
    return (responsibilities * lines).sum(axis=1)


def _draw_first_features(rng):
    X, mixture = draw_mixture(rng, N=7, K=3, D=2)
    return X[:, 0], mixture


def _special_first_features():
    rng = np.random.default_rng(20)
    x, mixture = _draw_first_features(rng)
    X, single = draw_mixture(rng, N=5, K=1, D=2)
    return {
        "two values far from everything": (np.append(x[:4], [150.0, -150.0]), mixture),
        "a single component": (X[:, 0], single),
    }


PREDICT_BY_MIXTURE = Exercise(
    reference=predict_by_mixture,
    task="Predict the second feature from the first: for each value in `x`, shape "
    "(N,), the mean of the second feature that a mixture in two dimensions expects.",
    why="Each component has a regression line. How much each line counts at x is the "
    "responsibility of its component given x *alone*: the E-step of the mixture that "
    "the first feature follows by itself.",
    hints=(
        "Each component makes a prediction of its own, on a straight line. Whom do you "
        "believe at a given x, and how much?",
        "The lines are `conditional_gaussian` with D = 2. Weight them by "
        "responsibilities, computed from the first feature only: its means and "
        "variances, with the weights as they are.",
        "`lines = mu[:, 1] + slopes * (x[:, np.newaxis] - mu[:, 0])`, and `em.e_step("
        "x[:, np.newaxis], Mixture(weights, mu[:, :1], sigma[:, :1, :1]))` for the "
        "responsibilities; multiply and sum over `axis=1`.",
    ),
    returns={"prediction": "shape (N,), one for each value in x"},
    draw=_draw_first_features,
    special=_special_first_features(),
)


def _lines(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    slopes = sigma[:, 0, 1] / sigma[:, 0, 0]
    return mu[:, 1] + slopes * (x[:, np.newaxis] - mu[:, 0])


def _log_joint_of_first(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    of_first = Mixture(mixture.weights, mu[:, :1], sigma[:, :1, :1])
    return of_first.log_joint(x[:, np.newaxis])


def _shares(x, mixture):
    return softmax(_log_joint_of_first(x, mixture), axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You average the lines with the weights π_k, the same everywhere, and so the "
    "prediction is one straight line. Given x, some components are likelier: use "
    "responsibilities."
)
def _(x, mixture):
    return _lines(x, mixture) @ mixture.weights


@PREDICT_BY_MIXTURE.misconception(
    "You use the line of the likeliest component alone, and the prediction jumps where "
    "that changes. Let every line count with its responsibility."
)
def _(x, mixture):
    best = _log_joint_of_first(x, mixture).argmax(axis=1)
    return _lines(x, mixture)[np.arange(len(x)), best]


@PREDICT_BY_MIXTURE.misconception(
    "You average the *means* of the components. Within a component, too, the second "
    "feature moves with the first: add its slope times the deviation of x."
)
def _(x, mixture):
    return _shares(x, mixture) @ mixture.means[:, 1]


@PREDICT_BY_MIXTURE.misconception(
    "Your responsibilities leave out the weights, as if all components were equally "
    "common."
)
def _(x, mixture):
    log_density = _log_joint_of_first(x, mixture) - np.log(mixture.weights)
    return (softmax(log_density, axis=1) * _lines(x, mixture)).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "Your slopes are upside down: you divide by the variance of the second feature. "
    "Divide by that of the first, `sigma[:, 0, 0]`."
)
def _(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    slopes = sigma[:, 0, 1] / sigma[:, 1, 1]
    lines = mu[:, 1] + slopes * (x[:, np.newaxis] - mu[:, 0])
    return (_shares(x, mixture) * lines).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You take the covariance for the slope. Divide it by the variance of the first "
    "feature."
)
def _(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    lines = mu[:, 1] + sigma[:, 0, 1] * (x[:, np.newaxis] - mu[:, 0])
    return (_shares(x, mixture) * lines).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You multiply the slopes by x itself. Each line goes through the mean of its "
    "component: slope times (x − μ_k of the first feature)."
)
def _(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    lines = mu[:, 1] + sigma[:, 0, 1] / sigma[:, 0, 0] * x[:, np.newaxis]
    return (_shares(x, mixture) * lines).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You draw one regression line through everything. A mixture has a line for each "
    "component, and x says how much each counts."
)
def _(x, mixture):
    weights, mu = mixture.weights, mixture.means
    mean = weights @ mu
    moments = np.einsum("k,kij->ij", weights, mixture.covariances)
    moments += np.einsum("k,ki,kj->ij", weights, mu - mean, mu - mean)
    return mean[1] + moments[0, 1] / moments[0, 0] * (x - mean[0])


@PREDICT_BY_MIXTURE.misconception(
    "All lines count the same in your prediction. Weight them by the responsibilities "
    "given x."
)
def _(x, mixture):
    return _lines(x, mixture).mean(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You add up the lines, weighted by the joint densities. Divide by the sum of the "
    "weights that you used, so that they are shares of 1."
)
def _(x, mixture):
    joint = np.exp(_log_joint_of_first(x, mixture))
    return (joint * _lines(x, mixture)).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "The far values underflow: all joint densities are 0 there, and 0/0 is not a "
    "number. Compute the responsibilities from logarithms, as `em.e_step` does."
)
def _(x, mixture):
    joint = np.exp(_log_joint_of_first(x, mixture))
    return (joint * _lines(x, mixture)).sum(axis=1) / joint.sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You average the lines over the points: one number for each *component*. Sum over "
    "the components, `axis=1`, and each x has its prediction."
)
def _(x, mixture):
    return (_shares(x, mixture) * _lines(x, mixture)).sum(axis=0)


@PREDICT_BY_MIXTURE.misconception(
    "You take variances for standard deviations in the responsibilities: `norm` wants "
    "the root of `sigma[:, 0, 0]`."
)
def _(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    log_density = norm.logpdf(x[:, np.newaxis], mu[:, 0], sigma[:, 0, 0])
    shares = softmax(np.log(mixture.weights) + log_density, axis=1)
    return (shares * _lines(x, mixture)).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "Your responsibilities lack the factor 1/σ of each Gaussian, as if a wide bell "
    "were as high as a narrow one."
)
def _(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    squared = (x[:, np.newaxis] - mu[:, 0]) ** 2 / sigma[:, 0, 0]
    shares = softmax(np.log(mixture.weights) - squared / 2, axis=1)
    return (shares * _lines(x, mixture)).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You use the weights twice: responsibilities contain them already."
)
def _(x, mixture):
    shares = _shares(x, mixture) * mixture.weights
    shares /= shares.sum(axis=1, keepdims=True)
    return (shares * _lines(x, mixture)).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You give the E-step a 0 for the second feature, which is a value like any other. "
    "The second is unknown: leave it out of the mixture, too."
)
def _(x, mixture):
    shares = em.e_step(np.column_stack([x, 0 * x]), mixture)
    return (shares * _lines(x, mixture)).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You divide the covariance by the *standard deviation* of the first feature. For "
    "a slope it must be the variance."
)
def _(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    slopes = sigma[:, 0, 1] / np.sqrt(sigma[:, 0, 0])
    lines = mu[:, 1] + slopes * (x[:, np.newaxis] - mu[:, 0])
    return (_shares(x, mixture) * lines).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You subtract the mean of the *second* feature from x. x is the first feature: "
    "`mu[:, 0]`."
)
def _(x, mixture):
    mu, sigma = mixture.means, mixture.covariances
    slopes = sigma[:, 0, 1] / sigma[:, 0, 0]
    lines = mu[:, 1] + slopes * (x[:, np.newaxis] - mu[:, 1])
    return (_shares(x, mixture) * lines).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "Your lines lack the mean of the second feature, where they start: add `mu[:, 1]`."
)
def _(x, mixture):
    lines = _lines(x, mixture) - mixture.means[:, 1]
    return (_shares(x, mixture) * lines).sum(axis=1)


@PREDICT_BY_MIXTURE.misconception(
    "You take the mean over the components of what is already weighted, and so divide "
    "by K once more. Responsibilities sum to 1: use `sum`."
)
def _(x, mixture):
    return (_shares(x, mixture) * _lines(x, mixture)).mean(axis=1)


@PREDICT_BY_MIXTURE.invariant(
    "A prediction must lie between the lowest and the highest of the components' lines."
)
def _(prediction, x, mixture):
    lines = _lines(x, mixture)
    low, high = lines.min(axis=1) - 1e-6, lines.max(axis=1) + 1e-6
    return bool(((low <= prediction) & (prediction <= high)).all())
