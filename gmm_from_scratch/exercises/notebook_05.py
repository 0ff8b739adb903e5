"""Exercises of notebook 05: move the Gaussians."""

import numpy as np
from scipy.special import softmax

from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_responsibilities


def _draw_shares(rng):
    """Draw responsibilities only."""
    return draw_responsibilities(rng, N=12, K=4, D=2)[1:]


def _draw_both(rng):
    """Draw points and responsibilities; K and D differ."""
    return draw_responsibilities(rng, N=12, K=3, D=2)


def _edges():
    """Make examples with one component, and with one feature."""
    X, responsibilities = draw_responsibilities(np.random.default_rng(98), 9, 3, 1)
    return {
        "one component": (
            np.random.default_rng(97).normal(size=(6, 3)),
            np.ones((6, 1)),
        ),
        "one feature": (X, responsibilities),
    }


def _hard(responsibilities):
    """Give each point wholly to its likeliest component."""
    K = responsibilities.shape[1]
    return np.eye(K)[responsibilities.argmax(axis=1)]


def _scatters(X, responsibilities, centers, power=1):
    """Sum r (x − c)(x − c)ᵀ over the points, around any centers, for each component."""
    gaps = X[:, np.newaxis] - centers
    return np.einsum("nk,nki,nkj->kij", responsibilities**power, gaps, gaps)


# --- Effective counts -------------------------------------------------------------


def effective_counts(responsibilities):
    """Return N_k, how many points each component owns, shape (K,)."""
    return responsibilities.sum(axis=0)


EFFECTIVE_COUNTS = Exercise(
    reference=effective_counts,
    task="Count how many points each component owns, where a share of a point counts "
    "as that share: N_k = Σ_n r_nk.",
    why="Points are rows, components columns; adding down a column collects what one "
    "component owns of all points.",
    hints=(
        "A component owns 0.9 of one point and 0.3 of another. How many points is "
        "that? And where in the array do these two numbers stand?",
        "One component is one column. Sum over the points, which are the rows.",
        "`responsibilities.sum(axis=0)`.",
    ),
    returns={"counts": "shape (K,), one number for each component"},
    draw=_draw_shares,
    special={"one component": (np.ones((5, 1)),)},
)


@EFFECTIVE_COUNTS.misconception(
    "You sum over the components and get 1 for each point, as it must be. Sum over the "
    "*points*: `axis=0`."
)
def _(responsibilities):
    return responsibilities.sum(axis=1)


@EFFECTIVE_COUNTS.misconception(
    "You count each point in full for its likeliest component. An unsure point counts "
    "for several components, for each with its share."
)
def _(responsibilities):
    return _hard(responsibilities).sum(axis=0)


@EFFECTIVE_COUNTS.misconception(
    "You count the points of which a component owns more than half. Add up the shares "
    "themselves, small ones too."
)
def _(responsibilities):
    return (responsibilities > 0.5).sum(axis=0)


@EFFECTIVE_COUNTS.misconception(
    "You take the mean over the points, which gives shares of all points: these are "
    "the *weights*. A count is the sum."
)
def _(responsibilities):
    return responsibilities.mean(axis=0)


@EFFECTIVE_COUNTS.misconception(
    "You share the points out evenly, N/K for each component. How many a component "
    "owns is written in its responsibilities."
)
def _(responsibilities):
    N, K = responsibilities.shape
    return np.full(K, N / K)


@EFFECTIVE_COUNTS.misconception(
    "You add up all responsibilities, which gives N whatever they are. Each component "
    "has its own count: `axis=0`."
)
def _(responsibilities):
    return responsibilities.sum()


@EFFECTIVE_COUNTS.misconception(
    "This is (Σ r)² / Σ r², the effective *sample size* of survey statistics. The "
    "effective count is the plain sum Σ r."
)
def _(responsibilities):
    return responsibilities.sum(axis=0) ** 2 / (responsibilities**2).sum(axis=0)


@EFFECTIVE_COUNTS.misconception(
    "You round. Effective counts are sums of shares and need not be whole numbers."
)
def _(responsibilities):
    return responsibilities.sum(axis=0).round()


@EFFECTIVE_COUNTS.misconception(
    "You square the responsibilities, and unsure points count for too little. Half a "
    "point counts one half."
)
def _(responsibilities):
    return (responsibilities**2).sum(axis=0)


@EFFECTIVE_COUNTS.invariant(
    "The counts must sum to N: each point shares out exactly 1."
)
def _(counts, responsibilities):
    return np.isclose(counts.sum(), len(responsibilities))


# --- Weights ----------------------------------------------------------------------


def update_weights(responsibilities):
    """Return the new weights π_k, shape (K,)."""
    counts = responsibilities.sum(axis=0)
    return counts / len(responsibilities)


