"""What all widgets share: their JavaScript, and a picture where none can run."""

import io
import re
from pathlib import Path

import anywidget
from PIL import Image

_FOLDER = Path(__file__).parent
_LOCAL_IMPORT = re.compile(r'^import [^;]*? from "\./[\w.]+";\n', re.MULTILINE)


def join_modules(*names):
    """Join JavaScript files into the one module that a widget is made of.

    A browser receives a widget's JavaScript as a single text and cannot follow
    imports between files, so these are dropped and the files put one after another.

    Parameters
    ----------
    *names : str
        Files in this folder, each after those it imports from.

    Returns
    -------
    str

    Examples
    --------
    >>> "export function niceTicks(" in join_modules("drawing.js")
    True
    """
    return "\n".join(_LOCAL_IMPORT.sub("", read_text(name)) for name in names)


def read_text(name):
    """Read a file that lies beside this module.

    Parameters
    ----------
    name : str
        The file's name.

    Returns
    -------
    str

    Examples
    --------
    >>> ".gmm-player" in read_text("player.css")
    True
    """
    return (_FOLDER / name).read_text(encoding="utf-8")


class CourseWidget(anywidget.AnyWidget):
    """A widget that leaves a picture with alt text where no browser code can run.

    A subclass defines `film_strip`, which returns a matplotlib figure, and
    `alt_text`, which says in words what the figure shows. GitHub, nbviewer, an
    exported page and a notebook that is not yet trusted then show the picture.
    """

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data = data | {"text/plain": repr(self), "image/png": self._film_strip_png()}
        return data, metadata | {"image/png": {"alt": self.alt_text()}}

    def _film_strip_png(self):
        drawn, stored = io.BytesIO(), io.BytesIO()
        self.film_strip().savefig(drawn, format="png", dpi=80, facecolor="white")
        # 128 colors are a third of the bytes, and no eye sees the difference.
        picture = Image.open(drawn).convert("RGB").quantize(128)
        picture.save(stored, format="png", optimize=True)
        return stored.getvalue()
