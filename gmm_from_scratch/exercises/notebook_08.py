"""Exercises of notebook 08: how many components, and of which shape."""

import numpy as np

from gmm_from_scratch import em
from gmm_from_scratch.exercises.core import Exercise
from gmm_from_scratch.exercises.inputs import draw_mixture

# --- Free parameters --------------------------------------------------------------


def count_parameters(n_components, n_features, covariance_type):
    """Return how many numbers of a mixture are free to be fitted, an int."""
    K, D = n_components, n_features
    triangle = D * (D + 1) // 2
    in_covariances = {
        "full": K * triangle,
        "tied": triangle,
        "diag": K * D,
        "spherical": K,
    }
    return (K - 1) + K * D + in_covariances[covariance_type]


def _draw_sizes(rng):
    covariance_type = ["full", "tied", "diag", "spherical"][rng.integers(4)]
    return int(rng.integers(2, 7)), int(rng.integers(2, 9)), covariance_type


COUNT_PARAMETERS = Exercise(
    reference=count_parameters,
    task="Count the numbers that EM is free to choose in a mixture of K components in "
    "D dimensions, for each of the four covariance types: in the weights, in the means "
    "and in the covariances.",
    why="The last weight is what the others leave of 1, and the lower triangle of a "
    "covariance mirrors the upper one: neither is free. The means always cost K · D.",
    hints=(
        "Write out all parameters for K = 2 and D = 2, and cross out each number that "
        "follows from the others. What is left?",
        "K − 1 weights, K · D numbers in the means. A symmetric D × D matrix has "
        "D(D + 1)/2 free entries. How many such matrices, or which part of them, does "
        "each type have?",
        "With `triangle = D * (D + 1) // 2`, the covariances take `K * triangle` "
        "(full), `triangle` (tied), `K * D` (diag) or `K` (spherical). Add "
        "`K - 1 + K * D`.",
    ),
    returns={"count": "a whole number"},
    draw=_draw_sizes,
    special={
        "full": (3, 4, "full"),
        "tied": (3, 4, "tied"),
        "diag": (3, 4, "diag"),
        "spherical": (3, 4, "spherical"),
        "a single component": (1, 3, "full"),
        "a single feature": (4, 1, "full"),
    },
)


@COUNT_PARAMETERS.misconception(
    "You count K weights. They sum to 1, so that K − 1 of them settle the last one."
)
def _(n_components, n_features, covariance_type):
    return count_parameters(n_components, n_features, covariance_type) + 1


@COUNT_PARAMETERS.misconception("You forgot the weights: K − 1 of them are free, too.")
def _(n_components, n_features, covariance_type):
    return count_parameters(n_components, n_features, covariance_type) - (
        n_components - 1
    )


@COUNT_PARAMETERS.misconception("You forgot the means: K of them, with D numbers each.")
def _(n_components, n_features, covariance_type):
    everything = count_parameters(n_components, n_features, covariance_type)
    return everything - n_components * n_features


@COUNT_PARAMETERS.misconception(
    "You count each mean as one number. It is a point in D dimensions: K · D numbers "
    "in all."
)
def _(n_components, n_features, covariance_type):
    everything = count_parameters(n_components, n_features, covariance_type)
    return everything - n_components * (n_features - 1)


def _with_triangle(triangle):
    """Count wrongly how many entries of one symmetric matrix are free."""

    def count(n_components, n_features, covariance_type):
        K, D = n_components, n_features
        in_covariances = {
            "full": K * triangle(D),
            "tied": triangle(D),
            "diag": K * D,
            "spherical": K,
        }
        return (K - 1) + K * D + in_covariances[covariance_type]

    return count


COUNT_PARAMETERS.misconception(
    "You count all D² entries of a covariance. It is symmetric: the diagonal and one "
    "triangle, D(D + 1)/2, settle the rest."
)(_with_triangle(lambda D: D * D))

COUNT_PARAMETERS.misconception(
    "You forgot to halve: D(D + 1) counts each entry of a symmetric matrix twice. "
    "D(D + 1)/2 of them are free."
)(_with_triangle(lambda D: D * (D + 1)))

