"""The form that all notebooks share; nbval compares what they print."""

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from gmm_from_scratch.datasets import make_mall_customers
from gmm_from_scratch.exercises import exercises, solution

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_CELL = 15
LONGEST_FIGURE_CELL = 20
LARGEST_IMAGE_KB = 100

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def cells(path, cell_type):
    return [cell for cell in read(path).cells if cell.cell_type == cell_type]


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell.outputs]


def markdown(path):
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


def printed(path):
    """All text in the outputs of a notebook."""
    texts = [
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for output in outputs(path)
    ]
    return "\n".join(texts)


def execute(notebook, folder):
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, resources=resources).execute()


def test_there_are_notebooks():
    assert NOTEBOOKS[0].stem == "00_start_here"
    assert NOTEBOOKS[-1].stem == "12_em_fast_and_large"


@each_notebook
def test_cells_were_run_once_in_order_without_errors(path):
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))
    assert not [o for o in outputs(path) if o.output_type == "error"]
    assert not [o for o in outputs(path) if o.get("name") == "stderr"]


@each_notebook
def test_no_widget_state_and_no_traces_of_a_machine_are_stored(path):
    notebook = read(path)
    assert "widgets" not in notebook.metadata
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not re.search(
        r"/(home|root|tmp|Users|work|usr)/|site-packages|[A-Z]:\\", printed(path)
    )
    assert not re.search(r"\bat 0x[0-9a-f]+", printed(path))


@each_notebook
def test_every_image_is_modest_and_says_what_it_shows(path):
    images = [o for o in outputs(path) if "image/png" in o.get("data", {})]
    assert images
    for image in images:
        alt = image.metadata.get("image/png", {}).get("alt", "")
        assert len(alt) > 30, "a figure without alt text: use plotting.show"
        assert len(image.data["image/png"]) * 3 / 4 < LARGEST_IMAGE_KB * 1000


@each_notebook
def test_code_cells_fit_a_slide(path):
    for cell in cells(path, "code"):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        draws = "plotting.show(" in cell.source
        longest = LONGEST_FIGURE_CELL if draws else LONGEST_CELL
        assert len(lines) <= longest, cell.source


@each_notebook
def test_what_is_imported_is_used(path):
    """Also by a line that is still a comment, such as `# hint(...)`."""
    code = "\n".join(cell.source for cell in cells(path, "code"))
    lines, names = code.splitlines(), []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names += [alias.asname or alias.name for alias in node.names]
            for number in range(node.lineno - 1, node.end_lineno):
                lines[number] = ""
    rest = "\n".join(lines)
    assert names
    assert [n for n in names if not re.search(rf"\b{re.escape(n)}\b", rest)] == []


@each_notebook
def test_cells_are_slides(path):
    for cell in read(path).cells:
        assert cell.metadata["slideshow"]["slide_type"]


@each_notebook
def test_the_common_form(path):
    text = markdown(path)
    assert text.startswith("# ")
    assert "| You will be able to | Time | You need |" in text
    assert "**Predict first.**" in text
    assert "## Further reading" in text
    if path.stem != "00_start_here":
        for heading in ["Common mistakes", "Recap", "Quiz"]:
            assert f"\n## {heading}\n" in text
        quiz = text.split("\n## Quiz\n")[1]
        questions = re.findall(r"<details><summary><b>([1-9])\.</b> .+</summary>", quiz)
        assert questions == list("12345"[: len(questions)])
        assert 3 <= len(questions) <= 5


@each_notebook
def test_text_outputs_fit_a_screen(path):
    for cell in cells(path, "code"):
        shown = [
            o.get("text", "") + o.get("data", {}).get("text/plain", "")
            for o in cell.outputs
        ]
        assert sum(text.count("\n") for text in shown) < 30


@pytest.mark.parametrize(
    ("before", "after"),
    list(zip(NOTEBOOKS, NOTEBOOKS[1:], strict=False)),
    ids=lambda path: path.stem[:2],
)
def test_neighbors_link_to_each_other_at_top_and_bottom(before, after):
    assert len(re.findall(rf"→\]\({after.name}\)", markdown(before))) == 2
    assert len(re.findall(rf"\[← [^]]*\]\({before.name}\)", markdown(after))) == 2


def prose(path):
    """The text outside formulas, code, folds, links and references."""
    text = markdown(path)
    for outside in [
        r"(?s)<details>.*?</details>",
        r"(?s)\$\$.*?\$\$",
        r"\$[^$\n]*\$",
        r"`[^`\n]*`",
        r"(?s)## Further reading.*",
        r"\([^()]*(?:eqs?\.|section|chapter)[^()]*\)",
        r"\]\([^)]*\)",
    ]:
        text = re.sub(outside, " ", text)
    return text


def known(path):
    """Everything that a cell says or prints; 100_000 stands for 100,000 too."""
    code = "\n".join(cell.source for cell in cells(path, "code"))
    return printed(path) + code + re.sub(r"(?<=\d)_(?=\d)", "", code)


@each_notebook
def test_numbers_in_the_prose_come_from_a_cell(path):
    """Every decimal number, and every whole one from 100 on."""
    numbers = re.findall(r"(?<![\d.])\d+\.\d+(?![\d.]*\d)", prose(path))
    whole = re.findall(r"(?<![\d.,#^])\d[\d,]*\d{2}\b(?![.,]?\d|%)", prose(path))
    told = known(path)
    for number in numbers + [n.replace(",", "") for n in whole]:
        said = re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", told)
        assert said, number


