import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import norm


def nearest_center(X, centers):
    return cdist(X, centers).argmin(axis=1)


def move_centers(X, labels, n_clusters):
    one_hot = np.eye(n_clusters)[labels]
    return one_hot.T @ X / one_hot.sum(axis=0)[:, np.newaxis]


def within_cluster_sum_of_squares(X, labels, centers):
    total = 0.0
    for point, label in zip(X, labels, strict=True):
        total += np.dot(point - centers[label], point - centers[label])
    return total


def chance_of_first(x, weights, means, standard_deviations):
    first = weights[0] * norm.pdf(x, means[0], standard_deviations[0])
    second = weights[1] * norm.pdf(x, means[1], standard_deviations[1])
    return first / (first + second)
