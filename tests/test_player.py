"""The player's Python side: what it computes, sends, refuses and leaves behind."""

from itertools import islice

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from traitlets import TraitError

from gmm_from_scratch import em
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets import EMPlayer


@pytest.fixture(scope="module")
def table():
    return load_old_faithful()


@pytest.fixture(scope="module", name="X")
def points(table):
    return table.to_numpy()


@pytest.fixture(scope="module")
def start(X):
    covariance = np.diag(X.var(axis=0)) / 4
    return Mixture([0.5, 0.5], [[2.5, 90], [4, 50]], [covariance, covariance])


@pytest.fixture
def player(X, start):
    return EMPlayer(X, start)


def assert_same_mixture(one, other):
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name))


def state_of(player):
    state = {name: getattr(player, name) for name in player.trait_names(sync=True)}
    return state | {"steps": player.trace}


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_the_trace_is_that_of_fit(X, start, covariance_type):
    player = EMPlayer(X, start, covariance_type=covariance_type)
    fit = em.fit(X, start, covariance_type=covariance_type)
    assert player.trace[-1].iteration == fit.n_iter
    assert len(player.trace) == 2 * fit.n_iter
    assert_same_mixture(player.trace[-1].mixture, fit.mixture)
    found = [step.log_likelihood for step in player.trace if step.half == "E"]
    np.testing.assert_allclose(found, fit.log_likelihoods)


def test_it_stops_at_max_iter_and_at_tol(X, start):
    assert len(EMPlayer(X, start, max_iter=3).trace) == 6
    loose = em.fit(X, start, tol=0.1)
    assert len(EMPlayer(X, start, tol=0.1).trace) == 2 * loose.n_iter


def test_a_finished_trace_is_played_as_it_is(X, start):
    trace = list(islice(em.em(X, start), 7))
    player = EMPlayer(X, trace=trace)
    assert player.trace == trace
    player.frame = 7
    assert player.mixture is trace[-1].mixture
    player.start_means = [[2, 80], [4, 60]]
    moved = Mixture(start.weights, [[2, 80], [4, 60]], start.covariances)
    assert_same_mixture(player.trace[-1].mixture, em.fit(X, moved).mixture)


def test_what_is_sent_decodes_to_the_trace(X, start, player):
    def decode(values, dtype, *shape):
        return np.frombuffer(values, dtype).reshape(*shape)

    sent, scene, n_frames = player._trace, player._scene, len(player.trace) + 1
    center, scale = np.array(scene["center"]), np.array(scene["scale"])
    points = decode(scene["points"], "<f4", -1, 2) * scale + center
    np.testing.assert_allclose(points, X, rtol=1e-6)
    assert player.start_means == start.means.tolist()
    means = decode(sent["means"], "<f4", n_frames, 2, 2) * scale + center
    covariances = decode(sent["covariances"], "<f4", n_frames, 2, 2, 2)
    covariances = covariances * np.outer(scale, scale)
    weights = decode(sent["weights"], "<f4", n_frames, 2)
    for frame in range(n_frames):
        player.frame = frame
        np.testing.assert_allclose(means[frame], player.mixture.means, rtol=1e-6)
        np.testing.assert_allclose(
            covariances[frame], player.mixture.covariances, rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(weights[frame], player.mixture.weights, rtol=1e-6)
    bytes_sent = decode(sent["responsibilities"], np.uint8, -1, len(X), 1)
    truth = [step.responsibilities[:, :1] for step in player.trace[::2]]
    assert np.abs(bytes_sent / 255 - truth).max() <= 0.5 / 255 + 1e-12
    bounds = decode(sent["bounds"], "<f8", -1)
    np.testing.assert_array_equal(bounds, [step.lower_bound for step in player.trace])


def test_data_far_from_zero_arrive_exactly(X, start):
    shift = np.array([1e9, -1e9])
    far = Mixture(start.weights, start.means + shift, start.covariances)
    near, away = EMPlayer(X, start), EMPlayer(X + shift, far, max_iter=3)
    sent = [np.frombuffer(p._scene["points"], "<f4") for p in (near, away)]
    np.testing.assert_allclose(*sent, atol=1e-6)


def test_five_thousand_points_weigh_less_than_a_megabyte():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 2))
    start = Mixture(np.full(5, 0.2), X[:5], [np.eye(2)] * 5)
    player = EMPlayer(X, trace=list(islice(em.em(X, start), 80)))
    sent = sum(map(len, player._trace.values())) + len(player._scene["points"])
    assert sent < 900_000


