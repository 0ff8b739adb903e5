"""Write constraints.txt anew: one version of each package, for every machine.

    python tools/renew_constraints.py

Takes the newest release of each package that ships a wheel for every supported
Python and system, then checks the list on each of them. Needs uv (extra `dev`).
"""

import itertools
import re
import subprocess
import sys
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "constraints.txt"
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
PLATFORMS = [
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
]


def resolve(python, platform, *more):
    """Return {name: version} of all that extra `test` installs there."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet"]
    command += ["--no-annotate", "--no-header", "--only-binary=:all:"]
    command += ["--extra=test", f"--python-version={python}"]
    command += [f"--python-platform={platform}", *more, "pyproject.toml"]
    print(f"Python {python} on {platform} …", flush=True)
    result = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    pairs = re.findall(r"^([\w.-]+)==([^\s;]+)", result.stdout, re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def main():
    """Resolve, write and check the list."""
    pins = {}
    for python, platform in itertools.product((PYTHONS[0], PYTHONS[-1]), PLATFORMS):
        for name, version in resolve(python, platform).items():
            pins[name] = min(version, pins.get(name, version))
    TARGET.write_text(
        "".join(f"{name}=={pins[name]}\n" for name in sorted(pins)), encoding="utf-8"
    )
    for python, platform in itertools.product(PYTHONS, PLATFORMS):
        found = resolve(python, platform, f"--constraints={TARGET}")
        if missing := found.items() - pins.items():
            sys.exit(f"not pinned on Python {python}, {platform}: {sorted(missing)}")
    print(f"{TARGET.name}: {len(pins)} packages")


if __name__ == "__main__":
    main()
