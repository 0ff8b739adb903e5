"""Exercises of notebook 04: who belongs to whom."""

import numpy as np
from scipy.special import softmax

from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_mixture, far_from

# --- Bayes' rule ------------------------------------------------------------------


def bayes_rule(prior, likelihood):
    """Return the posterior of each component for one point, shape (K,)."""
    joint = prior * likelihood
    return joint / joint.sum()


BAYES_RULE = Exercise(
    reference=bayes_rule,
    task="Turn prior and likelihood of each component into its posterior.",
    why="The joint of each component is prior times likelihood; divided by their sum, "
    "they are shares of 1.",
    hints=(
        "Two things speak for a component: how common it is, and how well it predicts "
        "the point. How do two such factors combine?",
        "Multiply them. The products do not sum to 1 yet.",
        "`joint = prior * likelihood`, and then divide by `joint.sum()`.",
    ),
    returns={"posterior": "shape (K,), summing to 1"},
    draw=lambda rng: (rng.dirichlet([3.0, 2.0, 1.0]), rng.uniform(0.1, 2.0, size=3)),
)


@BAYES_RULE.misconception(
    "You leave out the prior: this is only how well each component predicts the point. "
    "A rare component needs better evidence than a common one."
)
def _(prior, likelihood):
    return likelihood / likelihood.sum()


@BAYES_RULE.misconception(
    "This is the joint, prior times likelihood. Divide by its sum, so that the shares "
    "of the point sum to 1."
)
def _(prior, likelihood):
    return prior * likelihood


@BAYES_RULE.misconception(
    "You add prior and likelihood. Both must speak for a component, so they multiply."
)
def _(prior, likelihood):
    return (prior + likelihood) / (prior + likelihood).sum()


@BAYES_RULE.misconception(
    "You divide by the largest joint, so that the winner gets 1. Divide by the sum of "
    "the joints."
)
def _(prior, likelihood):
    return prior * likelihood / (prior * likelihood).max()


@BAYES_RULE.misconception(
    "You multiply by the prior *after* making the likelihoods sum to 1, and so the "
    "result does not sum to 1 itself. Multiply first, divide last."
)
def _(prior, likelihood):
    return prior * likelihood / likelihood.sum()


@BAYES_RULE.misconception(
    "You return the prior: the point has had no say. Multiply by how well each "
    "component predicts it."
)
def _(prior, likelihood):
    return prior


@BAYES_RULE.misconception(
    "This is the sum of the joints, the density p(x). Divide each joint by it."
)
def _(prior, likelihood):
    return prior @ likelihood


@BAYES_RULE.misconception(
    "You divide the likelihood by the prior, so that rare components gain. Multiply."
)
def _(prior, likelihood):
    return likelihood / prior / (likelihood / prior).sum()


@BAYES_RULE.misconception(
    "You put the joints through a softmax, which exponentiates them. They are "
    "probabilities and no logarithms: divide by their sum."
)
def _(prior, likelihood):
    return softmax(prior * likelihood)


@BAYES_RULE.invariant("The posterior must sum to 1: one point is shared out.")
def _(posterior, prior, likelihood):
    return np.isclose(posterior.sum(), 1)


# --- The E-step -------------------------------------------------------------------


def e_step(X, mixture):
    """Return the responsibilities, shape (N, K)."""
    log_joint = mixture.log_joint(X)
    shifted = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


E_STEP = Exercise(
    reference=e_step,
    task="Let each point share itself out among the components. `mixture.log_joint(X)` "
    "gives log π_k + log N(x_n | μ_k, Σ_k), shape (N, K).",
    why="Only differences of log joints count, so subtracting the largest of a row "
    "changes nothing but keeps one term at 1: the sum cannot underflow.",
    hints=(
        "It is Bayes' rule for all points at once: each joint density, divided by the "
        "sum of the joints of the *same point*.",
        "Points are rows. Sum over the components with `axis=1, keepdims=True`. And "
        "for a far point every `np.exp` is 0.",
        "Subtract `log_joint.max(axis=1, keepdims=True)` from the log joint, take "
        "`np.exp`, and divide by the sum over `axis=1`.",
    ),
    returns={"responsibilities": "shape (N, K), one row for each point"},
    draw=lambda rng: draw_mixture(rng, N=7, K=3, D=2),
    special=far_from(N=5, K=3, D=2),
)


@E_STEP.misconception(
    "Your columns sum to 1: you normalized over the points. It is each *point* that "
    "shares itself out, so each row must sum to 1 (`axis=1`)."
)
def _(X, mixture):
    return softmax(mixture.log_joint(X), axis=0)


@E_STEP.misconception(
    "You forgot the weights: this is what comes out if all components are equally "
    "common. `mixture.log_joint(X)` has them in it."
)
def _(X, mixture):
    return softmax(mixture.log_joint(X) - np.log(mixture.weights), axis=1)


@E_STEP.misconception(
    "You counted the weights twice: `mixture.log_joint(X)` has log π_k in it already."
)
def _(X, mixture):
    return softmax(mixture.log_joint(X) + np.log(mixture.weights), axis=1)


