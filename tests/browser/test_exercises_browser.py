"""An exercise as a learner solves it: typed into a cell of JupyterLab, and answered."""

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.lab import KERNEL, Lab, wait_until

pytestmark = pytest.mark.browser

IMPORTS = """import numpy as np
from gmm_from_scratch.exercises import check, hint, solution
# The tests' own time is short.
import gmm_from_scratch.exercises.judging as judging
judging.SECONDS = 1.0"""
STUB = '''def my_e_step(X, mixture):
    """Return the responsibilities, shape (N, K)."""
    ...


check.e_step(my_e_step)'''
WRONG = """def my_e_step(X, mixture):
joint = np.exp(mixture.log_joint(X))
return joint / joint.sum(axis=0)

"""
ENDLESS = """def my_e_step(X, mixture):
while True:
pass
"""
RIGHT = """def my_e_step(X, mixture):
joint = mixture.log_joint(X)
joint = np.exp(joint - joint.max(axis=1, keepdims=True))
return joint / joint.sum(axis=1, keepdims=True)

"""


@pytest.fixture(scope="module")
def lab(jupyter_server, browser):
    sources = [IMPORTS, STUB, 'hint("e_step")', 'solution("e_step")']
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.write(notebook, jupyter_server.root / "exercise.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    lab = Lab(page, jupyter_server)
    lab.open("exercise.ipynb")
    lab.run_all()
    yield lab
    page.close()
    assert not lab.errors, "\n".join(lab.errors)
    assert not lab.strangers, "\n".join(lab.strangers)


def answer(lab, cell):
    return lab.page.locator(".jp-CodeCell").nth(cell).locator("[role=status]")


def type_into_stub(lab, code):
    """Replace the function by typing, as JupyterLab's editor indents, and run it."""
    editor = lab.page.locator(".jp-CodeCell").nth(1).locator(".cm-content")
    editor.click()
    lab.page.keyboard.press("Control+A")
    # The editor indents by itself after a colon.
    lab.page.keyboard.type(code)
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.type("check.e_step(my_e_step)")
    lab.page.keyboard.press("Control+Enter")


def test_the_untouched_stub_a_hint_and_the_solution(lab):
    assert answer(lab, 1).inner_text().startswith("○ Not attempted: e_step")
    assert answer(lab, 2).inner_text().startswith("→ Hint: e_step, 1 of 3")
    assert "def my_e_step(X, mixture):" in answer(lab, 3).locator("pre").inner_text()
    bar = answer(lab, 1).evaluate("(e) => getComputedStyle(e).borderLeftWidth")
    assert bar == "5px"


def test_wrong_then_endless_then_right(lab):
    type_into_stub(lab, WRONG)
    wait_until(
        lambda: "Your columns sum to 1" in answer(lab, 1).inner_text(),
        "the mistake is named",
    )
    assert answer(lab, 1).locator("em").inner_text() == "point"
    type_into_stub(lab, ENDLESS)
    wait_until(
        lambda: "loop that never ends" in answer(lab, 1).inner_text(),
        "the loop is stopped, and the kernel lives",
    )
    type_into_stub(lab, RIGHT)
    wait_until(
        lambda: answer(lab, 1).inner_text().startswith("✓ Correct: e_step"),
        "the right answer is accepted",
    )
    assert lab.kernel("bool(check.e_step(my_e_step))") is True


def test_feedback_keeps_nobody_out(lab):
    lab.page.add_style_tag(content="html, body { height: 100% }")
    answer(lab, 3).scroll_into_view_if_needed()
    options = {"resultTypes": ["violations", "passes"]}
    results = Axe().run(lab.page, ".jp-OutputArea [role=status]", options)
    assert results.violations_count == 0, results.generate_report()
    judged = {rule["id"]: rule["nodes"] for rule in results.response["passes"]}
    assert len(judged["color-contrast"]) > 5
