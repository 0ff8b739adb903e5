"""The chooser's Python side: what it fits, sends, refuses and leaves behind."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.mixture import GaussianMixture
from traitlets import TraitError

from gmm_from_scratch import selection
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.em import e_step
from gmm_from_scratch.widgets.k_chooser import KChooser, _visible_range

TYPES = ["full", "spherical"]
QUICK = {"n_init": 2, "n_init_held_out": 1, "n_folds": 3, "random_state": 0}
STATE = ("n_components", "covariance_type", "criterion", "presenting")


@pytest.fixture(scope="module", name="X")
def points():
    return load_old_faithful().to_numpy()


@pytest.fixture(scope="module")
def made(X):
    return KChooser(X, range(1, 5), TYPES, **QUICK)


@pytest.fixture
def chooser(made):
    made.criterion = "bic"
    made.go_to_best()
    return made


def few_points():
    """Nine points of which a third held out leave six: too few for K = 8."""
    return np.random.default_rng(3).normal(size=(9, 2)) * [1, 30] + [1000, -5]


def test_the_table_holds_the_packages_criteria(X, chooser):
    table = chooser.table
    assert table.n_components.tolist() == [1, 2, 3, 4] * 2
    assert table.covariance_type.tolist() == ["full"] * 4 + ["spherical"] * 4
    for row in table.itertuples():
        log_likelihood = row.mixture.log_likelihood(X)
        p = row.n_parameters
        assert row.log_likelihood == pytest.approx(log_likelihood)
        assert row.aic == pytest.approx(selection.aic(log_likelihood, p))
        assert row.bic == pytest.approx(selection.bic(log_likelihood, p, len(X)))
        assert (np.diff(row.mixture.means[:, 0]) > 0).all()
    table.loc[:, "bic"] = 0
    assert (chooser.table.bic > 0).all()


def test_scikit_learn_computes_the_same_criteria(X, chooser):
    for row in chooser.table.itertuples():
        mixture = row.mixture
        other = GaussianMixture(mixture.n_components)
        other.weights_, other.means_ = mixture.weights, mixture.means
        other.covariance_type = row.covariance_type
        if row.covariance_type == "spherical":
            other.precisions_cholesky_ = mixture.covariances[:, 0, 0] ** -0.5
        else:
            # Its factors are upper triangular, NumPy's lower ones.
            factors = np.linalg.cholesky(mixture.covariances)
            other.precisions_cholesky_ = np.linalg.inv(factors).transpose(0, 2, 1)
        assert row.bic == pytest.approx(other.bic(X))
        assert row.aic == pytest.approx(other.aic(X))
        assert row.log_likelihood == pytest.approx(len(X) * other.score(X))


def test_the_held_out_column_is_the_packages_with_the_same_folds_for_all(X):
    rng = np.random.default_rng(0)
    expected = selection.sweep(X, range(1, 3), TYPES, rng=rng, n_init=2)
    seed = int(rng.integers(2**31))
    held_out = [
        selection.held_out_log_likelihood(
            X, K, rng=seed, n_folds=3, n_init=1, covariance_type=covariance_type
        )
        for covariance_type in TYPES
        for K in (1, 2)
    ]
    table = KChooser(X, range(1, 3), TYPES, **QUICK).table
    np.testing.assert_array_equal(table.held_out, held_out)
    columns = [name for name in expected if name != "mixture"]
    assert table[columns].equals(expected[columns])


def test_choosing_takes_the_row_of_the_table(chooser):
    assert (chooser.n_components, chooser.covariance_type) == chooser.best
    chooser.n_components, chooser.covariance_type = 4, "spherical"
    row = chooser.table.iloc[7]
    assert chooser.mixture is row.mixture
    assert chooser.chosen.bic == row.bic
    chooser.go_to_best()
    assert chooser.chosen.bic == chooser.table.bic.min()


def test_best_follows_the_criterion(chooser):
    table = chooser.table
    for criterion, at in [
        ("aic", table.aic.idxmin()),
        ("held_out", table.held_out.idxmax()),
        ("bic", table.bic.idxmin()),
    ]:
        chooser.criterion = criterion
        row = table.loc[at]
        assert chooser.best == (row.n_components, row.covariance_type)


def test_numbers_of_a_table_can_be_assigned(chooser):
    chooser.n_components = chooser.table.n_components[0]
    assert type(chooser.n_components) is int
    assert chooser.n_components == 1


def test_order_and_doubles_do_not_matter(X):
    mixed = KChooser(X, iter([3, 1, 3]), ["tied", "full", "tied"], **QUICK)
    assert mixed.table.n_components.tolist() == [1, 3, 1, 3]
    assert mixed.table.covariance_type.tolist() == ["tied", "tied", "full", "full"]


def test_old_faithful_opens_where_bic_is_best_and_the_criteria_disagree(X):
    chooser = KChooser(X, random_state=1)
    assert len(chooser.table) == 32
    assert (chooser.n_components, chooser.covariance_type) == (3, "tied")
    assert chooser.chosen.bic == pytest.approx(2314.4, abs=0.5)
    chooser.criterion = "aic"
    assert chooser.best[0] > 3


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("n_components", 9, "one of those fitted, 1, 2, 3, 4, but it is 9"),
        ("n_components", 0, "at least 1"),
        ("n_components", "two", "whole number"),
        ("n_components", True, "whole number"),
        ("n_components", 2.0, "whole number"),
        ("n_components", None, "whole number"),
        ("covariance_type", "tied", "'full', 'spherical', but it is 'tied'"),
        ("covariance_type", 3, "must be one of"),
        ("criterion", "BIC", "'bic', 'aic', 'held_out', but it is 'BIC'"),
        ("criterion", None, "must be one of"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(chooser, name, value, words):
    before = [getattr(chooser, trait) for trait in STATE]
    with pytest.raises(TraitError, match=words):
        setattr(chooser, name, value)
    assert [getattr(chooser, trait) for trait in STATE] == before


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ([np.ones((5, 3))], {}, ValueError, "choose two"),
        ([np.ones(5)], {}, ValueError, "shape"),
        ([[[1, 2], [np.nan, 3]]], {}, ValueError, "NaN"),
        ([[["a", "b"]]], {}, TypeError, "real numbers"),
        ([None, [4, 300]], {}, ValueError, "fewer than n_components=300"),
        ([None, 3], {}, TypeError, "list of values"),
        ([None, []], {}, ValueError, "empty"),
        ([None, [0]], {}, ValueError, "at least 1"),
        ([None, [1.5]], {}, TypeError, "whole number"),
        ([None, [1], "full"], {}, TypeError, "list of values"),
        ([None, [1], ["round"]], {}, ValueError, "must be one of"),
        ([None], {"criterion": "best"}, ValueError, "'held_out', but it is 'best'"),
        ([None], {"n_folds": 1}, ValueError, "n_folds must be at least 2"),
        ([None], {"n_folds": 300}, ValueError, "at most 272 folds"),
        ([None], {"n_init": 0}, ValueError, "n_init"),
        ([None], {"n_init_held_out": 0}, ValueError, "n_init_held_out"),
        ([None], {"reg_covar": -1}, ValueError, "reg_covar"),
        ([None], {"feature_names": "ab"}, ValueError, "two labels"),
        ([None], {"random_state": "x"}, TypeError, "rng"),
    ],
)
def test_careless_input_is_refused_in_a_sentence(X, arguments, options, error, words):
    arguments = [X if arguments[0] is None else arguments[0], *arguments[1:]]
    with pytest.raises(error, match=words):
        KChooser(*arguments, **options)


def test_points_on_a_line_are_refused_with_a_remedy():
    X = [[i, i] for i in range(20)]
    with pytest.raises(ValueError, match=r"cannot be fitted to X: .*component 1.*reg"):
        KChooser(X, [1], reg_covar=0.0)


def test_a_fold_too_small_leaves_a_gap_and_says_why():
    chooser = KChooser(few_points(), [1, 8], TYPES, **QUICK)
    assert chooser.table.held_out.isna().tolist() == [False, True, False, True]
    first, second, *_ = chooser._scene["why_not"]
    assert first == ""
    assert "K = 8, full" in second
    assert "6 rows" in second
    chooser.criterion = "held_out"
    assert chooser.best[0] == 1
    assert "K = 8 (no value)" in chooser.alt_text()
    chooser._repr_mimebundle_()


def test_where_no_fold_can_be_fitted_the_criterion_is_refused():
    with pytest.raises(ValueError, match="no mixture has a held-out .* 6 rows"):
        KChooser(few_points(), [8], criterion="held_out", **QUICK)
    chooser = KChooser(few_points(), [8], **QUICK)
    with pytest.raises(TraitError, match="'bic' or 'aic' here"):
        chooser.criterion = "held_out"
    assert set(chooser._scene["ranges"]) == {"bic", "aic"}
    assert "held-out" not in chooser.alt_text()
    chooser._repr_mimebundle_()


def test_what_lies_far_off_does_not_flatten_the_curves(chooser):
    for criterion in ("bic", "aic", "held_out"):
        values = chooser.table[criterion]
        low, high = _visible_range(values, criterion)
        best = values.max() if criterion == "held_out" else values.min()
        assert best in (low, high)
        assert (high - low) < 0.8 * np.ptp(values)
        assert values.between(low, high).sum() >= 3
    one = chooser.table.bic[:1]
    assert _visible_range(one, "bic") == [one[0], one[0]]


def test_what_is_sent_decodes_to_the_truth(X, chooser):
    scene, table = chooser._scene, chooser.table
    center, scale = np.array(scene["center"]), np.array(scene["scale"])
    points = np.frombuffer(scene["points"], "<f4").reshape(-1, 2)
    np.testing.assert_allclose(points * scale + center, X, rtol=1e-6)
    for name in ("bic", "aic", "held_out"):
        sent = np.frombuffer(scene["values"][name])
        np.testing.assert_array_equal(sent, table[name])
    seen = np.frombuffer(scene["values"]["seen"])
    np.testing.assert_allclose(seen * len(X), table.log_likelihood)
    assert scene["n_parameters"] == table.n_parameters.tolist()
    weights = np.frombuffer(scene["weights"])
    means = np.frombuffer(scene["means"]).reshape(-1, 2) * scale + center
    covariances = np.frombuffer(scene["covariances"]).reshape(-1, 2, 2)
    covariances = covariances * np.outer(scale, scale)
    first = 0
    for mixture in table.mixture:
        part = slice(first, first + mixture.n_components)
        first = part.stop
        np.testing.assert_allclose(weights[part], mixture.weights)
        np.testing.assert_allclose(means[part], mixture.means)
        np.testing.assert_allclose(covariances[part], mixture.covariances)
    assert first == len(weights)


def test_units_do_not_change_responsibilities(X, chooser):
    scale = np.array(chooser._scene["scale"])
    mixture = chooser.mixture
    scaled = mixture.rescaled(1 / scale, [0, 0])
    np.testing.assert_allclose(e_step(X / scale, scaled), e_step(X, mixture))


def test_five_thousand_points_weigh_less_than_100_kilobytes():
    X = np.random.default_rng(0).normal(size=(5000, 2))
    scene = KChooser(X, [1, 2], ["full"], **QUICK, max_iter=3)._scene
    sent = [value for value in scene.values() if isinstance(value, bytes)]
    assert sum(map(len, [*sent, *scene["values"].values()])) < 100_000


def test_tables_lists_and_equal_points_are_welcome(X):
    table = load_old_faithful()
    options = {"n_components": [1], "covariance_types": ["full"], **QUICK}
    assert KChooser(table, **options)._scene["labels"] == ["eruptions", "waiting"]
    assert KChooser(X.tolist(), **options)._scene["labels"] == ["x₁", "x₂"]
    named = KChooser(table, feature_names=["a", "b"], title="Geyser", **options)
    assert (named._scene["labels"], named._scene["title"]) == (["a", "b"], "Geyser")
    equal = KChooser([[1, 2]] * 9, **options)
    equal._repr_mimebundle_()


def test_the_same_seed_gives_the_same_table(X):
    options = {"n_components": [2, 3], "covariance_types": ["full"], **QUICK}
    one, other = (KChooser(X, **options).table for _ in range(2))
    assert one.drop(columns="mixture").equals(other.drop(columns="mixture"))


def test_the_repr_names_sizes_and_no_address(chooser):
    assert repr(chooser) == "KChooser(272 points, 4 values of K, 2 covariance types)"


def test_the_output_carries_a_picture_with_alt_text(chooser):
    data, metadata = chooser._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(chooser)
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(data["image/png"]) < 60_000
    alt = metadata["image/png"]["alt"]
    K, covariance_type = chooser.best
    assert "272 points" in alt
    assert f"The best is K = {K}, {covariance_type}." in alt
    assert f"K = {K} ({chooser.table.bic.min():.1f})" in alt
    assert "AIC prefers" in alt


def test_the_film_strip_shows_the_best_and_its_neighbors(X, chooser):
    K = chooser.best[0]
    titles = [ax.get_title() for ax in chooser.to_film_strip().axes]
    shown = [title.split(",")[0] for title in titles[1:]]
    assert shown == [f"K = {k}" for k in (K - 1, K, K + 1)]
    single = KChooser(X, [2], ["full"], **QUICK)
    assert len(single.to_film_strip().axes) == 2
    chooser.criterion = "held_out"
    assert "higher is better" in chooser.to_film_strip().axes[0].get_ylabel()


def test_no_figure_stays_open_and_no_style_is_changed(chooser):
    before, style = plt.get_fignums(), dict(plt.rcParams)
    chooser._repr_mimebundle_()
    assert plt.get_fignums() == before
    assert dict(plt.rcParams) == style


def test_the_javascript_reaches_the_browser_as_one_module():
    source = str(KChooser._esm)
    assert "import" not in [line.split(" ")[0] for line in source.splitlines()]
    assert source.count("export default") == 1
    assert "http" not in source.replace("http://www.w3.org/2000/svg", "")
