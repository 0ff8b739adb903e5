"""EM at full speed: two matrix products for each block of rows, and little else.

`em` is written to be read; this module gives the same numbers many times faster, in
memory that does not grow with N. What makes it so:

1. The log joint of a point is linear in its features (see `sufficient`). For a block
   of points, one product Θ Φ is the whole E-step up to the softmax, and one product
   S = R Φᵀ is everything that the M-step needs to know.
2. Components × points: every array has the points along its rows, so that each sum
   over components runs through memory in order.
3. A block of a few thousand points stays in the processor's cache from one step to the
   next, and its arrays are made once and used again for every block.
4. Blocks share nothing but their sums. Threads may take them, they may be read from a
   file one after the other, or lie on many machines (see `distributed`).
"""

import mmap
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from threadpoolctl import ThreadpoolController

from gmm_from_scratch.em import EmptyComponentError, Fit, HalfStep
from gmm_from_scratch.gaussian import TOO_FAR, SingularCovarianceError
from gmm_from_scratch.mixture import check_mixture
from gmm_from_scratch.sufficient import (
    Frame,
    Parameters,
    Statistics,
    apply,
    pairs,
)
from gmm_from_scratch.validation import (
    COVARIANCE_TYPES,
    check_choice,
    check_data,
    check_enough_rows,
    check_integer,
    check_non_negative,
    check_reg_covar,
    check_sample_weight,
    leave_out_weightless,
)

# A block's features and log joints fill about so many bytes: they are used again and
# again, and should still be in the cache the next time.
CACHE_BYTES = 4_000_000
# OpenBLAS multiplies matrices straight away up to so many multiplications, and so many
# entries of the result; beyond, it first copies them into another order, which for a
# few components takes longer than the product itself.
SMALL_PRODUCT, SMALL_RESULT = 1_000_000, 1_000
# exp becomes several times slower where its result is no longer a normal number. Lower
# exponents stop here, and what they give (e⁻⁷⁰⁰ is 0.99 · 10⁻³⁰⁴) counts as 0.
LOWEST_EXPONENT, NEXT_TO_NOTHING = -700.0, 1e-304
# In a smaller sum of exponentials, what is left out could matter.
SMALLEST_SUM = 1e-100
# Blocks are added up in so many groups whatever the number of threads, so that the last
# digit does not depend on it.
N_GROUPS = 32
# With fewer multiplications than this, threads take longer to wake than they save.
WORTH_THREADS = 3_000_000
# A memory-mapped file is read in pieces of about so many bytes.
PIECE_BYTES = 16_000_000
NO_BLOCKS = "X has no block of rows that count; give at least one."
# So many rows tell a frame enough, and some more for each feature.
FRAME_ROWS = 1_000


