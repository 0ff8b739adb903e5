"""The player in JupyterLab: played, scrubbed, dragged and moved by keyboard."""

import base64
import shutil
from pathlib import Path

import nbformat
import pytest
from browser.lab import (
    KERNEL,
    PIXELS,
    Lab,
    assert_no_barrier,
    assert_own_keys,
    center,
    drag,
    wait_until,
)

pytestmark = pytest.mark.browser

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "06_em_converges.ipynb"
KIND = "player"
CELL = """\
import numpy as np
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets import EMPlayer

X = load_old_faithful().to_numpy()
covariance = np.diag(X.var(axis=0)) / 4
start = Mixture([0.5, 0.5], [[2.5, 90], [4, 50]], [covariance, covariance])
names = ["eruption (min)", "waiting (min)"]
player = EMPlayer(X, start, feature_names=names)
player
"""
RESTORE = "player.playing, player.speed, player.frame, player.start_means"


def write_notebook(path):
    if NOTEBOOK.exists():
        shutil.copy(NOTEBOOK, path)
        return
    cell = nbformat.v4.new_code_cell(CELL)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=KERNEL), path)


@pytest.fixture(scope="module")
def opened(jupyter_server, page):
    write_notebook(jupyter_server.root / "player.ipynb")
    lab = Lab(page, jupyter_server)
    lab.open("player.ipynb")
    lab.run_all()
    page.wait_for_selector(".gmm-player")
    lab.execute(f"initial = {RESTORE}")
    return lab


@pytest.fixture
def lab(opened, tmp_path):
    """Return the open notebook with its player as it was at first."""
    opened.execute("player.playing, player.frame = False, 0")
    opened.execute("player.back_to_first_start()")
    opened.execute(f"{RESTORE} = initial")
    opened.part("stage").scroll_into_view_if_needed()
    opened.settled()
    yield opened
    opened.page.screenshot(path=tmp_path / "after.png")
    assert not opened.errors, "\n".join(opened.errors)
    assert not opened.strangers, "\n".join(opened.strangers)


def test_the_widget_is_shown_and_not_the_picture(lab):
    output = lab.page.locator(".jp-OutputArea-output", has=lab.part("stage"))
    assert output.locator("img").count() == 0
    assert lab.part("headline").inner_text() == "Start"


def test_play_moves_the_ellipses(lab):
    before, words = lab.pixels(), lab.part("count").inner_text()
    lab.execute("player.speed = 4.0")
    lab.part("play").click()
    wait_until(lambda: lab.kernel("player.frame") >= 3, "the frames advance")
    assert lab.pixels()[1] != before[1]
    assert lab.part("count").inner_text() != words
    lab.part("play").click()
    wait_until(lambda: not lab.kernel("player.playing"), "the player pauses")
    frame = lab.kernel("player.frame")
    assert f"Iteration {(frame + 1) // 2} of" in lab.part("count").inner_text()


def test_play_stops_at_the_end_and_starts_again(lab):
    lab.execute("player.speed = 4.0; player.frame = len(player.trace) - 1")
    lab.part("play").click()
    wait_until(lambda: lab.kernel("player.frame == len(player.trace)"), "it ends")
    wait_until(lambda: not lab.kernel("player.playing"), "it stops")
    lab.part("play").click()
    wait_until(lambda: 0 < lab.kernel("player.frame") < 5, "it plays from the start")


def test_an_e_step_colors_points_and_an_m_step_moves_gaussians(lab):
    (points, shapes, *_), step = (
        lab.settled(),
        lab.page.get_by_label("half-step forward"),
    )
    step.first.click()
    wait_until(lambda: "belongs" in lab.part("headline").inner_text(), "E is shown")
    after_e = lab.settled()
    step.first.click()
    wait_until(lambda: "move" in lab.part("headline").inner_text(), "M is shown")
    after_m = lab.settled()
    assert after_e[0] != points
    assert after_e[1] == shapes
    assert after_m[0] == after_e[0]
    assert after_m[1] != after_e[1]
    spoken = lab.part("spoken")
    wait_until(lambda: "M: move the Gaussians" in spoken.inner_text(), "it is said")


def test_scrubber_and_staircase_lead_to_a_frame(lab):
    before = lab.pixels()
    lab.part("scrub").locator("input").fill("5")
    wait_until(lambda: lab.kernel("player.frame") == 5, "the scrubber is heard")
    assert lab.settled() != before
    box = lab.part("stairs").bounding_box()
    lab.page.mouse.click(box["x"] + box["width"] - 10, box["y"] + box["height"] / 2)
    wait_until(lambda: lab.kernel("player.frame == len(player.trace)"), "the end")


