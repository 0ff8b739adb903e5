"""Right answers pass, and each wrong one hears what is wrong with it."""

import builtins
import copy
import importlib
import inspect
import json
import math
import re
import signal
import sys
import threading
import warnings
from html import unescape

import numpy as np
import pandas as pd
import pytest
from mutants import mutants

from gmm_from_scratch import Mixture, em, exercises, gaussian
from gmm_from_scratch.exercises import check, core, hint, judging, limits, solution
from gmm_from_scratch.exercises.feedback import STATUS, Feedback
from gmm_from_scratch.exercises.judging import judge
from gmm_from_scratch.exercises.limits import TimeLimitExceeded, time_limit
from gmm_from_scratch.exercises.running import AnswerlessError, Printed, is_stub, run

ALL = exercises.exercises()
# What the notebooks import; a solution needs nothing else.
AT_HAND = {"np": np, "Mixture": Mixture, "em": em, "gaussian": gaussian}

each_exercise = pytest.mark.parametrize("exercise", ALL.values(), ids=list(ALL))
each_misconception = pytest.mark.parametrize(
    ("exercise", "misconception"),
    [(e, m) for e in ALL.values() for m in e.misconceptions],
    ids=[f"{e.name}-{i}" for e in ALL.values() for i in range(len(e.misconceptions))],
)


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("GMM_FROM_SCRATCH_PROGRESS", str(path))
    monkeypatch.setattr(exercises, "_progress", exercises.Progress())
    monkeypatch.setattr(exercises, "_hints_given", exercises.Counter())
    return path


def stub(exercise, body):
    """The function as it stands in the notebook before anybody has written it."""
    signature = inspect.signature(exercise.reference)
    namespace = {}
    source = f"def f{signature}:\n    '''Return something.'''\n    {body}"
    exec(source, namespace)
    return namespace["f"]


def answering(exercise, answer):
    """A function with the right arguments that returns something else."""
    parameters = ", ".join(inspect.signature(exercise.reference).parameters)
    return eval(f"lambda {parameters}: answer", {"answer": answer})


# --- Right answers ---------------------------------------------------------------


def test_there_are_enough_of_both():
    assert len(ALL) >= 30
    assert sum(len(e.misconceptions) for e in ALL.values()) >= 120
    for number in exercises.NOTEBOOKS:
        at_least = 2 if number != "00" else 1
        assert sum(e.notebook == number for e in ALL.values()) >= at_least


@each_exercise
def test_the_solution_is_right_as_it_is_shown(exercise):
    assert judge(exercise, exercise.reference)
    namespace = dict(AT_HAND)
    exec(solution(exercise.name).code, namespace)
    assert judge(exercise, namespace[f"my_{exercise.name}"])


@each_exercise
def test_another_way_of_writing_it_is_right(exercise):
    module = importlib.import_module(f"alternatives.notebook_{exercise.notebook}")
    alternative = getattr(module, exercise.name)
    assert inspect.getsource(alternative) != inspect.getsource(exercise.reference)
    feedback = judge(exercise, alternative)
    assert feedback, feedback


@each_exercise
def test_answers_may_be_lists(exercise):
    def as_list(*arguments):
        answer = exercise.reference(*arguments)
        if isinstance(answer, tuple):
            return [np.asarray(part).tolist() for part in answer]
        return np.asarray(answer).tolist()

    if len(exercise.returns) > 1 and isinstance(
        exercise.reference(*exercise.examples()[0][1]), Mixture
    ):
        return
    assert judge(exercise, as_list)


@each_exercise
def test_what_must_hold_for_every_right_answer_does(exercise):
    fresh = [("", exercise.draw(np.random.default_rng(seed))) for seed in range(60, 70)]
    for _, arguments in [*exercise.examples(), *fresh]:
        answer, _ = run(exercise.reference, arguments, Printed())
        parts = judging.read(answer, exercise.returns)
        for item in exercise.invariants:
            assert item.holds(*parts, *arguments), item.sentence


@each_exercise
def test_examples_are_always_the_same_and_belong_to_nobody(exercise):
    first = exercise.examples()
    for (_, before), (_, after) in zip(first, exercise.examples(), strict=True):
        for a, b in zip(before, after, strict=True):
            if isinstance(a, (np.ndarray, float, int)):
                np.testing.assert_array_equal(a, b)
    for argument in first[0][1]:
        if isinstance(argument, np.ndarray) and argument.flags.writeable:
            argument[...] = 0
    assert judge(exercise, exercise.reference)


