"""How fast widgets answer in a real JupyterLab, beside matplotlib in an Output.

    python benchmarks/widgets.py

Prints Markdown. Needs the extra `test` and a Chromium or Chrome.
"""

import statistics
import sys
import tempfile
from pathlib import Path

import machine
import nbformat
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browser.lab import Lab, center, open_cell
from browser.server import CHROMIUM_FLAGS, find_chromium, running_server

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
PRESSES = 24

RUN = """\
from itertools import islice
import numpy as np
from gmm_from_scratch import Mixture, engine
from gmm_from_scratch.widgets import EMPlayer

rng = np.random.default_rng(0)
centers = rng.normal(scale=4, size=({K}, 2))
X = centers[rng.integers({K}, size={N})] + rng.normal(size=({N}, 2))
start = Mixture(np.full({K}, 1 / {K}), X[:{K}], [4 * np.eye(2)] * {K})
trace = list(islice(engine.half_steps(X, start), {n_frames}))
player = EMPlayer(X, trace=trace)
player
"""

# The same picture, redrawn by matplotlib for each value of a slider.
OUTPUT = """\
from ipywidgets import IntSlider, Output, VBox
from matplotlib import pyplot as plt
from gmm_from_scratch.plotting import STYLE, draw_mixture, draw_points

slider, output = IntSlider(0, 0, {n_frames}), Output()

def redraw(change):
    step = trace[max(change["new"] - 1, 0)]
    with output:
        output.clear_output(wait=True)
        figure, ax = plt.subplots(figsize=(6, 4.4))
        draw_points(ax, X, step.responsibilities if change["new"] else None)
        draw_mixture(ax, step.mixture)
        plt.show()

slider.observe(redraw, "value")
redraw({{"new": 0}})
VBox([slider, output])
"""

# Small enough to be read at every frame; any moving ellipse changes it.
WATCH = """
window.canvases = () => document.querySelectorAll(".gmm-stage canvas");
const often = { willReadFrequently: true };
const small = new OffscreenCanvas(64, 64).getContext("2d", often);
window.look = () => {
    small.clearRect(0, 0, 64, 64);
    for (const canvas of canvases()) small.drawImage(canvas, 0, 0, 64, 64);
    return String(small.getImageData(0, 0, 64, 64).data);
};
// After what the widgets, too, draw in this frame.
const afterFrame = (call) => requestAnimationFrame(() => setTimeout(call));
const onceAt = (name, call) =>
    document.addEventListener(name, call, { capture: true, once: true });
// Looking takes a while itself, so it begins only once the key is down.
const untilNew = (find) => new Promise((resolve) => {
    const before = find();
    onceAt("keydown", () => {
        const pressed = performance.now();
        const check = () => {
            const now = find();
            if (now && now !== before) resolve(performance.now() - pressed);
            else afterFrame(check);
        };
        afterFrame(check);
    });
});
window.nextChange = () => untilNew(look);
const loaded = (picture) => (picture?.complete ? picture.src : null);
const picture = () => document.querySelector(".jp-OutputArea-output img");
window.nextPicture = () => untilNew(() => loaded(picture()));
window.frameTimes = (seconds) => new Promise((resolve) => {
    const times = [];
    const end = performance.now() + 1000 * seconds;
    const tick = (now) => {
        times.push(now);
        if (performance.now() < end) requestAnimationFrame(tick);
        else resolve(times.slice(1).map((time, i) => time - times[i]));
    };
    requestAnimationFrame(tick);
});
window.settlingAfterDrag = () => new Promise((resolve) => {
    let [moved, changed, before] = [0, 0, look()];
    const hear = () => { moved = performance.now(); };
    document.addEventListener("pointermove", hear, true);
    const check = () => {
        const now = look();
        if (now !== before) changed = performance.now();
        before = now;
        const isCalm = moved && performance.now() - Math.max(moved, changed) > 1500;
        if (!isCalm) return afterFrame(check);
        document.removeEventListener("pointermove", hear, true);
        resolve(changed - moved);
    };
    check();
});
null;
"""


def press(page, key, promise):
    """Return the milliseconds from a key press until a promise of the page is kept."""
    waiting = page.evaluate_handle(f"({{ value: {promise}() }})")
    page.wait_for_timeout(100)
    page.keyboard.press(key)
    return waiting.evaluate("(waiting) => waiting.value")


