"""The edge of a regime: against lines whose crossing is known, and how far samples scatter it."""

import numpy as np
import pytest

from syncsweep.tables.edge import Edge, find_edge

ETAS = np.array([0.0, 1e-4, 1e-3, 1e-2, 1e-1])


def straight(start, slope):
    """Means that are linear in log η from a value at 1e-4, and have this value at 0⁺."""
    return np.array([start, *(start + slope * np.arange(4))])


@pytest.mark.parametrize(
    ("means", "share", "floor", "decades"),
    [
        (straight(1.0, -0.25), 0.5, 0.0, 2.0),  # at a value of η
        (straight(1.0, -0.25), 0.4, 0.0, 2.4),  # between two of them
        (straight(1.0, -0.25), 0.5, 0.2, 1.6),  # half-way to the floor
        (straight(1.0, 0.5), 2.0, 0.0, 2.0),  # rises to twice
        (straight(1.0, 0.5), 0.5, 3.0, 2.0),  # rises half-way to a floor above
        (straight(-1.0, 0.25), 0.5, 0.0, 2.0),  # of a negative quantity
        (np.array([1.0, 1.0, 0.4, 0.9, 0.1]), 0.5, 0.0, 5 / 6),  # the first crossing counts
    ],
)
def test_edge_is_where_the_line_between_neighbours_crosses_the_threshold(
    means, share, floor, decades
):
    edge = find_edge(ETAS, means, np.zeros(5), share, floor)
    assert edge.outcome == "found"
    assert edge.eta == pytest.approx(1e-4 * 10**decades, rel=1e-12)
    assert edge.error == 0 and edge.interval == (edge.eta, edge.eta)


@pytest.mark.parametrize(
    ("means", "outcome"),
    [
        (np.array([1.0, 0.4, 0.3, 0.2, 0.1]), "below"),
        (np.array([1.0, 1.0, 1.0, 0.9, 0.6]), "above"),
        (np.array([np.nan, 1.0, 1.0, 0.9, 0.1]), "unknown"),
        (np.array([1.0, 0.9, np.nan, np.nan, np.nan]), "unknown"),
        (np.zeros(5), "unknown"),
    ],
)
def test_an_edge_that_is_not_found_says_why(means, outcome):
    edge = find_edge(ETAS, means, np.zeros(5), 0.5)
    assert edge.outcome == outcome
    assert np.isnan([edge.eta, edge.error, *edge.interval]).all()


def test_a_missing_value_is_bridged():
    means = straight(1.0, -0.25)
    means[2] = np.nan
    assert find_edge(ETAS, means, np.zeros(5), 0.7).eta == pytest.approx(1e-4 * 10**1.2)


def test_without_errors_an_edge_has_none():
    edge = find_edge(ETAS, straight(1.0, -0.25), np.full(5, np.nan), 0.5)
    assert edge.outcome == "found" and edge.eta > 0 and np.isnan(edge.error)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
@pytest.mark.parametrize("share", [0.4, 0.5])
def test_error_is_about_that_of_repeated_sweeps_and_not_below_it(share, correlation):
    """2000 sweeps whose values at neighbouring η vary together, 0⁺ among them."""
    rng = np.random.default_rng(1)
    spread = 0.01
    common, own = rng.normal(size=(2000, 1)), rng.normal(size=(2000, 5))
    noise = spread * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)
    edges = [
        find_edge(ETAS, sweep, np.full(5, spread), share) for sweep in straight(1.0, -0.25) + noise
    ]
    scatter = np.std(np.log([edge.eta for edge in edges]))
    stated = np.mean([edge.of_log for edge in edges])
    assert 0.97 * scatter < stated < (1.4 if correlation == 0 else 2.5) * scatter


def test_error_and_interval_are_those_of_the_logarithm():
    edge = Edge(2.0, 0.5, "found")
    assert edge.error == 1.0
    assert edge.interval == pytest.approx((2 * np.exp(-0.5), 2 * np.exp(0.5)))
