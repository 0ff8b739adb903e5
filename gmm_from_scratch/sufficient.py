"""What an M-step needs to know about data: sums over points, which add up.

The log joint of a point is linear in its features φ = [1, z_i, z_i z_j], and so an
E-step and an M-step touch the data only through them: Θ Φ, then S = R Φᵀ. This
module holds Θ (made from `Parameters`) and S (`Statistics`), and the coordinates z in
which they keep their digits (`Frame`). `engine` runs through the points.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from gmm_from_scratch import gaussian
from gmm_from_scratch.covariance import constrain
from gmm_from_scratch.em import TINY, check_no_empty_component
from gmm_from_scratch.mixture import Mixture, check_covariances

# Beyond this ratio (see `Natural`) squares would lose over 5 of 16 digits.
LARGEST_SPREAD = 1e5
# A component with this share of the data or less owns nothing: what the engine leaves
# out could be as much (see its SMALLEST_SUM).
SMALLEST_SHARE = 1e-200
# Where the correlation matrix of the features has no smaller eigenvalue, a frame does
# not mix them: then widths that differ by many orders of magnitude, between features or
# between a component and the data, stay apart.
SMALLEST_EIGENVALUE = 1e-3
# A feature with a smaller standard deviation, against its mean, counts as constant.
ROUNDING = 1e-13
# log 0, as a number that can be multiplied by 0.
LOG_ZERO = -1e300


@dataclass(frozen=True, eq=False)
class Frame:
    """Coordinates z = W (x − center) in which the data has mean 0 and variances 1.

    If some features are nearly alike, W also turns the axes, so that nothing in z is.
    Roughly will do: a frame decides how many digits are kept, not what comes out.

    Attributes
    ----------
    center : ndarray of shape (D,)
        The point that becomes 0.
    matrix : ndarray of shape (D, D) or (D,)
        W; for diagonal covariances it only stretches the axes, and is one-dimensional.
    inverse : ndarray of the same shape
        W⁻¹.
    """

    center: np.ndarray
    matrix: np.ndarray
    inverse: np.ndarray

    @classmethod
    def from_moments(cls, center, covariance, diagonal, ridge=0.0, width=0.0):
        """Make the frame for data with this mean and covariance.

        What `reg_covar` is going to add belongs to the variances: beside a ridge far
        larger than these, other features would lose their digits. Where lengths differ
        by more than 150 orders of magnitude, also from the width of a Gaussian, squares
        of their ratios would overflow; so none is taken to be smaller than that.
        """
        covariance = covariance + ridge * np.eye(len(center))
        scale = np.sqrt(np.diag(covariance))
        # What is hardly larger than the last digit of the data is no scale.
        is_constant = scale <= ROUNDING * np.abs(center)
        last_digit = np.where(center == 0, 1.0, np.finfo(float).eps * np.abs(center))
        scale = np.where(is_constant, last_digit, scale)
        least = 1e-150 * max(scale.max(), width)
        # Mixed with others, features without a scale of their own would drown.
        others = np.flatnonzero(~is_constant & (scale > least))
        scale = np.maximum(scale, least)
        if diagonal:
            return cls(center, 1 / scale, scale)
        matrix, inverse, unit = np.diag(1 / scale), np.diag(scale), scale[others]
        block = np.ix_(others, others)
        correlation = covariance[block] / unit / unit[:, np.newaxis]
        lengths, axes = np.linalg.eigh(correlation)
        if (lengths < SMALLEST_EIGENVALUE).any():
            # Where features repeat each other, an axis has no length of its own.
            lengths = np.sqrt(np.maximum(lengths, 1e-14))
            matrix[block] = (axes / lengths).T / unit
            inverse[block] = unit[:, np.newaxis] * axes * lengths
        return cls(center, matrix, inverse)

    @classmethod
    def from_rows(cls, X, diagonal, ridge=0.0, width=0.0):
        """Make the frame for data of which X holds some rows."""
        return cls.from_moments(*gaussian.maximum_likelihood(X), diagonal, ridge, width)

    @classmethod
    def from_mixture(cls, mixture, diagonal):
        """Make the frame for data that comes from a mixture."""
        center = mixture.weights @ mixture.means
        shifts = mixture.means - center
        covariances = mixture.covariances + shifts[:, :, None] * shifts[:, None, :]
        covariance = np.tensordot(mixture.weights, covariances, axes=1)
        # A component of weight 0 may be wider than all of this.
        width = np.sqrt(mixture.covariances.max())
        return cls.from_moments(center, covariance, diagonal, width=width)

    @property
    def is_diagonal(self):
        """Whether the axes are only stretched, not turned."""
        return self.matrix.ndim == 1

    @cached_property
    def compact(self):
        """W, or only its diagonal, if there is nothing else in it."""
        W = self.matrix
        if self.is_diagonal or (W * (1 - np.eye(len(W)))).any():
            return W
        return np.diag(W).copy()

    @cached_property
    def log_volume(self):
        """Log of the density of x over that of z."""
        if self.is_diagonal:
            return np.log(self.matrix).sum()
        return np.linalg.slogdet(self.matrix)[1]

    def ridge(self, reg_covar):
        """Say what reg_covar, a number or one for each feature, is in the frame."""
        if self.is_diagonal:
            return reg_covar * self.matrix**2
        return (self.matrix * reg_covar) @ self.matrix.T

    def transform(self, covariances, matrix):
        """Carry D × D covariances over by W, or back by its inverse."""
        if self.is_diagonal:
            return np.diagonal(covariances, axis1=-2, axis2=-1) * matrix**2
        product = matrix @ covariances @ matrix.T
        return (product + np.swapaxes(product, -1, -2)) / 2


@dataclass(frozen=True, eq=False)
class Parameters:
    """A mixture in the coordinates of a frame.

    Attributes
    ----------
    frame : Frame
        The coordinates; diagonal ones are for diagonal covariances.
    weights : ndarray of shape (K,)
        π_k.
    means : ndarray of shape (K, D)
        μ_k in the frame.
    covariances : ndarray of shape (K, D, D), or (K, D) in a diagonal frame
        Σ_k in the frame, or its diagonal.
    triangles : ndarray of shape (K, D, D) or None
        Cholesky factors of Σ_k in the units of the data, if it comes from there: in
        the frame, those of a narrow Gaussian would have lost digits.
    """

    frame: Frame
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    triangles: np.ndarray | None = None

    @classmethod
    def from_mixture(cls, mixture, frame):
        """Express a mixture in a frame."""
        means = apply(frame.matrix, (mixture.means - frame.center).T).T
        covariances = frame.transform(mixture.covariances, frame.matrix)
        triangles = np.linalg.cholesky(mixture.covariances)
        return cls(frame, mixture.weights, means, covariances, triangles)

    @cached_property
    def means_of_data(self):
        """μ_k in the units of the data."""
        return self.frame.center + apply(self.frame.inverse, self.means.T).T

    @cached_property
    def covariances_of_data(self):
        """Σ_k in squared units of the data, of shape (K, D, D)."""
        if self.frame.is_diagonal:
            variances = self.covariances * self.frame.inverse**2
            return variances[:, :, np.newaxis] * np.eye(variances.shape[1])
        return self.frame.transform(self.covariances, self.frame.inverse)

    @cached_property
    def mixture(self):
        """The same in the units of the data."""
        return Mixture(self.weights, self.means_of_data, self.covariances_of_data)

    @cached_property
    def natural(self):
        """What an E-step uses of them."""
        return Natural.from_parameters(self)


@dataclass(frozen=True, eq=False)
class Natural:
    """Parameters as an E-step uses them, in the coordinates of the frame.

    Attributes
    ----------
    theta : ndarray of shape (K, P)
        The log joint as a linear function of the features, less `top`.
    top : float
        The largest value that a log joint can have, so that exp cannot overflow.
    peaks : ndarray of shape (K,)
        log π_k + log N(μ_k | μ_k, Σ_k), the largest value of each.
    precisions : ndarray of shape (K, D, D) or (K, D)
        Inverse covariances.
    factors, whiteners : ndarray of shape (K, D, D) or (K, D)
        C_k with Σ_k = C_k C_kᵀ, not always a triangle, and its inverse.
    tight : ndarray of bool of shape (K,)
        Which components are so narrow, against their distance from 0 or their own
        longest axis, that squares of z would lose too many digits. For these, whitened
        residuals C_k⁻¹ (z − μ_k) take the place of z, and their row of theta is 0.
    """

    theta: np.ndarray
    top: float
    peaks: np.ndarray
    precisions: np.ndarray
    factors: np.ndarray
    whiteners: np.ndarray
    tight: np.ndarray

    @classmethod
    def from_parameters(cls, p):
        """Work them out."""
        # Large numbers may overflow for a tight component, which uses others.
        with np.errstate(over="ignore", invalid="ignore"):
            natural = cls._from_parameters(p)
        if not (np.isfinite(natural.theta).all() and np.isfinite(natural.peaks).all()):
            raise ValueError(gaussian.TOO_FAR)
        return natural

    @classmethod
    def _from_parameters(cls, p):
        D = p.means.shape[1]
        if p.frame.is_diagonal:
            factors = _factor(p)
            whiteners = 1 / factors
            variances, log_determinants = p.covariances, np.log(factors).sum(axis=1)
            precisions = largest = whiteners**2
            linear = precisions * p.means
            quadratic = -0.5 * precisions
        else:
            triangles = _factor(p) if p.triangles is None else p.triangles
            diagonals = np.diagonal(triangles, axis1=1, axis2=2)
            log_determinants = np.log(diagonals).sum(axis=1)
            factors, whiteners = triangles, gaussian.invert_factors(triangles)
            if p.triangles is not None:
                factors, whiteners = (
                    p.frame.matrix @ factors,
                    whiteners @ p.frame.inverse,
                )
                log_determinants = log_determinants + p.frame.log_volume
            variances = np.diagonal(p.covariances, axis1=1, axis2=2)
            precisions = whiteners.transpose(0, 2, 1) @ whiteners
            largest = np.diagonal(precisions, axis1=1, axis2=2)
            linear = (precisions @ p.means[:, :, np.newaxis])[:, :, 0]
            i, j = pairs(D, False)
            quadratic = precisions[:, i, j] * _shares(D)
        log_weights = np.full(len(p.weights), LOG_ZERO)
        np.log(p.weights, out=log_weights, where=p.weights > 0)
        peaks = log_weights - D / 2 * np.log(2 * np.pi) - log_determinants
        top = peaks.max()
        constant = peaks - top - 0.5 * (p.means * linear).sum(axis=1)
        theta = np.concatenate([linear, constant[:, np.newaxis], quadratic], axis=1)
        size = (p.means**2 + variances).sum(axis=1)
        tight = size * largest.max(axis=1) > LARGEST_SPREAD * D
        theta[tight] = 0.0
        return cls(theta, top, peaks, precisions, factors, whiteners, tight)


@dataclass(frozen=True, eq=False)
class Statistics:
    """All that an M-step needs to know about data: sums over points, which add up.

    Attributes
    ----------
    parameters : Parameters
        Those of the E-step; statistics add only if these agree.
    n_samples : int
        How many rows.
    log_likelihood : float
        Of the parameters, at the points.
    moments : ndarray of shape (K, P)
        Row k is Σ_n r_nk φ(z_n): the sums of the features, the effective count N_k, and
        the sums of products of features.
    """

    parameters: Parameters
    n_samples: int
    log_likelihood: float
    moments: np.ndarray

    @classmethod
    def from_residuals(
        cls, parameters, n_samples, log_likelihood, counts, sums, products
    ):
        """Make them from sums over r (x − μ_k), in the units of the data.

        Parameters
        ----------
        parameters : Parameters
            Those of the E-step.
        n_samples : int
            How many rows.
        log_likelihood : float
            Of the parameters, at the points.
        counts : ndarray of shape (K,)
            Σ_n r_nk.
        sums : ndarray of shape (K, D)
            Σ_n r_nk (x_n − μ_k).
        products : ndarray of shape (K, D, D)
            Σ_n r_nk (x_n − μ_k)(x_n − μ_k)ᵀ.

        Returns
        -------
        Statistics
        """
        p, natural = parameters, parameters.natural
        D = p.means.shape[1]
        W = np.diag(p.frame.matrix) if p.frame.is_diagonal else p.frame.matrix
        sums, products = sums @ W.T, W @ products @ W.T
        for k, mean in enumerate(p.means):
            if natural.tight[k]:
                W = natural.whiteners[k]
                W = np.diag(W) if p.frame.is_diagonal else W
                sums[k], products[k] = W @ sums[k], W @ products[k] @ W.T
            else:
                cross = np.outer(mean, sums[k])
                products[k] += cross + cross.T + counts[k] * np.outer(mean, mean)
                sums[k] += counts[k] * mean
        i, j = pairs(D, p.frame.is_diagonal)
        moments = [sums, counts[:, np.newaxis], products[:, i, j]]
        return cls(
            parameters, n_samples, log_likelihood, np.concatenate(moments, axis=1)
        )

    def __add__(self, other):
        if not isinstance(other, Statistics):
            return NotImplemented
        if not _same(self.parameters, other.parameters):
            raise ValueError(
                "these statistics were taken with different parameters, so their sum "
                "means nothing; take all of them with the same mixture."
            )
        return Statistics(
            self.parameters,
            self.n_samples + other.n_samples,
            self.log_likelihood + other.log_likelihood,
            self.moments + other.moments,
        )

    def __radd__(self, other):
        # sum() begins with 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    @property
    def counts(self):
        """N_k, the (weighted) number of points that each component owns."""
        return self.moments[:, self.parameters.means.shape[1]]

    @cached_property
    def averages(self):
        """Weighted means and covariances of the points, in the frame."""
        p, natural = self.parameters, self.parameters.natural
        D = p.means.shape[1]
        averages = self.moments / self.counts[:, np.newaxis]
        means, products = averages[:, :D], averages[:, D + 1 :]
        if p.frame.is_diagonal:
            covariances = products - means**2
        else:
            i, j = pairs(D, False)
            covariances = np.empty((len(means), D, D))
            covariances[:, i, j] = covariances[:, j, i] = products
            covariances -= means[:, :, np.newaxis] * means[:, np.newaxis, :]
        for k in np.flatnonzero(natural.tight):
            C = natural.factors[k]
            if p.frame.is_diagonal:
                means[k] = p.means[k] + C * means[k]
                covariances[k] *= C**2
            else:
                means[k] = p.means[k] + C @ means[k]
                with np.errstate(over="ignore", invalid="ignore"):
                    spread = C @ covariances[k] @ C.T
                covariances[k] = (spread + spread.T) / 2
        return means, covariances

    def m_step(self, covariance_type="full", reg_covar=1e-6):
        """Find the parameters that the sums lead to.

        Parameters
        ----------
        covariance_type : {'full', 'tied', 'diag', 'spherical'}
            What the covariances may look like.
        reg_covar : float or ndarray of shape (D,)
            Added to each variance, in squared units of the data.

        Returns
        -------
        next_parameters : Parameters
            In the same frame.

        Raises
        ------
        EmptyComponentError
            If a component owns nothing.
        """
        total = self.counts.sum()
        check_no_empty_component(self.counts, max(TINY, SMALLEST_SHARE * total))
        weights = self.counts / total
        frame = self.parameters.frame
        means, covariances = self.averages
        if not np.isfinite(covariances).all():
            raise ValueError(gaussian.TOO_FAR)
        covariances = covariances + frame.ridge(reg_covar)
        covariances = _constrain(covariances, weights, covariance_type, frame)
        return Parameters(frame, weights, means, covariances)

    def expected_log_joint(self, parameters):
        """Evaluate Σ_nk r_nk log joint_nk under other parameters, without the points.

        A Gaussian's log density averages to that of its mean squared distance, and
        that is in the sums.

        Parameters
        ----------
        parameters : Parameters
            In the same frame.

        Returns
        -------
        float
        """
        natural = parameters.natural
        means, covariances = self.averages
        shifts = means - parameters.means
        if parameters.frame.is_diagonal:
            squares = natural.precisions * (covariances + shifts**2)
        else:
            spread = covariances + shifts[:, :, np.newaxis] * shifts[:, np.newaxis, :]
            squares = (natural.precisions * spread).sum(axis=2)
        log_joint = natural.peaks + parameters.frame.log_volume
        return float(self.counts @ (log_joint - 0.5 * squares.sum(axis=1)))


@dataclass(frozen=True, eq=False)
class Averages:
    """What an M-step needs, in the units of the data and whatever the parameters were.

    So statistics of different E-steps can be mixed: that is how EM learns from a
    stream whose blocks it sees only once.

    Attributes
    ----------
    weights : ndarray of shape (K,)
        Which share of the points each component owns.
    means, covariances : ndarray of shape (K, D) and (K, D, D)
        Of the points that it owns; for an empty component they are not numbers.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @classmethod
    def from_statistics(cls, statistics):
        """Work them out."""
        weights = statistics.counts / statistics.counts.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            frame = statistics.parameters.frame
            average = Parameters(frame, weights, *statistics.averages)
            return cls(weights, average.means_of_data, average.covariances_of_data)

    def mixed_with(self, new, share):
        """Let others take a share of the average.

        Parameters
        ----------
        new : Averages
            The others.
        share : float
            Between 0 and 1.

        Returns
        -------
        Averages
            As if all points had been averaged together, in these proportions.
        """
        weights = (1 - share) * self.weights + share * new.weights
        counts = np.stack([(1 - share) * self.weights, share * new.weights])
        parts = counts / np.maximum(weights, TINY)
        # What owns nothing has no mean; it does not matter which.
        means = np.stack([self.means, np.where(parts[1][:, None] > 0, new.means, 0)])
        spreads = [self.covariances, new.covariances]
        mean = (parts[:, :, np.newaxis] * means).sum(axis=0)
        covariances = 0.0
        for part, its_mean, spread in zip(parts, means, spreads, strict=True):
            shift = its_mean - mean
            spread = spread + shift[:, :, np.newaxis] * shift[:, np.newaxis, :]
            part = part[:, np.newaxis, np.newaxis]
            covariances = covariances + np.where(part > 0, part * spread, 0.0)
        return Averages(weights, mean, covariances)

    def m_step(self, covariance_type="full", reg_covar=1e-6):
        """Find the mixture that they lead to.

        Parameters
        ----------
        covariance_type : {'full', 'tied', 'diag', 'spherical'}
            What the covariances may look like.
        reg_covar : float or ndarray of shape (D,)
            Added to each variance, in squared units of the data.

        Returns
        -------
        Mixture

        Raises
        ------
        EmptyComponentError, SingularCovarianceError
            If a component owns nothing, or its covariance is flat.
        """
        check_no_empty_component(self.weights, SMALLEST_SHARE)
        covariances = self.covariances + reg_covar * np.eye(self.means.shape[1])
        covariances = constrain(covariances, self.weights, covariance_type)
        return Mixture(self.weights, self.means, covariances)


