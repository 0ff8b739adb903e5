"""How long a learner waits for an answer: the slowest check of each notebook.

    python benchmarks/exercises.py

Each exercise is checked with its solution, with every wrong answer that it knows, and
with one that it does not know, which is compared with all of them.
"""

import time

import numpy as np
from machine import describe

from gmm_from_scratch.exercises import NOTEBOOKS, exercises
from gmm_from_scratch.exercises.judging import judge


def unknown_to(exercise):
    """Return a wrong answer of the right shape that equals no known one."""

    def answer(*arguments):
        right = exercise.reference(*arguments)
        parts = right if isinstance(right, tuple) else (right,)
        parts = [0.123 + 1.5 * np.asarray(part, dtype=float) for part in parts]
        return tuple(parts) if isinstance(right, tuple) else parts[0]

    return answer


def seconds(exercise, answer):
    """Return the shortest of three waits, so that other programs do not count."""
    waits = []
    for _ in range(3):
        began = time.perf_counter()
        judge(exercise, answer)
        waits.append(time.perf_counter() - began)
    return min(waits)


def main():
    describe()
    print("| notebook | checks | slowest | exercise |\n| --: | --: | --: | :-- |")
    for number in NOTEBOOKS:
        waits = []
        for exercise in exercises().values():
            if exercise.notebook == number:
                answers = [exercise.reference, unknown_to(exercise)]
                answers += [m.function for m in exercise.misconceptions]
                waits += [(seconds(exercise, a), exercise.name) for a in answers]
        slowest, name = max(waits)
        print(f"| {number} | {len(waits)} | {1000 * slowest:.0f} ms | `{name}` |")


if __name__ == "__main__":
    main()
