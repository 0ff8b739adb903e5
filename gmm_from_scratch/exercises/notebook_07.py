"""Exercises of notebook 07: when EM goes wrong."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_covariances

# --- k-means++ --------------------------------------------------------------------


def kmeans_plus_plus_odds(X, centers):
    """Return each point's probability of becoming the next center, shape (N,)."""
    gaps = X[:, np.newaxis] - centers
    closest = (gaps**2).sum(axis=2).min(axis=1)
    return closest / closest.sum()


KMEANS_PLUS_PLUS_ODDS = Exercise(
    reference=kmeans_plus_plus_odds,
    task="The next center is drawn among the points, each with a probability "
    "proportional to its squared distance from the nearest center so far. Return these "
    "probabilities.",
    why="A point that has a center nearby needs none. A far point is a likely next "
    "center, but not a certain one: it may be an outlier.",
    hints=(
        "A point in the middle of a cluster that has a center already: should it be a "
        "likely next center? And one in a cluster that has none?",
        "Measure the squared distance of each point from each center, shape (N, K), "
        "and keep the smallest of each row. Then make them sum to 1.",
        "`((X[:, np.newaxis] - centers) ** 2).sum(axis=2)` has shape (N, K). Take "
        "`.min(axis=1)`, and divide by the sum.",
    ),
    returns={"odds": "shape (N,), summing to 1"},
    draw=lambda rng: (rng.normal(size=(9, 2)), 1.5 * rng.normal(size=(3, 2)) + 0.5),
    special={
        "two points are centers already": (
            np.array([[0.0, 0], [0, 1], [5, 0], [5, 2], [9, 7]]),
            np.array([[0.0, 0], [5, 0]]),
        ),
        "one center": (np.array([[0.0, 1], [2, 2], [4, 0], [7, 3]]), np.ones((1, 2))),
    },
)


def _squared_distances(X, centers):
    return cdist(X, centers, "sqeuclidean")


def _shares(numbers):
    return numbers / numbers.sum()


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You do not square the distances. k-means++ does: a point twice as far away is "
    "four times as likely."
)
def _(X, centers):
    return _shares(cdist(X, centers).min(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You measure from the *farthest* center. What counts is the nearest one: take the "
    "smallest squared distance of each row."
)
def _(X, centers):
    return _shares(_squared_distances(X, centers).max(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You measure only from the last center, so points next to an earlier one still "
    "look far away. Take the nearest of *all* centers."
)
def _(X, centers):
    return _shares(_squared_distances(X, centers)[:, -1])


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You measure from the average of the centers, where there may be no center at all. "
    "Measure from each of them, and keep the smallest."
)
def _(X, centers):
    return _shares(((X - centers.mean(axis=0)) ** 2).sum(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You add up the squared distances from all centers, so that a point right on a "
    "center can still be likely. Keep only the smallest of each row."
)
def _(X, centers):
    return _shares(_squared_distances(X, centers).sum(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "These are the squared distances from the nearest center. Divide by their sum, so "
    "that they are probabilities."
)
def _(X, centers):
    return _squared_distances(X, centers).min(axis=1)


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "These are distances, not yet squared, and they do not sum to 1. Square them, and "
    "divide by the sum of the squares."
)
def _(X, centers):
    return cdist(X, centers).min(axis=1)


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You make the distances sum to 1 and square them afterwards, so that they no "
    "longer do. Square first, then divide by the sum."
)
def _(X, centers):
    return _shares(cdist(X, centers).min(axis=1)) ** 2


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You divide by the *largest* number, so that the farthest point gets 1. Divide by "
    "the sum."
)
def _(X, centers):
    closest = _squared_distances(X, centers).min(axis=1)
    return closest / closest.max()


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You measure only from the first center. Take the nearest of *all* centers."
)
def _(X, centers):
    return _shares(_squared_distances(X, centers)[:, 0])


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You add up over the centers and take the smallest over the features; it should be "
    "the other way round. Of shape (N, K, D), the features are the last axis: sum "
    "over `axis=2`."
)
def _(X, centers):
    return _shares(((X[:, np.newaxis] - centers) ** 2).sum(axis=1).min(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You add up absolute differences. Square the difference in each feature, and add "
    "up the squares."
)
def _(X, centers):
    return _shares(cdist(X, centers, "cityblock").min(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "`argmin` tells *which* center is the nearest, its number. Asked is how far it is: "
    "`min`."
)
def _(X, centers):
    return _shares(_squared_distances(X, centers).argmin(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You carry the smallest distance over from one point to the next. Begin anew, with "
    "`np.inf`, at each point."
)
def _(X, centers):
    closest = _squared_distances(X, centers).min(axis=1)
    return _shares(np.minimum.accumulate(closest))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "All points are equally likely here, as in a plain random start. Near centers "
    "should make a point unlikely."
)
def _(X, centers):
    return np.full(len(X), 1 / len(X))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You divide 1 by the squared distance, so the points *nearest* to a center are the "
    "likeliest. It is the far ones that need a center."
)
def _(X, centers):
    return _shares(1 / _squared_distances(X, centers).min(axis=1))


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You always choose the farthest point, which is often an outlier. In k-means++ it "
    "is only the *likeliest*, in proportion to its squared distance."
)
def _(X, centers):
    return np.eye(len(X))[_squared_distances(X, centers).min(axis=1).argmax()]