@each_notebook
def test_percentages_in_the_prose_come_from_a_cell(path):
    told = known(path)
    shares = [float(share) for share in re.findall(r"\d?\.\d+", told)]
    rounded = {round(100 * share) for share in shares if share <= 1}
    for percent in re.findall(r"(?<![\d.])(\d+)%", prose(path)):
        said = re.search(rf"(?<![\d.]){percent}(?!\d)", told)
        assert said or int(percent) in rounded, percent


# --- The course as a whole ---------------------------------------------------------


def anchors(path):
    """Everything in a notebook that a link can lead to."""
    text = markdown(path)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        *re.findall(r'<a id="([^"]+)">', text),
        *(re.sub(r"\s", "-", heading.strip()) for heading in headings),
    }


@each_notebook
def test_links_to_a_place_in_a_notebook_lead_there(path):
    for file, anchor in re.findall(r"\]\(([\w.]*)#([^)]+)\)", markdown(path)):
        target = path.parent / file if file else path
        assert anchor in anchors(target), f"{file}#{anchor}"


GLOSSARY = re.findall(
    r'^- <a id="([^"]+)"></a>\*\*([^*]+)\*\*', markdown(NOTEBOOKS[0]), re.MULTILINE
)


@pytest.mark.parametrize(("anchor", "term"), GLOSSARY)
def test_a_term_of_the_glossary_is_linked_where_it_first_appears(anchor, term):
    for path in NOTEBOOKS[1:]:
        text = markdown(path).replace("*", "").replace("\n", " ")
        if re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE):
            assert f"(00_start_here.ipynb#{anchor})" in text, f"{path.stem}: {term}"
            return
    raise AssertionError(f"{term} is not used")


def test_few_cells_are_not_compared_and_each_says_why():
    everything, excluded = 0, []
    for path in NOTEBOOKS:
        before = ""
        for cell in read(path).cells:
            if cell.cell_type == "markdown":
                before = cell.source
                continue
            everything += 1
            tags = " ".join(cell.metadata.get("tags", []))
            if "nbval" in (tags + cell.source).lower():
                excluded.append(f"{path.stem}: {cell.id}")
                assert "not compared" in before + cell.source, excluded[-1]
    assert len(excluded) <= 0.05 * everything, excluded


# --- Exercises ---------------------------------------------------------------------


def attempts(path):
    """The stub cells of a notebook, by the name of their exercise."""
    found = {}
    for cell in cells(path, "code"):
        match = re.search(r"^check\.(\w+)\(my_(\w+)\)$", cell.source, re.MULTILINE)
        if match:
            assert match[1] == match[2]
            assert match[1] not in found
            found[match[1]] = cell
    return found


@each_notebook
def test_a_notebook_sets_all_of_its_exercises_and_shows_them_untouched(path):
    mine = {e.name: e for e in exercises().values() if e.notebook == path.stem[:2]}
    stubs = attempts(path)
    assert set(stubs) == set(mine)
    comments = [cell.source for cell in cells(path, "code")]
    for name, cell in stubs.items():
        reference = mine[name].reference
        assert cell.source == (
            f"def my_{name}{inspect.signature(reference)}:\n"
            f'    """{reference.__doc__}"""\n'
            f"    ...\n\n\n"
            f"check.{name}(my_{name})"
        )
        assert f'# hint("{name}")\n# solution("{name}")' in comments
        (output,) = cell.outputs
        assert output.data["text/plain"].startswith(f"○ Not attempted: {name}\n")
        assert "<b>○ Not attempted:</b>" in output.data["text/html"]


@each_notebook
def test_a_notebook_runs_with_all_solutions_pasted_in(path, tmp_path):
    notebook, names = read(path), list(attempts(path))
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for name in names:
            if cell.source.endswith(f"check.{name}(my_{name})"):
                code = solution(name).code
                cell.source = f"{code}\n\n\ncheck.{name}(my_{name})"
            cell.source = cell.source.replace(f'# hint("{name}")', f'hint("{name}")')
            cell.source = cell.source.replace("# solution(", "solution(")
    execute(notebook, tmp_path)
    judged = [
        output.data["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code" and "\ncheck." in cell.source
        for output in cell.outputs
    ]
    assert len(judged) == len(names) > 0
    assert [text for text in judged if not text.startswith("✓ Correct")] == []


# --- The checks themselves can fail --------------------------------------------------


def test_a_changed_digit_makes_the_comparison_fail(tmp_path):
    notebook = read(ROOT / "notebooks" / "04_e_step.ipynb")
    source = nbformat.writes(notebook)
    assert "columns sum to [ 96.8 175.2]" in source
    copies = {
        "same.ipynb": source,
        "changed.ipynb": source.replace("[ 96.8 175.2]", "[ 96.8 175.3]"),
    }
    for name, text in copies.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--nbval",
            "--nbval-current-env",
        ]
        run = subprocess.run(
            [*command, "-p", "no:cacheprovider", name],
            cwd=tmp_path,
            # Options of this run, such as coverage, are not for that one.
            env={k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"},
            capture_output=True,
        )
        assert run.returncode == (1 if name == "changed.ipynb" else 0), run.stdout


def test_segmentation_runs_unchanged_on_a_file_from_the_wild(tmp_path):
    """Another table, in another dialect, at another place; the picture is saved."""
    wild = make_mall_customers(seed=1).rename(
        columns={"Genre": "Gender", "Annual Income (k$)": "Annual_Income_(k$)"}
    )
    wild.to_csv(tmp_path / "wild.csv", sep=";", index=False, encoding="utf-8-sig")
    notebook = read(ROOT / "notebooks" / "10_customer_segmentation.ipynb")
    chosen = [cell for cell in notebook.cells if cell.source.startswith("DATA = None")]
    assert len(chosen) == 1
    chosen[0].source = 'DATA = "wild.csv"'
    execute(notebook, tmp_path)
    picture = tmp_path / "fashion_retail_customer_segmentation.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
