import numpy as np


def quadratic_features(X):
    rows = [[1.0] * len(X)]
    rows += [list(column) for column in X.T]
    D = X.shape[1]
    for i in range(D):
        for j in range(i, D):
            rows.append([x[i] * x[j] for x in X])
    return rows


def sufficient_statistics(X, responsibilities):
    K, D = responsibilities.shape[1], X.shape[1]
    counts, sums, products = np.zeros(K), np.zeros((K, D)), np.zeros((K, D, D))
    for x, r in zip(X, responsibilities, strict=True):
        counts += r
        sums += np.outer(r, x)
        products += r[:, np.newaxis, np.newaxis] * np.outer(x, x)
    return counts, sums, products


def parameters_from_sums(counts, sums, products):
    means = (sums.T / counts).T
    covariances = [
        product / count - np.outer(mean, mean)
        for count, mean, product in zip(counts, means, products, strict=True)
    ]
    return counts / sum(counts), means, covariances


def means_from_blocks(blocks):
    total = np.sum([np.column_stack(block) for block in blocks], axis=0)
    return total[:, 1:] / total[:, :1]
