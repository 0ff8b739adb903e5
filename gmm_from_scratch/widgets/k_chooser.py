"""KChooser: how many components, and of which shape? Three criteria and the fits."""

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from traitlets import TraitError, TraitType, validate

from gmm_from_scratch.em import EmptyComponentError, e_step
from gmm_from_scratch.gaussian import SingularCovarianceError
from gmm_from_scratch.plotting import COLORS, STRIP_STYLE, draw_mixture, draw_points
from gmm_from_scratch.selection import held_out_log_likelihood, sweep
from gmm_from_scratch.validation import (
    COVARIANCE_TYPES,
    check_choice,
    check_integer,
    check_rng,
)
from gmm_from_scratch.widgets.base import (
    CourseWidget,
    as_float32,
    as_float64,
    check_feature_names,
    check_two_features,
    count_from_one,
    join_modules,
    or_trait_error,
    read_text,
)

CRITERIA = ("bic", "aic", "held_out")
NAMES = {"bic": "BIC", "aic": "AIC", "held_out": "held-out log-likelihood per point"}

# How the types' curves are drawn, in their order: dashes, and markers that are filled
# or not. The browser has the same ones.
CURVES = [
    {"linestyle": "-", "marker": "o", "markerfacecolor": "black"},
    {"linestyle": (0, (4, 2)), "marker": "o", "markerfacecolor": "white"},
    {"linestyle": (0, (1, 1.6)), "marker": "s", "markerfacecolor": "black"},
    {"linestyle": (0, (5, 1.5, 1, 1.5)), "marker": "s", "markerfacecolor": "white"},
]

# Values that miss the best by more than so many times what the better quarter does are
# off the scale, or they would flatten all others.
FAR_OFF = 6


