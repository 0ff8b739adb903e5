"""Expectation-maximization, to be read: the E-step, the M-step and the loop."""

from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.special import entr, logsumexp

from gmm_from_scratch.covariance import constrain, weighted_covariances
from gmm_from_scratch.mixture import Mixture, check_mixture
from gmm_from_scratch.validation import (
    check_data,
    check_enough_rows,
    check_integer,
    check_non_negative,
    check_reg_covar,
    check_responsibilities,
    check_sample_weight,
)

# The smallest normal number; below it digits get lost.
TINY = np.finfo(float).tiny


class EmptyComponentError(ValueError):
    """A component has lost every point, so its mean and covariance do not exist.

    Attributes
    ----------
    component : int
        Which one.
    """

    component = None


@dataclass(frozen=True, eq=False)
class HalfStep:
    """What EM knows after one half-step.

    Attributes
    ----------
    iteration : int
        1 for the first E-step and the first M-step, and so on.
    half : {'E', 'M'}
        Which half has just been done.
    mixture : Mixture
        The parameters now: an E-step leaves them, an M-step replaces them.
    responsibilities : ndarray of shape (N, K)
        Who belongs to whom now: an E-step replaces them, an M-step leaves them.
    lower_bound : float
        The bound on the log-likelihood at these responsibilities and parameters.
    log_likelihood : float
        The log-likelihood of these parameters; after an E-step the two are equal.
    """

    iteration: int
    half: str
    mixture: Mixture
    responsibilities: np.ndarray
    lower_bound: float
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class Fit:
    """The outcome of `fit`.

    Attributes
    ----------
    mixture : Mixture
        The last parameters.
    log_likelihoods : ndarray of shape (n_iter,)
        The log-likelihood that each iteration's E-step found.
    n_iter : int
        How many iterations were done.
    converged : bool
        Whether the change fell below the tolerance before the iterations ran out.
    n_reseeds : int
        How often a component had to be started anew; the log-likelihoods and the
        iterations are those since then (see `initialization.run_with_reseeding`).
    """

    mixture: Mixture
    log_likelihoods: np.ndarray
    n_iter: int
    converged: bool
    n_reseeds: int = 0

    @property
    def log_likelihood(self):
        """The last of the log-likelihoods; −∞ before the first iteration."""
        return self.log_likelihoods[-1] if self.n_iter else -np.inf


def e_step(X, mixture):
    """Ask who belongs to whom: r_nk = p(component k | point n), by Bayes' rule.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    mixture : Mixture
        The current parameters.

    Returns
    -------
    ndarray of shape (N, K)
        Responsibilities; each row sums to 1.

    Raises
    ------
    TypeError, ValueError
        If X does not have D columns of finite numbers.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 9.13.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> e_step([[0.0], [2.0]], mixture).round(3)
    array([[0.5  , 0.5  ],
           [0.018, 0.982]])
    """
    log_joint = check_mixture(mixture, "mixture").log_joint(X)
    return _posterior(log_joint, logsumexp(log_joint, axis=1))


def m_step(
    X, responsibilities, *, covariance_type="full", reg_covar=1e-6, sample_weight=None
):
    """Move the Gaussians: each takes the mean and spread of the points it owns.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    responsibilities : array-like of shape (N, K)
        What the E-step returned; each row sums to 1.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like.
    reg_covar : float or array-like of shape (D,)
        Added to each variance, in squared units of the data, so that no component
        can shrink onto a single point; one number for all features, or one for each.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    Mixture
        The parameters that maximize the lower bound (exactly so for reg_covar=0).

    Raises
    ------
    EmptyComponentError
        If a component is responsible for nothing.
    SingularCovarianceError
        If a covariance comes out flat because reg_covar is too small for these data.
    TypeError, ValueError
        If the shapes disagree or a row does not sum to 1.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eqs. 9.17–9.19, 9.22.

    Examples
    --------
    >>> X = [[0.0], [2.0], [10.0]]
    >>> mixture = m_step(X, [[1, 0], [1, 0], [0, 1]])
    >>> mixture.weights.round(3), mixture.means[:, 0]
    (array([0.667, 0.333]), array([ 1., 10.]))
    """
    X = check_data(X)
    responsibilities = check_responsibilities(responsibilities, len(X))
    ridge = check_reg_covar(reg_covar, X.shape[1]) * np.eye(X.shape[1])
    sample_weight = check_sample_weight(sample_weight, len(X))
    if sample_weight is not None:
        # Only their ratios matter, and large ones could overflow.
        share = sample_weight / sample_weight.max()
        responsibilities = responsibilities * share[:, np.newaxis]
    counts = responsibilities.sum(axis=0)
    check_no_empty_component(counts)

    weights = counts / counts.sum()
    means = responsibilities.T @ X / counts[:, np.newaxis]
    covariances = weighted_covariances(X, responsibilities, means) + ridge
    return Mixture(weights, means, constrain(covariances, weights, covariance_type))