@KMEANS_PLUS_PLUS_ODDS.misconception(
    "You ask each *center* for its nearest point. Ask each point for its nearest "
    "center: the smallest number of each row, `axis=1`."
)
def _(X, centers):
    return _shares(_squared_distances(X, centers).min(axis=0))


@KMEANS_PLUS_PLUS_ODDS.invariant("Probabilities of the N points must sum to 1.")
def _(odds, X, centers):
    return np.isclose(odds.sum(), 1)


@KMEANS_PLUS_PLUS_ODDS.invariant("A probability cannot be negative.")
def _(odds, X, centers):
    return bool((odds >= 0).all())


@KMEANS_PLUS_PLUS_ODDS.invariant(
    "A point that is a center already has distance 0, and so probability 0."
)
def _(odds, X, centers):
    return np.allclose(odds[(_squared_distances(X, centers) == 0).any(axis=1)], 0)


# --- reg_covar --------------------------------------------------------------------


def regularize(covariance, reg_covar):
    """Return the covariance with reg_covar added to each variance, shape (D, D)."""
    return covariance + reg_covar * np.eye(len(covariance))


def _draw_thin(rng):
    """Draw a covariance with one small variance, and what may be added to it."""
    scale = np.array([1.0, 0.2, 1.0])
    covariance = draw_covariances(rng, 1, 3)[0] * scale * scale[:, np.newaxis]
    return covariance, covariance[1, 1] + rng.uniform(0.1, 0.4)


REGULARIZE = Exercise(
    reference=regularize,
    task="Keep a covariance away from zero: add `reg_covar` to the variance of each "
    "feature, and to nothing else.",
    why="Adding a multiple of the identity adds `reg_covar` to *every* eigenvalue, so "
    "the ellipse cannot become thinner than that in any direction.",
    hints=(
        "Where in a covariance matrix do the variances stand?",
        "On the diagonal. Which matrix is 1 there and 0 elsewhere?",
        "Add `reg_covar * np.eye(D)`, where D is `len(covariance)`.",
    ),
    returns={"covariance": "shape (D, D)"},
    draw=_draw_thin,
    special={
        "a flat covariance": (np.array([[1.0, 2.0], [2.0, 4.0]]), 0.25),
        "a component on a single point": (np.zeros((2, 2)), 1e-6),
        "a variance smaller than reg_covar": (np.diag([0.04, 9.0]), 0.36),
    },
)


@REGULARIZE.misconception(
    "You add to *every* entry, the covariances included: that makes the features look "
    "correlated. And it does not mend a flat covariance in every direction. Add to the "
    "diagonal only."
)
def _(covariance, reg_covar):
    return covariance + reg_covar


@REGULARIZE.misconception(
    "You multiply the variances by 1 + `reg_covar`. A variance of 0 then stays 0, and "
    "that is the one that needs help: add instead."
)
def _(covariance, reg_covar):
    return covariance + reg_covar * np.diag(np.diag(covariance))


