"""How fast the engine is, beside scikit-learn and oneDAL, measured in one run.

    python benchmarks/against_scikit_learn.py
    python benchmarks/against_scikit_learn.py --quick --only same-start whole-fit
    python benchmarks/against_scikit_learn.py --one-thread

Prints Markdown tables; README.md says what they mean. A machine is never as fast twice,
so the libraries take turns, and a ratio is the median of the ratios of single turns.
"""

import argparse
import time
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from machine import blas_threads, describe
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as SklearnMixture
from synthetic import points
from threadpoolctl import threadpool_limits

from gmm_from_scratch import GaussianMixture, engine
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.mixture import Mixture

try:
    import daal4py
except ImportError:
    daal4py = None

# (N, D, K)
ROWS = [(10_000, 2, 4), (1_000_000, 2, 5), (200_000, 10, 8), (50_000, 50, 10)]
N_ITERATIONS = 20
QUICK_N = 20_000
# What --one-thread replaces by the processor's time.
clock = time.perf_counter
# Up to so many rows scikit-learn is measured too.
SKLEARN_N = 1_000_000


class Case:
    """Data, and one start for all libraries."""

    def __init__(self, N, D, K, dtype=np.float64):
        self.N, self.D, self.K = N, D, K
        self.X = points(N, D, K, dtype=dtype)
        rows = np.random.default_rng(1).choice(N, K, replace=False)
        self.weights = np.full(K, 1 / K)
        self.means = self.X[rows].astype(float)
        covariance = np.cov(self.X[:100_000].T).reshape(D, D)
        self.covariances = np.array([covariance] * K)
        self.start = Mixture(self.weights, self.means, self.covariances)

    def ours(self, n_iterations):
        return engine.run(self.X, self.start, tol=0, max_iter=n_iterations).mixture

    def sklearn(self, n_iterations):
        model = SklearnMixture(
            self.K,
            weights_init=self.weights,
            means_init=self.means,
            precisions_init=np.linalg.inv(self.covariances),
            init_params="random_from_data",
            tol=0,
            max_iter=n_iterations,
        )
        return model.fit(self.X)

    def onedal(self, n_iterations):
        em = daal4py.em_gmm(
            nComponents=self.K, maxIterations=n_iterations, accuracyThreshold=0.0
        )
        weights = self.weights[np.newaxis]
        return em.compute(self.X, weights, self.means, list(self.covariances))


def seconds(function, *arguments):
    begin = clock()
    result = function(*arguments)
    return clock() - begin, result


def median_ratio(numerators, denominators):
    return np.median(np.array(numerators) / np.array(denominators))


