"""Exercises of notebook 03: the mixture."""

import numpy as np
from scipy.special import logsumexp, softmax

from gmm_from_scratch import gaussian
from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_mixture

# --- The density of a mixture -----------------------------------------------------


def mixture_density(x, weights, means, variances):
    """Return the density of the mixture at each x, shape (N,)."""
    squared_distances = (x[:, np.newaxis] - means) ** 2 / variances
    densities = np.exp(-0.5 * squared_distances) / np.sqrt(2 * np.pi * variances)
    return densities @ weights


def _draw_mixture_on_a_line(rng):
    K = 3
    weights = rng.permutation([0.5, 0.3, 0.2]) + [0.03, -0.01, -0.02]
    means = np.arange(K) * 2.0 + rng.uniform(0.0, 1.0, size=K)
    return rng.uniform(-1.0, 6.0, size=7), weights, means, rng.uniform(0.3, 2.5, size=K)


MIXTURE_DENSITY = Exercise(
    reference=mixture_density,
    task="Compute Σ_k π_k N(x_n | μ_k, σ_k²) at each of N places `x`, all shape (N,). "
    "`weights`, `means` and `variances` have shape (K,).",
    why="`x[:, np.newaxis]` has shape (N, 1), so that meeting `means` it makes a table "
    "(N, K): a row for each place, a column for each bell. `@ weights` adds up each "
    "row, every bell counting with its weight.",
    hints=(
        "At one place x, each bell has a height. How much does each of them count?",
        "Compute a table of heights, shape (N, K), multiply each column by its weight, "
        "and sum over the components, `axis=1`.",
        "`heights = np.exp(-0.5 * (x[:, np.newaxis] - means)**2 / variances) / "
        "np.sqrt(2 * np.pi * variances)`, and then `heights @ weights`.",
    ),
    returns={"density": "shape (N,), one number for each place"},
    draw=_draw_mixture_on_a_line,
    special={
        "a single component": (
            np.array([-1.0, 0.5, 2.0, 4.0]),
            np.array([1.0]),
            np.array([1.5]),
            np.array([2.5]),
        )
    },
)


def _bells(x, means, variances):
    """Return the height of each bell at each x, shape (N, K)."""
    squared_distances = (x[:, np.newaxis] - means) ** 2 / variances
    return np.exp(-0.5 * squared_distances) / np.sqrt(2 * np.pi * variances)


@MIXTURE_DENSITY.misconception(
    "You add the bells without their weights. Each has area 1, so your curve has area "
    "K; multiply each bell by its weight π_k first."
)
def _(x, weights, means, variances):
    return _bells(x, means, variances).sum(axis=1)


@MIXTURE_DENSITY.misconception(
    "You take the plain average of the bells, as if all components were equally "
    "common. Each counts with its own weight π_k."
)
def _(x, weights, means, variances):
    return _bells(x, means, variances).mean(axis=1)


@MIXTURE_DENSITY.misconception(
    "You average the *parameters* and draw one bell. A mixture averages the "
    "*densities*: several bells remain, each at its own mean."
)
def _(x, weights, means, variances):
    return _bells(x, weights @ means, weights @ variances)[:, 0]


@MIXTURE_DENSITY.misconception(
    "This is the density of a weighted sum of K random *numbers*, with variance "
    "Σ π_k² σ_k²: a single bell. In a mixture each point comes from one component; it "
    "is the densities that add up."
)
def _(x, weights, means, variances):
    return _bells(x, weights @ means, weights**2 @ variances)[:, 0]


@MIXTURE_DENSITY.misconception(
    "You draw one bell with the mean and variance of the whole mixture. Its first two "
    "moments are right, its shape is not: compute each component's bell and add."
)
def _(x, weights, means, variances):
    mean = weights @ means
    variance = weights @ (variances + (means - mean) ** 2)
    return _bells(x, mean, variance)[:, 0]


@MIXTURE_DENSITY.misconception(
    "You keep only the highest of the weighted bells. A point may come from any of "
    "them, so all add up: `sum` instead of `max`."
)
def _(x, weights, means, variances):
    return (_bells(x, means, variances) * weights).max(axis=1)


@MIXTURE_DENSITY.misconception(
    "You multiply the weighted bells with each other. A point comes from one component "
    "*or* another, and for *or* probabilities add."
)
def _(x, weights, means, variances):
    return (_bells(x, means, variances) * weights).prod(axis=1)


@MIXTURE_DENSITY.misconception(
    "You use the variance as if it were the standard deviation. The squared distance "
    "is divided by σ² itself, and in front stands the root: `np.sqrt(2 * np.pi * "
    "variances)`."
)
def _(x, weights, means, variances):
    return _bells(x, means, variances**2) @ weights


