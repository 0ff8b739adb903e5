import numpy as np
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import PredefinedSplit


def count_parameters(n_components, n_features, covariance_type):
    model = GaussianMixture(n_components, covariance_type=covariance_type)
    model.means_ = np.zeros((n_components, n_features))
    return model._n_parameters()


def aic(log_likelihood, n_parameters):
    return 2 * (n_parameters - log_likelihood)


def bic(log_likelihood, n_parameters, n_samples):
    return 2 * (n_parameters * np.log(np.sqrt(n_samples)) - log_likelihood)


def held_out_score(X, fold, fit):
    total = 0.0
    for train, test in PredefinedSplit(fold).split():
        mixture = fit(X[train])
        density = sum(
            weight * multivariate_normal(mean, covariance).pdf(X[test])
            for weight, mean, covariance in zip(
                mixture.weights, mixture.means, mixture.covariances, strict=True
            )
        )
        total += np.log(density).sum()
    return total / len(X)


def merge_responsibilities(responsibilities, group):
    groups = sorted(set(group.tolist()))
    columns = [responsibilities[:, group == g].sum(axis=1) for g in groups]
    return np.column_stack(columns)