class KChooser(CourseWidget):
    """Choose K and the covariance type: the fit beside what three criteria say of it.

    A mixture with more components can always fit the points that it has seen better.
    BIC and AIC therefore charge for each parameter, and the held-out log-likelihood
    asks points that were not seen. The covariance type is part of the choice, and the
    criteria need not agree.

    Everything is fitted once, when the widget is made; choosing then needs no kernel.
    Display it as the last line of a cell. In the browser, a click on a curve chooses
    the nearest K and type. Keys: ← and → (or PageUp and PageDown, which clickers send)
    change K, ↑ and ↓ the type, B goes to the best, 1, 2 and 3 choose the criterion and
    C the next one, P presents in large type.

    Parameters
    ----------
    X : array-like of shape (N, 2)
        Points; the columns' names of a DataFrame label the axes.
    n_components : iterable of int
        The K to fit.
    covariance_types : iterable of {'full', 'tied', 'diag', 'spherical'}
        The covariance types to fit with each K.
    n_init : int
        How many starts each mixture has; the one that ends highest is kept. With few,
        a curve is ragged where EM got stuck.
    n_folds : int
        How many parts of the points are held out in turn; the same ones for every
        mixture.
    n_init_held_out : int
        How many starts each mixture has in each fold; there are `n_folds` times as many
        mixtures to fit as without folds.
    reg_covar : float or array-like of shape (2,)
        Added to each variance at each M-step.
    tol, max_iter : float, int
        When EM stops, as in `em.fit`.
    criterion : {'bic', 'aic', 'held_out'}
        Whose curves are shown first, and whose best mixture.
    feature_names : sequence of str, optional
        Labels of the two axes, with units.
    title : str, optional
        A line above the picture.
    random_state : int or numpy.random.Generator, optional
        Source of randomness for starts and folds, or its seed.

    Attributes
    ----------
    n_components : int
        The K that is chosen, one of those fitted. It can be assigned, and follows the
        browser, as the next two do.
    covariance_type : str
        The covariance type that is chosen, one of those fitted.
    criterion : {'bic', 'aic', 'held_out'}
        Whose curves are shown, and what `best` means.
    presenting : bool
        Whether type and lines are large enough for a lecture room.

    Raises
    ------
    TypeError, ValueError
        If an argument is malformed, X has not two columns or fewer rows than a K or
        than `n_folds`, or a mixture cannot be fitted to all points.

    Notes
    -----
    Where a mixture cannot be fitted to all points but one fold (too few are left, or a
    component collapses), its held-out log-likelihood is NaN, a gap in the curve.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(60, 2)) + [[0, 0], [9, 9]] * 30
    >>> chooser = KChooser(X, range(1, 4), ["full", "spherical"], random_state=0)
    >>> chooser
    KChooser(60 points, 3 values of K, 2 covariance types)
    >>> chooser.best
    (2, 'spherical')
    >>> chooser.n_components = 3
    >>> chooser.mixture.n_components
    3
    >>> bool(chooser.table.bic.min() < chooser.chosen.bic)
    True
    """

    _esm = join_modules("drawing.js", "gaussian.js", "view.js", "k_chooser.js")
    _css = read_text("widget.css")

    n_components = TraitType(1).tag(sync=True)
    covariance_type = TraitType("full").tag(sync=True)
    criterion = TraitType("bic").tag(sync=True)

    def __init__(
        self,
        X,
        n_components=range(1, 9),
        covariance_types=COVARIANCE_TYPES,
        *,
        n_init=10,
        n_folds=5,
        n_init_held_out=3,
        reg_covar=1e-6,
        tol=1e-3,
        max_iter=100,
        criterion="bic",
        feature_names=None,
        title=None,
        random_state=None,
    ):
        # All that can be wrong is said before the first fit, which takes a while.
        names = check_feature_names(feature_names, X)
        self._X = check_two_features(X, "KChooser")
        rng = check_rng(random_state)
        check_choice(criterion, "criterion", CRITERIA)
        n_init_held_out = check_integer(n_init_held_out, "n_init_held_out", 1)
        if len(self._X) < check_integer(n_folds, "n_folds", 2):
            raise ValueError(
                f"X has {len(self._X)} rows, too few for n_folds={n_folds} parts; use "
                f"more points or at most {len(self._X)} folds."
            )
        options = {"reg_covar": reg_covar, "tol": tol, "max_iter": max_iter}
        how = {"rng": rng, "n_init": n_init} | options
        self._table = _fit_all(self._X, n_components, covariance_types, **how)
        # Always the same folds, so that mixtures differ in their merit only.
        seed = int(rng.integers(2**31))
        how = {"rng": seed, "n_init": n_init_held_out, "n_folds": n_folds} | options
        self._why_not = _add_held_out(self._table, self._X, **how)
        K, covariance_type = self._best_by(self._check_criterion(criterion))
        super().__init__(
            n_components=K,
            covariance_type=covariance_type,
            criterion=criterion,
            _scene=self._pack_scene(names, title),
        )

    @property
    def table(self):
        """All that was fitted: the rows of `selection.sweep`, and `held_out`.

        The components of each mixture are sorted by the first feature of their means.
        """
        return self._table.copy()

    @property
    def chosen(self):
        """The row of the table that is chosen."""
        return self._row(self.n_components, self.covariance_type)

    @property
    def mixture(self):
        """The mixture that is chosen."""
        return self.chosen.mixture

    @property
    def best(self):
        """K and covariance type of the best mixture under the criterion."""
        return self._best_by(self.criterion)

    def go_to_best(self):
        """Choose the best mixture under the criterion.

        Examples
        --------
        >>> X = np.random.default_rng(0).normal(size=(60, 2)) + [[0, 0], [9, 9]] * 30
        >>> chooser = KChooser(X, range(1, 4), ["full"], random_state=0)
        >>> chooser.n_components = 1
        >>> chooser.go_to_best()
        >>> chooser.n_components
        2
        """
        with self.hold_sync():
            self.n_components, self.covariance_type = self.best

    def to_film_strip(self):
        """Draw the criterion's curves, and the best fit between its neighbors.

        Returns
        -------
        matplotlib.figure.Figure
            It belongs to no pyplot window, so there is nothing to close.

        Examples
        --------
        >>> X = np.random.default_rng(0).normal(size=(60, 2)) + [[0, 0], [9, 9]] * 30
        >>> chooser = KChooser(X, range(1, 4), ["full"], random_state=0)
        >>> len(chooser.to_film_strip().axes)
        4
        """
        near = self._neighbors()
        with rc_context(STRIP_STYLE):
            figure = Figure(figsize=(4.4 + 2.75 * len(near), 3.5), layout="constrained")
            left, *panels = figure.subplots(
                1, 1 + len(near), width_ratios=[1.5] + [1] * len(near)
            )
            self._draw_curves(left)
            for ax, K in zip(panels, near, strict=True):
                self._draw_fit(ax, K)
                ax.sharex(panels[0])
                ax.sharey(panels[0])
                ax.tick_params(labelsize=13, labelleft=ax is panels[0])
            panels[0].set_ylabel(self._scene["labels"][1])
        return figure

    def alt_text(self):
        """Say in words what the film strip shows.

        Returns
        -------
        str
        """
        (K, covariance_type), table = self.best, self._table
        values = sorted(int(value) for value in table.n_components.unique())
        fits = ", ".join(
            f"K = {K} ({self._spell_value(self._row(K, covariance_type))})"
            for K in self._neighbors()
        )
        others = " and ".join(
            f"{NAMES[name]} prefers {_spell(*self._best_by(name))}"
            for name in self._usable()
            if name != self.criterion
        )
        return (
            f"{NAMES[self.criterion]} of Gaussian mixtures fitted to {len(self._X)} "
            f"points, K from {values[0]} to {values[-1]}, one curve for each "
            f"covariance type: {', '.join(table.covariance_type.unique())}. The best "
            f"is {_spell(K, covariance_type)}. Beside the curves, the fits of this "
            f"type with {fits}, as ellipses on the colored points. {others}."
        )

    def __repr__(self):
        """Name the size of the problem; no address, so that notebooks compare equal."""
        n_values, n_types = self._table[["n_components", "covariance_type"]].nunique()
        return (
            f"KChooser({len(self._X)} points, {n_values} value{'s' * (n_values > 1)} "
            f"of K, {n_types} covariance type{'s' * (n_types > 1)})"
        )

    # --- traits -------------------------------------------------------------------

    @validate("n_components")
    def _validate_n_components(self, proposal):
        fitted = sorted(map(int, self._table.n_components.unique()))
        K = or_trait_error(check_integer, proposal["value"], "n_components", 1)
        if K not in fitted:
            raise TraitError(
                f"n_components must be one of those fitted, "
                f"{', '.join(map(str, fitted))}, but it is {K}; make a KChooser with "
                f"n_components=[…, {K}] to fit it too."
            )
        return K

    @validate("covariance_type")
    def _validate_covariance_type(self, proposal):
        fitted = list(self._table.covariance_type.unique())
        try:
            return check_choice(proposal["value"], "covariance_type", fitted)
        except ValueError as error:
            raise TraitError(
                f"{error} Only these were fitted; name more of them in "
                f"covariance_types when you make a KChooser."
            ) from error

    @validate("criterion")
    def _validate_criterion(self, proposal):
        return or_trait_error(self._check_criterion, proposal["value"])

    def _check_criterion(self, criterion):
        check_choice(criterion, "criterion", CRITERIA)
        if criterion not in self._usable():
            raise ValueError(
                f"criterion must be 'bic' or 'aic' here, since no mixture has a "
                f"held-out log-likelihood: {self._why_not[0]}"
            )
        return criterion

    # --- what was fitted ------------------------------------------------------------

    def _usable(self):
        return [name for name in CRITERIA if self._table[name].notna().any()]

    def _row(self, K, covariance_type):
        table = self._table
        is_it = (table.n_components == K) & (table.covariance_type == covariance_type)
        return table[is_it].iloc[0]

    def _best_by(self, criterion):
        values = self._table[criterion]
        at = values.idxmax() if criterion == "held_out" else values.idxmin()
        row = self._table.loc[at]
        return int(row.n_components), str(row.covariance_type)

    def _neighbors(self):
        """Return the best K and, where they exist, the next lower and higher."""
        values = sorted(int(value) for value in self._table.n_components.unique())
        at = values.index(self.best[0])
        return values[max(at - 1, 0) : at + 2]

    def _spell_value(self, row):
        if np.isnan(row[self.criterion]):
            return "no value"
        decimals = 3 if self.criterion == "held_out" else 1
        return f"{row[self.criterion]:.{decimals}f}".replace("-", "−")

    # --- the still pictures -----------------------------------------------------------

    def _draw_curves(self, ax):
        best_K, best_type = self.best
        low, high = _visible_range(self._table[self.criterion], self.criterion)
        room = (high - low) * 0.2 or 1
        ax.set_ylim(low - room, high + room)
        groups = self._table.groupby("covariance_type", sort=False)
        for (name, rows), style in zip(groups, CURVES, strict=False):
            is_best = name == best_type
            strength = {"alpha": 1, "linewidth": 2.6} if is_best else {"alpha": 0.6}
            style = {"color": "black", "linewidth": 1.5, "markersize": 6} | style
            ax.plot(rows.n_components, rows[self.criterion], **style | strength)
        best = self._row(best_K, best_type)[self.criterion]
        ax.plot(best_K, best, "o", ms=15, mfc="none", mec="black", mew=2)
        # Toward where no curves lie.
        up = self.criterion == "held_out"
        where = {"xytext": (0, 12 if up else -24), "textcoords": "offset points"}
        first = best_K == self._table.n_components.min()
        side = "left" if first else "center"
        ax.annotate("best", (best_K, best), **where, ha=side, fontweight="bold")
        self._name_curves(ax, groups)
        name = NAMES[self.criterion].removesuffix(" log-likelihood per point")
        ax.set(xlabel="K", ylabel=f"{name}, {'higher' if up else 'lower'} is better")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.tick_params(labelsize=13)

    def _name_curves(self, ax, groups):
        """Write each type behind the end of its curve, and none upon another."""
        low, high = ax.get_ylim()
        ends = groups[self.criterion].last().dropna().sort_values()
        gap, floor = 0.09 * (high - low), low
        # So far down that there is room for all who come after.
        roofs = high - gap * np.arange(len(ends))[::-1]
        for (name, end), roof in zip(ends.items(), roofs, strict=True):
            arrow = "↑ " if end > high else "↓ " if end < low else ""
            y = min(max(end, floor), roof)
            floor = y + gap
            weight = "bold" if name == self.best[1] else "normal"
            where = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
            style = {"va": "center", "fontsize": 12, "fontweight": weight}
            ax.annotate(f" {arrow}{name}", (1, y), **where, **style)

    def _draw_fit(self, ax, K):
        row = self._row(K, self.best[1])
        draw_points(ax, self._X, e_step(self._X, row.mixture), s=12)
        limits = ax.axis()
        draw_mixture(ax, row.mixture)
        # A wide ellipse may leave the picture; the points fill it.
        ax.axis(limits)
        title = _spell(K, row.covariance_type)
        ax.set_title(f"{title}\n{self._spell_value(row)}")
        ax.set_xlabel(self._scene["labels"][0])

    # --- what the browser receives ------------------------------------------------

    def _pack_scene(self, names, title):
        # The browser works in units of the data's range.
        center = (self._X.min(axis=0) + self._X.max(axis=0)) / 2
        size = np.ptp(self._X, axis=0)
        scale = np.where(size > 0, size, 1)
        table, mixtures = self._table, self._table.mixture
        values = {name: as_float64(table[name]) for name in CRITERIA}
        values["seen"] = as_float64(table.log_likelihood / len(self._X))
        return {
            "points": as_float32((self._X - center) / scale),
            "center": center.tolist(),
            "scale": scale.tolist(),
            "labels": names,
            "title": title or "",
            "colors": list(COLORS),
            # One entry for each row of the table.
            "n_components": table.n_components.tolist(),
            "covariance_types": table.covariance_type.tolist(),
            "n_parameters": table.n_parameters.tolist(),
            "values": values,
            "why_not": self._why_not,
            "ranges": {
                name: _visible_range(table[name], name) for name in self._usable()
            },
            # One entry for each component of each mixture.
            "weights": as_float64(np.concatenate([m.weights for m in mixtures])),
            "means": as_float64(
                np.concatenate([(m.means - center) / scale for m in mixtures])
            ),
            "covariances": as_float64(
                np.concatenate(
                    [m.covariances / np.outer(scale, scale) for m in mixtures]
                )
            ),
        }