UPDATE_WEIGHTS = Exercise(
    reference=update_weights,
    task="Give each component as weight its share of all points: π_k = N_k / N.",
    why="The counts N_k sum to N, so that dividing by N makes shares of 1; it is the "
    "mean responsibility of each component.",
    hints=(
        "A component owns 30 of 120 points, in whole points or in shares. How common "
        "is it?",
        "Take the effective counts and divide them by the number of points.",
        "`responsibilities.sum(axis=0) / len(responsibilities)`.",
    ),
    returns={"weights": "shape (K,), summing to 1"},
    draw=_draw_shares,
    special={"one component": (np.ones((5, 1)),)},
)


@UPDATE_WEIGHTS.misconception(
    "These are the effective counts N_k. Divide them by N, so that they sum to 1."
)
def _(responsibilities):
    return responsibilities.sum(axis=0)


@UPDATE_WEIGHTS.misconception(
    "You divide the counts by K, the number of components. A share of all points is a "
    "count divided by N, the number of *points*."
)
def _(responsibilities):
    return responsibilities.sum(axis=0) / responsibilities.shape[1]


@UPDATE_WEIGHTS.misconception(
    "You count each point in full for its likeliest component. Let it count for every "
    "component with its share."
)
def _(responsibilities):
    return _hard(responsibilities).mean(axis=0)


@UPDATE_WEIGHTS.misconception(
    "You make all components equally common, 1/K each. The M-step *learns* how common "
    "they are, from the responsibilities."
)
def _(responsibilities):
    K = responsibilities.shape[1]
    return np.full(K, 1 / K)


@UPDATE_WEIGHTS.misconception(
    "You average over the components, one number for each *point*. Average over the "
    "points: `axis=0`."
)
def _(responsibilities):
    return responsibilities.mean(axis=1)


@UPDATE_WEIGHTS.misconception(
    "You divide by the largest count, so that the most common component has 1. Divide "
    "by N, so that all together have 1."
)
def _(responsibilities):
    counts = responsibilities.sum(axis=0)
    return counts / counts.max()


@UPDATE_WEIGHTS.misconception(
    "You put the counts through a softmax. They are shares already, up to the factor "
    "1/N: divide by N."
)
def _(responsibilities):
    return softmax(responsibilities.sum(axis=0))


@UPDATE_WEIGHTS.misconception(
    "You divide by N K, the size of the whole array. The counts sum to N: divide by "
    "`len(responsibilities)`."
)
def _(responsibilities):
    return responsibilities.sum(axis=0) / responsibilities.size


@UPDATE_WEIGHTS.misconception(
    "You divide by N − 1, as for a variance. Shares of N points have N."
)
def _(responsibilities):
    return responsibilities.sum(axis=0) / (len(responsibilities) - 1)


@UPDATE_WEIGHTS.misconception(
    "The mean of *all* responsibilities is 1/K whatever they are. Average each column: "
    "`axis=0`."
)
def _(responsibilities):
    return responsibilities.mean()


@UPDATE_WEIGHTS.invariant("The weights must sum to 1.")
def _(weights, responsibilities):
    return np.isclose(weights.sum(), 1)


@UPDATE_WEIGHTS.invariant("Weights are shares, between 0 and 1.")
def _(weights, responsibilities):
    return bool(((weights >= 0) & (weights <= 1)).all())


# --- Means ------------------------------------------------------------------------


def update_means(X, responsibilities):
    """Return the new means μ_k, shape (K, D)."""
    counts = responsibilities.sum(axis=0)
    return responsibilities.T @ X / counts[:, np.newaxis]


UPDATE_MEANS = Exercise(
    reference=update_means,
    task="Move each mean to the average of the points, each counted with its share: "
    "μ_k = Σ_n r_nk x_n / N_k.",
    why="The matrix product (K, N) @ (N, D) adds up r_nk x_n over the points, for all "
    "components at once; dividing row k by N_k makes a weighted average of it.",
    hints=(
        "Your final grade is an average in which some exams count more than others. "
        "What do you divide the weighted sum by?",
        "Σ_n r_nk x_n for all k at once is a matrix product of shape (K, D). Then each "
        "row has its own divisor, N_k.",
        "`responsibilities.T @ X`, divided by `counts[:, np.newaxis]`, where `counts` "
        "is `responsibilities.sum(axis=0)`.",
    ),
    returns={"means": "shape (K, D), one row for each component"},
    draw=_draw_both,
    special=_edges(),
)


@UPDATE_MEANS.misconception(
    "You divide by N, and all means are pulled towards 0. A component averages over "
    "what *it* owns: divide by N_k."
)
def _(X, responsibilities):
    return responsibilities.T @ X / len(X)


@UPDATE_MEANS.misconception(
    "You divide by K, the number of components. Divide each row by N_k, the number of "
    "points that its component owns."
)
def _(X, responsibilities):
    return responsibilities.T @ X / responsibilities.shape[1]


@UPDATE_MEANS.misconception(
    "These are the weighted sums of the points. Divide each row by its N_k to get "
    "averages."
)
def _(X, responsibilities):
    return responsibilities.T @ X


