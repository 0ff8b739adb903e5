"""Exercises of notebook 10: standardize, translate back, doubt and decide."""

import numpy as np

from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_covariances, draw_mixture

# --- Standardize ------------------------------------------------------------------


def standardize(X):
    """Return X with mean 0 and standard deviation 1 in each column, shape (N, D)."""
    return (X - X.mean(axis=0)) / X.std(axis=0)


def _draw_table(rng):
    """Draw columns of very different units, which are not independent."""
    X, _ = draw_mixture(rng, N=9, K=2, D=3)
    return (X * [30.0, 1.0, 0.2] + [60.0, 5.0, -2.0],)


STANDARDIZE = Exercise(
    reference=standardize,
    task="Give each column of X mean 0 and standard deviation 1, as `StandardScaler` "
    "does.",
    why="Every column has its own center and its own scale, hence `axis=0` in both. "
    "`X.std` divides by N, as `StandardScaler` does.",
    hints=(
        "For one column: which number do you subtract so that its mean becomes 0, and "
        "by which do you then divide so that its spread becomes 1?",
        "`X.mean(axis=0)` and `X.std(axis=0)` have one number for each column, shape "
        "(D,). NumPy applies them to every row.",
        "`(X - X.mean(axis=0)) / X.std(axis=0)`.",
    ),
    returns={"standardized": "shape (N, D), as X"},
    draw=_draw_table,
    special={
        "a single column": (np.array([[1.0], [2.0], [4.0], [9.0]]),),
        "dollars beside shares": (
            np.array([[52e3, 0.1], [18e3, 0.4], [75e3, 0.2], [31e3, 0.9]]),
        ),
    },
)


@STANDARDIZE.misconception(
    "You divide by N − 1 in the standard deviation (`ddof=1`, as pandas does). "
    "`StandardScaler` divides by N, which is what `X.std` does unasked."
)
def _(X):
    return (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)


@STANDARDIZE.misconception(
    "You use one mean and one deviation for the whole table. Each column has its own "
    "units, so each needs its own: `axis=0`."
)
def _(X):
    return (X - X.mean()) / X.std()


@STANDARDIZE.misconception(
    "You center each column, but divide all by the deviation of the whole table. Use "
    "`X.std(axis=0)`."
)
def _(X):
    return (X - X.mean(axis=0)) / X.std()


@STANDARDIZE.misconception(
    "You divide by the variance. Its unit is the square of the column's: divide by the "
    "standard deviation, its root."
)
def _(X):
    return (X - X.mean(axis=0)) / X.var(axis=0)


@STANDARDIZE.misconception(
    "You stretch each column to reach from 0 to 1 (min–max scaling). One extreme "
    "customer then squeezes all others; use mean and standard deviation."
)
def _(X):
    return (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))


@STANDARDIZE.misconception(
    "You divide by the standard deviation but do not center: subtract the mean first."
)
def _(X):
    return X / X.std(axis=0)


@STANDARDIZE.misconception(
    "You center and stop there. Divide by the standard deviation of each column, too."
)
def _(X):
    return X - X.mean(axis=0)


@STANDARDIZE.misconception(
    "You standardize each *row*, that is, each customer by itself. Income and score "
    "have no common mean: work down the columns, `axis=0`."
)
def _(X):
    return (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)


@STANDARDIZE.misconception(
    "You divide only the mean by the standard deviation: division binds more tightly "
    "than subtraction. Put `X - X.mean(axis=0)` in parentheses."
)
def _(X):
    return X - X.mean(axis=0) / X.std(axis=0)


@STANDARDIZE.misconception(
    "You divide first and then subtract the mean in the *old* units. Subtract first."
)
def _(X):
    return X / X.std(axis=0) - X.mean(axis=0)


@STANDARDIZE.misconception(
    "You divide by the length of each centered column (`np.linalg.norm`), which is √N "
    "times its standard deviation."
)
def _(X):
    centered = X - X.mean(axis=0)
    return centered / np.linalg.norm(centered, axis=0)


@STANDARDIZE.misconception(
    "You subtract one mean of the whole table. Each column has a mean of its own: "
    "`axis=0` there, too."
)
def _(X):
    return (X - X.mean()) / X.std(axis=0)


@STANDARDIZE.misconception(
    "You multiply by the standard deviation. To make it 1, divide by it."
)
def _(X):
    return (X - X.mean(axis=0)) * X.std(axis=0)


@STANDARDIZE.misconception(
    "You divide by the range, largest minus smallest value, which two extreme "
    "customers decide. Divide by the standard deviation."
)
def _(X):
    return (X - X.mean(axis=0)) / np.ptp(X, axis=0)


