"""The covariance explorer in JupyterLab: dragged, moved by keyboard, and read off."""

import numpy as np
import pytest
from browser.lab import (
    assert_no_barrier,
    assert_own_keys,
    center,
    drag,
    open_cell,
    wait_until,
)

pytestmark = pytest.mark.browser

KIND = "covariance"
CELL = """\
from gmm_from_scratch.widgets.covariance_explorer import CovarianceExplorer

widget = CovarianceExplorer()
widget
"""
TRAITS = "widget.mean, widget.covariance, widget.probe"
CENTER, LONG, SHORT, PROBE = range(4)


@pytest.fixture(scope="module")
def opened(jupyter_server, page):
    lab = open_cell(jupyter_server, page, CELL, KIND, "covariance_explorer")
    lab.execute(f"initial = {TRAITS}")
    return lab


@pytest.fixture
def lab(opened, tmp_path):
    """Return the open notebook with its explorer as it was at first."""
    opened.execute(f"{TRAITS} = initial")
    opened.part("stage").scroll_into_view_if_needed()
    opened.settled()
    yield opened
    opened.page.screenshot(path=tmp_path / "after.png")
    assert not opened.errors, "\n".join(opened.errors)
    assert not opened.strangers, "\n".join(opened.strangers)


def traits(lab):
    return [np.array(values) for values in lab.kernel(f"[{TRAITS}]")]


def read(text):
    """Return the number that a text shows, and half a unit of its last digit."""
    text = text.replace("−", "-").replace("°", "")
    digits, _, exponent = text.partition("e")
    decimals = len(digits.partition(".")[2])
    return float(text), 0.501 * 10.0 ** (int(exponent or 0) - decimals)


def shown(lab):
    """Return the texts of all numbers: the headline's, in the tables, in Σ and in μ."""
    first = lab.part("score-value").locator("> span")
    rest = lab.widget.locator(".gmm-facts td:not(:empty), .gmm-bracket span")
    return first.all_inner_texts() + rest.all_inner_texts()


TRUTH = """[
    widget.mahalanobis_distance,
    *widget.covariance[0], *widget.covariance[1], *widget.mean,
    widget.correlation, widget.determinant,
    widget.eigenvalues[0], widget.axes[0][0], widget.angle,
    widget.eigenvalues[1], widget.axes[0][1], widget.angle + 90,
    __import__("math").dist(widget.mean, widget.probe),
    widget.mahalanobis_distance, widget.log_density, widget.density,
]"""


def assert_readout_is_true(lab):
    """Check every number that is shown against Python's, to the last digit shown."""

    def is_true():
        numbers, truth = map(read, shown(lab)), lab.kernel(TRUTH)
        return all(
            abs(number - value) <= half
            for (number, half), value in zip(numbers, truth, strict=True)
        )

    wait_until(is_true, "the numbers in the browser are Python's")


def test_it_is_shown_with_its_numbers_and_not_the_picture(lab):
    output = lab.page.locator(".jp-OutputArea-output", has=lab.part("stage"))
    assert output.locator("img").count() == 0
    assert lab.part("headline").inner_text().startswith("Wide, tilted up: ")
    assert "ρ = 0.57" in lab.part("count").inner_text()
    assert_readout_is_true(lab)
    name = lab.part("stage").get_attribute("aria-label")
    for share in ("39.3", "86.5", "98.9"):
        assert share in name
    assert lab.part("matrix").get_attribute("aria-label") == (
        "Covariance Σ, first row 2.00, 0.80, second row 0.80, 1.00"
    )


def test_dragging_the_center_moves_the_mean_alone(lab):
    before, (_, covariance, probe) = lab.settled(), traits(lab)
    tip = center(lab.handle(LONG))
    x, y = center(lab.handle(CENTER))
    drag(lab, CENTER, x + 30, y - 20, steps=5)
    wait_until(lambda: lab.kernel("widget.mean[0]") > 0.1, "the mean follows")
    after = lab.settled()
    assert after[1] != before[1]
    assert after[0] == before[0], "the view stands still, since all is inside"
    moved = np.subtract(center(lab.handle(LONG)), tip)
    np.testing.assert_allclose(moved, [30, -20], atol=0.1)
    (u, v), now, still = traits(lab)
    # Units are equal: a pixel to the right is as much as a pixel up.
    assert u / v == pytest.approx(30 / 20, rel=1e-3)
    np.testing.assert_array_equal(now, covariance)
    np.testing.assert_array_equal(still, probe)
    assert_readout_is_true(lab)