def test_moving_a_start_mean_runs_em_anew(X, start, player):
    for means in ([[2.0, 60.0], [4.0, 80.0]], np.array([[3.0, 90.0], [4.0, 50.0]])):
        player.start_means = means
        fit = em.fit(X, Mixture(start.weights, means, start.covariances))
        assert player.trace[-1].iteration == fit.n_iter
        assert_same_mixture(player.trace[-1].mixture, fit.mixture)
        assert player.start_means == np.asarray(means).tolist()
    assert player.message == ""


def test_a_frame_past_the_new_end_moves_to_the_end(player):
    player.frame = 21
    player.start_means = [[2.0, 60.0], [4.0, 80.0]]
    assert player.frame == len(player.trace) == 8
    player.start_means = [[2.5, 90.0], [4.0, 50.0]]
    assert player.frame == len(player.trace) == 22


def test_a_start_without_points_leaves_the_last_run_and_says_why(player):
    steps = player.trace
    player.start_means = [[1e5, 1e5], [4.0, 80.0]]
    assert "component 1 is responsible for no point" in player.message
    assert player.trace == steps
    player.start_means = [[2.0, 60.0], [4.0, 80.0]]
    assert player.message == ""
    assert player.trace != steps


def test_a_request_of_the_browser_is_answered_with_its_number(player):
    means = [[2.0, 60.0], [4.0, 80.0]]
    player.set_state({"_request": {"id": 7, "means": means}})
    assert (player._reply, player.start_means) == (7, means)
    assert len(player.trace) == 8
    player.set_state({"_request": {"id": 8, "means": [[None, 1], [2, 3]]}})
    assert player._reply == 8
    assert "NaN" in player.message
    assert player.start_means == means


