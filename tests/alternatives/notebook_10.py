import numpy as np
from sklearn.preprocessing import StandardScaler


def standardize(X):
    return StandardScaler().fit_transform(X)


def to_original_units(means, covariances, center, scale):
    S = np.diag(scale)
    return [S @ mean + center for mean in means], [S @ C @ S for C in covariances]


def most_ambiguous(responsibilities, n):
    sureness = [max(row) for row in responsibilities.tolist()]
    return sorted(range(len(sureness)), key=sureness.__getitem__)[:n]


def worth_contacting(responsibilities, profit):
    gains, losses = profit.clip(min=0), -profit.clip(max=0)
    return [r @ gains > r @ losses for r in responsibilities]