def test_keys_of_the_player(lab):
    lab.part("stage").focus()
    for key, frame in [("ArrowRight", 1), (".", 2), (".", 3), (",", 2), ("End", -1)]:
        lab.page.keyboard.press(key)
        wanted = lab.kernel("len(player.trace)") if frame < 0 else frame
        wait_until(lambda wanted=wanted: lab.kernel("player.frame") == wanted, key)
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Space")
    wait_until(lambda: lab.kernel("player.frame") > 0, "Space plays")
    assert lab.page.locator(".jp-mod-editMode").count() == 0


FITTED = """[
    __import__("numpy").allclose(player.trace[-1].mixture.means, again.mixture.means),
    player.trace[-1].iteration == again.n_iter]"""
FIT_AGAIN = """
from gmm_from_scratch import em as _em
from gmm_from_scratch.mixture import Mixture as _Mixture
_start = player.trace[0].mixture
_start = _Mixture(_start.weights, player.start_means, _start.covariances)
again = _em.fit(player._X, _start, **player._options)
"""


def assert_run_belongs_to_start(lab):
    lab.execute(FIT_AGAIN)
    assert lab.kernel(FITTED) == [True, True]
    last = lab.kernel("player.trace[-1].iteration")
    lab.page.get_by_label("half-step forward").first.click()
    wait_until(
        lambda: lab.part("count").inner_text().endswith(f"of {last}"),
        "the browser shows the run of the last position",
    )


def test_dragging_a_start_mean_changes_the_result(lab):
    lab.execute("player.frame = 2")
    before, bounds = lab.settled(), lab.kernel("[s.lower_bound for s in player.trace]")
    x, y = center(lab.handle(1))
    drag(lab, 0, x, y - 90, steps=8)
    means = "player.start_means"
    wait_until(lambda: lab.kernel(means) != lab.kernel("initial[3]"), "the drag runs")
    lab.settled()
    first, second = lab.kernel(means)
    assert first[0] == pytest.approx(second[0], abs=0.02)
    assert first[1] > second[1]
    assert lab.settled() != before
    assert lab.kernel("[s.lower_bound for s in player.trace]") != bounds
    assert_run_belongs_to_start(lab)


SLOW = """
import pathlib as _pathlib, time as _time
runs, fast_run = [], player._run
def _slow_run(start):
    runs.append(start.means.tolist())
    while not _pathlib.Path("player-dragged").exists():
        _time.sleep(0.01)
    return fast_run(start)
player._run = _slow_run
"""


COUNT_MOVES = """
    window.moves = 0;
    document.addEventListener("pointermove", () => window.moves++, true)"""


def test_a_fast_drag_on_a_slow_kernel_leaves_no_backlog(lab):
    lab.execute(SLOW)
    lab.page.evaluate(COUNT_MOVES)
    dragged = lab.server.root / "player-dragged"
    try:
        x, y = center(lab.handle(1))
        drag(lab, 0, x, y - 60, steps=60)
        dragged.touch()
        wait_until(
            lambda: lab.kernel(
                "abs(player.start_means[0][0] - player.start_means[1][0]) < 0.02 "
                "and player._reply == player._request['id']"
            ),
            "the last position has been run",
        )
        assert lab.kernel("runs[-1] == player.start_means")
        # Two runs, and one more for every two seconds that the drag took.
        assert lab.kernel("len(runs)") < lab.page.evaluate("window.moves") / 2
    finally:
        dragged.touch()
        lab.execute("player._run = fast_run")
    assert_run_belongs_to_start(lab)


def test_the_view_widens_once_a_drag_has_ended_and_not_before(lab):
    before, other = lab.settled(), center(lab.handle(1))
    plot = lab.part("stage").bounding_box()
    lab.page.mouse.move(*center(lab.handle(0)))
    lab.page.mouse.down()
    lab.page.mouse.move(plot["x"] - 400, plot["y"] - 400, steps=8)
    lab.settled()
    held = lab.handle(0).bounding_box()
    assert held["x"] > plot["x"]
    assert held["y"] > plot["y"]
    assert center(lab.handle(1)) == other
    lab.page.mouse.up()
    wait_until(lambda: center(lab.handle(1)) != other, "the view widens")
    lab.settled()
    wider = lab.handle(0).bounding_box()
    assert wider["x"] > held["x"]
    assert wider["y"] > held["y"]
    lab.part("reset").click()
    wait_until(lambda: center(lab.handle(1)) == other, "the view is the first again")
    assert lab.settled() == before