@MIXTURE_DENSITY.misconception(
    "Your bells do not have area 1: the factor 1 / √(2πσ²) is missing. Without it wide "
    "components count for too much."
)
def _(x, weights, means, variances):
    return np.exp(-0.5 * (x[:, np.newaxis] - means) ** 2 / variances) @ weights


@MIXTURE_DENSITY.misconception(
    "The root is missing in front: each bell is divided by √(2πσ²), not by 2πσ²."
)
def _(x, weights, means, variances):
    return (_bells(x, means, variances) / np.sqrt(2 * np.pi * variances)) @ weights


@MIXTURE_DENSITY.misconception(
    "You count the weights twice. They sum to 1, their squares do not: multiply each "
    "bell by π_k once."
)
def _(x, weights, means, variances):
    return _bells(x, means, variances) @ weights**2


@MIXTURE_DENSITY.misconception(
    "You divide by K besides. The weights sum to 1 and make the average by themselves: "
    "`sum`, not `mean`, once they are multiplied in."
)
def _(x, weights, means, variances):
    return (_bells(x, means, variances) * weights).mean(axis=1)


@MIXTURE_DENSITY.misconception(
    "You make the N numbers sum to 1. They are heights, not probabilities: the *area* "
    "is 1, and it is so already."
)
def _(x, weights, means, variances):
    density = _bells(x, means, variances) @ weights
    return density / density.sum()


@MIXTURE_DENSITY.misconception(
    "You average the *logarithms* of the bells and exponentiate, which multiplies the "
    "bells with the weights as exponents. Average the bells themselves."
)
def _(x, weights, means, variances):
    return np.exp(np.log(_bells(x, means, variances)) @ weights)


@MIXTURE_DENSITY.misconception(
    "These are the weighted bells, one column each. Sum over the components, `axis=1`."
)
def _(x, weights, means, variances):
    return _bells(x, means, variances) * weights


@MIXTURE_DENSITY.misconception(
    "In the exponent the factor ½ is missing: `np.exp(-0.5 * squared_distance)`. Your "
    "bells are too narrow, and their area is less than 1."
)
def _(x, weights, means, variances):
    heights = np.exp(-((x[:, np.newaxis] - means) ** 2) / variances)
    return heights / np.sqrt(2 * np.pi * variances) @ weights


@MIXTURE_DENSITY.misconception(
    "The distance x − μ is not squared, so your curve is no bell: it falls from left "
    "to right without end. Square it before dividing by σ²."
)
def _(x, weights, means, variances):
    heights = np.exp(-0.5 * (x[:, np.newaxis] - means) / variances)
    return heights / np.sqrt(2 * np.pi * variances) @ weights


@MIXTURE_DENSITY.misconception(
    "In front of the bell your root covers only 2π, and σ² stands outside. It belongs "
    "under the root, too: `np.sqrt(2 * np.pi * variances)`."
)
def _(x, weights, means, variances):
    return (_bells(x, means, variances) / np.sqrt(variances)) @ weights


@MIXTURE_DENSITY.misconception(
    "You multiply by σ² in front of the bell, where it should divide: `a / b * c` is "
    "(a / b) · c. Put parentheses around the whole denominator."
)
def _(x, weights, means, variances):
    return (_bells(x, means, variances) * variances**1.5) @ weights


@MIXTURE_DENSITY.misconception(
    "In the exponent you multiply by σ², where it should divide: `a / 2 * c` is "
    "(a / 2) · c. Put parentheses around the denominator."
)
def _(x, weights, means, variances):
    heights = np.exp(-0.5 * (x[:, np.newaxis] - means) ** 2 * variances)
    return heights / np.sqrt(2 * np.pi * variances) @ weights


@MIXTURE_DENSITY.misconception(
    "You return the last component's weighted bell alone. In a loop, add each bell to "
    "the sum with `+=`; a plain `=` forgets the earlier ones."
)
def _(x, weights, means, variances):
    return _bells(x, means, variances)[:, -1] * weights[-1]


@MIXTURE_DENSITY.misconception(
    "You return the first component's weighted bell alone. Does your `return` stand "
    "inside the loop?"
)
def _(x, weights, means, variances):
    return _bells(x, means, variances)[:, 0] * weights[0]


@MIXTURE_DENSITY.misconception(
    "You sum over the places, one number for each *component*. Sum over the "
    "components, `axis=1`, one number for each place."
)
def _(x, weights, means, variances):
    return (_bells(x, means, variances) * weights).sum(axis=0)


@MIXTURE_DENSITY.invariant("A density is never negative.")
def _(density, x, weights, means, variances):
    return bool((density >= 0).all())


@MIXTURE_DENSITY.invariant(
    "A weighted average cannot be higher than the highest of the bells."
)
def _(density, x, weights, means, variances):
    highest = _bells(x, means, variances).max(axis=1)
    return bool((density <= highest * (1 + 1e-9)).all())