@pytest.mark.parametrize(("k", "other"), [(LONG, SHORT), (SHORT, LONG)])
def test_dragging_a_tip_sets_its_eigenvalue_and_turns_both_axes(lab, k, other):
    before, (mean, covariance, _) = lab.settled(), traits(lab)
    kept = np.linalg.eigvalsh(covariance)[0 if k == LONG else 1]
    middle, tip = center(lab.handle(CENTER)), center(lab.handle(k))
    length = np.sqrt(np.linalg.eigvalsh(covariance)[1 if k == LONG else 0])
    unit = length / np.hypot(*np.subtract(tip, middle))
    drag(lab, k, middle[0] + 95, middle[1] + 55, steps=6)
    wait_until(lambda: traits(lab)[1][0, 1] < 0, "the covariance follows")
    after = lab.settled()
    assert after[1] != before[1]
    covariance = traits(lab)[1]
    along = unit * np.array([95, -55])
    set_to = along @ along
    values = sorted([set_to, kept])
    np.testing.assert_allclose(np.linalg.eigvalsh(covariance), values, rtol=1e-3)
    np.testing.assert_allclose(covariance @ along, set_to * along, rtol=1e-3)
    # The other handle lies across, where it should by its own standard deviation.
    across = np.subtract(center(lab.handle(other)), center(lab.handle(CENTER)))
    assert across @ [95, 55] == pytest.approx(0, abs=20)
    np.testing.assert_allclose(traits(lab)[0], mean)
    assert_readout_is_true(lab)


def test_axes_may_swap_their_order_without_a_jump(lab):
    x, y = center(lab.handle(CENTER))
    tip, fixed = center(lab.handle(SHORT)), center(lab.handle(LONG))
    beyond = [x + 2.6 * (tip[0] - x), y + 2.6 * (tip[1] - y)]
    lab.page.mouse.move(*tip)
    lab.page.mouse.down()
    lab.page.mouse.move(*beyond, steps=8)
    lab.settled()
    assert "long axis" in lab.handle(SHORT).get_attribute("aria-label")
    np.testing.assert_allclose(center(lab.handle(SHORT)), beyond, atol=1)
    np.testing.assert_allclose(center(lab.handle(LONG)), fixed, atol=1)
    lab.page.mouse.up()


def test_a_tip_at_the_center_leaves_a_positive_definite_covariance(lab):
    drag(lab, SHORT, *center(lab.handle(CENTER)), steps=4)
    long = lab.kernel("initial[1]")
    wait_until(lambda: traits(lab)[1].tolist() != long, "the covariance follows")
    eigenvalues = np.linalg.eigvalsh(traits(lab)[1])
    assert eigenvalues[0] > 0.01
    assert eigenvalues[1] == pytest.approx(np.linalg.eigvalsh(long)[1])
    assert_readout_is_true(lab)


def test_dragging_the_probe_and_clicking_measure_elsewhere(lab):
    before, (mean, covariance, _) = lab.settled(), traits(lab)
    drag(lab, PROBE, *center(lab.handle(LONG)), steps=5)
    wait_until(lambda: lab.kernel("widget.probe[0]") > 0, "the probe follows")
    assert lab.settled()[1] != before[1]
    # On the tip of an axis, it is one standard deviation away.
    assert lab.kernel("widget.mahalanobis_distance") == pytest.approx(1, abs=0.01)
    assert "39." in lab.part("change").inner_text()
    assert_readout_is_true(lab)
    x, y = center(lab.handle(CENTER))
    lab.page.mouse.click(x + 120, y + 90)
    wait_until(lambda: lab.kernel("widget.probe[1]") < -1, "the probe comes")
    np.testing.assert_allclose(center(lab.handle(PROBE)), [x + 120, y + 90], atol=1)
    np.testing.assert_array_equal(traits(lab)[0], mean)
    np.testing.assert_array_equal(traits(lab)[1], covariance)
    label = lab.handle(PROBE).get_attribute("aria-label")
    assert f"distance {lab.kernel('widget.mahalanobis_distance'):.3g}" in label