COUNT_PARAMETERS.misconception(
    "You count a triangle without its diagonal, D(D − 1)/2. The variances on the "
    "diagonal are free as well: D(D + 1)/2."
)(_with_triangle(lambda D: D * (D - 1) // 2))


def _with(**changed):
    """Take what one covariance type costs to be something else."""

    def count(n_components, n_features, covariance_type):
        K, D = n_components, n_features
        if covariance_type in changed:
            return K - 1 + K * D + changed[covariance_type](K, D)
        return count_parameters(K, D, covariance_type)

    return count


COUNT_PARAMETERS.misconception(
    "You count the tied covariance K times. All components share *one* matrix."
)(_with(tied=lambda K, D: K * D * (D + 1) // 2))

COUNT_PARAMETERS.misconception(
    "You count D variances for `diag`, once. Each component has D variances of its "
    "own: K · D."
)(_with(diag=lambda K, D: D))

COUNT_PARAMETERS.misconception(
    "You count K · D variances for `spherical`. Each component has a single one, the "
    "same in all directions: K."
)(_with(spherical=lambda K, D: K * D))

COUNT_PARAMETERS.misconception(
    "You count one variance for `spherical`. Each component has its own: K."
)(_with(spherical=lambda K, D: 1))

COUNT_PARAMETERS.misconception(
    "You count one covariance for `full`. Each of the K components has a matrix of its "
    "own."
)(_with(full=lambda K, D: D * (D + 1) // 2))

COUNT_PARAMETERS.misconception(
    "You count the variances of a single component for `diag` and for `spherical`. "
    "Each of the K components has its own."
)(_with(diag=lambda K, D: D, spherical=lambda K, D: 1))

COUNT_PARAMETERS.misconception(
    "You exchanged `diag` and `spherical`: it is `diag` that has D variances for each "
    "component, and `spherical` that has one."
)(_with(diag=lambda K, D: K, spherical=lambda K, D: K * D))


@COUNT_PARAMETERS.misconception(
    "You count all K weights and all D² entries of a covariance. The last weight "
    "follows from the others, and one triangle of a symmetric matrix from the other."
)
def _(n_components, n_features, covariance_type):
    everything = _with_triangle(lambda D: D * D)
    return everything(n_components, n_features, covariance_type) + 1


@COUNT_PARAMETERS.misconception(
    "You count the numbers of a single mean. There are K means: K · D numbers."
)
def _(n_components, n_features, covariance_type):
    everything = count_parameters(n_components, n_features, covariance_type)
    return everything - (n_components - 1) * n_features


@COUNT_PARAMETERS.misconception(
    "You count the covariances only. The weights and the means are fitted as well."
)
def _(n_components, n_features, covariance_type):
    everything = count_parameters(n_components, n_features, covariance_type)
    return everything - (n_components - 1) - n_components * n_features


COUNT_PARAMETERS.misconception(
    "You count every type as if it were `full`. The point of the other three is that "
    "they have fewer free numbers."
)(
    lambda n_components, n_features, covariance_type: count_parameters(
        n_components, n_features, "full"
    )
)


@COUNT_PARAMETERS.invariant("A count is a whole number above 0.")
def _(count, n_components, n_features, covariance_type):
    return bool(count > 0 and count == np.round(count))


@COUNT_PARAMETERS.invariant(
    "Weights and means alone have K − 1 + K · D free numbers, and those in the "
    "covariances are added."
)
def _(count, n_components, n_features, covariance_type):
    return bool(count > n_components - 1 + n_components * n_features)


# --- AIC --------------------------------------------------------------------------


def aic(log_likelihood, n_parameters):
    """Return Akaike's criterion, a number; smaller is better."""
    return -2 * log_likelihood + 2 * n_parameters


AIC = Exercise(
    reference=aic,
    task="Compute AIC = −2 ℓ + 2 p from the log-likelihood ℓ of all points and the "
    "number p of free parameters.",
    why="Fitted parameters make ℓ too high by about p, so ℓ − p is the fair score. "
    "Akaike counts in units of −2: misfit plus price.",
    hints=(
        "Two things are added up: how badly the mixture fits, and what its parameters "
        "cost. Which sign makes a bad fit large?",
        "The misfit is −2 times the log-likelihood, the price 2 for each parameter.",
        "`-2 * log_likelihood + 2 * n_parameters`.",
    ),
    returns={"aic": "a number"},
    draw=lambda rng: (-float(rng.uniform(50, 500)), int(rng.integers(3, 40))),
    special={"a positive log-likelihood": (37.5, 11)},
)


@AIC.misconception(
    "The sign is turned: for you larger is better. AIC is misfit plus price, and "
    "smaller is better."
)
def _(log_likelihood, n_parameters):
    return 2 * log_likelihood - 2 * n_parameters


@AIC.misconception(
    "You add the log-likelihood where it should be subtracted, so that a better fit "
    "makes it worse: the misfit is `-2 * log_likelihood`."
)
def _(log_likelihood, n_parameters):
    return 2 * log_likelihood + 2 * n_parameters


@AIC.misconception(
    "You reward parameters instead of charging for them: the price is added."
)
def _(log_likelihood, n_parameters):
    return -2 * log_likelihood - 2 * n_parameters


@AIC.misconception(
    "You forgot the 2 before the log-likelihood, so each parameter costs twice too "
    "much in comparison."
)
def _(log_likelihood, n_parameters):
    return -log_likelihood + 2 * n_parameters


@AIC.misconception("Each parameter costs 2, and you charge only 1 for it.")
def _(log_likelihood, n_parameters):
    return -2 * log_likelihood + n_parameters


@AIC.misconception(
    "This is half the AIC. It ranks mixtures alike, but the AIC that others report has "
    "both factors of 2."
)
def _(log_likelihood, n_parameters):
    return -log_likelihood + n_parameters


@AIC.misconception(
    "This is the fair score ℓ − p, of which larger is better. AIC is −2 times that."
)
def _(log_likelihood, n_parameters):
    return log_likelihood - n_parameters


@AIC.misconception(
    "You take the log-likelihood's size without its sign. A density may be above 1, "
    "its logarithm is then positive, and that is a good fit, not a bad one."
)
def _(log_likelihood, n_parameters):
    return 2 * abs(log_likelihood) + 2 * n_parameters


@AIC.misconception("This is the misfit alone. Add the price, 2 for each parameter.")
def _(log_likelihood, n_parameters):
    return -2 * log_likelihood


# --- BIC --------------------------------------------------------------------------


def bic(log_likelihood, n_parameters, n_samples):
    """Return Schwarz's criterion, a number; smaller is better."""
    return -2 * log_likelihood + n_parameters * np.log(n_samples)


BIC = Exercise(
    reference=bic,
    task="Compute BIC = −2 ℓ + p log N from the log-likelihood ℓ of all N points and "
    "the number p of free parameters. The logarithm is the natural one.",
    why="Only the price differs from AIC: log N instead of 2 for each parameter. From "
    "8 points on it is the higher one.",
    hints=(
        "It is AIC with another price. What does a parameter cost here, and does the "
        "price rise with the number of points?",
        "Misfit: −2 times the log-likelihood. Price: the natural logarithm of the "
        "number of points, for each parameter.",
        "`-2 * log_likelihood + n_parameters * np.log(n_samples)`.",
    ),
    returns={"bic": "a number"},
    draw=lambda rng: (
        -float(rng.uniform(50, 500)),
        int(rng.integers(3, 40)),
        int(rng.integers(50, 900)),
    ),
    special={"a positive log-likelihood": (37.5, 11, 60)},
)


@BIC.misconception(
    "The sign is turned: this is the form in which larger is better (R's `mclust` "
    "reports it so). Here and in scikit-learn it is misfit plus price, and smaller is "
    "better."
)
def _(log_likelihood, n_parameters, n_samples):
    return 2 * log_likelihood - n_parameters * np.log(n_samples)


@BIC.misconception(
    "You add the log-likelihood where it should be subtracted, so that a better fit "
    "makes it worse: the misfit is `-2 * log_likelihood`."
)
def _(log_likelihood, n_parameters, n_samples):
    return 2 * log_likelihood + n_parameters * np.log(n_samples)


@BIC.misconception(
    "You reward parameters instead of charging for them: the price is added."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood - n_parameters * np.log(n_samples)


@BIC.misconception(
    "You forgot the 2 before the log-likelihood, so each parameter costs twice too "
    "much in comparison."
)
def _(log_likelihood, n_parameters, n_samples):
    return -log_likelihood + n_parameters * np.log(n_samples)


@BIC.misconception(
    "This is half the BIC, −ℓ + ½ p log N. It ranks mixtures alike, but the BIC that "
    "others report is twice as large."
)
def _(log_likelihood, n_parameters, n_samples):
    return -log_likelihood + n_parameters * np.log(n_samples) / 2


@BIC.misconception(
    "This estimates the log evidence, ℓ − ½ p log N, of which larger is better. BIC is "
    "−2 times that."
)
def _(log_likelihood, n_parameters, n_samples):
    return log_likelihood - n_parameters * np.log(n_samples) / 2


@BIC.misconception(
    "You charge ½ log N for each parameter. That is the price before everything is "
    "multiplied by −2; here it is log N."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood + n_parameters * np.log(n_samples) / 2


@BIC.misconception(
    "You charge log N once, whatever the number of parameters. Each of the p "
    "parameters costs log N."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood + np.log(n_samples)


@BIC.misconception("This is the misfit alone. Add the price, log N for each parameter.")
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood


@BIC.misconception(
    "You charge 2 log N for each parameter. The 2 belongs to the log-likelihood only."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood + 2 * n_parameters * np.log(n_samples)


@BIC.misconception(
    "This is AIC, with a price of 2 for each parameter. BIC charges log N."
)
def _(log_likelihood, n_parameters, n_samples):
    return aic(log_likelihood, n_parameters)


@BIC.misconception(
    "You use the logarithm to base 10, and parameters come too cheap. Take the natural "
    "one, `np.log`."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood + n_parameters * np.log10(n_samples)


@BIC.misconception(
    "You use the logarithm to base 2, and parameters come too dear. Take the natural "
    "one, `np.log`."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood + n_parameters * np.log2(n_samples)


@BIC.misconception(
    "You exchanged p and N: each of the p parameters costs log N, and you charge log p "
    "for each of the N points."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood + n_samples * np.log(n_parameters)


@BIC.misconception(
    "You charge N for each parameter; the price is only the *logarithm* of N."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood + n_parameters * n_samples


@BIC.misconception(
    "You divide the log-likelihood by N. It must be that of all points together: the "
    "price is for the whole data set too."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood / n_samples + n_parameters * np.log(n_samples)


@BIC.misconception(
    "You multiply the log-likelihood by N. It is that of all points together already."
)
def _(log_likelihood, n_parameters, n_samples):
    return -2 * log_likelihood * n_samples + n_parameters * np.log(n_samples)


@BIC.misconception(
    "You take the log-likelihood's size without its sign. A density may be above 1, "
    "its logarithm is then positive, and that is a good fit, not a bad one."
)
def _(log_likelihood, n_parameters, n_samples):
    return 2 * abs(log_likelihood) + n_parameters * np.log(n_samples)


# --- Held-out likelihood ----------------------------------------------------------


def held_out_score(X, fold, fit):
    """Return the mean log-likelihood per held-out point, a number."""
    scores = np.empty(len(X))
    for i in np.unique(fold):
        mixture = fit(X[fold != i])
        scores[fold == i] = mixture.log_density(X[fold == i])
    return scores.mean()


def _fit_one_gaussian(X):
    """Return the mixture with a single component that fits X best."""
    return em.m_step(X, np.ones((len(X), 1)), reg_covar=0.05)


def _fit_two_gaussians(X):
    """Return a mixture of two components, after two steps of EM."""
    # Left half and right half; both keep something of every point.
    r = np.where(X[:, :1] < np.median(X[:, 0]), 0.9, 0.1)
    mixture = em.m_step(X, np.hstack([r, 1 - r]), reg_covar=0.05)
    return em.m_step(X, em.e_step(X, mixture), reg_covar=0.05)


def _draw_folds(rng, sizes=(12, 5, 8), fit=_fit_one_gaussian):
    X, _ = draw_mixture(rng, N=sum(sizes), K=3, D=2)
    return X, rng.permutation(np.repeat(np.arange(len(sizes)), sizes)), fit


HELD_OUT_SCORE = Exercise(
    reference=held_out_score,
    task="Score a way of fitting by cross-validation. `fold[n]` is the number of the "
    "part to which point n belongs, and `fit(X)` returns a `Mixture`. Let each part be "
    "scored, with `mixture.log_density`, by the mixture fitted to all *other* parts, "
    "and average over all points.",
    why="Every point is scored exactly once, by a mixture that has not seen it, and "
    "every point counts alike, however unequal the parts are.",
    hints=(
        "Who may score a point? Only a mixture that was fitted without it. How many "
        "mixtures do you need for that?",
        "One for each part: for each number `i` in `np.unique(fold)`, fit where "
        "`fold != i`, and score where `fold == i`. Keep all scores; average at the "
        "end.",
        "Begin with `scores = np.empty(len(X))`; in the loop, `mixture = fit(X[fold != "
        "i])` and `scores[fold == i] = mixture.log_density(X[fold == i])`; after it, "
        "`scores.mean()`.",
    ),
    returns={"score": "a number"},
    draw=_draw_folds,
    special={
        "two components": _draw_folds(
            np.random.default_rng(7), (11, 4, 9, 6), _fit_two_gaussians
        ),
        "one part is a single point": _draw_folds(np.random.default_rng(8), (6, 1, 3)),
    },
)


_known_rounds = {}


def _rounds(X, fold, fit, train, test):
    """Return the scores of each round, given which points are for what.

    Several wrong answers need the same rounds of the same example, and fitting is slow.
    """
    key = X.tobytes(), fold.tobytes(), fit, train, test
    if key not in _known_rounds:
        _known_rounds[key] = [
            fit(X[train(fold, i)]).log_density(X[test(fold, i)])
            for i in np.unique(fold)
        ]
    return _known_rounds[key]


def _right_rounds(X, fold, fit):
    return _rounds(X, fold, fit, np.not_equal, np.equal)


@HELD_OUT_SCORE.misconception(
    "You score each mixture on the points that it was fitted to. Score it on the part "
    "that was left out, `X[fold == i]`."
)
def _(X, fold, fit):
    rounds = _rounds(X, fold, fit, np.not_equal, np.not_equal)
    return np.concatenate(rounds).mean()


@HELD_OUT_SCORE.misconception(
    "You score each mixture on the points that it was fitted to, and average the "
    "averages. Score it on the part that was left out, `X[fold == i]`, and average "
    "over points."
)
def _(X, fold, fit):
    rounds = _rounds(X, fold, fit, np.not_equal, np.not_equal)
    return np.mean([scores.mean() for scores in rounds])


@HELD_OUT_SCORE.misconception(
    "You fit to all points, also to those that are scored: nothing was held out. Fit "
    "anew for each part, to `X[fold != i]`."
)
def _(X, fold, fit):
    return fit(X).log_density(X).mean()


@HELD_OUT_SCORE.misconception(
    "You score each mixture on all points, also on those that it was fitted to. Score "
    "it on the part that was left out, `X[fold == i]`."
)
def _(X, fold, fit):
    return np.mean([fit(X[fold != i]).log_density(X) for i in np.unique(fold)])


@HELD_OUT_SCORE.misconception(
    "You score, and store, where `fold != i`: those are the points that the mixture "
    "was fitted to. `!=` is for fitting, `==` for the scores."
)
def _(X, fold, fit):
    scores = np.empty(len(X))
    for i in np.unique(fold):
        scores[fold != i] = fit(X[fold != i]).log_density(X[fold != i])
    return scores.mean()


@HELD_OUT_SCORE.misconception(
    "Training and test are exchanged: you fit to the one part and score on all others. "
    "Fit to `X[fold != i]`, score on `X[fold == i]`."
)
def _(X, fold, fit):
    rounds = _rounds(X, fold, fit, np.equal, np.not_equal)
    return np.concatenate(rounds).mean()


@HELD_OUT_SCORE.misconception(
    "Training and test are exchanged, and you average the averages. Fit to `X[fold != "
    "i]`, score on `X[fold == i]`, and average over points."
)
def _(X, fold, fit):
    rounds = _rounds(X, fold, fit, np.equal, np.not_equal)
    return np.mean([scores.mean() for scores in rounds])


@HELD_OUT_SCORE.misconception(
    "You fit to each part and score on the same part. Fit to all *other* parts, "
    "`X[fold != i]`."
)
def _(X, fold, fit):
    rounds = _rounds(X, fold, fit, np.equal, np.equal)
    return np.concatenate(rounds).mean()


@HELD_OUT_SCORE.misconception(
    "You average the averages of the parts. The parts are not equally large, and a "
    "point in a small one then counts more: average over all points at once."
)
def _(X, fold, fit):
    return np.mean([scores.mean() for scores in _right_rounds(X, fold, fit)])


@HELD_OUT_SCORE.misconception(
    "You return the sum over all points. Return the mean, so that data sets of "
    "different sizes can be compared."
)
def _(X, fold, fit):
    return np.concatenate(_right_rounds(X, fold, fit)).sum()


@HELD_OUT_SCORE.misconception(
    "You divide the sum over all points by the number of parts. Divide by the number "
    "of points."
)
def _(X, fold, fit):
    return np.mean([scores.sum() for scores in _right_rounds(X, fold, fit)])


@HELD_OUT_SCORE.misconception(
    "Only the first part is scored: is the `return` inside the loop? Every part has "
    "its turn."
)
def _(X, fold, fit):
    return _right_rounds(X, fold, fit)[0].mean()


@HELD_OUT_SCORE.misconception(
    "Only the last part counts: the score is overwritten in each round. Keep the "
    "scores of all points."
)
def _(X, fold, fit):
    return _right_rounds(X, fold, fit)[-1].mean()


@HELD_OUT_SCORE.misconception(
    "You add up the averages of the parts. Average over all points at once."
)
def _(X, fold, fit):
    return sum(scores.mean() for scores in _right_rounds(X, fold, fit))


@HELD_OUT_SCORE.misconception(
    "The last part is never scored, and its points count as zeros: "
    "`range(fold.max())` ends one short. Loop over `np.unique(fold)`."
)
def _(X, fold, fit):
    return sum(scores.sum() for scores in _right_rounds(X, fold, fit)[:-1]) / len(X)


@HELD_OUT_SCORE.misconception(
    "The last part is never scored: `range(fold.max())` ends one short. Loop over "
    "`np.unique(fold)`."
)
def _(X, fold, fit):
    return np.concatenate(_right_rounds(X, fold, fit)[:-1]).mean()


@HELD_OUT_SCORE.misconception(
    "The first part is never scored, and its points count as zeros: folds are counted "
    "from 0. Loop over `np.unique(fold)`."
)
def _(X, fold, fit):
    return sum(scores.sum() for scores in _right_rounds(X, fold, fit)[1:]) / len(X)


@HELD_OUT_SCORE.misconception(
    "You average densities, and take the logarithm at the end. Average the logarithms: "
    "a point that was thought impossible must count."
)
def _(X, fold, fit):
    return np.log(np.exp(np.concatenate(_right_rounds(X, fold, fit))).mean())


@HELD_OUT_SCORE.misconception(
    "You average densities. Average their *logarithms*, which `log_density` returns: a "
    "point that was thought impossible must count."
)
def _(X, fold, fit):
    return np.exp(np.concatenate(_right_rounds(X, fold, fit))).mean()


# --- Merging ----------------------------------------------------------------------


def merge_responsibilities(responsibilities, group):
    """Return how much of each point belongs to each group, shape (N, G)."""
    membership = np.eye(group.max() + 1)[group]
    return responsibilities @ membership


def _draw_groups(rng):
    group = rng.permutation([0, 0, 0, 1, 1, 2])
    return rng.dirichlet(np.linspace(0.6, 1.8, 6), size=9), group


MERGE_RESPONSIBILITIES = Exercise(
    reference=merge_responsibilities,
    task="Several components may make up one group: `group[k]` is the number of the "
    "group of component k, from 0 to G − 1. Say how much of each point belongs to each "
    "group.",
    why="A point cannot come from two components at once, so the probabilities of "
    "'from this one' and 'from that one' add up. As a matrix product: row k of the "
    "(K, G) table of ones and zeros says where component k goes.",
    hints=(
        "A point is 30% component 0 and 50% component 4, and the two form one group. "
        "With which probability does it come from that group?",
        "Add up the columns of responsibilities that have the same group: a loop over "
        "the components will do.",
        "Begin with `merged = np.zeros((len(responsibilities), group.max() + 1))`, "
        "and for each component k, `merged[:, group[k]] += responsibilities[:, k]`. Or "
        "as one product: `responsibilities @ np.eye(group.max() + 1)[group]`.",
    ),
    returns={"merged": "shape (N, G), one row for each point"},
    draw=_draw_groups,
    special={
        "all components are one group": (
            np.array([[0.2, 0.7, 0.1], [0.6, 0.1, 0.3]]),
            np.array([0, 0, 0]),
        )
    },
)


def _by_group(merge):
    """Merge the columns of each group in some other way."""

    def merged(responsibilities, group):
        columns = [
            merge(responsibilities[:, group == g]) for g in range(group.max() + 1)
        ]
        return np.stack(columns, axis=1)

    return merged


MERGE_RESPONSIBILITIES.misconception(
    "You average over the components of a group. Either of them may have made the "
    "point, so their probabilities add up."
)(_by_group(lambda columns: columns.mean(axis=1)))

MERGE_RESPONSIBILITIES.misconception(
    "You take the largest responsibility within each group. The others of the group "
    "count too: add them up."
)(_by_group(lambda columns: columns.max(axis=1)))

MERGE_RESPONSIBILITIES.misconception(
    "You multiply within each group, as if a point came from all its components at "
    "once. It comes from one *or* the other: add."
)(_by_group(lambda columns: columns.prod(axis=1)))

MERGE_RESPONSIBILITIES.misconception(
    "Only the last component of each group is left: the others were overwritten. (With "
    "a list of indices that repeat, `merged[:, group] += …` does that too.) Add one "
    "component at a time, or use a matrix product."
)(_by_group(lambda columns: columns[:, -1]))

MERGE_RESPONSIBILITIES.misconception(
    "Only the first component of each group is left. Add up all columns of the group."
)(_by_group(lambda columns: columns[:, 0]))


@MERGE_RESPONSIBILITIES.misconception(
    "You have one column for each component, and the surplus ones are empty. There "
    "should be one for each group: `group.max() + 1`."
)
def _(responsibilities, group):
    merged = np.zeros_like(responsibilities)
    for k, g in enumerate(group):
        merged[:, g] += responsibilities[:, k]
    return merged


@MERGE_RESPONSIBILITIES.misconception(
    "Your loop ends after as many components as there are groups. Let it run over all "
    "K of them, `range(len(group))`."
)
def _(responsibilities, group):
    merged = np.zeros((len(responsibilities), group.max() + 1))
    for k in range(group.max() + 1):
        merged[:, group[k]] += responsibilities[:, k]
    return merged


@MERGE_RESPONSIBILITIES.misconception(
    "You add up the columns that have the groups' numbers. Column `k` belongs to "
    "component k, and goes to column `group[k]` of the result."
)
def _(responsibilities, group):
    merged = np.zeros((len(responsibilities), group.max() + 1))
    for g in group:
        merged[:, g] += responsibilities[:, g]
    return merged


@MERGE_RESPONSIBILITIES.misconception(
    "You decide for one component before merging, and give its group 1. Add up the "
    "shares: the group of the likeliest component need not be the likeliest group."
)
def _(responsibilities, group):
    likeliest = responsibilities.argmax(axis=1)
    return np.eye(group.max() + 1)[group[likeliest]]


@MERGE_RESPONSIBILITIES.misconception(
    "You add up first and then give the likeliest group 1 and the others 0. Return the "
    "shares themselves: a point may be unsure."
)
def _(responsibilities, group):
    merged = merge_responsibilities(responsibilities, group)
    return np.eye(merged.shape[1])[merged.argmax(axis=1)]


@MERGE_RESPONSIBILITIES.invariant(
    "Each row must sum to 1: merging takes nothing from a point."
)
def _(merged, responsibilities, group):
    return np.allclose(merged.sum(axis=1), 1)


@MERGE_RESPONSIBILITIES.invariant("Shares are probabilities, between 0 and 1.")
def _(merged, responsibilities, group):
    return bool(((merged >= 0) & (merged <= 1 + 1e-9)).all())
