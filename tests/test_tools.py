"""The tool that runs notebooks stores the same bytes every time."""

import base64
import html
import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "run_notebooks.py"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("run_notebooks", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_tool(*paths):
    return subprocess.run(
        [sys.executable, str(TOOL), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )


def write(path, *sources):
    cells = [new_markdown_cell("# Title"), *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def png(picture, mode):
    out = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


def test_a_run_is_stable_and_uses_this_python(tmp_path):
    path = write(
        tmp_path / "a.ipynb",
        "import sys, time\nprint(sys.executable)",
        "for i in range(3):\n    print(i, flush=True)\n    time.sleep(0.05)",
        "import ipywidgets\nipywidgets.IntSlider()",
        "open('here.txt', 'w').close()",
        "1 + 1",
    )
    ids = [cell.id for cell in nbformat.read(path, as_version=4).cells]

    first = run_tool(path)
    assert first.returncode == 0, first.stderr
    stored = path.read_bytes()
    again = run_tool(path)
    assert again.returncode == 0, again.stderr

    assert path.read_bytes() == stored
    assert stored.endswith(b"}\n")
    assert b"\r" not in stored
    notebook = json.loads(stored)
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert [cell["id"] for cell in notebook["cells"]] == ids
    assert all(not cell["metadata"] for cell in notebook["cells"])
    code = notebook["cells"][1:]
    assert [cell["execution_count"] for cell in code] == [1, 2, 3, 4, 5]
    assert code[0]["outputs"][0]["text"] == [sys.executable + "\n"]
    assert [output["text"] for output in code[1]["outputs"]] == [["0\n", "1\n", "2\n"]]
    assert set(code[2]["outputs"][0]["data"]) == {"text/plain"}
    assert (tmp_path / "here.txt").exists()


def test_an_error_leaves_the_notebook_alone(tmp_path):
    path = write(tmp_path / "a.ipynb", "print('fine')", "1 / 0")
    before = path.read_bytes()
    result = run_tool(path)
    assert result.returncode == 1
    assert "ZeroDivisionError" in result.stderr
    assert path.read_bytes() == before


def test_alt_text_tags_and_slides_survive(tool):
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    cell = new_code_cell(
        "show()",
        metadata={
            "tags": ["keep"],
            "slideshow": {"slide_type": "slide"},
            "execution": {"iopub.status.busy": "2024"},
        },
        outputs=[
            new_output(
                "display_data",
                {"image/png": png(picture, "RGB"), tool.WIDGET_VIEW: {"model_id": "1"}},
                metadata={"image/png": {"alt": "Two groups."}},
            )
        ],
    )
    result = tool.normalize(
        new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    )
    assert set(result.metadata) == {"kernelspec", "language_info"}
    (kept,) = result.cells
    assert kept.metadata == {"tags": ["keep"], "slideshow": {"slide_type": "slide"}}
    assert kept.outputs[0].metadata["image/png"]["alt"] == "Two groups."
    assert set(kept.outputs[0].data) == {"image/png"}
    assert tool.normalize(result) == result


def test_pictures_shrink_unless_transparent(tool):
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 200, dtype=np.uint8)
    picture = np.empty((200, 200, 4), dtype=np.uint8)
    picture[..., 0], picture[..., 1] = ramp, ramp[:, None]
    picture[..., 2], picture[..., 3] = rng.integers(0, 40, (200, 200)), 255
    large = png(picture, "RGBA")
    small = tool.small_png(large)
    assert len(small) < len(large) / 2
    assert tool.small_png(small) == small
    picture[0, 0, 3] = 0
    clear = png(picture, "RGBA")
    assert tool.small_png(clear) == clear


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_course_is_stored_in_this_form(tool, path, monkeypatch):
    # How small a picture gets depends on the version of Pillow.
    monkeypatch.setattr(tool, "small_png", lambda text: text)
    text = path.read_text(encoding="utf-8")
    notebook = tool.read(path)
    assert tool.dumps(tool.normalize(notebook)) == text, "run tools/run_notebooks.py"


def test_slides_have_alt_text_and_one_section_for_each_slide(tmp_path):
    path = ROOT / "notebooks" / "04_e_step.ipynb"
    command = [sys.executable, "-m", "nbconvert", "--config", ROOT / "tools/slides.py"]
    subprocess.run(
        [*command, path, "--output-dir", tmp_path], check=True, capture_output=True
    )
    page = (tmp_path / "04_e_step.slides.html").read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    kinds = [cell.metadata["slideshow"]["slide_type"] for cell in cells]
    # A slide is a section of sections, the second of which begin at each subslide.
    n_sections = 2 * kinds.count("slide") + kinds.count("subslide")
    assert page.count("<section>") == n_sections
    outputs = [o for cell in cells for o in cell.get("outputs", [])]
    alts = [
        o.metadata["image/png"]["alt"]
        for o in outputs
        if "image/png" in o.get("data", {})
    ]
    assert alts
    for alt in alts:
        assert f'alt="{alt}"' in html.unescape(page)