@UPDATE_MEANS.misconception(
    "Each component gets the mean of *all* points, unweighted, and so all are the "
    "same. Count each point with its responsibility."
)
def _(X, responsibilities):
    return np.repeat(X.mean(axis=0)[np.newaxis], responsibilities.shape[1], axis=0)


@UPDATE_MEANS.misconception(
    "You give each point wholly to its likeliest component, as K-means does. Every "
    "point counts for every component, with its share."
)
def _(X, responsibilities):
    return update_means(X, _hard(responsibilities))


@UPDATE_MEANS.misconception(
    "The numbers are right, but lie across: one column for each component, shape "
    "(D, K). Components are rows; try `responsibilities.T @ X`."
)
def _(X, responsibilities):
    return update_means(X, responsibilities).T


@UPDATE_MEANS.misconception(
    "You weight each point with the *square* of its responsibility. That is how fuzzy "
    "c-means does it; here it is the responsibility itself."
)
def _(X, responsibilities):
    return update_means(X, responsibilities**2)


@UPDATE_MEANS.misconception(
    "You move each mean onto the point that it owns most of. Let all points have a "
    "say, each according to its share."
)
def _(X, responsibilities):
    return X[responsibilities.argmax(axis=0)]


@UPDATE_MEANS.misconception(
    "You divide by the weight π_k, and the means are N times too large. Divide by the "
    "count N_k."
)
def _(X, responsibilities):
    return update_means(X, responsibilities) * len(X)


@UPDATE_MEANS.misconception(
    "You divide twice, by N_k and by N. Divided by N_k, the shares of a component sum "
    "to 1 already: `sum` instead of `mean`."
)
def _(X, responsibilities):
    return update_means(X, responsibilities) / len(X)


@UPDATE_MEANS.misconception(
    "`reshape` keeps the order of the numbers and deals them out in rows anew, so "
    "features and components mix. Turn the array with `.T`."
)
def _(X, responsibilities):
    means = update_means(X, responsibilities)
    return means.T.reshape(means.shape)


@UPDATE_MEANS.invariant(
    "A weighted average lies between the smallest and the largest value of each "
    "feature. Yours does not: are the divisors the sums of the weights?"
)
def _(means, X, responsibilities):
    low, high = X.min(axis=0) - 1e-9, X.max(axis=0) + 1e-9
    return bool(((means >= low) & (means <= high)).all())


@UPDATE_MEANS.invariant(
    "Averaged with the weights π_k, the means must give the mean of all points, since "
    "each point is shared out completely. Yours do not."
)
def _(means, X, responsibilities):
    return np.allclose(responsibilities.mean(axis=0) @ means, X.mean(axis=0))


# --- Covariances ------------------------------------------------------------------


def update_covariances(X, responsibilities):
    """Return the new covariances Σ_k, around the new means, shape (K, D, D)."""
    counts = responsibilities.sum(axis=0)
    means = responsibilities.T @ X / counts[:, np.newaxis]
    covariances = []
    for k, mean in enumerate(means):
        centered = X - mean
        weighted = responsibilities[:, [k]] * centered
        covariances.append(weighted.T @ centered / counts[k])
    return np.array(covariances)


UPDATE_COVARIANCES = Exercise(
    reference=update_covariances,
    task="Give each component the weighted covariance of the points around its *new* "
    "mean: Σ_k = Σ_n r_nk (x_n − μ_k)(x_n − μ_k)ᵀ / N_k.",
    why="The product (D, N) @ (N, D) adds up the outer products of all points; the "
    "responsibility stands on one of the two factors, so that it counts once.",
    hints=(
        "A covariance is an average too: of the outer products of what is left of each "
        "point when the mean is taken away. Whose mean, and which weights?",
        "For each k: subtract the new mean k, multiply the rows by r_nk, and form the "
        "matrix product (D, N) @ (N, D). Divide by N_k.",
        "In a loop over k: `centered = X - means[k]`, then "
        "`(responsibilities[:, [k]] * centered).T @ centered / counts[k]`.",
    ),
    returns={"covariances": "shape (K, D, D), one matrix for each component"},
    draw=_draw_both,
    special=_edges(),
)


@UPDATE_COVARIANCES.misconception(
    "You divide by N, and the ellipses come out too small. A component averages over "
    "what it owns: divide by N_k."
)
def _(X, responsibilities):
    return _scatters(X, responsibilities, update_means(X, responsibilities)) / len(X)


@UPDATE_COVARIANCES.misconception(
    "You divide by N_k − 1. The maximum of the likelihood has N_k; the other makes "
    "the estimate unbiased where membership is certain."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis, np.newaxis]
    return _scatters(X, responsibilities, update_means(X, responsibilities)) / (
        counts - 1
    )


@UPDATE_COVARIANCES.misconception(
    "You divide by K, the number of components. Divide matrix k by N_k, the number of "
    "points that component k owns."
)
def _(X, responsibilities):
    scatters = _scatters(X, responsibilities, update_means(X, responsibilities))
    return scatters / responsibilities.shape[1]