def lower_bound(X, responsibilities, mixture):
    """Evaluate the bound that EM climbs: Σ_nk q_nk (log joint_nk − log q_nk).

    It never exceeds the log-likelihood, and equals it when the responsibilities are
    those of the E-step; the gap is the Kullback–Leibler divergence between the two.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    responsibilities : array-like of shape (N, K)
        Any responsibilities q; each row sums to 1.
    mixture : Mixture
        Any parameters.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If the shapes disagree or a row does not sum to 1.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eqs. 9.70–9.72.

    Examples
    --------
    >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> X = [[0.0], [2.0]]
    >>> lower_bound(X, [[1, 0], [1, 0]], mixture) < mixture.log_likelihood(X)
    True
    >>> gap = mixture.log_likelihood(X) - lower_bound(X, e_step(X, mixture), mixture)
    >>> abs(round(gap, 9))
    0.0
    """
    X = check_data(X)
    responsibilities = check_responsibilities(responsibilities, len(X))
    log_joint = check_mixture(mixture, "mixture").log_joint(X)
    if responsibilities.shape != log_joint.shape:
        raise ValueError(
            f"responsibilities has {responsibilities.shape[1]} columns, but the "
            f"mixture has {mixture.n_components} components."
        )
    return _bound(responsibilities, log_joint)


def em(
    X,
    start,
    *,
    covariance_type="full",
    reg_covar=1e-6,
    tol=None,
    max_iter=None,
    previous=-np.inf,
):
    """Run EM one half-step at a time.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    start : Mixture
        The parameters to begin with.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like after the first M-step.
    reg_covar : float or array-like of shape (D,)
        Added to each variance at each M-step.
    tol : float, optional
        Stop after the iteration whose E-step finds that the *mean* log-likelihood per
        point has changed by less. Without it, never stop for that reason.
    max_iter : int, optional
        Stop after so many iterations. Without it, never stop for that reason.
    previous : float
        The log-likelihood of the last E-step, when an earlier run goes on; the first
        change is measured from it.

    Yields
    ------
    HalfStep
        After each E-step (the bound has risen to touch the log-likelihood) and after
        each M-step (for reg_covar=0 both have risen). Nothing runs, and nothing is
        checked, before the first one is asked for.

    Raises
    ------
    EmptyComponentError, SingularCovarianceError
        If a component loses every point, or collapses.
    TypeError, ValueError
        If the input is malformed, or X has fewer rows than there are components.

    Examples
    --------
    >>> start = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> for step in em([[-2.0], [-1.0], [3.0]], start, max_iter=2):
    ...     print(step.iteration, step.half, round(step.log_likelihood, 3))
    1 E -7.189
    1 M -4.654
    2 E -4.654
    2 M -3.577
    """
    mixture = check_mixture(start, "start")
    X = check_data(X, n_features=mixture.n_features)
    check_enough_rows(X, mixture.n_components)
    tol = -np.inf if tol is None else check_non_negative(tol, "tol")
    last = np.inf if max_iter is None else check_integer(max_iter, "max_iter", 1)

    log_joint = mixture.log_joint(X)
    log_density = logsumexp(log_joint, axis=1)
    for iteration in count(1):
        responsibilities = _posterior(log_joint, log_density)
        # They are lent to whoever looks at the half-step, and used again below.
        responsibilities.flags.writeable = False
        bound = _bound(responsibilities, log_joint)
        step = HalfStep(
            iteration, "E", mixture, responsibilities, bound, float(log_density.sum())
        )
        yield step
        change = (step.log_likelihood - previous) / len(X)
        previous = step.log_likelihood

        mixture = m_step(
            X, responsibilities, covariance_type=covariance_type, reg_covar=reg_covar
        )
        log_joint = mixture.log_joint(X)
        log_density = logsumexp(log_joint, axis=1)
        bound = _bound(responsibilities, log_joint)
        yield HalfStep(
            iteration, "M", mixture, responsibilities, bound, float(log_density.sum())
        )
        if abs(change) < tol or iteration == last:
            return


