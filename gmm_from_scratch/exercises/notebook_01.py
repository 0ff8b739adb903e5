"""Exercises of notebook 01: why soft clusters."""

import numpy as np
from scipy.spatial.distance import cdist

from gmm_from_scratch.exercises.core import Exercise

# --- K-means: assign --------------------------------------------------------------


def _draw_centers(rng, N=40, K=4, D=3):
    """Draw points, and centers among them; the features differ in spread."""
    X = rng.normal(size=(N, D)) * [2.0, 1.0, 3.0] + 1.0
    return X, 2.0 * rng.normal(size=(K, D))


def nearest_center(X, centers):
    """Return the number of the nearest center of each point, shape (N,)."""
    differences = X[:, np.newaxis, :] - centers  # shape (N, K, D)
    squared_distances = (differences**2).sum(axis=2)  # shape (N, K)
    return squared_distances.argmin(axis=1)


NEAREST_CENTER = Exercise(
    reference=nearest_center,
    task="Give each point the number of its nearest center, counted from 0.",
    why="Squared distances have the same order as distances, so the root can be saved. "
    "The new axis lets every point meet every center.",
    hints=(
        "For one point: how far is it from each center, and which of these numbers is "
        "the smallest? A loop over the points is fine.",
        "The squared distance is the sum over the features of the squared differences. "
        "`argmin` answers *where* the smallest is.",
        "`differences = X[:, np.newaxis, :] - centers` has shape (N, K, D). Square, "
        "sum over the last axis, then `argmin(axis=1)`.",
    ),
    returns={"labels": "shape (N,), whole numbers from 0 to K − 1"},
    draw=_draw_centers,
    special={
        "a single center": (np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([[0.0, 1.0]]))
    },
)


@NEAREST_CENTER.misconception(
    "You chose the *farthest* center: the smallest distance wins, so `argmin`."
)
def _(X, centers):
    return cdist(X, centers).argmax(axis=1)


@NEAREST_CENTER.misconception(
    "You ask for each *center* which point is nearest. Each point asks for the nearest "
    "center: the smallest along the axis of the centers."
)
def _(X, centers):
    return cdist(X, centers).argmin(axis=0)


@NEAREST_CENTER.misconception(
    "You add up the differences with their signs, so that +3 and −3 make a distance of "
    "0. Square them first."
)
def _(X, centers):
    return (X[:, np.newaxis] - centers).sum(axis=2).argmin(axis=1)


@NEAREST_CENTER.misconception(
    "You add up the differences before you take their size, so that +3 and −3 make a "
    "distance of 0. Square each of them, then add."
)
def _(X, centers):
    return np.abs((X[:, np.newaxis] - centers).sum(axis=2)).argmin(axis=1)


@NEAREST_CENTER.misconception(
    "You add up absolute differences, as if walking from block to block. K-means "
    "measures as the crow flies: square the differences, then add."
)
def _(X, centers):
    return cdist(X, centers, "cityblock").argmin(axis=1)


@NEAREST_CENTER.misconception(
    "You keep only the largest of the differences. All features count: square the "
    "differences and add them up."
)
def _(X, centers):
    return cdist(X, centers, "chebyshev").argmin(axis=1)


@NEAREST_CENTER.misconception(
    "You compare only the first feature. All columns count: add up their squared "
    "differences."
)
def _(X, centers):
    return cdist(X[:, :1], centers[:, :1]).argmin(axis=1)


@NEAREST_CENTER.misconception(
    "You compare how far points and centers are from the origin. Two places equally "
    "far from it can lie on opposite sides: subtract first, then measure."
)
def _(X, centers):
    lengths = np.linalg.norm(X, axis=1)[:, np.newaxis]
    return np.abs(lengths - np.linalg.norm(centers, axis=1)).argmin(axis=1)


@NEAREST_CENTER.misconception(
    "You chose the largest product of point and center. That favors centers far from "
    "the origin; subtract instead, and look for the smallest distance."
)
def _(X, centers):
    return (X @ centers.T).argmax(axis=1)