def apply(matrix, points, out=None):
    """Multiply points, one per column, by a matrix or by a diagonal one.

    Parameters
    ----------
    matrix : ndarray of shape (D, D) or (D,)
        The matrix, or its diagonal if there is nothing else in it.
    points : ndarray of shape (D, N)
        Points.
    out : ndarray of shape (D, N), optional
        Where to write the result.

    Returns
    -------
    ndarray of shape (D, N)

    Examples
    --------
    >>> apply(np.array([2.0, 3.0]), np.array([[1.0], [1.0]]))
    array([[2.],
           [3.]])
    """
    if matrix.ndim == 1:
        return np.multiply(matrix[:, np.newaxis], points, out=out)
    return np.dot(matrix, points, out=out)


@cache
def pairs(n_features, diagonal):
    """List the i and the j of the features z_i z_j, each pair once.

    The order is the engine's: z times z turned by half of D places or less, by one
    place less, … and not turned at all. Half-way round, every product would come twice,
    and the one half of them comes last.
    """
    if diagonal:
        return np.arange(n_features), np.arange(n_features)
    half = n_features // 2
    places = np.arange(half - (n_features + 1) % 2, -1, -1)
    i = np.tile(np.arange(n_features), len(places))
    j = (i - np.repeat(places, n_features)) % n_features
    if n_features % 2 == 0:
        i = np.concatenate([i, np.arange(half)])
        j = np.concatenate([j, np.arange(half) + half])
    return i, j