@REGULARIZE.misconception(
    "You multiply the whole matrix by 1 + `reg_covar`, which leaves a flat Gaussian "
    "flat. Add `reg_covar` to the diagonal."
)
def _(covariance, reg_covar):
    return covariance * (1 + reg_covar)


@REGULARIZE.misconception(
    "You replace the variances by `reg_covar` and lose them. Add it to what is there."
)
def _(covariance, reg_covar):
    changed = covariance.copy()
    np.fill_diagonal(changed, reg_covar)
    return changed


@REGULARIZE.misconception(
    "You return the covariance as it was. Add `reg_covar` to its diagonal, and return "
    "the result."
)
def _(covariance, reg_covar):
    return covariance


@REGULARIZE.misconception(
    "You add 1 to each variance. Multiply the identity by `reg_covar` first."
)
def _(covariance, reg_covar):
    return covariance + np.eye(len(covariance))


@REGULARIZE.misconception(
    "You raise those eigenvalues that are smaller than `reg_covar`. That keeps the "
    "ellipse wide enough as well, but asked is to *add* `reg_covar` to each variance."
)
def _(covariance, reg_covar):
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    return eigenvectors * np.maximum(eigenvalues, reg_covar) @ eigenvectors.T


@REGULARIZE.misconception(
    "You add only to variances that are smaller than `reg_covar`. A thin tilted "
    "ellipse has large variances and would stay thin: add to all of them."
)
def _(covariance, reg_covar):
    variances = np.diag(covariance)
    return covariance + reg_covar * np.diag(variances < reg_covar)


@REGULARIZE.misconception(
    "You multiply by `reg_covar` and the identity, which only rescales the covariance. "
    "*Add* `reg_covar` times the identity."
)
def _(covariance, reg_covar):
    return covariance @ (reg_covar * np.eye(len(covariance)))


@REGULARIZE.misconception(
    "You raise only variances that are smaller than `reg_covar`. A thin tilted ellipse "
    "has large variances and would stay thin: add to all of them."
)
def _(covariance, reg_covar):
    changed = covariance.copy()
    np.fill_diagonal(changed, np.maximum(np.diag(covariance), reg_covar))
    return changed


@REGULARIZE.misconception(
    "You add the square of `reg_covar`. It is a variance already, in squared units of "
    "the data."
)
def _(covariance, reg_covar):
    return covariance + reg_covar**2 * np.eye(len(covariance))


@REGULARIZE.misconception(
    "You add the root of `reg_covar`. It is a variance and is added to variances, as "
    "it is."
)
def _(covariance, reg_covar):
    return covariance + np.sqrt(reg_covar) * np.eye(len(covariance))


@REGULARIZE.misconception(
    "You add `reg_covar` to the standard deviations and square afterwards. Add it to "
    "the variances."
)
def _(covariance, reg_covar):
    changed = covariance.copy()
    np.fill_diagonal(changed, (np.sqrt(np.diag(covariance)) + reg_covar) ** 2)
    return changed


@REGULARIZE.misconception(
    "You shrink the covariances between features toward 0 and leave the variances. "
    "That rounds a tilted ellipse, but a component on a single point stays there. Add "
    "to the diagonal instead."
)
def _(covariance, reg_covar):
    variances = np.diag(np.diag(covariance))
    return (1 - reg_covar) * covariance + reg_covar * variances


@REGULARIZE.misconception(
    "You blend the covariance with the identity, and so make it smaller by the share "
    "`reg_covar` before adding. Leave it whole, and add."
)
def _(covariance, reg_covar):
    return (1 - reg_covar) * covariance + reg_covar * np.eye(len(covariance))


@REGULARIZE.misconception(
    "You keep only the diagonal. That makes the covariance *diagonal*, which is "
    "another model; the covariances between features should stay as they are."
)
def _(covariance, reg_covar):
    return np.diag(np.diag(covariance) + reg_covar)


@REGULARIZE.invariant("A covariance must stay symmetric.")
def _(covariance, *arguments):
    return np.allclose(covariance, covariance.T)


@REGULARIZE.invariant("Only variances change: off the diagonal everything stays.")
def _(changed, covariance, reg_covar):
    off_diagonal = ~np.eye(len(covariance), dtype=bool)
    return np.allclose(changed[off_diagonal], covariance[off_diagonal])


# --- Label switching --------------------------------------------------------------