@NEAREST_CENTER.misconception(
    "You count centers from 1. Here, as everywhere in NumPy and scikit-learn, the "
    "first one is 0."
)
def _(X, centers):
    return cdist(X, centers).argmin(axis=1) + 1


@NEAREST_CENTER.misconception(
    "You return how far the nearest center is. Asked is *which* one it is: `argmin` "
    "instead of `min`."
)
def _(X, centers):
    return cdist(X, centers).min(axis=1)


@NEAREST_CENTER.misconception(
    "You return the *squared* distance to the nearest center. Asked is *which* one it "
    "is: `argmin` instead of `min`."
)
def _(X, centers):
    return cdist(X, centers, "sqeuclidean").min(axis=1)


@NEAREST_CENTER.misconception(
    "You return the place of the nearest center. Return its number, one for each point."
)
def _(X, centers):
    return centers[cdist(X, centers).argmin(axis=1)]


@NEAREST_CENTER.misconception(
    "These are the distances to all centers. Say for each point which is the smallest: "
    "`argmin(axis=1)`."
)
def _(X, centers):
    return cdist(X, centers)


@NEAREST_CENTER.misconception(
    "You add up over the centers, and so you compare *features*. In `X[:, np.newaxis, "
    ":] - centers` the features are the last axis: sum over `axis=2`."
)
def _(X, centers):
    return ((X[:, np.newaxis] - centers) ** 2).sum(axis=1).argmin(axis=1)


@NEAREST_CENTER.misconception(
    "`argmin` without an axis looks for the smallest distance in the whole table, and "
    "returns a single number. Each point has its own: `argmin(axis=1)`."
)
def _(X, centers):
    return cdist(X, centers).argmin()


@NEAREST_CENTER.misconception(
    "You add points and centers where you should *subtract*: the distance between two "
    "places is the size of their difference."
)
def _(X, centers):
    return cdist(X, -centers).argmin(axis=1)


@NEAREST_CENTER.misconception(
    "You look for the smallest *single* difference. Add up the squared differences of "
    "all features first, and then look for the smallest sum."
)
def _(X, centers):
    return ((X[:, np.newaxis] - centers) ** 2).reshape(len(X), -1).argmin(axis=1)


@NEAREST_CENTER.invariant("Labels are whole numbers from 0 to K − 1.")
def _(labels, X, centers):
    return bool(np.isin(labels, np.arange(len(centers))).all())


# --- K-means: move ----------------------------------------------------------------


def _draw_clusters(rng, N=26, K=4, D=3):
    """Draw points and labels; cluster sizes differ, and each is at least three."""
    others = rng.choice(K, size=N - 3 * K, p=[0.55, 0.25, 0.15, 0.05])
    labels = rng.permutation(np.concatenate([np.repeat(np.arange(K), 3), others]))
    return rng.exponential(size=(N, D)) + labels[:, np.newaxis], labels, K


def move_centers(X, labels, n_clusters):
    """Return the mean of the points of each cluster, shape (K, D)."""
    return np.array([X[labels == k].mean(axis=0) for k in range(n_clusters)])


MOVE_CENTERS = Exercise(
    reference=move_centers,
    task="Move each center to the mean of its points. Every cluster has at least one.",
    why="`labels == k` picks the rows of cluster k; their mean, column by column, is "
    "the place from which the squared distances to them add up to the least.",
    hints=(
        "Take one cluster at a time. Which points are in it? Where is their middle?",
        "`X[labels == k]` holds the points of cluster k, one a row. Average over the "
        "rows, not over the features.",
        "`X[labels == k].mean(axis=0)` for each k in `range(n_clusters)`, put together "
        "with `np.array([...])`.",
    ),
    returns={"centers": "shape (K, D), one row for each cluster"},
    draw=_draw_clusters,
    special={
        "one cluster has a single point": (
            np.array([[1.0, 5.0], [2.0, 9.0], [6.0, 1.0], [4.0, 4.0]]),
            np.array([1, 0, 0, 0]),
            2,
        )
    },
)


@MOVE_CENTERS.misconception(
    "You add up the points of each cluster and do not divide. A mean is the sum "
    "divided by how many there are."
)
def _(X, labels, n_clusters):
    return np.eye(n_clusters)[labels].T @ X


