"""Exercises of notebook 09: what scikit-learn stores, and whether groupings agree."""

import numpy as np
from scipy.linalg import sqrtm
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.metrics import adjusted_rand_score, confusion_matrix

from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import (
    draw_covariances,
    draw_mixture,
    far_from,
)

# --- What scikit-learn stores -----------------------------------------------------


def precisions_cholesky(covariances):
    """Return the upper triangular U_k with Σ_k⁻¹ = U_k U_kᵀ, shape (K, D, D)."""
    L = np.linalg.cholesky(covariances)
    return np.linalg.inv(L).transpose(0, 2, 1)


PRECISIONS_CHOLESKY = Exercise(
    reference=precisions_cholesky,
    task="Turn covariances into what scikit-learn stores as `precisions_cholesky_`: "
    "for each component the upper triangular U_k with Σ_k⁻¹ = U_k U_kᵀ and a positive "
    "diagonal.",
    why="From Σ = L Lᵀ follows Σ⁻¹ = (L⁻¹)ᵀ L⁻¹. The inverse of a lower triangular "
    "matrix is lower triangular, so its transpose U = (L⁻¹)ᵀ is upper triangular, and "
    "U Uᵀ = Σ⁻¹. NumPy does it for all K matrices at once.",
    hints=(
        "You can factor Σ_k = L_k L_kᵀ. What does the inverse of a product look like, "
        "and which of its two factors is upper triangular?",
        "Σ⁻¹ = (L⁻¹)ᵀ L⁻¹. So invert the Cholesky factor, and transpose each of the K "
        "results.",
        "`L = np.linalg.cholesky(covariances)`, and then "
        "`np.linalg.inv(L).transpose(0, 2, 1)`: exchange the last two axes only.",
    ),
    returns={"factors": "shape (K, D, D), each upper triangular"},
    draw=lambda rng: (draw_covariances(rng, K=4, D=3),),
    special={
        "a single component": (draw_covariances(np.random.default_rng(8), K=1, D=2),),
        "a single feature": (np.array([[[4.0]], [[0.25]]]),),
        "no correlation": (np.array([np.diag([4.0, 25.0]), np.diag([9.0, 0.01])]),),
    },
)


@PRECISIONS_CHOLESKY.misconception(
    "You forgot to transpose: this is L⁻¹, lower triangular. From Σ = L Lᵀ follows "
    "Σ⁻¹ = (L⁻¹)ᵀ L⁻¹, so U is (L⁻¹)ᵀ."
)
def _(covariances):
    return np.linalg.inv(np.linalg.cholesky(covariances))


@PRECISIONS_CHOLESKY.misconception(
    "`.T` turns all three axes around. Each matrix is to be transposed, so exchange "
    "the last two axes only: `.transpose(0, 2, 1)`."
)
def _(covariances):
    return np.linalg.inv(np.linalg.cholesky(covariances)).T


@PRECISIONS_CHOLESKY.misconception(
    "This is `np.linalg.cholesky` of the precision. Its product is right, but it is "
    "*lower* triangular: another matrix. Factor the covariance, and invert the factor."
)
def _(covariances):
    return np.linalg.cholesky(np.linalg.inv(covariances))


@PRECISIONS_CHOLESKY.misconception(
    "You transpose the Cholesky factor of the precision. It is upper triangular now, "
    "but Uᵀ U is the precision instead of U Uᵀ. Factor the covariance, invert the "
    "factor, and then transpose."
)
def _(covariances):
    return np.linalg.cholesky(np.linalg.inv(covariances)).transpose(0, 2, 1)


@PRECISIONS_CHOLESKY.misconception(
    "These are the precisions Σ_k⁻¹ themselves. Asked is the factor U_k that gives "
    "them as U_k U_kᵀ."
)
def _(covariances):
    return np.linalg.inv(covariances)


@PRECISIONS_CHOLESKY.misconception(
    "This is the Cholesky factor L_k of the *covariance*. Invert and transpose it."
)
def _(covariances):
    return np.linalg.cholesky(covariances)


