"""What an exercise is: the right function, wrong ones, and examples to tell by."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

N_RANDOM_EXAMPLES = 3


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation, and the sentence for whoever wrote it."""

    function: Callable
    sentence: str


@dataclass(frozen=True)
class Invariant:
    """What is true of every right answer, and the sentence for one that lacks it."""

    holds: Callable
    sentence: str


@dataclass(frozen=True, eq=False)
class Exercise:
    """A task, its solution, and what people get wrong.

    Attributes
    ----------
    reference : callable
        The solution. Its source is what `solution` shows; its name is the exercise's.
    task : str
        What to write, in one or two sentences.
    why : str
        What `solution` says below the source.
    hints : tuple of str
        From gentle to explicit.
    returns : dict
        What the function returns: name and shape in words of each part, in order.
    draw : callable
        Takes a `numpy.random.Generator` and returns the arguments of an example. They
        should be such that wrong answers differ: unequal counts and weights, N, D and K
        different, tilted covariances.
    special : dict
        More examples, which chance would not bring: their description and arguments.
    compared : callable, optional
        Takes the answer's parts and the arguments, and returns the arrays to compare
        instead of the parts themselves, where several answers are right.
    rtol : float
        How far a right answer may be from the reference, as a share of it.
    """

    reference: Callable
    task: str
    why: str
    hints: tuple
    returns: dict
    draw: Callable
    special: dict = field(default_factory=dict)
    compared: Callable | None = None
    rtol: float = 1e-6
    misconceptions: list = field(default_factory=list, init=False)
    invariants: list = field(default_factory=list, init=False)

    def misconception(self, sentence):
        """Add the decorated wrong implementation, with the sentence that helps."""

        def add(function):
            self.misconceptions.append(Misconception(function, sentence))
            return function

        return add

    def invariant(self, sentence):
        """Add what the decorated function finds true of every right answer.

        It takes the parts of the answer and then the arguments of the example.
        """

        def add(holds):
            self.invariants.append(Invariant(holds, sentence))
            return holds

        return add

    @property
    def name(self):
        """Name the exercise as its solution is named."""
        return self.reference.__name__

    @property
    def notebook(self):
        """Number the notebook that it belongs to, as '04'."""
        return self.reference.__module__[-2:]

    @property
    def source(self):
        """Show the solution as a learner would paste it over the stub."""
        source = inspect.getsource(self.reference).rstrip()
        return source.replace(f"def {self.name}(", f"def my_{self.name}(", 1)

    def examples(self):
        """List description and arguments of each example, always the same ones."""
        seeds = range(N_RANDOM_EXAMPLES)
        drawn = [("random", self.draw(np.random.default_rng(seed))) for seed in seeds]
        everything = [*drawn, *self.special.items()]
        return [
            (f"example {number} ({description})", arguments)
            for number, (description, arguments) in enumerate(everything, start=1)
        ]