@MOVE_CENTERS.misconception(
    "You divide by N, the number of *all* points. Divide each sum by the number of "
    "points in that cluster."
)
def _(X, labels, n_clusters):
    return np.eye(n_clusters)[labels].T @ X / len(X)


@MOVE_CENTERS.misconception(
    "You divide by N/K, as if all clusters had equally many points. Divide each by the "
    "number of its own."
)
def _(X, labels, n_clusters):
    return np.eye(n_clusters)[labels].T @ X / (len(X) / n_clusters)


@MOVE_CENTERS.misconception(
    "These are medians. K-*means* takes means: they make the squared distances add up "
    "to the least."
)
def _(X, labels, n_clusters):
    return np.array([np.median(X[labels == k], axis=0) for k in range(n_clusters)])


@MOVE_CENTERS.misconception(
    "You take the middle between the smallest and the largest value. All points of the "
    "cluster count, not the outermost only: take their mean."
)
def _(X, labels, n_clusters):
    clusters = [X[labels == k] for k in range(n_clusters)]
    return np.array([(c.min(axis=0) + c.max(axis=0)) / 2 for c in clusters])


@MOVE_CENTERS.misconception(
    "You get one number for each cluster, the mean over its points *and* features. A "
    "center has D coordinates: `mean(axis=0)`."
)
def _(X, labels, n_clusters):
    return np.array([X[labels == k].mean() for k in range(n_clusters)])


@MOVE_CENTERS.misconception(
    "All your centers are the mean of all points. Pick the points of each cluster "
    "first: `X[labels == k]`."
)
def _(X, labels, n_clusters):
    return np.tile(X.mean(axis=0), (n_clusters, 1))


@MOVE_CENTERS.misconception(
    "You count clusters from 1, so cluster 0 is left out and the last one is empty. "
    "Count from 0: `range(n_clusters)`."
)
def _(X, labels, n_clusters):
    return np.array([X[labels == k + 1].mean(axis=0) for k in range(n_clusters)])


@MOVE_CENTERS.misconception(
    "You take the first point of each cluster. Take the mean of all its points."
)
def _(X, labels, n_clusters):
    return np.array([X[labels == k][0] for k in range(n_clusters)])


@MOVE_CENTERS.misconception(
    "You return for each *point* the center of its cluster. Return each center once, "
    "one row for each cluster."
)
def _(X, labels, n_clusters):
    return move_centers(X, labels, n_clusters)[labels]


@MOVE_CENTERS.misconception(
    "You divide by K, the number of clusters. Divide each sum by the number of points "
    "in that cluster."
)
def _(X, labels, n_clusters):
    return np.eye(n_clusters)[labels].T @ X / n_clusters


@MOVE_CENTERS.misconception(
    "Cluster 0 stays at zero: your loop begins at 1. Count from 0: `range(n_clusters)`."
)
def _(X, labels, n_clusters):
    centers = move_centers(X, labels, n_clusters)
    centers[0] = 0
    return centers


@MOVE_CENTERS.misconception(
    "Cluster 0 is missing: your loop begins at 1. Count from 0: `range(n_clusters)`."
)
def _(X, labels, n_clusters):
    return move_centers(X, labels, n_clusters)[1:]


@MOVE_CENTERS.misconception(
    "The last cluster is missing. `range(n_clusters)` ends at K − 1 already: subtract "
    "nothing."
)
def _(X, labels, n_clusters):
    return move_centers(X, labels, n_clusters)[:-1]


@MOVE_CENTERS.misconception(
    "Only the first center is there: your `return` stands within the loop, and ends it "
    "after one round. Move it to the left."
)
def _(X, labels, n_clusters):
    return move_centers(X, labels, n_clusters)[:1]


@MOVE_CENTERS.invariant("Each center lies within the range of its cluster's points.")
def _(centers, X, labels, n_clusters):
    clusters = [X[labels == k] for k in range(n_clusters)]
    low = np.array([c.min(axis=0) for c in clusters]) - 1e-9
    high = np.array([c.max(axis=0) for c in clusters]) + 1e-9
    return bool(((centers >= low) & (centers <= high)).all())


