"""The K chooser in JupyterLab: chosen by key, by click and by control."""

import pytest
from browser.lab import assert_no_barrier, assert_own_keys, open_cell, wait_until

pytestmark = pytest.mark.browser

KIND = "chooser"
CELL = """\
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.widgets.k_chooser import KChooser

widget = KChooser(
    load_old_faithful(),
    range(1, 6),
    n_init=3,
    n_init_held_out=1,
    feature_names=["eruption (min)", "waiting (min)"],
    random_state=1,
)
widget
"""
CHOICE = "[widget.n_components, widget.covariance_type]"
START = (
    "widget.n_components, widget.covariance_type, widget.criterion = 3, 'full', 'bic'"
)
# What the browser writes, as Python computes it from its table.
READOUT = """(lambda row, best: [
    f"K = {row.n_components}, {row.covariance_type}: {row.n_parameters} parameters",
    f"{row.bic:.1f}",
    f"{row.bic - best.bic:.1f} above the best, "
    f"K = {best.n_components}, {best.covariance_type}"
    if row.bic > best.bic else f"the best of {len(widget.table)}",
])(widget.chosen, widget.table.loc[widget.table.bic.idxmin()])"""


@pytest.fixture(scope="module")
def opened(jupyter_server, page):
    return open_cell(jupyter_server, page, CELL, KIND)


@pytest.fixture
def lab(opened):
    """Return the open notebook with its widget as it was at first."""
    opened.execute(START)
    opened.part("stage").scroll_into_view_if_needed()
    wait_until(lambda: text(opened, "headline").startswith("K = 3, full"), "start")
    opened.settled()
    yield opened
    assert not opened.errors, "\n".join(opened.errors)
    assert not opened.strangers, "\n".join(opened.strangers)


def text(lab, name):
    return lab.part(name).inner_text().replace("\u00a0", " ")


def value_shown(lab):
    return lab.part("score-value").locator("span").inner_text()


def wait_for_choice(lab, K, covariance_type):
    """Wait for a choice, and compare what is written with Python's table."""
    wanted = [K, covariance_type]
    wait_until(lambda: lab.kernel(CHOICE) == wanted, f"{wanted} is chosen")
    headline, value, change = lab.kernel(READOUT)
    wait_until(lambda: text(lab, "headline") == headline, headline)
    assert value_shown(lab) == value
    assert text(lab, "change") == change


def test_the_widget_is_shown_and_not_the_picture(lab):
    output = lab.page.locator(".jp-OutputArea-output", has=lab.part("stage"))
    assert output.locator("img").count() == 0
    wait_for_choice(lab, 3, "full")


@pytest.mark.parametrize("panel", ["stage", "curves"])
def test_keys_choose_k_and_type(lab, panel):
    before = lab.pixels()
    lab.part(panel).focus()
    for key, *choice in [
        ("ArrowRight", 4, "full"),
        ("PageDown", 5, "full"),
        ("ArrowRight", 5, "full"),
        ("ArrowDown", 5, "tied"),
        ("ArrowLeft", 4, "tied"),
        ("PageUp", 3, "tied"),
        ("ArrowUp", 3, "full"),
        ("ArrowUp", 3, "full"),
    ]:
        lab.page.keyboard.press(key)
        wait_for_choice(lab, *choice)
    assert lab.settled() == before
    assert lab.page.locator(".jp-mod-editMode").count() == 0


def test_another_k_recolors_points_moves_gaussians_and_marks_the_curve(lab):
    before = lab.settled()
    lab.part("stage").focus()
    lab.page.keyboard.press("ArrowRight")
    wait_for_choice(lab, 4, "full")
    after = lab.settled()
    assert all(one != other for one, other in zip(before, after, strict=True))
    name = lab.part("stage").get_attribute("aria-label").replace("\u00a0", " ")
    assert "K = 4, full: 23 parameters" in name
    spoken = lab.part("spoken")
    wait_until(lambda: "23 parameters" in spoken.inner_text(), "it is said")