def run(
    X,
    start,
    *,
    covariance_type="full",
    reg_covar=1e-6,
    tol=1e-3,
    max_iter=100,
    sample_weight=None,
    previous=-np.inf,
    callback=None,
    n_threads=None,
    block_size=None,
):
    """Run EM as `em.fit` does, to the same numbers, in far less time and memory.

    Parameters
    ----------
    X : array-like of shape (N, D), or blocks of rows
        Points. An array of float64 or float32 (also one mapped from a file by
        `numpy.memmap`) is read where it is; sums are kept in float64. Data too large
        for that may come in blocks: a list of arrays, any other object over which one
        can iterate again and again, or a function that returns an iterator, such as
        ``lambda: pandas.read_csv(path, chunksize=100_000)``. A block may also be a pair
        of an array and the weights of its rows.
    start : Mixture
        The parameters to begin with.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        What the covariances may look like after the first M-step.
    reg_covar : float or array-like of shape (D,)
        Added to each variance at each M-step.
    tol : float
        Smallest change of the mean log-likelihood per point that counts as moving.
    max_iter : int
        Stop after so many iterations in any case.
    sample_weight : array-like of shape (N,), optional
        How often each point counts: 2 is the same as the row twice, 0 as its absence.
    previous : float
        The log-likelihood of the last E-step, when an earlier run goes on.
    callback : callable, optional
        Called after each iteration with its number, from 1 on, and the log-likelihood
        that its E-step found; for a progress bar.
    n_threads : int, optional
        How many threads share the blocks; by default as many as NumPy's matrix products
        may use. The result does not depend on it, to the last digit.
    block_size : int, optional
        Rows that are worked on at a time; by default what the cache holds.

    Returns
    -------
    Fit

    Raises
    ------
    EmptyComponentError, SingularCovarianceError
        If a component loses every point, or collapses; the error's `component` says
        which, and its `mixture` where EM was then.
    TypeError, ValueError
        If the input is malformed, or X has fewer rows than there are components.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> start = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> result = run([[-2.0], [-1.0], [3.0], [4.0]], start)
    >>> result.mixture.means[:, 0].round(2)
    array([-1.5,  3.5])
    """
    tol = check_non_negative(tol, "tol")
    max_iter = check_integer(max_iter, "max_iter", 1)
    options = {"n_threads": n_threads, "block_size": block_size}
    X, sample_weight = _in_pieces(X, sample_weight)
    check_mixture(start, "start")
    data = _open(X, sample_weight, start, covariance_type, **options)
    data.check_enough_rows(start.n_components)
    reg_covar = check_reg_covar(reg_covar, start.n_features)
    parameters = _in_a_frame(data, start, reg_covar)
    log_likelihoods, statistics = [], None
    try:
        with one_blas_thread():
            for iteration in range(1, max_iter + 1):
                statistics = data.statistics(parameters)
                parameters = statistics.m_step(covariance_type, reg_covar)
                log_likelihoods.append(statistics.log_likelihood)
                change = (log_likelihoods[-1] - previous) / statistics.counts.sum()
                previous = log_likelihoods[-1]
                if callback is not None:
                    callback(iteration, previous)
                converged = bool(abs(change) < tol)
                if converged:
                    break
        mixture = parameters.mixture
    except (EmptyComponentError, SingularCovarianceError) as error:
        error.mixture = _last_mixture(statistics, start)
        raise
    return Fit(mixture, np.array(log_likelihoods), iteration, converged)


def half_steps(
    X, start, *, covariance_type="full", reg_covar=1e-6, tol=None, max_iter=None
):
    """Run EM one half-step at a time, as `em.em` does, at the engine's speed.

    The bound after an M-step needs no pass over the points: it has risen by as much as
    Σ_nk r_nk log joint_nk has, and that is in the sums.

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
    tol, max_iter : float, int, optional
        When to stop; see `em.em`.

    Yields
    ------
    HalfStep
        As from `em.em`.

    Raises
    ------
    EmptyComponentError, SingularCovarianceError
        If a component loses every point, or collapses; the error's `component` says
        which.
    TypeError, ValueError
        If the input is malformed, or X has fewer rows than there are components.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> start = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> for step in half_steps([[-2.0], [-1.0], [3.0]], start, max_iter=1):
    ...     print(step.iteration, step.half, round(step.log_likelihood, 3))
    1 E -7.189
    1 M -4.654
    """
    tol = -np.inf if tol is None else check_non_negative(tol, "tol")
    last = np.inf if max_iter is None else check_integer(max_iter, "max_iter", 1)
    check_mixture(start, "start")
    data = _open_array(X, start, covariance_type)
    data.check_enough_rows(start.n_components)
    reg_covar = check_reg_covar(reg_covar, start.n_features)
    previous = -np.inf
    mixture, parameters = start, _in_a_frame(data, start, reg_covar)
    now, responsibilities = _visible_e_step(data, parameters)
    for iteration in count(1):
        level = now.log_likelihood
        yield HalfStep(iteration, "E", mixture, responsibilities, level, level)
        change, previous = (level - previous) / now.n_samples, level

        new = now.m_step(covariance_type, reg_covar)
        rise = now.expected_log_joint(new) - now.expected_log_joint(parameters)
        mixture, parameters, owners = new.mixture, new, responsibilities
        now, responsibilities = _visible_e_step(data, parameters)
        yield HalfStep(
            iteration, "M", mixture, owners, level + rise, now.log_likelihood
        )
        if abs(change) < tol or iteration == last:
            return