# --- The log joint ----------------------------------------------------------------


def log_joint(X, weights, means, covariances):
    """Return log π_k + log N(x_n | μ_k, Σ_k), shape (N, K)."""
    log_densities = [
        gaussian.log_density(X, mean, covariance)
        for mean, covariance in zip(means, covariances, strict=True)
    ]
    return np.log(weights) + np.column_stack(log_densities)


def _parameters(rng, N, K, D):
    X, mixture = draw_mixture(rng, N, K, D)
    return X, *(a.copy() for a in (mixture.weights, mixture.means, mixture.covariances))


def _far_parameters():
    X, *parameters = _parameters(np.random.default_rng(99), N=5, K=3, D=2)
    X[-1] = 200.0
    return X, *parameters


def _parameters_without_weight():
    X, _, means, covariances = _parameters(np.random.default_rng(98), N=5, K=3, D=2)
    return X, np.array([0.7, 0.0, 0.3]), means, covariances


LOG_JOINT = Exercise(
    reference=log_joint,
    task="For each point and component, add the logarithm of the weight to the log "
    "density. `gaussian.log_density(X, mean, covariance)` gives the latter for one "
    "component, shape (N,).",
    why="The logarithm of a product is the sum of the logarithms, and shape (K,) added "
    "to (N, K) adds each weight's logarithm to its own column. Nothing is "
    "exponentiated, so nothing can underflow.",
    hints=(
        "What becomes of the product π_k · N(x_n | μ_k, Σ_k) when you take its "
        "logarithm?",
        "A list of K log densities, one a component, becomes the columns of an array "
        "by `np.column_stack`. Then add `np.log(weights)`.",
        "`np.log(weights) + np.column_stack([gaussian.log_density(X, means[k], "
        "covariances[k]) for k in range(len(weights))])`.",
    ),
    returns={"log_joint": "shape (N, K), one row for each point"},
    draw=lambda rng: _parameters(rng, N=7, K=3, D=2),
    special={
        "a point far from everything": _far_parameters(),
        "a component of weight 0": _parameters_without_weight(),
    },
)


def _log_bells(X, means, covariances):
    pairs = zip(means, covariances, strict=True)
    return np.column_stack([gaussian.log_density(X, *pair) for pair in pairs])


@LOG_JOINT.misconception(
    "You add the weights themselves to log densities. Add their *logarithms*: "
    "log(π N) = log π + log N."
)
def _(X, weights, means, covariances):
    return weights + _log_bells(X, means, covariances)


@LOG_JOINT.misconception(
    "You multiply log densities by the weights, which raises the density to the power "
    "π_k. The logarithm of a product is a sum: add `np.log(weights)`."
)
def _(X, weights, means, covariances):
    return weights * _log_bells(X, means, covariances)


@LOG_JOINT.misconception(
    "You multiply log π_k by the log density. Logarithms of factors are *added*."
)
def _(X, weights, means, covariances):
    return np.log(weights) * _log_bells(X, means, covariances)


@LOG_JOINT.misconception(
    "The weights are missing: these are the log densities, as if all components were "
    "equally common. Add `np.log(weights)`."
)
def _(X, weights, means, covariances):
    return _log_bells(X, means, covariances)


@LOG_JOINT.misconception(
    "You use the first covariance for all components. Each has its own: "
    "`covariances[k]`."
)
def _(X, weights, means, covariances):
    return log_joint(X, weights, means, covariances[[0] * len(means)])


@LOG_JOINT.misconception(
    "You use the first mean for all components. Each has its own: `means[k]`."
)
def _(X, weights, means, covariances):
    return log_joint(X, weights, means[[0] * len(means)], covariances)


@LOG_JOINT.misconception(
    "These are the joint densities. Asked are their logarithms: leave out `np.exp`, "
    "and add `np.log(weights)`."
)
def _(X, weights, means, covariances):
    return np.exp(log_joint(X, weights, means, covariances))


@LOG_JOINT.misconception(
    "You go through densities: `np.exp` of the far point's log density is 0, and the "
    "logarithm of 0 is −∞. Stay with logarithms and add them."
)
def _(X, weights, means, covariances):
    return np.log(weights * np.exp(_log_bells(X, means, covariances)))


@LOG_JOINT.misconception(
    "The numbers are right, but each component is a row. Points are rows, components "
    "columns: `np.column_stack`, or `.T` at the end."
)
def _(X, weights, means, covariances):
    return log_joint(X, weights, means, covariances).T


@LOG_JOINT.misconception(
    "You subtract the log weights, which *divides* by π_k: rare components would gain. "
    "Add them."
)
def _(X, weights, means, covariances):
    return _log_bells(X, means, covariances) - np.log(weights)


