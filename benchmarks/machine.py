"""What the numbers were measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info


def describe():
    """Print the heading "Machine" and a list."""
    print("## Machine\n")
    print(f"- {_cpu_model()}, {os.cpu_count()} cores, {platform.system()}")
    if hasattr(os, "getloadavg"):
        print(f"- busy processes when this began: {os.getloadavg()[0]:.1f}")
    print(f"- Python {platform.python_version()}, NumPy {np.__version__}, {_blas()}")
    for name in ("scikit-learn", "scikit-learn-intelex"):
        try:
            print(f"- {name} {version(name)}")
        except PackageNotFoundError:
            print(f"- {name}: not installed")
    print(flush=True)


def blas_threads():
    """Return how many threads NumPy's matrix products use."""
    return max((b["num_threads"] for b in _blas_libraries()), default=1)


def _blas_libraries():
    return [library for library in threadpool_info() if library["user_api"] == "blas"]


def _blas():
    names = {f"{b['internal_api']} {b['version']}" for b in _blas_libraries()}
    return f"{' and '.join(sorted(names))}, threads: {blas_threads()}"


def _cpu_model():
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