def test_back_to_the_first_start_by_keyboard(lab):
    before, reset = lab.settled(), lab.part("reset")
    assert reset.is_disabled()
    lab.handle(0).press("Shift+ArrowRight")
    wait_until(lambda: lab.kernel("player.start_means != initial[3]"), "it has moved")
    wait_until(reset.is_enabled, "there is a way back")
    lab.part("random").focus()
    lab.page.keyboard.press("Tab")
    lab.page.keyboard.press("Enter")
    wait_until(lambda: lab.kernel("player.start_means == initial[3]"), "it is back")
    wait_until(reset.is_disabled, "there is nothing to go back from")
    assert "gmm-stage" in lab.page.evaluate("document.activeElement.className")
    assert lab.settled() == before


def test_arrow_keys_move_a_start_mean(lab):
    before = lab.kernel("player.start_means")
    label = lab.handle(0).get_attribute("aria-label")
    active = "jupyterapp.shell.currentWidget.content.activeCellIndex"
    lab.page.evaluate("jupyterapp.commands.execute('notebook:enter-command-mode')")
    lab.handle(0).focus()
    cell = lab.page.evaluate(active)
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "Shift+ArrowDown"):
        lab.page.keyboard.press(key)
    wait_until(
        lambda: (
            lab.kernel("player.start_means")[0][0] > before[0][0]
            and lab.kernel("player.start_means")[0][1] < before[0][1]
        ),
        "the arrow keys are heard",
    )
    assert lab.page.evaluate(active) == cell, "the notebook took the arrow keys"
    assert lab.kernel("player.start_means")[1] == before[1]
    assert lab.handle(0).get_attribute("aria-label") != label
    assert lab.kernel("player.frame") == 0
    assert_run_belongs_to_start(lab)


def test_everything_that_takes_focus_keeps_its_keys(lab):
    assert_own_keys(lab)


def test_hard_labels_leave_only_the_colors_of_the_components(lab):
    lab.execute("player.frame = 3")
    blended = lab.settled()
    lab.widget.get_by_label("Hard labels").check()
    wait_until(lambda: lab.kernel("player.hard_labels"), "Python knows")
    hard = lab.settled()
    assert hard[0] != blended[0]
    assert hard[1:] == blended[1:]
    lab.execute("player.hard_labels = False")
    wait_until(lambda: lab.settled() == blended, "they are blended again")
    assert not lab.widget.get_by_label("Hard labels").is_checked()


def test_after_an_m_step_a_line_shows_where_the_ellipse_was(lab):
    # The same mixture before and after: only the ghost can make a difference.
    lab.execute("player.frame = len(player.trace)")
    end = lab.settled()
    lab.execute("player.frame = len(player.trace) - 2")
    assert lab.settled()[1] != end[1]
    lab.execute("player.frame = 3")
    after_e = lab.settled()[1]
    lab.execute("player.frame = 2")
    assert lab.settled()[1] != after_e


def test_a_loop_begins_again(lab):
    lab.widget.get_by_label("Loop").check()
    lab.execute("player.speed = 10.0; player.frame = len(player.trace) - 1")
    lab.part("play").click()
    wait_until(lambda: 0 < lab.kernel("player.frame") < 8, "it begins again")
    assert lab.kernel("player.playing and player.loop")
    lab.part("play").click()
    lab.widget.get_by_label("Loop").uncheck()


def test_another_k_and_another_random_start(lab):
    before, rings = lab.settled(), [center(lab.handle(k)) for k in range(2)]
    lab.widget.get_by_label("Components K").select_option("4")
    wait_until(lambda: lab.kernel("player.n_components") == 4, "Python knows")
    wait_until(lambda: lab.widget.locator(".gmm-handle").count() == 4, "four rings")
    means = lab.kernel("player.start_means")
    lab.part("random").click()
    wait_until(lambda: lab.kernel("player.start_means") != means, "another start")
    assert lab.settled() != before
    assert_run_belongs_to_start(lab)
    lab.part("stage").focus()
    lab.page.keyboard.press("Home")
    lab.part("reset").click()
    wait_until(lambda: lab.widget.locator(".gmm-handle").count() == 2, "two rings")
    assert lab.kernel("player.start_means == initial[3]")
    lab.settled()
    assert [center(lab.handle(k)) for k in range(2)] == rings