@LOG_JOINT.misconception(
    "You add a small number to the weights before taking logarithms. A weight of 0 "
    "makes the component impossible, and its log joint is −∞, which is as it should be."
)
def _(X, weights, means, covariances):
    return np.log(weights + 1e-10) + _log_bells(X, means, covariances)


@LOG_JOINT.misconception(
    "You sum over the components already. The log joint keeps them apart, one column "
    "each."
)
def _(X, weights, means, covariances):
    return logsumexp(log_joint(X, weights, means, covariances), axis=1)


@LOG_JOINT.misconception(
    "You add log π_k to the density itself. Add it to the *logarithm* of the density."
)
def _(X, weights, means, covariances):
    return np.log(weights) + np.exp(_log_bells(X, means, covariances))


@LOG_JOINT.misconception(
    "`reshape` keeps the order of the numbers and deals them out in rows anew, so they "
    "land at wrong points. Turn the array with `.T`."
)
def _(X, weights, means, covariances):
    return log_joint(X, weights, means, covariances).T.reshape(len(X), len(weights))


@LOG_JOINT.misconception(
    "You subtract the log-sum-exp of each row: these are the logarithms of the "
    "responsibilities, of the next notebook. The joint is not divided by anything."
)
def _(X, weights, means, covariances):
    table = log_joint(X, weights, means, covariances)
    return table - logsumexp(table, axis=1, keepdims=True)


@LOG_JOINT.invariant(
    "A weight is at most 1 and its logarithm at most 0, so no log joint exceeds its "
    "log density."
)
def _(log_joint, X, weights, means, covariances):
    return bool((log_joint <= _log_bells(X, means, covariances) + 1e-9).all())


# --- Log-sum-exp ------------------------------------------------------------------


def log_sum_exp(a):
    """Return log Σ_k exp(a_nk) for each row, shape (N,)."""
    largest = a.max(axis=1, keepdims=True)
    return largest[:, 0] + np.log(np.exp(a - largest).sum(axis=1))


LOG_SUM_EXP = Exercise(
    reference=log_sum_exp,
    task="Compute log Σ_k exp(a_nk) for each row of `a`, shape (N, K), also where "
    "every `np.exp` would be 0 or infinite.",
    why="Taking the largest number out of the sum changes nothing: "
    "Σ exp(a_k) = exp(m) · Σ exp(a_k − m). Inside, the largest term is now 1, so the "
    "sum lies between 1 and K and its logarithm is harmless.",
    hints=(
        "`np.exp(-1000)` is 0. Which number could you subtract from a whole row, so "
        "that its largest term is not too small? What must you do afterwards?",
        "Subtract each row's largest number (`axis=1, keepdims=True`), then exp, sum, "
        "log, and add what you subtracted.",
        "`m = a.max(axis=1, keepdims=True)`; return `m[:, 0] + np.log(np.exp(a - m)"
        ".sum(axis=1))`.",
    ),
    returns={"log_sum": "shape (N,), one number for each row"},
    draw=lambda rng: (rng.normal(scale=2.0, size=(6, 4)) - 1.0,),
    special={
        "rows of very different size": (
            np.array([[-5.0, -6.5, -4.0], [-2000.0, -2001.0, -2003.0]]),
        ),
        "very large numbers": (
            np.array([[900.0, 901.5, 899.0, 902.0], [2.0, 800.0, -800.0, 1.0]]),
        ),
        "a component of weight 0": (
            np.array([[-1.0, -np.inf], [-2.5, -np.inf], [-1200.0, -np.inf]]),
        ),
    },
)


@LOG_SUM_EXP.misconception(
    "Exponentiated as they stand, numbers below −745 become 0, whose logarithm is −∞, "
    "and numbers above 709 infinite. Subtract the largest of each row *before* "
    "`np.exp`, and add it again at the end."
)
def _(a):
    return np.log(np.exp(a).sum(axis=1))


@LOG_SUM_EXP.misconception(
    "You subtract the maximum and do not put it back. Add it after the logarithm."
)
def _(a):
    return np.log(np.exp(a - a.max(axis=1, keepdims=True)).sum(axis=1))


@LOG_SUM_EXP.misconception(
    "You subtract the maximum a second time, at the end. What was taken out must be "
    "put back: *add* it."
)
def _(a):
    largest = a.max(axis=1, keepdims=True)
    return np.log(np.exp(a - largest).sum(axis=1)) - largest[:, 0]


@LOG_SUM_EXP.misconception(
    "You work down the columns, over the points. Each *row* has its own sum, over the "
    "components: `axis=1`."
)
def _(a):
    return logsumexp(a, axis=0)


@LOG_SUM_EXP.misconception(
    "You sum over everything and get a single number. Each row has its own: `axis=1`."
)
def _(a):
    return logsumexp(a)


