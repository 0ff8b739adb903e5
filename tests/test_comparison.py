"""Two players side by side: their common time, their pictures, and what is refused."""

import numpy as np
import pytest
from traitlets import TraitError

from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets.comparison import EMComparison
from gmm_from_scratch.widgets.player import EMPlayer


@pytest.fixture(scope="module", name="X")
def three_groups():
    rng = np.random.default_rng(3)
    centers = [(0, 0), (4, 0), (2, 4)]
    return np.concatenate([rng.normal(c, 0.5, size=(80, 2)) for c in centers])


def player_from(X, means, width):
    start = Mixture(np.full(3, 1 / 3), means, [width * np.eye(2)] * 3)
    return EMPlayer(X, start, random_state=0)


@pytest.fixture
def comparison(X):
    good = player_from(X, [[0.5, 1], [3, 1], [2, 3]], 1.0)
    bad = player_from(X, [[1.7, 4], [2.3, 4], [2, 0]], 0.3)
    return EMComparison(good, bad)


def test_one_of_the_runs_ends_in_a_local_optimum(comparison):
    ends = [p.trace[-1].log_likelihood for p in (comparison.one, comparison.two)]
    assert ends[0] > ends[1] + 100


def test_both_go_to_the_same_frame_and_the_shorter_waits(comparison):
    one, two = comparison.one, comparison.two
    assert len(one.trace) < len(two.trace)
    comparison.frame = 3
    assert (one.frame, two.frame) == (3, 3)
    comparison.frame = len(two.trace)
    assert (one.frame, two.frame) == (len(one.trace), len(two.trace))
    with pytest.raises(TraitError, match="frame must lie between"):
        comparison.frame = len(two.trace) + 1


def test_a_shorter_run_takes_the_frame_along(comparison):
    comparison.frame = len(comparison.two.trace)
    comparison.two.start_means = comparison.one.trace[-1].mixture.means
    assert comparison.frame == max(len(comparison.one.trace), len(comparison.two.trace))


def test_the_browser_asks_for_two_different_random_starts(comparison):
    before = comparison.one.start_means, comparison.two.start_means
    comparison.set_state({"_request": {"id": 1, "random": True}})
    after = comparison.one.start_means, comparison.two.start_means
    assert comparison._reply == 1
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert after[0] != after[1]


def test_the_output_carries_a_picture_of_both_runs(comparison):
    data, metadata = comparison._repr_mimebundle_()
    assert data["text/plain"] == repr(comparison)
    assert repr(comparison).startswith("EMComparison(240 points, 3 and 3 components, ")
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(data["image/png"]) < 90_000
    alt = metadata["image/png"]["alt"]
    for player in (comparison.one, comparison.two):
        assert player.alt_text() in alt
    assert len(comparison.to_film_strip().axes) == 10


def test_what_cannot_be_compared_is_refused_in_a_sentence(X, comparison):
    other = player_from(X + 1, [[0.5, 1], [3, 1], [2, 3]], 1.0)
    with pytest.raises(ValueError, match="play different data"):
        EMComparison(comparison.one, other)
    with pytest.raises(TypeError, match="two must be an EMPlayer, but it is a list"):
        EMComparison(comparison.one, [1, 2])
