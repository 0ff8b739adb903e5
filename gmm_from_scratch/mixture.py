"""A mixture: K weighted Gaussians that together describe the data."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import logsumexp

from gmm_from_scratch import gaussian
from gmm_from_scratch.validation import (
    check_array,
    check_integer,
    check_matrix,
    check_non_negative,
    check_rng,
    check_size,
    check_weights,
)


@dataclass(frozen=True, eq=False)
class Mixture:
    """The parameters of a Gaussian mixture: p(x) = Σ_k π_k N(x | μ_k, Σ_k).

    A mixture never changes once made; EM makes a new one at each M-step.

    Parameters
    ----------
    weights : array-like of shape (K,)
        π_k, not negative, summing to 1.
    means : array-like of shape (K, D)
        μ_k, in the units of the data.
    covariances : array-like of shape (K, D, D)
        Σ_k, symmetric positive definite, in squared units of the data.

    Raises
    ------
    TypeError
        If a parameter does not hold real numbers.
    SingularCovarianceError
        If a covariance is not positive definite.
    ValueError
        If the shapes disagree, the weights are no probabilities, or a covariance is
        not symmetric.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 9.7.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> mixture.n_components, mixture.n_features
    (2, 1)
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    def __post_init__(self):
        means = check_matrix(self.means, "means", "(K, D), one row per component")
        check_size(means, "means")
        K, D = means.shape
        weights = check_weights(self.weights, K)
        covariances = check_array(self.covariances, (K, D, D), "covariances")
        check_covariances(covariances)
        for name, array in [
            ("weights", weights),
            ("means", means),
            ("covariances", covariances),
        ]:
            array = array.copy()
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __reduce__(self):
        # Through the constructor, so that a copy is checked and cannot change either.
        return Mixture, (self.weights, self.means, self.covariances)

    @property
    def n_components(self):
        """K, the number of components."""
        return len(self.weights)

    @property
    def n_features(self):
        """D, the number of features."""
        return self.means.shape[1]

    def log_joint(self, X):
        """Evaluate log π_k + log N(x_n | μ_k, Σ_k) for each point and component.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        ndarray of shape (N, K)
            Minus infinity where a weight is zero.

        Raises
        ------
        TypeError, ValueError
            If X does not have D columns of finite numbers.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
        >>> mixture.log_joint([[0.0]]).round(4)
        array([[-2.1121, -2.1121]])
        """
        with np.errstate(divide="ignore"):
            log_weights = np.log(self.weights)
        log_densities = [
            gaussian.log_density(X, mean, covariance)
            for mean, covariance in zip(self.means, self.covariances, strict=True)
        ]
        return log_weights + np.column_stack(log_densities)

    def log_density(self, X):
        """Evaluate log p(x_n), the log of the sum over components.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        ndarray of shape (N,)
            Natural logarithms, by log-sum-exp, so that far points do not underflow.

        Raises
        ------
        TypeError, ValueError
            If X does not have D columns of finite numbers.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
        >>> mixture.log_density([[0.0], [50.0]]).round(1)
        array([   -1.4, -1202.1])
        """
        return logsumexp(self.log_joint(X), axis=1)

    def log_likelihood(self, X):
        """Add up log p(x_n) over all points.

        Parameters
        ----------
        X : array-like of shape (N, D)
            Points.

        Returns
        -------
        float
            The log-likelihood of the whole data set (divide by N for the mean that
            scikit-learn calls `score`).

        Raises
        ------
        TypeError, ValueError
            If X does not have D columns of finite numbers.

        References
        ----------
        Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 9.14.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
        >>> round(mixture.log_likelihood([[0.0], [0.0]]), 4)
        -2.8379
        """
        return float(self.log_density(X).sum())

    def sample(self, n_samples, rng=None):
        """Draw points as the model tells the story: choose a component, then a point.

        Parameters
        ----------
        n_samples : int
            How many points.
        rng : numpy.random.Generator or int, optional
            Source of randomness, or its seed.

        Returns
        -------
        X : ndarray of shape (n_samples, D)
            Points, in random order.
        components : ndarray of shape (n_samples,)
            The component that each point came from.

        Raises
        ------
        TypeError, ValueError
            If `n_samples` is not a whole number ≥ 1.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], [[-9.0], [9.0]], [[[1.0]], [[1.0]]])
        >>> X, components = mixture.sample(100, rng=0)
        >>> bool(((X[:, 0] > 0) == (components == 1)).all())
        True
        """
        n_samples = check_integer(n_samples, "n_samples", 1)
        rng = check_rng(rng)
        probabilities = self.weights / self.weights.sum()
        components = rng.choice(self.n_components, size=n_samples, p=probabilities)
        X = np.empty((n_samples, self.n_features))
        for k in range(self.n_components):
            chosen = components == k
            X[chosen] = gaussian.sample(
                self.means[k], self.covariances[k], chosen.sum(), rng
            )
        return X, components

    def reordered(self, order):
        """Return the same mixture with its components in another order.

        Parameters
        ----------
        order : array-like of int of shape (K,)
            A permutation of 0 … K−1: new component i is old component `order[i]`.

        Returns
        -------
        Mixture

        Raises
        ------
        TypeError, ValueError
            If `order` is not a permutation.

        Examples
        --------
        >>> mixture = Mixture([0.2, 0.8], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
        >>> mixture.reordered([1, 0]).weights
        array([0.8, 0.2])
        """
        order = np.asarray(order)
        is_list_of_integers = order.ndim == 1 and order.dtype.kind in "iu"
        everyone = list(range(self.n_components))
        if not is_list_of_integers or sorted(order.tolist()) != everyone:
            raise ValueError(
                f"order must hold each of 0 … {self.n_components - 1} once, but it is "
                f"{order}."
            )
        return Mixture(self.weights[order], self.means[order], self.covariances[order])

    def sorted(self):
        """Order the components by the first feature of their means (then the next).

        The likelihood does not know which component is "first"; sorting makes two
        fits comparable and figures stable.

        Returns
        -------
        Mixture

        Examples
        --------
        >>> mixture = Mixture([0.2, 0.8], [[5.0], [1.0]], [[[1.0]], [[1.0]]])
        >>> mixture.sorted().means[:, 0]
        array([1., 5.])
        """
        return self.reordered(np.lexsort(self.means.T[::-1]))

    def matched_to(self, reference):
        """Order the components so that they pair up best with those of another mixture.

        The pairing minimizes the summed squared distance between means, and between
        covariances, each feature measured in units of the reference's spread.

        Parameters
        ----------
        reference : Mixture
            The mixture whose order to follow, with the same K and D.

        Returns
        -------
        Mixture

        Raises
        ------
        TypeError, ValueError
            If K or D differ.

        Examples
        --------
        >>> reference = Mixture([0.2, 0.8], [[5.0], [1.0]], [[[1.0]], [[1.0]]])
        >>> other = Mixture([0.7, 0.3], [[1.2], [4.9]], [[[1.0]], [[1.0]]])
        >>> other.matched_to(reference).weights
        array([0.3, 0.7])
        """
        return self.reordered(_best_order(self, check_mixture(reference, "reference")))

    def compare(self, other, *, tolerance=1e-6):
        """Match the components with those of another mixture and list the differences.

        Parameters
        ----------
        other : Mixture
            With the same K and D.
        tolerance : float
            Smaller differences count as none.

        Returns
        -------
        Comparison
            Its `repr` says in words where the two differ.

        Raises
        ------
        TypeError, ValueError
            If K or D differ.

        Examples
        --------
        >>> one = Mixture([0.2, 0.8], [[5.0], [1.0]], [[[1.0]], [[1.0]]])
        >>> two = Mixture([0.7, 0.3], [[1.0], [5.5]], [[[1.0]], [[1.0]]])
        >>> one.compare(two)
        components 0 1 here are 1 0 there
        weights differ by up to 0.1 (component 1)
        means differ by up to 0.5 standard deviations (component 0)
        covariances agree to 1e-06
        """
        tolerance = check_non_negative(tolerance, "tolerance")
        order = _best_order(check_mixture(other, "other"), self)
        other = other.reordered(order)
        scale = np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))
        squares = scale[:, :, np.newaxis] * scale[:, np.newaxis, :]
        spread = np.abs(self.covariances - other.covariances) / squares
        return Comparison(
            order=order,
            weights=np.abs(self.weights - other.weights),
            means=(np.abs(self.means - other.means) / scale).max(axis=1),
            covariances=spread.max(axis=(1, 2)),
            tolerance=tolerance,
        )

    def rescaled(self, scale, shift):
        """Return the mixture of scale · x + shift, where x follows this one.

        With the `scale_` and `mean_` of a StandardScaler this takes a mixture that
        was fitted to standardized data back to the original units.

        Parameters
        ----------
        scale : array-like of shape (D,)
            Factor of each feature, not zero.
        shift : array-like of shape (D,)
            What is added to each feature afterwards.

        Returns
        -------
        Mixture

        Raises
        ------
        TypeError, ValueError
            If the shapes disagree or a factor is zero.

        Examples
        --------
        >>> mixture = Mixture([1.0], [[2.0]], [[[1.0]]])
        >>> mixture.rescaled([10.0], [3.0]).means
        array([[23.]])
        """
        scale = check_array(scale, (self.n_features,), "scale")
        shift = check_array(shift, (self.n_features,), "shift")
        if (scale == 0).any():
            raise ValueError(
                f"scale must not be 0, which flattens a feature, but it is {scale}."
            )
        return Mixture(
            self.weights,
            self.means * scale + shift,
            self.covariances * np.outer(scale, scale),
        )


