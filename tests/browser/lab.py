"""An open notebook in JupyterLab, and what tests of all widgets ask of it."""

import ast
import json
import time
from urllib.parse import urlsplit

import nbformat
from axe_playwright_python.sync_playwright import Axe

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}


class Lab:
    """A notebook that is open in JupyterLab and has been run from top to bottom.

    Its first widget of a kind is the one that is looked at.
    """

    def __init__(self, page, server, kind="player"):
        self.page, self.server, self.kind = page, server, kind
        page.set_default_timeout(60_000)
        self.errors, self.strangers = [], []
        page.on("console", self._hear_console)
        page.on("pageerror", lambda error: self.errors.append(error.stack))
        page.on("request", self._hear_request)

    def _hear_console(self, message):
        if message.type == "error":
            self.errors.append(message.text)

    def _hear_request(self, request):
        address = urlsplit(request.url)
        at_home = address.hostname in ("127.0.0.1", "localhost")
        if address.scheme in ("http", "https", "ws", "wss") and not at_home:
            self.strangers.append(request.url)

    def open(self, name):
        self.page.goto(self.server.link(name))
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook")
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")

    def run_all(self):
        command = "jupyterapp.commands.execute('notebook:run-all-cells')"
        assert self.page.evaluate(command), "a cell of the notebook raised an error"

    def kernel(self, expression):
        """Evaluate a Python expression in the notebook's kernel."""
        reply = self.page.evaluate(
            """async (expression) => {
                const { sessionContext } = jupyterapp.shell.currentWidget;
                const future = sessionContext.session.kernel.requestExecute({
                    code: "", user_expressions: { value: expression },
                });
                return (await future.done).content.user_expressions.value;
            }""",
            f"__import__('json').dumps({expression})",
        )
        assert reply["status"] == "ok", reply
        return json.loads(ast.literal_eval(reply["data"]["text/plain"]))

    def execute(self, code):
        assert self.kernel(f"exec({code!r}, globals())") is None

    @property
    def widget(self):
        return self.page.locator(f".gmm-{self.kind}").first

    def part(self, name):
        return self.widget.locator(f".gmm-{name}").first

    def handle(self, k):
        return self.widget.locator(".gmm-handle").nth(k)

    def pixels(self):
        """Return what every canvas of the widget shows."""
        return self.widget.evaluate(PIXELS)

    def settled(self):
        """Wait until the picture stays the same, and return it."""
        return self.widget.evaluate(SETTLED)


PIXELS = """(widget) => [...widget.querySelectorAll(".gmm-panel canvas")]
    .map((canvas) => canvas.toDataURL())"""
# Counted in the browser's frames, of which a slow machine has as few as it can draw.
SETTLED = f"""async (widget) => {{
    let [before, calm] = [null, 0];
    while (calm < 15) {{
        await new Promise(requestAnimationFrame);
        const now = ({PIXELS})(widget);
        calm = String(now) === String(before) ? calm + 1 : 0;
        before = now;
    }}
    return before;
}}"""


def open_cell(server, page, code, kind, name=None):
    """Run a notebook of one cell that displays a widget of this kind."""
    name = f"{name or kind}.ipynb"
    cell = nbformat.v4.new_code_cell(code)
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=KERNEL)
    nbformat.write(notebook, server.root / name)
    lab = Lab(page, server, kind)
    lab.open(name)
    lab.run_all()
    lab.widget.wait_for()
    return lab


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still waiting until {what}"
        time.sleep(0.05)


def center(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(lab, k, x, y, steps):
    """Drag a handle to a place in the page."""
    lab.page.mouse.move(*center(lab.handle(k)))
    lab.page.mouse.down()
    lab.page.mouse.move(x, y, steps=steps)
    lab.page.mouse.up()


def assert_no_barrier(lab, least_texts=15):
    """Let axe-core look for what keeps people out."""
    # JupyterLab's body has no height, so that axe thinks that no text can be seen.
    lab.page.add_style_tag(content="html, body { height: 100% }")
    lab.widget.scroll_into_view_if_needed()
    options = {"resultTypes": ["violations", "passes"]}
    results = Axe().run(lab.page, f".gmm-{lab.kind}", options)
    assert results.violations_count == 0, results.generate_report()
    judged = {rule["id"]: rule["nodes"] for rule in results.response["passes"]}
    assert len(judged["color-contrast"]) > least_texts


def assert_own_keys(lab):
    """Check that JupyterLab's shortcuts leave alone all that takes focus."""
    # The handlers stop the keys as well, but not in every version of JupyterLab
    # before its shortcuts have seen them.
    focusable = f".gmm-{lab.kind} :is(button, input, select, [tabindex])"
    without = f"{focusable}:not([data-lm-suppress-shortcuts=true])"
    assert lab.page.locator(focusable).count() >= 3
    assert lab.page.locator(without).count() == 0
