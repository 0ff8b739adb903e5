"""The responsibility explorer's Python side: Bayes' rule, soft and hard."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from scipy.stats import multivariate_normal
from strategies import random_mixture, seeds
from traitlets import TraitError

from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets.responsibility_explorer import ResponsibilityExplorer


@pytest.fixture
def mixture():
    return Mixture(
        [0.2, 0.5, 0.3],
        [[0.0, 0.0], [4.0, 0.0], [2.0, 3.0]],
        [np.eye(2), [[2.0, 0.5], [0.5, 1.0]], 0.25 * np.eye(2)],
    )


@pytest.fixture
def explorer(mixture):
    return ResponsibilityExplorer(mixture, point=[1.5, 0.5])


@given(seeds, st.integers(1, 5), st.floats(1e-3, 1.0))
def test_responsibilities_are_bayes_rule_in_scipys_words(seed, K, scale):
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, K, 2)
    point = rng.normal(scale=3, size=2)
    explorer = ResponsibilityExplorer(mixture, point=point, scale=scale)
    logs = [
        multivariate_normal(mean, scale * covariance).logpdf(point)
        for mean, covariance in zip(mixture.means, mixture.covariances, strict=True)
    ]
    np.testing.assert_allclose(explorer.log_likelihoods, logs, rtol=1e-8, atol=1e-8)
    joint = np.log(mixture.weights) + logs
    expected = np.exp(joint - joint.max())
    expected /= expected.sum()
    np.testing.assert_allclose(explorer.responsibilities, expected, atol=1e-9)
    entropy = -np.sum(expected * np.log(np.where(expected > 0, expected, 1)))
    assert explorer.entropy == pytest.approx(entropy, abs=1e-7)


@given(seeds, st.integers(2, 5))
def test_scale_0_is_the_limit_of_small_scales(seed, K):
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, K, 2)
    explorer = ResponsibilityExplorer(mixture, point=rng.normal(scale=3, size=2))
    explorer.scale = 1e-6
    almost = explorer.responsibilities
    explorer.scale = 0
    np.testing.assert_allclose(explorer.responsibilities, almost, atol=1e-6)
    assert explorer.responsibilities.sum() == pytest.approx(1)


def test_a_tie_is_shared_as_in_the_limit():
    covariances = [np.diag([1.0, 1.0]), np.diag([1.0, 16.0])]
    mixture = Mixture([0.4, 0.6], [[0.0, 0.0], [2.0, 0.0]], covariances)
    explorer = ResponsibilityExplorer(mixture, point=[1.0, 0.0], scale=0)
    # π |Σ|^−½ is 0.4 / 1 and 0.6 / 4.
    np.testing.assert_allclose(explorer.responsibilities, np.array([8, 3]) / 11)
    explorer.scale = 1e-4
    np.testing.assert_allclose(explorer.responsibilities, np.array([8, 3]) / 11)


def test_who_has_no_weight_is_never_asked():
    covariances = [np.eye(2)] * 2
    mixture = Mixture([1.0, 0.0], [[0.0, 0.0], [4.0, 0.0]], covariances)
    explorer = ResponsibilityExplorer(mixture, point=[3.9, 0.0])
    for scale in (1.0, 0.01, 0):
        explorer.scale = scale
        assert explorer.responsibilities.tolist() == [1.0, 0.0]
    explorer.scale = 1.0
    assert explorer.likelihoods[1] > explorer.likelihoods[0]


def test_the_first_point_is_undecided_but_no_tie(mixture):
    explorer = ResponsibilityExplorer(mixture)
    assert explorer.entropy > 0.3
    explorer.scale = 0
    assert explorer.entropy == 0


def test_the_alt_text_knows_a_tie():
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [4.0, 0.0]], [np.eye(2)] * 2)
    tie = ResponsibilityExplorer(mixture, point=[2.0, 0.0])
    assert "components 1 and 2 share it" in tie.alt_text()
    tie.point = [1.9, 0.0]
    assert "component 1 takes all" in tie.alt_text()


def test_far_away_nothing_underflows(explorer):
    explorer.point = [1e6, -1e6]
    for scale in (1.0, 1e-6, 0):
        explorer.scale = scale
        assert explorer.responsibilities.sum() == pytest.approx(1)
        assert np.isfinite(explorer.entropy)


def test_means_move_and_weights_and_covariances_stay(explorer, mixture):
    explorer.means = mixture.means + 1
    explorer.scale = 0.5
    current = explorer.current_mixture
    np.testing.assert_allclose(current.means, mixture.means + 1)
    np.testing.assert_allclose(current.weights, mixture.weights)
    np.testing.assert_allclose(current.covariances, mixture.covariances / 2)


def test_at_scale_0_there_is_no_mixture(explorer):
    explorer.scale = 0
    with pytest.raises(ValueError, match="shrunk to points"):
        _ = explorer.current_mixture


def test_what_is_sent_decodes_to_what_was_given(mixture):
    X = load_old_faithful()
    scene = ResponsibilityExplorer(mixture, X)._scene
    points = np.frombuffer(scene["points"], "<f8").reshape(-1, 2)
    np.testing.assert_array_equal(points, X)
    assert scene["labels"] == list(X.columns)
    for (xx, xy, yy), covariance in zip(
        scene["covariances"], mixture.covariances, strict=True
    ):
        np.testing.assert_array_equal([[xx, xy], [xy, yy]], covariance)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("point", [1.0, np.nan], "NaN"),
        ("point", [1.0], r"shape \(2,\)"),
        ("point", "here", "point"),
        ("means", [[0.0, 0.0]], r"shape \(3, 2\)"),
        ("means", None, "means"),
        ("scale", -0.1, "scale"),
        ("scale", 1.5, "between 0 .hard. and 1"),
        ("scale", "half", "scale"),
        ("scale", 1e-9, "or 0 for the limit"),
        ("point", [1e200, 0.0], "widths of the picture"),
        ("means", [[1e200, 0.0]] * 3, "widths of the picture"),
        ("scale", np.nan, "scale"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(explorer, name, value, words):
    before = explorer.point, explorer.means, explorer.scale
    with pytest.raises(TraitError, match=words):
        setattr(explorer, name, value)
    assert (explorer.point, explorer.means, explorer.scale) == before


def test_careless_input_is_refused_in_a_sentence(mixture):
    three = Mixture([1.0], [[0.0, 0.0, 0.0]], [np.eye(3)])
    for arguments, error, words in [
        (([[0, 0]],), TypeError, "must be a Mixture"),
        ((three,), ValueError, "3 features"),
        ((mixture, np.ones((4, 3))), ValueError, "choose two"),
        ((mixture, [[1.0, np.nan]]), ValueError, "NaN"),
    ]:
        with pytest.raises(error, match=words):
            ResponsibilityExplorer(*arguments)
    for options, words in [
        ({"point": [1, 2, 3]}, "point must have shape"),
        ({"scale": 2}, "between 0"),
        ({"feature_names": "ab"}, "two labels"),
    ]:
        with pytest.raises(ValueError, match=words):
            ResponsibilityExplorer(mixture, **options)


def test_lists_tables_and_one_component_are_welcome(mixture):
    ResponsibilityExplorer(mixture, [[0, 0], [1, 2]])
    table = pd.DataFrame({"a": [0, 1], "b": [2, 4]})
    explorer = ResponsibilityExplorer(mixture, table)
    assert explorer._scene["labels"] == ["a", "b"]
    one = ResponsibilityExplorer(Mixture([1.0], [[3.0, 4.0]], [np.eye(2)]))
    assert one.point == [4.0, 5.0]
    assert one.responsibilities.tolist() == [1.0]
    assert one.entropy == 0
    assert repr(one) == "ResponsibilityExplorer(1 component)"


def test_the_output_carries_a_picture_with_alt_text(explorer):
    before = plt.get_fignums()
    data, metadata = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert (
        data["text/plain"] == repr(explorer) == "ResponsibilityExplorer(3 components)"
    )
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(data["image/png"]) < 60_000
    alt = metadata["image/png"]["alt"]
    for k, share in enumerate(explorer.responsibilities, 1):
        assert f"{k}: {share:.2f}" in alt
    assert plt.get_fignums() == before


def test_the_film_strip_runs_from_soft_to_hard(explorer):
    titles = [ax.get_title() for ax in explorer.to_film_strip().axes]
    assert titles[:4] == ["Σ × 1", "Σ × 0.3", "Σ × 0.05", "Σ → 0: hard"]
