"""How an answer to an exercise is judged.

A learner's function is run on a few examples; if it differs from the right one, it is
compared with every wrong one that the exercise knows, and whichever it equals says what
went wrong. If it equals none, what must hold for every right answer speaks (its shape,
its sign, its sum), and then the first number that differs.
"""

import inspect

import numpy as np

from gmm_from_scratch.exercises.answers import (
    AnswerError,
    first_difference,
    how_they_relate,
    read,
    same,
    same_input,
)
from gmm_from_scratch.exercises.core import N_RANDOM_EXAMPLES
from gmm_from_scratch.exercises.feedback import Feedback
from gmm_from_scratch.exercises.limits import TimeLimitExceeded, time_limit
from gmm_from_scratch.exercises.running import (
    AnswerlessError,
    Printed,
    UnwrittenError,
    is_stub,
    run,
)

SECONDS = 3.0


class Verdict(Exception):  # noqa: N818 - no error, but a way out of the search
    """What there is to say about an answer: a status and sentences."""

    def __init__(self, status, *sentences):
        super().__init__(status, sentences)
        self.status, self.sentences = status, sentences


def judge(exercise, attempt):
    """Compare a learner's function with the solution and with every wrong one.

    Parameters
    ----------
    exercise : Exercise
        What was asked.
    attempt : object
        A learner's function, or whatever was passed instead.

    Returns
    -------
    Feedback
        Nothing that the function does makes this raise, save an interrupt from the
        keyboard.

    Examples
    --------
    >>> from gmm_from_scratch.exercises.core import Exercise
    >>> exercise = Exercise(
    ...     reference=np.median,
    ...     task="Return the median.",
    ...     why="Half of the numbers are smaller.",
    ...     hints=("Sort.",),
    ...     returns={"median": "a number"},
    ...     draw=lambda rng: (rng.exponential(size=9),),
    ... )
    >>> _ = exercise.misconception("That is the mean.")(np.mean)
    >>> judge(exercise, lambda x: sorted(x)[4])
    ✓ Correct: median
    Equal to the solution on 3 examples.
    >>> judge(exercise, lambda x: sum(x) / len(x))
    ✗ Not yet: median
    That is the mean.
    """
    printed = Printed()
    examples = exercise.examples()
    try:
        answers = _answers(exercise, attempt, examples, printed)
        _compare(exercise, examples, answers)
        verdict = Verdict(
            "correct", f"Equal to the solution on {len(examples)} examples."
        )
    except Verdict as found:
        verdict = found
    if verdict.status in ("correct", "not attempted") or not printed.text.strip():
        return Feedback(verdict.status, exercise.name, verdict.sentences)
    sentences = (*verdict.sentences, "Your function printed:")
    return Feedback(verdict.status, exercise.name, sentences, printed.text.rstrip())


def _answers(exercise, attempt, examples, printed):
    """Run the attempt on every example; return what it answered, as arrays."""
    _check_is_function(exercise, attempt, examples[0][1])
    answers = []
    for description, arguments in examples:
        try:
            with time_limit(SECONDS / len(examples)):
                answer, after = run(attempt, arguments, printed)
        except TimeLimitExceeded:
            raise Verdict(
                "error",
                f"Your function was stopped after {SECONDS / len(examples):.2g} "
                f"seconds, in {description}. Is there a loop that never ends? The "
                f"examples are small.",
            ) from None
        except UnwrittenError:
            raise Verdict("not attempted", *_what_to_do(exercise)) from None
        except AnswerlessError as failure:
            raise Verdict(
                "error", *failure.args, f"It happened in {description}."
            ) from None
        if answer is Ellipsis or (answer is None and is_stub(attempt)):
            raise Verdict("not attempted", *_what_to_do(exercise))
        if answer is None:
            where = f" in {description}" if answers else ""
            raise Verdict(
                "wrong",
                f"Your function returns `None`{where}: its `return` is missing"
                f"{' on that way through it' if answers else ''}, or what you return "
                f"comes from a function that works in place and returns nothing.",
            )
        answers.append(_read(exercise, answer))
        if not same_input(arguments, after):
            raise Verdict(
                "wrong",
                "Your function changes one of its arguments, and with it the caller's "
                "data. Compute a new array instead: `a = a - b`, not `a -= b`, and "
                "`.copy()` before assigning to elements.",
            )
    return answers


def _check_is_function(exercise, attempt, arguments):
    if attempt is None or attempt is Ellipsis:
        raise Verdict("not attempted", *_what_to_do(exercise))
    name = exercise.name
    if not callable(attempt):
        raise Verdict(
            "wrong",
            f"Pass the function itself, without calling it: `check.{name}(my_{name})`.",
        )
    try:
        inspect.signature(attempt).bind(*arguments)
    except TypeError:
        wanted = inspect.signature(exercise.reference)
        raise Verdict(
            "wrong",
            f"The first line should be `def my_{name}{wanted}:`. Yours takes "
            f"`{inspect.signature(attempt)}`.",
        ) from None
    except ValueError:
        # Some compiled functions do not tell; calling them will.
        return


def _read(exercise, answer):
    try:
        return read(answer, exercise.returns)
    except AnswerError as problem:
        raise Verdict("wrong", str(problem), _what_is_returned(exercise)) from None


