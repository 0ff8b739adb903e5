"""Reading what a learner's function returned, and saying how it differs."""

import inspect

import numpy as np

from gmm_from_scratch.mixture import Mixture

NUMBERS = "biuf"
MIXTURE = ["weights", "means", "covariances"]


class AnswerError(Exception):
    """An answer that cannot be compared; the message is for the learner."""


def read(answer, returns):
    """Turn an answer into arrays of numbers, one for each part.

    Parameters
    ----------
    answer : object
        What a function returned: anything.
    returns : dict
        Name and shape in words of each part.

    Returns
    -------
    list of ndarray
        Copies.

    Raises
    ------
    AnswerError
        If it is something else, with a sentence that says what.

    Examples
    --------
    >>> read([[1, 2], [3, 4]], {"squares": "(N, N)"})
    [array([[1, 2],
           [3, 4]])]
    """
    if len(returns) == 1:
        if isinstance(answer, tuple) and len(answer) == 1:
            raise AnswerError(
                "It returns a tuple with one thing in it: look for a comma at the end "
                "of the `return` line."
            )
        return [_numbers(answer, name) for name in returns]
    names = ", ".join(f"`{name}`" for name in returns)
    takes_mixture = list(returns) == MIXTURE
    if isinstance(answer, Mixture) and takes_mixture:
        # As good as the three arrays in it.
        answer = (answer.weights, answer.means, answer.covariances)
    if not isinstance(answer, (tuple, list)) or len(answer) != len(returns):
        raise AnswerError(
            f"It should return {len(returns)} things, {names}, separated by commas"
            f"{', or a `Mixture`' if takes_mixture else ''}, but it returned "
            f"{_kind(answer)}."
        )
    return [_numbers(part, name) for part, name in zip(answer, returns, strict=True)]


def _numbers(part, name):
    if inspect.isgenerator(part):
        raise AnswerError(
            f"`{name}` is a generator, which has computed nothing yet: use `return` "
            f"instead of `yield`, and square brackets around a comprehension."
        )
    if part is None or isinstance(part, (str, bytes, dict, set)) or callable(part):
        raise AnswerError(f"`{name}` should be numbers, but it is {_kind(part)}.")
    try:
        # A copy: the learner's own array must not change under our hands, nor ours
        # under theirs.
        array = np.array(part)
    except Exception as error:
        if isinstance(part, tuple):
            raise AnswerError(
                f"It returns {len(part)} things, but only `{name}` is asked for."
            ) from error
        raise AnswerError(
            f"`{name}` is {_kind(part)} that makes no array; are its rows of different "
            f"lengths?"
        ) from error
    if array.dtype.kind == "c":
        raise AnswerError(
            f"`{name}` holds complex numbers. They come from the root of a negative "
            f"number, or from `np.linalg.eig` where `eigh` is meant."
        )
    if array.dtype.kind not in NUMBERS:
        raise AnswerError(
            f"`{name}` should hold numbers, but it is {_kind(part)} of "
            f"`dtype={array.dtype}`."
        )
    return array


def _kind(value):
    if value is None:
        return "`None`"
    if callable(value) and not isinstance(value, type):
        return "a function (call it, with parentheses)"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    word = type(value).__name__
    return f"{'an' if word[0].lower() in 'aeio' else 'a'} `{word}`"


def same(part, expected, rtol):
    """Say whether two arrays are equal, apart from rounding.

    Parameters
    ----------
    part, expected : ndarray
        Arrays of numbers.
    rtol : float
        Largest difference, as a share of what is expected.

    Returns
    -------
    bool

    Examples
    --------
    >>> same(np.array([1.0]), np.array([1.0, 1.0]), 1e-6)
    False
    """
    if part.shape != expected.shape:
        return False
    return bool(np.allclose(part, expected, rtol=rtol, atol=1e-9, equal_nan=True))


def same_input(before, after):
    """Say whether an argument is still what it was before a function had it.

    Parameters
    ----------
    before, after : object
        The argument; what is no array and no list counts as unchanged.

    Returns
    -------
    bool

    Examples
    --------
    >>> same_input(np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    True
    >>> same_input([1, 2], [1])
    False
    """
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, (list, tuple)):
        pairs = zip(before, after, strict=False)
        return len(before) == len(after) and all(same_input(a, b) for a, b in pairs)
    return True


def first_difference(name, part, expected, rtol):
    """Point at the first number that is not as expected.

    Parameters
    ----------
    name : str
        What the array is called.
    part, expected : ndarray
        Arrays of one shape.
    rtol : float
        Largest difference, as a share of what is expected.

    Returns
    -------
    str

    Examples
    --------
    >>> first_difference("means", np.array([1.0, 2.0]), np.array([1.0, 2.5]), 1e-6)
    '`means[1]` is 2, but 2.5 is expected'
    """
    equal = np.isclose(part, expected, rtol=rtol, atol=1e-9, equal_nan=True)
    index = tuple(int(i) for i in np.argwhere(~equal)[0])
    place = f"{name}[{', '.join(map(str, index))}]" if index else name
    here, there = part[index].item(), expected[index].item()
    digits = 6 if f"{here:.6g}" != f"{there:.6g}" else 12
    if isinstance(there, bool):
        here = bool(here) if here in (0, 1) else f"{here:.{digits}g}"
        return f"`{place}` is {here}, but {there} is expected"
    return f"`{place}` is {here:.{digits}g}, but {there:.{digits}g} is expected"


def how_they_relate(parts, expected, rtol):
    """Find one simple relation that turns all answers into what is expected.

    Parameters
    ----------
    parts, expected : list of ndarray
        The same part of the answer to each example.
    rtol : float
        Largest difference, as a share of what is expected.

    Returns
    -------
    str or None
        A sentence, if there is such a relation.

    Examples
    --------
    >>> how_they_relate([np.array([2.0, 6.0])], [np.array([1.0, 3.0])], 1e-6)
    'Every number is 2 times what it should be.'
    """
    pairs = list(zip(parts, expected, strict=True))
    with np.errstate(all="ignore"):
        for sentence, mend in _RELATIONS:
            if all(same(mend(part), true, rtol) for part, true in pairs):
                return sentence
        if any(part.shape != true.shape for part, true in pairs):
            return None
        part, true = (np.concatenate([a.ravel() for a in s]) for s in (parts, expected))
        if true.dtype.kind not in "f" or len(true) < 2 or not np.ptp(true):
            return None
        largest = np.argmax(np.abs(true))
        factor = part[largest] / true[largest]
        offset = part[0] - true[0]
        # A relation that hardly exceeds the tolerance would be none.
        is_factor = 1e-6 < abs(factor) < np.inf and abs(factor - 1) > 10 * rtol
        if is_factor and same(part, factor * true, rtol):
            return f"Every number is {factor:.4g} times what it should be."
        is_offset = 10 * rtol * abs(true[largest]) < abs(offset) < np.inf
        if is_offset and same(part, true + offset, rtol):
            word = "large" if offset > 0 else "small"
            return f"Every number is too {word} by {abs(offset):.4g}."
    return None


_RELATIONS = (
    ("The numbers are right, but the array is transposed.", lambda a: a.T),
    ("The numbers are right, but each has the wrong sign.", lambda a: -a.astype(float)),
    ("You return the logarithm of what is asked for.", np.exp),
    ("You return a number whose logarithm is asked for.", np.log),
    ("You return the square root of what is asked for.", np.square),
    ("You return the square of what is asked for.", np.sqrt),
    ("You return 1 divided by what is asked for.", lambda a: 1 / a),
)
