"""The tool that grades learners' notebooks."""

import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

from gmm_from_scratch.exercises import exercises, solution

TOOL = Path(__file__).resolve().parents[1] / "tools" / "grade.py"
NAMES = [e.name for e in exercises().values() if e.notebook == "04"]


def grade(tmp_path, *sources, name="04_anna.ipynb", options=()):
    """Status by exercise of a notebook with these cells."""
    write(new_notebook(cells=[new_code_cell(s) for s in sources]), tmp_path / name)
    result = subprocess.run(
        [sys.executable, str(TOOL), *options, str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        return result.stderr
    header, *rows = [line.split(",") for line in result.stdout.splitlines()]
    assert header == ["file", "exercise", "status"]
    assert [row[0] for row in rows] == [name] * len(NAMES)
    return {row[1]: row[2] for row in rows}


def test_each_exercise_is_checked_afresh_and_errors_are_passed_over(tmp_path):
    found = grade(
        tmp_path,
        "import numpy as np\nfrom gmm_from_scratch.exercises import check",
        f"{solution('e_step').code}\ncheck.e_step(my_e_step)",
        "1 / 0",
        "def my_entropy(responsibilities):\n    return responsibilities",
        "def my_bayes_rule(prior, likelihood):\n    raise ValueError('no')",
        # Whoever bends the check gains nothing.
        "class Yes:\n    status = 'correct'\ncheck = _check = lambda *_: Yes()",
        "def my_hard_assignment(responsibilities):\n    ...",
    )
    assert found == {
        "bayes_rule": "error",
        "e_step": "correct",
        "hard_assignment": "not attempted",
        "entropy": "wrong",
    }


@pytest.mark.parametrize(
    ("last_words", "options"),
    [("while True:\n    pass", ["--timeout", "3"]), ("import os\nos._exit(1)", [])],
)
def test_a_notebook_that_does_not_end_or_dies_gives_no_answer(
    tmp_path, last_words, options
):
    found = grade(tmp_path, last_words, options=options)
    assert found == dict.fromkeys(NAMES, "no answer")


def test_a_name_without_number_is_refused(tmp_path):
    assert "should begin with a notebook's number" in grade(
        tmp_path, "1", name="anna.ipynb"
    )