def e_step(X, mixture):
    """Find responsibilities and log densities, block by block.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    mixture : Mixture
        The parameters.

    Returns
    -------
    responsibilities : ndarray of shape (N, K)
        As from `em.e_step`.
    log_density : ndarray of shape (N,)
        As from `Mixture.log_density`.

    Raises
    ------
    TypeError, ValueError
        If X does not have D columns of finite numbers.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> responsibilities, log_density = e_step([[0.0], [2.0]], mixture)
    >>> responsibilities.round(3)
    array([[0.5  , 0.5  ],
           [0.018, 0.982]])
    """
    check_mixture(mixture, "mixture")
    data = _open_array(X, mixture, "diag")
    responsibilities = np.empty((len(data.X), mixture.n_components))
    return responsibilities, _predict(data, mixture, responsibilities)


def log_density(X, mixture):
    """Evaluate log p(x) at each point, block by block.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    mixture : Mixture
        The parameters.

    Returns
    -------
    ndarray of shape (N,)
        As from `Mixture.log_density`.

    Raises
    ------
    TypeError, ValueError
        If X does not have D columns of finite numbers.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> log_density([[0.0], [50.0]], mixture).round(1)
    array([   -1.4, -1202.1])
    """
    check_mixture(mixture, "mixture")
    return _predict(_open_array(X, mixture, "diag"), mixture, None)


def partial(X, mixture, *, covariance_type="full", sample_weight=None):
    """Take the sums over some rows that an M-step over all rows needs.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points: all of them, or a block.
    mixture : Mixture
        The parameters for the E-step, the same for all blocks.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        For the last two, and a mixture that obeys them, only squares are summed.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    Statistics
        They add, ``partial(A, mixture) + partial(B, mixture)``, to those of all rows.

    Raises
    ------
    TypeError, ValueError
        If the input is malformed.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> mixture = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> blocks = [[[-2.0], [-1.0]], [[3.0], [4.0]]]
    >>> total = sum(partial(block, mixture) for block in blocks)
    >>> total.m_step().mixture.means[:, 0].round(2)
    array([-1.52,  3.2 ])
    """
    check_mixture(mixture, "mixture")
    data = _open(X, sample_weight, mixture, covariance_type)
    frame = Frame.from_mixture(mixture, data.diagonal)
    with one_blas_thread():
        return data.statistics(Parameters.from_mixture(mixture, frame))


def sums(X, parameters, sample_weight=None):
    """Take the same sums as `partial`, for parameters that are in a frame already.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Points.
    parameters : Parameters
        For the E-step.
    sample_weight : array-like of shape (N,), optional
        How often each point counts.

    Returns
    -------
    Statistics

    Raises
    ------
    TypeError, ValueError
        If X does not have D columns of finite numbers.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> mixture = Mixture([1.0], [[0.0]], [[[1.0]]])
    >>> frame = Frame.from_mixture(mixture, diagonal=True)
    >>> sums([[1.0], [2.0]], Parameters.from_mixture(mixture, frame)).counts
    array([2.])
    """
    K, D = parameters.means.shape
    X, weight = _check_rows(X, sample_weight, D, may_be_zero=True)
    if not len(X):
        return Statistics(parameters, 0, 0.0, np.zeros_like(parameters.natural.theta))
    with one_blas_thread():
        blocks = ArrayBlocks(X, weight, K, parameters.frame.is_diagonal)
        return blocks.statistics(parameters)