@LOG_SUM_EXP.misconception(
    "You subtract the largest number of the *whole array*. A row far below it still "
    "underflows: `a.max(axis=1, keepdims=True)`."
)
def _(a):
    return a.max() + np.log(np.exp(a - a.max()).sum(axis=1))


@LOG_SUM_EXP.misconception(
    "This is the logarithm of the *mean*, too small by log K. The weights are in the "
    "log joints already: `sum`."
)
def _(a):
    return logsumexp(a, axis=1) - np.log(a.shape[1])


@LOG_SUM_EXP.misconception(
    "You keep only the largest term. It is a lower limit, too small by up to log K: "
    "add `np.log(np.exp(a - largest).sum(axis=1))`."
)
def _(a):
    return a.max(axis=1)


@LOG_SUM_EXP.misconception(
    "You add up the logarithms, which multiplies the numbers behind them. The sum is "
    "*inside* the logarithm: first exp, then sum, then log."
)
def _(a):
    return a.sum(axis=1)


@LOG_SUM_EXP.misconception(
    "You forget the last logarithm: this is the sum itself, 0 for the far rows."
)
def _(a):
    return np.exp(a).sum(axis=1)


@LOG_SUM_EXP.misconception(
    "You forget the logarithm of the sum: it is largest + log(sum), not largest + sum."
)
def _(a):
    largest = a.max(axis=1, keepdims=True)
    return largest[:, 0] + np.exp(a - largest).sum(axis=1)


@LOG_SUM_EXP.misconception(
    "The numbers are right, but the result has shape (N, 1). Sum without `keepdims`, "
    "and add `largest[:, 0]`."
)
def _(a):
    return logsumexp(a, axis=1, keepdims=True)


@LOG_SUM_EXP.misconception(
    "You get a table N × N, since `largest`, shape (N, 1), meets the logarithms, shape "
    "(N,). Add `largest[:, 0]`."
)
def _(a):
    largest = a.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(a - largest).sum(axis=1))


@LOG_SUM_EXP.misconception(
    "You subtract the *smallest* number of each row, and the others become too large "
    "for `np.exp`. Subtract the largest: `max`."
)
def _(a):
    smallest = a.min(axis=1, keepdims=True)
    return smallest[:, 0] + np.log(np.exp(a - smallest).sum(axis=1))


@LOG_SUM_EXP.misconception(
    "You take the logarithm of each term and then sum. The sum comes first: "
    "`np.log(np.exp(...).sum(axis=1))`."
)
def _(a):
    largest = a.max(axis=1)
    return largest + (a - largest[:, np.newaxis]).sum(axis=1)


@LOG_SUM_EXP.misconception(
    "A small number added before the logarithm hides the −∞ and leaves another wrong "
    "number, the logarithm of the small number. Subtract the largest of each row "
    "instead."
)
def _(a):
    return np.log(np.exp(a).sum(axis=1) + 1e-300)


@LOG_SUM_EXP.invariant(
    "The result is at least the largest number of the row and at most log K above it."
)
def _(log_sum, a):
    above = log_sum - a.max(axis=1)
    return bool(((above > -1e-9) & (above < np.log(a.shape[1]) + 1e-9)).all())


# --- The log-likelihood -----------------------------------------------------------


def log_likelihood(log_joint):
    """Return Σ_n log Σ_k exp(log_joint[n, k]), a number."""
    return np.logaddexp.reduce(log_joint, axis=1).sum()


def _draw_log_joint(rng, N=7, K=3):
    return rng.normal(loc=-3.0, scale=1.5, size=(N, K))


def _far_log_joint():
    far = _draw_log_joint(np.random.default_rng(97), N=5)
    far[-1] -= 2000.0
    return far


LOG_LIKELIHOOD = Exercise(
    reference=log_likelihood,
    task="Turn the log joint, shape (N, K), into the log-likelihood of all points: log "
    "of the sum over the components, then the sum over the points.",
    why="`np.logaddexp.reduce` is NumPy's own log-sum-exp; yours, or SciPy's "
    "`logsumexp`, does as well. Two sums stand in the formula, and the logarithm "
    "stands between them.",
    hints=(
        "Which of the two sums is inside the logarithm: the one over components or the "
        "one over points?",
        "Log-sum-exp along each row, `axis=1`, gives log p(x_n). What joins "
        "independent points, their densities multiplied, is then a plain sum.",
        "`np.logaddexp.reduce(log_joint, axis=1)` is log p(x_n), shape (N,). Take its "
        "`.sum()`.",
    ),
    returns={"log_likelihood": "a number"},
    draw=lambda rng: (_draw_log_joint(rng),),
    special={
        "a point far from everything": (_far_log_joint(),),
        "sixty points of small density": (
            _draw_log_joint(np.random.default_rng(96), N=60) - 20.0,
        ),
    },
)