@STANDARDIZE.invariant("The mean of each column must be 0.")
def _(standardized, X):
    return np.allclose(standardized.mean(axis=0), 0)


@STANDARDIZE.invariant("The standard deviation of each column must be 1.")
def _(standardized, X):
    return np.allclose(standardized.std(axis=0), 1)


# --- Back to the original units -----------------------------------------------------


def to_original_units(means, covariances, center, scale):
    """Return means (K, D) and covariances (K, D, D) as they are for the raw data."""
    return means * scale + center, covariances * np.outer(scale, scale)


def _draw_standardized(rng):
    K, D = 4, 3
    means, covariances = rng.normal(size=(K, D)), draw_covariances(rng, K, D)
    return means, covariances, rng.uniform(5, 60, size=D), rng.uniform(2, 30, size=D)


TO_ORIGINAL_UNITS = Exercise(
    reference=to_original_units,
    task="The data were standardized, z = (x − center) / scale, and a mixture was "
    "fitted to z. Translate its means and covariances back, so that they describe x.",
    why="From x = z · scale + center: a mean goes the way of a point. A covariance of "
    "the features i and j is a mean of products of *deviations* from the mean; the "
    "center drops out of these, and each of the two factors brings its own scale.",
    hints=(
        "Solve z = (x − center) / scale for x. What does adding a constant to all "
        "points do to a covariance, and what does doubling one feature?",
        "Means: times scale, plus center. Covariances: entry (i, j) times scale_i and "
        "times scale_j; no center.",
        "`means * scale + center`, and `covariances * np.outer(scale, scale)`.",
    ),
    returns={"means": "shape (K, D)", "covariances": "shape (K, D, D)"},
    draw=_draw_standardized,
    special={
        "a single component": (
            np.array([[0.5, -1.0]]),
            np.array([[[0.6, 0.3], [0.3, 0.9]]]),
            np.array([60.0, 50.0]),
            np.array([26.0, 24.5]),
        )
    },
)


