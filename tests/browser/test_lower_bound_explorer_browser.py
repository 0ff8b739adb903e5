"""The lower bound explorer in JupyterLab: stepped, played, dragged and by keyboard."""

import re

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

KIND = "bound"
CELL = """\
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets.lower_bound_explorer import LowerBoundExplorer

# The second component holds all the data; the first looks for a cluster in them.
waiting = load_old_faithful()["waiting"]
start = Mixture([0.4, 0.6], [[35], [71]], [[[25]], [[185]]])
widget = LowerBoundExplorer(waiting, start, feature_name="waiting (min)")
widget
"""
RESTORE = "widget.speed, widget.frame, widget.start_mean"


@pytest.fixture(scope="module")
def opened(jupyter_server, page):
    # Shown twice, so that both views can be compared; the first is the one used.
    lab = open_cell(jupyter_server, page, f"{CELL}display(widget)\nwidget\n", KIND)
    lab.execute(f"initial = {RESTORE}")
    return lab


@pytest.fixture
def lab(opened, tmp_path):
    """Return the open notebook with its widget as it was at first."""
    opened.execute("widget.playing, widget.frame = False, 0")
    opened.execute(f"{RESTORE} = initial")
    opened.part("stage").scroll_into_view_if_needed()
    wait_until(lambda: opened.part("headline").inner_text() == "Start", "the start")
    opened.settled()
    yield opened
    opened.page.screenshot(path=tmp_path / "after.png")
    assert not opened.errors, "\n".join(opened.errors)
    assert not opened.strangers, "\n".join(opened.strangers)


def shown(lab, name):
    """Read a number of the key below the picture, as Python would write it."""
    return lab.part(f"{name}-value").inner_text().replace("−", "-")


def assert_readouts_are_pythons(lab):
    """Compare every number on the page with the half-step that the kernel is at."""
    step = lab.kernel(
        "(lambda s: [s.log_likelihood, s.lower_bound, s.responsibilities[:, 0].sum()])"
        "(widget.trace[widget.frame - 1])"
    )
    log_likelihood, bound, owned = step
    wait_until(lambda: shown(lab, "curve") == f"{log_likelihood:.1f}", "the number")
    assert shown(lab, "parabola") == f"{bound:.1f}"
    assert shown(lab, "owned") == f"{owned:.1f}"
    gap = float(shown(lab, "gap"))
    assert gap == pytest.approx(log_likelihood - bound, abs=0.051)
    value = lab.part("score-value").inner_text().replace("−", "-")
    assert value.endswith(f"{log_likelihood:.1f}")


def go_to(lab, frame):
    lab.execute(f"widget.frame = {frame}")
    half = ["M", "E"][frame % 2]
    iteration = f"Iteration {(frame + 1) // 2} of"
    wait_until(lambda: iteration in lab.part("count").inner_text(), iteration)
    wait_until(lambda: lab.part("half").inner_text() == half, half)
    return lab.settled()


def test_the_widget_is_shown_and_not_the_picture(lab):
    output = lab.page.locator(".jp-OutputArea-output", has=lab.part("stage"))
    assert output.locator("img").count() == 0
    assert lab.part("count").inner_text() == "Component 1, mean 35.0"
    assert shown(lab, "curve") == "-1223.1"
    assert shown(lab, "gap") == "–"