@LOG_LIKELIHOOD.misconception(
    "You add up all log joints, with the logarithm inside both sums. Over the "
    "components the *densities* add: exp, sum over `axis=1`, log, and only then sum "
    "over the points."
)
def _(log_joint):
    return log_joint.sum()


@LOG_LIKELIHOOD.misconception(
    "You take one log-sum-exp of everything, with the logarithm outside both sums. "
    "That adds the densities of the *points*, where they must be multiplied: sum their "
    "logarithms."
)
def _(log_joint):
    return logsumexp(log_joint)


@LOG_LIKELIHOOD.misconception(
    "This is the mean over the points, which scikit-learn calls `score`. The "
    "log-likelihood is the sum."
)
def _(log_joint):
    return logsumexp(log_joint, axis=1).mean()


@LOG_LIKELIHOOD.misconception(
    "You count only the best component of each point, `max` instead of log-sum-exp. "
    "The others contribute density too."
)
def _(log_joint):
    return log_joint.max(axis=1).sum()


@LOG_LIKELIHOOD.misconception(
    "You multiply the densities of all points and take the logarithm last. The product "
    "of many small numbers underflows to 0: sum the logarithms instead."
)
def _(log_joint):
    return np.log(np.prod(np.exp(log_joint).sum(axis=1)))


@LOG_LIKELIHOOD.misconception(
    "One far point underflows: its densities are all 0 and its logarithm is −∞. Use "
    "log-sum-exp instead of `np.log(np.exp(...).sum(axis=1))`."
)
def _(log_joint):
    return np.log(np.exp(log_joint).sum(axis=1)).sum()


@LOG_LIKELIHOOD.misconception(
    "You return log p(x_n), one number for each point. Sum them."
)
def _(log_joint):
    return logsumexp(log_joint, axis=1)


@LOG_LIKELIHOOD.misconception(
    "The sign is turned. That is the loss which an optimizer minimizes; the "
    "log-likelihood itself is larger for a better model."
)
def _(log_joint):
    return -logsumexp(log_joint, axis=1).sum()


@LOG_LIKELIHOOD.misconception(
    "You exchange rows and columns: log-sum-exp runs over the points and the sum over "
    "the components. Inside the logarithm belong the components, `axis=1`."
)
def _(log_joint):
    return logsumexp(log_joint, axis=0).sum()


@LOG_LIKELIHOOD.misconception(
    "You average the log joints with the responsibilities. That is Q, which you will "
    "meet in the M-step, and it is never larger than the log-likelihood: take the "
    "logarithm of the sum."
)
def _(log_joint):
    return (softmax(log_joint, axis=1) * log_joint).sum()


@LOG_LIKELIHOOD.misconception(
    "You divide by K inside the logarithm, a mean over the components instead of a "
    "sum. The weights are in the log joint already."
)
def _(log_joint):
    return (logsumexp(log_joint, axis=1) - np.log(log_joint.shape[1])).sum()


@LOG_LIKELIHOOD.misconception(
    "This is the likelihood itself, the product of all densities, and for many points "
    "it underflows to 0. Sum the logarithms of the densities."
)
def _(log_joint):
    return np.prod(np.exp(log_joint).sum(axis=1))


@LOG_LIKELIHOOD.misconception(
    "You add up the densities of the points, without any logarithm. Take the logarithm "
    "of each point's density, and then sum."
)
def _(log_joint):
    return np.exp(log_joint).sum()


@LOG_LIKELIHOOD.misconception(
    "You subtract each row's maximum and do not put it back. Add it to the logarithm "
    "before you sum over the points."
)
def _(log_joint):
    return (logsumexp(log_joint, axis=1) - log_joint.max(axis=1)).sum()


@LOG_LIKELIHOOD.misconception(
    "You sum a table N × N: the maxima, shape (N, 1), meet the logarithms, shape (N,). "
    "Add `largest[:, 0]`."
)
def _(log_joint):
    largest = log_joint.max(axis=1, keepdims=True)
    return (largest + np.log(np.exp(log_joint - largest).sum(axis=1))).sum()


@LOG_LIKELIHOOD.misconception(
    "A small number added before the logarithm hides the −∞ of the far point and "
    "leaves another wrong number. Use log-sum-exp."
)
def _(log_joint):
    return np.log(np.exp(log_joint).sum(axis=1) + 1e-300).sum()


@LOG_LIKELIHOOD.invariant(
    "A sum of densities is at least its largest term, so the log-likelihood is at "
    "least what the best component of each point gives."
)
def _(log_likelihood, log_joint):
    return bool(log_likelihood >= log_joint.max(axis=1).sum() - 1e-9)


# --- Sampling ---------------------------------------------------------------------


