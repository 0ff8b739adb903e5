"""EMComparison: two starts side by side, because EM may end in different places."""

import numpy as np
from ipywidgets import widget_serialization
from matplotlib import rc_context
from matplotlib.figure import Figure
from traitlets import Instance, observe

from gmm_from_scratch.plotting import STRIP_STYLE
from gmm_from_scratch.widgets.base import PlayedWidget, join_modules, read_text
from gmm_from_scratch.widgets.player import EMPlayer


class EMComparison(PlayedWidget):
    """Play two runs of EM beside each other, and their log-likelihoods below.

    Each start can be dragged as in `EMPlayer`. Where the two runs end at different
    heights, the lower one is stuck in a local optimum.

    Parameters
    ----------
    one, two : EMPlayer
        The runs to compare; of the same data, or the heights mean nothing.

    Attributes
    ----------
    one, two : EMPlayer
        The two players, each with its `start_means`, `trace` and `mixture`.
    frame : int
        What is shown of both: 0 is the start, 1 the first E-step, 2 the first M-step, …
        The shorter run waits at its end.
    playing : bool
        Whether the frames advance by themselves (in the browser).
    speed : float
        Speed of playing; 1 is about one half-step a second.
    loop : bool
        Whether playing begins again when it has come to the end.
    presenting : bool
        Whether type and lines are large enough for a lecture room.

    Raises
    ------
    TypeError, ValueError
        If `one` or `two` is no EMPlayer, or they play different data.

    Examples
    --------
    >>> from gmm_from_scratch import Mixture
    >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [5.0, 5.0], [5.0, 6.0], [6.0, 5.0]]
    >>> near = Mixture([0.5, 0.5], [[1.0, 1.0], [4.0, 4.0]], [np.eye(2)] * 2)
    >>> across = Mixture([0.5, 0.5], [[0.0, 5.0], [5.0, 0.0]], [np.eye(2)] * 2)
    >>> EMComparison(EMPlayer(X, near), EMPlayer(X, across))
    EMComparison(6 points, 2 and 2 components, 3 and 3 iterations)
    """

    _esm = join_modules("drawing.js", "view.js", "run.js", "comparison.js")
    _css = read_text("widget.css")

    one = Instance(EMPlayer).tag(sync=True, **widget_serialization)
    two = Instance(EMPlayer).tag(sync=True, **widget_serialization)

    def __init__(self, one, two):
        for name, player in [("one", one), ("two", two)]:
            if not isinstance(player, EMPlayer):
                raise TypeError(
                    f"{name} must be an EMPlayer, but it is a {type(player).__name__}."
                )
        if not np.array_equal(one._X, two._X):
            raise ValueError(
                "one and two play different data, so their log-likelihoods cannot be "
                "compared; make both players from the same X."
            )
        # Seeded alike, they would draw the same random starts.
        two._rng = one._rng
        super().__init__(one=one, two=two, _scene={"players": 2})
        for player in (one, two):
            player.observe(self._stay_within_the_run, "_trace")

    @property
    def _last_frame(self):
        return max(len(self.one.trace), len(self.two.trace))

    def _stay_within_the_run(self, change):
        self.frame = min(self.frame, self._last_frame)

    @observe("frame")
    def _show_frame_of_both(self, change):
        for player in (self.one, self.two):
            player.frame = min(change["new"], len(player.trace))

    def _answer(self, question):
        for player in (self.one, self.two):
            player.new_random_start()

    def to_film_strip(self):
        """Draw both runs as strips of still pictures, one above the other.

        Returns
        -------
        matplotlib.figure.Figure
        """
        players = [self.one, self.two]
        width = max(len(player.still_frames()) for player in players)
        with rc_context(STRIP_STYLE):
            figure = Figure(figsize=(2.9 * width, 6.4), layout="constrained")
            panels = figure.subplots(2, width, sharex=True, sharey=True, squeeze=False)
            for player, row in zip(players, panels, strict=True):
                player.draw_stills(row)
            figure.supxlabel(self.one._scene["labels"][0], fontsize=13)
            figure.supylabel(self.one._scene["labels"][1], fontsize=13)
        return figure

    def alt_text(self):
        """Say in words what the film strip shows.

        Returns
        -------
        str
        """
        return f"Above: {self.one.alt_text()} Below: {self.two.alt_text()}"

    def __repr__(self):
        """Name the sizes; no address, so that notebooks compare equal."""
        K = " and ".join(str(player.n_components) for player in (self.one, self.two))
        n_iter = " and ".join(
            str(player.trace[-1].iteration) for player in (self.one, self.two)
        )
        return (
            f"EMComparison({len(self.one._X)} points, {K} components, {n_iter} "
            f"iterations)"
        )
