"""Exercises of notebook 12: EM as two matrix products, and sums that add."""

import numpy as np

from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_responsibilities

# --- Features in which the log joint is linear ----------------------------------------


def quadratic_features(X):
    """Return 1, each x_i and each x_i x_j with i ≤ j, shape (P, N)."""
    i, j = np.triu_indices(X.shape[1])
    return np.vstack([np.ones(len(X)), X.T, X.T[i] * X.T[j]])


QUADRATIC_FEATURES = Exercise(
    reference=quadratic_features,
    task="For any number of features D, return one row of ones, then the D features, "
    "then all products x_i x_j with i ≤ j in the order 11, 12, … 1D, 22, … DD. Each "
    "point is a *column*.",
    why="Since x_i x_j = x_j x_i, one of the two is enough: "
    "D(D + 1)/2 products instead of D². `np.triu_indices` lists these pairs.",
    hints=(
        "How many pairs (i, j) with i ≤ j are there for D = 3? Write them down.",
        "Two nested loops over i and j make a list of rows; `np.array` stacks them.",
        "`i, j = np.triu_indices(D)` lists the pairs in this order, and "
        "`X.T[i] * X.T[j]` multiplies them.",
    ),
    returns={"features": "shape (P, N) with P = 1 + D + D(D + 1)/2"},
    draw=lambda rng: (rng.normal(size=(6, 3)) + 1.0,),
    special={"a single feature": (np.array([[2.0], [3.0], [-1.0]]),)},
)


@QUADRATIC_FEATURES.misconception(
    "You take every pair (i, j) and so each product of two features twice. One of "
    "x_i x_j and x_j x_i is enough: i ≤ j."
)
def _(X):
    N, D = X.shape
    products = (X[:, :, np.newaxis] * X[:, np.newaxis, :]).reshape(N, D * D)
    return np.vstack([np.ones(N), X.T, products.T])


@QUADRATIC_FEATURES.misconception(
    "You take squares only. Without the products of two different features no ellipse "
    "could be tilted."
)
def _(X):
    return np.vstack([np.ones(len(X)), X.T, X.T**2])


@QUADRATIC_FEATURES.misconception(
    "The squares are missing: i ≤ j includes i = j (`np.triu_indices` with `k=0`)."
)
def _(X):
    i, j = np.triu_indices(X.shape[1], k=1)
    return np.vstack([np.ones(len(X)), X.T, X.T[i] * X.T[j]])


@QUADRATIC_FEATURES.misconception(
    "The row of ones is missing. It carries the constant of the log joint and, in the "
    "sums, the counts N_k."
)
def _(X):
    return quadratic_features(X)[1:]


@QUADRATIC_FEATURES.misconception(
    "The numbers are right, but each point is a row. Here it is a column: sums over "
    "the points then run through memory in order."
)
def _(X):
    return quadratic_features(X).T


@QUADRATIC_FEATURES.misconception(
    "You count the products of two different features double. That factor belongs into "
    "the coefficients Θ; doubled features would double the sums too."
)
def _(X):
    i, j = np.triu_indices(X.shape[1])
    factor = np.where(i == j, 1.0, 2.0)[:, np.newaxis]
    return np.vstack([np.ones(len(X)), X.T, factor * X.T[i] * X.T[j]])


@QUADRATIC_FEATURES.misconception(
    "You have all products, but in the order 11, 12, 22, 13, …, as `np.tril_indices` "
    "lists them. Go through j = i, …, D for each i in turn."
)
def _(X):
    i, j = np.tril_indices(X.shape[1])
    return np.vstack([np.ones(len(X)), X.T, X.T[i] * X.T[j]])


@QUADRATIC_FEATURES.misconception(
    "You list all squares before the other products. The order is 11, 12, … 1D, 22, "
    "…: each square leads its own row of pairs."
)
def _(X):
    i, j = np.triu_indices(X.shape[1], k=1)
    return np.vstack([np.ones(len(X)), X.T, X.T**2, X.T[i] * X.T[j]])


