"""The exercise of notebook 00, to see how exercises answer."""

import numpy as np

from gmm_from_scratch.exercises.core import Exercise


def weighted_average(x, weights):
    """Return the average of x in which x[n] counts weights[n] times, a number."""
    return (weights * x).sum() / weights.sum()


WEIGHTED_AVERAGE = Exercise(
    reference=weighted_average,
    task="Average the numbers `x`, each counting as often as its weight says. The "
    "weights need not be whole numbers, nor sum to 1.",
    why="A number that counts twice is added twice, and the divisor is how many "
    "numbers were added: the sum of the weights. Every M-step is made of this.",
    hints=(
        "With weights 2 and 1, the numbers 5 and 8 are the list 5, 5, 8. Its average?",
        "Add up `weights * x`. How many numbers have you added, counting repetitions?",
        "`(weights * x).sum()`, divided by `weights.sum()`.",
    ),
    returns={"average": "a number"},
    draw=lambda rng: (rng.normal(10.0, 3.0, size=5), rng.uniform(0.2, 3.0, size=5)),
    special={"whole weights": (np.array([5.0, 8.0, 11.0]), np.array([2.0, 1.0, 4.0]))},
)


@WEIGHTED_AVERAGE.misconception(
    "You ignore the weights: this is the plain average, in which every number counts "
    "once. Multiply each number by its weight before you add."
)
def _(x, weights):
    return x.mean()


@WEIGHTED_AVERAGE.misconception(
    "You divide by how many numbers there are. But a number with weight 2 has been "
    "added twice: divide by the sum of the weights."
)
def _(x, weights):
    return (weights * x).mean()


@WEIGHTED_AVERAGE.misconception(
    "You add up, but do not divide. With weights that sum to 1 that would do; these do "
    "not, so divide by their sum."
)
def _(x, weights):
    return (weights * x).sum()


@WEIGHTED_AVERAGE.misconception(
    "You divide by the weights where they belong as factors: a large weight should "
    "make a number count more."
)
def _(x, weights):
    return (x / weights).sum() / (1 / weights).sum()


@WEIGHTED_AVERAGE.misconception(
    "You return an array, the weighted numbers themselves. Add them up and divide by "
    "the sum of the weights."
)
def _(x, weights):
    return weights * x


@WEIGHTED_AVERAGE.misconception(
    "You divide by the sum of the weights, but the numbers that you add are not "
    "weighted yet. Multiply each by its weight first."
)
def _(x, weights):
    return x.sum() / weights.sum()


@WEIGHTED_AVERAGE.misconception(
    "You divide by the sum of the numbers, as if they were the weights. How many "
    "numbers have you added? As many as the sum of the *weights*."
)
def _(x, weights):
    return (weights * x).sum() / x.sum()


@WEIGHTED_AVERAGE.misconception(
    "You divide twice: by the sum of the weights, and, since you take a `mean`, by how "
    "many numbers there are. Use `sum` instead of `mean`."
)
def _(x, weights):
    return (weights * x / weights.sum()).mean()


@WEIGHTED_AVERAGE.misconception(
    "You return the terms of the average, one for each number. Add them up."
)
def _(x, weights):
    return weights * x / weights.sum()


@WEIGHTED_AVERAGE.misconception(
    "`weights * x.sum()` adds up the numbers before it weights them. Put parentheses "
    "around the product: `(weights * x).sum()`."
)
def _(x, weights):
    return weights * x.sum() / weights.sum()


@WEIGHTED_AVERAGE.misconception(
    "You count only the first number: your `return` stands within the loop, and ends "
    "it after one round. Move it to the left."
)
def _(x, weights):
    return weights[0] * x[0] / weights.sum()


@WEIGHTED_AVERAGE.misconception(
    "You count only the last number: each round of your loop overwrites the one "
    "before. Add to the total: `+=` instead of `=`."
)
def _(x, weights):
    return weights[-1] * x[-1] / weights.sum()


@WEIGHTED_AVERAGE.invariant(
    "An average lies between the smallest and the largest of the numbers."
)
def _(average, x, weights):
    return bool(x.min() <= average <= x.max())