def match_components(means, reference_means):
    """Return the order in which means pair up with reference_means, shape (K,)."""
    K = len(means)
    orders = [[]]
    for _ in range(K):
        orders = [[*some, k] for some in orders for k in range(K) if k not in some]
    totals = [((means[order] - reference_means) ** 2).sum() for order in orders]
    return np.array(orders[np.argmin(totals)])


def _draw_two_fits(rng):
    """Draw means, and the same ones again, moved and in another order."""
    reference_means = rng.normal(scale=1.5, size=(5, 2))
    order = rng.permutation(5)
    return reference_means[order] + rng.normal(size=(5, 2)), reference_means


MATCH_COMPONENTS = Exercise(
    reference=match_components,
    task="Two fits number their components differently. Return the order for which "
    "`means[order[k]]` pairs with `reference_means[k]`, with the smallest possible sum "
    "of squared distances between the pairs.",
    why="With K components there are K! orders, few enough to try them all up to K = "
    "8 or so. For more, `scipy.optimize.linear_sum_assignment` finds the best one.",
    hints=(
        "If each reference took its nearest mean, could two of them take the same one?",
        "Try every order of 0 … K − 1; `itertools.permutations(range(K))` lists them, "
        "as tuples (which index only as `list(order)`). For each, add up the squared "
        "distances between the pairs.",
        "`((means[list(order)] - reference_means) ** 2).sum()` is the total of one "
        "order; return the order with the smallest.",
    ),
    returns={"order": "shape (K,), each of 0 … K − 1 once"},
    draw=_draw_two_fits,
    special={
        "one mean is the nearest of two references": (
            np.array([[9.0, 0], [1, 0], [3, 1]]),
            np.array([[0.0, 0], [2.5, 0], [1.2, 0.5]]),
        ),
        "a pair that is near leaves one that is far": (
            np.array([[2.0, 0], [1.0, 0.3], [8.0, 8.0]]),
            np.array([[8.1, 8.2], [1.3, 0.1], [0.5, 2.6]]),
        ),
        "squared distances decide otherwise than distances": (
            np.array([[7.0, 1], [4, 8], [0, 9]]),
            np.array([[4.0, 0], [7, 9], [9, 3]]),
        ),
    },
)


def _totals(means, reference_means):
    """Tabulate squared distances: a row for each reference, a column for each mean."""
    return _squared_distances(reference_means, means)


@MATCH_COMPONENTS.misconception(
    "You let each reference take its nearest mean, and two of them may take the same "
    "one. Each component can be given away only once."
)
def _(means, reference_means):
    return _totals(means, reference_means).argmin(axis=1)


@MATCH_COMPONENTS.misconception(
    "You return the inverse: for each of `means`, where it stands among the "
    "references. `order[k]` should say which of `means` belongs to reference k."
)
def _(means, reference_means):
    return linear_sum_assignment(_totals(means, reference_means).T)[1]


@MATCH_COMPONENTS.misconception(
    "You let each of `means` take its nearest reference. That may use one twice, and "
    "it answers the inverse question: `order[k]` is one of `means`."
)
def _(means, reference_means):
    return _totals(means, reference_means).argmin(axis=0)


@MATCH_COMPONENTS.misconception(
    "You sort both by their first feature and pair them in that order. This ignores "
    "all other features; minimize the total squared distance instead."
)
def _(means, reference_means):
    ranks = reference_means[:, 0].argsort().argsort()
    return means[:, 0].argsort()[ranks]


@MATCH_COMPONENTS.misconception(
    "You sort the means by their first feature, without looking at the references."
)
def _(means, reference_means):
    return means[:, 0].argsort()


@MATCH_COMPONENTS.misconception(
    "Your order is 0 … K − 1: the components stay as they come, but the other fit may "
    "have counted differently. If you search, does the smallest total begin at "
    "`np.inf`?"
)
def _(means, reference_means):
    return np.arange(len(means))


@MATCH_COMPONENTS.misconception(
    "Your order is K − 1 … 0, the last that was tried. Whenever a total is smaller "
    "than all before, remember the order too."
)
def _(means, reference_means):
    return np.arange(len(means))[::-1]