# --- Wrong answers ---------------------------------------------------------------


@each_exercise
def test_at_least_three_misconceptions_and_from_gentle_to_explicit_hints(exercise):
    sentences = [m.sentence for m in exercise.misconceptions]
    assert len(set(sentences)) == len(sentences) >= 3
    assert len(exercise.hints) >= 2
    for text in [exercise.task, exercise.why, *exercise.hints, *sentences]:
        assert text[0].isupper() or text[0] in "`0123456789Σ"
        assert text[-1] in ".?!"
        assert text.count("`") % 2 == 0


@each_misconception
def test_a_misconception_hears_its_own_sentence_and_only_that(exercise, misconception):
    feedback = judge(exercise, misconception.function)
    assert (feedback.status, feedback.sentences) == ("wrong", (misconception.sentence,))


def test_of_two_mistakes_at_once_the_one_that_shows_first_is_named():
    def my_e_step(X, mixture):
        joint = np.exp(mixture.log_joint(X))
        return joint / joint.sum(axis=0)

    assert "Your columns sum to 1" in check.e_step(my_e_step).sentences[0]


def test_nobody_equals_a_wrong_function_that_fails_itself():
    exercise = core.Exercise(
        reference=np.median,
        task="Return the median.",
        why="Half of the numbers are smaller.",
        hints=("Sort.",),
        returns={"median": "a number"},
        draw=lambda rng: (rng.exponential(size=9),),
    )
    exercise.misconception("It fails.")(lambda x: x.no_such_thing)
    exercise.misconception("That is text.")(lambda x: "median")
    feedback = judge(exercise, np.mean)
    assert feedback.status == "wrong"
    assert "is expected" in feedback.sentences[0]


def test_only_a_function_can_be_a_stub():
    assert not is_stub(len)
    assert not is_stub(Hostile())


def test_what_is_wrong_in_special_cases_only_is_not_taken_for_something_else():
    def my_e_step(X, mixture):
        return np.where(X[:, [0]] > 50, [0.5, 0.3, 0.2], em.e_step(X, mixture))

    feedback = check.e_step(my_e_step)
    known = [m.sentence for m in ALL["e_step"].misconceptions]
    assert not set(feedback.sentences) & set(known)
    assert "a point far from everything" in str(feedback)


def differs(exercise, function):
    """Whether a function answers otherwise on inputs that `check` does not use."""
    drawn = [exercise.draw(np.random.default_rng(seed)) for seed in range(50, 60)]
    for arguments in [*drawn, *(case for _, case in exercise.examples())]:
        right = judging._outcomes(exercise, exercise.reference, [("", arguments)])
        try:
            with time_limit(0.5):
                wrong = judging._outcomes(exercise, function, [("", arguments)])
        except TimeLimitExceeded:
            return True
        if wrong is None:
            return True
        if not judging._equal(exercise, [("", arguments)], wrong, right):
            return True
    return False


@each_exercise
def test_no_other_wrong_answer_passes(exercise, monkeypatch):
    """Change one operator, axis or constant, or drop one term, of the solution."""
    monkeypatch.setattr(judging, "SECONDS", 1.0)
    rejected = 0
    for source, mutant in mutants(exercise.reference):
        feedback = judge(exercise, mutant)
        if feedback:
            assert not differs(exercise, mutant), source
            continue
        rejected += 1
        known = [m.sentence for m in exercise.misconceptions]
        points_at_something = feedback.status == "error" or any(
            "expected" in sentence or sentence in known or "return" in sentence
            for sentence in feedback.sentences
        )
        assert points_at_something, (source, feedback)
    assert rejected >= 3


@each_exercise
def test_an_untouched_stub_is_not_attempted(exercise):
    for body in ["...", "pass", "return ...", "raise NotImplementedError", "return"]:
        feedback = judge(exercise, stub(exercise, body))
        assert feedback.status == "not attempted", body
        assert exercise.task in feedback.sentences
    for nothing in [None, ...]:
        assert judge(exercise, nothing).status == "not attempted"