class _Workspace:
    """The arrays in which one thread works on one block of rows after the other."""

    def __init__(self, n_rows, n_components, n_features, diagonal):
        K, D = n_components, n_features
        self.diagonal = diagonal
        self.n_used = P = 1 + D + len(pairs(D, diagonal)[0])
        # Tiles of p features by b points, in which OpenBLAS's small products are at
        # their best. Many components make the product large enough for its other way.
        F = 1 if K >= 32 else -(-K * P // SMALL_RESULT)
        p = -(-P // F)
        C = -(-n_rows * K * p // SMALL_PRODUCT)
        C = 1 if n_rows / C < 64 else C
        b = -(-n_rows // C)
        self.tiles = F, p, C, b
        # Above the features stands once more the end of z: see _find_features.
        self.rows = np.zeros((D // 2 + F * p, C * b))
        self.features = self.rows[D // 2 :]
        self.features[D] = 1.0
        self.centered = np.zeros((D, C * b))
        self.log_joint = np.empty((K, C * b))
        self.sums, self.log_sums = np.empty(C * b), np.empty(C * b)
        self.products = np.empty((F, C, K, p))
        self.feature_tiles = self.features.reshape(F, p, C, b).transpose(0, 2, 1, 3)
        self.joint_tiles = self.log_joint.reshape(K, C, b).transpose(1, 0, 2)
        self.partial = np.empty((F, C, K, b)) if F > 1 else None
        self.block = None
        self.z, self.z_products = self.features[:D], self.features[1 + D : P]
        # Windows on the rows "end of z, z" are z turned by so many places.
        turned = sliding_window_view(self.rows[: D // 2 + D], D, axis=0)
        self.turned = turned.transpose(0, 2, 1)

    def begin(self, parameters):
        """Take the parameters of an E-step."""
        F, p, _, _ = self.tiles
        self.parameters, natural = parameters, parameters.natural
        K = len(natural.theta)
        theta = natural.theta
        if F > 1:
            theta = np.zeros((K, F * p))
            theta[:, : self.n_used] = natural.theta
        tiles = theta.reshape(K, F, 1, p).transpose(1, 2, 0, 3)
        self.theta = np.ascontiguousarray(tiles)
        W, combine = parameters.frame.matrix, np.multiply if self.diagonal else np.dot
        self.whiteners = {
            k: combine(natural.whiteners[k], W) for k in np.flatnonzero(natural.tight)
        }

    def e_step(self, block, X, sample_weight=None, keep=None):
        """Do the E-step of a block; return its log-likelihood and moments."""
        n = len(X)
        # Data of a single block stay where they are from one iteration to the next.
        if self.block != block:
            self._find_features(X)
            self.block = block
        residuals = {k: self._residuals(X, k) for k in self.whiteners}
        self._softmax(n, residuals)
        log_sums, sums = self.log_sums[:n], self.sums[:n]
        if keep is not None:
            responsibilities, log_density = keep
            if responsibilities is not None:
                responsibilities[:] = (self.log_joint[:, :n] / sums).T
            log_density[:] = log_sums
        # 1 / sum normalizes the responsibilities; rows that only fill up the block
        # count 0 times.
        self.sums[n:] = np.inf
        if sample_weight is None:
            log_likelihood = log_sums.sum()
            np.reciprocal(self.sums, out=self.sums)
        else:
            log_likelihood = log_sums @ sample_weight
            np.divide(sample_weight, sums, out=sums)
            self.sums[n:] = 0.0
        np.multiply(self.log_joint, self.sums, out=self.log_joint)
        moments = self._multiply_back()
        for k, Y in residuals.items():
            moments[k] = self._moments_of_residuals(Y, self.log_joint[k, :n])
        return log_likelihood, moments

    def _find_features(self, X):
        frame, D = self.parameters.frame, X.shape[1]
        centered = self.centered[:, : len(X)]
        np.subtract(X.T, frame.center[:, np.newaxis], out=centered)
        z, products, turned = self.z, self.z_products, self.turned
        apply(frame.compact, self.centered, out=z)
        if self.diagonal:
            np.multiply(z, z, out=products)
            return
        # Each product z_i z_j once: z times itself, times itself turned by one place,
        # by two, … up to half-way round, where every product would come twice.
        self.rows[: D // 2] = z[D - D // 2 :]
        if D % 2 == 0:
            np.multiply(z[: D // 2], turned[0, : D // 2], out=products[-(D // 2) :])
            turned, products = turned[1:], products[: -(D // 2)]
        np.multiply(z, turned, out=products.reshape(turned.shape))

    def _residuals(self, X, k):
        mean = self.parameters.means_of_data[k, :, np.newaxis]
        return apply(self.whiteners[k], X.T - mean)

    def _softmax(self, n, residuals):
        """Turn log_joint into exp(log_joint - something), and sum it over components.

        Usually the something is the same for all points, already in theta. Where a
        point is too far from all components, the block is done again, with each
        point's own maximum.
        """
        L, natural = self.log_joint, self.parameters.natural
        top = natural.top + self.parameters.frame.log_volume
        for attempt in range(2):
            self._multiply()
            for k, Y in residuals.items():
                squares = np.einsum("dn,dn->n", Y, Y)
                L[k, :n] = natural.peaks[k] - natural.top - 0.5 * squares
            if attempt:
                maxima = L.max(axis=0)
                L -= maxima
                top = top + maxima[:n]
            has_low = L.min() < LOWEST_EXPONENT
            if has_low:
                np.maximum(L, LOWEST_EXPONENT, out=L)
            np.exp(L, out=L)
            if has_low:
                np.putmask(L, L < NEXT_TO_NOTHING, 0.0)
            np.add.reduce(L, axis=0, out=self.sums)
            if self.sums.min() > SMALLEST_SUM:
                break
        np.log(self.sums, out=self.log_sums)
        self.log_sums[:n] += top

    def _multiply(self):
        F, _, C, _ = self.tiles
        if F == C == 1:
            np.dot(self.theta[0, 0], self.features, out=self.log_joint)
        elif F == 1:
            np.matmul(self.theta[0], self.feature_tiles[0], out=self.joint_tiles)
        else:
            np.matmul(self.theta, self.feature_tiles, out=self.partial)
            np.add.reduce(self.partial, axis=0, out=self.joint_tiles)

    def _multiply_back(self):
        F, p, C, _ = self.tiles
        if F == C == 1:
            return np.dot(self.log_joint, self.features.T)[:, : self.n_used]
        by_points = self.feature_tiles.transpose(0, 1, 3, 2)
        np.matmul(self.joint_tiles, by_points, out=self.products)
        moments = self.products.sum(axis=1).transpose(1, 0, 2)
        return moments.reshape(-1, F * p)[:, : self.n_used]

    def _moments_of_residuals(self, Y, responsibilities):
        weighted = Y * responsibilities
        if self.diagonal:
            products = (weighted * Y).sum(axis=1)
        else:
            products = (weighted @ Y.T)[pairs(len(Y), False)]
        return np.concatenate(
            [weighted.sum(axis=1), [responsibilities.sum()], products]
        )


class ArrayBlocks:
    """Data in memory, or in a memory-mapped file: blocks of rows, shared by threads."""

    def __init__(
        self, X, sample_weight, n_components, diagonal, n_threads=None, block_size=None
    ):
        self.X, self.sample_weight, self.diagonal = X, sample_weight, diagonal
        (N, D), K = X.shape, n_components
        P = 1 + D + len(pairs(D, diagonal)[0])
        if block_size is None:
            block_size = int(np.clip(CACHE_BYTES // (8 * (P + 2 * K)), 96, 24_000))
        # Blocks of equal size, so that none is mostly padding.
        self.block_size = -(-N // -(-N // block_size))
        starts = range(0, N, self.block_size)
        self.groups = np.array_split(starts, min(N_GROUPS, len(starts)))
        if n_threads is None:
            n_threads = _blas_threads() if N * K * P > WORTH_THREADS else 1
        n_threads = min(n_threads, len(self.groups))
        # Once nobody refers to the pool any more, its threads end by themselves.
        self.pool = ThreadPoolExecutor(n_threads - 1) if n_threads > 1 else None
        self.workspaces = [
            _Workspace(self.block_size, K, D, diagonal) for _ in range(n_threads)
        ]
        self.reading = 0

    def frame(self, ridge, width):
        """Make coordinates for these data and so wide a start."""
        n_rows = FRAME_ROWS + 10 * self.X.shape[1]
        step = -(-len(self.X) // n_rows)
        return Frame.from_rows(self.X[::step], self.diagonal, ridge, width)

    def check_enough_rows(self, n_components):
        """Refuse to fit more components than there are rows."""
        check_enough_rows(self.X, n_components)

    def refill(self, X, sample_weight):
        """Take other rows, as many as before."""
        self.X, self.sample_weight = X, sample_weight
        self.reading += 1

    def statistics(self, parameters, keep=None):
        """Take the sums over all rows.

        Parameters
        ----------
        parameters : Parameters
            For the E-step.
        keep : tuple of two ndarrays, optional
            Of shape (N, K) and (N,), to be filled with responsibilities (None, if they
            are not wanted) and log densities.

        Returns
        -------
        Statistics
        """
        # What the threads will ask for is worked out before they start.
        theta = parameters.natural.theta

        groups = iter(enumerate(self.groups))
        sums = [None] * len(self.groups)

        def work(workspace):
            workspace.begin(parameters)
            # Whoever is free takes the next group.
            for number, starts in groups:
                log_likelihood, moments = 0.0, 0.0
                for start in starts:
                    rows = slice(start, start + self.block_size)
                    weight = self.sample_weight
                    weight = None if weight is None else weight[rows]
                    kept = keep and [a if a is None else a[rows] for a in keep]
                    block = self.reading, start
                    # What overflows is noticed at the end, for all blocks at once.
                    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                        part = workspace.e_step(block, self.X[rows], weight, kept)
                    log_likelihood = log_likelihood + part[0]
                    moments = moments + part[1]
                sums[number] = log_likelihood, moments

        others = [self.pool.submit(work, w) for w in self.workspaces[1:]]
        work(self.workspaces[0])
        for other in others:
            other.result()
        log_likelihood, moments = 0.0, np.zeros_like(theta)
        for group in sums:
            log_likelihood += group[0]
            moments += group[1]
        if not np.isfinite(log_likelihood):
            raise ValueError(TOO_FAR)
        return Statistics(parameters, len(self.X), float(log_likelihood), moments)


def as_pair(block):
    """Split a block into its rows and their weights, or None for no weights.

    Parameters
    ----------
    block : array-like or tuple of two
        Rows, or rows and weights.

    Returns
    -------
    tuple of two

    Examples
    --------
    >>> as_pair([[1.0], [2.0]])
    ([[1.0], [2.0]], None)
    """
    return block if isinstance(block, tuple) and len(block) == 2 else (block, None)


class StreamBlocks:
    """Data that come in blocks, anew for each iteration."""

    def __init__(self, blocks, n_components, n_features, diagonal, options):
        self.blocks, self.n_components, self.n_features = (
            blocks,
            n_components,
            n_features,
        )
        self.diagonal, self.options = diagonal, options

    def _read(self):
        blocks = self.blocks() if callable(self.blocks) else self.blocks
        if not isinstance(blocks, Iterable):
            raise TypeError(
                f"X is a function, so it must return an iterator of blocks, but it "
                f"returned a {type(blocks).__name__}."
            )
        for number, block in enumerate(blocks):
            options = {"name": f"block {number}", "may_be_zero": True}
            X, weight = _check_rows(*as_pair(block), self.n_features, **options)
            if len(X):
                yield X, weight

    def frame(self, ridge, width):
        """Make coordinates for these data, from the first block."""
        for X, _ in self._read():
            return Frame.from_rows(X[:10_000], self.diagonal, ridge, width)
        raise ValueError(NO_BLOCKS)

    def check_enough_rows(self, n_components):
        """Refuse to fit more components than there are rows."""
        n_rows = 0
        for X, _ in self._read():
            n_rows += len(X)
            if n_rows >= n_components:
                return
        if not n_rows:
            raise ValueError(NO_BLOCKS)
        check_enough_rows(range(n_rows), n_components)

    def statistics(self, parameters):
        """Take the sums over all rows, reading them once.

        Parameters
        ----------
        parameters : Parameters
            For the E-step.

        Returns
        -------
        Statistics
        """
        total, array = 0, None
        for X, weight in self._read():
            if array is None or X.shape != array.X.shape:
                array = ArrayBlocks(
                    X, weight, self.n_components, self.diagonal, **self.options
                )
            else:
                array.refill(X, weight)
            total = total + array.statistics(parameters)
        if array is None:
            raise ValueError(NO_BLOCKS)
        return total


def _open(X, sample_weight, mixture, covariance_type, n_threads=None, block_size=None):
    """Check what is given, and find out in which way its points can be reached."""
    check_choice(covariance_type, "covariance_type", COVARIANCE_TYPES)
    if n_threads is not None:
        check_integer(n_threads, "n_threads", 1)
    if block_size is not None:
        check_integer(block_size, "block_size", 1)
    K, D = mixture.means.shape
    # Squares are enough for axis-parallel ellipses, from the first one on.
    off_diagonal = mixture.covariances * (1 - np.eye(D))
    diagonal = covariance_type in ("diag", "spherical") and not off_diagonal.any()
    options = {"n_threads": n_threads, "block_size": block_size}
    if not _comes_in_blocks(X):
        rows = _check_rows(X, sample_weight, D)
        return ArrayBlocks(*rows, K, diagonal, **options)
    if sample_weight is not None:
        raise ValueError(
            "X comes in blocks, so sample_weight must come with them: let each block "
            "be a pair (rows, weights)."
        )
    if hasattr(X, "attach"):
        return X.attach(K, D, diagonal)
    return StreamBlocks(X, K, D, diagonal, options)


def _check_rows(X, sample_weight, n_features, *, name="X", may_be_zero=False):
    X = check_data(X, n_features=n_features, name=name, keep_float32=True)
    weight = check_sample_weight(sample_weight, len(X), may_be_zero=may_be_zero)
    return leave_out_weightless(X, weight)


def _open_array(X, mixture, covariance_type):
    if _comes_in_blocks(X):
        raise TypeError(
            "X comes in blocks, but here a result for each point is asked for; pass "
            "one block after the other, or all points as one array."
        )
    return _open(X, None, mixture, covariance_type)


def _in_pieces(X, sample_weight):
    """Let a memory-mapped file be read piece by piece, if it is one.

    What has been read of a mapping stays in memory until the mapping is closed; so each
    piece gets a mapping of its own.
    """
    # A slice of a mapping no longer knows where in the file it begins, and a private
    # copy ("c") may hold changes that are not in the file.
    whole = isinstance(X, np.memmap) and isinstance(X.base, mmap.mmap)
    whole = whole and X.filename is not None and X.mode != "c"
    if not whole or X.ndim != 2 or not X.flags.c_contiguous:
        return X, sample_weight
    weight = check_sample_weight(sample_weight, len(X))
    n_rows = max(1, PIECE_BYTES // max(1, X[:1].nbytes))

    def pieces():
        for first in range(0, len(X), n_rows):
            rows = slice(first, first + n_rows)
            offset = X.offset + first * X[:1].nbytes
            piece = np.memmap(X.filename, X.dtype, "r", offset, X[rows].shape)
            yield piece if weight is None else (piece, weight[rows])

    return pieces, None


def _predict(data, mixture, responsibilities):
    frame = Frame.from_mixture(mixture, data.diagonal)
    log_density = np.empty(len(data.X))
    with one_blas_thread():
        keep = responsibilities, log_density
        data.statistics(Parameters.from_mixture(mixture, frame), keep)
    return log_density


def _comes_in_blocks(X):
    if isinstance(X, Iterator):
        raise TypeError(
            "X can be read only once, but every iteration reads all of it; pass a list "
            "of blocks, or a function that returns a new iterator each time."
        )
    if hasattr(X, "attach") or callable(X):
        return True
    if hasattr(X, "__array__") or hasattr(X, "toarray") or not isinstance(X, Iterable):
        return False
    if not isinstance(X, list | tuple):
        return True
    try:
        return len(X) > 0 and np.ndim(as_pair(X[0])[0]) == 2
    except ValueError:  # rows of different lengths: no blocks, and no table either
        return False


def _in_a_frame(data, start, reg_covar):
    frame = data.frame(reg_covar, np.sqrt(start.covariances.max()))
    return Parameters.from_mixture(start, frame)


def _last_mixture(statistics, start):
    """Say where EM was before the step in which a component failed."""
    try:
        return start if statistics is None else statistics.parameters.mixture
    except SingularCovarianceError:
        return start


def _visible_e_step(data, parameters):
    keep = np.empty((len(data.X), len(parameters.weights))), np.empty(len(data.X))
    with one_blas_thread():
        statistics = data.statistics(parameters, keep)
    # They are lent to whoever looks at the half-step, and used again below.
    keep[0].flags.writeable = False
    return statistics, keep[0]


@cache
def _blas():
    # Looking for the libraries takes 15 ms; they are there once NumPy is.
    return ThreadpoolController().select(user_api="blas")


def one_blas_thread():
    """Keep matrix products to one thread: the blocks have threads of their own.

    Examples
    --------
    >>> with one_blas_thread():
    ...     product = np.eye(2) @ np.eye(2)
    """
    return _blas().limit(limits=1)


def _blas_threads():
    return max((library.num_threads for library in _blas().lib_controllers), default=1)
