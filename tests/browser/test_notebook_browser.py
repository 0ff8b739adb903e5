"""The player in Notebook 7, which shares JupyterLab's parts but not its page."""

import nbformat
import pytest
from browser.lab import KERNEL, Lab, wait_until
from browser.server import TOKEN
from browser.test_player_browser import CELL

pytestmark = pytest.mark.browser


@pytest.fixture
def lab(jupyter_server, browser):
    cell = nbformat.v4.new_code_cell(CELL)
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=KERNEL)
    nbformat.write(notebook, jupyter_server.root / "seven.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    lab = Lab(page, jupyter_server)
    page.goto(f"{jupyter_server.url}/notebooks/seven.ipynb?token={TOKEN}")
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for()
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
    # Notebook's own page is not free of errors while it loads.
    lab.errors.clear()
    lab.run_all()
    lab.widget.wait_for()
    yield lab
    page.close()
    assert not lab.errors, "\n".join(lab.errors)
    assert not lab.strangers, "\n".join(lab.strangers)


def test_the_player_plays_and_its_rings_move(lab):
    assert lab.page.evaluate("jupyterapp.name") == "Jupyter Notebook"
    before = lab.settled()
    lab.part("stage").focus()
    lab.page.keyboard.press("PageDown")
    wait_until(lambda: lab.kernel("player.frame") == 1, "a key steps")
    assert lab.settled() != before
    means = lab.kernel("player.start_means")
    lab.handle(0).press("Shift+ArrowDown")
    wait_until(lambda: lab.kernel("player.start_means") != means, "a key moves a ring")
    lab.execute("player.speed = 4.0")
    lab.part("play").click()
    wait_until(lambda: lab.kernel("player.frame") > 3, "it plays")
    lab.part("play").click()
    wait_until(lambda: not lab.kernel("player.playing"), "it pauses")
