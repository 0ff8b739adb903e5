import numpy as np
from scipy.special import entr, logsumexp


def bayes_rule(prior, likelihood):
    joint = [p * q for p, q in zip(prior, likelihood, strict=True)]
    return [j / sum(joint) for j in joint]


def e_step(X, mixture):
    log_joint = mixture.log_joint(X)
    return np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))


def hard_assignment(responsibilities):
    return [max(range(len(row)), key=row.__getitem__) for row in responsibilities]


def entropy(responsibilities):
    return entr(responsibilities).sum(axis=1)
