import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal, norm


def log_density_1d(x, mean, variance):
    return norm(mean, variance**0.5).logpdf(x)


def mahalanobis(X, mean, covariance):
    inverse = np.linalg.inv(covariance)
    return cdist(X, [mean], "mahalanobis", VI=inverse)[:, 0]


def log_density(X, mean, covariance):
    return multivariate_normal(mean, covariance).logpdf(X)


def ellipse_for_matplotlib(covariance):
    # Without eigenvectors: trace and determinant, and the double angle.
    (xx, xy), (_, yy) = covariance
    middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    angle = np.arctan2(2 * xy, xx - yy) / 2
    # Half a turn further it is the same ellipse.
    return (
        2 * (middle + radius) ** 0.5,
        2 * (middle - radius) ** 0.5,
        180 * (1 + angle / np.pi),
    )


def fit_gaussian(X):
    mean = [sum(column) / len(X) for column in X.T]
    return mean, sum(np.outer(x - mean, x - mean) for x in X) / len(X)