@PRECISIONS_CHOLESKY.misconception(
    "You transpose the Cholesky factor of the covariance, but you do not invert it: "
    "(L⁻¹)ᵀ, not Lᵀ."
)
def _(covariances):
    return np.linalg.cholesky(covariances).transpose(0, 2, 1)


@PRECISIONS_CHOLESKY.misconception(
    "You divide 1 by each number of L, which divides by its zeros, too. The inverse of "
    "a matrix is `np.linalg.inv`."
)
def _(covariances):
    return (1 / np.linalg.cholesky(covariances)).transpose(0, 2, 1)


@PRECISIONS_CHOLESKY.misconception(
    "You take the root of each number of the precisions. The factor of a matrix is "
    "`np.linalg.cholesky`; take that of the covariance, and invert it."
)
def _(covariances):
    return np.sqrt(np.linalg.inv(covariances))


@PRECISIONS_CHOLESKY.misconception(
    "You invert only the diagonal of L. The numbers beside it matter, too: "
    "`np.linalg.inv` inverts the matrix."
)
def _(covariances):
    L = np.linalg.cholesky(covariances)
    diagonals = np.diagonal(L, axis1=1, axis2=2)
    return np.eye(L.shape[1]) / diagonals[:, np.newaxis]


@PRECISIONS_CHOLESKY.misconception(
    "You divide 1 by each number of L, which divides by its zeros, too, and you do not "
    "transpose. Invert with `np.linalg.inv`, and then exchange the last two axes."
)
def _(covariances):
    return 1 / np.linalg.cholesky(covariances)


@PRECISIONS_CHOLESKY.misconception(
    "You invert the standard deviations and leave out the correlations. That is all "
    "only for `diag` covariances; here U_k has numbers above the diagonal."
)
def _(covariances):
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    return np.eye(variances.shape[1]) / np.sqrt(variances)[:, np.newaxis]


@PRECISIONS_CHOLESKY.misconception(
    "You take the symmetric square root of the precision. Its product with itself is "
    "right, but it is not triangular: use the Cholesky factor of the covariance."
)
def _(covariances):
    return np.array([sqrtm(np.linalg.inv(S)).real for S in covariances])


@PRECISIONS_CHOLESKY.invariant(
    "Each U_k must be upper triangular: nothing but zeros below its diagonal."
)
def _(factors, covariances):
    return np.allclose(factors, np.triu(factors))


@PRECISIONS_CHOLESKY.invariant("U_k U_kᵀ must be the inverse of Σ_k.")
def _(factors, covariances):
    identities = covariances @ factors @ factors.transpose(0, 2, 1)
    return np.allclose(identities, np.eye(covariances.shape[1]))


# --- The E-step from what is stored -----------------------------------------------


def predict_proba(X, weights, means, precisions_cholesky):
    """Return the responsibilities, shape (N, K)."""
    log_joint = np.empty((len(X), len(weights)))
    for k, U in enumerate(precisions_cholesky):
        whitened = (X - means[k]) @ U
        log_joint[:, k] = np.log(weights[k]) + np.log(np.diag(U)).sum()
        log_joint[:, k] -= (whitened**2).sum(axis=1) / 2
    shifted = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def _stored(X, mixture):
    """Hand a mixture over as scikit-learn stores it."""
    factors = precisions_cholesky(mixture.covariances)
    return X, mixture.weights, mixture.means, factors


PREDICT_PROBA = Exercise(
    reference=predict_proba,
    task="Compute the responsibilities from scikit-learn's attributes. With "
    "Σ_k⁻¹ = U_k U_kᵀ, the log joint is log π_k + Σ_d log (U_k)_dd − ½ |y|², where "
    "y = (x_n − μ_k) U_k as a row, and a term that is the same for all k.",
    why="The squared Mahalanobis distance (x − μ)ᵀ U Uᵀ (x − μ) is the squared length "
    "of the row (x − μ)ᵀ U, and −½ log |Σ| is the sum of log U_dd. The term "
    "−½ D log 2π is the same for all components, so it cancels in each row.",
    hints=(
        "It is the E-step of notebook 04. Only the log density looks different: with U "
        "at hand, there is nothing to factor and nothing to invert. How do distance "
        "and determinant follow from U?",
        "Points are rows: `y = (X - means[k]) @ U`, and the squared distance is the "
        "sum of `y**2` over `axis=1`. Half the log determinant of the precision is "
        "`np.log(np.diag(U)).sum()`.",
        "Column k of the log joint is `np.log(weights[k]) + np.log(np.diag(U)).sum() "
        "- (y**2).sum(axis=1) / 2`. Then, in each row, subtract the largest, take "
        "`np.exp` and divide by the sum.",
    ),
    returns={"responsibilities": "shape (N, K), one row for each point"},
    draw=lambda rng: _stored(*draw_mixture(rng, N=8, K=3, D=2)),
    special={
        **{name: _stored(*both) for name, both in far_from(N=5, K=3, D=2).items()},
        "three features": _stored(*draw_mixture(np.random.default_rng(7), 6, 2, 3)),
    },
)


