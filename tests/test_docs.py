"""The examples run, and what the README and its neighbors say is so."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
from pathlib import Path

import nbformat
import pytest

import gmm_from_scratch

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = [
    info.name
    for info in pkgutil.walk_packages(gmm_from_scratch.__path__, "gmm_from_scratch.")
]


# --- The package's docstrings ----------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    report = []
    runner = doctest.DocTestRunner(verbose=False)
    for example in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(example, out=report.append)
    assert not runner.failures, "".join(report)


# The solutions of exercises keep the one line that stands in the learner's stub; their
# examples are those of the exercise.
@pytest.mark.parametrize(
    "name", [name for name in MODULES if not re.search(r"exercises\.notebook_", name)]
)
def test_every_public_function_has_an_example(name):
    module = importlib.import_module(name)
    assert module.__doc__
    lacking = [
        key
        for key, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == name
        and not key.startswith("_")
        and ">>>" not in (value.__doc__ or "")
    ]
    assert not lacking


# --- The README's commands -------------------------------------------------------


def command(marker):
    (block,) = re.findall(rf"<!-- {marker} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert block.count("\n") == 1, "a command is one line to paste"
    return block.strip()


@pytest.mark.parametrize("system", ["", "-windows"])
def test_the_two_commands_name_what_exists(system):
    learn, test = command(f"learn-command{system}"), command(f"test-command{system}")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for line, extra in ((learn, "lab"), (test, "test")):
        assert f".[{extra}]" in line
        assert re.search(rf"^{extra} = \[", pyproject, re.MULTILINE)
        (constraints,) = re.findall(r"-c (\S+)", line)
        assert (ROOT / constraints).is_file()
    assert test.endswith("python -m pytest")
    (notebook,) = re.findall(r"notebooks\S+\.ipynb", learn)
    assert (ROOT / notebook.replace("\\", "/")).is_file()


def test_continuous_integration_runs_the_readme_and_no_copy():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "<!-- test-command -->" in script
    assert "pip install" not in script
    assert "-m pytest" not in script


def test_the_python_in_the_readme_runs_and_prints_what_is_said(capsys):
    blocks = re.findall(
        r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", README, re.DOTALL
    )
    assert any(printed for _, printed in blocks)
    for block, printed in blocks:
        exec(compile(ast.parse(block), "README.md", "exec"), {})
        out = capsys.readouterr().out
        assert not printed or out == printed


# --- Links and names -------------------------------------------------------------


def test_the_map_lists_every_notebook_and_no_other():
    listed = re.findall(r"\]\(notebooks/([^)]+)\)", README)
    assert listed == [path.name for path in NOTEBOOKS]


def test_the_instructors_guide_has_a_row_for_every_notebook():
    guide = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d\d)\]\(notebooks/([^)]+)\) \|", guide, re.MULTILINE)
    assert [name for _, name in rows] == [path.name for path in NOTEBOOKS]
    assert all(name.startswith(number) for number, name in rows)
    asked = re.findall(r"^\*\*(\d\d)\. \"", guide, re.MULTILINE)
    assert set(asked) >= {f"{number:02d}" for number in range(1, 13)}


def prose():
    """Yield every page with links: Markdown files and the notebooks' text cells."""
    folders = [ROOT, ROOT / "data", ROOT / "benchmarks"]
    for path in [path for folder in folders for path in folder.glob("*.md")]:
        yield path, path.read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        yield path, "\n\n".join(c.source for c in cells if c.cell_type == "markdown")


def test_relative_links_lead_somewhere():
    broken = []
    for path, text in prose():
        # In formulas and code, ](…) is no link.
        text = re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$", "", text, flags=re.DOTALL)
        links = re.findall(r"\]\(\s*([^)\s]+)[^)]*\)", text)
        links += re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
        for link in links:
            target = link.split("#")[0]
            if re.match(r"\w+:", link) or not target:
                continue
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {link}")
    assert not broken


def project_files():
    """Return the files that belong to the project, committed or about to be."""
    if (ROOT / ".git").exists():
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        names = [name for name in listing.split("\0") if name]
    else:
        names = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        ]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


# In halves, so that this file does not find itself.
HOSTS = ("pypi" + ".org", "python" + "hosted", "np" + "mjs", "deb." + "debian")
HOMES = (
    "/ro" + "ot/",
    "/ho" + "me/",
    "/Us" + "ers/",
    "C:\\\\Us" + "ers",
    "/wo" + "rk/",
)


def test_no_file_names_a_machine_or_a_registry():
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in project_files()
        for word in HOSTS + HOMES
        if word.encode() in path.read_bytes()
    ]
    assert not found