@TO_ORIGINAL_UNITS.misconception(
    "The means are right, but the covariances are multiplied by `scale` once. A "
    "covariance of i and j is a product of two deviations: times scale_i *and* scale_j."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances * scale


@TO_ORIGINAL_UNITS.misconception(
    "You multiply column j of each covariance by scale_j². On the diagonal that is "
    "right, but entry (i, j) needs scale_i · scale_j: `np.outer(scale, scale)`."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances * scale**2


@TO_ORIGINAL_UNITS.misconception(
    "You multiply row i of each covariance by scale_i and leave the columns: "
    "`np.diag(scale)` must stand on both sides."
)
def _(means, covariances, center, scale):
    return means * scale + center, np.diag(scale) @ covariances


@TO_ORIGINAL_UNITS.misconception(
    "You left the covariances as they are. They are in standardized units, too: entry "
    "(i, j) times scale_i · scale_j."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances


@TO_ORIGINAL_UNITS.misconception(
    "You translate only the variances on the diagonal and lose the correlations. Entry "
    "(i, j) is multiplied by scale_i · scale_j, and stays."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances * np.diag(scale**2)


@TO_ORIGINAL_UNITS.misconception(
    "You add the center to the covariances as well. They measure spread around the "
    "mean, which a shift does not change."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances * np.outer(scale, scale) + center


@TO_ORIGINAL_UNITS.misconception(
    "The means lack the shift: after multiplying by `scale`, add `center`."
)
def _(means, covariances, center, scale):
    return means * scale, covariances * np.outer(scale, scale)


@TO_ORIGINAL_UNITS.misconception(
    "You shift the means first and then multiply, so that the center is multiplied, "
    "too. Undo the last step first: times `scale`, then plus `center`."
)
def _(means, covariances, center, scale):
    return (means + center) * scale, covariances * np.outer(scale, scale)


@TO_ORIGINAL_UNITS.misconception(
    "You standardize a second time. The way back is the other way round: multiply by "
    "`scale` instead of dividing, add `center` instead of subtracting."
)
def _(means, covariances, center, scale):
    return (means - center) / scale, covariances / np.outer(scale, scale)


@TO_ORIGINAL_UNITS.misconception(
    "You divide by `scale` where you should multiply: one unit of z is a whole "
    "standard deviation of x."
)
def _(means, covariances, center, scale):
    return means / scale + center, covariances / np.outer(scale, scale)


@TO_ORIGINAL_UNITS.misconception(
    "You take `scale` for variances. They are standard deviations: no root is needed."
)
def _(means, covariances, center, scale):
    root = np.sqrt(scale)
    return means * root + center, covariances * np.outer(root, root)


@TO_ORIGINAL_UNITS.misconception(
    "You translate covariances as if they were points: times `scale`, plus `center`. "
    "They are means of products of *deviations*: no center, and scale_i · scale_j."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances * scale + center


@TO_ORIGINAL_UNITS.misconception(
    "Your means are right, but you divide the covariances. They grow on the way back, "
    "too: times scale_i · scale_j."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances / np.outer(scale, scale)


@TO_ORIGINAL_UNITS.misconception(
    "`scale @ scale` is a single number, the same factor for all entries. Entry (i, "
    "j) needs scale_i · scale_j: `np.outer(scale, scale)`."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances * (scale @ scale)


@TO_ORIGINAL_UNITS.misconception(
    "You square each scale before the outer product. On the diagonal, scale_i · "
    "scale_i is the square already: `np.outer(scale, scale)`."
)
def _(means, covariances, center, scale):
    return means * scale + center, covariances * np.outer(scale, scale) ** 2


@TO_ORIGINAL_UNITS.misconception(
    "You subtract the center. It was subtracted on the way to z, so add it on the way "
    "back."
)
def _(means, covariances, center, scale):
    return means * scale - center, covariances * np.outer(scale, scale)


@TO_ORIGINAL_UNITS.invariant("A covariance must stay symmetric.")
def _(means, covariances, *arguments):
    return np.allclose(covariances, covariances.transpose(0, 2, 1))


@TO_ORIGINAL_UNITS.invariant(
    "Correlations have no unit: translating must leave them as they were."
)
def _(means, covariances, means_before, covariances_before, center, scale):
    return np.allclose(_correlations(covariances), _correlations(covariances_before))


def _correlations(covariances):
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return covariances / deviations[:, np.newaxis] / deviations[:, :, np.newaxis]


# --- Who is hard to place ---------------------------------------------------------


def most_ambiguous(responsibilities, n):
    """Return the row numbers of the n least certain customers, in order, shape (n,)."""
    return np.argsort(responsibilities.max(axis=1))[:n]


MOST_AMBIGUOUS = Exercise(
    reference=most_ambiguous,
    task="Find the n customers whose largest responsibility is smallest, the most "
    "ambiguous one first. Return the numbers of their rows.",
    why="The largest responsibility is how sure the likeliest segment is. `argsort` "
    "says *where* the smallest value stands, then the next, and so on.",
    hints=(
        "How sure is one customer of the likeliest segment? And which customers are "
        "you looking for: those with a large or with a small such number?",
        "`responsibilities.max(axis=1)` has one number for each customer. `np.sort` "
        "gives sorted values, `np.argsort` the rows in which they stand.",
        "`np.argsort(responsibilities.max(axis=1))[:n]`.",
    ),
    returns={"rows": "shape (n,), whole numbers from 0 to N − 1"},
    draw=lambda rng: (rng.dirichlet([0.9, 0.6, 1.2, 0.8], size=25), 7),
    special={
        "only one": (np.random.default_rng(4).dirichlet([1.0, 2.0, 1.0], size=9), 1),
        "everybody": (np.random.default_rng(5).dirichlet([1.0, 2.0, 1.0], size=6), 6),
    },
)


@MOST_AMBIGUOUS.misconception(
    "You list the *surest* customers. Sort by the largest responsibility from small to "
    "large, without a minus sign and without turning the order round."
)
def _(responsibilities, n):
    return np.argsort(-responsibilities.max(axis=1))[:n]


@MOST_AMBIGUOUS.misconception(
    "You found the right customers, but the most ambiguous one stands last. It should "
    "be first."
)
def _(responsibilities, n):
    return most_ambiguous(responsibilities, n)[::-1]


@MOST_AMBIGUOUS.misconception(
    "You return how large their largest responsibilities are. Asked is *who* they are: "
    "`np.argsort` instead of `np.sort`."
)
def _(responsibilities, n):
    return np.sort(responsibilities.max(axis=1))[:n]


@MOST_AMBIGUOUS.misconception(
    "You look at how near the *first* segment is to one half. A customer may have no "
    "doubt about the first segment and yet hesitate between two others."
)
def _(responsibilities, n):
    return np.argsort(np.abs(responsibilities[:, 0] - 0.5))[:n]


@MOST_AMBIGUOUS.misconception(
    "You look at how near the largest responsibility is to one half. With more than "
    "two segments it can fall below, and then the customer is even less certain."
)
def _(responsibilities, n):
    return np.argsort(np.abs(responsibilities.max(axis=1) - 0.5))[:n]


@MOST_AMBIGUOUS.misconception(
    "You rank by the *smallest* responsibility. It says which segment is out of the "
    "question; ambiguous is who has no large one."
)
def _(responsibilities, n):
    return np.argsort(-responsibilities.min(axis=1))[:n]


@MOST_AMBIGUOUS.misconception(
    "You rank by the lead of the likeliest segment over the second. That is a good "
    "measure, too, but another one: here the largest responsibility decides."
)
def _(responsibilities, n):
    ordered = np.sort(responsibilities, axis=1)
    return np.argsort(ordered[:, -1] - ordered[:, -2])[:n]


@MOST_AMBIGUOUS.misconception(
    "You rank by entropy, which hears all segments. That is a good measure, too, but "
    "another one: here the largest responsibility alone decides."
)
def _(responsibilities, n):
    return np.argsort((responsibilities * np.log(responsibilities)).sum(axis=1))[:n]


@MOST_AMBIGUOUS.misconception(
    "You rank the segments, not the customers: take the largest responsibility of each "
    "row, `axis=1`."
)
def _(responsibilities, n):
    return np.argsort(responsibilities.max(axis=0))[:n]


@MOST_AMBIGUOUS.misconception(
    "You return all customers in order. Keep the first n of them: `[:n]`."
)
def _(responsibilities, n):
    return np.argsort(responsibilities.max(axis=1))


@MOST_AMBIGUOUS.misconception(
    "You return the *ranks* of the first n customers in the table. `argsort` once says "
    "who comes first; twice, at which place each one comes."
)
def _(responsibilities, n):
    return np.argsort(np.argsort(responsibilities.max(axis=1)))[:n]


@MOST_AMBIGUOUS.misconception(
    "You return the most ambiguous customer only. Asked are n of them."
)
def _(responsibilities, n):
    return np.argmin(responsibilities.max(axis=1))


@MOST_AMBIGUOUS.misconception(
    "You take the last n of the order. It rises, so the surest stand there: keep the "
    "first n, `[:n]`."
)
def _(responsibilities, n):
    return np.argsort(responsibilities.max(axis=1))[-n:]


@MOST_AMBIGUOUS.misconception(
    "You sort by *which* segment is the likeliest (`argmax`), not by how likely it is "
    "(`max`)."
)
def _(responsibilities, n):
    return np.argsort(responsibilities.argmax(axis=1))[:n]


@MOST_AMBIGUOUS.misconception(
    "You found the right customers, but list them as they stand in the table. The "
    "least certain one should be first."
)
def _(responsibilities, n):
    return np.sort(most_ambiguous(responsibilities, n))


@MOST_AMBIGUOUS.misconception(
    "You count the rows from 1. In Python the first row has the number 0."
)
def _(responsibilities, n):
    return most_ambiguous(responsibilities, n) + 1


@MOST_AMBIGUOUS.misconception(
    "You take the smallest responsibility of each row. How sure a customer is of a "
    "segment is the *largest*: `max`."
)
def _(responsibilities, n):
    return np.argsort(responsibilities.min(axis=1))[:n]


@MOST_AMBIGUOUS.misconception(
    "You rank by how much the responsibilities of a row differ (`std`). That is a "
    "good measure, too, but another one: here the largest decides."
)
def _(responsibilities, n):
    return np.argsort(responsibilities.std(axis=1))[:n]


@MOST_AMBIGUOUS.invariant("A row number is a whole number from 0 to N − 1.")
def _(rows, responsibilities, n):
    return bool(np.isin(rows, np.arange(len(responsibilities))).all())


@MOST_AMBIGUOUS.invariant("No customer may be listed twice.")
def _(rows, responsibilities, n):
    return len(np.unique(rows)) == rows.size


# --- Decide by what it is worth -------------------------------------------------------


def worth_contacting(responsibilities, profit):
    """Return for each customer whether a letter pays on average, shape (N,)."""
    return responsibilities @ profit > 0


def _draw_campaign(rng):
    """Draw segments of which a rare one pays well, and most letters cost a little."""
    responsibilities = rng.dirichlet([0.7, 0.5, 0.9], size=60)
    return responsibilities, np.array([3.4, 0.3, -1.1]) + rng.uniform(-0.2, 0.2, size=3)


WORTH_CONTACTING = Exercise(
    reference=worth_contacting,
    task="`profit[k]` is what a letter to a customer of segment k brings on average, "
    "its cost subtracted; it may be negative. Decide for each customer whether a "
    "letter has a positive expected profit.",
    why="A customer is of segment k with probability r_nk and then brings profit_k. "
    "The expected profit is the sum of these products over the segments; for all "
    "customers at once, that is `responsibilities @ profit`.",
    hints=(
        "You bet on a customer who is of the first segment with probability 0.3 and "
        "of the second with 0.7. What does the bet bring on average?",
        "Sum over the segments: probability times profit. Write where the sum is "
        "above 0.",
        "`responsibilities @ profit` has shape (N,). Compare it with 0.",
    ),
    returns={"worth": "shape (N,), true or false for each customer"},
    draw=_draw_campaign,
    special={
        "a rare segment pays for all": (
            np.array([[0.1, 0.9], [0.04, 0.96], [0.6, 0.4], [0.0, 1.0]]),
            np.array([19.0, -1.0]),
        ),
        "the likeliest segment loses a little, or much": (
            np.array([[0.45, 0.55], [0.6, 0.4], [0.9, 0.1], [0.3, 0.7]]),
            np.array([4.0, -16.0]),
        ),
    },
)


@WORTH_CONTACTING.misconception(
    "You ask only what the likeliest segment brings. The others have a say, too: "
    "weight each profit by its responsibility, and sum."
)
def _(responsibilities, profit):
    return profit[responsibilities.argmax(axis=1)] > 0


@WORTH_CONTACTING.misconception(
    "You ask whether a profitable segment is likelier than not. A small chance of a "
    "large profit can be worth it, and a large chance of a small one not."
)
def _(responsibilities, profit):
    return responsibilities[:, profit > 0].sum(axis=1) > 0.5


@WORTH_CONTACTING.misconception(
    "You write to whoever belongs to the most profitable segment with more than one "
    "half. Where it pays depends on the profits: compare the expected profit with 0."
)
def _(responsibilities, profit):
    return responsibilities[:, profit.argmax()] > 0.5


@WORTH_CONTACTING.misconception(
    "You write to those whose likeliest segment is the most profitable one. Compare "
    "the expected profit, over all segments, with 0."
)
def _(responsibilities, profit):
    return responsibilities.argmax(axis=1) == profit.argmax()


@WORTH_CONTACTING.misconception(
    "You average the profits of the segments without weights, so that all customers "
    "get the same answer. Weight them by each customer's responsibilities."
)
def _(responsibilities, profit):
    return np.full(len(responsibilities), profit.mean() > 0)


@WORTH_CONTACTING.misconception(
    "You let the best segment decide: one positive product is enough for you. The "
    "losses count as well: sum over the segments, then compare with 0."
)
def _(responsibilities, profit):
    return (responsibilities * profit).max(axis=1) > 0


@WORTH_CONTACTING.misconception(
    "You let the product that is largest in size decide. Sum all of them, gains and "
    "losses, and then compare with 0."
)
def _(responsibilities, profit):
    products = responsibilities * profit
    largest = np.abs(products).argmax(axis=1)
    return products[np.arange(len(products)), largest] > 0


@WORTH_CONTACTING.misconception(
    "You return the expected profit itself. Asked is the decision: where is it above 0?"
)
def _(responsibilities, profit):
    return responsibilities @ profit


@WORTH_CONTACTING.misconception(
    "You chose those on whom you *lose* money: write where the expected profit is "
    "above 0."
)
def _(responsibilities, profit):
    return responsibilities @ profit < 0


@WORTH_CONTACTING.misconception(
    "You compare each customer with the average customer. A letter pays where its own "
    "expected profit is above 0, whatever the others bring."
)
def _(responsibilities, profit):
    expected = responsibilities @ profit
    return expected > expected.mean()


@WORTH_CONTACTING.misconception(
    "You return the numbers of the rows. Return true or false for every customer."
)
def _(responsibilities, profit):
    return np.flatnonzero(responsibilities @ profit > 0)


@WORTH_CONTACTING.misconception(
    "You compare the expected profit with one half, as if it were a probability. It "
    "is money: whatever is above 0 is worth it."
)
def _(responsibilities, profit):
    return responsibilities @ profit > 0.5


@WORTH_CONTACTING.misconception(
    "You subtract a cost of 1 once more. It is in `profit` already: compare with 0."
)
def _(responsibilities, profit):
    return responsibilities @ profit > 1


@WORTH_CONTACTING.invariant("The answer for each customer is true or false, 1 or 0.")
def _(worth, responsibilities, profit):
    return bool(np.isin(worth, [0, 1]).all())
