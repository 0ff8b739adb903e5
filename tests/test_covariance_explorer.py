"""The covariance explorer's Python side: what it says, sends, refuses and leaves."""

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.stats import multivariate_normal
from traitlets import TraitError

from gmm_from_scratch import gaussian
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.widgets.base import join_modules
from gmm_from_scratch.widgets.covariance_explorer import CovarianceExplorer

TRAITS = ("mean", "covariance", "probe", "presenting")
FLAT = [[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]
ELLIPSES = [
    ([0.0, 0.0], [[2.0, 0.8], [0.8, 1.0]], [-2.0, 1.0]),
    ([3.0, -1.0], [[1.0, -0.9], [-0.9, 1.5]], [0.0, 0.0]),
    ([1e6, 1e6], [[4.0, 0.0], [0.0, 9.0]], [1e6 + 1, 1e6]),
    ([0.0, 0.0], [[1e-4, 3e-4], [3e-4, 1e-2]], [0.01, 0.02]),
]


@pytest.fixture(scope="module")
def table():
    return load_old_faithful()


@pytest.fixture(scope="module", name="X")
def points(table):
    return table.to_numpy() / [1.0, 10.0]


@pytest.fixture
def explorer():
    return CovarianceExplorer()


def state_of(explorer):
    return {name: getattr(explorer, name) for name in TRAITS}


# --- What it says ---------------------------------------------------------------


@pytest.mark.parametrize(("mean", "covariance", "probe"), ELLIPSES)
def test_its_numbers_are_those_of_numpy_and_scipy(mean, covariance, probe):
    explorer = CovarianceExplorer(None, mean, covariance, probe=probe)
    truth = multivariate_normal(mean, covariance)
    eigenvalues = np.linalg.eigvalsh(covariance)[::-1]
    difference = np.subtract(probe, mean)
    squared = difference @ np.linalg.inv(covariance) @ difference
    np.testing.assert_allclose(explorer.eigenvalues, eigenvalues)
    assert explorer.mahalanobis_distance == pytest.approx(np.sqrt(squared))
    assert explorer.log_density == pytest.approx(truth.logpdf(probe))
    assert explorer.density == pytest.approx(truth.pdf(probe))
    assert explorer.determinant == pytest.approx(np.linalg.det(covariance))
    std = np.sqrt(np.diag(covariance))
    assert explorer.correlation == pytest.approx(covariance[0][1] / std.prod())


@pytest.mark.parametrize("covariance", [case[1] for case in ELLIPSES])
def test_its_axes_rebuild_the_covariance(covariance):
    explorer = CovarianceExplorer(covariance=covariance)
    half_lengths, directions = explorer.axes
    np.testing.assert_allclose(
        directions @ np.diag(half_lengths**2) @ directions.T, covariance, atol=1e-12
    )
    # A quarter turn leads from the long axis to the short one, and the angle to both.
    angle = np.radians(explorer.angle)
    assert -np.pi / 2 < angle <= np.pi / 2
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    np.testing.assert_allclose(directions, turn, atol=1e-12)


def test_the_numbers_follow_what_is_assigned(explorer):
    explorer.mean = (1, 1)
    explorer.covariance = np.diag([4, 25])
    explorer.probe = np.array([1, 11])
    assert explorer.mean == [1.0, 1.0]
    assert explorer.covariance == [[4.0, 0.0], [0.0, 25.0]]
    assert explorer.mahalanobis_distance == pytest.approx(2)
    assert explorer.angle == pytest.approx(90)
    explorer.covariance = pd.DataFrame([[1.0, 0.5], [0.5, 1.0]])
    assert explorer.correlation == pytest.approx(0.5)


def test_what_the_browser_sends_is_taken_over(explorer):
    explorer.set_state({"covariance": [[3.0, 1.0], [1.0, 2.0]], "probe": [0.5, 0.25]})
    assert explorer.covariance == [[3.0, 1.0], [1.0, 2.0]]
    assert explorer.probe == [0.5, 0.25]


def test_points_are_fitted_by_maximum_likelihood(X, table):
    explorer = CovarianceExplorer(X)
    mean, covariance = gaussian.maximum_likelihood(X)
    np.testing.assert_allclose(explorer.mean, mean)
    np.testing.assert_allclose(explorer.covariance, covariance)
    elsewhere = CovarianceExplorer(X, [0, 0], [[1, 0], [0, 1]])
    assert elsewhere.mean == [0.0, 0.0]
    assert elsewhere.covariance == [[1.0, 0.0], [0.0, 1.0]]
    for one in (explorer, elsewhere):
        assert one._scene["home_is_fit"]
        np.testing.assert_allclose(one._scene["home"]["mean"], mean)
        np.testing.assert_allclose(one._scene["home"]["covariance"], covariance)
    assert CovarianceExplorer(table)._scene["labels"] == ["eruptions", "waiting"]


def test_points_without_a_shape_need_a_covariance():
    for X in (FLAT, FLAT[:1], [FLAT[1]] * 9):
        with pytest.raises(ValueError, match="on a line or at one place"):
            CovarianceExplorer(X)
        explorer = CovarianceExplorer(X, covariance=[[1, 0], [0, 1]])
        np.testing.assert_allclose(explorer.mean, np.mean(X, axis=0))
        assert not explorer._scene["home_is_fit"]
        assert explorer._scene["home"]["covariance"] == [[1.0, 0.0], [0.0, 1.0]]


def test_what_is_sent_decodes_to_the_points(X):
    sent = np.frombuffer(CovarianceExplorer(X)._scene["points"], "<f8").reshape(-1, 2)
    np.testing.assert_array_equal(sent, X)
    assert CovarianceExplorer()._scene["points"] == b""
    json.dumps({key: v for key, v in CovarianceExplorer()._scene.items() if v != b""})


# --- What it refuses ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("covariance", [[1, 2], [2, 1]], "smallest eigenvalue is -1; both variances"),
        ("covariance", [[1, 1], [1, 1]], "positive definite"),
        ("covariance", [[0, 0], [0, 1]], "positive definite"),
        ("covariance", [[-1, 0], [0, 1]], "positive definite"),
        ("covariance", [[1, 0.5], [0, 1]], "symmetric"),
        ("covariance", [[1, np.nan], [np.nan, 1]], "NaN"),
        ("covariance", np.eye(3), r"shape \(2, 2\)"),
        ("covariance", [1, 1], r"shape \(2, 2\)"),
        ("covariance", 1.0, r"shape \(2, 2\)"),
        ("covariance", "round", "numbers"),
        ("covariance", [[1e160, 0], [0, 1]], "larger units"),
        ("covariance", [[1e-160, 0], [0, 1e-160]], "smaller units"),
        ("covariance", None, "shape"),
        ("mean", [0, np.inf], "infinity"),
        ("mean", [0, 0, 0], r"shape \(2,\)"),
        ("mean", ["a", "b"], "numbers"),
        ("mean", [1e200, 0], "larger units"),
        ("probe", [[0, 0]], r"shape \(2,\)"),
        ("probe", None, "shape"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(explorer, name, value, words):
    before = state_of(explorer)
    with pytest.raises(TraitError, match=words) as refused:
        setattr(explorer, name, value)
    assert name in str(refused.value)
    assert state_of(explorer) == before
    # In place of None, the constructor chooses a value.
    if value is not None:
        with pytest.raises((TypeError, ValueError), match=words):
            CovarianceExplorer(**{name: value})


def test_careless_points_and_names_are_refused_in_a_sentence(X):
    for points, words in [
        (np.full((5, 2), np.nan), "NaN"),
        (np.ones((5, 3)), "choose two"),
        (X[:, 0], "shape"),
        ([], "shape"),
    ]:
        with pytest.raises(ValueError, match=words):
            CovarianceExplorer(points)
    with pytest.raises(TypeError, match="numbers"):
        CovarianceExplorer([["a", "b"]])
    with pytest.raises(ValueError, match="two labels"):
        CovarianceExplorer(feature_names="ab")


# --- What it leaves where no browser is -----------------------------------------


def test_the_repr_names_the_gaussian_and_no_address(explorer, X):
    text = "mean=[0, 0], covariance=[[2, 0.8], [0.8, 1]])"
    assert repr(explorer) == f"CovarianceExplorer({text}"
    assert repr(CovarianceExplorer(X)).startswith("CovarianceExplorer(272 points, mean")
    standardized = (X - X.mean(axis=0)) / X.std(axis=0)
    assert "mean=[0, 0]" in repr(CovarianceExplorer(standardized))


def test_the_output_carries_a_picture_with_alt_text(explorer, X):
    for one in (explorer, CovarianceExplorer(X)):
        data, metadata = one._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in data
        assert data["text/plain"] == repr(one)
        assert data["image/png"].startswith(b"\x89PNG")
        assert len(data["image/png"]) < 60_000
        alt = metadata["image/png"]["alt"]
        assert "hold 39.3 %, 86.5 % and 98.9 %" in alt
        assert f"{one.mahalanobis_distance:.3g} standard deviations" in alt
        for value in np.sqrt(one.eigenvalues):
            assert f"{value:.3g}" in alt


def test_the_picture_tells_four_stories(explorer):
    figure = explorer.to_film_strip()
    titles = " ".join(ax.get_title() for ax in figure.axes)
    for words in ("√λ₁ = 1.56", "√λ₂ = 0.746", "2.02 away", "2.55 σ", "before 0.57"):
        assert words in titles
    labels = [text.get_text() for text in figure.axes[1].texts]
    assert labels == ["1σ 39.3 %", "2σ 86.5 %", "3σ 98.9 %"]
    for ax in figure.axes:
        assert ax.get_aspect() == 1.0
        assert np.ptp(ax.get_xlim()) == pytest.approx(np.ptp(ax.get_ylim()))


def test_the_last_picture_turns_what_is_tilted_level_and_what_is_level_up(explorer):
    def title():
        return explorer.to_film_strip().axes[3].get_title()

    assert title() == "Turned to 0°, the same λ:\nρ is 0.00, before 0.57"
    explorer.covariance = [[4, 0], [0, 1]]
    assert title() == "Turned to 45°, the same λ:\nρ is 0.60, before 0.00"


def test_a_probe_on_the_center_and_a_circle_can_be_drawn():
    explorer = CovarianceExplorer(covariance=[[1, 0], [0, 1]], probe=[0, 0])
    assert explorer.mahalanobis_distance == 0
    assert len(explorer._film_strip_png()) < 60_000


def test_no_figure_stays_open_and_no_style_is_changed(explorer):
    before, style = plt.get_fignums(), dict(plt.rcParams)
    explorer._repr_mimebundle_()
    assert plt.get_fignums() == before
    assert dict(plt.rcParams) == style


# --- What the browser runs ------------------------------------------------------


def test_the_javascript_reaches_the_browser_as_one_module():
    source = join_modules(
        "drawing.js", "gaussian.js", "view.js", "covariance_explorer.js"
    )
    assert CovarianceExplorer._esm == source
    assert "import" not in [line.split(" ")[0] for line in source.splitlines()]
    assert source.count("export default") == 1
    assert "http" not in source.replace("http://www.w3.org/2000/svg", "")


# The browser computes what follows the pointer; here its formulas meet Python's.
FORMULAS = """
const { axes, distance, log, rho, det, back } = JSON.parse(process.argv[2]).reduce(
  (all, [mean, [[xx, xy], [, yy]], probe]) => {
    const covariance = [xx, xy, yy];
    const { variances, angle } = principalAxes(covariance);
    all.axes.push([...variances, (angle * 180) / Math.PI]);
    all.distance.push(mahalanobisDistance(probe, mean, covariance));
    all.log.push(logDensity(probe, mean, covariance));
    all.rho.push(correlation(covariance));
    all.det.push(determinant(covariance));
    all.back.push(covarianceFrom(variances.map(Math.sqrt), angle));
    return all;
  }, { axes: [], distance: [], log: [], rho: [], det: [], back: [] });
const inside = [1, 2, 3].map(probabilityInside);
console.log(JSON.stringify({ axes, distance, log, rho, det, back, inside }));
"""


def test_the_formulas_in_javascript_agree_with_the_package(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("There is no Node here: install it to test the JavaScript.")
    module = tmp_path / "formulas.mjs"
    script = join_modules("gaussian.js") + FORMULAS
    module.write_text(script, encoding="utf-8")
    command = [node, str(module), json.dumps(ELLIPSES)]
    found = json.loads(subprocess.check_output(command, timeout=60))
    for i, (mean, covariance, probe) in enumerate(ELLIPSES):
        python = CovarianceExplorer(None, mean, covariance, probe=probe)
        axes = [*python.eigenvalues, python.angle]
        np.testing.assert_allclose(found["axes"][i], axes)
        assert found["distance"][i] == pytest.approx(python.mahalanobis_distance)
        assert found["log"][i] == pytest.approx(python.log_density)
        assert found["rho"][i] == pytest.approx(python.correlation)
        assert found["det"][i] == pytest.approx(python.determinant)
        (xx, xy), (_, yy) = covariance
        np.testing.assert_allclose(found["back"][i], [xx, xy, yy], atol=1e-12)
    inside = [gaussian.probability_inside(n, n_features=2) for n in (1, 2, 3)]
    np.testing.assert_allclose(found["inside"], inside)
