"""What a learner installs is complete, and the project's files agree."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
NAME = PROJECT["project"]["name"]


def requirements(*extras):
    """Return {name: specifier} of the project's own dependencies and extras."""
    found = {}
    queue = [*PROJECT["project"]["dependencies"], *(f"{NAME}[{e}]" for e in extras)]
    while queue:
        requirement = Requirement(queue.pop())
        if requirement.name == NAME:
            for extra in requirement.extras:
                queue += EXTRAS[extra]
        else:
            found[canonicalize_name(requirement.name)] = requirement.specifier
    return found


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines)


# --- One list of dependencies ----------------------------------------------------


def test_environment_yml_names_what_pyproject_names():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["conda-forge"]
    *plain, with_pip = environment["dependencies"]
    assert with_pip == {"pip": ["-e ."]}
    assert "pip" in plain
    (python,) = (line for line in plain if re.match(r"python\b", line))
    packages = [Requirement(line) for line in plain if line not in ("pip", python)]
    assert {p.name: p.specifier for p in packages} == requirements("lab")
    supported = Requirement(f"python{PROJECT['project']['requires-python']}")
    assert python.split("=")[-1] in supported.specifier


def test_constraints_are_plain_sorted_and_complete():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)
    assert lines == sorted(set(lines), key=lambda line: line.split("=="))
    pinned = pins()
    for name, specifier in requirements("test").items():
        assert pinned[name] in specifier, name


def test_constraints_cover_all_that_is_installed():
    pinned = pins()
    queue, seen = [(NAME, "test")], set()
    while queue:
        name, extra = queue.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        if name != NAME:
            assert name in pinned, f"{name} is not in constraints.txt"
            if Version(metadata.version(name)) != Version(pinned[name]):
                pytest.skip(f"This environment has another version of {name}.")
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            for wanted in requirement.extras or ("",):
                queue.append((canonicalize_name(requirement.name), wanted))


def test_continuous_integration_and_constraints_cover_the_same_pythons():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    pythons = workflow["jobs"]["pinned"]["strategy"]["matrix"]["python"]
    tool = (ROOT / "tools" / "renew_constraints.py").read_text("utf-8")
    assert json.dumps(pythons) in tool
    assert PROJECT["project"]["requires-python"] == f">={pythons[0]}"


# --- Distribution files ----------------------------------------------------------


def build(kind, source, target):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (file,) = target.iterdir()
    return file


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The source distribution, unpacked."""
    archive = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    """The wheel, built from the source distribution."""
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


def test_the_source_distribution_has_the_course(source):
    for name in ("README.md", "LICENSE", "LICENSE-CC-BY-4.0.txt", "constraints.txt"):
        assert (source / name).is_file(), name
    for folder in ("notebooks", "tests", "data"):
        assert (source / folder).is_dir(), folder
    assert not (source / ".venv").exists()


def test_the_wheel_has_every_module_widget_and_data_file(wheel):
    expected = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.py", "*.js", "*.css", "*.html")
        for path in (ROOT / "gmm_from_scratch").rglob(pattern)
    }
    expected |= {
        f"gmm_from_scratch/data/{path.name}" for path in (ROOT / "data").iterdir()
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        licenses = {n.split("/")[-1] for n in archive.namelist() if "/licenses/" in n}
        for name in expected:
            if name.endswith((".js", ".css", ".csv", ".html")):
                source = name.replace("gmm_from_scratch/data/", "data/")
                assert archive.read(name) == (ROOT / source).read_bytes(), name
    assert any(name.endswith(".js") for name in expected)
    assert names == expected
    assert licenses == {"LICENSE", "LICENSE-CC-BY-4.0.txt"}


IN_AN_EMPTY_ENVIRONMENT = """
import json, sys
import numpy as np
import gmm_from_scratch
from gmm_from_scratch import datasets
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets import EMPlayer

geyser = datasets.load_old_faithful()
player = EMPlayer(
    geyser,
    Mixture([0.5, 0.5], [[2.0, 55.0], [4.0, 80.0]], [np.diag([1.0, 100.0])] * 2),
)
print(json.dumps({
    "file": gmm_from_scratch.__file__,
    "shapes": [
        geyser.shape,
        datasets.load_penguins().shape,
        datasets.load_mall_customers().shape,
    ],
    "javascript": len(str(player._esm)),
    "style": len(str(player._css)),
}))
"""


def test_the_wheel_works_in_an_empty_environment(wheel, tmp_path):
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        + ["--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)],
        check=True,
    )
    packages = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)})
    # The dependencies are borrowed, after the environment's own packages. A line
    # of a .pth file adds a folder and does not read the .pth files there, so an
    # editable install of the checkout stays out.
    borrowed = {sysconfig.get_paths()[key] for key in ("purelib", "platlib")}
    Path(packages["purelib"], "borrowed.pth").write_text(
        "".join(f"{folder}\n" for folder in borrowed), encoding="utf-8"
    )
    result = subprocess.run(
        [str(python), "-I", "-c", IN_AN_EMPTY_ENVIRONMENT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert Path(found["file"]).is_relative_to(home.resolve())
    assert found["shapes"] == [[272, 2], [344, 8], [200, 5]]
    assert found["javascript"] > 1000
    assert found["style"] > 100


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("gmm_from_scratch", "matplotlib ipywidgets anywidget sklearn pandas"),
        ("gmm_from_scratch.datasets", "matplotlib ipywidgets anywidget sklearn"),
        ("gmm_from_scratch.em", "matplotlib ipywidgets anywidget sklearn pandas"),
        ("gmm_from_scratch.estimator", "matplotlib ipywidgets sklearn.mixture"),
    ],
)
def test_imports_are_lean(module, absent):
    code = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not set(absent.split()) & set(result.stdout.split())