def test_buttons_step_and_every_number_is_pythons(lab):
    pictures = [lab.pixels()]
    for frame, words in enumerate(["lift the bound", "climb to the top"] * 2, start=1):
        lab.page.get_by_label("half-step forward").first.click()
        wait_until(lambda w=words: w in lab.part("headline").inner_text(), words)
        wait_until(lambda f=frame: lab.kernel("widget.frame") == f, "the kernel knows")
        assert_readouts_are_pythons(lab)
        pictures.append(lab.settled())
    stills, moving = zip(*pictures, strict=True)
    assert len(set(stills)) == 1, "the curve stays as it is"
    assert len(set(moving)) == 5, "each half-step changes the picture"
    words = lab.part("change").inner_text()
    gain, climbed, gap = map(float, re.findall(r"\d+\.\d", words))
    assert climbed + gap == pytest.approx(gain, abs=0.11)
    assert "mean 46.4 → 50.6" in lab.part("count").inner_text()
    wait_until(lambda: "46.4 → 50.6" in lab.part("spoken").inner_text(), "it is said")
    label = lab.part("stage").get_attribute("aria-label")
    assert "lower bound −1123.7, gap 8.6" in label


# How many pixels the bound lies below the curve, column by column.
BELOW_THE_CURVE = """(widget) => {
    const [still, moving] = widget.querySelectorAll(".gmm-stage canvas");
    const [ring, stage] = [".gmm-handle", ".gmm-stage"]
        .map((name) => widget.querySelector(name).getBoundingClientRect());
    const ratio = still.width / stage.width;
    const [first, last] = [30 * ratio, (ring.top - stage.top) * ratio].map(Math.round);
    const topmost = (canvas, isIt) => {
        const { width } = canvas;
        const context = canvas.getContext("2d");
        const { data } = context.getImageData(0, first, width, last - first);
        return Array.from({ length: width }, (_, x) => {
            for (let at = 4 * x; at < data.length; at += 4 * width)
                if (isIt(...data.subarray(at, at + 4))) return at / (4 * width);
            return null;
        });
    };
    const curve = topmost(still, (r, g, b, a) => a === 255 && r + g + b < 60);
    const bound = topmost(moving, (...rgba) => String(rgba) === "0,114,178,255");
    return bound.flatMap((y, x) =>
        y === null || curve[x] === null ? [] : [(y - curve[x]) / ratio]);
}"""


@pytest.mark.parametrize("frame", [1, 3, 5])
def test_the_drawn_bound_touches_the_curve_and_stays_below_it(lab, frame):
    go_to(lab, frame)
    below = lab.widget.evaluate(BELOW_THE_CURVE)
    assert len(below) > 100
    assert sum(pixels < -3 for pixels in below) <= 24, "but for the marker"
    assert sum(abs(pixels) <= 4 for pixels in below) >= 10, "it touches"


def test_keys_step_and_the_last_frame_says_where_it_stands(lab):
    lab.part("stage").focus()
    for key, frame in [("ArrowRight", 1), ("PageDown", 2), (",", 1), ("End", 18)]:
        lab.page.keyboard.press(key)
        wait_until(lambda f=frame: lab.kernel("widget.frame") == f, key)
    assert_readouts_are_pythons(lab)
    words = "The run ends here, 33.6 below the highest point."
    assert words in lab.part("stage").get_attribute("aria-label")
    lab.page.keyboard.press("Home")
    wait_until(lambda: lab.kernel("widget.frame") == 0, "Home")


def test_play_advances_and_pauses(lab):
    lab.execute("widget.speed = 4.0")
    before = lab.pixels()
    lab.part("play").click()
    wait_until(lambda: lab.kernel("widget.frame") >= 2, "the frames advance")
    lab.part("stage").press("Space")
    wait_until(lambda: not lab.kernel("widget.playing"), "Space pauses")
    assert lab.settled() != before


def test_a_step_is_animated_and_stands_still_for_those_who_want_no_motion(lab):
    count = """async (widget) => {
        const seen = new Set();
        const canvas = widget.querySelectorAll(".gmm-stage canvas")[1];
        widget.querySelector("[aria-label='One half-step forward']").click();
        for (let i = 0; i < 40; i++) {
            await new Promise(requestAnimationFrame);
            seen.add(canvas.toDataURL());
        }
        return seen.size;
    }"""
    assert lab.widget.evaluate(count) > 3
    lab.settled()
    lab.page.emulate_media(reduced_motion="reduce")
    try:
        assert lab.widget.evaluate(count) <= 2
    finally:
        lab.page.emulate_media(reduced_motion="no-preference")


