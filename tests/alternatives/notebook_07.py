import numpy as np
from scipy.linalg import eigh
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import pairwise_distances_argmin_min


def kmeans_plus_plus_odds(X, centers):
    _, distances = pairwise_distances_argmin_min(X, centers)
    total = sum(distance**2 for distance in distances)
    return [distance**2 / total for distance in distances]


def regularize(covariance, reg_covar):
    changed = covariance.copy()
    for d in range(len(changed)):
        changed[d, d] += reg_covar
    return changed


def match_components(means, reference_means):
    gaps = reference_means[:, np.newaxis] - means
    return linear_sum_assignment(np.einsum("ijd,ijd->ij", gaps, gaps))[1]


def is_collapsing(covariances, data_covariance, share):
    ratios = [eigh(S, data_covariance, eigvals_only=True)[0] for S in covariances]
    return [bool(ratio < share) for ratio in ratios]