@each_exercise
def test_a_forgotten_return_is_something_else(exercise):
    feedback = judge(exercise, stub(exercise, "x = 1 + len(str(locals()))"))
    assert feedback.status == "wrong"
    assert "`return` is missing" in feedback.sentences[0]


class NoArray:
    def __array__(self, *arguments, **options):
        raise ZeroDivisionError("no array")


class Hostile(NoArray):
    """Raises wherever it is touched."""

    def __getattr__(self, name):
        raise ValueError("no attributes")


ODD_ANSWERS = {
    "text": "0.5",
    "dict": {"a": 1},
    "generator": (i for i in range(3)),
    "function": len,
    "class": int,
    "complex": np.array([[1j]]),
    "objects": np.array([None, "a"], dtype=object),
    "ragged": [[1, 2], [3]],
    "nothing": [],
    "nested": [[[[]]]],
    "nan": np.nan,
    "infinite": -np.inf,
    "frame": pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
    "dates": np.array(["2026-11-24"], dtype="datetime64[D]"),
    "no array": NoArray(),
    "hostile": Hostile(),
    "one in a tuple": (1.0,),
    "many": tuple(range(50)),
    "two things": (np.ones((7, 3)), np.ones(3)),
    "a mixture": Mixture([1.0], [[0.0]], [[[1.0]]]),
}


@each_exercise
@pytest.mark.parametrize("odd", ODD_ANSWERS.values(), ids=list(ODD_ANSWERS))
def test_odd_answers_are_wrong_in_words(exercise, odd):
    feedback = judge(exercise, answering(exercise, odd))
    assert feedback.status == "wrong"
    assert feedback.sentences[0]


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ("text", "it is a `str`"),
        ("generator", "instead of `yield`"),
        ("function", "call it, with parentheses"),
        ("complex", "root of a negative number"),
        ("objects", "`dtype=object`"),
        ("ragged", "different lengths"),
        ("one in a tuple", "a comma at the end"),
        ("two things", "2 things, but only `responsibilities`"),
    ],
)
def test_odd_answers_are_told_what_they_are(odd, words):
    answer = answering(ALL["e_step"], ODD_ANSWERS[odd])
    assert words in check.e_step(answer).sentences[0]


def test_of_several_parts_each_is_asked_for_by_name():
    sentence = check.fit_gaussian(lambda X: X.mean(axis=0)).sentences[0]
    assert "2 things, `mean`, `covariance`" in sentence
    sentence = check.em_iteration(lambda X, mixture: (mixture, X)).sentences[0]
    assert "separated by commas, or a `Mixture`, but it returned a tuple" in sentence


@each_exercise
@pytest.mark.parametrize("number", [np.nan, np.inf, 0.0, 1e300])
def test_right_shape_and_wrong_numbers(exercise, number):
    def filled(*arguments):
        parts = judging.read(exercise.reference(*arguments), exercise.returns)
        parts = [np.full(part.shape, number) for part in parts]
        return parts if len(parts) > 1 else parts[0]

    feedback = judge(exercise, filled)
    assert feedback.status == "wrong"
    assert "nan times" not in str(feedback)
    assert "by nan" not in str(feedback)
    if not np.isfinite(number) and exercise.compared is None:
        assert "NaN or infinity" in str(feedback) or "is expected" in str(feedback)


ODD_ATTEMPTS = {
    "a number": 3,
    "an array": np.ones(3),
    "a frame": pd.DataFrame(),
    "text": "my_e_step",
    "nothing to pass": lambda: 1,
    "a class": type("Empty", (), {}),
    "compiled": max,
    "hostile": Hostile(),
}


@each_exercise
@pytest.mark.parametrize("odd", ODD_ATTEMPTS.values(), ids=list(ODD_ATTEMPTS))
def test_whatever_is_passed_gets_an_answer(exercise, odd):
    assert judge(exercise, odd).status in ("wrong", "error")


@each_exercise
def test_a_function_that_changes_its_arguments_is_told(exercise):
    arrays = [
        i
        for i, argument in enumerate(exercise.examples()[0][1])
        if isinstance(argument, np.ndarray)
    ]

    def careless(*arguments):
        answer = exercise.reference(*copy.deepcopy(arguments))
        arguments[arrays[0]][...] = 7
        return answer

    if arrays:
        feedback = judge(exercise, careless)
        assert "changes one of its arguments" in feedback.sentences[0]


