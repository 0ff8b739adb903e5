"""Two runs side by side in JupyterLab."""

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

KIND = "comparison"
CELL = """\
import numpy as np
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets import EMComparison, EMPlayer

rng = np.random.default_rng(3)
X = np.concatenate([rng.normal(c, 0.5, size=(80, 2)) for c in [(0, 0), (4, 0), (2, 4)]])
weights, spread = np.full(3, 1 / 3), np.array([np.eye(2)] * 3)
good = Mixture(weights, [[0.5, 1], [3, 1], [2, 3]], spread)
bad = Mixture(weights, [[1.7, 4], [2.3, 4], [2, -2]], 0.3 * spread)
widget = EMComparison(EMPlayer(X, good), EMPlayer(X, bad))
widget
"""
ENDS = "[p.trace[-1].log_likelihood for p in (widget.one, widget.two)]"

FRAMES = "[widget.frame, widget.one.frame, widget.two.frame]"


@pytest.fixture(scope="module")
def opened(jupyter_server, page):
    lab = open_cell(jupyter_server, page, CELL, KIND)
    yield lab
    assert not lab.errors, "\n".join(lab.errors)
    assert not lab.strangers, "\n".join(lab.strangers)


@pytest.fixture
def lab(opened):
    opened.execute("for p in (widget.one, widget.two): p.back_to_first_start()")
    opened.execute("widget.playing, widget.frame = False, 0")
    opened.settled()
    return opened


def test_both_runs_play_and_the_end_says_which_is_stuck(lab):
    before = lab.settled()
    lab.execute("widget.speed = 8.0")
    lab.part("play").click()
    wait_until(lambda: "is stuck" in lab.part("headline").inner_text(), "the end")
    after = lab.settled()
    assert all(one != other for one, other in zip(before, after, strict=True))
    ends = lab.kernel(ENDS)
    assert ends[0] > ends[1]
    assert lab.part("headline").inner_text().startswith("A ends higher: B is stuck")
    assert lab.part("score-value").inner_text().endswith(f"{ends[0] - ends[1]:.1f}")
    assert lab.kernel("widget.one.frame == len(widget.one.trace)")
    assert lab.kernel("widget.two.frame == widget.frame")


def test_keys_move_both(lab):
    lab.part("stage").focus()
    for key, frame in [("PageDown", 1), ("ArrowRight", 2), ("PageUp", 1)]:
        lab.page.keyboard.press(key)
        wait_until(lambda frame=frame: lab.kernel(FRAMES) == 3 * [frame], key)


def test_captions_and_the_voice_say_where_both_stand(lab):
    lab.part("stage").focus()
    lab.page.keyboard.press("PageDown")
    lab.page.keyboard.press("PageDown")
    wait_until(lambda: lab.kernel(FRAMES) == [2, 2, 2], "two half-steps")
    likelihoods = lab.kernel(
        "[p.trace[1].log_likelihood for p in (widget.one, widget.two)]"
    )
    words = [
        f"{n}: log-likelihood {v:.1f}" for n, v in zip("AB", likelihoods, strict=True)
    ]
    words = [text.replace("-", "−").replace("log−", "log-") for text in words]
    captions = lab.widget.locator(".gmm-heading")
    wait_until(lambda: captions.all_inner_texts()[:2] == words, "the captions follow")
    spoken = lab.part("spoken")
    wait_until(lambda: all(w in spoken.inner_text() for w in words), "it is said")


def test_both_planes_show_the_same_part_of_the_plane(lab):
    """The second start reaches farther down than the first, and than the data."""
    means = lab.kernel("[widget.one.start_means, widget.two.start_means]")
    scales = []
    for run in range(2):
        places = [center(lab.handle(3 * run + k)) for k in range(3)]
        down = [mean[1] for mean in means[run]]
        low, high = down.index(min(down)), down.index(max(down))
        pixels = places[low][1] - places[high][1]
        scales.append(pixels / (down[high] - down[low]))
    assert scales[0] == pytest.approx(scales[1], rel=0.02)


INK_AT_RIGHT_EDGE = """(widget) => {
    const canvas = [...widget.querySelectorAll(".gmm-panel canvas")].at(-1);
    const left = Math.floor(canvas.width - 45 * canvas.width / canvas.clientWidth);
    const context = canvas.getContext("2d");
    const { data } = context.getImageData(left, 0, canvas.width - left, canvas.height);
    return data.some((value, i) => i % 4 === 3 && value > 128);
}"""


def test_the_ends_of_the_lines_have_names(lab):
    assert lab.widget.evaluate(INK_AT_RIGHT_EDGE)


def test_dragging_a_start_changes_its_own_run_only(lab):
    one = lab.kernel("widget.one.start_means")
    rings = 3
    x, y = center(lab.handle(rings + 2))
    drag(lab, rings + 2, x - 60, y - 40, steps=5)
    first = "widget.two._first[0].means.tolist()"
    wait_until(lambda: lab.kernel(f"widget.two.start_means != {first}"), "it is heard")
    assert lab.kernel("widget.one.start_means") == one


def test_arrow_keys_move_a_ring(lab):
    before = lab.kernel("widget.one.start_means")
    lab.handle(1).press("Shift+ArrowUp")
    wait_until(lambda: lab.kernel("widget.one.start_means") != before, "it is heard")


def test_two_new_random_starts(lab):
    means = "[widget.one.start_means, widget.two.start_means]"
    before = lab.kernel(means)
    lab.part("random").click()
    wait_until(lambda: lab.kernel(means) != before, "both begin elsewhere")
    one, two = lab.kernel(means)
    assert one != two


def test_everything_that_takes_focus_keeps_its_keys(lab):
    assert_own_keys(lab)


def test_axe_finds_no_barrier(lab):
    assert_no_barrier(lab, least_texts=8)