def _log_joint(X, weights, means, factors, distances=None, log_det=1.0, log=np.log):
    """Compute the log joint with one part done otherwise."""
    distances = _distances(X, means, factors) if distances is None else distances
    log_dets = [np.log(np.diag(U)).sum() for U in factors]
    return log(weights) + log_det * np.array(log_dets) - distances / 2


def _distances(X, means, factors):
    pairs = zip(means, factors, strict=True)
    return np.stack([(((X - m) @ U) ** 2).sum(axis=1) for m, U in pairs], axis=1)


@PREDICT_PROBA.misconception(
    "The sign of the log determinant is turned. U_k is a factor of the *precision*: "
    "its log determinant is −½ log |Σ_k| already, so you add it."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky, log_det=-1.0)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You halve the log determinant once too often: the sum of log (U_k)_dd is *half* "
    "the log determinant of the precision already."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky, log_det=0.5)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You take the whole log determinant of the precision. The density has its square "
    "root: add the sum of log (U_k)_dd once, not twice."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky, log_det=2.0)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You forgot the log determinant. A narrow Gaussian is higher in its middle than a "
    "wide one: add the sum of log (U_k)_dd."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky, log_det=0.0)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You add up the diagonal of U_k and take the logarithm of the sum. Take the sum of "
    "the logarithms: `np.log(np.diag(U)).sum()`."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky, log_det=0.0)
    log_joint += np.log([np.trace(U) for U in precisions_cholesky])
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You forgot the weights: add `np.log(weights[k])` to the log joint of component k."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(
        X, weights, means, precisions_cholesky, log=lambda weights: 0
    )
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You add the weights themselves. Among logarithms, a factor π_k becomes a term "
    "log π_k: add `np.log(weights[k])`."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(
        X, weights, means, precisions_cholesky, log=lambda weights: weights
    )
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You multiply by the transpose of U_k. With points as rows, Σ⁻¹ = U Uᵀ makes the "
    "squared distance the squared length of `(X - mean) @ U`."
)
def _(X, weights, means, precisions_cholesky):
    transposed = precisions_cholesky.transpose(0, 2, 1)
    return softmax(_log_joint(X, weights, means, transposed), axis=1)


@PREDICT_PROBA.misconception(
    "You take U_k for a factor of the *covariance*. It is one of the precision, so "
    "that you multiply by it, and there is nothing to solve or to invert."
)
def _(X, weights, means, precisions_cholesky):
    inverses = np.linalg.inv(precisions_cholesky).transpose(0, 2, 1)
    return softmax(_log_joint(X, weights, means, inverses), axis=1)


@PREDICT_PROBA.misconception(
    "You subtract the mean after multiplying by U_k, so that the mean is not "
    "multiplied. First `X - means[k]`, then `@ U`."
)
def _(X, weights, means, precisions_cholesky):
    distances = np.stack(
        [
            ((X @ U - m) ** 2).sum(axis=1)
            for m, U in zip(means, precisions_cholesky, strict=True)
        ],
        axis=1,
    )
    log_joint = _log_joint(X, weights, means, precisions_cholesky, distances)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You add the squared distance, so that far points come out likely. Subtract half "
    "of it."
)
def _(X, weights, means, precisions_cholesky):
    distances = -_distances(X, means, precisions_cholesky)
    log_joint = _log_joint(X, weights, means, precisions_cholesky, distances)
    return softmax(log_joint, axis=1)