def print_head(title, columns):
    print(f"## {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("|" + " --: |" * len(columns), flush=True)


def print_row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def size_cells(N, D, K):
    return f"{N:,}", str(D), str(K)


# --- The same start ----------------------------------------------------------------


def same_start(shrink, repetitions):
    columns = ["N", "D", "K", "sklearn ms", "ours ms", "oneDAL ms"]
    columns += ["sklearn / ours", "oneDAL / ours", "sklearn MB", "ours MB"]
    print_head(
        f"The same start, {N_ITERATIONS} iterations, tol=0",
        [*columns, "largest difference"],
    )
    for N, D, K in ROWS:
        same_start_row(Case(shrink(N), D, K), repetitions)
    print()
    print("Milliseconds are for one iteration; MB are the peak beyond X.\n")


def same_start_row(case, repetitions):
    ours, sklearn, onedal, difference = [], [], [], None
    warm_up(case)
    for _ in range(repetitions):
        elapsed, reference = seconds(case.sklearn, N_ITERATIONS)
        sklearn.append(elapsed / N_ITERATIONS * 1e3)
        elapsed, mixture = seconds(case.ours, N_ITERATIONS)
        ours.append(elapsed / N_ITERATIONS * 1e3)
        if daal4py is not None:
            elapsed, result = seconds(case.onedal, N_ITERATIONS)
            onedal.append(elapsed / result.nIterations.item() * 1e3)
        if difference is None:
            difference = largest_difference(mixture, reference)
    print_row(
        *size_cells(case.N, case.D, case.K),
        f"{np.median(sklearn):.2f}",
        f"{np.median(ours):.2f}",
        f"{np.median(onedal):.2f}" if onedal else "–",
        f"{median_ratio(sklearn, ours):.1f}",
        f"{median_ratio(onedal, ours):.2f}" if onedal else "–",
        f"{peak_megabytes(case.sklearn):.1f}",
        f"{peak_megabytes(case.ours):.1f}",
        f"{difference:.0e}",
    )


def warm_up(case):
    case.sklearn(1)
    case.ours(1)
    if daal4py is not None:
        case.onedal(1)


def largest_difference(mixture, reference):
    pairs = [
        (mixture.weights, reference.weights_),
        (mixture.means, reference.means_),
        (mixture.covariances, reference.covariances_),
    ]
    return max(abs(a - b).max() / abs(b).max() for a, b in pairs)


def peak_megabytes(fit):
    tracemalloc.start()
    fit(2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


# --- Whole fits --------------------------------------------------------------------


def whole_fit(shrink, repetitions):
    columns = ["data", "N", "D", "K", "sklearn ms", "ours ms", "sklearn / ours"]
    columns += ["iterations sklearn", "ours", "score sklearn", "ours"]
    print_head("Whole fits with the default start", columns)
    geyser = load_old_faithful().to_numpy(float)
    whole_fit_row("Old Faithful", geyser, 2, range(20), repetitions)
    N = shrink(1_000_000)
    whole_fit_row("random mixture", points(N, 2, 5), 5, range(repetitions), 1)
    print()
    print("Medians over random_state = 0, 1, …\n")


def whole_fit_row(name, X, K, seeds, repetitions):
    makers = {"sklearn": SklearnMixture, "ours": GaussianMixture}
    times, models = {m: [] for m in makers}, {m: [] for m in makers}
    for maker in makers.values():
        maker(K, random_state=0).fit(X[:1_000])
    for seed in seeds:
        for _ in range(repetitions):
            for maker, make in makers.items():
                elapsed, model = seconds(make(K, random_state=seed).fit, X)
                times[maker].append(elapsed * 1e3)
                models[maker].append(model)
    iterations = [np.median([m.n_iter_ for m in models[maker]]) for maker in makers]
    scores = [np.median([m.score(X) for m in models[maker]]) for maker in makers]
    print_row(
        name,
        *size_cells(*X.shape, K),
        f"{np.median(times['sklearn']):.1f}",
        f"{np.median(times['ours']):.1f}",
        f"{median_ratio(times['sklearn'], times['ours']):.1f}",
        *(f"{n:g}" for n in iterations),
        *(f"{score:.5f}" for score in scores),
    )


# --- Scaling -----------------------------------------------------------------------


def print_scaling_head(title):
    columns = ["N", "D", "K", "threads", "numbers"]
    print_head(title, [*columns, "sklearn ns", "ours ns", "sklearn / ours"])


def scaling_n(shrink, repetitions):
    print_scaling_head("Scaling with N: ns per point and iteration")
    for N in (10_000, 100_000, 1_000_000, 10_000_000):
        scaling_row(shrink(N), 2, 5, repetitions)
    print()


def scaling_d(shrink, repetitions):
    print_scaling_head("Scaling with D: ns per point and iteration")
    for D in (1, 2, 5, 10, 24, 50, 100):
        N = min(1_000_000, 40_000_000 // D**2)
        scaling_row(shrink(N), D, 5, repetitions)
    print()


def scaling_k(shrink, repetitions):
    print_scaling_head("Scaling with K: ns per point and iteration")
    for K in (2, 4, 8, 16, 32, 64):
        scaling_row(shrink(100_000), 3, K, repetitions)
    print()


def threads(shrink, repetitions):
    print_scaling_head("Threads: ns per point and iteration")
    for N, D, K in ROWS:
        for n_threads in (1, 2):
            scaling_row(shrink(N), D, K, repetitions, n_threads=n_threads)
    print()


def float32(shrink, repetitions):
    print_scaling_head("float32 input: ns per point and iteration")
    for N, D, K in ROWS:
        for dtype in (np.float64, np.float32):
            scaling_row(shrink(N), D, K, repetitions, dtype=dtype)
    print()


def scaling_row(N, D, K, repetitions, n_threads=None, dtype=np.float64):
    case = Case(N, D, K, dtype)
    ours, sklearn = [], []
    with threadpool_limits(n_threads):
        used = blas_threads()
        for _ in range(min(repetitions, 3)):
            if N <= SKLEARN_N:
                extra = 20 if N * D * K <= 1_000_000 else 4
                sklearn.append(one_iteration(case.sklearn, extra) / N * 1e9)
            extra = 20 if N <= SKLEARN_N else 5
            ours.append(one_iteration(case.ours, extra) / N * 1e9)
    print_row(
        *size_cells(N, D, K),
        str(used),
        np.dtype(dtype).name,
        f"{np.median(sklearn):.0f}" if sklearn else "–",
        f"{np.median(ours):.1f}",
        f"{median_ratio(sklearn, ours):.1f}" if sklearn else "–",
    )


def one_iteration(fit, extra):
    """Time so many iterations more than one, without what is done once for a fit."""
    short, _ = seconds(fit, 1)
    long, _ = seconds(fit, 1 + extra)
    return (long - short) / extra


# --- What the machine allows -------------------------------------------------------


def limits(shrink, repetitions):
    print_head("What the machine allows", ["doing", "speed", "unit"])
    measured = [(bandwidth(), exp_rate(), gemm_rate()) for _ in range(repetitions)]
    bytes_per_s, exps_per_s, flops_per_s = np.median(measured, axis=0)
    print_row("reading memory", f"{bytes_per_s / 1e9:.1f}", "GB/s")
    print_row("np.exp in cache", f"{exps_per_s / 1e9:.2f}", "10⁹/s")
    print_row("matrix product", f"{flops_per_s / 1e9:.0f}", "Gflop/s")
    print()
    columns = ["N", "D", "K", "read X", "exp", "products", "sum", "ours", "share"]
    print_head("One iteration: the least, and ours, in ms", columns)
    for N, D, K in ROWS:
        case = Case(shrink(N), D, K)
        case.ours(1)
        n_features = 1 + D + D * (D + 1) // 2
        least = [
            case.X.nbytes / bytes_per_s,
            case.N * K / exps_per_s,
            # There and back, a multiplication and an addition each.
            4 * case.N * K * n_features / flops_per_s,
        ]
        taken = [seconds(case.ours, N_ITERATIONS)[0] for _ in range(repetitions)]
        ours = np.median(taken) / N_ITERATIONS
        print_row(
            *size_cells(case.N, D, K),
            *(f"{value * 1e3:.3f}" for value in [*least, sum(least), ours]),
            f"{sum(least) / ours:.0%}",
        )
    print()


def rate(functions, amount, rounds):
    """Let threads do one function each, `rounds` times; return the amount per second.

    `amount` is what one call of one function does.
    """

    def work(function):
        for _ in range(rounds):
            function()

    with ThreadPoolExecutor(len(functions)) as pool:
        list(pool.map(work, functions))
        elapsed, _ = seconds(lambda: list(pool.map(work, functions)))
    return amount * rounds * len(functions) / elapsed


def bandwidth():
    arrays = [np.ones(16_000_000) for _ in range(blas_threads())]
    return rate([array.sum for array in arrays], arrays[0].nbytes, 2)


def exp_rate():
    exponents = np.random.default_rng(0).uniform(-50, 0, size=(8, 4_000))
    functions = [
        partial(np.exp, exponents, out=np.empty_like(exponents))
        for _ in range(blas_threads())
    ]
    return rate(functions, exponents.size, 300)


def gemm_rate():
    n = 2_000
    A = np.random.default_rng(0).normal(size=(n, n))
    out = np.empty_like(A)
    np.dot(A, A, out=out)
    elapsed, _ = seconds(partial(np.dot, A, A, out=out))
    return 2 * n**3 / elapsed


SECTIONS = {
    "same-start": same_start,
    "whole-fit": whole_fit,
    "scaling-n": scaling_n,
    "scaling-d": scaling_d,
    "scaling-k": scaling_k,
    "threads": threads,
    "float32": float32,
    "limits": limits,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help=f"at most {QUICK_N:,} rows, three times"
    )
    parser.add_argument(
        "--one-thread",
        action="store_true",
        help="one thread each, processor time: for a machine that is busy",
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="NAME")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    with threadpool_limits(1 if arguments.one_thread else None):
        if arguments.one_thread:
            use_one_thread()
        describe()
        for name in arguments.only or SECTIONS:
            if arguments.quick:
                SECTIONS[name](lambda N: min(N, QUICK_N), 3)
            else:
                SECTIONS[name](lambda N: N, 5)


def use_one_thread():
    global clock
    clock = time.process_time
    del SECTIONS["threads"]
    if daal4py is not None:
        daal4py.daalinit(1)


if __name__ == "__main__":
    main()