def sample_mixture(weights, means, covariances, n_samples, rng):
    """Return points drawn from the mixture, shape (n_samples, D)."""
    components = rng.choice(len(weights), size=n_samples, p=weights)
    X = np.empty((n_samples, means.shape[1]))
    for k in range(len(weights)):
        chosen = components == k
        z = rng.standard_normal((chosen.sum(), means.shape[1]))
        X[chosen] = means[k] + z @ np.linalg.cholesky(covariances[k]).T
    return X


# The components stand far apart, so that a point betrays where it came from, and the
# weighted average of the means lies near the first.
PLACES = np.array([[30.0, 30.0], [46.0, 20.0], [14.0, 54.0], [30.0, 14.0]])
SHAPES = np.array(
    [
        [[3.0, 1.5], [1.5, 1.2]],
        [[1.2, -0.7], [-0.7, 0.6]],
        [[0.4, 0.4], [0.4, 0.9]],
        [[0.8, -0.3], [-0.3, 1.6]],
    ]
)
WEIGHTS = np.array([0.35, 0.28, 0.22, 0.15])
# The spread is measured along these directions: a covariance may be near 0, where
# chance has a large share of it, but a standard deviation is not.
DIRECTIONS = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.6, -0.8]])


def _draw_separated(rng):
    means = PLACES + rng.uniform(-1.0, 1.0, size=PLACES.shape)
    covariances = SHAPES * rng.uniform(0.9, 1.1, size=(4, 1, 1))
    return WEIGHTS.copy(), means, covariances, 3000, rng


def _statistics(points, weights, means, covariances, n_samples, rng):
    """Measure how many points are nearest to each mean, and how far around it."""
    gaps = points[:, np.newaxis] - means
    nearest = (gaps**2).sum(axis=2).argmin(axis=1)
    groups = nearest[:, np.newaxis] == np.arange(len(means))
    counts = groups.sum(axis=0)
    squares = (groups[:, :, np.newaxis] * (gaps @ DIRECTIONS.T) ** 2).sum(axis=0)
    # Chance makes all four counts exact once in 100,000 examples; quotas always do.
    exact = (counts == np.round(weights * n_samples)).all()
    return {
        "share": counts / n_samples,
        "spread": np.sqrt(squares / counts[:, np.newaxis]),
        "all counts exact": np.array(float(exact)),
    }


SAMPLE_MIXTURE = Exercise(
    reference=sample_mixture,
    task="Draw `n_samples` points from the mixture: for each point first a component, "
    "with the probabilities `weights`, then a place from that component's Gaussian. "
    "Take all chance from `rng`; compared are the components' shares and spreads.",
    why="If z has covariance I, then L z has covariance L Lᵀ = Σ. With points as rows, "
    "L z reads `z @ L.T`. Your draws differ from these; their statistics do not.",
    hints=(
        "In which order does the story go: first where, then who, or first who, then "
        "where? How often is each decision made?",
        "`rng.choice(K, size=n_samples, p=weights)` gives a component for each point. "
        "A point of component k is its mean plus `z @ L.T`, with z standard normal.",
        "For each k: `chosen = components == k`, `z = rng.standard_normal((chosen.sum()"
        ", D))`, `X[chosen] = means[k] + z @ np.linalg.cholesky(covariances[k]).T`.",
    ),
    returns={"X": "shape (n_samples, D), one row for each point"},
    draw=_draw_separated,
    compared=_statistics,
    # Five times what chance makes of the share of the rarest component.
    rtol=0.3,
)


def _place(components, means, factors, rng):
    """Draw from each point's component: the mean plus z times its factor."""
    z = rng.standard_normal((len(components), means.shape[1]))
    return means[components] + np.einsum("ni,nij->nj", z, factors[components])


def _transposed(factors):
    return factors.transpose(0, 2, 1)


@SAMPLE_MIXTURE.misconception(
    "You draw from *every* component and average the draws with the weights. Each "
    "point comes from one component only: choose it first. It is densities that are "
    "averaged, not points."
)
def _(weights, means, covariances, n_samples, rng):
    factors = _transposed(np.linalg.cholesky(covariances))
    everyone = [np.full(n_samples, k) for k in range(len(weights))]
    draws = [_place(components, means, factors, rng) for components in everyone]
    return np.tensordot(weights, draws, axes=1)


@SAMPLE_MIXTURE.misconception(
    "All components come equally often. Choose with the probabilities `weights`: "
    "`rng.choice(K, size=n_samples, p=weights)`."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples)
    return _place(components, means, _transposed(np.linalg.cholesky(covariances)), rng)


@SAMPLE_MIXTURE.misconception(
    "You choose one component for all points. Each point has its own: `size=n_samples`."
)
def _(weights, means, covariances, n_samples, rng):
    components = np.full(n_samples, rng.choice(len(weights), p=weights))
    return _place(components, means, _transposed(np.linalg.cholesky(covariances)), rng)


