import numpy as np


def effective_counts(responsibilities):
    return [sum(column) for column in responsibilities.T.tolist()]


def update_weights(responsibilities):
    return responsibilities.mean(axis=0)


def update_means(X, responsibilities):
    return [np.average(X, axis=0, weights=column) for column in responsibilities.T]


def update_covariances(X, responsibilities):
    shares = responsibilities / responsibilities.sum(axis=0)
    gaps = X[:, np.newaxis] - np.einsum("nk,nd->kd", shares, X)
    return np.einsum("nk,nki,nkj->kij", shares, gaps, gaps)


def update_variances_diag(X, responsibilities):
    shares = responsibilities / responsibilities.sum(axis=0)
    return shares.T @ X**2 - (shares.T @ X) ** 2


def update_variances_spherical(X, responsibilities):
    variances = []
    for column in responsibilities.T:
        covariance = np.atleast_2d(np.cov(X.T, aweights=column, bias=True))
        variances.append(np.trace(covariance) / X.shape[1])
    return variances


def update_covariance_tied(X, responsibilities):
    # The spread within is the spread of all less the spread of the means.
    weights = responsibilities.mean(axis=0)
    means = np.array(update_means(X, responsibilities)) - X.mean(axis=0)
    between = (weights[:, np.newaxis] * means).T @ means
    return np.cov(X.T, bias=True) - between