# --- Functions that do not behave ---------------------------------------------------


def e_step_with(before):
    """A right E-step that does something else first."""

    def my_e_step(X, mixture):
        before()
        return em.e_step(X, mixture)

    return my_e_step


def raise_(error):
    raise error


def recurse():
    return recurse()


def test_exceptions_are_shown_with_their_line_and_advice():
    def my_e_step(X, mixture):
        joint = np.exp(mixture.log_joint(X))
        return joint / joint.sum(axis=1)

    feedback = check.e_step(my_e_step)
    assert feedback.status == "error"
    assert "`return joint / joint.sum(axis=1)`" in feedback.sentences[0]
    assert "keepdims" in feedback.sentences[1]
    assert "example 1" in feedback.sentences[-1]


SHAPES = "Two shapes that should be equal are not"


@pytest.mark.parametrize(
    ("mistake", "advice"),
    [
        (lambda X: X + np.ones(3), "Two shapes do not fit"),
        (lambda X: X @ X, "In a matrix product the inner sizes"),
        (lambda X: np.dot(X, X), "In a matrix product the inner sizes"),
        (lambda X: 1 if X > 0 else 0, "no single truth value"),
        (lambda X: math.log(-1.0), "refuse logarithms"),
        (lambda X: np.array([[1], [1, 2]]), SHAPES),
        (lambda X: np.stack([X, X[0]]), SHAPES),
        (
            lambda X: np.zeros(2).__setitem__(0, [1, 2]),
            SHAPES,
        ),
        (lambda X: X[np.ones(3, dtype=bool)], SHAPES),
        (lambda X: np.linalg.solve(np.eye(2), X), "as *columns*"),
        (lambda X: np.average(X, X[:, 0]), "`axis`"),
        (lambda X: X[0.5], "must be a whole number"),
        (lambda X: [1.0][-2], "shorter than you think"),
        (lambda X: X[(2, 1, 0)], "`list(order)` picks rows"),
        (lambda X: np.average(X, weights=X[:, 0]), "`axis=0`"),
        (lambda X: np.cov(X, aweights=X[:, 0] ** 2), "pass `X.T`"),
        (lambda X: X[:, 7], "beyond the end"),
        (lambda X: no_such_name, "is not defined"),  # noqa: F821
        (lambda X: np.linalg.cholesky(-np.eye(2)), "not positive definite"),
        (lambda X: X.no_such_attribute, "no such attribute"),
        (lambda X: math.exp(X), "those of `np`"),
        (lambda X: X + "a", "print the `type`"),
    ],
)
def test_frequent_exceptions_get_advice(mistake, advice):
    feedback = check.e_step(lambda X, mixture: mistake(X))
    assert feedback.status == "error"
    assert advice in feedback.sentences[1]