@dataclass(frozen=True, eq=False)
class Comparison:
    """How far two mixtures are apart, component by component.

    Attributes
    ----------
    order : ndarray of int of shape (K,)
        Component i of the one is matched with component `order[i]` of the other.
    weights : ndarray of shape (K,)
        |π_k − π'_k|.
    means : ndarray of shape (K,)
        Largest difference of a feature, in standard deviations of the component.
    covariances : ndarray of shape (K,)
        Largest difference of an entry, in units of the two standard deviations that
        belong to it.
    tolerance : float
        Smaller differences count as none.
    """

    order: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    tolerance: float

    @property
    def agrees(self):
        """Whether no difference is larger than the tolerance."""
        largest = [self.weights.max(), self.means.max(), self.covariances.max()]
        return bool(max(largest) <= self.tolerance)

    def __repr__(self):
        here = range(len(self.order))
        lines = []
        if list(here) != self.order.tolist():
            lines.append(
                f"components {' '.join(map(str, here))} here are "
                f"{' '.join(map(str, self.order))} there"
            )
        for name, unit in [
            ("weights", ""),
            ("means", " standard deviations"),
            ("covariances", " of the variances"),
        ]:
            gaps = getattr(self, name)
            if gaps.max() <= self.tolerance:
                lines.append(f"{name} agree to {self.tolerance:g}")
            else:
                lines.append(
                    f"{name} differ by up to {gaps.max():.3g}{unit} "
                    f"(component {gaps.argmax()})"
                )
        return "\n".join(lines)