FRESH = """LowerBoundExplorer(
    waiting, Mixture([0.4, 0.6], [[widget.start_mean], [71]], [[[25]], [[185]]]))"""


def is_answered(lab):
    """Say whether the kernel has run the place where the ring is now."""
    state = "[widget.start_mean, widget._reply == widget._request.get('id')]"
    mean, answered = lab.kernel(state)
    return answered and f" {mean:.1f}." in lab.handle(0).get_attribute("aria-label")


def assert_run_belongs_to_start(lab):
    wait_until(lambda: is_answered(lab), "the last position has been run")
    lab.execute(f"fresh = {FRESH}")
    assert lab.kernel("widget._trace == fresh._trace")
    last = lab.kernel("widget.trace[-1].iteration")
    go_to(lab, lab.kernel("len(widget.trace)"))
    assert f"Iteration {last} of {last}" in lab.part("count").inner_text()
    assert_readouts_are_pythons(lab)


def test_dragging_the_start_leads_to_the_other_maximum(lab):
    before = go_to(lab, 18)
    x, y = center(lab.handle(0))
    plot = lab.part("stage").bounding_box()
    drag(lab, 0, x + 0.7 * plot["width"], y - 50, steps=8)
    wait_until(lambda: lab.kernel("widget.start_mean") > 80, "the drag is heard")
    assert_run_belongs_to_start(lab)
    end = lab.part("stage").get_attribute("aria-label")
    assert "The run ends here, at the highest point." in end
    after_x, after_y = center(lab.handle(0))
    assert after_x == pytest.approx(x + 0.7 * plot["width"], abs=2)
    assert after_y == pytest.approx(y, abs=0.5), "the ring stays on its rail"
    assert lab.settled() != before


def test_while_the_ring_is_held_the_way_ahead_is_shown(lab):
    before = lab.settled()
    x, y = center(lab.handle(0))
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    held = lab.settled()
    assert held[1] != before[1]
    lab.page.mouse.up()
    assert lab.settled() == before


def test_arrow_keys_move_the_start(lab):
    label = lab.handle(0).get_attribute("aria-label")
    assert "waiting (min) 35.0" in label
    before = lab.settled()
    active = "jupyterapp.shell.currentWidget.content.activeCellIndex"
    lab.page.evaluate("jupyterapp.commands.execute('notebook:enter-command-mode')")
    lab.handle(0).focus()
    cell = lab.page.evaluate(active)
    for key in ("Shift+ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp"):
        lab.page.keyboard.press(key)
    low, high = lab.kernel("widget._curve['range']")
    there = 35 + 0.05 * (high - low)
    wait_until(
        lambda: lab.kernel("widget.start_mean") == pytest.approx(there), "it has moved"
    )
    assert lab.kernel("widget.frame") == 0, "the arrow keys belong to the ring"
    assert lab.page.evaluate(active) == cell, "the notebook took the arrow keys"
    assert lab.handle(0).get_attribute("aria-label") != label
    assert lab.settled() != before
    assert f"mean {there:.1f}" in lab.part("count").inner_text()
    assert_run_belongs_to_start(lab)


SLOW = """
import pathlib as _pathlib, time as _time
runs, fast_run = [], widget._run
def _slow_run(mean):
    runs.append(mean)
    while not _pathlib.Path("dragged").exists():
        _time.sleep(0.01)
    return fast_run(mean)
widget._run = _slow_run
"""
COUNT_MOVES = """
    window.moves = 0;
    document.addEventListener("pointermove", () => window.moves++, true)"""