def measure_keys(server, browser):
    """Compare a half-step in the player with one redrawn by matplotlib.

    The player is asked for no motion, so that it too shows the whole step at once.
    """
    sizes = {"N": 5000, "K": 4, "n_frames": 60}
    size = {"width": 1280, "height": 1400}
    page = browser.new_page(viewport=size, reduced_motion="reduce")
    cells = [nbformat.v4.new_code_cell(code.format(**sizes)) for code in (RUN, OUTPUT)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.write(notebook, server.root / "keys.ipynb")
    lab = Lab(page, server)
    lab.open("keys.ipynb")
    lab.run_all()
    lab.settled()
    page.evaluate(WATCH)
    lab.part("stage").focus()
    player = [press(page, "ArrowRight", "nextChange") for _ in range(PRESSES)]
    page.locator(".jp-OutputArea-output img").wait_for()
    page.locator(".widget-slider .noUi-handle").focus()
    output = [press(page, "ArrowRight", "nextPicture") for _ in range(PRESSES)]
    page.close()
    ours, theirs = statistics.median(player), statistics.median(output)
    print("## From a key press to changed pixels (N=5000, K=4)\n")
    print("| | median | slowest |\n|---|--:|--:|")
    print(f"| EMPlayer | {ours:.0f} ms | {max(player):.0f} ms |")
    print(f"| matplotlib in an Output | {theirs:.0f} ms | {max(output):.0f} ms |")
    print(f"\nRatio of the medians: {theirs / ours:.1f}\n", flush=True)


def measure_play(server, browser):
    """Count frames that come late while the player plays."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    code = RUN.format(N=1000, K=4, n_frames=60)
    lab = open_cell(server, page, code, "player", "play")
    lab.settled()
    page.evaluate(WATCH)
    idle = page.evaluate("frameTimes(3)")
    lab.execute("player.speed = 4.0")
    lab.part("play").click()
    page.wait_for_timeout(300)
    playing = page.evaluate("frameTimes(8)")
    page.close()
    print("## Playing (N=1000, K=4, four half-steps a second)\n")
    print("| | frames a second | longest frame | frames later than 25 ms |")
    print("|---|--:|--:|--:|")
    for name, times in [("at rest", idle), ("playing", playing)]:
        late = sum(time > 25 for time in times)
        rate = 1000 * len(times) / sum(times)
        row = f"| {name} | {rate:.0f} | {max(times):.0f} ms | {late} of {len(times)} |"
        print(row)
    print(flush=True)


def measure_drag(server, browser):
    """Time how long after the last of 60 moves the last picture comes."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    code = RUN.format(N=300, K=2, n_frames=2).replace("trace=trace", "start")
    lab = open_cell(server, page, code, "player", "drag")
    lab.settled()
    page.evaluate(WATCH)
    waits = []
    for i in range(8):
        x, y = center(lab.handle(0))
        waiting = page.evaluate_handle("({ value: settlingAfterDrag() })")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + (120 if i % 2 else -120), y + 10, steps=60)
        waits.append(waiting.evaluate("(waiting) => waiting.value"))
        page.mouse.up()
        lab.settled()
    page.close()
    print("## A drag of 60 moves (N=300, K=2)\n")
    print(
        f"The last picture comes {statistics.median(waits):.0f} ms after the last move"
    )
    print(f"(median of {len(waits)} drags; slowest {max(waits):.0f} ms).\n")


def measure_state(server, browser):
    """Weigh what is sent to the browser."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    code = RUN.format(N=5000, K=5, n_frames=80)
    lab = open_cell(server, page, code, "player", "state")
    parts = "[*player._trace.values(), player._scene['points']]"
    size = lab.kernel(f"sum(map(len, {parts}))")
    page.close()
    print("## State sent (N=5000, K=5, 40 iterations)\n")
    print(f"{size / 1000:.0f} kB\n", flush=True)


def main():
    """Measure everything."""
    machine.describe()
    with (
        tempfile.TemporaryDirectory() as root,
        tempfile.TemporaryDirectory() as home,
        running_server(Path(root), Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_FLAGS
        )
        for measure in (measure_state, measure_keys, measure_play, measure_drag):
            measure(server, browser)
        browser.close()


if __name__ == "__main__":
    main()