@E_STEP.misconception(
    "The far point underflows: all its densities are 0, and 0/0 is not a number. "
    "Subtract the largest log joint of each row *before* `np.exp`."
)
def _(X, mixture):
    joint = np.exp(mixture.log_joint(X))
    return joint / joint.sum(axis=1, keepdims=True)


@E_STEP.misconception(
    "You subtract the largest log joint of *all* points. It must be the largest of "
    "each row, or a far point still underflows."
)
def _(X, mixture):
    log_joint = mixture.log_joint(X)
    joint = np.exp(log_joint - log_joint.max())
    return joint / joint.sum(axis=1, keepdims=True)


@E_STEP.misconception(
    "You decide: one component gets 1 and the others 0. Responsibilities are shares; "
    "deciding throws away how sure each point is."
)
def _(X, mixture):
    return np.eye(mixture.n_components)[mixture.log_joint(X).argmax(axis=1)]


@E_STEP.misconception(
    "You return labels, the number of the likeliest component. Return the probability "
    "of *every* component, one row for each point."
)
def _(X, mixture):
    return mixture.log_joint(X).argmax(axis=1)


@E_STEP.misconception("These are the joint densities. Divide each row by its sum.")
def _(X, mixture):
    return np.exp(mixture.log_joint(X))


@E_STEP.misconception(
    "You divide the log joints themselves by their sum. Shares are made of densities, "
    "not of logarithms: take `np.exp` first."
)
def _(X, mixture):
    log_joint = mixture.log_joint(X)
    return log_joint / log_joint.sum(axis=1, keepdims=True)


@E_STEP.misconception(
    "You subtract the maximum, exponentiate and stop there: the winner of each row has "
    "1. Divide each row by its sum."
)
def _(X, mixture):
    log_joint = mixture.log_joint(X)
    return np.exp(log_joint - log_joint.max(axis=1, keepdims=True))


@E_STEP.misconception(
    "You divide by the sum over all points and components, so that the whole array "
    "sums to 1. Divide each row by its own sum: `axis=1, keepdims=True`."
)
def _(X, mixture):
    return softmax(mixture.log_joint(X))


@E_STEP.misconception(
    "You multiply the responsibilities by the weights once more. "
    "`mixture.log_joint(X)` has log π_k in it already."
)
def _(X, mixture):
    return e_step(X, mixture) * mixture.weights


@E_STEP.misconception(
    "The far point has a row of zeros and belongs to nobody: a small number in the "
    "denominator, or `nan_to_num`, only hides the 0/0. Subtract the largest log joint "
    "of each row *before* `np.exp`."
)
def _(X, mixture):
    joint = np.exp(mixture.log_joint(X))
    return joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)


@E_STEP.misconception(
    "You share the far point out evenly, 1/K each, where the densities are 0. It is "
    "not undecided: subtract the largest log joint of each row *before* `np.exp`, and "
    "one component clearly wins."
)
def _(X, mixture):
    joint = np.exp(mixture.log_joint(X))
    joint[joint.sum(axis=1) == 0] = 1.0
    return joint / joint.sum(axis=1, keepdims=True)


@E_STEP.invariant("Each row must sum to 1: each point shares out exactly itself.")
def _(responsibilities, X, mixture):
    return np.allclose(responsibilities.sum(axis=1), 1)


@E_STEP.invariant("Responsibilities are probabilities, between 0 and 1.")
def _(responsibilities, X, mixture):
    return bool(((responsibilities >= 0) & (responsibilities <= 1)).all())


# --- Hard assignment --------------------------------------------------------------


def hard_assignment(responsibilities):
    """Return the number of the likeliest component of each point, shape (N,)."""
    return responsibilities.argmax(axis=1)


HARD_ASSIGNMENT = Exercise(
    reference=hard_assignment,
    task="Give each point the number of its likeliest component, counted from 0.",
    why="Of all labels this one is right most often, if the probabilities are.",
    hints=(
        "For each point: where in its row is the largest number?",
        "`np.argmax` answers *where*, `np.max` answers *how large*.",
        "`responsibilities.argmax(axis=1)`.",
    ),
    returns={"labels": "shape (N,), whole numbers from 0 to K − 1"},
    draw=lambda rng: (rng.dirichlet([0.7, 0.5, 0.9, 0.6], size=9),),
    special={
        "nobody has more than one half": (
            np.array([[0.3, 0.4, 0.3], [0.2, 0.35, 0.45], [0.4, 0.3, 0.3]]),
        )
    },
)


@HARD_ASSIGNMENT.misconception(
    "You ask for each *component* which point it likes best. Each point asks: `axis=1`."
)
def _(responsibilities):
    return responsibilities.argmax(axis=0)


@HARD_ASSIGNMENT.misconception(
    "You return how large the largest responsibility is. Asked is *which* one it is: "
    "`argmax` instead of `max`."
)
def _(responsibilities):
    return responsibilities.max(axis=1)


@HARD_ASSIGNMENT.misconception(
    "You count components from 1. Here, as everywhere in NumPy and scikit-learn, the "
    "first one is 0."
)
def _(responsibilities):
    return responsibilities.argmax(axis=1) + 1