# In the browser: the pixel of a mixture among the points of the first canvas.
COLORS_AT = """(widget, [x, y]) => {
    const canvas = widget.querySelector(".gmm-stage canvas");
    const ratio = canvas.width / canvas.clientWidth;
    const { left, right, top, bottom } = {
        left: 50, top: 32, right: canvas.clientWidth - 10,
        bottom: canvas.clientHeight - 52 };
    const px = left + (x + 0.62) / 1.24 * (right - left);
    const py = bottom - (y + 0.62) / 1.24 * (bottom - top);
    const at = [Math.round(px * ratio), Math.round(py * ratio)];
    return [...canvas.getContext("2d").getImageData(...at, 1, 1).data].slice(0, 3);
}"""
# The place of the point that lies most alone, and its color by Python's own E-step.
LONELY = """
import numpy as _np
from gmm_from_scratch import em as _em
from gmm_from_scratch.plotting import blend_colors as _blend
_X = widget._X
_at = (_X - (_X.min(0) + _X.max(0)) / 2) / _np.ptp(_X, axis=0)
_gaps = _np.linalg.norm(_at[:, None] - _at, axis=2) + 9 * _np.eye(len(_X))
lonely = int(_gaps.min(axis=1).argmax())
def color_of(n):
    r = _em.e_step(_X, widget.mixture)[n:n + 1]
    return (255 * _blend(r)[0]).tolist()
"""


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_points_have_the_colors_of_pythons_responsibilities(lab, covariance_type):
    lab.execute(LONELY)
    lab.execute(f"widget.n_components, widget.covariance_type = 4, '{covariance_type}'")
    wait_for_choice(lab, 4, covariance_type)
    lab.settled()
    shown = lab.widget.evaluate(COLORS_AT, lab.kernel("_at[lonely].tolist()"))
    assert shown == pytest.approx(lab.kernel("color_of(lonely)"), abs=3)


def test_a_click_on_the_curves_chooses(lab):
    box = lab.part("curves").bounding_box()
    # Beside the values' axis, and at the upper edge, where what is off the scale lies.
    lab.page.mouse.click(box["x"] + 70, box["y"] + 40)
    wait_until(lambda: lab.kernel("widget.n_components") == 1, "the first K")
    lab.page.mouse.click(box["x"] + box["width"] - 110, box["y"] + 18)
    wait_for_choice(lab, 5, "spherical")


def test_the_criterion_can_be_switched(lab):
    before = lab.settled()
    held_out = lab.widget.get_by_role("button", name="Held-out")
    held_out.click()
    wait_until(lambda: lab.kernel("widget.criterion") == "held_out", "it is heard")
    assert held_out.get_attribute("aria-pressed") == "true"
    assert text(lab, "heading").endswith("higher is better")
    value = lab.kernel("f'{widget.chosen.held_out:.3f}'").replace("-", "−")
    assert value_shown(lab) == value
    after = lab.settled()
    assert after[:2] == before[:2]
    assert after[2] != before[2]
    lab.part("curves").focus()
    for key, criterion in [("1", "bic"), ("2", "aic"), ("3", "held_out"), ("c", "bic")]:
        lab.page.keyboard.press(key)
        heard = f"widget.criterion == '{criterion}'"
        wait_until(lambda heard=heard: lab.kernel(heard), key)
    assert text(lab, "heading") == "BIC, lower is better"
    assert lab.settled() == before


def test_the_table_shows_what_each_criterion_prefers(lab):
    rows = lab.part("criteria").locator("tbody tr").all_inner_texts()
    shown = [row.replace("\u00a0", " ").split("\t") for row in rows]
    expected = lab.kernel(
        """[[f"{row[name]:.{digits}f}".replace("-", "−"),
             f"{abs(row[name] - best[name]):.{digits}f}",
             f"K = {best.n_components}, {best.covariance_type}"]
            for row, table in [(widget.chosen, widget.table)]
            for name, digits, way in [
                ("bic", 1, "min"), ("aic", 1, "min"), ("held_out", 3, "max")]
            for best in [table.loc[getattr(table[name], "idx" + way)()]]]"""
    )
    assert [[cell.strip() for cell in row[1:]] for row in shown[:3]] == expected
    seen = lab.kernel("f'{widget.chosen.log_likelihood / 272:.3f}'")
    assert shown[3][1].strip() == seen.replace("-", "−")


def test_the_way_to_the_best_by_button_and_by_key(lab):
    best = lab.kernel("widget.best")
    button = lab.widget.get_by_role("button", name="Go to the best")
    button.click()
    wait_for_choice(lab, *best)
    wait_until(button.is_disabled, "there is nowhere to go")
    assert "gmm-stage" in lab.page.evaluate("document.activeElement.className")
    lab.page.keyboard.press("ArrowLeft")
    wait_until(button.is_enabled, "there is a way again")
    lab.page.keyboard.press("b")
    wait_for_choice(lab, *best)


def test_selects_choose_and_python_moves_the_picture(lab):
    before = lab.settled()
    lab.widget.locator("select").nth(0).select_option("2")
    wait_for_choice(lab, 2, "full")
    lab.widget.locator("select").nth(1).select_option("diag")
    wait_for_choice(lab, 2, "diag")
    chosen = lab.settled()
    assert chosen != before
    lab.execute("widget.n_components, widget.covariance_type = 3, 'full'")
    wait_for_choice(lab, 3, "full")
    assert lab.settled() == before
    assert lab.widget.locator("select").nth(0).input_value() == "3"


def test_everything_that_takes_focus_keeps_its_keys(lab):
    assert_own_keys(lab)


def test_axe_finds_no_barrier(lab):
    assert_no_barrier(lab)