@MATCH_COMPONENTS.misconception(
    "You index one `argsort` by the other, which pairs neither by rank nor by "
    "distance. And one feature is not enough: minimize the total squared distance."
)
def _(means, reference_means):
    return means[:, 0].argsort()[reference_means[:, 0].argsort()]


@MATCH_COMPONENTS.misconception(
    "This is the smallest total. Asked is the order that has it."
)
def _(means, reference_means):
    order = match_components(means, reference_means)
    return ((means[order] - reference_means) ** 2).sum()


@MATCH_COMPONENTS.misconception(
    "You let `means` choose one after the other, each the nearest reference that is "
    "left. Who comes first may take what a later one needs more: try all orders. And "
    "`order[k]` is one of `means`."
)
def _(means, reference_means):
    distances = _totals(means, reference_means).T
    order = []
    for row in distances:
        row[order] = np.inf
        order.append(row.argmin())
    return np.array(order)


@MATCH_COMPONENTS.misconception(
    "You let the references choose one after the other, each the nearest mean that is "
    "left. Who comes first may take what a later one needs more: try all orders."
)
def _(means, reference_means):
    distances = _totals(means, reference_means)
    order = []
    for row in distances:
        row[order] = np.inf
        order.append(row.argmin())
    return np.array(order)


@MATCH_COMPONENTS.misconception(
    "You take the closest pair first, then the closest of what is left, and so on. The "
    "last pair gets whatever remains, however far: minimize the *sum*."
)
def _(means, reference_means):
    distances = _totals(means, reference_means)
    order = np.zeros(len(means), dtype=int)
    for _ in means:
        k, taken = np.unravel_index(distances.argmin(), distances.shape)
        order[k] = taken
        distances[k], distances[:, taken] = np.inf, np.inf
    return order


@MATCH_COMPONENTS.misconception(
    "You add up the distances. Add up their *squares*: one pair that is far apart then "
    "counts more than several that are a little apart."
)
def _(means, reference_means):
    return linear_sum_assignment(np.sqrt(_totals(means, reference_means)))[1]


@MATCH_COMPONENTS.misconception(
    "You add up absolute differences. Add up squared ones, over all pairs and features."
)
def _(means, reference_means):
    return linear_sum_assignment(cdist(reference_means, means, "cityblock"))[1]


@MATCH_COMPONENTS.misconception(
    "You chose the order with the *largest* total. Pairs should be near each other."
)
def _(means, reference_means):
    return linear_sum_assignment(_totals(means, reference_means), maximize=True)[1]


@MATCH_COMPONENTS.misconception(
    "You return the means in their new order. Asked is the order itself, K whole "
    "numbers."
)
def _(means, reference_means):
    return means[match_components(means, reference_means)]


@MATCH_COMPONENTS.invariant("Each of 0 … K − 1 must occur exactly once in the order.")
def _(order, means, reference_means):
    return sorted(order.tolist()) == list(range(len(means)))


# --- Collapse ---------------------------------------------------------------------


def is_collapsing(covariances, data_covariance, share):
    """Return for each component whether it is too thin somewhere, shape (K,)."""
    inverse = np.linalg.inv(np.linalg.cholesky(data_covariance))
    in_units_of_data = inverse @ covariances @ inverse.T
    return np.linalg.eigvalsh(in_units_of_data)[:, 0] < share


def _draw_thin_and_thick(rng, K=12, stretch=(1.0, 8.0, 2.0)):
    """Draw covariances, thinner and thicker than a share of the data's."""
    share = rng.uniform(0.04, 0.09)
    L = np.linalg.cholesky(draw_covariances(rng, 1, 3)[0])
    L = L * np.array(stretch)[:, np.newaxis]
    axes = np.linalg.qr(rng.normal(size=(K, 3, 3)))[0]
    # One direction on either side of the threshold, the others above it; but the last
    # component is small in every direction.
    lengths = np.exp(rng.uniform(np.log(share), np.log(4.0), size=(K, 3)))
    lengths[:, 0] = share * np.exp(rng.uniform(-4.0, 2.0, size=K))
    lengths[-1] = share * np.array([0.3, 0.5, 0.8])
    in_units_of_data = axes * lengths[:, np.newaxis] @ axes.transpose(0, 2, 1)
    return L @ in_units_of_data @ L.T, L @ L.T, share