@QUADRATIC_FEATURES.misconception(
    "The features x_i themselves are missing: they stand between the ones and the "
    "products, and carry the means."
)
def _(X):
    i, j = np.triu_indices(X.shape[1])
    return np.vstack([np.ones(len(X)), X.T[i] * X.T[j]])


@QUADRATIC_FEATURES.misconception(
    "You halve the squares. The factor ½ belongs into the coefficients Θ; the sums "
    "need whole squares."
)
def _(X):
    i, j = np.triu_indices(X.shape[1])
    factor = np.where(i == j, 0.5, 1.0)[:, np.newaxis]
    return np.vstack([np.ones(len(X)), X.T, factor * X.T[i] * X.T[j]])


# --- Sufficient statistics ------------------------------------------------------------


def sufficient_statistics(X, responsibilities):
    """Return the sums of r, r x and r x xᵀ: shapes (K,), (K, D) and (K, D, D)."""
    counts = responsibilities.sum(axis=0)
    sums = responsibilities.T @ X
    products = np.einsum("nk,ni,nj->kij", responsibilities, X, X)
    return counts, sums, products


SUFFICIENT_STATISTICS = Exercise(
    reference=sufficient_statistics,
    task="Return the three sums over the points that an M-step needs, such that the "
    "sums of two blocks of points add up to the sums of all: Σ_n r_nk, Σ_n r_nk x_n "
    "and Σ_n r_nk x_n x_nᵀ.",
    why="They are plain sums over points, so it does not matter which machine took "
    "which points. Means and covariances do not have that property.",
    hints=(
        "Would an average over block A and an average over block B add up to anything?",
        "Leave out every division, and subtract no mean: only sums of r, r x, r x xᵀ.",
        "Loop over k: `(responsibilities[:, [k]] * X).T @ X` is the third one for "
        "component k.",
    ),
    returns={"counts": "shape (K,)", "sums": "(K, D)", "products": "(K, D, D)"},
    draw=lambda rng: draw_responsibilities(rng, N=9, K=3, D=2),
)


def _centered(X, responsibilities):
    counts, sums, products = sufficient_statistics(X, responsibilities)
    means = sums / counts[:, np.newaxis]
    return products - means[:, :, np.newaxis] * sums[:, np.newaxis, :]


