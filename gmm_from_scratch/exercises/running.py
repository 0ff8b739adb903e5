"""Running a learner's function, whatever it does."""

import copy
import dis
import inspect
import io
import re
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout

import numpy as np

from gmm_from_scratch.exercises.limits import TimeLimitExceeded

MOST_PRINTED = 600


class AnswerlessError(Exception):
    """The function did not return; the arguments are sentences for the learner."""


class UnwrittenError(Exception):
    """The function says itself that it is still to be written."""


class Printed(io.TextIOBase):
    """Keeps the beginning of what is printed, and lets the rest go."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        """Take what `print` sends."""
        self.text += text[: MOST_PRINTED - len(self.text)]
        return len(text)


def is_stub(function):
    """Say whether a function's body is still empty.

    Parameters
    ----------
    function : callable
        The function.

    Returns
    -------
    bool

    Examples
    --------
    >>> def my_answer(X):
    ...     '''Do it.'''
    ...     ...
    >>> is_stub(my_answer)
    True
    >>> is_stub(lambda X: X.mean())
    False
    """
    if not inspect.isfunction(function):
        return False
    # `...`, `pass` and a docstring leave no trace in what Python executes.
    return _operations(function) <= _operations(lambda: None)


def _operations(function):
    return {step.opname for step in dis.get_instructions(function)} - {"NOP"}


def run(function, arguments, printed):
    """Call a function with copies of the arguments, in silence.

    Parameters
    ----------
    function : callable
        A learner's function.
    arguments : tuple
        Its arguments, which it cannot change.
    printed : Printed
        Takes what the function prints.

    Returns
    -------
    answer : object
        What it returned.
    arguments : tuple
        The copies, which it may have changed.

    Raises
    ------
    AnswerlessError
        If it raises anything; a time limit or the learner's own interrupt go through.
    UnwrittenError
        If it raises `NotImplementedError`.

    Examples
    --------
    >>> run(sum, ([1, 2],), Printed())
    (3, ([1, 2],))
    """
    arguments = copy.deepcopy(arguments)
    try:
        with (
            redirect_stdout(printed),
            redirect_stderr(printed),
            np.errstate(all="ignore"),
            warnings.catch_warnings(action="ignore"),
        ):
            return function(*arguments), arguments
    except NotImplementedError as error:
        raise UnwrittenError from error
    except (KeyboardInterrupt, TimeLimitExceeded):
        raise
    except BaseException as error:  # `sys.exit()` shall not end the kernel either.
        raise AnswerlessError(*_explain(error, function)) from error


def _explain(error, function):
    if isinstance(error, RecursionError):
        yield (
            "Your function calls itself without end. If it is meant to call another "
            "function of a similar name, check the name."
        )
        return
    # An address in memory would differ each time.
    message = re.sub(r" at 0x[0-9a-fA-F]+", "", str(error)).strip()
    line = _line_of(error, function)
    yield f"`{type(error).__name__}: {message}`" + (f", in {line}." if line else ".")
    for kind, words, advice in ADVICE:
        if isinstance(error, kind) and words in message:
            yield advice
            return


def _line_of(error, function):
    """Find the last line of the learner's own code that was being executed."""
    if not inspect.isfunction(function):
        return ""
    file = function.__code__.co_filename
    steps = traceback.extract_tb(error.__traceback__)
    lines = [step.line for step in steps if step.filename == file and step.line]
    return f"the line `{lines[-1]}`" if lines else ""


MATRIX_PRODUCT = (
    "In a matrix product the inner sizes must be equal: print both shapes. Is a "
    "transpose `.T` missing, or one too many?"
)
ONE_NUMBER = (
    "This takes a single number, but gets an array. Functions of `math` do: use those "
    "of `np`, which take arrays."
)
DIFFERENT_SHAPES = (
    "Two shapes that should be equal are not: print the shape of each part. Is the sum "
    "or the mean taken along the right axis?"
)
# What is raised, words in its message, and what to do; the first that fits is shown.
ADVICE = (
    (
        ValueError,
        "broadcast",
        "Two shapes do not fit: print both. `keepdims=True` in a sum, or "
        "`[:, np.newaxis]`, keeps an axis that is needed.",
    ),
    (ValueError, "matmul", MATRIX_PRODUCT),
    (ValueError, "not aligned", MATRIX_PRODUCT),
    (
        ValueError,
        "truth value",
        "An array has no single truth value: use `np.where`, `.any()` or `.all()`.",
    ),
    (
        ValueError,
        "math domain",
        "Functions of `math` refuse logarithms and roots of numbers that are not "
        "positive: print the number.",
    ),
    (
        ValueError,
        "core dimension",
        "The sizes of two matrices do not fit. `np.linalg.solve(L, B)` wants points as "
        "*columns* of B: transpose them, and the result back.",
    ),
    (ValueError, "same shape", DIFFERENT_SHAPES),
    (ValueError, "inhomogeneous", DIFFERENT_SHAPES),
    (ValueError, "with a sequence", DIFFERENT_SHAPES),
    (IndexError, "boolean index", DIFFERENT_SHAPES),
    (
        IndexError,
        "list index out of range",
        "The list is shorter than you think: look at its length first.",
    ),
    (
        IndexError,
        "too many indices",
        "There are more indices than axes. A tuple counts as one index for each axis; "
        "`list(order)` picks rows.",
    ),
    (
        IndexError,
        "only integers",
        "An index must be a whole number, and something else came. To draw from "
        "weights, name them: `rng.choice(K, p=weights)`.",
    ),
    (
        IndexError,
        "",
        "An index points beyond the end of an array: print the array's shape. Are rows "
        "and columns exchanged?",
    ),
    (
        NameError,
        "",
        "This name is not defined where your function runs: is it spelled as among the "
        "arguments, and is its import run?",
    ),
    (
        np.linalg.LinAlgError,
        "",
        "The matrix is singular or not positive definite: print it. Is it the one that "
        "you mean, and of shape (D, D)?",
    ),
    (AttributeError, "", "The object has no such attribute: print its `type`."),
    (TypeError, "can be converted to Python scalars", ONE_NUMBER),
    (TypeError, "boolean array indexing", DIFFERENT_SHAPES),
    (
        TypeError,
        "Axis must be specified",
        "Say along which axis to average: `axis=0` is over the points.",
    ),
    (
        RuntimeError,
        "incompatible numbers of samples",
        "`np.cov` takes features as rows: pass `X.T`.",
    ),
    (
        TypeError,
        "integer",
        "Whole numbers are expected, and others came. In NumPy the second argument is "
        "often the `axis`: write `np.average(x, weights=weights)`.",
    ),
    (
        TypeError,
        "",
        "An operation meets a kind of object that it is not made for: print the `type` "
        "of each part of the line.",
    ),
)
