"""How much memory a fit takes when the data are in a file.

    python benchmarks/memory_mapped.py
    python benchmarks/memory_mapped.py --quick

Writes ten million rows of two columns (160 MB) to a temporary file, block by block, and
fits a mixture to it in several ways, each in a fresh process. README.md says what the
columns mean.
"""

import argparse
import json
import mmap
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from machine import describe
from synthetic import blocks

from gmm_from_scratch import engine
from gmm_from_scratch.mixture import Mixture

try:
    import resource
except ImportError:
    resource = None

N, QUICK_N, D, K = 10_000_000, 1_000_000, 2, 5
N_ITERATIONS = 5
BLOCK_ROWS = 200_000
STATUS = Path("/proc/self/status")


# --- Ways to read the file ---------------------------------------------------------


def in_memory(path):
    return np.load(path)


def mapped(path):
    return np.load(path, mmap_mode="r")


def slices_of_one_map(path):
    X = np.load(path, mmap_mode="r")
    return lambda: (X[i : i + BLOCK_ROWS] for i in range(0, len(X), BLOCK_ROWS))


def slices_given_back(path):
    X = np.load(path, mmap_mode="r")

    def read():
        for i in range(0, len(X), BLOCK_ROWS):
            yield X[i : i + BLOCK_ROWS]
            # The file still holds these pages; here they are no longer needed.
            X._mmap.madvise(mmap.MADV_DONTNEED)

    return read


def fromfile(path):
    def read():
        with open(path, "rb") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            while len(block := np.fromfile(file, dtype, BLOCK_ROWS * shape[1])):
                yield block.reshape(-1, shape[1])

    return read


WAYS = {
    "np.load, in memory": in_memory,
    "np.load, mmap_mode='r'": mapped,
    "slices of one map": slices_of_one_map,
    "slices, then MADV_DONTNEED": slices_given_back,
    "blocks by np.fromfile": fromfile,
}


# --- Measuring ---------------------------------------------------------------------


def status(name):
    """Return a number of megabytes from /proc/self/status, or NaN where it is not."""
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024 / 1e6
    return np.nan


def peak():
    """Return the most memory that this process ever had, in MB."""
    if STATUS.exists():
        return status("VmHWM")
    if resource is None:
        return np.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


class AnonymousPeak(threading.Thread):
    """Look every millisecond how much memory there is that belongs to no file."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self.done = status("RssAnon"), threading.Event()

    def run(self):
        while not self.done.wait(0.001):
            self.most = max(self.most, status("RssAnon"))

    def stop(self):
        self.done.set()
        self.join()
        return self.most


def measure(way, path):
    means = np.random.default_rng(1).normal(scale=2.0, size=(K, D))
    start = Mixture(np.full(K, 1 / K), means, [np.eye(D)] * K)
    before, anonymous_before = peak(), status("RssAnon")
    anonymous = AnonymousPeak()
    anonymous.start()
    begin = time.perf_counter()
    fit = engine.run(WAYS[way](path), start, tol=0, max_iter=N_ITERATIONS)
    elapsed = time.perf_counter() - begin
    return {
        "peak": peak() - before,
        "anonymous": anonymous.stop() - anonymous_before,
        "seconds": elapsed / N_ITERATIONS,
        "log_likelihood": fit.log_likelihood,
    }


def write(path, n_rows):
    X = np.lib.format.open_memmap(path, "w+", np.float64, (n_rows, D))
    start = 0
    for block in blocks(n_rows, D, K):
        X[start : start + len(block)] = block
        start += len(block)
    X.flush()


def print_table(path):
    columns = ["way", "peak MB", "anonymous MB", "ms per iteration", "log-likelihood"]
    print("| " + " | ".join(columns) + " |")
    print("| :-- |" + " --: |" * (len(columns) - 1), flush=True)
    for way in WAYS:
        command = [sys.executable, __file__, "--measure", way, str(path)]
        output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        result = json.loads(output)
        cells = [
            way,
            f"{result['peak']:.0f}",
            f"{result['anonymous']:.0f}",
            f"{result['seconds'] * 1e3:.0f}",
            f"{result['log_likelihood']:.6f}",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_N:,} rows")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(*arguments.measure)))
        return
    describe()
    n_rows = QUICK_N if arguments.quick else N
    print(f"## {n_rows:,} × {D} numbers in a file, {8e-6 * n_rows * D:.0f} MB\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.npy"
        write(path, n_rows)
        print_table(path)


if __name__ == "__main__":
    main()