@UPDATE_COVARIANCES.misconception(
    "You forgot 1/N_k: these are sums over the points, N_k times too large. Divide by "
    "N_k to make averages of them."
)
def _(X, responsibilities):
    return _scatters(X, responsibilities, update_means(X, responsibilities))


@UPDATE_COVARIANCES.misconception(
    "You measure the spread around the mean of all points. Measure that of component k "
    "around its own new mean μ_k, or the ellipses become too long."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis, np.newaxis]
    return _scatters(X, responsibilities, X.mean(axis=0)) / counts


@UPDATE_COVARIANCES.misconception(
    "`np.cov` without weights gives every component the covariance of *all* points. "
    "Multiply by r_nk yourself, or pass `aweights=responsibilities[:, k], bias=True`."
)
def _(X, responsibilities):
    covariance = np.cov(X.T).reshape(X.shape[1], -1)
    return np.repeat(covariance[np.newaxis], responsibilities.shape[1], axis=0)


@UPDATE_COVARIANCES.misconception(
    "Every component gets the covariance of all points around their common mean. "
    "Center at μ_k, and count each point with r_nk."
)
def _(X, responsibilities):
    covariance = np.cov(X.T, bias=True).reshape(X.shape[1], -1)
    return np.repeat(covariance[np.newaxis], responsibilities.shape[1], axis=0)


@UPDATE_COVARIANCES.misconception(
    "`np.cov` with `aweights` divides by something smaller than N_k, unless you also "
    "pass `bias=True`."
)
def _(X, responsibilities):
    D = X.shape[1]
    covariances = [np.cov(X.T, aweights=r) for r in responsibilities.T]
    return np.reshape(covariances, (-1, D, D))


@UPDATE_COVARIANCES.misconception(
    "You center at the right mean, but then let all points count in full. Multiply "
    "each outer product by r_nk, and divide by N_k."
)
def _(X, responsibilities):
    ones = np.ones_like(responsibilities)
    return _scatters(X, ones, update_means(X, responsibilities)) / len(X)


@UPDATE_COVARIANCES.misconception(
    "Both factors carry the responsibility, so each point counts with r_nk *squared*. "
    "Multiply only one of the two by it."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis, np.newaxis]
    return _scatters(X, responsibilities, update_means(X, responsibilities), 2) / counts


@UPDATE_COVARIANCES.misconception(
    "You did not subtract the mean: these are averages of x xᵀ. Center the points "
    "first, `X - means[k]`."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis, np.newaxis]
    return _scatters(X, responsibilities, np.zeros(X.shape[1])) / counts


@UPDATE_COVARIANCES.misconception(
    "You give each point wholly to its likeliest component and take the covariance of "
    "these. Every point counts for every component, with its share."
)
def _(X, responsibilities):
    return update_covariances(X, _hard(responsibilities))


@UPDATE_COVARIANCES.misconception(
    "You form the inner product, (x − μ)ᵀ(x − μ), one number for each component. The "
    "outer product is a D × D matrix: `weighted.T @ centered`."
)
def _(X, responsibilities):
    return np.trace(update_covariances(X, responsibilities), axis1=1, axis2=2)


@UPDATE_COVARIANCES.misconception(
    "The product is the wrong way round, (N, D) @ (D, N), and gives N × N. Sum over "
    "the points, (D, N) @ (N, D): `weighted.T @ centered`."
)
def _(X, responsibilities):
    gaps = X[:, np.newaxis] - update_means(X, responsibilities)
    shares = responsibilities / responsibilities.sum(axis=0)
    return np.einsum("nk,nki,mki->knm", shares, gaps, gaps)


@UPDATE_COVARIANCES.misconception(
    "You square element by element, which gives the variances only. The matrix also "
    "holds the products of different features: `weighted.T @ centered`."
)
def _(X, responsibilities):
    covariances = update_covariances(X, responsibilities)
    return np.diagonal(covariances, axis1=1, axis2=2)


@UPDATE_COVARIANCES.misconception(
    "The numbers are right, but with one feature `np.cov` returns a plain number, and "
    "a matrix of shape (1, 1) is expected: `np.cov(...).reshape(D, D)`."
)
def _(X, responsibilities):
    covariances = update_covariances(X, responsibilities)
    return covariances if X.shape[1] > 1 else covariances[:, 0, 0]


@UPDATE_COVARIANCES.misconception(
    "`np.cov` takes rows for features, so yours measures how the points vary "
    "together, N × N. Pass `X.T`, and the responsibilities as `aweights`."
)
def _(X, responsibilities):
    centered = X - X.mean(axis=1, keepdims=True)
    covariance = centered @ centered.T / np.float64(X.shape[1] - 1)
    return np.repeat(covariance[np.newaxis], responsibilities.shape[1], axis=0)


@UPDATE_COVARIANCES.misconception(
    "You measure the spread of all components around the first mean. Each has its own: "
    "`means[k]`."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis, np.newaxis]
    return _scatters(X, responsibilities, update_means(X, responsibilities)[0]) / counts


