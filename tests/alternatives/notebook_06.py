import warnings

import numpy as np
from scipy.special import entr, softmax
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from gmm_from_scratch.mixture import Mixture


def has_converged(log_likelihoods, n_samples, tol):
    *_, before, now = [-np.inf, -np.inf, *log_likelihoods]
    return np.isfinite(before) and -tol < now / n_samples - before / n_samples < tol


def em_iteration(X, mixture):
    log_joint = [
        np.log(weight) + multivariate_normal(mean, covariance).logpdf(X)
        for weight, mean, covariance in zip(
            mixture.weights, mixture.means, mixture.covariances, strict=True
        )
    ]
    r = softmax(np.array(log_joint).T, axis=1)
    means = [np.average(X, axis=0, weights=column) for column in r.T]
    covariances = [np.cov(X.T, aweights=column, bias=True) for column in r.T]
    return Mixture(r.mean(axis=0), means, covariances)


def fit_em(X, start, tol):
    model = GaussianMixture(
        start.n_components,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=np.linalg.inv(start.covariances),
        tol=tol,
        max_iter=100,
    )
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        model.fit(X)
    return model.weights_, model.means_, model.covariances_


def lower_bound(X, responsibilities, mixture):
    expected = np.einsum("nk,nk", responsibilities, mixture.log_joint(X))
    return expected + entr(responsibilities).sum()