@SAMPLE_MIXTURE.misconception(
    "You always take the component with the largest weight. The weights are "
    "probabilities: the rarest component has its turn too."
)
def _(weights, means, covariances, n_samples, rng):
    components = np.full(n_samples, weights.argmax())
    return _place(components, means, _transposed(np.linalg.cholesky(covariances)), rng)


@SAMPLE_MIXTURE.misconception(
    "You multiply z by the covariance itself, which gives the points the covariance "
    "Σ². Multiply by a square root of it: the Cholesky factor."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    return _place(components, means, covariances, rng)


@SAMPLE_MIXTURE.misconception(
    "The factor is transposed: `z @ L` gives the points the covariance LᵀL, not L Lᵀ. "
    "With points as rows it is `z @ L.T`."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    return _place(components, means, np.linalg.cholesky(covariances), rng)


@SAMPLE_MIXTURE.misconception(
    "Your clouds are not tilted: you use the standard deviations on the diagonal only. "
    "The Cholesky factor knows about the covariances beside it."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    spreads = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    z = rng.standard_normal((n_samples, means.shape[1]))
    return means[components] + z * spreads[components]


@SAMPLE_MIXTURE.misconception(
    "All your clouds are round and of size 1: z is added as it is. Multiply it by the "
    "Cholesky factor of the component's covariance."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    return means[components] + rng.standard_normal((n_samples, means.shape[1]))


@SAMPLE_MIXTURE.misconception(
    "You return the means themselves. Around its component's mean each point still "
    "has to be drawn."
)
def _(weights, means, covariances, n_samples, rng):
    return means[rng.choice(len(weights), size=n_samples, p=weights)]


@SAMPLE_MIXTURE.misconception(
    "The clouds have the right shape, but all of them lie around 0. Add the mean of "
    "each point's component."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    factors = _transposed(np.linalg.cholesky(covariances))
    return _place(components, np.zeros_like(means), factors, rng)


@SAMPLE_MIXTURE.misconception(
    "You use the first covariance for all components. Each has its own: "
    "`covariances[k]`."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    factors = _transposed(np.linalg.cholesky(covariances))
    return _place(components, means, factors[[0] * len(means)], rng)


@SAMPLE_MIXTURE.misconception(
    "You draw from one Gaussian with averaged mean and covariance. The average of "
    "several bells is not a bell: choose a component for each point."
)
def _(weights, means, covariances, n_samples, rng):
    mean, covariance = weights @ means, np.tensordot(weights, covariances, axes=1)
    return rng.multivariate_normal(mean, covariance, size=n_samples)


@SAMPLE_MIXTURE.misconception(
    "You use the variances as if they were standard deviations, and your clouds are "
    "not tilted. Multiply z by the Cholesky factor, a square root of the whole matrix."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    z = rng.standard_normal((n_samples, means.shape[1]))
    return means[components] + z * variances[components]


@SAMPLE_MIXTURE.misconception(
    "`np.sqrt` takes the root of each entry, and of a negative covariance it is not a "
    "number. The root of a *matrix* is meant: `np.linalg.cholesky`."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    return _place(components, means, np.sqrt(covariances), rng)


@SAMPLE_MIXTURE.misconception(
    "Your z are uniform between 0 and 1, as `rng.random` draws them. The Gaussian "
    "needs standard normal ones: `rng.standard_normal`."
)
def _(weights, means, covariances, n_samples, rng):
    components = rng.choice(len(weights), size=n_samples, p=weights)
    factors = np.linalg.cholesky(covariances)[components]
    z = rng.random((n_samples, means.shape[1]))
    return means[components] + np.einsum("nij,nj->ni", factors, z)


@SAMPLE_MIXTURE.misconception(
    "Each component gets exactly its share of the points. Weights are probabilities, "
    "not quotas: let `rng.choice` decide for each point, and the shares vary a little."
)
def _(weights, means, covariances, n_samples, rng):
    counts = np.round(weights * n_samples).astype(int)
    components = np.repeat(np.arange(len(weights)), counts)
    return _place(components, means, _transposed(np.linalg.cholesky(covariances)), rng)


@SAMPLE_MIXTURE.misconception(
    "You draw `n_samples` points from each component, K times too many. Choose one "
    "component for each of the `n_samples` points."
)
def _(weights, means, covariances, n_samples, rng):
    components = np.repeat(np.arange(len(weights)), n_samples)
    return _place(components, means, _transposed(np.linalg.cholesky(covariances)), rng)


@SAMPLE_MIXTURE.invariant(
    "Some component has no points at all. Choose anew for each point, with the "
    "probabilities `weights`."
)
def _(X, *arguments):
    return bool(_statistics(X, *arguments)["share"].all())