@cache
def _shares(n_features):
    # z_i z_j stands for z_j z_i too, unless i = j.
    i, j = pairs(n_features, False)
    return np.where(i == j, -0.5, -1.0)


def _factor(parameters):
    """Take C_k with Σ_k = C_k C_kᵀ, or say which Gaussian is flat."""
    covariances = parameters.covariances
    if parameters.frame.is_diagonal:
        if (covariances > 0).all():
            return np.sqrt(covariances)
        covariances = covariances[:, :, np.newaxis] * np.eye(covariances.shape[1])
    try:
        return np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError:
        check_covariances(covariances)
        raise


def _constrain(covariances, weights, covariance_type, frame):
    if covariance_type == "full" or (frame.is_diagonal and covariance_type == "diag"):
        return covariances
    if covariance_type == "tied":
        average = np.tensordot(weights, covariances, axes=1)
        return np.repeat(average[np.newaxis], len(weights), axis=0)
    if frame.is_diagonal:
        variances = (covariances * frame.inverse**2).mean(axis=1, keepdims=True)
        return variances * frame.matrix**2
    free = frame.transform(covariances, frame.inverse)
    return frame.transform(constrain(free, weights, covariance_type), frame.matrix)


def _same(a, b):
    def arrays(p):
        return p.frame.center, p.frame.matrix, p.weights, p.means, p.covariances

    return a is b or all(map(np.array_equal, arrays(a), arrays(b)))