@HARD_ASSIGNMENT.misconception(
    "You look for a responsibility above one half. That works for two components; with "
    "more, the largest one may be smaller."
)
def _(responsibilities):
    return (responsibilities > 0.5).argmax(axis=1)


@HARD_ASSIGNMENT.misconception(
    "You return a table of ones and zeros. Return one whole number for each point."
)
def _(responsibilities):
    return np.eye(responsibilities.shape[1])[responsibilities.argmax(axis=1)]


@HARD_ASSIGNMENT.misconception("You chose the *least* likely component.")
def _(responsibilities):
    return responsibilities.argmin(axis=1)


@HARD_ASSIGNMENT.misconception(
    "Without an axis, `argmax` looks for the largest number of the whole array. Each "
    "point has its own: `axis=1`."
)
def _(responsibilities):
    return responsibilities.argmax()


@HARD_ASSIGNMENT.misconception(
    "You ask only whether component 1 owns more than half. There may be more than two "
    "components: `argmax` compares all of them."
)
def _(responsibilities):
    return (responsibilities[:, 1] > 0.5).astype(int)


# --- Entropy ----------------------------------------------------------------------


def entropy(responsibilities):
    """Return how undecided each point is, in nats, shape (N,)."""
    # Where r is 0, r log r counts as 0; the logarithm of 1 makes it so.
    logarithm = np.log(np.where(responsibilities > 0, responsibilities, 1.0))
    return -(responsibilities * logarithm).sum(axis=1)


ENTROPY = Exercise(
    reference=entropy,
    task="Measure how undecided each point is: −Σ_k r_nk log r_nk, with 0 log 0 = 0.",
    why="As r falls to 0, r log r does too; a component that is out of the question "
    "adds no doubt.",
    hints=(
        "A point that belongs wholly to one component has entropy 0; one that is split "
        "evenly has log K.",
        "Sum over the components, `axis=1`. And `0 * np.log(0)` is not a number.",
        "Replace zeros by ones inside the logarithm: "
        "`np.log(np.where(r > 0, r, 1.0))`; or use `scipy.special.entr`.",
    ),
    returns={"entropy": "shape (N,), one number for each point"},
    draw=lambda rng: (rng.dirichlet([0.8, 0.6, 1.2], size=8),),
    special={"some points are certain": (np.array([[1.0, 0, 0], [0.5, 0.5, 0]]),)},
)


@ENTROPY.misconception(
    "A certain point comes out as NaN: `0 * np.log(0)` is 0 · (−∞). Let it count as 0."
)
def _(responsibilities):
    return -(responsibilities * np.log(responsibilities)).sum(axis=1)


@ENTROPY.misconception(
    "The sign is turned: logarithms of probabilities are negative, entropy is not."
)
def _(responsibilities):
    return -entropy(responsibilities)


@ENTROPY.misconception(
    "You use the logarithm to base 2, which counts in bits. Here it is the natural one."
)
def _(responsibilities):
    return entropy(responsibilities) / np.log(2)


@ENTROPY.misconception(
    "You sum over the points and get one number for each *component*. Each point has "
    "its own doubt: `axis=1`."
)
def _(responsibilities):
    return entropy(responsibilities.T)


@ENTROPY.misconception(
    "You divide by log K, so that full doubt counts 1. That is a useful measure, but "
    "the entropy itself goes up to log K."
)
def _(responsibilities):
    return entropy(responsibilities) / np.log(responsibilities.shape[1])


@ENTROPY.misconception(
    "You forgot the factor r_nk: each log r_nk counts with the probability that it "
    "occurs."
)
def _(responsibilities):
    return -np.log(np.where(responsibilities > 0, responsibilities, 1.0)).sum(axis=1)


@ENTROPY.misconception(
    "You take the mean over the components, K times too small. Asked is the sum."
)
def _(responsibilities):
    return entropy(responsibilities) / responsibilities.shape[1]


@ENTROPY.misconception(
    "These are the summands −r log r, one for each component. Sum over the components, "
    "`axis=1`."
)
def _(responsibilities):
    logarithm = np.log(np.where(responsibilities > 0, responsibilities, 1.0))
    return -responsibilities * logarithm


@ENTROPY.misconception(
    "You add up the doubt of all points. Each point has its own: `axis=1`."
)
def _(responsibilities):
    return entropy(responsibilities).sum()


@ENTROPY.misconception(
    "This is 1 − Σ r², the Gini impurity: a measure of doubt too, but not the entropy "
    "−Σ r log r."
)
def _(responsibilities):
    return 1 - (responsibilities**2).sum(axis=1)


@ENTROPY.misconception(
    "You look at the largest responsibility only. The entropy also asks how the rest "
    "is shared out: −Σ r log r."
)
def _(responsibilities):
    return 1 - responsibilities.max(axis=1)


@ENTROPY.invariant("Entropy lies between 0 (certain) and log K (no idea).")
def _(entropy, responsibilities):
    most = np.log(responsibilities.shape[1])
    return bool(((entropy > -1e-9) & (entropy < most + 1e-9)).all())
