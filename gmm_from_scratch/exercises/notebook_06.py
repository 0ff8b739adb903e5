"""Exercises of notebook 06: the loop, and why it never goes down."""

import numpy as np
from scipy.special import entr, logsumexp

from gmm_from_scratch import em
from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import (
    draw_mixture,
    draw_responsibilities,
    far_from,
)
from gmm_from_scratch.mixture import Mixture

PARTS = {
    "weights": "shape (K,), summing to 1",
    "means": "shape (K, D), one row for each component",
    "covariances": "shape (K, D, D), one matrix for each component",
}


# --- Convergence ------------------------------------------------------------------


def has_converged(log_likelihoods, n_samples, tol):
    """Return whether the mean log-likelihood per point has come to rest, a bool."""
    if len(log_likelihoods) < 2:
        return False
    change = log_likelihoods[-1] - log_likelihoods[-2]
    return bool(abs(change) / n_samples < tol)


def _draw_trace(rng):
    """Draw a trace that has clearly come to rest, or clearly has not."""
    n_samples = int(rng.integers(20, 200))
    tol = float(10.0 ** rng.integers(-4, -1))
    steps = tol * np.array([0.0, 3000.0, 600.0, 120.0, rng.choice([0.0, 60.0])])
    means = rng.choice([-3.0, 1.5]) + steps.cumsum()
    return (n_samples * means).round(6).tolist(), n_samples, tol


HAS_CONVERGED = Exercise(
    reference=has_converged,
    task="You get the *total* log-likelihoods of all iterations so far, oldest first. "
    "Say whether their mean per point changed by less than `tol` in the last step, up "
    "or down. With fewer than two values nothing has changed yet: `False`.",
    why="The mean per point does not grow with the number of points, so that one `tol` "
    "suits all data; and only a change that is small in *both* directions is rest.",
    hints=(
        "When would you say that a climber has come to rest? What do you need to know, "
        "and what if you have looked only once?",
        "Subtract the last but one value from the last, take the absolute value, and "
        "divide by the number of points.",
        "`abs(log_likelihoods[-1] - log_likelihoods[-2]) / n_samples < tol`, after "
        "`if len(log_likelihoods) < 2: return False`.",
    ),
    returns={"converged": "True or False"},
    draw=_draw_trace,
    special={
        "the first iteration": ([-120.0], 40, 0.001),
        "before the first iteration": ([], 40, 0.001),
        "two values, at rest": ([-120.0, -119.99], 40, 0.001),
        "it fell by a hair, as rounding does": ([-120.0, -90.0, -90.0004], 40, 0.001),
        "it rose by next to nothing": ([-120.0, -90.0, -89.99999], 40, 0.001),
        "it fell by much": ([-120.0, -90.0, -95.0], 40, 0.001),
        "many points": ([-9000.0, -8000.0, -7999.95], 4000, 0.001),
        "few points": ([-9000.0, -8000.0, -7999.95], 10, 0.001),
        "many iterations": ([-90.0, *np.linspace(-50, -49.9, 99)], 1, 0.0002),
        "a rest in between": ([-120.0, -119.99, -80.0], 40, 0.001),
        "a log-likelihood near 0": ([-30.0, 0.4, 0.41], 40, 0.001),
    },
)