def test_a_frame_that_comes_too_late_is_cut_to_the_run(player):
    player.set_state({"frame": 500})
    assert player.frame == len(player.trace)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("frame", 99, "between 0 .the start. and 22"),
        ("frame", -1, "between 0"),
        ("frame", "two", "int"),
        ("start_means", [[1.0, np.nan], [2.0, 2.0]], "NaN"),
        ("start_means", [[1.0, 2.0]], r"shape \(2, 2\)"),
        ("start_means", "here", "numbers"),
        ("start_means", None, "shape"),
        ("speed", 0, "between 0.1 and 20"),
        ("speed", np.nan, "between 0.1 and 20"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(player, name, value, words):
    before = state_of(player)
    with pytest.raises(TraitError, match=words):
        setattr(player, name, value)
    assert state_of(player) == before


def test_careless_input_is_refused_in_a_sentence(X, start):
    three = Mixture([1.0], [[0.0, 0.0, 0.0]], [np.eye(3)])
    many = Mixture(np.full(9, 1 / 9), np.zeros((9, 2)), [np.eye(2)] * 9)
    trace = list(islice(em.em(X, start), 4))
    for arguments, error, words in [
        ((np.full((5, 2), np.nan), start), ValueError, "NaN"),
        ((np.ones((5, 3)), start), ValueError, "choose two"),
        ((X[:, 0], start), ValueError, "shape"),
        ((X, three), ValueError, "3 features"),
        ((X[:4], many), ValueError, "fewer than n_components"),
        ((X, [[2.5, 90], [4, 50]]), TypeError, "must be a Mixture"),
        ((X,), ValueError, "exactly one of start"),
    ]:
        with pytest.raises(error, match=words):
            EMPlayer(*arguments)
    for options, words in [
        ({"start": start, "trace": trace}, "exactly one of start"),
        ({"trace": []}, "at least one HalfStep"),
        ({"trace": trace[1:]}, "from an E-step on"),
        ({"start": start, "feature_names": "ab"}, "two labels"),
        ({"start": start, "covariance_type": "round"}, "must be one of"),
        ({"start": start, "max_iter": 0}, "max_iter"),
    ]:
        with pytest.raises(ValueError, match=words):
            EMPlayer(X, **options)
    with pytest.raises(ValueError, match="shape"):
        EMPlayer(X[:9], trace=trace)


def test_lists_and_tables_are_welcome(table, X, start):
    assert len(EMPlayer(X.tolist(), start).trace) == 22
    assert EMPlayer(table, start)._scene["labels"] == ["eruptions", "waiting"]
    named = EMPlayer(table, start, feature_names=["a (min)", "b (min)"])
    assert named._scene["labels"] == ["a (min)", "b (min)"]
    integers = pd.DataFrame({0: [0, 0, 9, 9], 1: [0, 1, 8, 9]})
    assert EMPlayer(integers, start)._scene["labels"] == ["0", "1"]


def test_one_component_and_more_than_there_are_colors(X):
    EMPlayer(X, Mixture([1.0], [[3.0, 70.0]], [np.diag([1.0, 100.0])])).to_film_strip()
    covariances = [np.diag([1.0, 100.0])] * 10
    player = EMPlayer(X, Mixture(np.full(10, 0.1), X[:10], covariances), max_iter=2)
    player.to_film_strip()
    assert "10 components" in repr(player)


def test_the_repr_names_sizes_and_no_address(player):
    assert repr(player) == "EMPlayer(272 points, 2 components, 11 iterations)"


def test_the_output_carries_a_picture_with_alt_text(player):
    data, metadata = player._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(player)
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(data["image/png"]) < 60_000
    alt = metadata["image/png"]["alt"]
    assert "272 points" in alt
    assert "-1130.3" in alt


def test_no_figure_stays_open_and_no_style_is_changed(player):
    before, style = plt.get_fignums(), dict(plt.rcParams)
    player._repr_mimebundle_()
    assert len(player.to_film_strip().axes) == 5
    assert plt.get_fignums() == before
    assert dict(plt.rcParams) == style


def test_a_trace_of_one_half_step_can_be_drawn(X, start):
    player = EMPlayer(X, trace=list(islice(em.em(X, start), 1)))
    assert len(player.to_film_strip().axes) == 2


# --- Other starts --------------------------------------------------------------------


def test_a_new_random_start_lies_on_points_and_is_run(X, start):
    player = EMPlayer(X, start, random_state=0)
    player.new_random_start()
    assert player.start_means != start.means.tolist()
    assert all(mean in X.tolist() for mean in player.start_means)
    first = player.trace[0].mixture
    np.testing.assert_allclose(first.weights, 0.5)
    np.testing.assert_allclose(first.covariances[0], np.cov(X.T, ddof=0) / 2, rtol=1e-4)
    assert_same_mixture(player.trace[-1].mixture, em.fit(X, first).mixture)


def test_the_same_seed_draws_the_same_starts(X, start):
    one, two = (EMPlayer(X, start, random_state=3) for _ in range(2))
    for player in (one, two):
        player.new_random_start()
    before = one.start_means
    assert before == two.start_means
    one.new_random_start()
    assert one.start_means != before


@pytest.mark.parametrize("K", [1, 3, 8])
def test_another_number_of_components_is_a_new_random_start(player, K):
    player.n_components = K
    assert np.shape(player.start_means) == (K, 2)
    assert player.trace[-1].mixture.n_components == K
    assert f"{K} components" in repr(player)
    player.start_means = np.array(player.start_means) + 0.01
    assert player.trace[-1].mixture.n_components == K


def test_there_is_a_way_back_to_the_first_start(X, start, player):
    trace = player.trace
    assert not player._moved
    player.n_components = 4
    player.start_means = np.array(player.start_means) + 0.01
    assert player._moved
    player.back_to_first_start()
    assert player.trace == trace
    assert player.start_means == start.means.tolist()
    assert (player.n_components, player._moved) == (2, False)


def test_the_way_back_from_a_trace_leads_to_that_trace(X, start):
    trace = list(islice(em.em(X, start), 7))
    player = EMPlayer(X, trace=trace, random_state=0)
    player.new_random_start()
    player.back_to_first_start()
    assert player.trace == trace


def test_the_browser_asks_for_starts(player):
    player.set_state({"_request": {"id": 1, "n_components": 3}})
    assert (player._reply, player.n_components) == (1, 3)
    means = player.start_means
    player.set_state({"_request": {"id": 2, "random": True}})
    assert (player._reply, player.n_components) == (2, 3)
    assert player.start_means != means
    player.set_state({"_request": {"id": 3, "reset": True}})
    assert (player._reply, player.n_components, player._moved) == (3, 2, False)
    player.set_state({"_request": {"id": 4, "n_components": 0}})
    assert player._reply == 4
    assert "n_components" in player.message


@pytest.mark.parametrize("K", [0, 273, 2.5, "two"])
def test_a_wrong_number_of_components_is_refused_and_changes_nothing(player, K):
    before = state_of(player)
    with pytest.raises(TraitError, match="n_components|int"):
        player.n_components = K
    assert state_of(player) == before


def test_if_no_random_start_works_it_says_so_and_the_last_run_stays():
    # Five Gaussians for six points, and nothing keeps them from collapsing.
    X = np.random.default_rng(0).normal(size=(6, 2))
    start = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    player = EMPlayer(X, start, reg_covar=0, max_iter=500, tol=0, random_state=0)
    steps = player.trace
    player.n_components = 5
    assert "any of 20 random starts with n_components=5" in player.message
    assert player.n_components == 1
    assert player.trace == steps