def _whitened(X, means, factors):
    pairs = zip(means, factors, strict=True)
    return np.stack([(X - m) @ U for m, U in pairs], axis=1)


@PREDICT_PROBA.misconception(
    "You forgot to square: the squared distance is the sum of `y**2` over `axis=1`."
)
def _(X, weights, means, precisions_cholesky):
    distances = _whitened(X, means, precisions_cholesky).sum(axis=2)
    log_joint = _log_joint(X, weights, means, precisions_cholesky, distances)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You square the sum. Square first, then add up: `(y**2).sum(axis=1)`."
)
def _(X, weights, means, precisions_cholesky):
    distances = _whitened(X, means, precisions_cholesky).sum(axis=2) ** 2
    log_joint = _log_joint(X, weights, means, precisions_cholesky, distances)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You add up the squares of all points together. Each point has a distance of its "
    "own: `(y**2).sum(axis=1)`."
)
def _(X, weights, means, precisions_cholesky):
    distances = _distances(X, means, precisions_cholesky)
    together = np.broadcast_to(distances.sum(axis=0), distances.shape)
    log_joint = _log_joint(X, weights, means, precisions_cholesky, together)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You put U_k where the precision belongs. The squared distance is "
    "(x − μ)ᵀ U Uᵀ (x − μ): multiply by U_k, and sum the squares."
)
def _(X, weights, means, precisions_cholesky):
    pairs = zip(means, precisions_cholesky, strict=True)
    distances = np.stack(
        [(((X - m) @ U) * (X - m)).sum(axis=1) for m, U in pairs], axis=1
    )
    log_joint = _log_joint(X, weights, means, precisions_cholesky, distances)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You forgot the ½ before the squared distance: it is −½ |y|² in the exponent."
)
def _(X, weights, means, precisions_cholesky):
    distances = 2 * _distances(X, means, precisions_cholesky)
    log_joint = _log_joint(X, weights, means, precisions_cholesky, distances)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "You subtract half the distance, not half the *squared* distance: leave out the "
    "square root."
)
def _(X, weights, means, precisions_cholesky):
    distances = np.sqrt(_distances(X, means, precisions_cholesky))
    log_joint = _log_joint(X, weights, means, precisions_cholesky, distances)
    return softmax(log_joint, axis=1)


@PREDICT_PROBA.misconception(
    "The far point underflows: all its densities are 0, and 0/0 is not a number. "
    "Subtract the largest log joint of each row *before* `np.exp`."
)
def _(X, weights, means, precisions_cholesky):
    joint = np.exp(_log_joint(X, weights, means, precisions_cholesky))
    return joint / joint.sum(axis=1, keepdims=True)


@PREDICT_PROBA.misconception(
    "You subtract the largest log joint of *all* points. It must be the largest of "
    "each row, or a far point still underflows."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky)
    joint = np.exp(log_joint - log_joint.max())
    return joint / joint.sum(axis=1, keepdims=True)


@PREDICT_PROBA.misconception(
    "You subtract the largest log joint of each *column*, which changes the ratios "
    "within a row. Subtract the largest of each row: `axis=1, keepdims=True`."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky)
    joint = np.exp(log_joint - log_joint.max(axis=0))
    return joint / joint.sum(axis=1, keepdims=True)


@PREDICT_PROBA.misconception(
    "You divide logarithms by their sum. Subtract the largest of each row and take "
    "`np.exp` first: it is the densities that are shared out."
)
def _(X, weights, means, precisions_cholesky):
    log_joint = _log_joint(X, weights, means, precisions_cholesky)
    return log_joint / log_joint.sum(axis=1, keepdims=True)


@PREDICT_PROBA.misconception(
    "Your columns sum to 1: you normalized over the points. It is each *point* that "
    "shares itself out, so each row must sum to 1 (`axis=1`)."
)
def _(X, weights, means, precisions_cholesky):
    return softmax(_log_joint(X, weights, means, precisions_cholesky), axis=0)