def test_a_return_that_is_missing_on_one_way_only():
    def my_e_step(X, mixture):
        if X.max() < 50:
            return em.e_step(X, mixture)

    sentence = check.e_step(my_e_step).sentences[0]
    assert "returns `None` in example 4 (a point far from everything)" in sentence


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(1),
        GeneratorExit(),
        MemoryError(),
        StopIteration(),
        UnicodeDecodeError("utf-8", b"", 0, 1, "no"),
        BaseException(),
        KeyError("a"),
        AssertionError(),
        np.linalg.LinAlgError("Singular matrix"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_exception_is_an_answer(error):
    feedback = check.e_step(e_step_with(lambda: raise_(error)))
    assert feedback.status == "error"
    assert type(error).__name__ in feedback.sentences[0]


def test_an_interrupt_from_the_keyboard_goes_through():
    with pytest.raises(KeyboardInterrupt):
        check.e_step(e_step_with(lambda: raise_(KeyboardInterrupt())))


def test_addresses_in_memory_are_not_shown():
    feedback = check.e_step(e_step_with(lambda: raise_(ValueError(f"{object()!r}"))))
    assert "object" in feedback.sentences[0]
    assert "0x" not in str(feedback)


def test_recursion_without_end():
    feedback = check.e_step(e_step_with(recurse))
    assert feedback.status == "error"
    assert "calls itself without end" in feedback.sentences[0]


def loop():
    while True:
        pass


def stubborn_loop():
    while True:
        try:
            loop()
        except Exception:
            continue


def loop_that_swallows_everything():
    for _ in range(3):
        try:
            loop()
        except:  # noqa: E722
            continue
    loop()


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(judging, "SECONDS", 0.5)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("endless", [loop, stubborn_loop])
@pytest.mark.parametrize("has_alarm", [True, False])
def test_a_loop_without_end_is_stopped(endless, has_alarm, monkeypatch):
    if not has_alarm:
        # As on Windows and in the browser.
        monkeypatch.delattr(signal, "setitimer", raising=False)
    feedback = check.e_step(e_step_with(endless))
    assert feedback.status == "error"
    assert "loop that never ends" in feedback.sentences[0]


@pytest.mark.usefixtures("short")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm signal")
def test_the_alarm_rings_again():
    feedback = check.e_step(e_step_with(loop_that_swallows_everything))
    assert "loop that never ends" in feedback.sentences[0]


@pytest.mark.usefixtures("short")
def test_a_loop_is_stopped_in_another_thread_too():
    heard = []
    answer = lambda: heard.append(check.e_step(e_step_with(loop)))  # noqa: E731
    thread = threading.Thread(target=answer)
    thread.start()
    thread.join()
    assert heard[0].status == "error"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm signal")
def test_somebody_elses_alarm_is_set_again():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    others = signal.setitimer(signal.ITIMER_REAL, 60.0)
    try:
        with time_limit(5.0):
            pass
        left = signal.getitimer(signal.ITIMER_REAL)[0]
        assert 50 < left <= 60
        signal.raise_signal(signal.SIGALRM)
        assert rung == [True]
    finally:
        signal.setitimer(signal.ITIMER_REAL, *others)
        signal.signal(signal.SIGALRM, before)


def test_somebody_elses_trace_is_set_again():
    def trace(frame, event, argument):
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with limits._watch(5.0):
            assert sys.gettrace() is not trace
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


def test_what_is_printed_is_kept_in_bounds_and_shown_with_a_wrong_answer(capsys):
    def my_e_step(X, mixture):
        print("shape:", X.shape)
        for _ in range(1000):
            print("and so on")
        return X

    feedback = check.e_step(my_e_step)
    assert feedback.code.startswith("shape: (7, 2)\nand so on")
    assert len(feedback.code) < 1000
    assert not check.e_step(e_step_with(lambda: print("x"))).code
    assert capsys.readouterr() == ("", "")


def test_warnings_do_not_appear(recwarn):
    with np.errstate(all="raise"):
        assert check.e_step(e_step_with(lambda: np.log(np.zeros(1))))
        assert check.e_step(e_step_with(lambda: warnings.warn("x", stacklevel=1)))
        assert np.geterr()["divide"] == "raise"
    assert not recwarn.list


def test_a_call_gets_copies():
    X = np.ones(3)
    _, (after,) = run(lambda X: X.fill(0), (X,), Printed())
    assert X.tolist() == [1, 1, 1]
    assert after.tolist() == [0, 0, 0]


# --- What general clues say --------------------------------------------------------


def right(X, mixture):
    return em.e_step(X, mixture)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda X, mixture: right(X, mixture).T, "transposed"),
        (lambda X, mixture: -right(X, mixture), "wrong sign"),
        (lambda X, mixture: 3 * right(X, mixture), "3 times what it should be"),
        (lambda X, mixture: right(X, mixture) + 0.25, "too large by 0.25"),
        (lambda X, mixture: right(X, mixture) ** 2, "the square of"),
        (lambda X, mixture: np.sqrt(right(X, mixture)), "the square root of"),
        (lambda X, mixture: np.exp(right(X, mixture)), "whose logarithm"),
        (
            lambda X, mixture: (
                mixture.log_joint(X) - mixture.log_density(X)[:, np.newaxis]
            ),
            "You return the logarithm",
        ),
        (lambda X, mixture: right(X, mixture)[:, :1], "shape (7, 1), but (7, 3)"),
        (lambda X, mixture: np.sign(right(X, mixture) - 0.5), "must sum to 1"),
        (lambda X: right(X, None), "`def my_e_step(X, mixture):`"),
        (lambda X, mixture: right(X, mixture) + 1j, "complex numbers"),
    ],
)
def test_general_clues(wrong, words):
    assert words in str(check.e_step(wrong))