def test_a_fast_drag_on_a_slow_kernel_leaves_no_backlog(lab):
    lab.execute(SLOW)
    lab.page.evaluate(COUNT_MOVES)
    dragged = lab.server.root / "dragged"
    dragged.unlink(missing_ok=True)
    try:
        x, y = center(lab.handle(0))
        drag(lab, 0, x + 500, y, steps=60)
        place = center(lab.handle(0))[0]
        dragged.touch()
        answered = "widget._reply == widget._request['id']"
        wait_until(
            lambda: lab.kernel(f"len(runs) > 1 and {answered}"), "the last is run"
        )
        assert lab.kernel("runs[-1] == widget.start_mean")
        # Two runs, and one more for every two seconds that the drag took.
        assert lab.kernel("len(runs)") < lab.page.evaluate("window.moves") / 2
        assert center(lab.handle(0))[0] == pytest.approx(place, abs=1)
    finally:
        dragged.touch()
        lab.execute("widget._run = fast_run")
    assert_run_belongs_to_start(lab)


REFUSE = """
from gmm_from_scratch.em import EmptyComponentError as _Empty
fast_run = widget._run
def _run(mean):
    if mean > 40:
        raise _Empty("component 0 is responsible for no point at all")
    return fast_run(mean)
widget._run = _run
"""


def test_a_start_without_points_says_so_and_the_last_run_stays(lab):
    before, place = lab.settled(), center(lab.handle(0))
    lab.execute(REFUSE)
    try:
        drag(lab, 0, place[0] + 500, place[1], steps=5)
        message = lab.part("message")
        words = "component 1 is responsible for no point"
        wait_until(lambda: words in message.inner_text(), "it says why")
        wait_until(lambda: center(lab.handle(0)) == place, "the ring goes back")
        assert lab.settled() == before
        assert lab.kernel("widget.start_mean") == 35
    finally:
        lab.execute("widget._run = fast_run")
    lab.handle(0).press("ArrowRight")
    wait_until(lambda: message.inner_text() == "", "all is well again")


def test_python_moves_the_picture_too(lab):
    before = lab.settled()
    go_to(lab, 4)
    assert_readouts_are_pythons(lab)
    lab.execute("widget.frame = 0; widget.start_mean = 150.0")
    wait_until(lambda: "mean 150" in lab.part("count").inner_text(), "the new start")
    after = lab.settled()
    assert after[0] != before[0], "the view has widened"
    lab.execute("widget.start_mean = 35.0")
    wait_until(lambda: "35.0" in lab.part("count").inner_text(), "the first start")
    wait_until(lambda: lab.settled() == before, "the first view")


def test_everything_that_takes_focus_keeps_its_keys(lab):
    assert_own_keys(lab)


def test_axe_finds_no_barrier(lab):
    go_to(lab, 2)
    assert_no_barrier(lab, least_texts=10)


def test_two_views_go_together(lab):
    views = lab.page.locator(".gmm-bound")
    assert views.count() == 2
    views.nth(1).locator(".gmm-handle").press("Shift+ArrowRight")
    views.nth(1).get_by_label("half-step forward").click()
    counts = views.locator(".gmm-count")
    wait_until(lambda: "Iteration 1" in counts.nth(0).inner_text(), "both step")
    lab.settled()
    assert counts.nth(0).inner_text() == counts.nth(1).inner_text()
    styles = [
        views.nth(i).locator(".gmm-handle").get_attribute("style") for i in (0, 1)
    ]
    assert styles[0] == styles[1]


def test_without_a_kernel_it_says_so_and_still_steps(lab):
    lab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    place = center(lab.handle(0))
    lab.handle(0).press("Shift+ArrowRight")
    message = lab.part("message")
    wait_until(lambda: "No kernel answers" in message.inner_text(), "it says so")
    assert center(lab.handle(0)) == place, "the ring is where the run began"
    lab.part("stage").press("End")
    wait_until(lambda: "Iteration 9" in lab.part("count").inner_text(), "it steps")
    # ipywidgets writes to the console that it could not send; nothing else may.
    lab.errors = [text for text in lab.errors if "widget sync message" not in text]
    lab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
