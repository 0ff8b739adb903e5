"""The same mixture behind scikit-learn's interface: change one import."""

import time
import warnings

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from gmm_from_scratch import engine, missing, selection
from gmm_from_scratch.covariance import (
    from_compact,
    n_parameters,
    precisions_cholesky,
    relative_reg_covar,
    to_compact,
)
from gmm_from_scratch.em import EmptyComponentError, Fit
from gmm_from_scratch.gaussian import SingularCovarianceError
from gmm_from_scratch.initialization import METHODS, initial_mixture, run_with_reseeding
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.sufficient import Averages
from gmm_from_scratch.validation import (
    COVARIANCE_TYPES,
    check_array,
    check_boolean,
    check_choice,
    check_data,
    check_enough_rows,
    check_integer,
    check_non_negative,
    check_rng,
    check_sample_weight,
    check_weights,
    leave_out_weightless,
)

# The n-th chunk that `partial_fit` sees has the share 1/n⁰·⁶ in the average: less and
# less, so that it settles, but more than 1/n, so that it forgets how it began.
FORGETTING = 0.6


class GaussianMixture(DensityMixin, BaseEstimator):
    """A Gaussian mixture fitted by EM, with the interface of scikit-learn's.

    With the parameters and methods that scikit-learn has it gives what scikit-learn
    gives. Beyond these it knows `sample_weight`, missing values, a `reg_covar` without
    units, `partial_fit`, `sort_components` and `compare`, and a component that empties
    or collapses is started anew instead of ending the fit.

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
    relative_reg_covar : bool, default=False
        Whether `reg_covar` is a share of each feature's variance, so that the fit does
        not depend on units.
    marginalize_missing : bool, default=False
        Whether NaN stands for a value that is missing, to be integrated out in fits and
        predictions: each point counts with the features that it has. (Right if values
        are missing at random; see `gmm_from_scratch.missing`.) Otherwise NaN is
        refused.

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
    mixture_ : Mixture
        The same parameters, every covariance a full matrix.
    converged_ : bool
        Whether the best run met `tol` within `max_iter`.
    n_iter_ : int
        Iterations of the best run, since a component was last started anew.
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
    >>> X = [[1, 2], [2, 4], [1, 0], [10, 2], [11, 4], [10, 0]]
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
        relative_reg_covar=False,
        marginalize_missing=False,
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
        self.relative_reg_covar = relative_reg_covar
        self.marginalize_missing = marginalize_missing

    def fit(self, X, y=None, sample_weight=None, *, callback=None):
        """Estimate the parameters.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points. float32 data is not copied; the parameters are float64 all the same.
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
            If a parameter or X is malformed, or the data are flat in some direction
            and `reg_covar` is too small.

        Warns
        -----
        ConvergenceWarning
            If the best run did not meet `tol` within `max_iter`, if in it a component
            had to be started anew, or if one has shrunk until only `reg_covar` keeps
            its covariance from being flat.

        Examples
        --------
        >>> GaussianMixture(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        GaussianMixture(n_components=2, random_state=0)
        """
        X, weight = self._check_data(X, sample_weight)
        self._check_parameters(X)
        options = self._options(X, weight)
        with engine.one_blas_thread():
            best = self._best_run(X, options, callback)
        self._keep(best, _total(X, weight))
        self._average = None
        self._warn(best, options["reg_covar"])
        return self

    def partial_fit(self, X, y=None, sample_weight=None):
        """Learn from a chunk of data that will not come again.

        The first chunk is fitted as by `fit`. Each later one makes one E-step, whose
        averages are mixed into those of all chunks before, and one M-step. Later chunks
        count less and less, so that the parameters settle; in the end they come close
        to those of a fit to all data, but do not equal them. (For that, and data that
        can be read again and again, see `gmm_from_scratch.engine.run`.)

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points of this chunk: for the first, enough of them to fit a mixture to.
        y : ignored
            There for scikit-learn's conventions.
        sample_weight : array-like of shape (N,), default=None
            How often each point counts.

        Returns
        -------
        GaussianMixture
            The estimator itself. `lower_bounds_` grows by the mean log-likelihood that
            the E-step found on this chunk.

        Raises
        ------
        TypeError, ValueError
            If a parameter or X is malformed, or a component empties or collapses.

        References
        ----------
        Cappé & Moulines, "On-line expectation-maximization algorithm for latent data
        models" (2009).

        Examples
        --------
        >>> model = GaussianMixture(2, random_state=0)
        >>> for chunk in ([[0.0], [1.0], [8.0], [9.0]], [[2.0], [10.0]]):
        ...     model = model.partial_fit(chunk)
        >>> model.sort_components().means_[:, 0].round(1)
        array([1.5, 9.5])
        """
        if getattr(self, "_average", None) is None:
            self.fit(X, sample_weight=sample_weight)
            X, weight = self._check_data(X, sample_weight)
            self._fixed_ridge = self._options(X, weight)["reg_covar"]
            self._average = Averages.from_statistics(self._statistics(X, weight))
            self._n_chunks = 1
            return self
        X, weight = self._check_data(X, sample_weight, reset=False)
        statistics = self._statistics(X, weight)
        self._n_chunks += 1
        self._average = self._average.mixed_with(
            Averages.from_statistics(statistics), self._n_chunks**-FORGETTING
        )
        self._keep_parameters(
            self._average.m_step(self.covariance_type, self._fixed_ridge)
        )
        self.n_iter_ += 1
        self.lower_bound_ = statistics.log_likelihood / statistics.counts.sum()
        self.lower_bounds_ = [*self.lower_bounds_, self.lower_bound_]
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
        return self._e_step(X)[0]

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
        if self._has_gaps(X):
            return self._e_step(X)[1]
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
        X, y = self.mixture_.sample(n_samples, self._random_state())
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
        return selection.aic(self.score_samples(X).sum(), self._n_parameters())

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
            log_densities.sum(), self._n_parameters(), len(log_densities)
        )

    def sort_components(self):
        """Order the components by the first feature of their means (then the next).

        Which component comes first depends on the start and means nothing; sorted,
        two fits can be compared, and colors and names stay where they are.

        Returns
        -------
        GaussianMixture
            The estimator itself, whose `predict` now gives the new numbers.

        Raises
        ------
        NotFittedError
            Before `fit`.

        Examples
        --------
        >>> model = GaussianMixture(2, random_state=1).fit([[9.0], [8.0], [1.0], [0.0]])
        >>> model.sort_components().predict([[0.0], [9.0]])
        array([0, 1])
        """
        order = np.lexsort(self.mixture_.means.T[::-1])
        self._keep_parameters(self.mixture_.reordered(order))
        average = getattr(self, "_average", None)
        if average is not None:
            parts = average.weights, average.means, average.covariances
            self._average = Averages(*(part[order] for part in parts))
        return self

    def compare(self, other, *, tolerance=1e-6):
        """Match the components with those of another model and list the differences.

        Parameters
        ----------
        other : GaussianMixture or Mixture
            Ours or scikit-learn's, fitted, with the same K and D.
        tolerance : float, default=1e-6
            Smaller differences count as none: of weights, of means in standard
            deviations of the component, of covariances in units of its variances.

        Returns
        -------
        Comparison
            Its `repr` says in words where the two differ.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `other` is no mixture, or K or D differ.

        Examples
        --------
        >>> X = [[0.0], [1.0], [8.0], [9.0]]
        >>> one, two = (GaussianMixture(2, random_state=i).fit(X) for i in (0, 5))
        >>> one.sort_components().compare(two.sort_components())
        weights agree to 1e-06
        means agree to 1e-06
        covariances agree to 1e-06
        """
        if not isinstance(other, Mixture):
            other = mixture_of(other, "other")
        return self.mixture_.compare(other, tolerance=tolerance)

    @property
    def mixture_(self):
        """The fitted parameters as a `Mixture`, every covariance a full matrix."""
        return mixture_of(self)

    def __sklearn_tags__(self):
        """Tell scikit-learn what this estimator can do."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.marginalize_missing is True
        return tags

    def _random_state(self):
        try:
            return check_random_state(self.random_state)
        except ValueError as error:
            raise ValueError(
                f"random_state must be a whole number from 0 to 2**32 - 1, a "
                f"RandomState or None, but it is {self.random_state!r}."
            ) from error

    def _check_parameters(self, X):
        check_integer(self.n_components, "n_components", 1)
        check_integer(self.n_init, "n_init", 1)
        check_integer(self.max_iter, "max_iter", 0)
        is_boolean = isinstance(self.verbose, bool | np.bool_)
        check_integer(int(self.verbose) if is_boolean else self.verbose, "verbose", 0)
        check_boolean(self.warm_start, "warm_start")
        check_boolean(self.relative_reg_covar, "relative_reg_covar")
        check_integer(self.verbose_interval, "verbose_interval", 1)
        check_non_negative(self.tol, "tol")
        check_choice(self.covariance_type, "covariance_type", COVARIANCE_TYPES)
        check_choice(self.init_params, "init_params", METHODS)
        check_enough_rows(X, self.n_components)

    def _check_data(self, X, sample_weight, reset=True):
        X = self._check_points(X, reset=reset, ensure_min_samples=2 if reset else 1)
        return leave_out_weightless(X, check_sample_weight(sample_weight, len(X)))

    def _check_new_data(self, X):
        check_is_fitted(self)
        return self._check_points(X, reset=False)

    def _check_points(self, X, **options):
        allow_nan = check_boolean(self.marginalize_missing, "marginalize_missing")
        # A column of text in a table is the most frequent mistake, and ours says which
        # one it is; and scikit-learn overlooks masks and takes dates for numbers.
        is_table = hasattr(X, "select_dtypes") and not X.empty
        is_date = getattr(getattr(X, "dtype", None), "kind", "") in tuple("mM")
        if is_table or is_date or np.ma.is_masked(X):
            check_data(X, allow_nan=True)
        options |= {"dtype": [np.float64, np.float32], "ensure_all_finite": False}
        try:
            X = validate_data(self, X, **options)
        except (TypeError, ValueError, OverflowError):
            # Of what is no array of numbers, ours says what is wrong with it.
            if getattr(X, "dtype", np.dtype(object)).kind not in "biufc":
                check_data(X, allow_nan=True)
            raise
        return check_data(X, keep_float32=True, allow_nan=allow_nan)

    def _has_gaps(self, X):
        # NaN is passed on by min, without a second array.
        return self.marginalize_missing and bool(np.isnan(X.min()))

    def _e_step(self, X):
        return (missing if self._has_gaps(X) else engine).e_step(X, self.mixture_)

    def _options(self, X, weight):
        """Collect what starts and runs have in common."""
        ridge = check_non_negative(self.reg_covar, "reg_covar")
        if self.relative_reg_covar:
            ridge = relative_reg_covar(X, ridge, weight)
        return {
            "covariance_type": self.covariance_type,
            "reg_covar": ridge,
            "sample_weight": weight,
        }

    def _best_run(self, X, options, callback):
        weight = options["sample_weight"]
        rows = missing.IncompleteRows(X, weight) if self._has_gaps(X) else X
        random_state, previous = self._random_state(), -np.inf
        starts = self._starts(rows, options, random_state)
        if self.warm_start and hasattr(self, "converged_"):
            starts, previous = (
                [self._last_mixture()],
                self.lower_bound_ * _total(X, weight),
            )
        best = failure = None
        for number, start in enumerate(starts, 1):
            watched = {
                "previous": previous,
                "callback": self._reporter(number, callback),
            }
            try:
                run = self._run(rows, start, random_state, options | watched)
            except (EmptyComponentError, SingularCovarianceError) as error:
                # Another start may do better.
                failure = error
                continue
            if self.verbose:
                print(f"  {run.n_iter} iterations, converged={run.converged}")
            if best is None or run.log_likelihood > best.log_likelihood:
                best = run
        if best is None:
            raise failure
        return best

    def _statistics(self, X, weight):
        if self._has_gaps(X):
            X, weight = missing.IncompleteRows(X, weight), None
        return engine.partial(
            X,
            self.mixture_,
            covariance_type=self.covariance_type,
            sample_weight=weight,
        )

    def _last_mixture(self):
        mixture, shape = self.mixture_, (self.n_components, self.n_features_in_)
        if mixture.means.shape != shape:
            raise ValueError(
                f"warm_start=True goes on from the last fit, whose means have shape "
                f"{mixture.means.shape}, but now it would have to be {shape}; make a "
                f"new estimator for a new K or D."
            )
        return mixture

    def _starts(self, rows, options, random_state):
        if isinstance(rows, missing.IncompleteRows):
            options = options | {"sample_weight": rows.sample_weight}
            rows = rows.filled
        given = self._given_parameters(rows.shape[1])
        if all(parameter is not None for parameter in given):
            # Every start would be this one.
            yield Mixture(*given)
            return
        rng = check_rng(random_state)
        for _ in range(self.n_init):
            method = self.init_params
            start = initial_mixture(rows, self.n_components, method, rng, **options)
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
            weights = check_weights(weights, K, "weights_init")
        if means is not None:
            means = check_array(means, (K, D), "means_init")
        if self.precisions_init is not None:
            covariances = self._invert_precisions(K, D)
        return weights, means, covariances

    def _invert_precisions(self, K, D):
        name = "precisions_init"
        try:
            precisions = from_compact(
                self.precisions_init, K, D, self.covariance_type, name
            )
            return _product(precisions_cholesky(precisions, name))
        except SingularCovarianceError as error:
            raise ValueError(
                "precisions_init must hold inverse covariances, which are positive "
                "definite, but at least one of them is not."
            ) from error

    def _run(self, rows, start, random_state, options):
        if self.max_iter == 0:
            return Fit(start, np.array([]), n_iter=0, converged=False)
        return run_with_reseeding(
            rows,
            start,
            random_state,
            tol=self.tol,
            max_iter=self.max_iter,
            **options,
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
        self._keep_parameters(best.mixture)
        self.converged_ = best.converged
        self.n_iter_ = best.n_iter
        self.lower_bounds_ = (best.log_likelihoods / total).tolist()
        self.lower_bound_ = best.log_likelihood / total

    def _keep_parameters(self, mixture):
        factors = precisions_cholesky(mixture.covariances)
        compact = {
            "covariances_": mixture.covariances,
            "precisions_": _product(factors),
            "precisions_cholesky_": factors,
        }
        for name, matrices in compact.items():
            setattr(self, name, to_compact(matrices, self.covariance_type))
        # What the arrays mean, should the parameter be changed later on.
        self._fitted_type = self.covariance_type
        self.weights_ = mixture.weights.copy()
        self.means_ = mixture.means.copy()

    def _warn(self, best, ridge):
        """Say what is suspicious about the result, and what to do about it."""
        if not best.converged and self.max_iter > 0:
            _warn(
                f"EM did not converge in max_iter={self.max_iter} iterations; raise "
                f"max_iter or tol, or look for a component that has collapsed."
            )
        if best.n_reseeds:
            _warn(
                f"a component emptied or collapsed and was started anew at a random "
                f"point ({best.n_reseeds} times); use fewer components, a larger "
                f"reg_covar, or other starts."
            )
        if collapsed := _collapsed(best.mixture, ridge):
            _warn(
                f"of the {self.n_components} components, these have collapsed: "
                f"{', '.join(map(str, collapsed))} (only reg_covar={self.reg_covar:g} "
                f"keeps their covariances from being flat); use fewer components, more "
                f"starts (n_init) or a larger reg_covar, and look for repeated rows."
            )

    def _n_parameters(self):
        return n_parameters(*self.means_.shape, self._fitted_type)


def _product(factors):
    """Multiply out U Uᵀ: the inverse of the matrices that the factors came from."""
    return factors @ factors.transpose(0, 2, 1)


def mixture_of(model, name="model"):
    """Read the parameters of a fitted estimator, ours or scikit-learn's.

    Parameters
    ----------
    model : GaussianMixture
        The estimator.
    name : str
        What to call it in an error.

    Returns
    -------
    Mixture
        Every covariance a full matrix, whatever the type.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If it is no Gaussian mixture.

    Examples
    --------
    >>> mixture_of(GaussianMixture().fit([[0.0], [2.0]])).means
    array([[1.]])
    """
    if not hasattr(model, "covariance_type"):
        raise TypeError(
            f"{name} must be a Mixture or a fitted GaussianMixture, but it is a "
            f"{type(model).__name__}."
        )
    check_is_fitted(model)
    covariance_type = getattr(model, "_fitted_type", model.covariance_type)
    K, D = np.shape(model.means_)
    covariances = from_compact(model.covariances_, K, D, covariance_type)
    return Mixture(model.weights_, model.means_, covariances)


def _total(X, weight):
    return len(X) if weight is None else weight.sum()


def _collapsed(mixture, ridge):
    """List the components that are flat but for reg_covar, in data that are not."""
    center = mixture.weights @ mixture.means
    shifts = mixture.means - center
    spreads = mixture.covariances + shifts[:, :, np.newaxis] * shifts[:, np.newaxis, :]
    overall = np.tensordot(mixture.weights, spreads, axes=1)
    # Without units, so that no feature hides behind another.
    unit = np.sqrt(overall.diagonal())
    lengths, axes = np.linalg.eigh(mixture.covariances / unit / unit[:, np.newaxis])
    narrowest = axes[:, :, 0]
    added = narrowest**2 @ (ridge / unit**2)
    correlation = overall / unit / unit[:, np.newaxis]
    available = np.einsum("ki,ij,kj->k", narrowest, correlation, narrowest)
    is_flat = (lengths[:, 0] < 2 * added) & (available > 100 * added)
    return np.flatnonzero(is_flat).tolist()


def _warn(message):
    # As if from the caller of `fit`.
    warnings.warn(message, ConvergenceWarning, stacklevel=4)
