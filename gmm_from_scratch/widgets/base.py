"""What all widgets share: their JavaScript, and a picture where none can run."""

import io
import re
from pathlib import Path

import anywidget
import numpy as np
from PIL import Image
from traitlets import Bool, Dict, Float, Int, TraitError, Unicode, observe, validate

from gmm_from_scratch.validation import check_data

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
    >>> ".gmm-widget" in read_text("widget.css")
    True
    """
    return (_FOLDER / name).read_text(encoding="utf-8")


class CourseWidget(anywidget.AnyWidget):
    """A widget that leaves a picture with alt text where no browser code can run.

    A subclass defines `to_film_strip`, which returns a matplotlib figure, and
    `alt_text`, which says in words what the figure shows. GitHub, nbviewer, an
    exported page and a notebook that is not yet trusted then show the picture.

    Attributes
    ----------
    presenting : bool
        Whether type and lines are large enough for a lecture room. In the browser, the
        key P and a button change it, and fill the screen.
    """

    presenting = Bool(False).tag(sync=True)

    # What the browser reads once.
    _scene = Dict().tag(sync=True)

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data = data | {"text/plain": repr(self), "image/png": self._film_strip_png()}
        return data, metadata | {"image/png": {"alt": self.alt_text()}}

    def _film_strip_png(self):
        drawn, stored = io.BytesIO(), io.BytesIO()
        self.to_film_strip().savefig(drawn, format="png", dpi=80, facecolor="white")
        # 128 colors are a third of the bytes, and no eye sees the difference.
        picture = Image.open(drawn).convert("RGB").quantize(128)
        picture.save(stored, format="png", optimize=True)
        return stored.getvalue()


class AnsweringWidget(CourseWidget):
    """A widget whose browser side asks for something that only Python can compute.

    `_request` and `_reply` carry one question each, so that the browser sends the next
    one only when the last has been answered: a fast drag leaves no backlog. A subclass
    defines `_answer`, which takes the question, a dict, and changes its own traits.

    Attributes
    ----------
    message : str
        Why the last question could not be answered; what was there before then stays.
    """

    message = Unicode("").tag(sync=True)

    _request = Dict().tag(sync=True)
    _reply = Int(0).tag(sync=True)

    @observe("_request")
    def _receive_request(self, change):
        question = dict(change["new"])
        number = question.pop("id")
        with self.hold_sync():
            try:
                self._answer(question)
            except (TraitError, ValueError) as error:
                self.message = str(error)
            self._reply = number


class PlayedWidget(AnsweringWidget):
    """A widget that plays frames one after another.

    A subclass defines `_last_frame`, a property.

    Attributes
    ----------
    frame : int
        What is shown, from 0 on.
    playing : bool
        Whether the frames advance by themselves (in the browser).
    speed : float
        Speed of playing; 1 is about one frame a second.
    loop : bool
        Whether playing begins again when it has come to the end.
    """

    frame = Int(0).tag(sync=True)
    playing = Bool(False).tag(sync=True)
    speed = Float(1.0).tag(sync=True)
    loop = Bool(False).tag(sync=True)

    def set_state(self, sync_data):
        """Take over what the browser says (called by ipywidgets).

        Parameters
        ----------
        sync_data : dict
            New values of traits.
        """
        # A frame may have been chosen just before a shorter run arrived there.
        if isinstance(sync_data.get("frame"), int):
            frame = min(max(sync_data["frame"], 0), self._last_frame)
            sync_data = sync_data | {"frame": frame}
        super().set_state(sync_data)

    @validate("frame")
    def _validate_frame(self, proposal):
        last = self._last_frame
        if not 0 <= proposal["value"] <= last:
            raise TraitError(
                f"frame must lie between 0 (the start) and {last} (the last one), but "
                f"it is {proposal['value']}."
            )
        return proposal["value"]

    @validate("speed")
    def _validate_speed(self, proposal):
        if not 0.1 <= proposal["value"] <= 20:
            raise TraitError(
                f"speed must lie between 0.1 and 20, but it is {proposal['value']}."
            )
        return proposal["value"]


def as_float32(values):
    """Pack numbers for the browser, where 7 digits are enough to draw.

    Parameters
    ----------
    values : array-like of float
        Numbers of any shape.

    Returns
    -------
    bytes

    Examples
    --------
    >>> len(as_float32([[1.0, 2.0], [3.0, 4.0]]))
    16
    """
    return np.asarray(values, dtype="<f4").tobytes()


def as_float64(values):
    """Pack numbers for the browser, where all digits are wanted.

    Parameters
    ----------
    values : array-like of float
        Numbers of any shape.

    Returns
    -------
    bytes

    Examples
    --------
    >>> len(as_float64([1.0, 2.0]))
    16
    """
    return np.asarray(values, dtype="<f8").tobytes()


def check_two_features(X, name):
    """Return data that can be drawn in the plane.

    Parameters
    ----------
    X : array-like of shape (N, 2)
        Points.
    name : str
        The widget's name, for the error.

    Returns
    -------
    ndarray of shape (N, 2)

    Raises
    ------
    TypeError, ValueError
        If X is malformed or does not have two columns.

    Examples
    --------
    >>> check_two_features([[1, 2], [3, 4]], "EMPlayer").shape
    (2, 2)
    """
    X = check_data(X)
    if X.shape[1] != 2:
        raise ValueError(
            f"{name} draws in the plane, but X has {X.shape[1]} features; choose two "
            f'columns, for example X[:, [0, 1]] or X[["income", "score"]].'
        )
    return X


def check_feature_names(names, X):
    """Return two labels for the axes: those given, or the columns of a DataFrame.

    Parameters
    ----------
    names : sequence of str or None
        Labels.
    X : array-like of shape (N, 2)
        Whose columns they name.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there are not two of them.

    Examples
    --------
    >>> check_feature_names(None, [[1, 2], [3, 4]])
    ['x₁', 'x₂']
    """
    if names is None:
        names = list(getattr(X, "columns", ["x₁", "x₂"]))
    if isinstance(names, str) or len(names) != 2:
        raise ValueError(f"feature_names must be two labels, but it is {names!r}.")
    return [str(name) for name in names]


def or_trait_error(check, *arguments):
    """Run a check, and say what it says as ipywidgets expects it.

    Parameters
    ----------
    check : callable
        A function of `validation`, for instance.
    *arguments
        What to call it with.

    Returns
    -------
    object
        What the check returns.

    Raises
    ------
    TraitError
        If it raises a TypeError or a ValueError, in the same words.

    Examples
    --------
    >>> from gmm_from_scratch.validation import check_integer
    >>> or_trait_error(check_integer, 3, "n_components", 1)
    3
    """
    try:
        return check(*arguments)
    except (TypeError, ValueError) as error:
        raise TraitError(str(error)) from error


def count_from_one(sentence):
    """Count the components of a sentence from 1, as the pictures do.

    Parameters
    ----------
    sentence : str
        As an error says it, counted from 0.

    Returns
    -------
    str

    Examples
    --------
    >>> count_from_one("component 0 is empty")
    'component 1 is empty'
    """
    return re.sub(
        r"component (\d+)", lambda match: f"component {int(match[1]) + 1}", sentence
    )
