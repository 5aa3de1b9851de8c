"""What is drawn into panels, and how panels and their axes are laid out on a page."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Page

from syncsweep.figures import style
from syncsweep.figures.plots import (
    _root_ticks,
    _round_above,
    draw_density,
    mark_limit,
    plot_density,
    plot_mean,
)


def test_the_limit_has_a_column_of_its_own_off_the_logarithmic_axis():
    (panel,) = style.lay_out(Page(), np.array([0.0, 1e-3, 1e-2, 1e-1]), 1, "x")
    limit, positive = panel.parts
    assert limit.mask.tolist() == [True, False, False, False]
    assert [label.get_text() for label in limit.axes.get_xticklabels()] == ["0⁺"]
    assert limit.axes.get_xscale() == "linear" and positive.axes.get_xscale() == "log"
    np.testing.assert_allclose(positive.edges, 10.0 ** np.array([-3.5, -2.5, -1.5, -0.5]))
    left, right = limit.axes.get_position(), positive.axes.get_position()
    assert left.x1 < right.x0 and left.width < 0.2 * right.width


def test_panels_share_their_width_and_are_on_the_page_apart():
    page = Page()
    panels = style.lay_out(page, np.array([1e-3, 1e-2]), 4, "x")
    boxes = [panel.first.get_position() for panel in panels]
    assert len({(box.x0, box.x1) for box in boxes}) == 1
    for above, below in pairwise(boxes):
        assert below.y1 < above.y0
    assert boxes[0].y1 < 1 and boxes[-1].y0 > 0
    assert [text.get_text() for text in page.texts] == ["(a)", "(b)", "(c)", "(d)"]


def test_cell_edges_are_logarithmic_midpoints():
    edges = style.log_cell_edges([1e-3, 1e-1, 1.0])
    np.testing.assert_allclose(edges, 10.0 ** np.array([-4, -2, -0.5, 0.5]))
    np.testing.assert_allclose(style.log_cell_edges([1.0]), 10.0 ** np.array([-0.25, 0.25]))


def test_band_reaches_from_the_lower_to_the_upper_end():
    axes = Page().add_subplot()
    x, mean = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    line = plot_mean(axes, x, mean, np.array([2.5, 4.75]), np.array([3.75, 5.25]), "k")
    np.testing.assert_array_equal(line.get_ydata(), mean)
    (path,) = axes.collections[0].get_paths()
    corners = {tuple(corner) for corner in path.vertices.tolist()}
    assert corners == {(1.0, 2.5), (1.0, 3.75), (2.0, 4.75), (2.0, 5.25)}


def test_exact_values_are_in_the_column_of_the_limit_alone():
    (panel,) = style.lay_out(Page(), np.array([0.0, 1e-3, 1.0]), 1, "x")
    mark_limit(panel, 0.25, "k")
    mark_limit(panel, np.nan, "k")
    (line,) = panel.first.lines
    assert set(line.get_ydata()) == {0.25}
    assert len(panel.last.lines) == 0


def test_heat_map_has_eta_across_and_bins_upwards():
    density = np.arange(6.0).reshape(2, 3)
    mesh = plot_density(Page().add_subplot(), np.arange(3), np.arange(4), density, Normalize())
    np.testing.assert_array_equal(np.asarray(mesh.get_array()), density.T)


def test_the_colours_of_a_uniform_density_do_not_depend_on_its_noise():
    (panel,) = style.lay_out(Page(), np.array([0.1]), 1, "x")
    draw_density(panel, np.linspace(0, 1, 5), np.array([[0.9, 1.0, 1.1, 1.0]]), "density")
    (mesh,) = panel.last.collections
    assert (mesh.norm.vmin, mesh.norm.vmax) == (0, 3)


@pytest.mark.parametrize("highest", [1.0, 1.04, 1.3, 2.7, 4.2, 8.085, 9.96, 11.0, 64.0, 999.0])
def test_colour_bars_end_at_the_highest_density_with_round_ticks_well_apart(highest):
    end = _round_above(highest)
    assert highest <= end <= 1.1 * highest and end == float(f"{end:.1e}")
    ticks = _root_ticks(end)
    assert ticks[0] == 0 and len(ticks) >= 4
    round_ones = [tick for tick in ticks[1:] if tick != end]
    assert {f"{tick:e}"[:9] for tick in round_ones} <= {f"{n}.000000e"[:9] for n in (1, 2, 5)}
    assert np.diff(np.sqrt(ticks) / np.sqrt(end)).min() >= 0.12
    # What a uniform χ gives is named as long as it can be told from 0, and the end if not so near.
    assert (1 in ticks) == (end < 1 / 0.12**2)
    assert (end in ticks) == (end == 1 or end >= 1 / 0.88**2)


@pytest.mark.parametrize(
    ("low", "high", "least", "most"),
    [(1e-8, 1e-3, 6, 6), (1e-8, 1, 9, 9), (1e-12, 1, 4, 7), (2e-3, 6e-3, 2, 5)],
)
def test_powers_of_ten_are_named_as_long_as_there_is_room(low, high, least, most):
    page = Page(figsize=(3, 1.08))
    axes = page.add_subplot()
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    style.name_decades(axes)
    page.draw_without_rendering()
    ticks = [*axes.yaxis.get_major_ticks(), *axes.yaxis.get_minor_ticks()]
    shown = [tick for tick in ticks if low <= tick.get_loc() <= high and tick.label1.get_text()]
    assert least <= len(shown) <= most