def test_a_clicker_presents(lab):
    lab.part("stage").focus()
    size = "(node) => parseFloat(getComputedStyle(node).fontSize)"
    before = lab.part("headline").evaluate(size)
    lab.page.keyboard.press("p")
    full = "document.fullscreenElement?.classList.contains('gmm-player') ?? false"
    wait_until(lambda: lab.page.evaluate(full), "it fills the screen")
    assert lab.part("headline").evaluate(size) > 1.5 * before
    assert lab.kernel("player.presenting")
    for key, frame in [("PageDown", 1), ("PageDown", 2), ("PageUp", 1)]:
        lab.page.keyboard.press(key)
        wait_until(lambda frame=frame: lab.kernel("player.frame") == frame, key)
    lab.page.keyboard.press("Escape")
    wait_until(lambda: not lab.kernel("player.presenting"), "it ends")
    assert not lab.page.evaluate(full)
    assert lab.part("headline").evaluate(size) == before


def test_python_moves_the_picture_too(lab):
    before = lab.settled()
    lab.execute("player.frame = 4")
    wait_until(lambda: "Iteration 2" in lab.part("count").inner_text(), "it is shown")
    assert lab.settled() != before
    lab.execute("player.start_means = [[1e5, 1e5], player.start_means[1]]")
    message = lab.part("message")
    wait_until(lambda: "no point at all" in message.inner_text(), "it says why")


def test_axe_finds_no_barrier(lab):
    assert_no_barrier(lab)


def test_without_a_kernel_it_says_so_and_still_plays(lab):
    lab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    lab.handle(0).focus()
    lab.page.keyboard.press("ArrowRight")
    message = lab.part("message")
    wait_until(lambda: "No kernel answers" in message.inner_text(), "it says so")
    lab.part("play").click()
    wait_until(lambda: "Iteration 2" in lab.part("count").inner_text(), "it plays")
    # ipywidgets writes to the console that it could not send; nothing else may.
    lab.errors = [text for text in lab.errors if "widget sync message" not in text]
    lab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    lab.run_all()


def test_a_stored_notebook_shows_the_picture(jupyter_server, browser):
    names = {}
    exec(CELL, names)
    data, metadata = names["player"]._repr_mimebundle_()
    data["image/png"] = base64.b64encode(data["image/png"]).decode()
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("player", outputs=[output])
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=KERNEL)
    nbformat.write(notebook, jupyter_server.root / "stored.ipynb")
    page = browser.new_page()
    page.goto(jupyter_server.link("stored.ipynb"))
    picture = page.locator(".jp-OutputArea img:visible")
    picture.wait_for()
    page.close()


@pytest.fixture(scope="module")
def pair(jupyter_server, browser):
    """Return an open notebook that shows one player twice and asks for no motion."""
    cell = nbformat.v4.new_code_cell(CELL + "display(player)\ndisplay(player)\n")
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=KERNEL)
    nbformat.write(notebook, jupyter_server.root / "pair.ipynb")
    context = browser.new_context(
        reduced_motion="reduce", viewport={"width": 1280, "height": 1600}
    )
    lab = Lab(context.new_page(), jupyter_server)
    lab.open("pair.ipynb")
    lab.run_all()
    lab.page.locator(".gmm-player").nth(1).wait_for()
    yield lab
    context.close()
    assert not lab.errors, "\n".join(lab.errors)


COUNT_PICTURES = f"""async (widget) => {{
    const seen = new Set([String(({PIXELS})(widget))]);
    widget.querySelector("[aria-label='One half-step forward']").click();
    for (let i = 0; i < 40; i++) {{
        await new Promise(requestAnimationFrame);
        seen.add(String(({PIXELS})(widget)));
    }}
    return seen.size;
}}"""


def test_who_asks_for_no_motion_sees_every_step_at_once(pair):
    pair.execute("player.frame = 1")
    pair.settled()
    assert pair.widget.evaluate(COUNT_PICTURES) == 2


def test_two_views_of_a_player_go_together(pair):
    counts, handles = (
        pair.page.locator(f".gmm-{name}") for name in ("count", "handle")
    )
    pair.execute("player.speed = 4.0; player.frame = 0")
    pair.part("play").click()
    end = "player.frame == len(player.trace) and not player.playing"
    wait_until(lambda: pair.kernel(end), "the player reaches its end")
    assert len(counts.all_inner_texts()) == 2
    wait_until(lambda: len(set(counts.all_inner_texts())) == 1, "both show the end")
    before = handles.nth(0).get_attribute("style")
    handles.nth(2).press("Shift+ArrowRight")
    wait_until(lambda: handles.nth(0).get_attribute("style") != before, "both move")
    pair.settled()
    styles = [handles.nth(k).get_attribute("style") for k in range(4)]
    assert styles[:2] == styles[2:]
