"""What holds for every widget: presented, in little room, and in the dark."""

import importlib

import nbformat
import pytest
from browser.lab import KERNEL, Lab, assert_no_barrier, wait_until

pytestmark = pytest.mark.browser

MODULES = [
    importlib.import_module(f"browser.test_{name}_browser")
    for name in (
        "player",
        "comparison",
        "covariance_explorer",
        "responsibility_explorer",
        "lower_bound_explorer",
        "k_chooser",
    )
]
each = pytest.mark.parametrize("kind", [module.KIND for module in MODULES])


def as_cell(module):
    """Return the module's cell, with the widget under the name of its kind."""
    *code, name = module.CELL.strip().splitlines()
    code += [f"{module.KIND} = {name}", name]
    return nbformat.v4.new_code_cell("\n".join(code))


@pytest.fixture(scope="module")
def opened(jupyter_server, browser):
    cells = [as_cell(module) for module in MODULES]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.write(notebook, jupyter_server.root / "widgets.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    lab = Lab(page, jupyter_server)
    lab.open("widgets.ipynb")
    page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
    lab.run_all()
    yield lab
    page.close()
    assert not lab.errors, "\n".join(lab.errors)
    assert not lab.strangers, "\n".join(lab.strangers)


@pytest.fixture
def lab(opened, kind):
    opened.kind = kind
    opened.widget.wait_for()
    opened.widget.scroll_into_view_if_needed()
    opened.settled()
    return opened


# Text or controls that reach out of the widget, or are wider than the room they have.
CUT_OFF = """(widget) => {
    const edge = widget.getBoundingClientRect();
    return [...widget.querySelectorAll("*")].filter((node) => {
        if (node.closest(".gmm-spoken, .gmm-handle, svg")) return false;
        const { left, right, width } = node.getBoundingClientRect();
        const isOutside = width && (left < edge.left - 1 || right > edge.right + 1);
        const isTooWide = node.clientWidth && node.scrollWidth > node.clientWidth + 1;
        return isOutside || (isTooWide && !node.querySelector(".gmm-handle"));
    }).map((node) => node.className || node.tagName);
}"""
FONT_SIZE = "(node) => parseFloat(getComputedStyle(node).fontSize)"
IS_FULL = "() => document.fullscreenElement?.matches('.gmm-widget') ?? false"


@each
def test_nothing_is_cut_off(lab):
    assert lab.widget.evaluate(CUT_OFF) == []


@each
def test_presenting_is_large_and_nothing_is_cut_off(lab, kind):
    before = lab.settled()
    size = lab.part("headline").evaluate(FONT_SIZE)
    lab.part("present").click()
    wait_until(lambda: lab.page.evaluate(IS_FULL), "it fills the screen")
    assert lab.part("headline").evaluate(FONT_SIZE) > 1.5 * size
    assert lab.settled() != before
    assert lab.kernel(f"{kind}.presenting")
    assert lab.widget.evaluate(CUT_OFF) == []
    # A clicker's keys must reach the widget at once.
    assert lab.widget.evaluate("(widget) => widget.contains(document.activeElement)")
    lab.page.keyboard.press("p")
    wait_until(lambda: not lab.page.evaluate(IS_FULL), "it is back in the page")
    wait_until(lambda: not lab.kernel(f"{kind}.presenting"), "Python knows")
    assert lab.part("headline").evaluate(FONT_SIZE) == size


@each
def test_python_can_ask_for_large_type_too(lab, kind):
    size = lab.part("headline").evaluate(FONT_SIZE)
    lab.execute(f"{kind}.presenting = True")
    wait_until(lambda: lab.part("headline").evaluate(FONT_SIZE) > size, "it grows")
    assert not lab.page.evaluate(IS_FULL)
    lab.execute(f"{kind}.presenting = False")
    wait_until(lambda: lab.part("headline").evaluate(FONT_SIZE) == size, "it shrinks")


@pytest.fixture
def little_room(opened):
    opened.page.set_viewport_size({"width": 480, "height": 1000})
    yield
    opened.page.set_viewport_size({"width": 1280, "height": 1000})


@each
def test_in_little_room_nothing_is_cut_off(little_room, lab):
    wait_until(lambda: lab.widget.evaluate("(w) => w.clientWidth < 480"), "it adapts")
    lab.settled()
    assert lab.widget.evaluate(CUT_OFF) == []


# JupyterLab itself stumbles over a theme that is left while it still loads, so that
# from here on it is dark, and no other file of tests comes after this one.
DARKEST_PIXEL = """(widget) => {
    const canvas = widget.querySelector(".gmm-panel canvas");
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let darkest = 765;
    for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 255) continue;
        darkest = Math.min(darkest, data[i] + data[i + 1] + data[i + 2]);
    }
    return darkest;
}"""


@pytest.fixture(scope="module")
def dark(opened):
    command = "jupyterapp.commands.execute('apputils:change-theme', {theme: '%s'})"
    opened.page.evaluate(command % "JupyterLab Dark")
    # While a theme loads, this covers the page.
    opened.page.locator("#jupyterlab-splash").wait_for(state="detached")


def has_white_ink(lab):
    return 60 < lab.widget.evaluate(DARKEST_PIXEL) < 765


@each
def test_a_dark_theme_turns_the_ink_white(dark, lab):
    wait_until(lambda: has_white_ink(lab), "the ink is white")


@each
def test_axe_finds_no_barrier_in_the_dark(dark, lab):
    wait_until(lambda: has_white_ink(lab), "the ink is white")
    assert_no_barrier(lab, least_texts=8)
