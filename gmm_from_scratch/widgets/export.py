"""One HTML file that holds a widget and plays without a kernel or a network."""

import base64
import html
import json
from pathlib import Path
from string import Template

from gmm_from_scratch.widgets.base import CourseWidget, read_text

# What ipywidgets itself keeps in a widget's state, and a page without it cannot use.
_NOT_FOR_A_PAGE = {"_esm", "_css", "layout", "tabbable", "tooltip"}


def export_html(widget, path, *, title=None):
    """Write a widget into a single HTML file, to open from disk or put on a web page.

    Everything is in the file: data, code, styles, and the film strip for whoever has
    switched scripts off. Whatever needs no kernel works as in the notebook: playing,
    stepping, choosing, and the handles of the explorers; starting means stay where they
    are. The data can be read in the file: export no secrets.

    Parameters
    ----------
    widget : CourseWidget
        A widget of this package, in the state in which the page shall show it.
    path : str or Path
        Where to write; an existing file is replaced.
    title : str, optional
        The page's title; the widget's own, or the name of its class, if there is none.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    TypeError
        If it is no widget of this package.
    FileNotFoundError
        If the folder does not exist.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from gmm_from_scratch import EMPlayer, Mixture
    >>> start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    >>> player = EMPlayer([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]], start)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = export_html(player, f"{folder}/player.html")
    ...     "<!doctype html>" in page.read_text(encoding="utf-8")
    True
    """
    if not isinstance(widget, CourseWidget):
        raise TypeError(
            f"widget must be a widget of this package, for example an EMPlayer, but it "
            f"is a {type(widget).__name__}."
        )
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"there is no folder {path.parent}; make it first, or choose another path."
        )
    page = Template(read_text("page.html")).substitute(
        title=html.escape(title or widget._scene.get("title") or type(widget).__name__),
        style=str(widget._css),
        picture=base64.b64encode(widget._film_strip_png()).decode(),
        alt=html.escape(widget.alt_text()),
        state=_as_json({"shown": widget.model_id, "models": _states(widget)}),
        code=str(widget._esm).replace("export default", "const widget ="),
        host=read_text("page.js"),
    )
    path.write_text(page, encoding="utf-8")
    return path


def _states(widget):
    """Collect the state of a widget and of the widgets in it, by their model ids."""
    state = widget.get_state()
    kept = {
        name: value
        for name, value in state.items()
        if name not in _NOT_FOR_A_PAGE and not name.startswith(("_model", "_view"))
    }
    found = {widget.model_id: kept}
    for name in kept:
        if isinstance(inner := getattr(widget, name), CourseWidget):
            found |= _states(inner)
    return found


def _as_json(value):
    text = json.dumps(value, default=_encode_bytes, allow_nan=False)
    # Inside a script element, nothing may look like the end of it.
    return text.replace("<", "\\u003c")


def _encode_bytes(value):
    return {"base64": base64.b64encode(value).decode()}