def test_where_several_answers_are_right_no_relation_is_claimed():
    def shifted(weights, means, covariances, n_samples, rng):
        mixture = Mixture(weights, means, covariances)
        return mixture.sample(n_samples, rng)[0] + 0.5

    text = str(check.sample_mixture(shifted))
    assert "Every number" not in text
    assert "is expected" in text


def test_a_relation_within_the_tolerance_is_none():
    true = [np.array([1.0, 2.0, 4.0])]
    relate = judging.how_they_relate
    assert relate([true[0] + 0.002], true, rtol=1e-3) is None
    assert relate([1.002 * true[0]], true, rtol=1e-3) is None
    assert "too large by 0.2" in relate([true[0] + 0.2], true, rtol=1e-3)
    assert "1.2 times" in relate([1.2 * true[0]], true, rtol=1e-3)


def test_next_to_nothing_is_no_factor():
    feedback = check.e_step(lambda X, mixture: 1e-16 * right(X, mixture))
    assert "times what it should be" not in str(feedback)


def test_the_first_difference_can_be_looked_into():
    text = str(check.e_step(lambda X, mixture: 0.9 * right(X, mixture) + 0.1 / 3))
    (line,) = re.findall(r"`(X, mixture = check\.example\(.*?\))`", text)
    names = {"check": check}
    exec(line, names)
    place, is_expected = re.search(r"(\[\d, \d\])` is \S+, but (\S+) is", text).groups()
    found = eval(f"right(X, mixture){place}", {"right": right, **names})
    assert f"{found:.6g}" == is_expected


def test_truths_are_shown_as_such_and_numbers_as_numbers():
    true = ALL["is_collapsing"].reference

    def first_turned(covariances, data_covariance, share):
        flags = true(covariances, data_covariance, share)
        return flags ^ (np.arange(len(flags)) == 0)

    turned = check.is_collapsing(first_turned)
    assert re.search(r"is (True, but False|False, but True) is expected", str(turned))
    numbers = check.is_collapsing(lambda *arguments: 0.5 + true(*arguments))
    assert re.search(r"is (0.5, but False|1.5, but True) is expected", str(numbers))


# --- check, hint, solution ----------------------------------------------------------


def test_feedback_is_true_only_when_solved():
    assert check.e_step(em.e_step)
    assert check("e_step", em.e_step)
    assert not check.e_step(None)


def test_unknown_names_get_a_suggestion():
    for answer in [check.estep(em.e_step), hint("estep"), solution("estep")]:
        assert "`e_step`" in answer.sentences[0]
    for name in [None, 3, "", ["a"]]:
        for answer in [check(name), hint(name), solution(name), check.example(name)]:
            assert answer.status == "error"
    for number in [0, 99, "a", 1.5, None]:
        assert check.example("e_step", number).status == "error"


def test_tab_completion_lists_the_exercises():
    assert {"e_step", "progress", "example"} <= set(dir(check))
    assert not hasattr(check, "_ipython_canary_method_should_not_exist_")


@each_exercise
def test_hints_go_from_gentle_to_explicit_and_stay_there(exercise):
    given = [hint(exercise.name) for _ in range(len(exercise.hints) + 2)]
    texts = [feedback.sentences[0] for feedback in given]
    assert texts[: len(exercise.hints)] == list(exercise.hints)
    assert texts[-2:] == [exercise.hints[-1]] * 2
    assert f'solution("{exercise.name}")' in given[-1].sentences[1]


@each_exercise
def test_a_solution_needs_only_what_is_at_hand(exercise):
    used = set(exercise.reference.__code__.co_names)
    known = set(AT_HAND) | set(dir(builtins))
    module = vars(inspect.getmodule(exercise.reference))
    assert not [name for name in used if name in module and name not in known]
    lines = exercise.source.splitlines()
    assert lines[0].startswith(f"def my_{exercise.name}(")
    assert len(lines) <= 20


