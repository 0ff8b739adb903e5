import numpy as np
from scipy.stats import multivariate_normal

from gmm_from_scratch import missing


def outlier_threshold(log_density, share):
    return np.quantile(log_density, share)


def conditional_gaussian(mean, covariance, first):
    precision = np.linalg.inv(covariance)
    left_over = np.linalg.inv(precision[1:, 1:])
    return mean[1:] - left_over @ precision[1:, 0] * (first - mean[0]), left_over


def log_density_of_known(x, mean, covariance):
    known = [i for i, value in enumerate(x) if value == value]
    block = [[covariance[i, j] for j in known] for i in known]
    return multivariate_normal(mean[known], block).logpdf(x[known])


def predict_by_mixture(x, mixture):
    return missing.impute([[value, np.nan] for value in x], mixture)[:, 1]