IS_COLLAPSING = Exercise(
    reference=is_collapsing,
    task="A component collapses when it becomes thin in *some* direction. Measured in "
    "that direction, is its variance less than `share` times the variance of the data? "
    "Whiten with the data's Cholesky factor, so that the data has variance 1 in every "
    "direction, and look at the smallest eigenvalue.",
    why="After whitening, an eigenvalue is the ratio of two variances along the same "
    "direction. It has no units, so incomes in dollars and in thousands of dollars "
    "give the same answer.",
    hints=(
        "A thin ellipse that lies at 45°: are its variances along the axes small? Is "
        "its determinant, if it is long enough?",
        "With Σ = L Lᵀ for the data, the whitened covariance is L⁻¹ Σ_k L⁻ᵀ. Its "
        "eigenvalues are ratios to the data; the smallest decides.",
        "`inverse = np.linalg.inv(np.linalg.cholesky(data_covariance))`, then "
        "`np.linalg.eigvalsh(inverse @ covariances @ inverse.T)[:, 0] < share`: "
        "`eigvalsh` sorts from small to large.",
    ),
    returns={"flags": "shape (K,), True or False for each component"},
    draw=_draw_thin_and_thick,
    special={
        "a thin ellipse at 45°": (
            np.array([[[1.0, 0.999], [0.999, 1.0]], [[1.0, 0.5], [0.5, 1.0]]]),
            np.array([[2.0, 0.3], [0.3, 1.0]]),
            0.01,
        ),
        "small in every direction": (
            np.array([[[0.03, 0], [0, 0.002]], [[0.01, 0], [0, 0.004]]]),
            np.array([[2.0, 0.3], [0.3, 1.0]]),
            0.01,
        ),
        "data of moderate spread": _draw_thin_and_thick(
            np.random.default_rng(100), stretch=(0.5, 0.3, 0.5)
        ),
        "features in very different units": (
            np.array([[[4e6, 0], [0, 1e-4]], [[4e2, 0], [0, 1.0]], [[4e6, 0], [0, 1]]]),
            np.array([[9e6, 100.0], [100.0, 2.0]]),
            0.01,
        ),
    },
)


def _ratios(covariances, data_covariance):
    inverse = np.linalg.inv(np.linalg.cholesky(data_covariance))
    return np.linalg.eigvalsh(inverse @ covariances @ inverse.T)


@IS_COLLAPSING.misconception(
    "You compare determinants. A component may be very thin in one direction and long "
    "in another, and a small round one is not thin: look at the smallest eigenvalue."
)
def _(covariances, data_covariance, share):
    return np.linalg.det(covariances) < share * np.linalg.det(data_covariance)


@IS_COLLAPSING.misconception(
    "You compare the variances of the features, the diagonals. A thin *tilted* ellipse "
    "has large ones: it takes eigenvalues to see it."
)
def _(covariances, data_covariance, share):
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    return (variances < share * np.diag(data_covariance)).any(axis=1)


@IS_COLLAPSING.misconception(
    "You look at the *largest* eigenvalue, or ask that all be small. That is so only "
    "if the component shrinks in every direction. One is enough: take the smallest."
)
def _(covariances, data_covariance, share):
    return _ratios(covariances, data_covariance)[:, -1] < share


@IS_COLLAPSING.misconception(
    "You take a root, or square `share`: that compares standard deviations. `share` is "
    "a share of the variance, and so is the eigenvalue as it is."
)
def _(covariances, data_covariance, share):
    return np.sqrt(_ratios(covariances, data_covariance)[:, 0]) < share


@IS_COLLAPSING.misconception(
    "The transpose stands on the wrong side. With `inverse` for L⁻¹, the whitened "
    "covariance is `inverse @ covariances @ inverse.T`."
)
def _(covariances, data_covariance, share):
    inverse = np.linalg.inv(np.linalg.cholesky(data_covariance))
    return np.linalg.eigvalsh(inverse.T @ covariances @ inverse)[:, 0] < share


@IS_COLLAPSING.misconception(
    "You multiply with L, which stretches once more what the data stretch already. "
    "Whitening takes the *inverse* of L, on both sides."
)
def _(covariances, data_covariance, share):
    L = np.linalg.cholesky(data_covariance)
    return np.linalg.eigvalsh(L @ covariances @ L.T)[:, 0] < share