@PREDICT_PROBA.invariant(
    "Each row must sum to 1: each point shares out exactly itself."
)
def _(responsibilities, X, weights, means, precisions_cholesky):
    return np.allclose(responsibilities.sum(axis=1), 1)


@PREDICT_PROBA.invariant("Responsibilities are probabilities, between 0 and 1.")
def _(responsibilities, X, weights, means, precisions_cholesky):
    return bool(((responsibilities >= 0) & (responsibilities <= 1)).all())


# --- Do two groupings agree? ------------------------------------------------------


def rand_index(labels, truth):
    """Return the share of all pairs of points on which both labelings agree."""
    i, j = np.triu_indices(len(labels), k=1)
    together = labels[i] == labels[j]
    truly_together = truth[i] == truth[j]
    return (together == truly_together).mean()


def _draw_labels(rng):
    """Draw true groups, and labels that divide them otherwise, under other names."""
    truth = rng.choice(4, size=17, p=[0.4, 0.3, 0.2, 0.1])
    labels = np.array([2, 0, 1, 1])[truth]
    moved = rng.uniform(size=17) < 0.25
    return np.where(moved, rng.integers(3, size=17), labels), truth


RAND_INDEX = Exercise(
    reference=rand_index,
    task="Compute the Rand index: of all pairs of two different points, the share on "
    "which the two labelings agree, that is, which are in one group in both, or in two "
    "groups in both.",
    why="Whether two points are together does not depend on what their group is "
    "called, so exchanged names change nothing. `np.triu_indices(N, k=1)` lists each "
    "pair once and no point with itself.",
    hints=(
        "The names of the groups mean nothing. What can you ask about *two* points "
        "that does not mention a name?",
        "For each pair: same label? Same truth? Count the pairs with the same answer "
        "to both questions, and divide by the number of pairs, N(N − 1)/2.",
        "`i, j = np.triu_indices(len(labels), k=1)` lists the pairs. Compare "
        "`labels[i] == labels[j]` with `truth[i] == truth[j]`, and take the mean.",
    ),
    returns={"index": "a number between 0 and 1"},
    draw=_draw_labels,
    special={
        "the same groups under other names": (
            np.array([0, 0, 1, 1, 1, 2]),
            np.array([2, 2, 0, 0, 0, 1]),
        ),
        "everybody in one group": (np.zeros(5, int), np.array([0, 1, 1, 2, 1])),
        "two points": (np.array([0, 1]), np.array([1, 1])),
    },
)


def _together(labels):
    """Say for each ordered pair, points with themselves included, who is together."""
    return labels[:, np.newaxis] == labels


def _agreeing(labels, truth):
    """Count the pairs of different points on which both agree, each pair once."""
    same_answer = _together(labels) == _together(truth)
    return (same_answer.sum() - len(labels)) / 2


@RAND_INDEX.misconception(
    "You compare labels with labels. Group 0 of one labeling may be group 2 of the "
    "other (label switching): ask of each *pair* of points whether it is together."
)
def _(labels, truth):
    return (labels == truth).mean()


@RAND_INDEX.misconception(
    "You compare labels with labels, at both points of each pair. Names mean nothing: "
    "compare `labels[i]` with `labels[j]`, and `truth[i]` with `truth[j]`."
)
def _(labels, truth):
    i, j = np.triu_indices(len(labels), k=1)
    return ((labels[i] == truth[i]) == (labels[j] == truth[j])).mean()


@RAND_INDEX.misconception(
    "You sort both labelings first. Sorting tears labels from their points: only the "
    "sizes of the groups are compared."
)
def _(labels, truth):
    return (np.sort(labels) == np.sort(truth)).mean()


@RAND_INDEX.misconception(
    "You count only pairs that are together in both. That both keep two points *apart* "
    "is agreement, too."
)
def _(labels, truth):
    both = _together(labels) & _together(truth)
    N = len(labels)
    return (both.sum() - N) / (N * (N - 1))


@RAND_INDEX.misconception(
    "You count only pairs that are apart in both. That both keep two points *together* "
    "is agreement, too."
)
def _(labels, truth):
    apart = ~_together(labels) & ~_together(truth)
    return apart.sum() / (len(labels) * (len(labels) - 1))


