"""How many components: information criteria and held-out likelihood."""

import numpy as np
import pandas as pd

from gmm_from_scratch.covariance import n_parameters
from gmm_from_scratch.initialization import fit_best
from gmm_from_scratch.validation import (
    COVARIANCE_TYPES,
    check_choice,
    check_data,
    check_enough_rows,
    check_integer,
    check_rng,
)


def aic(log_likelihood, n_free_parameters):
    """Akaike's criterion: −2 log L + 2 p; smaller is better.

    Parameters
    ----------
    log_likelihood : float
        Log-likelihood of the whole data set.
    n_free_parameters : int
        p, as `covariance.n_parameters` counts them.

    Returns
    -------
    float

    References
    ----------
    Akaike, "A new look at the statistical model identification" (1974).

    Examples
    --------
    >>> aic(-100.0, 5)
    210.0
    """
    return float(-2 * log_likelihood + 2 * n_free_parameters)


def bic(log_likelihood, n_free_parameters, n_samples):
    """Schwarz's criterion: −2 log L + p log N; smaller is better.

    Parameters
    ----------
    log_likelihood : float
        Log-likelihood of the whole data set.
    n_free_parameters : int
        p, as `covariance.n_parameters` counts them.
    n_samples : int
        N.

    Returns
    -------
    float

    References
    ----------
    Schwarz, "Estimating the dimension of a model" (1978).

    Examples
    --------
    >>> round(bic(-100.0, 5, 100), 2)
    223.03
    """
    n_samples = check_integer(n_samples, "n_samples", 1)
    return float(-2 * log_likelihood + n_free_parameters * np.log(n_samples))


def held_out_log_likelihood(X, n_components, *, n_folds=5, rng=None, **options):
    """Score a mixture on points that it has not seen, by cross-validation.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    n_components : int
        K.
    n_folds : int
        Each fold is scored once by a mixture fitted to all the others.
    rng : numpy.random.Generator or int, optional
        Source of randomness for the folds and the starts, or its seed.
    **options
        Passed on to `initialization.fit_best`.

    Returns
    -------
    float
        The mean log-likelihood per held-out point; larger is better.

    Raises
    ------
    TypeError, ValueError
        If the input is malformed, or a training set has fewer than K rows.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(100, 1))
    >>> one = held_out_log_likelihood(X, 1, rng=0)
    >>> bool(one > held_out_log_likelihood(X, 8, rng=0))
    True
    """
    X = check_data(X)
    n_folds = check_integer(n_folds, "n_folds", 2)
    if len(X) < n_folds:
        raise ValueError(f"X has {len(X)} rows, fewer than n_folds={n_folds}.")
    rng = check_rng(rng)
    fold = rng.permutation(len(X)) % n_folds
    scores = np.empty(len(X))
    for i in range(n_folds):
        trained = fit_best(X[fold != i], n_components, rng=rng, **options)
        scores[fold == i] = trained.mixture.log_density(X[fold == i])
    return float(scores.mean())


def sweep(X, n_components, covariance_types=("full",), *, rng=None, **options):
    """Fit every combination of K and covariance type and tabulate the criteria.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    n_components : iterable of int
        The K to try.
    covariance_types : iterable of str
        The covariance types to try.
    rng : numpy.random.Generator or int, optional
        Source of randomness, or its seed.
    **options
        Passed on to `initialization.fit_best`.

    Returns
    -------
    DataFrame
        One row per combination: covariance_type, n_components, n_parameters,
        log_likelihood, aic, bic and mixture (the fitted `Mixture`).

    Raises
    ------
    TypeError, ValueError
        If the input is malformed or X has too few rows for a K.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(100, 1)) + [[-5.0], [5.0]] * 50
    >>> table = sweep(X, [1, 2, 3], rng=0)
    >>> int(table.n_components[table.bic.idxmin()])
    2
    """
    X, rng = check_data(X), check_rng(rng)
    n_components = _check_list(n_components, "n_components")
    covariance_types = _check_list(covariance_types, "covariance_types")
    # Before the first fit, since the whole sweep may take minutes.
    for K in n_components:
        check_enough_rows(X, check_integer(K, "n_components", 1))
    for covariance_type in covariance_types:
        check_choice(covariance_type, "covariance_type", COVARIANCE_TYPES)
    rows = []
    for covariance_type in covariance_types:
        for K in n_components:
            best = fit_best(
                X, K, rng=rng, covariance_type=covariance_type, **options
            ).mixture
            log_likelihood = best.log_likelihood(X)
            p = n_parameters(K, X.shape[1], covariance_type)
            rows.append(
                {
                    "covariance_type": covariance_type,
                    "n_components": K,
                    "n_parameters": p,
                    "log_likelihood": log_likelihood,
                    "aic": aic(log_likelihood, p),
                    "bic": bic(log_likelihood, p, len(X)),
                    "mixture": best,
                }
            )
    return pd.DataFrame(rows)


def _check_list(values, name):
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise TypeError(
            f"{name} must be a list of values to try, but it is {values!r}."
        )
    values = list(values)
    if not values:
        raise ValueError(f"{name} is empty; give at least one value to try.")
    return values
