"""Run notebooks in place and store them in one stable form.

    python tools/run_notebooks.py                     every notebook of the course
    python tools/run_notebooks.py notebooks/04*.ipynb only these

The kernel is the Python that runs this script and works in the notebook's own
folder, exactly as ``python -m pytest`` does when it compares the stored outputs.
A notebook with an error is reported and left as it was.
"""

import argparse
import base64
import copy
import io
import os
import sys
import time
from pathlib import Path

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class _ThisPython(KernelSpecManager):
    """Whatever kernel is asked for, start the interpreter that is running."""

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class ThisPythonKernel(AsyncKernelManager):
    def _kernel_spec_manager_default(self):
        return _ThisPython()


def run(notebook, folder, timeout=600):
    """Execute a copy of a notebook in `folder`; return it in normal form."""
    notebook = copy.deepcopy(notebook)
    # A backend chosen for this terminal would keep figures out of the notebook.
    env = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        kernel_manager_class=ThisPythonKernel,
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
    )
    client.execute(env=env)
    return normalize(notebook)


def normalize(notebook):
    """Drop from a notebook all that changes without the course changing."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for key in ("execution", "ExecuteTime", "trusted", "collapsed", "scrolled"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = _join_streams(cell.outputs)
            for output in cell.outputs:
                _clean(output.get("data", {}))
    return notebook


def _join_streams(outputs):
    """Print statements arrive in pieces whose cuts depend on the clock."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else None
        if output.output_type == "stream" and last is not None:
            same = last.output_type == "stream" and last.name == output.name
            if same:
                last.text += output.text
                continue
        joined.append(output)
    return joined


def _clean(data):
    # The view belongs to a kernel that has ended and has a new random name each
    # time. Without it every front end shows the picture stored beside it.
    data.pop(WIDGET_VIEW, None)
    if "image/png" in data:
        data["image/png"] = small_png(data["image/png"])


def small_png(text):
    """Store an opaque picture with 256 colors if that is smaller."""
    raw = base64.b64decode(text)
    with Image.open(io.BytesIO(raw)) as image:
        if image.mode == "P":
            return text
        if "A" in image.getbands() and image.getchannel("A").getextrema()[0] < 255:
            return text
        small = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        out = io.BytesIO()
        keep = {"dpi": image.info["dpi"]} if "dpi" in image.info else {}
        small.save(out, "PNG", optimize=True, **keep)
    if out.tell() >= len(raw):
        return text
    return base64.b64encode(out.getvalue()).decode("ascii")


def read(path):
    """Read a notebook as format 4.5, in which every cell has an id."""
    notebook = nbformat.read(path, as_version=4)
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        notebook.nbformat, notebook.nbformat_minor = 4, 5
        for cell in notebook.cells:
            cell.setdefault("id", nbformat.v4.new_code_cell().id)
    return notebook


def dumps(notebook):
    """Turn a notebook into the text of its file."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1).rstrip("\n") + "\n"


def main(argv=None):
    """Run the notebooks named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path, help="default: all notebooks")
    parser.add_argument("--timeout", type=int, default=600, help="seconds per cell")
    arguments = parser.parse_args(argv)

    failed = 0
    for path in arguments.paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        began = time.perf_counter()
        try:
            notebook = run(read(path), path.resolve().parent, arguments.timeout)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failed += 1
            print(f"{path}: not written\n{error}", file=sys.stderr)
            continue
        text = dumps(notebook)
        path.write_text(text, encoding="utf-8", newline="\n")
        seconds = time.perf_counter() - began
        print(f"{path}: {seconds:.0f} s, {len(text.encode()) / 1000:.0f} kB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