@RAND_INDEX.misconception(
    "You divide by the pairs that are together in at least one labeling (that is the "
    "Jaccard index). Here all pairs count, and those kept apart by both agree."
)
def _(labels, truth):
    both = _together(labels) & _together(truth)
    either = _together(labels) | _together(truth)
    return (both.sum() - len(labels)) / (either.sum() - len(labels))


@RAND_INDEX.misconception(
    "You count each point paired with itself, in an N × N table. These pairs always "
    "agree: leave out the diagonal."
)
def _(labels, truth):
    return (_together(labels) == _together(truth)).mean()


@RAND_INDEX.misconception(
    "You count each point paired with itself: `np.triu_indices` includes the diagonal "
    "unless you say `k=1`."
)
def _(labels, truth):
    N = len(labels)
    return (_agreeing(labels, truth) + N) / (N * (N + 1) / 2)


@RAND_INDEX.misconception(
    "You count points paired with themselves among the pairs that agree, but not among "
    "all pairs. Begin the inner loop at `i + 1`, or say `k=1` in `np.triu_indices`."
)
def _(labels, truth):
    N = len(labels)
    return (_agreeing(labels, truth) + N) / (N * (N - 1) / 2)


@RAND_INDEX.misconception(
    "Your N × N table of agreement includes its diagonal, on which each point meets "
    "itself. Leave it out before you divide by the number of pairs."
)
def _(labels, truth):
    N = len(labels)
    return (2 * _agreeing(labels, truth) + N) / (N * (N - 1))


@RAND_INDEX.misconception(
    "You leave out the points paired with themselves but divide by N², which counts "
    "them. Taken in both orders, there are N(N − 1) pairs."
)
def _(labels, truth):
    return 2 * _agreeing(labels, truth) / len(labels) ** 2


@RAND_INDEX.misconception(
    "This is the number of pairs that agree. Divide it by the number of all pairs, "
    "N(N − 1)/2."
)
def _(labels, truth):
    return _agreeing(labels, truth)


@RAND_INDEX.misconception(
    "You count each pair once but divide by N². There are N(N − 1)/2 pairs."
)
def _(labels, truth):
    return _agreeing(labels, truth) / len(labels) ** 2


@RAND_INDEX.misconception(
    "You count each pair once but divide by N(N − 1), in which it occurs twice: (i, j) "
    "and (j, i). There are N(N − 1)/2 pairs."
)
def _(labels, truth):
    return _agreeing(labels, truth) / (len(labels) * (len(labels) - 1))


@RAND_INDEX.misconception(
    "You count each pair twice, as (i, j) and as (j, i), but divide by N(N − 1)/2. A "
    "share cannot be above 1."
)
def _(labels, truth):
    return 4 * _agreeing(labels, truth) / (len(labels) * (len(labels) - 1))


@RAND_INDEX.misconception("This is the share of pairs on which they *disagree*.")
def _(labels, truth):
    return 1 - rand_index(labels, truth)


@RAND_INDEX.misconception(
    "You compare only neighbors in the list. Every point forms a pair with every other "
    "point."
)
def _(labels, truth):
    return ((labels[1:] == labels[:-1]) == (truth[1:] == truth[:-1])).mean()


@RAND_INDEX.misconception(
    "This is the *adjusted* Rand index, in which what chance would give counts 0. Here "
    "the plain share of pairs is asked for."
)
def _(labels, truth):
    return adjusted_rand_score(truth, labels)


@RAND_INDEX.misconception(
    "You match the names of the groups as well as they can be matched, and count the "
    "points with the matched name. A good measure, but another one: the Rand index "
    "counts *pairs*."
)
def _(labels, truth):
    table = confusion_matrix(truth, labels)
    return table[linear_sum_assignment(-table)].sum() / len(labels)


@RAND_INDEX.invariant("A share of pairs lies between 0 and 1.")
def _(index, labels, truth):
    return bool(0 <= index <= 1)


@RAND_INDEX.invariant(
    "Two labelings with the same groups must get exactly 1, whatever the names."
)
def _(index, labels, truth):
    same_groups = (_together(labels) == _together(truth)).all()
    return bool(not same_groups or np.isclose(index, 1))