@UPDATE_COVARIANCES.misconception(
    "The means that you center at are divided by N. They are averages over what the "
    "component owns: divide by N_k, there too."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis, np.newaxis]
    return _scatters(X, responsibilities, responsibilities.T @ X / len(X)) / counts


@UPDATE_COVARIANCES.misconception(
    "You multiply the points by r_nk first and then subtract the mean. Center first, "
    "`X - means[k]`, and weight what is left."
)
def _(X, responsibilities):
    gaps = responsibilities[:, :, np.newaxis] * X[:, np.newaxis] - update_means(
        X, responsibilities
    )
    counts = responsibilities.sum(axis=0)[:, np.newaxis, np.newaxis]
    return np.einsum("nki,nkj->kij", gaps, gaps) / counts


@UPDATE_COVARIANCES.misconception(
    "You divide by the weight π_k, and the covariances are N times too large. Divide "
    "by the count N_k."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities) * len(X)


@UPDATE_COVARIANCES.misconception(
    "You divide by N − 1. A component averages over what it owns: divide by N_k."
)
def _(X, responsibilities):
    scatters = _scatters(X, responsibilities, update_means(X, responsibilities))
    return scatters / (len(X) - 1)


@UPDATE_COVARIANCES.misconception(
    "You put zeros beside the diagonal: that is the type `diag`. A full covariance "
    "also holds the products of different features."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities) * np.eye(X.shape[1])


@UPDATE_COVARIANCES.misconception(
    "You return the last component's matrix alone. Collect all K of them: `append` "
    "each to a list inside the loop."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities)[-1]


@UPDATE_COVARIANCES.misconception(
    "You return after the first component. Does your `return` stand inside the loop?"
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities)[:1]


@UPDATE_COVARIANCES.invariant(
    "A covariance matrix is symmetric; yours differs from its transpose."
)
def _(covariances, X, responsibilities):
    return np.allclose(covariances, covariances.transpose(0, 2, 1))


@UPDATE_COVARIANCES.invariant(
    "The diagonal holds variances, which are averages of squares and cannot be "
    "negative."
)
def _(covariances, X, responsibilities):
    return bool((np.diagonal(covariances, axis1=1, axis2=2) >= 0).all())


# --- Diagonal covariances ---------------------------------------------------------


def update_variances_diag(X, responsibilities):
    """Return the new variance of each feature in each component, shape (K, D)."""
    counts = responsibilities.sum(axis=0)[:, np.newaxis]
    means = responsibilities.T @ X / counts
    squares = (X[:, np.newaxis] - means) ** 2  # shape (N, K, D)
    return (responsibilities[:, :, np.newaxis] * squares).sum(axis=0) / counts


UPDATE_VARIANCES_DIAG = Exercise(
    reference=update_variances_diag,
    task="For ellipses along the axes, give each component the weighted variance of "
    "each feature around its new mean: σ²_kd = Σ_n r_nk (x_nd − μ_kd)² / N_k.",
    why="It is the diagonal of the full covariance; what lies beside it is never "
    "computed.",
    hints=(
        "You have computed these numbers already, in the full covariances. Where do "
        "they stand there?",
        "Subtract the new means, square element by element, and average over the "
        "points with the responsibilities as weights.",
        "`X[:, np.newaxis] - means` has shape (N, K, D). Square it, multiply by "
        "`responsibilities[:, :, np.newaxis]`, sum over `axis=0`, divide by N_k.",
    ),
    returns={"variances": "shape (K, D), one row for each component"},
    draw=_draw_both,
    special=_edges(),
)


def _variances(X, responsibilities, centers=None):
    """Average r (x − c)² over the points, for each component and feature."""
    centers = update_means(X, responsibilities) if centers is None else centers
    gaps = X[:, np.newaxis] - centers
    sums = (responsibilities[:, :, np.newaxis] * gaps**2).sum(axis=0)
    return sums / responsibilities.sum(axis=0)[:, np.newaxis]


@UPDATE_VARIANCES_DIAG.misconception(
    "These are standard deviations. A covariance holds variances: leave out the root."
)
def _(X, responsibilities):
    return np.sqrt(_variances(X, responsibilities))


@UPDATE_VARIANCES_DIAG.misconception(
    "You divide by N. A component averages over what it owns: divide by N_k."
)
def _(X, responsibilities):
    weights = responsibilities.mean(axis=0)[:, np.newaxis]
    return _variances(X, responsibilities) * weights


@UPDATE_VARIANCES_DIAG.misconception(
    "You forgot 1/N_k: these are weighted sums of squares. Divide row k by N_k."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis]
    return _variances(X, responsibilities) * counts


@UPDATE_VARIANCES_DIAG.misconception(
    "You measure around the mean of all points. Each component has its own new mean."
)
def _(X, responsibilities):
    return _variances(X, responsibilities, X.mean(axis=0))