def _compare(exercise, examples, answers):
    """Do nothing if all answers are right; else raise what there is to say."""
    expected = _outcomes(exercise, exercise.reference, examples)
    if _equal(exercise, examples, answers, expected):
        return
    wrongs = []
    for misconception in exercise.misconceptions:
        wrong = _outcomes(exercise, misconception.function, examples)
        if wrong is None:
            continue
        if _equal(exercise, examples, answers, wrong):
            raise Verdict("wrong", misconception.sentence)
        wrongs.append((wrong, misconception.sentence))
    # Whoever makes two mistakes at once, say the wrong axis and an underflow, equals
    # neither on the special examples. What is wrong on the random ones comes first,
    # unless the answers are whole numbers or truths, which are equal by chance.
    if all(part.dtype.kind == "f" for parts in expected for part in parts):
        some = slice(N_RANDOM_EXAMPLES)
        drawn, theirs, true = examples[some], answers[some], expected[some]
        for wrong, sentence in wrongs:
            if _equal(exercise, drawn, wrong[some], true):
                continue
            if _equal(exercise, drawn, theirs, wrong[some]):
                raise Verdict("wrong", sentence)
    for i, name in enumerate(exercise.returns):
        _check_shape(exercise, name, [a[i] for a in answers], [e[i] for e in expected])
    raise Verdict("wrong", *_clues(exercise, examples, answers, expected))


def _outcomes(exercise, function, examples):
    try:
        outcomes = [run(function, arguments, Printed())[0] for _, arguments in examples]
        return [read(outcome, exercise.returns) for outcome in outcomes]
    except (AnswerlessError, AnswerError):
        # Some wrong functions fail on some examples; nobody's answer equals theirs.
        return None


def _equal(exercise, examples, answers, expected):
    for (_, arguments), parts, true in zip(examples, answers, expected, strict=True):
        if [part.shape for part in parts] != [part.shape for part in true]:
            return False
        pairs = zip(*_compared(exercise, arguments, parts, true), strict=True)
        if not all(same(a, b, exercise.rtol) for a, b in pairs):
            return False
    return True


def _compared(exercise, arguments, *answers):
    if exercise.compared is None:
        return answers
    with np.errstate(all="ignore"):
        return [exercise.compared(*parts, *arguments).values() for parts in answers]


def _check_shape(exercise, name, parts, expected):
    for part, true in zip(parts, expected, strict=True):
        if part.shape != true.shape:
            relation = how_they_relate(parts, expected, exercise.rtol)
            raise Verdict(
                "wrong",
                *([relation] if relation else []),
                f"`{name}` has shape {part.shape}, but {true.shape} is expected: "
                f"{exercise.returns[name]}.",
            )


def _clues(exercise, examples, answers, expected):
    """Say what is true of an answer that equals no known mistake."""
    # Where several answers are right, a relation to one of them means nothing.
    if exercise.compared is None:
        yield from _relations(exercise, answers, expected)
    for (description, arguments), parts, true in zip(
        examples, answers, expected, strict=True
    ):
        if _equal(exercise, [(description, arguments)], [parts], [true]):
            continue
        yield from _broken_invariant(exercise, arguments, parts, true)
        yield f"In {description}, {_difference(exercise, arguments, parts, true)}."
        number = description.split()[1]
        names = ", ".join(inspect.signature(exercise.reference).parameters)
        comma = "," if len(arguments) == 1 else ""
        yield (
            f"To look into it: `{names}{comma} = "
            f'check.example("{exercise.name}", {number})`.'
        )
        return


def _relations(exercise, answers, expected):
    for i, name in enumerate(exercise.returns):
        part, true = [a[i] for a in answers], [e[i] for e in expected]
        if all(same(a, b, exercise.rtol) for a, b in zip(part, true, strict=True)):
            continue
        relation = how_they_relate(part, true, exercise.rtol)
        if relation:
            yield f"`{name}`: {relation}" if len(exercise.returns) > 1 else relation


def _broken_invariant(exercise, arguments, parts, true):
    for name, a, b in zip(exercise.returns, parts, true, strict=True):
        odd = np.isfinite(b) & ~np.isfinite(a)
        if odd.any():
            yield (
                f"`{name}` holds NaN or infinity in {odd.sum()} of {odd.size} places, "
                f"where a number is expected: look for 0/0, and for the logarithm or "
                f"the root of a number that is not positive."
            )
            return
    for item in exercise.invariants:
        with np.errstate(all="ignore"):
            if not item.holds(*parts, *arguments):
                yield item.sentence
                return


def _difference(exercise, arguments, parts, true):
    names = exercise.returns
    if exercise.compared is not None:
        names = exercise.compared(*true, *arguments)
        parts, true = _compared(exercise, arguments, parts, true)
    differences = [
        first_difference(name, a, b, exercise.rtol)
        for name, a, b in zip(names, parts, true, strict=True)
        if not same(a, b, exercise.rtol)
    ]
    return differences[0]


def _what_to_do(exercise):
    stuck = f'Stuck? Run `hint("{exercise.name}")`, again and again.'
    return exercise.task, _what_is_returned(exercise), stuck


def _what_is_returned(exercise):
    parts = [f"`{name}`, {shape}" for name, shape in exercise.returns.items()]
    return f"To return: {'; '.join(parts)}."