@SUFFICIENT_STATISTICS.misconception(
    "You subtract each component's mean in the products. Another block has another "
    "mean, so such sums do not add up; the mean is taken off at the very end."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    return counts, sums, _centered(X, responsibilities)


@SUFFICIENT_STATISTICS.misconception(
    "You divide by N_k: these are averages, and the averages of two blocks do not add. "
    "Leave the division to the end."
)
def _(X, responsibilities):
    counts, sums, products = sufficient_statistics(X, responsibilities)
    return counts, sums / counts[:, None], products / counts[:, None, None]


@SUFFICIENT_STATISTICS.misconception(
    "You return weights, means and covariances. They do not add up over blocks; the "
    "sums that they are made of do."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    covariances = _centered(X, responsibilities) / counts[:, None, None]
    return counts / len(X), sums / counts[:, None], covariances


@SUFFICIENT_STATISTICS.misconception(
    "In the products you use the responsibilities twice, once with each factor x. Each "
    "point counts r_nk times, not r_nk² times."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    squared = sufficient_statistics(X, responsibilities**2)[2]
    return counts, sums, squared


@SUFFICIENT_STATISTICS.misconception(
    "The products lack the responsibilities: every component gets the same ones. Each "
    "point counts r_nk times for component k."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    return counts, sums, np.array([X.T @ X] * len(counts))


@SUFFICIENT_STATISTICS.misconception(
    "Your products hold squares of single features only. The covariance of two "
    "features needs Σ r x_i x_j for each pair."
)
def _(X, responsibilities):
    counts, sums, products = sufficient_statistics(X, responsibilities)
    return counts, sums, products * np.eye(X.shape[1])


@SUFFICIENT_STATISTICS.misconception(
    "You divide by the number of points. Blocks may be of different sizes, and then "
    "such averages do not add: leave all division to the end."
)
def _(X, responsibilities):
    sums = sufficient_statistics(X, responsibilities)
    return [part / len(X) for part in sums]


@SUFFICIENT_STATISTICS.misconception(
    "Your `sums` are means: divided by N_k. Leave them as sums; the division comes at "
    "the end."
)
def _(X, responsibilities):
    counts, sums, products = sufficient_statistics(X, responsibilities)
    return counts, sums / counts[:, None], products


@SUFFICIENT_STATISTICS.misconception(
    "Your `products` are divided by N_k, and averages do not add up over blocks. "
    "Leave them as sums."
)
def _(X, responsibilities):
    counts, sums, products = sufficient_statistics(X, responsibilities)
    return counts, sums, products / counts[:, None, None]


@SUFFICIENT_STATISTICS.misconception(
    "Your `products` are covariances. These do not add up over blocks: subtract no "
    "mean, and do not divide."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    return counts, sums, _centered(X, responsibilities) / counts[:, None, None]


@SUFFICIENT_STATISTICS.misconception(
    "You subtract the mean of all points in the products. Another block has another "
    "mean, so such sums do not add up."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    products = sufficient_statistics(X - X.mean(axis=0), responsibilities)[2]
    return counts, sums, products


@SUFFICIENT_STATISTICS.misconception(
    "You multiply the finished sums with each other. A sum of products is not the "
    "product of the sums: form x xᵀ for each point, then add."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    return counts, sums, sums[:, :, None] * sums[:, None, :]


@SUFFICIENT_STATISTICS.misconception(
    "Of the products only the last point's are left. Add them up over the points: "
    "`+=` instead of `=`."
)
def _(X, responsibilities):
    counts, sums, _ = sufficient_statistics(X, responsibilities)
    return counts, sums, sufficient_statistics(X[-1:], responsibilities[-1:])[2]


@SUFFICIENT_STATISTICS.misconception(
    "You give each point wholly to its likeliest component. The sums take every point "
    "with its share r_nk for *each* component."
)
def _(X, responsibilities):
    K = responsibilities.shape[1]
    return sufficient_statistics(X, np.eye(K)[responsibilities.argmax(axis=1)])


@SUFFICIENT_STATISTICS.invariant("Each matrix of products must be symmetric.")
def _(counts, sums, products, X, responsibilities):
    return np.allclose(products, products.transpose(0, 2, 1))


# --- From sums back to parameters -----------------------------------------------------


def parameters_from_sums(counts, sums, products):
    """Return weights (K,), means (K, D) and covariances (K, D, D)."""
    means = sums / counts[:, np.newaxis]
    second = products / counts[:, np.newaxis, np.newaxis]
    outer = means[:, :, np.newaxis] * means[:, np.newaxis, :]
    return counts / counts.sum(), means, second - outer


def _draw_sums(rng):
    return sufficient_statistics(*draw_responsibilities(rng, N=12, K=3, D=2))


PARAMETERS_FROM_SUMS = Exercise(
    reference=parameters_from_sums,
    task="Do the M-step from the three sums alone: `counts` Σ_n r_nk, `sums` Σ_n r_nk "
    "x_n and `products` Σ_n r_nk x_n x_nᵀ.",
    why="The average of (x − μ)(x − μ)ᵀ is the average of x xᵀ minus μ μᵀ: multiply "
    "out, and the two mixed terms are each −μ μᵀ.",
    hints=(
        "A variance is the mean of the squares minus … what?",
        "Divide sums and products by N_k. Then subtract μ_k μ_kᵀ, a matrix for each k.",
        "`np.outer(means[k], means[k])` for each k, or "
        "`means[:, :, np.newaxis] * means[:, np.newaxis, :]` for all.",
    ),
    returns={"weights": "shape (K,)", "means": "(K, D)", "covariances": "(K, D, D)"},
    draw=_draw_sums,
)


@PARAMETERS_FROM_SUMS.misconception(
    "Your covariances are averages of x xᵀ, measured from 0. Subtract μ_k μ_kᵀ."
)
def _(counts, sums, products):
    weights, means, _ = parameters_from_sums(counts, sums, products)
    return weights, means, products / counts[:, None, None]


@PARAMETERS_FROM_SUMS.misconception(
    "You subtract the outer product of the *sums*. It is the outer product of the "
    "means, after dividing by N_k."
)
def _(counts, sums, products):
    weights, means, _ = parameters_from_sums(counts, sums, products)
    outer = sums[:, :, None] * sums[:, None, :]
    return weights, means, (products - outer) / counts[:, None, None]


@PARAMETERS_FROM_SUMS.misconception(
    "You divide everything by N. What belongs to component k is divided by its own "
    "N_k = `counts[k]`."
)
def _(counts, sums, products):
    means = sums / counts.sum()
    outer = means[:, :, None] * means[:, None, :]
    return counts / counts.sum(), means, products / counts.sum() - outer


@PARAMETERS_FROM_SUMS.misconception(
    "Your weights are the counts N_k. Divide them by their sum, which is N."
)
def _(counts, sums, products):
    return counts, *parameters_from_sums(counts, sums, products)[1:]


@PARAMETERS_FROM_SUMS.misconception(
    "You subtract the squared means from each *row* of the matrix. For the entry (i, "
    "j) it is μ_i μ_j: the outer product."
)
def _(counts, sums, products):
    weights, means, _ = parameters_from_sums(counts, sums, products)
    return weights, means, products / counts[:, None, None] - means[:, None, :] ** 2


@PARAMETERS_FROM_SUMS.misconception(
    "You divide by N_k after subtracting μ_k μ_kᵀ, and so divide that, too. Divide "
    "`products` first, then subtract."
)
def _(counts, sums, products):
    weights, means, _ = parameters_from_sums(counts, sums, products)
    outer = means[:, :, None] * means[:, None, :]
    return weights, means, (products - outer) / counts[:, None, None]


@PARAMETERS_FROM_SUMS.misconception(
    "Your covariances are still sums, N_k times too large. Divide them by N_k."
)
def _(counts, sums, products):
    weights, means, covariances = parameters_from_sums(counts, sums, products)
    return weights, means, covariances * counts[:, None, None]


@PARAMETERS_FROM_SUMS.misconception(
    "You add μ_k μ_kᵀ to the average of x xᵀ. Subtract it."
)
def _(counts, sums, products):
    weights, means, _ = parameters_from_sums(counts, sums, products)
    outer = means[:, :, None] * means[:, None, :]
    return weights, means, products / counts[:, None, None] + outer


@PARAMETERS_FROM_SUMS.misconception(
    "You divide the products by N, the number of all points. What belongs to "
    "component k is divided by its own N_k = `counts[k]`."
)
def _(counts, sums, products):
    weights, means, _ = parameters_from_sums(counts, sums, products)
    outer = means[:, :, None] * means[:, None, :]
    return weights, means, products / counts.sum() - outer


@PARAMETERS_FROM_SUMS.misconception(
    "`means[k] @ means[k]` is a single number. For each pair of features subtract μ_i "
    "μ_j: `np.outer(means[k], means[k])`."
)
def _(counts, sums, products):
    weights, means, _ = parameters_from_sums(counts, sums, products)
    squares = (means**2).sum(axis=1)
    return weights, means, products / counts[:, None, None] - squares[:, None, None]


@PARAMETERS_FROM_SUMS.misconception(
    "You keep the variances only. The covariances of two features beside the diagonal "
    "belong to the answer, too."
)
def _(counts, sums, products):
    weights, means, covariances = parameters_from_sums(counts, sums, products)
    return weights, means, covariances * np.eye(means.shape[1])


@PARAMETERS_FROM_SUMS.misconception(
    "Your means are the sums. Divide them by N_k: `sums / counts[:, np.newaxis]`."
)
def _(counts, sums, products):
    weights, _, covariances = parameters_from_sums(counts, sums, products)
    return weights, sums, covariances


@PARAMETERS_FROM_SUMS.misconception(
    "You divide the counts by the number of components. Divide by the number of "
    "points, `counts.sum()`."
)
def _(counts, sums, products):
    return counts / len(counts), *parameters_from_sums(counts, sums, products)[1:]


@PARAMETERS_FROM_SUMS.invariant("The weights must sum to 1.")
def _(weights, means, covariances, counts, sums, products):
    return np.isclose(weights.sum(), 1)


@PARAMETERS_FROM_SUMS.invariant("A variance cannot be negative.")
def _(weights, means, covariances, counts, sums, products):
    return bool((np.diagonal(covariances, axis1=1, axis2=2) > 0).all())


# --- Blocks ---------------------------------------------------------------------------


def means_from_blocks(blocks):
    """Return the means of all points, shape (K, D), from the sums of blocks."""
    counts = sum(counts for counts, _ in blocks)
    sums = sum(sums for _, sums in blocks)
    return sums / counts[:, np.newaxis]


def _draw_blocks(rng):
    blocks = []
    for N in [5, 20, 9]:
        X, responsibilities = draw_responsibilities(rng, N, K=3, D=2)
        blocks.append(sufficient_statistics(X, responsibilities)[:2])
    return (blocks,)


MEANS_FROM_BLOCKS = Exercise(
    reference=means_from_blocks,
    task="Each block of points has sent `(counts, sums)`: Σ_n r_nk, shape (K,), and "
    "Σ_n r_nk x_n, shape (K, D). Return the means that all points together have.",
    why="Sums add; averages do not. So add both sums over the blocks, and divide once.",
    hints=(
        "One block has 5 points and another 20. Should both have the same say?",
        "Add all counts, add all sums, and only then divide.",
        "`sum(counts for counts, _ in blocks)`, the same for the sums; then "
        "`sums / counts[:, np.newaxis]`.",
    ),
    returns={"means": "shape (K, D)"},
    draw=_draw_blocks,
)


@MEANS_FROM_BLOCKS.misconception(
    "You average the means of the blocks. A component may own much of one block and "
    "little of another: add the sums and the counts first, divide once."
)
def _(blocks):
    return np.mean([sums / counts[:, None] for counts, sums in blocks], axis=0)


@MEANS_FROM_BLOCKS.misconception(
    "You weight each block's means by its number of points. What counts for component "
    "k is how much of the block it owns, its count."
)
def _(blocks):
    means = [sums / counts[:, None] for counts, sums in blocks]
    return np.average(means, axis=0, weights=[counts.sum() for counts, _ in blocks])


@MEANS_FROM_BLOCKS.misconception(
    "You divide the sums of all blocks by the counts of the last one. Add the counts "
    "too."
)
def _(blocks):
    return sum(sums for _, sums in blocks) / blocks[-1][0][:, None]


@MEANS_FROM_BLOCKS.misconception(
    "You divide by the number of all points. Component k owns only its own count of "
    "them."
)
def _(blocks):
    return sum(sums for _, sums in blocks) / sum(counts.sum() for counts, _ in blocks)


@MEANS_FROM_BLOCKS.misconception(
    "You return the sums. Divide them by the summed counts."
)
def _(blocks):
    return sum(sums for _, sums in blocks)


@MEANS_FROM_BLOCKS.misconception(
    "You add up the means of the blocks. Add the sums and the counts, and divide once "
    "at the end."
)
def _(blocks):
    return sum(sums / counts[:, None] for counts, sums in blocks)


@MEANS_FROM_BLOCKS.misconception(
    "This is the mean of the first block. A `return` inside the loop ends it there: "
    "first go through all blocks, then return."
)
def _(blocks):
    counts, sums = blocks[0]
    return sums / counts[:, None]


@MEANS_FROM_BLOCKS.misconception(
    "This is the mean of the last block. Add up over the blocks: `+=` to a sum that "
    "begins at 0, instead of `=`."
)
def _(blocks):
    counts, sums = blocks[-1]
    return sums / counts[:, None]


@MEANS_FROM_BLOCKS.misconception(
    "You divide by the number of blocks. Divide by the counts, added up over all "
    "blocks."
)
def _(blocks):
    return sum(sums for _, sums in blocks) / len(blocks)