# --- What K-means makes small -----------------------------------------------------


def _draw_assigned(rng, N=12, K=4, D=3):
    """Draw points, labels that are not all the nearest, and centers."""
    X, labels, _ = _draw_clusters(rng, 3 * K + N, K, D)
    return X, labels, rng.normal(size=(K, D)) + 1.5


def within_cluster_sum_of_squares(X, labels, centers):
    """Return the sum of squared distances of points from their own center, a number."""
    return ((X - centers[labels]) ** 2).sum()


WITHIN_CLUSTER_SUM_OF_SQUARES = Exercise(
    reference=within_cluster_sum_of_squares,
    task="Add up the squared distances of all points from the center of their cluster.",
    why="`centers[labels]` has one row for each point: the center that it belongs to.",
    hints=(
        "Every point has one center: that of its label. How far is it from there?",
        "`centers[labels]` looks up the center of each point, shape (N, D). Subtract, "
        "square, and add up everything.",
        "`((X - centers[labels]) ** 2).sum()`.",
    ),
    returns={"total": "a number"},
    draw=_draw_assigned,
)


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You add up the distances themselves. K-means adds up their squares: a point twice "
    "as far counts four times."
)
def _(X, labels, centers):
    return np.linalg.norm(X - centers[labels], axis=1).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "This is the mean over the points. Asked is the sum: do not divide by N."
)
def _(X, labels, centers):
    return within_cluster_sum_of_squares(X, labels, centers) / len(X)


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "This is the mean over all numbers of the table. Asked is the sum: `.sum()`, not "
    "`.mean()`."
)
def _(X, labels, centers):
    return ((X - centers[labels]) ** 2).mean()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You measure from the *nearest* center, whatever the label says. Each point counts "
    "from the center of the cluster that it is in: `centers[labels]`."
)
def _(X, labels, centers):
    return cdist(X, centers, "sqeuclidean").min(axis=1).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You measure from every center. Each point counts once, from the center of its "
    "cluster: `centers[labels]`."
)
def _(X, labels, centers):
    return cdist(X, centers, "sqeuclidean").sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You measure from the mean of all points. That is the total sum of squares, with "
    "one cluster for everything; use `centers[labels]`."
)
def _(X, labels, centers):
    return ((X - X.mean(axis=0)) ** 2).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You square at the very end, after differences of both signs have canceled. Square "
    "each difference, then add."
)
def _(X, labels, centers):
    return (X - centers[labels]).sum() ** 2


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You take the root of the sum. Leave it out: asked is the sum of the squares."
)
def _(X, labels, centers):
    return np.sqrt(within_cluster_sum_of_squares(X, labels, centers))


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You return one number for each point. Add them up."
)
def _(X, labels, centers):
    return ((X - centers[labels]) ** 2).sum(axis=1)


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You return one number for each feature. Add them up."
)
def _(X, labels, centers):
    return ((X - centers[labels]) ** 2).sum(axis=0)


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You add up absolute differences. K-means adds up their *squares*."
)
def _(X, labels, centers):
    return np.abs(X - centers[labels]).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You add up the differences with their signs, and those of both signs cancel. "
    "Square each, then add."
)
def _(X, labels, centers):
    return (X - centers[labels]).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You add up the differences of each point before you square, so that +3 and −3 "
    "make 0. Square each difference, then add."
)
def _(X, labels, centers):
    return ((X - centers[labels]).sum(axis=1) ** 2).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You measure from the mean of each cluster. The centers are given, and need not be "
    "the means yet: use `centers[labels]`."
)
def _(X, labels, centers):
    means = move_centers(X, labels, len(centers))
    return within_cluster_sum_of_squares(X, labels, means)


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You add up the *mean* squared distance of each cluster, so that a point in a "
    "small cluster counts more. Every point counts once: no `mean`."
)
def _(X, labels, centers):
    squares = ((X - centers[labels]) ** 2).sum(axis=1)
    return (squares / np.bincount(labels)[labels]).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "This is the first cluster alone: your `return` stands within the loop, and ends "
    "it after one round. Move it to the left."
)
def _(X, labels, centers):
    return ((X[labels == 0] - centers[0]) ** 2).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "This is the last cluster alone: each round of your loop overwrites the one "
    "before. Add to the total: `+=` instead of `=`."
)
def _(X, labels, centers):
    last = len(centers) - 1
    return ((X[labels == last] - centers[last]) ** 2).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You return one number for each cluster. Add them up."
)
def _(X, labels, centers):
    squares = ((X - centers[labels]) ** 2).sum(axis=1)
    return np.bincount(labels, squares)


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "You return a number for each point *and* feature. Add them all up."
)
def _(X, labels, centers):
    return (X - centers[labels]) ** 2


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "This is the first point alone: your `return` stands within the loop, and ends it "
    "after one round. Move it to the left."
)
def _(X, labels, centers):
    return ((X[0] - centers[labels[0]]) ** 2).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.misconception(
    "This is the last point alone: each round of your loop overwrites the one before. "
    "Add to the total: `+=` instead of `=`."
)
def _(X, labels, centers):
    return ((X[-1] - centers[labels[-1]]) ** 2).sum()