def fit(
    X,
    start,
    *,
    covariance_type="full",
    reg_covar=1e-6,
    tol=1e-3,
    max_iter=100,
    previous=-np.inf,
):
    """Repeat the two steps until the log-likelihood no longer moves.

    Iterations are counted, and stopped, as in scikit-learn.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    start : Mixture
        The parameters to begin with.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like.
    reg_covar : float or array-like of shape (D,)
        Added to each variance at each M-step.
    tol : float
        Smallest change of the mean log-likelihood per point that counts as moving.
    max_iter : int
        Stop after so many iterations in any case.
    previous : float
        The log-likelihood of the last E-step, when an earlier run goes on.

    Returns
    -------
    Fit

    Raises
    ------
    EmptyComponentError, SingularCovarianceError
        If a component loses every point, or collapses.
    TypeError, ValueError
        If the input is malformed, or X has fewer rows than there are components.

    Examples
    --------
    >>> start = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> result = fit([[-2.0], [-1.0], [3.0], [4.0]], start)
    >>> result.mixture.means[:, 0].round(2)
    array([-1.5,  3.5])
    >>> result.converged
    True
    """
    tol = check_non_negative(tol, "tol")
    max_iter = check_integer(max_iter, "max_iter", 1)
    options = {"covariance_type": covariance_type, "reg_covar": reg_covar}
    steps = em(X, start, tol=tol, max_iter=max_iter, previous=previous, **options)
    log_likelihoods = [previous]
    for step in steps:
        if step.half == "E":
            log_likelihoods.append(step.log_likelihood)
    change = (log_likelihoods[-1] - log_likelihoods[-2]) / len(step.responsibilities)
    return Fit(
        mixture=step.mixture,
        log_likelihoods=np.array(log_likelihoods[1:]),
        n_iter=step.iteration,
        converged=bool(abs(change) < tol),
    )


def check_no_empty_component(counts, smallest=TINY):
    """Refuse to divide by the count of a component that owns nothing.

    Parameters
    ----------
    counts : ndarray of shape (K,)
        N_k, the sum of each component's responsibilities.
    smallest : float
        A smaller count has lost its digits, and dividing by it would give nonsense.

    Raises
    ------
    EmptyComponentError
        If a count is smaller.

    Examples
    --------
    >>> check_no_empty_component(np.array([1.5, 0.5]))
    """
    if (counts < smallest).any():
        k = int(np.argmin(counts))
        error = EmptyComponentError(
            f"component {k} is responsible for no point at all (N_k = "
            f"{counts[k]:.3g}), so it has no mean; start it nearer to the data, or use "
            f"fewer components."
        )
        error.component = k
        raise error


def _posterior(log_joint, log_density):
    return np.exp(log_joint - log_density[:, np.newaxis])


def _bound(responsibilities, log_joint):
    # A component of weight zero has log joint −∞ and responsibility 0; their product
    # counts as 0, as does 0 · log 0 inside entr(r) = −r log r.
    counted = np.where(responsibilities > 0, log_joint, 0.0)
    return float((responsibilities * counted + entr(responsibilities)).sum())