@HAS_CONVERGED.misconception(
    "You compare the signed change, and so any fall counts as rest, however large. "
    "Take the absolute value: `abs(...)`."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return (log_likelihoods[-1] - log_likelihoods[-2]) / n_samples < tol


@HAS_CONVERGED.misconception(
    "You subtract the new value from the old one and keep the sign, so any *rise* "
    "counts as rest, however large. Take the absolute value: `abs(...)`."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return (log_likelihoods[-2] - log_likelihoods[-1]) / n_samples < tol


@HAS_CONVERGED.misconception(
    "Two things: any fall counts as rest, since the change keeps its sign, and it is "
    "the change of the *total*. Take `abs(...)`, and divide by `n_samples`."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return log_likelihoods[-1] - log_likelihoods[-2] < tol


@HAS_CONVERGED.misconception(
    "You divide `tol` by the number of points, or multiply the change by it. It is the "
    "*change* that becomes a mean per point: divide it by `n_samples`."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return abs(log_likelihoods[-1] - log_likelihoods[-2]) * n_samples < tol


@HAS_CONVERGED.misconception(
    "You compare the change of the *total*, which grows with the number of points. "
    "Divide by `n_samples`."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return abs(log_likelihoods[-1] - log_likelihoods[-2]) < tol


@HAS_CONVERGED.misconception(
    "You compare the relative change, a share of the log-likelihood. But its zero is "
    "arbitrary, other units of the data shift it: divide by `n_samples` instead."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    change = log_likelihoods[-1] - log_likelihoods[-2]
    return abs(change / log_likelihoods[-2]) < tol


@HAS_CONVERGED.misconception(
    "You compare the last value with the *first*. That is how far EM has come, not "
    "whether it still moves: take the last two."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return abs(log_likelihoods[-1] - log_likelihoods[0]) / n_samples < tol


@HAS_CONVERGED.misconception(
    "You compare the log-likelihood itself with `tol`. It may rest at any number, "
    "negative or positive; what must be small is its *change*."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return log_likelihoods[-1] / n_samples < tol


@HAS_CONVERGED.misconception(
    "With fewer than two values you answer `True`, and EM would stop before it has "
    "begun. No change is known yet: `False`."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return True
    return has_converged(log_likelihoods, n_samples, tol)


@HAS_CONVERGED.misconception(
    "You wait for a third value. Two are enough for a change: answer `False` only for "
    "fewer than two."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 3:
        return False
    return has_converged(log_likelihoods, n_samples, tol)


@HAS_CONVERGED.misconception(
    "You return how much it has changed. Compare that with `tol`, and return whether "
    "it is smaller."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return abs(log_likelihoods[-1] - log_likelihoods[-2]) / n_samples


@HAS_CONVERGED.misconception(
    "Your comparison is turned round: you say when EM is still *moving*. It has come "
    "to rest when the change is smaller than `tol`."
)
def _(log_likelihoods, n_samples, tol):
    if len(log_likelihoods) < 2:
        return False
    return not has_converged(log_likelihoods, n_samples, tol)


@HAS_CONVERGED.misconception(
    "You wait until the value does not change at all. EM comes nearer and nearer, and "
    "rounding may keep it moving forever: a change below `tol` is enough."
)
def _(log_likelihoods, n_samples, tol):
    return len(log_likelihoods) > 1 and log_likelihoods[-1] == log_likelihoods[-2]


@HAS_CONVERGED.misconception(
    "You divide by the number of iterations. The mean is one over *points*: divide by "
    "`n_samples`."
)
def _(log_likelihoods, n_samples, tol):
    return has_converged(log_likelihoods, max(len(log_likelihoods), 1), tol)


@HAS_CONVERGED.misconception(
    "You look for a small change at *any* iteration. EM may pause and climb again; "
    "only the last step counts."
)
def _(log_likelihoods, n_samples, tol):
    return bool((abs(np.diff(log_likelihoods)) / n_samples < tol).any())


# --- One iteration ----------------------------------------------------------------


def em_iteration(X, mixture):
    """Return weights, means and covariances after one E-step and one M-step."""
    responsibilities = em.e_step(X, mixture)
    counts = responsibilities.sum(axis=0)
    weights = counts / len(X)
    means = responsibilities.T @ X / counts[:, np.newaxis]
    covariances = []
    for k, mean in enumerate(means):
        centered = X - mean
        weighted = responsibilities[:, [k]] * centered
        covariances.append(weighted.T @ centered / counts[k])
    return weights, means, np.array(covariances)


EM_ITERATION = Exercise(
    reference=em_iteration,
    task="Do one whole iteration: an E-step (use `em.e_step`, or your own) and then "
    "the M-step of the last notebook, written out. Return the three new parameters, or "
    "a `Mixture` made of them.",
    why="The order matters: responsibilities from the old parameters, then the new "
    "means, and only then the covariances around these.",
    hints=(
        "Which of the four things (responsibilities, weights, means, covariances) can "
        "be computed first? Which of them does each of the others need?",
        "Responsibilities of the old mixture; their sums N_k; weights N_k / N; means; "
        "and last the covariances, around the *new* means.",
        "`means = r.T @ X / counts[:, np.newaxis]`, and for each k "
        "`(r[:, [k]] * (X - means[k])).T @ (X - means[k]) / counts[k]`.",
    ),
    returns=PARTS,
    draw=lambda rng: draw_mixture(rng, N=20, K=3, D=2),
    special={
        "a point far from everything": far_from(N=14, K=3, D=2)[
            "a point far from everything"
        ],
        "one component": draw_mixture(np.random.default_rng(96), N=6, K=1, D=3),
    },
    # Loose enough for reg_covar at its default.
    rtol=1e-4,
)


def _covariances(X, responsibilities, centers):
    """Average r (x − c)(x − c)ᵀ over the points, for each component."""
    gaps = X[:, np.newaxis] - centers
    shares = responsibilities / responsibilities.sum(axis=0)
    return np.einsum("nk,nki,nkj->kij", shares, gaps, gaps)


def _iterate(X, responsibilities):
    """Do the M-step for any responsibilities, normalized or not."""
    counts = responsibilities.sum(axis=0)
    means = responsibilities.T @ X / counts[:, np.newaxis]
    return counts / len(X), means, _covariances(X, responsibilities, means)


def _lost_by_squares(responsibilities):
    """Say by how much squared shares sum to less, for each component."""
    lost = (responsibilities**2).sum(axis=0) / responsibilities.sum(axis=0)
    return lost[:, np.newaxis, np.newaxis]


def _hard(X, mixture):
    return np.eye(mixture.n_components)[mixture.log_joint(X).argmax(axis=1)]


@EM_ITERATION.misconception(
    "You measure the spread around the *old* means. Move the means first, and use the "
    "new ones in the covariances."
)
def _(X, mixture):
    responsibilities = em.e_step(X, mixture)
    weights, means, _ = _iterate(X, responsibilities)
    return weights, means, _covariances(X, responsibilities, mixture.means)


@EM_ITERATION.misconception(
    "You measure the spread of each component around the mean of *all* points. Measure "
    "it around the component's own new mean."
)
def _(X, mixture):
    responsibilities = em.e_step(X, mixture)
    weights, means, _ = _iterate(X, responsibilities)
    return weights, means, _covariances(X, responsibilities, X.mean(axis=0))


@EM_ITERATION.misconception(
    "The weights are still the old ones. They are parameters too: N_k / N."
)
def _(X, mixture):
    return mixture.weights, *_iterate(X, em.e_step(X, mixture))[1:]


@EM_ITERATION.misconception(
    "You give each point wholly to its likeliest component. That is classification EM, "
    "a relative of K-means; keep the shares."
)
def _(X, mixture):
    return _iterate(X, _hard(X, mixture))


@EM_ITERATION.misconception(
    "Every component gets the covariance of *all* points. Count each point with its "
    "responsibility, around the component's new mean."
)
def _(X, mixture):
    weights, means, _ = _iterate(X, em.e_step(X, mixture))
    return weights, means, np.array([np.cov(X.T, bias=True)] * len(means))


@EM_ITERATION.misconception(
    "Weights and means are right, but the covariances are sums: divide matrix k by N_k."
)
def _(X, mixture):
    weights, means, covariances = _iterate(X, em.e_step(X, mixture))
    counts = weights[:, np.newaxis, np.newaxis] * len(X)
    return weights, means, covariances * counts


@EM_ITERATION.misconception(
    "You divide the covariances by N, and they come out too small. Divide matrix k by "
    "N_k."
)
def _(X, mixture):
    weights, means, covariances = _iterate(X, em.e_step(X, mixture))
    return weights, means, covariances * weights[:, np.newaxis, np.newaxis]


@EM_ITERATION.misconception(
    "`np.cov` with `aweights` divides by something smaller than N_k, unless you also "
    "pass `bias=True`."
)
def _(X, mixture):
    r = em.e_step(X, mixture)
    weights, means, _ = _iterate(X, r)
    covariances = [np.cov(X.T, aweights=column) for column in r.T]
    return weights, means, np.array(covariances)


@EM_ITERATION.misconception(
    "You divide the covariances by N_k − 1. The maximum of the likelihood has N_k."
)
def _(X, mixture):
    weights, means, covariances = _iterate(X, em.e_step(X, mixture))
    counts = weights[:, np.newaxis, np.newaxis] * len(X)
    return weights, means, covariances * counts / (counts - 1)


@EM_ITERATION.misconception(
    "In the covariances both factors carry the responsibility, so each point counts "
    "with r_nk *squared*. Multiply only one of the two by it."
)
def _(X, mixture):
    r = em.e_step(X, mixture)
    weights, means, _ = _iterate(X, r)
    return weights, means, _covariances(X, r**2, means) * _lost_by_squares(r)


@EM_ITERATION.misconception(
    "In the covariances all points count in full: the factor r_nk is missing. Multiply "
    "one of the two centered factors by it."
)
def _(X, mixture):
    weights, means, _ = _iterate(X, em.e_step(X, mixture))
    sums = len(X) * _covariances(X, np.ones((len(X), len(means))), means)
    return weights, means, sums / (weights[:, np.newaxis, np.newaxis] * len(X))


@EM_ITERATION.misconception(
    "In the covariances all points count in full, and you divide by their number N. "
    "Multiply each outer product by r_nk, and divide by N_k."
)
def _(X, mixture):
    weights, means, _ = _iterate(X, em.e_step(X, mixture))
    everybody = np.ones((len(X), len(means)))
    return weights, means, _covariances(X, everybody, means)


@EM_ITERATION.misconception(
    "In the covariances you did not subtract the mean: these are averages of x xᵀ. "
    "Center the points first, `X - means[k]`."
)
def _(X, mixture):
    r = em.e_step(X, mixture)
    weights, means, _ = _iterate(X, r)
    return weights, means, _covariances(X, r, np.zeros_like(means))


@EM_ITERATION.misconception(
    "Your covariances hold variances only, and 0 off the diagonal. The products of "
    "different features belong there: `weighted.T @ centered`."
)
def _(X, mixture):
    weights, means, covariances = _iterate(X, em.e_step(X, mixture))
    return weights, means, covariances * np.eye(X.shape[1])


@EM_ITERATION.misconception(
    "You divide the means by N, and they are pulled towards 0. A component averages "
    "over what *it* owns: divide row k by N_k."
)
def _(X, mixture):
    r = em.e_step(X, mixture)
    means = r.T @ X / len(X)
    return r.mean(axis=0), means, _covariances(X, r, means)


@EM_ITERATION.misconception(
    "Your means are weighted *sums* of the points, and the covariances are measured "
    "around these. Divide row k of the means by N_k."
)
def _(X, mixture):
    r = em.e_step(X, mixture)
    return r.mean(axis=0), r.T @ X, _covariances(X, r, r.T @ X)


@EM_ITERATION.misconception(
    "You do another E-step between the means and the covariances. Weights, means and "
    "covariances are all made of the *same* responsibilities."
)
def _(X, mixture):
    weights, means, _ = _iterate(X, em.e_step(X, mixture))
    r = em.e_step(X, Mixture(weights, means, mixture.covariances))
    return weights, means, _covariances(X, r, means)


@EM_ITERATION.misconception(
    "You do two iterations. One E-step and one M-step are enough; the loop comes later."
)
def _(X, mixture):
    once = Mixture(*_iterate(X, em.e_step(X, mixture)))
    return _iterate(X, em.e_step(X, once))


@EM_ITERATION.misconception(
    "Your E-step leaves out the weights π_k, as if all components were equally common. "
    "`mixture.log_joint` has them in it."
)
def _(X, mixture):
    K = mixture.n_components
    even = Mixture(np.full(K, 1 / K), mixture.means, mixture.covariances)
    return _iterate(X, em.e_step(X, even))


@EM_ITERATION.misconception(
    "A far point has turned everything into NaN: in your E-step all its densities are "
    "0. Subtract the largest log joint of each row before `np.exp`, or use `em.e_step`."
)
def _(X, mixture):
    joint = np.exp(mixture.log_joint(X))
    return _iterate(X, joint / joint.sum(axis=1, keepdims=True))


@EM_ITERATION.misconception(
    "You return the mixture that you were given. The E-step alone moves nothing; "
    "return what the M-step makes of the responsibilities."
)
def _(X, mixture):
    return mixture


@EM_ITERATION.misconception(
    "You return effective counts instead of weights: divide them by N."
)
def _(X, mixture):
    weights, means, covariances = _iterate(X, em.e_step(X, mixture))
    return weights * len(X), means, covariances


@EM_ITERATION.invariant("The weights must sum to 1.")
def _(weights, means, covariances, X, mixture):
    return np.isclose(weights.sum(), 1)


@EM_ITERATION.invariant(
    "Averaged with the weights, the new means must give the mean of all points. Yours "
    "do not: are both made of the same responsibilities?"
)
def _(weights, means, covariances, X, mixture):
    return np.allclose(weights @ means, X.mean(axis=0))


@EM_ITERATION.invariant("Covariance matrices are symmetric.")
def _(weights, means, covariances, X, mixture):
    return np.allclose(covariances, covariances.transpose(0, 2, 1))


# --- The whole loop ---------------------------------------------------------------


def fit_em(X, start, tol):
    """Return the Mixture at which EM, begun at start, comes to rest."""
    mixture, previous = start, -np.inf
    for _ in range(200):
        log_likelihood = mixture.log_likelihood(X)
        if abs(log_likelihood - previous) / len(X) < tol:
            break
        previous = log_likelihood
        mixture = em.m_step(X, em.e_step(X, mixture), reg_covar=0)
    return mixture


def _draw_clusters(rng):
    """Draw two unequal, tilted clusters that overlap a little, and a start between."""
    means = np.array([[1.0, 2.0], [6.0, 4.5]]) + rng.normal(scale=0.2, size=(2, 2))
    shapes = [[[1.5, 0.6], [0.6, 1.0]], [[1.0, -0.4], [-0.4, 1.5]]]
    clusters = [
        rng.multivariate_normal(mean, shape, size)
        for mean, shape, size in zip(means, shapes, [20, 40], strict=True)
    ]
    nearer = 0.4 * means + 0.6 * means.mean(axis=0)
    start = Mixture([0.5, 0.5], nearer, [np.eye(2), 2 * np.eye(2)])
    return np.concatenate(clusters), start, 1e-9


def _draw_one_cluster():
    X, _ = draw_mixture(np.random.default_rng(95), N=8, K=1, D=3)
    return X, Mixture([1.0], [[9.0, 9.0, 9.0]], [np.eye(3)]), 1e-9


FIT_EM = Exercise(
    reference=fit_em,
    task="Repeat E-step and M-step, from `start` on, until the mean log-likelihood per "
    "point changes by less than `tol`, and return the mixture. Use `em.e_step(X, "
    "mixture)` and `em.m_step(X, responsibilities)`.",
    why="Each round begins with the mixture that the last one has left. An upper limit "
    "on the rounds costs nothing, and ends a loop that a mistake would make endless.",
    hints=(
        "What is carried from one iteration to the next? And what must be remembered "
        "to notice that nothing changes any more?",
        "Keep two variables: the mixture, which each M-step replaces, and the last "
        "log-likelihood, which begins at `-np.inf`.",
        "In the loop: compute `mixture.log_likelihood(X)`; `break` if it is near the "
        "last one; else `mixture = em.m_step(X, em.e_step(X, mixture))`.",
    ),
    returns=PARTS,
    draw=_draw_clusters,
    special={"one component": _draw_one_cluster()},
    # The rules for stopping differ, and so do choices of reg_covar.
    rtol=1e-3,
)


def _repeat(X, mixture, step, n_iter=20):
    """Apply a step that is wrong in some way again and again, till the means rest."""
    for _ in range(n_iter):
        before, mixture = mixture, step(X, mixture)
        if np.allclose(before.means, mixture.means, rtol=1e-6):
            break
    return mixture


def _iteration(X, mixture):
    return em.m_step(X, em.e_step(X, mixture))


@FIT_EM.misconception(
    "You return the start: nothing has moved. Does the loop stop before its first "
    "M-step (an `abs` forgotten, or `>` where `<` is meant), or is `mixture` never "
    "assigned anew?"
)
def _(X, start, tol):
    return start


@FIT_EM.misconception(
    "This is the mixture after one iteration. Either the loop ends at once (a `return` "
    "indented too far?), or every E-step is the same: it must be *inside* the loop, "
    "with the current mixture."
)
def _(X, start, tol):
    return _repeat(X, start, _iteration, 1)


@FIT_EM.misconception(
    "This is the mixture after two iterations. Does your comparison stop at the first "
    "*large* change, with `>` where `<` is meant?"
)
def _(X, start, tol):
    return _repeat(X, start, _iteration, 2)


@FIT_EM.misconception(
    "You give each point wholly to its likeliest component in each round. That is "
    "classification EM, which ends elsewhere; keep the shares."
)
def _(X, start, tol):
    step = lambda X, mixture: em.m_step(X, _hard(X, mixture))  # noqa: E731
    return _repeat(X, start, step)


@FIT_EM.misconception(
    "The weights stay what they were at the start, and everything else adapts to them. "
    "Each M-step must replace them too."
)
def _(X, start, tol):
    def step(X, mixture):
        moved = _iteration(X, mixture)
        return Mixture(start.weights, moved.means, moved.covariances)

    return _repeat(X, start, step)


@FIT_EM.misconception(
    "The covariances stay what they were at the start. Each M-step must replace them "
    "too, not only weights and means."
)
def _(X, start, tol):
    def step(X, mixture):
        moved = _iteration(X, mixture)
        return Mixture(moved.weights, moved.means, start.covariances)

    return _repeat(X, start, step)


@FIT_EM.misconception(
    "Your ellipses lie along the axes, with zeros off the diagonal. The full "
    "covariance type is asked for, the default of `em.m_step`."
)
def _(X, start, tol):
    def step(X, mixture):
        return em.m_step(X, em.e_step(X, mixture), covariance_type="diag")

    return _repeat(X, start, step)


@FIT_EM.invariant("The weights must sum to 1.")
def _(weights, means, covariances, X, start, tol):
    return np.isclose(weights.sum(), 1)


@FIT_EM.invariant(
    "This is no place of rest: one more iteration changes it. Is your loop left too "
    "early, or is a part of the mixture never replaced?"
)
def _(weights, means, covariances, X, start, tol):
    try:
        mixture = Mixture(weights, means, covariances)
        return np.allclose(_iteration(X, mixture).means, means, rtol=1e-4)
    except ValueError:
        # No mixture at all, or one that has lost a component.
        return True


# --- The lower bound --------------------------------------------------------------


def lower_bound(X, responsibilities, mixture):
    """Return the lower bound on the log-likelihood, a number."""
    # Where q is 0, q log q counts as 0; the logarithm of 1 makes it so.
    q = responsibilities
    log_q = np.log(np.where(q > 0, q, 1.0))
    return (q * (mixture.log_joint(X) - log_q)).sum()


def _draw_bound(rng):
    X, mixture = draw_mixture(rng, N=9, K=3, D=2)
    _, responsibilities = draw_responsibilities(rng, N=9, K=3, D=2)
    return X, responsibilities, mixture


def _bound_cases():
    X, responsibilities, mixture = _draw_bound(np.random.default_rng(94))
    certain = np.eye(3)[responsibilities.argmax(axis=1)]
    certain[0] = [0.5, 0.5, 0.0]
    return {
        "some responsibilities are 0": (X, certain, mixture),
        "right after an E-step": (X, em.e_step(X, mixture), mixture),
    }


LOWER_BOUND = Exercise(
    reference=lower_bound,
    task="Evaluate the bound for any responsibilities: "
    "Σ_nk q_nk (log p(x_n, k) − log q_nk), where 0 log 0 counts as 0. "
    "`mixture.log_joint(X)` gives log p(x_n, k) = log π_k + log N(x_n | μ_k, Σ_k).",
    why="It is Q of the last notebook plus the entropy of the responsibilities; the "
    "second part is what makes it touch the log-likelihood after an E-step.",
    hints=(
        "The formula is a sum over an array of shape (N, K). Which factor stands in "
        "front of everything?",
        "Both logarithms are multiplied by q_nk. And `0 * np.log(0)` is not a number.",
        "`(q * (mixture.log_joint(X) - log_q)).sum()`, where `q` are the "
        "responsibilities and `log_q` is `np.log(np.where(q > 0, q, 1.0))`.",
    ),
    returns={"bound": "a number"},
    draw=_draw_bound,
    special=_bound_cases(),
)


@LOWER_BOUND.misconception(
    "You left out −q log q, the entropy of the responsibilities: this is Q. It lies "
    "below the log-likelihood even after an E-step."
)
def _(X, responsibilities, mixture):
    return (responsibilities * mixture.log_joint(X)).sum()


@LOWER_BOUND.misconception(
    "The entropy has the wrong sign: q log q is *subtracted*. Otherwise the bound "
    "would not touch the log-likelihood after an E-step."
)
def _(X, responsibilities, mixture):
    return (responsibilities * mixture.log_joint(X)).sum() - entr(
        responsibilities
    ).sum()


@LOWER_BOUND.misconception(
    "You forgot the weights: the joint is π_k times the density, so log π_k belongs to "
    "it. `mixture.log_joint` has both."
)
def _(X, responsibilities, mixture):
    log_weights = np.log(mixture.weights)
    return (
        lower_bound(X, responsibilities, mixture)
        - responsibilities.sum(axis=0) @ log_weights
    )


@LOWER_BOUND.misconception(
    "This is the log-likelihood, which the bound only reaches right after an E-step. "
    "Use the responsibilities that you are given."
)
def _(X, responsibilities, mixture):
    return mixture.log_likelihood(X)


@LOWER_BOUND.misconception(
    "A responsibility of 0 makes your sum NaN: `0 * np.log(0)` is 0 · (−∞). Let it "
    "count as 0."
)
def _(X, responsibilities, mixture):
    log_r = np.log(responsibilities)
    return (responsibilities * (mixture.log_joint(X) - log_r)).sum()


@LOWER_BOUND.misconception(
    "You take the mean of all N · K terms. The bound is their sum, as the "
    "log-likelihood is a sum over the points."
)
def _(X, responsibilities, mixture):
    return lower_bound(X, responsibilities, mixture) / responsibilities.size


@LOWER_BOUND.misconception(
    "You divide by the number of points. The bound on the *total* log-likelihood is "
    "the sum over all points."
)
def _(X, responsibilities, mixture):
    return lower_bound(X, responsibilities, mixture) / len(X)


@LOWER_BOUND.misconception(
    "This is the divergence, the *gap* between bound and log-likelihood. In the bound "
    "the logarithm is that of p(x_n, k) / q_nk."
)
def _(X, responsibilities, mixture):
    bound = lower_bound(X, responsibilities, mixture)
    return mixture.log_likelihood(X) - bound


@LOWER_BOUND.misconception(
    "This is the divergence with a minus sign: you compare q with the E-step's "
    "responsibilities. In the bound the logarithm is that of p(x_n, k) / q_nk."
)
def _(X, responsibilities, mixture):
    bound = lower_bound(X, responsibilities, mixture)
    return bound - mixture.log_likelihood(X)


@LOWER_BOUND.misconception(
    "You use the density of the whole mixture, p(x_n). The bound has the *joint* "
    "p(x_n, k), one for each component: `mixture.log_joint(X)`."
)
def _(X, responsibilities, mixture):
    return mixture.log_likelihood(X) + entr(responsibilities).sum()


@LOWER_BOUND.misconception(
    "The second part lacks its factor: log q_nk, too, is multiplied by q_nk. Mind the "
    "parentheses."
)
def _(X, responsibilities, mixture):
    log_q = np.log(np.where(responsibilities > 0, responsibilities, 1.0))
    return (responsibilities * mixture.log_joint(X) - log_q).sum()


@LOWER_BOUND.misconception(
    "The first part lacks its factor: the log joint, too, is multiplied by q_nk."
)
def _(X, responsibilities, mixture):
    return (mixture.log_joint(X) + entr(responsibilities)).sum()


@LOWER_BOUND.misconception("You subtract q_nk itself. Subtract its *logarithm*.")
def _(X, responsibilities, mixture):
    return (responsibilities * (mixture.log_joint(X) - responsibilities)).sum()


@LOWER_BOUND.misconception(
    "You put 1 in the place of a responsibility of 0, also as the factor in front. "
    "Only inside the logarithm it may be 1; the factor stays 0."
)
def _(X, responsibilities, mixture):
    q = np.where(responsibilities > 0, responsibilities, 1.0)
    return (q * (mixture.log_joint(X) - np.log(q))).sum()


@LOWER_BOUND.misconception(
    "You return one number for each point. Add them up: the bound is one number."
)
def _(X, responsibilities, mixture):
    terms = responsibilities * mixture.log_joint(X) + entr(responsibilities)
    return terms.sum(axis=1)


@LOWER_BOUND.misconception(
    "You left out the factor q_nk: each log ratio counts with its responsibility."
)
def _(X, responsibilities, mixture):
    log_r = np.log(np.where(responsibilities > 0, responsibilities, 1.0))
    return (mixture.log_joint(X) - log_r).sum()


@LOWER_BOUND.misconception(
    "You take the logarithm of the sum over k. In the bound the logarithm comes first: "
    "a sum of logarithms is what makes the M-step easy."
)
def _(X, responsibilities, mixture):
    return logsumexp(mixture.log_joint(X), b=responsibilities, axis=1).sum()


@LOWER_BOUND.invariant(
    "The bound can never exceed the log-likelihood; yours does. Has the entropy the "
    "right sign, and are the weights in the joint?"
)
def _(bound, X, responsibilities, mixture):
    return bool(bound <= mixture.log_likelihood(X) + 1e-9)
