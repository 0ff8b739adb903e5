"""The responsibility explorer in JupyterLab: dragged, nudged, and shrunk to hard."""

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

KIND = "responsibility"
CELL = """\
import numpy as np
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets import ResponsibilityExplorer

means = [[0.0, 0.0], [4.0, 0.0], [2.0, 3.0]]
covariances = [np.eye(2), [[2.0, 0.5], [0.5, 1.0]], 0.25 * np.eye(2)]
mixture = Mixture([0.2, 0.5, 0.3], means, covariances)
X, _ = mixture.sample(150, rng=0)
widget = ResponsibilityExplorer(mixture, X, point=[1.5, 0.8])
widget
"""
RESPONSIBILITIES = "widget.responsibilities.tolist()"
COMPONENTS = 3


@pytest.fixture(scope="module")
def opened(jupyter_server, page):
    lab = open_cell(jupyter_server, page, CELL, KIND)
    yield lab
    assert not lab.errors, "\n".join(lab.errors)
    assert not lab.strangers, "\n".join(lab.strangers)


@pytest.fixture
def lab(opened):
    opened.execute("home = widget._scene['home']")
    opened.execute("widget.scale, widget.means = home['scale'], home['means']")
    opened.execute("widget.point = home['point']")
    opened.part("stage").scroll_into_view_if_needed()
    opened.settled()
    return opened


def numbers(lab, kind):
    return lab.widget.locator(f".gmm-{kind}").all_inner_texts()


def assert_numbers_are_pythons(lab):
    """Compare every bar's number with what the package computes."""
    expected = [f"{share:.2f}" for share in lab.kernel(RESPONSIBILITIES)]
    wait_until(lambda: numbers(lab, "posterior") == expected, "the posterior is shown")
    assert numbers(lab, "prior") == ["0.20", "0.50", "0.30"]
    shown = [float(text.replace("−", "-")) for text in numbers(lab, "likelihood")]
    likelihoods = np.exp(lab.kernel("widget.log_likelihoods.tolist()"))
    np.testing.assert_allclose(shown, likelihoods, rtol=0.06, atol=1e-300)
    assert lab.part("score-value").inner_text().endswith(max(expected))
    assert lab.part("entropy").inner_text().startswith(f"Entropy {entropy(lab):.2f}")


def entropy(lab):
    return lab.kernel("widget.entropy")


def test_at_first_the_numbers_are_pythons(lab):
    assert_numbers_are_pythons(lab)


def test_dragging_the_point_asks_about_another_place(lab):
    before, place = lab.settled(), lab.kernel("widget.point")
    x, y = center(lab.handle(COMPONENTS))
    drag(lab, COMPONENTS, x + 110, y - 40, steps=6)
    wait_until(lambda: lab.kernel("widget.point") != place, "Python hears of it")
    assert lab.settled() != before
    moved = center(lab.handle(COMPONENTS))
    assert moved == pytest.approx((x + 110, y - 40), abs=2)
    assert lab.kernel("widget.means == home['means']")
    assert_numbers_are_pythons(lab)


def test_dragging_a_component_moves_its_mean(lab):
    before = lab.settled()
    x, y = center(lab.handle(0))
    drag(lab, 0, x + 60, y - 60, steps=6)
    wait_until(lambda: lab.kernel("widget.means != home['means']"), "it is heard")
    assert lab.settled() != before
    first, *others = lab.kernel("widget.means")
    assert first[0] > 0.3
    assert first[1] > 0.3
    assert others == [[4.0, 0.0], [2.0, 3.0]]
    assert_numbers_are_pythons(lab)


def test_a_click_brings_the_point_there(lab):
    box = lab.part("stage").bounding_box()
    place = box["x"] + 90, box["y"] + 60
    lab.page.mouse.click(*place)
    wait_until(lambda: lab.kernel("widget.point != home['point']"), "it comes")
    lab.settled()
    assert center(lab.handle(COMPONENTS)) == pytest.approx(place, abs=2)


def test_arrow_keys_move_the_point_and_a_component(lab):
    lab.page.evaluate("jupyterapp.commands.execute('notebook:enter-command-mode')")
    label = lab.handle(COMPONENTS).get_attribute("aria-label")
    lab.handle(COMPONENTS).press("ArrowRight")
    lab.handle(COMPONENTS).press("Shift+ArrowUp")
    lab.handle(1).press("ArrowLeft")
    wait_until(lambda: lab.kernel("widget.means[1][0] < 4"), "a component moves")
    x, y = lab.kernel("widget.point")
    assert x > 1.5
    assert y > 0.8
    assert lab.handle(COMPONENTS).get_attribute("aria-label") != label
    assert_numbers_are_pythons(lab)


def test_the_slider_leads_from_soft_to_hard(lab):
    soft = lab.settled()
    slider = lab.part("scrub").locator("input")
    slider.fill("30")
    wait_until(lambda: abs(lab.kernel("widget.scale") - 0.09) < 1e-9, "it is narrower")
    assert_numbers_are_pythons(lab)
    slider.fill("0")
    wait_until(lambda: lab.kernel("widget.scale") == 0, "it is hard")
    assert "Hard: 1 takes all" in lab.part("headline").inner_text()
    assert numbers(lab, "posterior") == ["1.00", "0.00", "0.00"]
    assert numbers(lab, "likelihood") == ["nearest", "farther", "farther"]
    assert lab.kernel(RESPONSIBILITIES) == [1.0, 0.0, 0.0]
    hard = lab.settled()
    assert all(one != other for one, other in zip(soft, hard, strict=True))


def test_keys_change_the_scale(lab):
    lab.part("stage").focus()
    lab.page.keyboard.press("[")
    wait_until(lambda: lab.kernel("widget.scale") < 1, "it shrinks")
    lab.page.keyboard.press("PageUp")
    wait_until(lambda: lab.kernel("widget.scale") == 1, "it widens")


def test_python_moves_the_picture_and_a_button_leads_back(lab):
    before, reset = lab.settled(), lab.part("reset")
    assert reset.is_disabled()
    lab.execute("widget.point = [1e6, -1e6]; widget.scale = 0.01")
    wait_until(lambda: "for sure" in lab.part("headline").inner_text(), "it is shown")
    assert_numbers_are_pythons(lab)
    assert lab.settled() != before
    reset.click()
    wait_until(lambda: lab.kernel("widget.point == home['point']"), "it is back")
    assert lab.kernel("widget.scale") == 1
    assert_numbers_are_pythons(lab)


def test_everything_that_takes_focus_keeps_its_keys(lab):
    assert_own_keys(lab)


def test_axe_finds_no_barrier(lab):
    assert_no_barrier(lab, least_texts=10)