@WITHIN_CLUSTER_SUM_OF_SQUARES.invariant("A sum of squares is never negative.")
def _(total, X, labels, centers):
    return bool(total >= 0)


# --- Two bells --------------------------------------------------------------------


def _draw_heights(rng, N=15):
    """Draw heights, and two groups that overlap: the weights and widths differ."""
    first = rng.uniform(0.3, 0.45)
    means = np.array([rng.uniform(162, 166), rng.uniform(172, 176)])
    standard_deviations = np.array([rng.uniform(4, 6), rng.uniform(8, 10)])
    x = rng.uniform(156, 184, size=N)
    return x, np.array([first, 1 - first]), means, standard_deviations


def chance_of_first(x, weights, means, standard_deviations):
    """Return for each x the probability of the first of two groups, shape (N,)."""
    z = (x[:, np.newaxis] - means) / standard_deviations  # shape (N, 2)
    curves = weights * np.exp(-0.5 * z**2) / standard_deviations
    return curves[:, 0] / curves.sum(axis=1)


CHANCE_OF_FIRST = Exercise(
    reference=chance_of_first,
    task="For each x: what share of the two weighted bells does the first one have?",
    why="A bell that is twice as wide is half as high, hence the division by the "
    "standard deviation. Factors that both curves have, such as 1/√(2π), cancel.",
    hints=(
        "Of all the people of this height, how many are in the first group? The height "
        "of a weighted bell says how many a group has.",
        "Compute `weights[k]` times the bell of group k, for both groups. The first, "
        "divided by the sum of both.",
        "With `z = (x - means[k]) / standard_deviations[k]`, curve k is "
        "`weights[k] * np.exp(-0.5 * z**2) / standard_deviations[k]`.",
    ),
    returns={"chance": "shape (N,), one probability for each x"},
    draw=_draw_heights,
    special={
        "two equal bells": (
            np.array([160.0, 170.0, 180.0]),
            np.array([0.3, 0.7]),
            np.array([170.0, 170.0]),
            np.array([7.0, 7.0]),
        ),
        "a narrow bell within a wide one": (
            np.array([163.0, 170.5, 185.0]),
            np.array([0.4, 0.6]),
            np.array([170.0, 170.0]),
            np.array([3.0, 9.0]),
        ),
    },
)


def _bells(x, means, standard_deviations):
    z = (x[:, np.newaxis] - means) / standard_deviations
    return np.exp(-0.5 * z**2) / (standard_deviations * np.sqrt(2 * np.pi))


def _share(curves):
    return curves[:, 0] / curves.sum(axis=1)


@CHANCE_OF_FIRST.misconception(
    "The weights have no say: they are missing, or both bells have the same one. This "
    "is what comes out if both groups are equally large."
)
def _(x, weights, means, standard_deviations):
    return _share(_bells(x, means, standard_deviations))


