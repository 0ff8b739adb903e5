"""Exercises that name the mistake: `check`, `hint` and `solution`.

One module a notebook holds its exercises: the solution, and beside it what people get
wrong, each as a function that does it wrong. `judging` compares a learner's function
with all of them.
"""

from collections import Counter
from difflib import get_close_matches
from functools import cache
from importlib import import_module

from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.feedback import STATUS, Feedback
from gmm_from_scratch.exercises.judging import judge
from gmm_from_scratch.exercises.progress import Progress

NOTEBOOKS = [f"{number:02d}" for number in range(13)]

__all__ = ["check", "hint", "solution"]

_progress = Progress()
_hints_given = Counter()


@cache
def exercises():
    """Return every exercise of the course by name, in the order of the notebooks.

    Returns
    -------
    dict
        The exercises.

    Examples
    --------
    >>> exercises()["e_step"].notebook
    '04'
    """
    modules = [import_module(f"{__name__}.notebook_{number}") for number in NOTEBOOKS]
    found = [item for module in modules for item in vars(module).values()]
    return {item.name: item for item in found if isinstance(item, Exercise)}


class Check:
    """Judges answers: `check.e_step(my_e_step)` or `check("e_step", my_e_step)`."""

    def __call__(self, name, attempt=None):
        """Compare a function with the solution of an exercise.

        Parameters
        ----------
        name : str
            The exercise.
        attempt : callable
            Your function.

        Returns
        -------
        Feedback
            What there is to say; true if and only if the answer is right.

        Examples
        --------
        >>> check("e_step", None).status
        'not attempted'
        """
        exercise, unknown = _find(name)
        if unknown is not None:
            return unknown
        feedback = judge(exercise, attempt)
        if feedback.status != "not attempted":
            _progress.record(name, solved=bool(feedback))
        return feedback

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda attempt=None: self(name, attempt)

    def __dir__(self):
        return ["example", "progress", *exercises()]

    def example(self, name, number=1):
        """Return the arguments with which an exercise is checked, to look at them.

        Parameters
        ----------
        name : str
            The exercise.
        number : int
            Which example, from 1.

        Returns
        -------
        tuple
            The arguments, in order.

        Examples
        --------
        >>> X, mixture = check.example("e_step")
        >>> X.shape, mixture.n_components
        ((7, 2), 3)
        """
        exercise, unknown = _find(name)
        if unknown is not None:
            return unknown
        examples = exercise.examples()
        if number not in range(1, len(examples) + 1):
            sentence = f"Its examples are numbered from 1 to {len(examples)}."
            return Feedback("error", f"no example {number!r} of {name}", (sentence,))
        return examples[number - 1][1]

    def progress(self):
        """Show what is solved, and what is left, across the course.

        Returns
        -------
        Feedback
            A line for each notebook.

        Examples
        --------
        >>> check.progress().status
        'progress'
        """
        states = _progress.states()
        lines = []
        for notebook in NOTEBOOKS:
            mine = [e.name for e in exercises().values() if e.notebook == notebook]
            words = [f"{_symbol(states.get(name))} {name}" for name in mine]
            lines.append(f"{notebook}  {'   '.join(words)}")
        solved = sum(states.get(name) == "solved" for name in exercises())
        return Feedback(
            "progress",
            f"{solved} of {len(exercises())} exercises solved",
            (
                "✓ solved, ✗ tried, ○ not attempted. This is kept in one file, "
                f"`{_progress.path.name}`; delete it to begin anew.",
            ),
            "\n".join(lines),
        )


check = Check()


def hint(name):
    """Give a hint, and at each further call a more explicit one.

    Parameters
    ----------
    name : str
        The exercise.

    Returns
    -------
    Feedback
        The hint.

    Examples
    --------
    >>> hint("e_step").subject
    'e_step, 1 of 3'
    """
    exercise, unknown = _find(name)
    if unknown is not None:
        return unknown
    number = min(_hints_given[name] + 1, len(exercise.hints))
    _hints_given[name] = number
    sentences = [exercise.hints[number - 1]]
    if number == len(exercise.hints):
        sentences.append(f'That was the last one. `solution("{name}")` shows the code.')
    subject = f"{name}, {number} of {len(exercise.hints)}"
    return Feedback("hint", subject, tuple(sentences))


def solution(name):
    """Show the code of a solution, and why it is right.

    Parameters
    ----------
    name : str
        The exercise.

    Returns
    -------
    Feedback
        The code, ready to be pasted over the stub.

    Examples
    --------
    >>> print(solution("e_step").code.splitlines()[0])
    def my_e_step(X, mixture):
    """
    exercise, unknown = _find(name)
    if unknown is not None:
        return unknown
    return Feedback("solution", name, (exercise.why,), exercise.source)


def _symbol(state):
    return STATUS[{"solved": "correct", "tried": "wrong"}.get(state, "not attempted")][
        0
    ]


def _find(name):
    """Return the exercise and None, or None and what to say instead."""
    if isinstance(name, str) and name in exercises():
        return exercises()[name], None
    close = get_close_matches(str(name), exercises(), n=1)
    advice = f"Did you mean `{close[0]}`? " if close else ""
    sentence = f"{advice}`check.progress()` lists all exercises."
    return None, Feedback("error", f"no exercise is called {name!r}", (sentence,))