@UPDATE_VARIANCES_DIAG.misconception(
    "You did not subtract the means: these are averages of x². Center first."
)
def _(X, responsibilities):
    return _variances(X, responsibilities, np.zeros(X.shape[1]))


@UPDATE_VARIANCES_DIAG.misconception(
    "Every component gets the variances of *all* points. Weight each point with its "
    "responsibility, and measure around the new mean of the component."
)
def _(X, responsibilities):
    return np.repeat(X.var(axis=0)[np.newaxis], responsibilities.shape[1], axis=0)


@UPDATE_VARIANCES_DIAG.misconception(
    "You average over the features as well: that is the spherical type, a circle. "
    "Along the axes, each feature keeps its own variance."
)
def _(X, responsibilities):
    return _variances(X, responsibilities).mean(axis=1)


@UPDATE_VARIANCES_DIAG.misconception(
    "You return whole matrices. Zeros off the diagonal need no storing: return the "
    "diagonals, shape (K, D)."
)
def _(X, responsibilities):
    variances = _variances(X, responsibilities)
    return variances[:, :, np.newaxis] * np.eye(X.shape[1])


@UPDATE_VARIANCES_DIAG.misconception(
    "You square the responsibility too. Square what is left of the point, x − μ, and "
    "then multiply by r_nk."
)
def _(X, responsibilities):
    gaps = X[:, np.newaxis] - update_means(X, responsibilities)
    sums = ((responsibilities[:, :, np.newaxis] * gaps) ** 2).sum(axis=0)
    return sums / responsibilities.sum(axis=0)[:, np.newaxis]


@UPDATE_VARIANCES_DIAG.misconception(
    "All your variances are 0. Did you forget the square? Around their own mean, the "
    "distances x − μ themselves cancel."
)
def _(X, responsibilities):
    return np.zeros((responsibilities.shape[1], X.shape[1]))


@UPDATE_VARIANCES_DIAG.misconception(
    "You center at the right means, but then let all points count in full. Multiply "
    "the squares by r_nk, and divide by N_k."
)
def _(X, responsibilities):
    gaps = X[:, np.newaxis] - update_means(X, responsibilities)
    return (gaps**2).mean(axis=0)


@UPDATE_VARIANCES_DIAG.misconception(
    "You divide by N_k − 1. The maximum of the likelihood has N_k."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)[:, np.newaxis]
    return _variances(X, responsibilities) * counts / (counts - 1)


@UPDATE_VARIANCES_DIAG.misconception(
    "You return the full covariances. Of each of them only the diagonal is kept, shape "
    "(K, D)."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities)


@UPDATE_VARIANCES_DIAG.misconception(
    "You give each point wholly to its likeliest component and take the variances of "
    "these. Every point counts for every component, with its share."
)
def _(X, responsibilities):
    return _variances(X, _hard(responsibilities))


@UPDATE_VARIANCES_DIAG.invariant("A variance is an average of squares, so at least 0.")
def _(variances, X, responsibilities):
    return bool((variances >= 0).all())


# --- Spherical covariances --------------------------------------------------------


def update_variances_spherical(X, responsibilities):
    """Return the one new variance of each component, shape (K,)."""
    counts = responsibilities.sum(axis=0)
    means = responsibilities.T @ X / counts[:, np.newaxis]
    squared_distances = ((X[:, np.newaxis] - means) ** 2).sum(axis=2)
    return (responsibilities * squared_distances).sum(axis=0) / counts / X.shape[1]