def check_covariances(covariances):
    """Refuse covariances that are not symmetric positive definite.

    Parameters
    ----------
    covariances : ndarray of shape (K, D, D)
        Σ_k.

    Raises
    ------
    SingularCovarianceError
        If one is flat; the error's `component` says which.
    ValueError
        If one is not symmetric.

    Examples
    --------
    >>> check_covariances(np.array([[[2.0]], [[1.0]]]))
    """
    for k, covariance in enumerate(covariances):
        try:
            gaussian.cholesky(covariance, f"the covariance of component {k}")
        except gaussian.SingularCovarianceError as error:
            error.component = k
            raise


def check_mixture(value, name):
    """Return a mixture, or say how to make one.

    Parameters
    ----------
    value : Mixture
        What should be one.
    name : str
        What to call it in an error.

    Returns
    -------
    Mixture

    Raises
    ------
    TypeError
        If it is something else.

    Examples
    --------
    >>> check_mixture(Mixture([1.0], [[0.0]], [[[1.0]]]), "start").n_components
    1
    """
    if not isinstance(value, Mixture):
        raise TypeError(
            f"{name} must be a Mixture, but it is a {type(value).__name__}; make one "
            f"with Mixture(weights, means, covariances), or take the .mixture of a Fit "
            f"or the .mixture_ of an estimator."
        )
    return value


def _best_order(mixture, reference):
    """Find the order of a mixture's components that pairs them with the reference's."""
    if mixture.means.shape != reference.means.shape:
        raise ValueError(
            f"mixtures can be matched if they have the same shape, but their means "
            f"have shapes {mixture.means.shape} and {reference.means.shape}."
        )
    scale = np.sqrt(np.diagonal(reference.covariances, axis1=1, axis2=2).mean(0))
    gaps = (reference.means[:, np.newaxis] - mixture.means) / scale
    squares = np.outer(scale, scale)
    spreads = (reference.covariances[:, np.newaxis] - mixture.covariances) / squares
    distances = (gaps**2).sum(axis=2) + (spreads**2).sum(axis=(2, 3))
    return linear_sum_assignment(distances)[1]
