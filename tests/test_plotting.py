"""Figures: the right curves, colors and alt text."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from strategies import random_mixture, random_responsibilities, seeds

from gmm_from_scratch import em, gaussian, plotting


@pytest.fixture
def ax():
    return Figure().subplots()


@given(seeds)
def test_blended_colors_mix_in_proportion(seed):
    responsibilities = random_responsibilities(np.random.default_rng(seed), 10, 3)
    blended = plotting.blend_colors(responsibilities)
    palette = np.array([colors.to_rgb(plotting.COLORS[k]) for k in range(3)])
    np.testing.assert_allclose(blended, responsibilities @ palette)
    np.testing.assert_allclose(plotting.blend_colors(np.eye(3)), palette)


def test_colors_and_markers_are_all_different():
    assert len(set(plotting.COLORS)) == len(plotting.COLORS) == len(plotting.MARKERS)
    assert len(set(plotting.MARKERS)) == len(plotting.MARKERS)
    assert plotting.component_color(9) == plotting.COLORS[1]


def test_points_are_gray_until_they_belong(ax):
    points = plotting.draw_points(ax, [[0, 0], [1, 1]])
    expected = colors.to_rgb(plotting.UNASSIGNED)
    np.testing.assert_allclose(points.get_facecolors()[:, :3], [expected])
    points = plotting.draw_points(ax, [[0, 0], [1, 1]], [[1, 0], [0, 1]])
    expected = [colors.to_rgb(color) for color in plotting.COLORS[:2]]
    np.testing.assert_allclose(points.get_facecolors()[:, :3], expected)


def test_ellipses_lie_where_they_say(ax):
    mixture = random_mixture(np.random.default_rng(0), K=2, D=2)
    plotting.draw_mixture(ax, mixture, n_std=(1, 3), labels=["a", "b"])
    lines = ax.get_lines()
    assert len(lines) == 2 * 3
    for k in range(2):
        one, three, mean = lines[3 * k : 3 * k + 3]
        parameters = mixture.means[k], mixture.covariances[k]
        for line, distance in [(one, 1), (three, 3)]:
            points = np.transpose(line.get_data())
            np.testing.assert_allclose(
                gaussian.mahalanobis_distance(points, *parameters), distance
            )
            assert colors.same_color(line.get_color(), plotting.COLORS[k])
        np.testing.assert_allclose(np.ravel(mean.get_data()), mixture.means[k])
        assert one.get_linewidth() > three.get_linewidth()
        assert mean.get_marker() == plotting.MARKERS[k]
    assert ax.get_legend_handles_labels()[1] == ["a", "b"]


def test_staircase_touches_after_e_and_rises(ax):
    mixture = random_mixture(np.random.default_rng(0), K=2, D=2)
    X, _ = mixture.sample(50, rng=0)
    steps = list(islice(em.em(X, mixture), 8))
    plotting.draw_staircase(ax, steps)
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    np.testing.assert_array_equal(lines["lower bound"], [s.lower_bound for s in steps])
    np.testing.assert_allclose(lines["after E"], lines["log-likelihood"][::2])
    np.testing.assert_array_equal(lines["after M"], lines["lower bound"][1::2])
    assert (lines["after M"] < lines["log-likelihood"][1::2]).any()
    assert [text.get_text() for text in ax.get_xticklabels()][:3] == [
        "E 1",
        "M 1",
        "E 2",
    ]


def test_show_passes_alt_text_on_and_closes_the_figure(monkeypatch):
    shown = []
    monkeypatch.setattr(
        "IPython.display.display", lambda figure, metadata: shown.append(metadata)
    )
    figure = plt.figure()
    plotting.show(figure, alt="Nothing yet.")
    assert shown == [{"image/png": {"alt": "Nothing yet."}}]
    assert not plt.fignum_exists(figure.number)
    for alt in [" ", None]:
        with pytest.raises(ValueError, match="alt must say"):
            plotting.show(plt.figure(), alt=alt)
    plt.close("all")


def test_impossible_requests_are_refused(ax):
    mixture = random_mixture(np.random.default_rng(0), 2, 2)
    with pytest.raises(ValueError, match="3 rows, but X has 4"):
        plotting.draw_points(ax, np.zeros((4, 2)), np.ones((3, 1)))
    with pytest.raises(ValueError, match="labels must name 2 components.* 1 of them"):
        plotting.draw_mixture(ax, mixture, labels=["a"])
    with pytest.raises(TypeError, match="mixture must be a Mixture"):
        plotting.draw_mixture(ax, None)
    with pytest.raises(ValueError, match=r"responsibilities must have shape \(N, K\)"):
        plotting.blend_colors(None)


def test_styles_can_be_overridden(ax):
    assert plotting.draw_points(ax, [[0, 0]], alpha=0.1).get_alpha() == 0.1
    plotting.draw_gaussian(ax, [0, 0], np.eye(2), n_std=3)
    assert len(ax.get_lines()) == 2


def test_only_two_dimensions_can_be_drawn(ax):
    with pytest.raises(ValueError, match="X has 3 features .* 2 are expected"):
        plotting.draw_points(ax, np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"mean must have shape \(2,\)"):
        plotting.draw_mixture(ax, random_mixture(np.random.default_rng(0), 1, 3))