UPDATE_VARIANCES_SPHERICAL = Exercise(
    reference=update_variances_spherical,
    task="For circles, give each component a single variance, the same in every "
    "direction: the average of its D variances, "
    "σ²_k = Σ_n r_nk ‖x_n − μ_k‖² / (D N_k).",
    why="Each point brings D squares, one for each feature; N_k points bring D N_k of "
    "them, and σ² is their average.",
    hints=(
        "A circle has one radius, but the points bring a square for each of the D "
        "features. How many squares are averaged altogether?",
        "Average the D variances of the diagonal type over the features.",
        "The squared distances to the new means have shape (N, K). Multiply by the "
        "responsibilities, sum over `axis=0`, divide by `counts` and by `X.shape[1]`.",
    ),
    returns={"variances": "shape (K,), one number for each component"},
    draw=_draw_both,
    special=_edges(),
)


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You add up the variances of the D features: that is the average squared distance "
    "from the mean. Divide by D as well."
)
def _(X, responsibilities):
    return _variances(X, responsibilities).sum(axis=1)


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "This is the standard deviation, the radius of the circle. Asked is the variance, "
    "its square."
)
def _(X, responsibilities):
    return np.sqrt(_variances(X, responsibilities).mean(axis=1))


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You divide by N. A component averages over what it owns: divide by N_k (and D)."
)
def _(X, responsibilities):
    variances = _variances(X, responsibilities).mean(axis=1)
    return variances * responsibilities.mean(axis=0)


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You measure around the mean of all points. Each component has its own new mean."
)
def _(X, responsibilities):
    return _variances(X, responsibilities, X.mean(axis=0)).mean(axis=1)


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You take the largest of the D variances, a circle around the whole ellipse. The "
    "likeliest circle has their average."
)
def _(X, responsibilities):
    return _variances(X, responsibilities).max(axis=1)


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You use the first feature only. Average the variances of all D of them."
)
def _(X, responsibilities):
    return _variances(X, responsibilities)[:, 0]


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You average the standard deviations and square the result. Average the variances "
    "themselves."
)
def _(X, responsibilities):
    return np.sqrt(_variances(X, responsibilities)).mean(axis=1) ** 2


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You take the geometric mean of the variances, the circle of the same area as the "
    "ellipse. The likeliest circle has their arithmetic mean."
)
def _(X, responsibilities):
    return np.exp(np.log(_variances(X, responsibilities)).mean(axis=1))


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You use the distances themselves, without the square. A variance averages "
    "*squared* distances."
)
def _(X, responsibilities):
    gaps = X[:, np.newaxis] - update_means(X, responsibilities)
    distances = np.sqrt((gaps**2).sum(axis=2))
    counts = responsibilities.sum(axis=0)
    return (responsibilities * distances).sum(axis=0) / counts / X.shape[1]


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You forgot 1/N_k: these are weighted sums of squares. Divide by N_k (and D)."
)
def _(X, responsibilities):
    counts = responsibilities.sum(axis=0)
    return _variances(X, responsibilities).mean(axis=1) * counts


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You divide by K where D is meant. Each point brings D squares, one for each "
    "*feature*: `X.shape[1]`."
)
def _(X, responsibilities):
    return _variances(X, responsibilities).sum(axis=1) / responsibilities.shape[1]


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You center at the right means, but then let all points count in full. Multiply "
    "the squared distances by r_nk, and divide by N_k."
)
def _(X, responsibilities):
    gaps = X[:, np.newaxis] - update_means(X, responsibilities)
    return (gaps**2).mean(axis=(0, 2))


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "Every component gets the variance of *all* points. Weight each point with its "
    "responsibility, and measure around the new mean of the component."
)
def _(X, responsibilities):
    return np.full(responsibilities.shape[1], X.var(axis=0).mean())


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You square the responsibility too. Square the distance, and then multiply by r_nk."
)
def _(X, responsibilities):
    gaps = X[:, np.newaxis] - update_means(X, responsibilities)
    sums = ((responsibilities[:, :, np.newaxis] * gaps) ** 2).sum(axis=(0, 2))
    return sums / responsibilities.sum(axis=0) / X.shape[1]


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You did not subtract the means: these are averages of x². Center first."
)
def _(X, responsibilities):
    return _variances(X, responsibilities, np.zeros(X.shape[1])).mean(axis=1)


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You average all D² entries of each covariance. Average its diagonal, the D "
    "variances."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities).mean(axis=(1, 2))


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You return one variance for each feature, the diagonal type. For a circle, "
    "average them over the features: `axis=1`."
)
def _(X, responsibilities):
    return _variances(X, responsibilities)


@UPDATE_VARIANCES_SPHERICAL.misconception(
    "You average over the components, one number for each *feature*. Average over the "
    "features: `axis=1`."
)
def _(X, responsibilities):
    return _variances(X, responsibilities).mean(axis=0)


@UPDATE_VARIANCES_SPHERICAL.invariant(
    "A variance is an average of squares, so at least 0."
)
def _(variances, X, responsibilities):
    return bool((variances >= 0).all())


# --- One covariance for all -------------------------------------------------------


def update_covariance_tied(X, responsibilities):
    """Return the new covariance that all components share, shape (D, D)."""
    counts = responsibilities.sum(axis=0)
    means = responsibilities.T @ X / counts[:, np.newaxis]
    total = 0
    for k, mean in enumerate(means):
        centered = X - mean
        total = total + (responsibilities[:, [k]] * centered).T @ centered
    return total / len(X)


UPDATE_COVARIANCE_TIED = Exercise(
    reference=update_covariance_tied,
    task="For components of one common shape, average the K weighted covariances, each "
    "with its weight π_k = N_k / N: Σ = Σ_k π_k Σ_k.",
    why="In π_k Σ_k the two N_k cancel: it is the weighted sum of component k's outer "
    "products, divided by N. So one adds up all of them and divides once.",
    hints=(
        "One component owns 100 points, another owns 3. Should both have the same say "
        "about the common shape?",
        "Every point brings one outer product for each component, counted with r_nk, "
        "around *that* component's mean. The responsibilities sum to N altogether.",
        "Add up `(responsibilities[:, [k]] * centered).T @ centered` over k, with "
        "`centered = X - means[k]`, and divide the total by `len(X)`.",
    ),
    returns={"covariance": "shape (D, D), one matrix for all components"},
    draw=_draw_both,
    special=_edges(),
)


@UPDATE_COVARIANCE_TIED.misconception(
    "You take the plain average of the K covariances. A component that owns many "
    "points has a larger say: weight them with π_k."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities).mean(axis=0)


