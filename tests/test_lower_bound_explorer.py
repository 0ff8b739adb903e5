"""The lower bound explorer's Python side: its parabolas, its run, what it refuses."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.stats import norm
from traitlets import TraitError

from gmm_from_scratch import em
from gmm_from_scratch.datasets import load_old_faithful
from gmm_from_scratch.em import EmptyComponentError
from gmm_from_scratch.mixture import Mixture
from gmm_from_scratch.widgets.base import join_modules
from gmm_from_scratch.widgets.lower_bound_explorer import LowerBoundExplorer


@pytest.fixture(scope="module")
def x():
    return load_old_faithful()["waiting"].to_numpy()


@pytest.fixture(scope="module")
def start():
    return Mixture([0.4, 0.6], [[35.0], [71.0]], [[[25.0]], [[185.0]]])


@pytest.fixture
def explorer(x, start):
    return LowerBoundExplorer(x, start, feature_name="waiting (min)")


@pytest.fixture(scope="module")
def three():
    """Return a mixture whose middle component moves, and its explorer."""
    means = [[50.0], [60.0], [80.0]]
    start = Mixture([0.3, 0.2, 0.5], means, [[[30.0]], [[16.0]], [[40.0]]])
    x = load_old_faithful()["waiting"].to_numpy()
    return start, LowerBoundExplorer(x, start, component=1)


def with_mean(mixture, component, mean):
    means = mixture.means.copy()
    means[component] = mean
    return Mixture(mixture.weights, means, mixture.covariances)


def sent(explorer, name):
    return np.frombuffer(explorer._trace[name], "<f8")


def sent_curve(explorer):
    low, high = explorer._curve["range"]
    values = np.frombuffer(explorer._curve["values"], "<f8")
    return np.linspace(low, high, len(values)), values


def sent_parabola(explorer, iteration, mean):
    """Evaluate a bound from what is sent, as the browser does."""
    variance = explorer._scene["variances"][explorer._scene["component"]]
    count = sent(explorer, "counts")[iteration - 1]
    distance = mean - sent(explorer, "means")[iteration]
    top = sent(explorer, "tops")[iteration - 1]
    return top - count * distance**2 / (2 * variance)


def state_of(explorer):
    state = {name: getattr(explorer, name) for name in explorer.trait_names(sync=True)}
    return state | {"steps": explorer.trace}


# --- The mathematics ---------------------------------------------------------------


@pytest.mark.parametrize("case", ["two components", "three components"])
def test_each_parabola_is_the_lower_bound(x, start, three, case):
    mixture, explorer = three
    if case == "two components":
        mixture, explorer = start, LowerBoundExplorer(x, start)
    component = explorer._scene["component"]
    for step in explorer.trace[::2]:
        for mean in np.linspace(20, 110, 31):
            moved = with_mean(mixture, component, mean)
            bound = em.lower_bound(x[:, np.newaxis], step.responsibilities, moved)
            sent_bound = sent_parabola(explorer, step.iteration, mean)
            assert sent_bound == pytest.approx(bound, rel=1e-9)


def test_no_parabola_exceeds_the_curve_and_each_touches_it(explorer, three):
    for shown in (explorer, three[1]):
        grid, values = sent_curve(shown)
        means = sent(shown, "means")
        heights = sent(shown, "log_likelihoods")
        for i in range(len(means) - 1):
            assert (sent_parabola(shown, i + 1, grid) <= values + 1e-9).all()
            touch = sent_parabola(shown, i + 1, means[i])
            assert touch == pytest.approx(heights[i], abs=1e-9)


def test_the_log_likelihood_never_falls_and_gains_what_the_words_say(explorer, three):
    for shown in (explorer, three[1]):
        heights = sent(shown, "log_likelihoods")
        tops = sent(shown, "tops")
        assert (np.diff(heights) >= -1e-9).all()
        assert (tops >= heights[:-1] - 1e-9).all(), "the climb"
        assert (heights[1:] >= tops - 1e-9).all(), "the gap"


def test_the_curve_is_the_log_likelihood_of_scipy(x, explorer):
    grid, values = sent_curve(explorer)
    for i in (0, 57, 200, 400):
        free = 0.4 * norm.pdf(x, grid[i], 5)
        fixed = 0.6 * norm.pdf(x, 71, np.sqrt(185))
        assert values[i] == pytest.approx(np.log(free + fixed).sum(), rel=1e-10)


def test_only_one_mean_moves_to_the_weighted_mean(x, three):
    start, explorer = three
    for before, step in zip(explorer.trace[::2], explorer.trace[1::2], strict=True):
        assert (step.mixture.weights == start.weights).all()
        assert (step.mixture.covariances == start.covariances).all()
        assert (step.mixture.means[[0, 2]] == start.means[[0, 2]]).all()
        full = em.m_step(x[:, np.newaxis], before.responsibilities)
        assert step.mixture.means[1, 0] == pytest.approx(full.means[1, 0], rel=1e-12)


def test_one_component_alone_touches_everywhere_and_ends_at_the_mean(x):
    start = Mixture([1.0], [[90.0]], [[[100.0]]])
    explorer = LowerBoundExplorer(x, start)
    grid, values = sent_curve(explorer)
    np.testing.assert_allclose(sent_parabola(explorer, 1, grid), values, rtol=1e-9)
    assert sent(explorer, "means")[1] == pytest.approx(x.mean())
    assert len(explorer.trace) == 6


def test_two_starts_end_at_two_maxima(explorer):
    grid, values = sent_curve(explorer)
    lower_end = sent(explorer, "means")[-1]
    explorer.start_mean = 95.0
    higher_end = sent(explorer, "means")[-1]
    assert (lower_end < 55, higher_end > 79) == (True, True)
    assert grid[np.argmax(values)] == pytest.approx(higher_end, abs=0.2)
    left = grid < 65
    assert grid[left][np.argmax(values[left])] == pytest.approx(lower_end, abs=0.2)


def test_it_stops_at_tol_and_at_max_iter(x, start, explorer):
    heights, last = sent(explorer, "log_likelihoods"), len(explorer.trace) // 2
    changes = np.diff(heights[:last]) / len(x)
    assert (changes[:-1] >= 1e-6).all()
    assert changes[-1] < 1e-6
    assert len(LowerBoundExplorer(x, start, max_iter=3).trace) == 6
    assert len(LowerBoundExplorer(x, start, tol=1e-2).trace) < len(explorer.trace)


def test_the_colored_share_of_the_bars_is_the_components(x, three):
    explorer = three[1]
    scene, bars = explorer._scene, len(explorer._scene["bars"])
    widths = np.diff(scene["edges"])
    assert np.dot(scene["bars"], widths) == pytest.approx(1)
    owned = sent(explorer, "owned").reshape(-1, bars) @ widths * len(x)
    np.testing.assert_allclose(owned, sent(explorer, "counts"), rtol=1e-9)


# --- Traits ------------------------------------------------------------------------


def test_the_mixture_is_that_of_the_frame(explorer):
    for frame, mean in [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2)]:
        explorer.frame = frame
        assert explorer.mixture.means[0, 0] == sent(explorer, "means")[mean]


@pytest.mark.parametrize("mean", [62, np.float32(80), 95.5])
def test_moving_the_start_runs_em_anew(x, start, explorer, mean):
    explorer.start_mean = mean
    again = LowerBoundExplorer(x, with_mean(start, 0, mean))
    assert explorer.start_mean == float(mean)
    assert explorer._trace == again._trace


def test_the_view_widens_for_a_start_outside_it_and_narrows_again(explorer):
    before = explorer._curve
    low, high = before["range"]
    assert (low < 35, high > 96) == (True, True)
    explorer.start_mean = 150.0
    assert explorer._curve["range"][1] > 150
    explorer.start_mean = 60.0
    assert explorer._curve == before


def test_a_frame_past_the_new_end_moves_to_the_end_and_the_end_stays(explorer):
    explorer.frame = last = len(explorer.trace)
    explorer.start_mean = 62.0
    assert explorer.frame == len(explorer.trace) > last
    explorer.frame = len(explorer.trace) - 1
    explorer.start_mean = 54.0
    assert explorer.frame == len(explorer.trace) < last


def test_a_request_of_the_browser_is_answered_with_its_number(explorer):
    explorer.set_state({"_request": {"id": 7, "mean": 80.0}})
    assert (explorer._reply, explorer.start_mean, explorer.message) == (7, 80.0, "")
    steps = explorer.trace
    explorer.set_state({"_request": {"id": 8, "mean": 1e5}})
    assert "component 1 is responsible for no point" in explorer.message
    assert (explorer._reply, explorer.start_mean) == (8, 80.0)
    assert explorer.trace == steps
    explorer.set_state({"_request": {"id": 9, "mean": 80.0}})
    assert (explorer._reply, explorer.message) == (9, "")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("frame", 99, "between 0 .the start. and 18"),
        ("start_mean", 1e5, "cannot run from start_mean = 100000: component 1 is resp"),
        ("start_mean", np.nan, "finite number"),
        ("start_mean", np.inf, "finite number"),
        ("start_mean", 10**400, "finite number"),
        ("start_mean", "here", "finite number, in the units of x, but it is 'here'"),
        ("start_mean", None, "finite number"),
        ("start_mean", [50.0], "finite number"),
        ("start_mean", True, "finite number"),
        ("speed", 0, "between 0.1 and 20"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(explorer, name, value, words):
    before = state_of(explorer)
    with pytest.raises(TraitError, match=words):
        setattr(explorer, name, value)
    assert state_of(explorer) == before


def test_careless_input_is_refused_in_a_sentence(x, start):
    flat = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    many = Mixture(np.full(9, 1 / 9), np.zeros((9, 1)), np.ones((9, 1, 1)))
    far = with_mean(start, 0, 1e6)
    for arguments, error, words in [
        (([1.0, np.nan, 2.0], start), ValueError, "x contains NaN"),
        ((np.ones((5, 2)), start), ValueError, "one feature, but x has 2"),
        ((np.ones((5, 1, 1)), start), ValueError, "shape"),
        ((3.0, start), ValueError, "shape"),
        (([], start), ValueError, "empty"),
        (([[1.0], [2.0, 3.0]], start), TypeError, "rectangular"),
        (("waiting", start), TypeError, "numbers"),
        ((["a", "b"], start), TypeError, "numbers"),
        ((pd.Series(["a", "b"]), start), TypeError, "numbers"),
        ((x, 35.0), TypeError, "must be a Mixture"),
        ((x, flat), ValueError, "2 features"),
        ((x[:4], many), ValueError, "fewer than n_components"),
        ((x, far), EmptyComponentError, "responsible for no point"),
    ]:
        with pytest.raises(error, match=words):
            LowerBoundExplorer(*arguments)
    for options, error, words in [
        ({"component": 2}, ValueError, "between 0 and 1"),
        ({"component": -1}, ValueError, "at least 0"),
        ({"component": 0.5}, TypeError, "whole number"),
        ({"tol": -1}, ValueError, "tol"),
        ({"max_iter": 0}, ValueError, "max_iter"),
        ({"feature_name": 3}, TypeError, "must be a label"),
    ]:
        with pytest.raises(error, match=words):
            LowerBoundExplorer(x, start, **options)


def test_lists_columns_series_and_tables_are_welcome(x, start, explorer):
    table = load_old_faithful()[["waiting"]]
    for values, name in [
        (x.tolist(), "x"),
        (x[:, np.newaxis], "x"),
        (table["waiting"], "waiting"),
        (table, "waiting"),
        (pd.Series(x), "x"),
    ]:
        again = LowerBoundExplorer(values, start, component=np.int64(0))
        assert again._trace == explorer._trace
        assert again._scene["label"] == name


def test_data_of_one_value_and_of_many_can_be_shown(start):
    same = LowerBoundExplorer([70.0] * 5, start, component=1)
    assert np.sum(same._bars() * np.diff(same._edges)) == pytest.approx(1)
    same.to_film_strip()
    many = LowerBoundExplorer(np.random.default_rng(0).normal(60, 9, 5000), start)
    weight = sum(map(len, many._trace.values())) + len(many._curve["values"])
    assert weight < 50_000


# --- What is left behind -----------------------------------------------------------


def test_the_repr_names_sizes_and_no_address(explorer):
    assert repr(explorer) == (
        "LowerBoundExplorer(272 points, mean of component 1 of 2, 9 iterations)"
    )


def test_the_output_carries_a_picture_with_alt_text(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(explorer)
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(data["image/png"]) < 60_000
    alt = metadata["image/png"]["alt"]
    for words in [
        "mean of component 1 of 2, on 272 values of waiting (min)",
        "2 maxima: -1111.2 at 52.8, -1077.5 at 80.83",
        "In 9 iterations the log-likelihood climbs from -1223.1 to -1111.2",
        "33.6 below the curve's highest point",
    ]:
        assert words in alt
    explorer.start_mean = 95
    assert "below the curve's" not in explorer.alt_text()


def test_no_figure_stays_open_and_no_style_is_changed(explorer):
    before, style = plt.get_fignums(), dict(plt.rcParams)
    explorer._repr_mimebundle_()
    assert len(explorer.to_film_strip().axes) == 10
    assert plt.get_fignums() == before
    assert dict(plt.rcParams) == style


def test_a_run_of_one_iteration_can_be_drawn(x, start):
    short = LowerBoundExplorer(x, start, max_iter=1)
    assert len(short.to_film_strip().axes) == 6


def test_the_javascript_reaches_the_browser_as_one_module():
    source = join_modules("drawing.js", "view.js", "run.js", "lower_bound_explorer.js")
    assert "import" not in [line.split(" ")[0] for line in source.splitlines()]
    assert source.count("export default") == 1
    assert "http" not in source.replace("http://www.w3.org/2000/svg", "")