@CHANCE_OF_FIRST.misconception(
    "You decide: 1 or 0. Between the groups nobody can be sure; return the share "
    "itself."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means, standard_deviations)) > 0.5


@CHANCE_OF_FIRST.misconception(
    "You ask which mean is nearer. That is K-means; widths and weights count too, and "
    "the answer is a share, not yes or no."
)
def _(x, weights, means, standard_deviations):
    return np.abs(x - means[0]) < np.abs(x - means[1])


@CHANCE_OF_FIRST.misconception(
    "You share x out by its distance from the two means. Share it out by the heights "
    "of the bells, times the weights."
)
def _(x, weights, means, standard_deviations):
    distances = np.abs(x[:, np.newaxis] - means)
    return distances[:, 1] / distances.sum(axis=1)


@CHANCE_OF_FIRST.misconception(
    "Both your bells have the same height at the top. A bell that is twice as wide is "
    "half as high: divide by the standard deviation."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means, standard_deviations) * standard_deviations)


@CHANCE_OF_FIRST.misconception(
    "You divide the bell by the *variance*. A bell that is twice as wide is half as "
    "high, not a quarter: divide by the standard deviation."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means, standard_deviations) / standard_deviations)


@CHANCE_OF_FIRST.misconception(
    "You took the standard deviation for the variance. The exponent needs its square, "
    "σ², and the division in front needs σ itself."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means, np.sqrt(standard_deviations)))


@CHANCE_OF_FIRST.misconception(
    "You took the variance for the standard deviation: the bells come out far too "
    "wide. Divide the difference by σ, not by σ²."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means, standard_deviations**2))


@CHANCE_OF_FIRST.misconception(
    "You forgot the square in the exponent, so your curve falls on one side and rises "
    "on the other. A bell needs `z**2`."
)
def _(x, weights, means, standard_deviations):
    z = (x[:, np.newaxis] - means) / standard_deviations
    return _share(weights * np.exp(-0.5 * z) / standard_deviations)


@CHANCE_OF_FIRST.misconception(
    "You use the absolute value of z in the exponent. That makes a tent with a pointed "
    "top; a bell needs `z**2`."
)
def _(x, weights, means, standard_deviations):
    z = np.abs(x[:, np.newaxis] - means) / standard_deviations
    return _share(weights * np.exp(-0.5 * z) / standard_deviations)


@CHANCE_OF_FIRST.misconception(
    "You forgot the factor ½ in the exponent: your bells are too narrow. It is "
    "`-0.5 * z**2`."
)
def _(x, weights, means, standard_deviations):
    z = (x[:, np.newaxis] - means) / standard_deviations
    return _share(weights * np.exp(-(z**2)) / standard_deviations)


@CHANCE_OF_FIRST.misconception(
    "The sign in the exponent is turned: your curves are lowest at the means. It is "
    "*minus* `0.5 * z**2`."
)
def _(x, weights, means, standard_deviations):
    z = (x[:, np.newaxis] - means) / standard_deviations
    return _share(weights * np.exp(0.5 * z**2) / standard_deviations)


@CHANCE_OF_FIRST.misconception("This is the chance of the *second* group.")
def _(x, weights, means, standard_deviations):
    return 1 - _share(weights * _bells(x, means, standard_deviations))


@CHANCE_OF_FIRST.misconception(
    "This is the first weighted bell itself. Divide it by the sum of both, so that it "
    "becomes a share."
)
def _(x, weights, means, standard_deviations):
    return weights[0] * _bells(x, means, standard_deviations)[:, 0]


@CHANCE_OF_FIRST.misconception(
    "You divide the first weighted bell by the second. Those are odds; for a share, "
    "divide by the sum of *both*."
)
def _(x, weights, means, standard_deviations):
    curves = weights * _bells(x, means, standard_deviations)
    return curves[:, 0] / curves[:, 1]


@CHANCE_OF_FIRST.misconception(
    "You multiply by the weight *after* making shares of the bells, and so the two "
    "chances do not sum to 1. Multiply each bell by its weight first, then divide."
)
def _(x, weights, means, standard_deviations):
    return weights[0] * _share(_bells(x, means, standard_deviations))