def _fit_all(X, n_components, covariance_types, **how):
    """Make the table of all fits, without doubles, K rising within each type."""
    try:
        table = sweep(X, n_components, covariance_types, **how)
    except (EmptyComponentError, SingularCovarianceError) as error:
        raise ValueError(
            f"one of the mixtures cannot be fitted to X: {count_from_one(str(error))}"
        ) from error
    table["mixture"] = [mixture.sorted() for mixture in table.mixture]
    table = table.drop_duplicates(["covariance_type", "n_components"])
    order = {name: i for i, name in enumerate(table.covariance_type.unique())}
    return table.sort_values(
        ["covariance_type", "n_components"],
        key=lambda column: column.map(lambda value: order.get(value, value)),
        ignore_index=True,
    )


def _add_held_out(table, X, **how):
    """Add the column `held_out`; return for each row why it has no value, or ''."""
    values, why_not = [], []
    for K, covariance_type in zip(
        table.n_components, table.covariance_type, strict=True
    ):
        value, reason = np.nan, ""
        try:
            value = held_out_log_likelihood(
                X, int(K), covariance_type=covariance_type, **how
            )
        # The arguments are sound, for the fits to all points have succeeded.
        except ValueError as error:
            reason = (
                f"with a part of the points held out, {_spell(K, covariance_type)} "
                f"cannot be fitted to the others: {count_from_one(str(error))}"
            )
        values.append(value)
        why_not.append(reason)
    table.insert(table.columns.get_loc("mixture"), "held_out", values)
    return why_not


def _visible_range(values, criterion):
    """Say from where to where curves are worth seeing; the rest is off the scale."""
    values = np.asarray(values.dropna(), dtype=float)
    best = values.max() if criterion == "held_out" else values.min()
    miss = np.abs(values - best)
    shown = values[miss <= FAR_OFF * np.quantile(miss, 0.25)]
    if len(shown) < 2 or np.ptp(shown) == 0:
        shown = values
    return [float(shown.min()), float(shown.max())]


def _spell(K, covariance_type):
    return f"K = {K}, {covariance_type}"
