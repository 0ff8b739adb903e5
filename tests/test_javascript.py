"""The widgets' JavaScript: linted, each widget one module, its functions tested."""

import json
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from strategies import random_mixture

from gmm_from_scratch import em, gaussian, widgets
from gmm_from_scratch.widgets.base import CourseWidget, read_text

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "gmm_from_scratch" / "widgets"
TESTS = sorted((ROOT / "tests" / "browser").glob("*.test.mjs"))
WIDGETS = [
    item
    for item in map(widgets.__dict__.get, widgets.__all__)
    if isinstance(item, type) and issubclass(item, CourseWidget)
]
# What needs no browser, and is tested under Node.
PURE = ("drawing.js", "gaussian.js")


@pytest.fixture(scope="module")
def node():
    path = shutil.which("node")
    if path is None:
        pytest.skip("There is no Node here: install it to test the JavaScript.")
    return path


def run(*command, cwd):
    result = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_biome_has_nothing_to_say():
    biome = shutil.which("biome", path=sysconfig.get_path("scripts"))
    if biome is None:
        pytest.skip("There is no Biome here: it comes with the tests on Linux, x86-64.")
    run(biome, "lint", "--error-on-warnings", FOLDER, ROOT / "tests", cwd=ROOT)


def test_there_are_widgets():
    assert [item.__name__ for item in WIDGETS] == sorted(
        item.__name__ for item in WIDGETS
    )
    assert len(WIDGETS) >= 2


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_widget_reaches_the_browser_as_one_module(widget, node, tmp_path):
    source = str(widget._esm)
    assert not re.search(r"^import ", source, re.MULTILINE)
    assert source.count("export default") == 1
    assert "http" not in source.replace("http://www.w3.org/2000/svg", "")
    (tmp_path / "widget.mjs").write_text(source, encoding="utf-8")
    run(node, "--check", "widget.mjs", cwd=tmp_path)


def write_pure_modules(folder):
    for name in PURE:
        source = read_text(name)
        (folder / name).with_suffix(".mjs").write_text(source, encoding="utf-8")


@pytest.mark.parametrize("test", TESTS, ids=lambda path: path.name)
def test_functions_under_node(test, node, tmp_path):
    write_pure_modules(tmp_path)
    shutil.copy(test, tmp_path)
    run(node, "--test", test.name, cwd=tmp_path)


CALCULATE = """
import * as g from "./gaussian.mjs";
import { readFileSync } from "node:fs";
const { points, weights, means, covariances } = JSON.parse(readFileSync("in.json"));
const compact = covariances.map(([[xx, xy], [, yy]]) => [xx, xy, yy]);
const each = (call) =>
  points.map((x) => means.map((m, k) => call(x, m, compact[k], k)));
const joint = each((x, m, c, k) => Math.log(weights[k]) + g.logDensity(x, m, c));
console.log(JSON.stringify({
  distances: each(g.mahalanobisDistance),
  densities: each(g.logDensity),
  responsibilities: joint.map(g.responsibilities),
  totals: joint.map(g.logSumExp),
  axes: compact.map(g.principalAxes),
  inside: [1, 2, 3].map(g.probabilityInside),
  correlations: compact.map(g.correlation),
  again: compact.map((c) => {
    const { variances, angle } = g.principalAxes(c);
    return g.covarianceFrom(variances.map(Math.sqrt), angle);
  }),
}));
"""


@pytest.mark.parametrize("seed", range(5))
def test_the_browser_computes_what_the_package_computes(seed, node, tmp_path):
    rng = np.random.default_rng(seed)
    mixture = random_mixture(rng, 3, 2)
    X, _ = mixture.sample(20, rng)
    X[:3] *= 50
    parts = {n: getattr(mixture, n) for n in ("weights", "means", "covariances")}
    given = {"points": X} | parts
    given = {name: value.tolist() for name, value in given.items()}
    write_pure_modules(tmp_path)
    (tmp_path / "in.json").write_text(json.dumps(given), encoding="utf-8")
    (tmp_path / "run.mjs").write_text(CALCULATE, encoding="utf-8")
    found = json.loads(run(node, "run.mjs", cwd=tmp_path))

    def agrees(name, expected):
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-12)

    pairs = list(zip(mixture.means, mixture.covariances, strict=True))
    for name, call in [
        ("distances", gaussian.mahalanobis_distance),
        ("densities", gaussian.log_density),
    ]:
        agrees(name, np.transpose([call(X, *pair) for pair in pairs]))
    agrees("responsibilities", em.e_step(X, mixture))
    agrees("totals", mixture.log_density(X))
    agrees("inside", [gaussian.probability_inside(n, 2) for n in (1, 2, 3)])
    for axes, covariance in zip(found["axes"], mixture.covariances, strict=True):
        values = np.linalg.eigvalsh(covariance)[::-1]
        np.testing.assert_allclose(axes["variances"], values, rtol=1e-9)
        direction = [np.cos(axes["angle"]), np.sin(axes["angle"])]
        along = covariance @ direction
        np.testing.assert_allclose(along, values[0] * np.array(direction), rtol=1e-6)
    compact = mixture.covariances.reshape(3, 4)[:, [0, 1, 3]]
    agrees("again", compact)
    sds = np.sqrt(compact[:, [0, 2]])
    agrees("correlations", compact[:, 1] / sds.prod(axis=1))