@UPDATE_COVARIANCE_TIED.misconception(
    "This is the covariance of all points around their common mean; it also holds the "
    "distances *between* the components. Center each component at its own mean."
)
def _(X, responsibilities):
    return np.cov(X.T, bias=True).reshape(X.shape[1], -1)


@UPDATE_COVARIANCE_TIED.misconception(
    "You add up the K covariances. Average them, with the weights π_k."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities).sum(axis=0)


@UPDATE_COVARIANCE_TIED.misconception(
    "You weight the covariances with the counts N_k, but then divide by K. The counts "
    "sum to N, so divide by N."
)
def _(X, responsibilities):
    K = responsibilities.shape[1]
    return update_covariance_tied(X, responsibilities) * len(X) / K


@UPDATE_COVARIANCE_TIED.misconception(
    "You add up the outer products and do not divide. Altogether they count N times: "
    "divide by N."
)
def _(X, responsibilities):
    return update_covariance_tied(X, responsibilities) * len(X)


@UPDATE_COVARIANCE_TIED.misconception(
    "You divide by N − K, as the pooled covariance of discriminant analysis does to be "
    "unbiased. The maximum of the likelihood has N."
)
def _(X, responsibilities):
    N, K = responsibilities.shape
    return update_covariance_tied(X, responsibilities) * N / (N - K)


@UPDATE_COVARIANCE_TIED.misconception(
    "You return a copy for each component. They share one matrix: shape (D, D)."
)
def _(X, responsibilities):
    covariance = update_covariance_tied(X, responsibilities)
    return np.repeat(covariance[np.newaxis], responsibilities.shape[1], axis=0)


@UPDATE_COVARIANCE_TIED.misconception(
    "You return the K weighted covariances, one for each component. Average them into "
    "one, with the weights π_k."
)
def _(X, responsibilities):
    return update_covariances(X, responsibilities)


@UPDATE_COVARIANCE_TIED.misconception(
    "This is `np.cov` of all points: around their common mean, and divided by N − 1. "
    "Center each component at its own mean, and divide by N."
)
def _(X, responsibilities):
    return np.cov(X.T).reshape(X.shape[1], -1)


@UPDATE_COVARIANCE_TIED.misconception(
    "You did not subtract any mean: this is the average of x xᵀ. Center each component "
    "at its own mean."
)
def _(X, responsibilities):
    return X.T @ X / len(X)


@UPDATE_COVARIANCE_TIED.misconception(
    "Both factors carry the responsibility, so each point counts with r_nk *squared*. "
    "Multiply only one of the two by it."
)
def _(X, responsibilities):
    means = update_means(X, responsibilities)
    return _scatters(X, responsibilities, means, 2).sum(axis=0) / len(X)


@UPDATE_COVARIANCE_TIED.misconception(
    "You weight with π_k what is not divided by N_k yet. Either average the Σ_k with "
    "the weights π_k, or add up the undivided sums and divide once, by N."
)
def _(X, responsibilities):
    scatters = _scatters(X, responsibilities, update_means(X, responsibilities))
    return np.tensordot(responsibilities.mean(axis=0), scatters, axes=1)


@UPDATE_COVARIANCE_TIED.misconception(
    "You multiply each covariance by its weight and leave the products apart. Sum over "
    "the components: `axis=0`."
)
def _(X, responsibilities):
    weights = responsibilities.mean(axis=0)[:, np.newaxis, np.newaxis]
    return weights * update_covariances(X, responsibilities)


@UPDATE_COVARIANCE_TIED.misconception(
    "You count the weights twice. They sum to 1, their squares do not: multiply each "
    "Σ_k by π_k once."
)
def _(X, responsibilities):
    weights = responsibilities.mean(axis=0)
    return np.tensordot(weights**2, update_covariances(X, responsibilities), axes=1)


@UPDATE_COVARIANCE_TIED.misconception(
    "You put zeros beside the diagonal. The common shape may be tilted: keep the whole "
    "matrix."
)
def _(X, responsibilities):
    return update_covariance_tied(X, responsibilities) * np.eye(X.shape[1])


@UPDATE_COVARIANCE_TIED.misconception(
    "You give each point wholly to its likeliest component. Every point counts for "
    "every component, with its share."
)
def _(X, responsibilities):
    hard = _hard(responsibilities)
    return update_covariance_tied(X, hard[:, hard.any(axis=0)])


@UPDATE_COVARIANCE_TIED.invariant(
    "A covariance matrix is symmetric; yours differs from its transpose."
)
def _(covariance, X, responsibilities):
    return np.allclose(covariance, covariance.T)


@UPDATE_COVARIANCE_TIED.invariant(
    "The spread within the components cannot exceed that of all points: the common "
    "variances are at most those of the whole data."
)
def _(covariance, X, responsibilities):
    return bool((np.diagonal(covariance) <= X.var(axis=0) + 1e-9).all())