# --- How it looks -------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUS)
def test_text_and_html_say_the_same(status):
    feedback = Feedback(
        status,
        "a < b & c",
        ("Use `x[:, 0] * y` and *not* `<i>`.", "A * B"),
        "if a<b:",
    )
    html = feedback._repr_html_()
    assert "<code>x[:, 0] * y</code> and <em>not</em> <code>&lt;i&gt;</code>" in html
    words = unescape(re.sub(r"<[^>]*>", "", html)).split()
    text = str(feedback).replace("`", "").replace("*not*", "not")
    assert words == text.split()
    symbol, word, _ = STATUS[status]
    assert str(feedback).startswith(f"{symbol} {word}: ")


def test_symbols_and_words_are_all_different():
    assert len({symbol for symbol, _, _ in STATUS.values()}) == len(STATUS)
    assert len({word for _, word, _ in STATUS.values()}) == len(STATUS)


# --- Progress -------------------------------------------------------------------------


def stored(path):
    return json.loads(path.read_text(encoding="utf-8"))["exercises"]


def test_progress_is_kept_and_never_lost(progress_file):
    assert "0 of" in check.progress().subject
    check.e_step(None)
    assert not progress_file.exists()
    check.e_step(lambda X, mixture: X)
    assert stored(progress_file) == {"e_step": "tried"}
    assert "✗ e_step" in check.progress().code
    check.e_step(em.e_step)
    check.e_step(lambda X, mixture: X)
    assert stored(progress_file) == {"e_step": "solved"}
    assert "✓ e_step" in check.progress().code
    assert check.progress().subject == f"1 of {len(ALL)} exercises solved"


def test_another_notebooks_progress_is_kept(progress_file):
    check.e_step(em.e_step)
    content = json.loads(progress_file.read_text(encoding="utf-8"))
    content["exercises"]["entropy"] = "solved"
    progress_file.write_text(json.dumps(content), encoding="utf-8")
    check.bayes_rule(lambda prior, likelihood: prior)
    assert stored(progress_file) == {
        "e_step": "solved",
        "entropy": "solved",
        "bayes_rule": "tried",
    }


def test_deleting_the_file_begins_anew(progress_file):
    check.e_step(em.e_step)
    progress_file.unlink()
    assert check.progress().subject.startswith("0 of")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"[1, 2]",
        b"null",
        b"\xff\xfe\x00",
        b'{"version": 1}',
        b'{"version": 1, "exercises": 3}',
        b'{"version": 1, "exercises": {"e_step": ["solved"], "gone": "solved"}}',
        b'{"version": "one", "exercises": {"e_step": "solved"}}',
        b"[" * 100_000,
        b" " * 2_000_000,
    ],
)
def test_a_spoilt_file_is_replaced(progress_file, content):
    progress_file.write_bytes(content)
    assert check.progress().subject.startswith("0 of")
    assert check.e_step(em.e_step)
    assert stored(progress_file)["e_step"] == "solved"
    assert check.progress().subject.startswith("1 of")


def test_the_file_of_a_later_version_is_left_alone(progress_file):
    text = '{"version": 2, "results": {"e_step": 0.5}}'
    progress_file.write_text(text, encoding="utf-8")
    assert check.e_step(em.e_step)
    assert progress_file.read_text(encoding="utf-8") == text
    assert check.progress().subject.startswith("1 of")


@pytest.mark.parametrize("place", ["missing/folder/file", "folder", "file/below"])
def test_where_nothing_can_be_written_the_session_remembers(
    tmp_path, place, monkeypatch
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    monkeypatch.setenv("GMM_FROM_SCRATCH_PROGRESS", str(tmp_path / place))
    assert check.e_step(em.e_step)
    assert check.progress().subject.startswith("1 of")
    assert {p.name for p in tmp_path.iterdir()} == {"folder", "file"}
    assert not list((tmp_path / "folder").iterdir())


def test_without_a_home_the_exercises_work(monkeypatch, tmp_path):
    monkeypatch.delenv("GMM_FROM_SCRATCH_PROGRESS")
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "nowhere"))
    assert check.e_step(em.e_step)
    assert check.progress().subject.startswith("1 of")


def test_a_failure_is_a_failure():
    with pytest.raises(AnswerlessError):
        run(lambda: 1 / 0, (), Printed())