@IS_COLLAPSING.misconception(
    "You multiply with L⁻¹ on one side only. A covariance is whitened from both: "
    "L⁻¹ Σ_k L⁻ᵀ."
)
def _(covariances, data_covariance, share):
    inverse = np.linalg.inv(np.linalg.cholesky(data_covariance))
    return np.linalg.eigvalsh(inverse @ covariances)[:, 0] < share


@IS_COLLAPSING.misconception(
    "Σ⁻¹ Σ_k has the right eigenvalues, but it is not symmetric, and `eigvalsh` reads "
    "one triangle only. Whiten from both sides: L⁻¹ Σ_k L⁻ᵀ."
)
def _(covariances, data_covariance, share):
    inverse = np.linalg.inv(data_covariance)
    return np.linalg.eigvalsh(inverse @ covariances)[:, 0] < share


@IS_COLLAPSING.misconception(
    "You multiply with the inverse of the data's *covariance* on both sides, which is "
    "too much. Invert its Cholesky factor."
)
def _(covariances, data_covariance, share):
    inverse = np.linalg.inv(data_covariance)
    return np.linalg.eigvalsh(inverse @ covariances @ inverse.T)[:, 0] < share


@IS_COLLAPSING.misconception(
    "You divide by the standard deviations of the features. That removes the units, "
    "but not the tilt of the data: whiten with the Cholesky factor."
)
def _(covariances, data_covariance, share):
    sd = np.sqrt(np.diag(data_covariance))
    return np.linalg.eigvalsh(covariances / sd / sd[:, np.newaxis])[:, 0] < share


@IS_COLLAPSING.misconception(
    "You compare the component's smallest eigenvalue with its own largest. A long "
    "ellipse need not be thin: compare with the *data*, in the same direction."
)
def _(covariances, data_covariance, share):
    eigenvalues = np.linalg.eigvalsh(covariances)
    return eigenvalues[:, 0] < share * eigenvalues[:, -1]


@IS_COLLAPSING.misconception(
    "You compare with the *largest* eigenvalue of the data, the variance in its widest "
    "direction. Compare with the data in the same direction: whiten first."
)
def _(covariances, data_covariance, share):
    largest = np.linalg.eigvalsh(data_covariance)[-1]
    return np.linalg.eigvalsh(covariances)[:, 0] < share * largest


@IS_COLLAPSING.misconception(
    "You compare the smallest eigenvalue of the component with that of the data, which "
    "may lie in another direction; and the answer changes with the units. Whiten "
    "first."
)
def _(covariances, data_covariance, share):
    smallest = np.linalg.eigvalsh(data_covariance)[0]
    return np.linalg.eigvalsh(covariances)[:, 0] < share * smallest


@IS_COLLAPSING.misconception(
    "You compare the smallest eigenvalue with `share` itself, whatever the data. In "
    "other units the same component would be judged differently: whiten first."
)
def _(covariances, data_covariance, share):
    return np.linalg.eigvalsh(covariances)[:, 0] < share


@IS_COLLAPSING.misconception(
    "You flag the healthy ones: True should mean *thinner* than allowed."
)
def _(covariances, data_covariance, share):
    return ~(_ratios(covariances, data_covariance)[:, 0] < share)


@IS_COLLAPSING.misconception(
    "You average the eigenvalues. One thin direction hides among the others: take the "
    "smallest."
)
def _(covariances, data_covariance, share):
    return _ratios(covariances, data_covariance).mean(axis=1) < share


@IS_COLLAPSING.misconception(
    "You say whether *any* component collapses. Say it for each of the K."
)
def _(covariances, data_covariance, share):
    return (_ratios(covariances, data_covariance)[:, 0] < share).any()


@IS_COLLAPSING.misconception(
    "These are the smallest ratios. Compare them with `share`, and return True or "
    "False."
)
def _(covariances, data_covariance, share):
    return _ratios(covariances, data_covariance)[:, 0]


@IS_COLLAPSING.invariant("Each answer should be True or False.")
def _(flags, covariances, data_covariance, share):
    return bool(np.isin(flags, [0, 1]).all())
