"""A widget as one HTML file: what is in it, and what it never does."""

import base64
import json
import re

import numpy as np
import pytest

from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets.comparison import EMComparison
from gmm_from_scratch.widgets.export import export_html
from gmm_from_scratch.widgets.player import EMPlayer

X = np.random.default_rng(0).normal(size=(40, 2)) + np.repeat([[0], [6]], 20, axis=0)
START = Mixture([0.5, 0.5], [[0.0, 2.0], [6.0, 3.0]], [np.eye(2)] * 2)


def state_in(page):
    text = re.search(r'id="state">(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(text)


def test_the_page_holds_the_state_of_the_widget(tmp_path):
    player = EMPlayer(X, START)
    player.frame = 3
    path = export_html(player, tmp_path / "player.html")
    assert path == tmp_path / "player.html"
    page = path.read_text(encoding="utf-8")
    found = state_in(page)
    state = found["models"][found["shown"]]
    assert state["frame"] == 3
    assert state["start_means"] == START.means.tolist()
    points = base64.b64decode(state["_scene"]["points"]["base64"])
    assert points == player._scene["points"]
    assert player.alt_text() in page
    assert "_esm" not in state


def test_widgets_within_a_widget_come_along(tmp_path):
    one, two = EMPlayer(X, START), EMPlayer(X, START)
    comparison = EMComparison(one, two)
    page = export_html(comparison, tmp_path / "both.html").read_text(encoding="utf-8")
    found = state_in(page)
    assert set(found["models"]) == {w.model_id for w in (comparison, one, two)}
    shown = found["models"][found["shown"]]
    assert shown["one"] == f"IPY_MODEL_{one.model_id}"


def test_a_page_loads_nothing(tmp_path):
    page = export_html(EMPlayer(X, START), tmp_path / "p.html").read_text("utf-8")
    page = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//[a-z]+\.|@import|\bsrc=(?!\"data:)|<link", page)


def test_text_stays_text(tmp_path):
    evil = "</script><script>alert(1)</script>"
    player = EMPlayer(X, START, title=evil, feature_names=[evil, "$title ${code}"])
    page = export_html(player, tmp_path / "p.html").read_text("utf-8")
    assert evil not in page
    found = state_in(page)
    assert found["models"][found["shown"]]["_scene"]["labels"] == [
        evil,
        "$title ${code}",
    ]


def test_the_title_is_that_of_the_page_the_widget_or_its_class(tmp_path):
    for given, own, expected in [
        ("Mine", "Its own", "<title>Mine</title>"),
        (None, "a < b", "<title>a &lt; b</title>"),
        (None, None, "<title>EMPlayer</title>"),
    ]:
        player = EMPlayer(X, START, title=own)
        path = export_html(player, tmp_path / "p.html", title=given)
        assert expected in path.read_text("utf-8")


def test_what_cannot_be_written_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(TypeError, match="widget of this package"):
        export_html("player", tmp_path / "p.html")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        export_html(EMPlayer(X, START), tmp_path / "nowhere" / "p.html")
    assert list(tmp_path.iterdir()) == []