def test_arrow_keys_move_tips_and_probe(lab):
    active = "jupyterapp.shell.currentWidget.content.activeCellIndex"
    lab.page.evaluate("jupyterapp.commands.execute('notebook:enter-command-mode')")
    cell = lab.page.evaluate(active)
    _, covariance, probe = traits(lab)
    label = lab.handle(LONG).get_attribute("aria-label")
    lab.handle(LONG).focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowDown"):
        lab.page.keyboard.press(key)
    wait_until(lambda: traits(lab)[1][0, 1] < covariance[0, 1] - 0.3, "it turns")
    now = traits(lab)[1]
    assert np.linalg.eigvalsh(now)[0] == pytest.approx(
        np.linalg.eigvalsh(covariance)[0]
    )
    assert lab.handle(LONG).get_attribute("aria-label") != label
    lab.handle(PROBE).focus()
    lab.page.keyboard.press("Shift+ArrowLeft")
    lab.page.keyboard.press("ArrowUp")
    wait_until(lambda: traits(lab)[2][1] > probe[1], "the probe moves")
    (left, _), (up, _) = (traits(lab)[2] - probe)[[0, 1], None].repeat(2, 1)
    assert left < 0 < up
    assert -left > 3 * up
    assert lab.page.evaluate(active) == cell, "the notebook took the arrow keys"
    assert_readout_is_true(lab)
    spoken, words = lab.part("spoken"), lab.part("count").inner_text()
    assert "ρ = 0.57" not in words
    wait_until(lambda: words in spoken.inner_text(), "it is said")


def test_the_view_widens_once_a_drag_has_ended_and_not_before(lab):
    before, stage = lab.settled(), lab.part("stage").bounding_box()
    lab.page.mouse.move(*center(lab.handle(CENTER)))
    lab.page.mouse.down()
    lab.page.mouse.move(stage["x"] - 300, stage["y"] - 300, steps=6)
    held = lab.settled()
    assert held[0] == before[0], "the view stands still"
    for k in range(4):
        box = lab.handle(k).bounding_box()
        assert stage["x"] <= box["x"]
        assert stage["y"] <= box["y"]
    lab.page.mouse.up()
    wait_until(lambda: lab.settled()[0] != held[0], "the view widens")
    lab.part("reset").click()
    wait_until(lambda: lab.settled() == before, "the view is the first again")


def test_back_to_the_first_ellipse_by_keyboard(lab):
    before, reset = lab.settled(), lab.part("reset")
    assert reset.is_disabled()
    lab.handle(LONG).press("Shift+ArrowUp")
    lab.handle(CENTER).press("ArrowRight")
    reset.focus()
    lab.page.keyboard.press("Enter")
    wait_until(lambda: lab.kernel(f"[{TRAITS}] == [*initial]"), "it is back")
    assert reset.is_disabled()
    assert "gmm-center" in lab.page.evaluate("document.activeElement.className")
    assert lab.settled() == before


def test_python_moves_the_picture_and_is_refused_what_is_no_covariance(lab):
    before = lab.settled()
    lab.execute("widget.covariance = [[1, -0.97], [-0.97, 1]]")
    headline = lab.part("headline")
    wait_until(lambda: "falling" in headline.inner_text(), "it is said")
    now = lab.settled()
    assert now[1] != before[1]
    assert_readout_is_true(lab)
    lab.execute("""
try:
    widget.covariance = [[1, 2], [2, 1]]
except Exception as error:
    refusal = f"{type(error).__name__}: {error}"
""")
    assert "TraitError: covariance must be positive" in lab.kernel("refusal")
    assert lab.kernel("widget.covariance") == [[1, -0.97], [-0.97, 1]]
    assert lab.settled() == now
    lab.execute("widget.mean = [1000, 1000]; widget.probe = [1000, 1001]")
    wait_until(lambda: lab.settled()[0] != now[0], "the view follows")
    assert_readout_is_true(lab)
    lab.execute("widget.covariance = [[3, 0], [0, 3]]")
    wait_until(lambda: "Round" in headline.inner_text(), "it is said")
    assert lab.widget.get_by_role("cell", name="any", exact=True).count() == 2


def test_everything_that_takes_focus_keeps_its_keys(lab):
    assert_own_keys(lab)


def test_axe_finds_no_barrier(lab):
    assert_no_barrier(lab)
