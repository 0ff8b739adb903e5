import numpy as np


def weighted_average(x, weights):
    return np.average(x, weights=weights)
