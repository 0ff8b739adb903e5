"""Run learners' notebooks and list which exercises they have solved.

    python tools/grade.py submissions/*.ipynb > results.csv

Each notebook is executed in its own folder by the Python that runs this script; cells
that fail are passed over. Then every exercise is checked afresh, whatever the stored
outputs say. This runs other people's code: do it in a container, or on a machine where
nothing is at stake.
"""

import argparse
import csv
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from run_notebooks import ThisPythonKernel

from gmm_from_scratch.exercises import exercises

NO_ANSWER = "no answer"
CHECK = """
from gmm_from_scratch.exercises import check as _check
for _name in {names}:
    print("grade", _name, _check(_name, globals().get("my_" + _name)).status, sep=":")
"""


def grade(path, timeout=120):
    """Return the status of each exercise of one notebook, by name."""
    notebook = nbformat.read(path, as_version=4)
    number = path.name[:2]
    names = [e.name for e in exercises().values() if e.notebook == number]
    if not names:
        raise SystemExit(f"{path}: the name should begin with a notebook's number")
    notebook.cells.append(nbformat.v4.new_code_cell(CHECK.format(names=names)))
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        kernel_manager_class=ThisPythonKernel,
        allow_errors=True,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    with tempfile.TemporaryDirectory() as folder:
        # What is graded here is not the teacher's progress.
        progress = os.path.join(folder, "progress.json")
        try:
            client.execute(env={**os.environ, "GMM_FROM_SCRATCH_PROGRESS": progress})
        except (CellTimeoutError, DeadKernelError):
            return dict.fromkeys(names, NO_ANSWER)
    printed = "".join(o.get("text", "") for o in notebook.cells[-1].outputs)
    lines = [line.split(":") for line in printed.splitlines()]
    found = {line[1]: line[2] for line in lines if line[0] == "grade"}
    return {name: found.get(name, NO_ANSWER) for name in names}


def main(argv=None):
    """Grade the notebooks named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--timeout", type=int, default=120, help="seconds per cell")
    arguments = parser.parse_args(argv)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["file", "exercise", "status"])
    for path in arguments.paths:
        for name, status in grade(path, arguments.timeout).items():
            table.writerow([path.name, name, status])
    return 0


if __name__ == "__main__":
    sys.exit(main())