@CHANCE_OF_FIRST.misconception(
    "You return the chances of both groups. Only the first is asked: column 0."
)
def _(x, weights, means, standard_deviations):
    curves = weights * _bells(x, means, standard_deviations)
    return curves / curves.sum(axis=1, keepdims=True)


@CHANCE_OF_FIRST.misconception(
    "`first / first + second` divides before it adds, and so it is 1 + second. Put the "
    "sum into parentheses: `first / (first + second)`."
)
def _(x, weights, means, standard_deviations):
    return 1 + weights[1] * _bells(x, means, standard_deviations)[:, 1]


@CHANCE_OF_FIRST.misconception(
    "The sum below has its weights, but the bell above has none. It is the *weighted* "
    "bell that is divided: `weights[0]` times the first one."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means, standard_deviations)) / weights[0]


@CHANCE_OF_FIRST.misconception(
    "You multiply by the first weight twice, in the bell and once more at the end. The "
    "bells have their weights already."
)
def _(x, weights, means, standard_deviations):
    return weights[0] * _share(weights * _bells(x, means, standard_deviations))


@CHANCE_OF_FIRST.misconception(
    "You exchanged the weights: `weights[0]` belongs to the bell with `means[0]`."
)
def _(x, weights, means, standard_deviations):
    return _share(weights[::-1] * _bells(x, means, standard_deviations))


@CHANCE_OF_FIRST.misconception(
    "The second bell has the width of the first one: it needs `standard_deviations[1]`."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means, standard_deviations[[0, 0]]))


@CHANCE_OF_FIRST.misconception(
    "The second bell stands at the mean of the first one: it needs `means[1]`."
)
def _(x, weights, means, standard_deviations):
    return _share(weights * _bells(x, means[[0, 0]], standard_deviations))


@CHANCE_OF_FIRST.misconception(
    "The weights are missing, and your bells have the same height at the top. Divide "
    "each by its standard deviation, and multiply it by its weight."
)
def _(x, weights, means, standard_deviations):
    return _share(_bells(x, means, standard_deviations) * standard_deviations)


@CHANCE_OF_FIRST.misconception(
    "You divide by a sum over all x. Each x has a sum of its own, that of its two "
    "weighted bells: add the two curves, not the points."
)
def _(x, weights, means, standard_deviations):
    curves = weights * _bells(x, means, standard_deviations)
    return curves[:, 0] / curves.sum()


@CHANCE_OF_FIRST.misconception(
    "This is the first bell itself. Give both bells their weights, and divide the "
    "first by the sum of both."
)
def _(x, weights, means, standard_deviations):
    return _bells(x, means, standard_deviations)[:, 0]


@CHANCE_OF_FIRST.misconception(
    "You return the sum of both weighted bells. What share of it does the first one "
    "have?"
)
def _(x, weights, means, standard_deviations):
    return (weights * _bells(x, means, standard_deviations)).sum(axis=1)


@CHANCE_OF_FIRST.misconception(
    "You return the chances of both groups, one a row. Only the first is asked: row 0."
)
def _(x, weights, means, standard_deviations):
    curves = weights * _bells(x, means, standard_deviations)
    return (curves / curves.sum(axis=1, keepdims=True)).T


@CHANCE_OF_FIRST.misconception(
    "The second bell in the sum has no weight: it needs `weights[1]`."
)
def _(x, weights, means, standard_deviations):
    return _share([weights[0], 1] * _bells(x, means, standard_deviations))


@CHANCE_OF_FIRST.misconception(
    "You make the shares of all x sum to 1. It is the two groups that share each x: "
    "divide by the sum of its two curves, not over the points."
)
def _(x, weights, means, standard_deviations):
    curves = weights * _bells(x, means, standard_deviations)
    return curves[:, 0] / curves[:, 0].sum()


@CHANCE_OF_FIRST.invariant("A probability lies between 0 and 1.")
def _(chance, x, weights, means, standard_deviations):
    return bool(((chance >= 0) & (chance <= 1)).all())
