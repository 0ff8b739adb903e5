"""The same mixture behind scikit-learn's interface: change one import."""

import time
import warnings

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from gmm_from_scratch import engine, selection
from gmm_from_scratch.covariance import (
    from_compact,
    n_parameters,
    precisions_cholesky,
    to_compact,
)
from gmm_from_scratch.em import Fit
from gmm_from_scratch.initialization import METHODS, initial_mixture
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.validation import (
    COVARIANCE_TYPES,
    check_array,
    check_choice,
    check_data,
    check_enough_rows,
    check_integer,
    check_non_negative,
    check_rng,
    check_sample_weight,
    leave_out_weightless,
)


class GaussianMixture(DensityMixin, BaseEstimator):
    """A Gaussian mixture fitted by EM, with the interface of scikit-learn's.

    Parameters
    ----------
    n_components : int, default=1
        K, the number of components.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}, default='full'
        What the covariances may look like.
    tol : float, default=1e-3
        EM stops when the mean log-likelihood per point changes by less.
    reg_covar : float, default=1e-6
        Added to each variance, in squared units of the data.
    max_iter : int, default=100
        EM stops after so many iterations in any case; 0 keeps the start.
    n_init : int, default=1
        How many starts to try; the one that ends highest is kept.
    init_params : {'kmeans', 'k-means++', 'random', 'random_from_data'}
        How each start is made, 'kmeans' by default.
    weights_init : array-like of shape (K,), default=None
        Weights to start from.
    means_init : array-like of shape (K, D), default=None
        Means to start from.
    precisions_init : array-like, default=None
        Inverse covariances to start from, in the shape that fits the type: (K, D, D),
        (D, D), (K, D) or (K,).
    random_state : int, RandomState instance or None, default=None
        Source of randomness of the starts and of `sample`. The same seed gives other
        starts here than in scikit-learn.
    warm_start : bool, default=False
        Whether a second `fit` goes on from where the first one ended.
    verbose : int, default=0
        1 prints each start and how far it has come, 2 also the log-likelihood, its
        change and the time.
    verbose_interval : int, default=10
        Print every so many iterations.

    Attributes
    ----------
    weights_ : ndarray of shape (K,)
        π_k.
    means_ : ndarray of shape (K, D)
        μ_k.
    covariances_ : ndarray
        Σ_k, of shape (K, D, D) for 'full', (D, D) for 'tied', (K, D) for 'diag', (K,)
        for 'spherical'.
    precisions_ : ndarray
        The inverses, in the same shape.
    precisions_cholesky_ : ndarray
        Their Cholesky factors, in the same shape.
    converged_ : bool
        Whether the best run met `tol` within `max_iter`.
    n_iter_ : int
        Iterations of the best run.
    lower_bound_ : float
        Mean log-likelihood per point that the best run's last E-step found; −∞ for
        max_iter=0.
    lower_bounds_ : list of float
        The same for each iteration of the best run.
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of str
        Column names, if X was a DataFrame.

    References
    ----------
    Dempster, Laird & Rubin, "Maximum likelihood from incomplete data via the EM
    algorithm" (1977). Bishop, *Pattern Recognition and Machine Learning* (2006), ch. 9.

    Examples
    --------
    >>> X = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]]
    >>> model = GaussianMixture(n_components=2, random_state=0).fit(X)
    >>> bool(model.predict([[0, 0]])[0] != model.predict([[12, 3]])[0])
    True
    """

    def __init__(
        self,
        n_components=1,
        *,
        covariance_type="full",
        tol=1e-3,
        reg_covar=1e-6,
        max_iter=100,
        n_init=1,
        init_params="kmeans",
        weights_init=None,
        means_init=None,
        precisions_init=None,
        random_state=None,
        warm_start=False,
        verbose=0,
        verbose_interval=10,
    ):
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval

    def fit(self, X, y=None, sample_weight=None, *, callback=None):
        """Estimate the parameters.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points; float32 data is not copied.
        y : ignored
            There for scikit-learn's conventions.
        sample_weight : array-like of shape (N,), default=None
            How often each point counts: 2 is the same as the row twice, 0 as its
            absence.
        callback : callable, default=None
            Called after each iteration with its number, from 1 on, and the
            log-likelihood; for a progress bar.

        Returns
        -------
        GaussianMixture
            The estimator itself.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is malformed.

        Warns
        -----
        ConvergenceWarning
            If the best run did not meet `tol` within `max_iter`.

        Examples
        --------
        >>> GaussianMixture(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        GaussianMixture(n_components=2, random_state=0)
        """
        _check_numbers(X)
        X = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        X, weight = leave_out_weightless(X, check_sample_weight(sample_weight, len(X)))
        self._check_parameters(X)
        total = len(X) if weight is None else weight.sum()
        starts, previous = self._starts(X, weight), -np.inf
        if self.warm_start and hasattr(self, "converged_"):
            starts, previous = [self.mixture_], self.lower_bound_ * total

        best = None
        for number, start in enumerate(starts, 1):
            report = self._reporter(number, callback)
            run = self._run(X, start, previous, weight, report)
            if self.verbose:
                print(f"  {run.n_iter} iterations, converged={run.converged}")
            if best is None or run.log_likelihood > best.log_likelihood:
                best = run
        if not best.converged and self.max_iter > 0:
            warnings.warn(
                f"EM did not converge in max_iter={self.max_iter} iterations; raise "
                f"max_iter or tol, or look for a component that has collapsed.",
                ConvergenceWarning,
                stacklevel=2,
            )
        self._keep(best, total)
        return self

    def fit_predict(self, X, y=None, sample_weight=None):
        """Estimate the parameters and assign each point to its likeliest component.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.
        y : ignored
            There for scikit-learn's conventions.
        sample_weight : array-like of shape (N,), default=None
            How often each point counts.

        Returns
        -------
        ndarray of int of shape (N,)

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is malformed.

        Examples
        --------
        >>> model = GaussianMixture(2, random_state=0)
        >>> labels = model.fit_predict([[0.0], [1.0], [8.0], [9.0]])
        >>> bool(labels[0] == labels[1] != labels[2] == labels[3])
        True
        """
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def predict(self, X):
        """Assign each point to its likeliest component.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        ndarray of int of shape (N,)

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X does not have the columns of the data of `fit`, or holds NaN.

        Examples
        --------
        >>> model = GaussianMixture().fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.predict([[3.0]])
        array([0])
        """
        return self.predict_proba(X).argmax(axis=1)

    def predict_proba(self, X):
        """Evaluate the responsibilities: p(component | point).

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        ndarray of shape (N, K)
            Each row sums to 1.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X does not have the columns of the data of `fit`, or holds NaN.

        Examples
        --------
        >>> model = GaussianMixture().fit([[0.0], [1.0], [8.0], [9.0]])
        >>> model.predict_proba([[3.0]])
        array([[1.]])
        """
        X = self._check_new_data(X)
        return engine.e_step(X, self.mixture_)[0]

    def score_samples(self, X):
        """Evaluate log p(x) at each point.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        ndarray of shape (N,)

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X does not have the columns of the data of `fit`, or holds NaN.

        Examples
        --------
        >>> model = GaussianMixture().fit([[-1.0], [1.0]])
        >>> model.score_samples([[0.0]]).round(3)
        array([-0.919])
        """
        X = self._check_new_data(X)
        return engine.log_density(X, self.mixture_)

    def score(self, X, y=None):
        """Evaluate the mean log-likelihood per point.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.
        y : ignored
            There for scikit-learn's conventions.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X does not have the columns of the data of `fit`, or holds NaN.

        Examples
        --------
        >>> round(GaussianMixture().fit([[-1.0], [1.0]]).score([[-1.0], [1.0]]), 3)
        -1.419
        """
        return float(self.score_samples(X).mean())

    def sample(self, n_samples=1):
        """Draw points from the fitted mixture.

        Parameters
        ----------
        n_samples : int, default=1
            How many.

        Returns
        -------
        X : ndarray of shape (n_samples, D)
            Points, grouped by component as in scikit-learn.
        y : ndarray of int of shape (n_samples,)
            The component of each point.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `n_samples` is not a whole number ≥ 1.

        Examples
        --------
        >>> X, y = GaussianMixture(random_state=0).fit([[-1.0], [1.0]]).sample(5)
        >>> X.shape, y.shape
        ((5, 1), (5,))
        """
        check_is_fitted(self)
        X, y = self.mixture_.sample(n_samples, self._rng())
        order = np.argsort(y, kind="stable")
        return X[order], y[order]

    def aic(self, X):
        """Evaluate Akaike's criterion on X; smaller is better.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X does not have the columns of the data of `fit`, or holds NaN.

        Examples
        --------
        >>> X = [[-1.0], [1.0]]
        >>> round(GaussianMixture().fit(X).aic(X), 3)
        9.676
        """
        return selection.aic(self.score_samples(X).sum(), self._count_parameters())

    def bic(self, X):
        """Evaluate Schwarz's criterion on X; smaller is better.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X does not have the columns of the data of `fit`, or holds NaN.

        Examples
        --------
        >>> X = [[-1.0], [1.0]]
        >>> round(GaussianMixture().fit(X).bic(X), 3)
        7.062
        """
        log_densities = self.score_samples(X)
        return selection.bic(
            log_densities.sum(), self._count_parameters(), len(log_densities)
        )

    @property
    def mixture_(self):
        """The fitted parameters as a `Mixture`, every covariance a full matrix."""
        check_is_fitted(self)
        covariances = from_compact(
            self.covariances_, *np.shape(self.means_), self.covariance_type
        )
        return Mixture(self.weights_, self.means_, covariances)

    def _rng(self):
        return check_rng(check_random_state(self.random_state))

    def _check_parameters(self, X):
        check_integer(self.n_components, "n_components", 1)
        check_integer(self.n_init, "n_init", 1)
        check_integer(self.max_iter, "max_iter", 0)
        check_integer(int(self.verbose), "verbose", 0)
        check_integer(self.verbose_interval, "verbose_interval", 1)
        check_non_negative(self.tol, "tol")
        check_non_negative(self.reg_covar, "reg_covar")
        check_choice(self.covariance_type, "covariance_type", COVARIANCE_TYPES)
        check_choice(self.init_params, "init_params", METHODS)
        check_enough_rows(X, self.n_components)

    def _starts(self, X, weight):
        given = self._given_parameters(X.shape[1])
        if all(parameter is not None for parameter in given):
            # Every start would be this one.
            yield Mixture(*given)
            return
        rng = self._rng()
        for _ in range(self.n_init):
            start = initial_mixture(
                X,
                self.n_components,
                self.init_params,
                rng,
                covariance_type=self.covariance_type,
                reg_covar=self.reg_covar,
                sample_weight=weight,
            )
            made = start.weights, start.means, start.covariances
            if any(parameter is not None for parameter in given):
                start = Mixture(
                    *(m if g is None else g for m, g in zip(made, given, strict=True))
                )
            yield start

    def _given_parameters(self, D):
        K = self.n_components
        weights, means, covariances = self.weights_init, self.means_init, None
        if weights is not None:
            weights = check_array(weights, (K,), "weights_init")
        if means is not None:
            means = check_array(means, (K, D), "means_init")
        if self.precisions_init is not None:
            name = "precisions_init"
            precisions = from_compact(
                self.precisions_init, K, D, self.covariance_type, name
            )
            covariances = _product(precisions_cholesky(precisions, name))
        return weights, means, covariances

    def _run(self, X, start, previous, weight, callback):
        if self.max_iter == 0:
            return Fit(start, np.array([]), n_iter=0, converged=False)
        return engine.run(
            X,
            start,
            covariance_type=self.covariance_type,
            reg_covar=self.reg_covar,
            tol=self.tol,
            max_iter=self.max_iter,
            sample_weight=weight,
            previous=previous,
            callback=callback,
        )

    def _reporter(self, number, callback):
        """Make what `engine.run` calls after each iteration."""
        if self.verbose < 1:
            return callback
        print(f"Start {number}")
        before, began = -np.inf, time.perf_counter()

        def report(iteration, log_likelihood):
            nonlocal before
            if iteration % self.verbose_interval == 0:
                line = f"  iteration {iteration}"
                if self.verbose > 1:
                    seconds = time.perf_counter() - began
                    line += f": log-likelihood {log_likelihood:.6g}, "
                    line += f"up by {log_likelihood - before:.3g}, {seconds:.2f} s"
                print(line)
            before = log_likelihood
            if callback is not None:
                callback(iteration, log_likelihood)

        return report

    def _keep(self, best, total):
        mixture = best.mixture
        factors = precisions_cholesky(mixture.covariances)
        compact = {
            "covariances_": mixture.covariances,
            "precisions_": _product(factors),
            "precisions_cholesky_": factors,
        }
        for name, matrices in compact.items():
            setattr(self, name, to_compact(matrices, self.covariance_type))
        self.weights_ = mixture.weights.copy()
        self.means_ = mixture.means.copy()
        self.converged_ = best.converged
        self.n_iter_ = best.n_iter
        self.lower_bounds_ = (best.log_likelihoods / total).tolist()
        self.lower_bound_ = best.log_likelihood / total

    def _check_new_data(self, X):
        check_is_fitted(self)
        _check_numbers(X)
        return validate_data(self, X, dtype=[np.float64, np.float32], reset=False)

    def _count_parameters(self):
        return n_parameters(*self.means_.shape, self.covariance_type)


def _product(factors):
    """Multiply out U Uᵀ: the inverse of the matrices that the factors came from."""
    return factors @ factors.transpose(0, 2, 1)


def _check_numbers(X):
    # A table with a column of text or with gaps is the most frequent mistake, and
    # ours says which column or cell; the rest is left to scikit-learn's own checks.
    if hasattr(X, "select_dtypes") and not X.empty:
        check_data(X)
