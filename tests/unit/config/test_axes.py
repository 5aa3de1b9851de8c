"""Axes: parameters with several values, their points, and how jobs share them."""

import copy
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import assert_messages

from syncsweep.config.axes import MOST_POINTS, Axis
from syncsweep.config.configuration import parse
from syncsweep.config.messages import ConfigError

STUDY = {
    "model": {"name": "spin1_chain", "n_sites": 2},
    "axes": {
        "model.J": {"values": [0.1, 0.5, 1]},
        "ensemble.zeta_coh": {"first": 0.01, "last": 1, "count": 3, "scale": "log"},
    },
    "samples": 4,
    "eta_blocks": [{"values": [0, 0.1]}, {"values": [1]}],
    "analysis": {"s_max_bins": {"low": 1e-6, "high": 1, "count": 5}},
}
OWN = {
    "name": "own",
    "file": "examples/mixed_pair.py",
    "spins": [1, 0.5],
    "parameters": {"omega": 1, "coupling": 0.2},
}


def config(study=STUDY, **more):
    return parse(
        {"results": "r", "root_seed": 1, "ranks": 2, "studies": {"plane": {**study, **more}}}
    )


def test_points_are_the_product_in_the_order_of_the_paths():
    blocks = config().studies["plane"].blocks
    points = [(zeta, J) for zeta in (0.01, 0.1, 1.0) for J in (0.1, 0.5, 1)]
    assert [point for block in blocks[: len(blocks) // 2] for point in block.points] == points
    turned = {"axes": dict(reversed(STUDY["axes"].items()))}
    assert config(**turned).studies["plane"].blocks == blocks


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ({"first": -1, "last": 1, "count": 5}, (-1.0, -0.5, 0.0, 0.5, 1.0)),
        ({"first": -0.4, "last": 0.4, "count": 41}, tuple(k / 50 for k in range(-20, 21))),
        ({"first": "1e-3", "last": 10, "count": 5, "scale": "log"}, (1e-3, 0.01, 0.1, 1.0, 10.0)),
        ({"first": 1e-30, "last": 3e-30, "count": 3}, (1e-30, 2e-30, 3e-30)),
        ({"values": [-2, 0, "1e-1"]}, (-2, 0, 0.1)),
    ],
)
def test_grids_hold_the_numbers_that_a_user_would_write(grid, expected):
    assert Axis(**grid).grid == expected


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9), st.integers(2, 60))
def test_a_grid_ascends_from_its_first_value_to_its_last(first, width, count):
    first, last = first / 1000, (first + width) / 1000
    grid = Axis(first=first, last=last, count=count).grid
    assert (grid[0], grid[-1], len(grid)) == (first, last, count)
    assert all(low < high for low, high in itertools.pairwise(grid))


def test_a_point_has_the_physics_of_a_study_in_which_its_values_are_written():
    plane = config()
    written = {"model": {**STUDY["model"], "J": 0.5}, "ensemble": {"zeta_coh": 0.1}, "axes": {}}
    alone = config(**written).physics("plane")
    point = plane.physics("plane").at((0.1, 0.5))
    assert point == alone
    assert point.digest == alone.digest != plane.physics("plane").digest


def test_rows_of_a_grid_serve_another_grid_and_other_values_beside_the_axes():
    """The folder is that of the parameters without values of the axes."""
    one = config().physics("plane").digest
    axes = {**STUDY["axes"], "model.J": {"first": 0, "last": 2, "count": 9}}
    assert config(axes=axes).physics("plane").digest == one
    assert config(model={**STUDY["model"], "J": 0.7}).physics("plane").digest == one
    assert config(model={**STUDY["model"], "delta": 0.7}).physics("plane").digest != one
    assert config(axes={"model.J": STUDY["axes"]["model.J"]}).physics("plane").digest != one


def test_axes_of_code_of_the_user_s_own():
    axes = {"model.parameters.coupling": {"values": [0.1, 2]}, "ensemble.rank": {"values": [1, 3]}}
    plane = config(model=OWN, axes=axes, analysis={**STUDY["analysis"], "chi_bins": 8})
    points = [point for block in plane.studies["plane"].blocks[:1] for point in block.points]
    assert points == [(1, 0.1), (1, 2), (3, 0.1), (3, 2)]
    physics = plane.physics("plane").at((3, 2))
    assert physics.ensemble.rank == 3
    # An integer stays one, because it may be a number of things.
    assert str(physics.model.parameters) == "{'omega': 1, 'coupling': 2}"


@pytest.mark.parametrize("chunk_size", [None, 1, 3, 4])
@pytest.mark.parametrize("samples", [1, 4, 3000, 10**6])
def test_each_sample_of_each_point_is_in_one_shard(samples, chunk_size):
    chunk_size = chunk_size if samples < 5 else None
    study = config(samples=samples, chunk_size=chunk_size).studies["plane"]
    chunks, blocks = study.chunks, study.blocks
    assert [chunks[0].start, chunks[-1].stop] == [0, samples]
    for etas in {block.etas for block in blocks}:
        points = [point for block in blocks if block.etas == etas for point in block.points]
        assert len(points) == len(set(points)) == study.n_points == 9
    assert len({block.id for block in blocks}) == len(blocks)
    assert study.rows == 3 * 9 * samples


def plane(n, samples, **more):
    axes = {
        "model.J": {"first": 0.1, "last": 1, "count": n},
        "model.delta": {"first": -1, "last": 1, "count": n},
    }
    blocks = [{"first": 1e-4, "last": 10, "per_decade": 4, "limit": True}]
    settings = {"axes": axes, "samples": samples, "eta_blocks": blocks, **more}
    return config(model={"name": "spin_half_pair"}, **settings).studies["plane"]


def test_a_plane_has_few_shards():
    assert len(plane(41, 1).blocks) * len(plane(41, 1).chunks) <= 16
    assert 2 <= len(plane(31, 200).blocks) <= 40


#: The axes of a study, and what the message names beside the key.
REFUSED = {
    "unknown": ({"model.Q": {"values": [1]}}, "axes.model.Q", "model.J", "ensemble.zeta_diss"),
    "near": ({"model.j": {"values": [1]}}, "axes.model.j", "did you mean model.J"),
    "no number": ({"ensemble.basis": {"values": [1]}}, "axes.ensemble.basis"),
    "spins": ({"model.n_sites": {"values": [2, 3]}}, "axes.model.n_sites"),
    "eta": ({"eta": {"values": [1]}}, "axes.eta"),
    "empty": ({"model.J": {"values": []}}, "axes.model.J.values", "1 item"),
    "unordered": ({"model.J": {"values": [1, 0.5]}}, "axes.model.J", "ascend", "0.5"),
    "twice": ({"model.J": {"values": [1, 1]}}, "axes.model.J", "ascend"),
    "no grid": ({"model.J": {"first": 1, "last": 2}}, "axes.model.J", "count", "values"),
    "both": (
        {"model.J": {"values": [1], "count": 3}},
        *("axes.model.J", "first, last and count"),
    ),
    "backwards": ({"model.J": {"first": 2, "last": 1, "count": 3}}, "axes.model.J", "last"),
    "one value": ({"model.J": {"first": 1, "last": 2, "count": 1}}, "axes.model.J.count", "2"),
    "log of 0": (
        {"model.J": {"first": 0, "last": 2, "count": 3, "scale": "log"}},
        *("axes.model.J", "log", "above 0"),
    ),
    "too close": (
        {"model.J": {"first": 1, "last": 1.0000000000001, "count": 9}},
        *("axes.model.J", "too close"),
    ),
    "word": ({"model.J": {"values": ["high"]}}, "axes.model.J.values.0", "'high'", "number"),
    "infinite": ({"model.J": {"values": [float("inf")]}}, "axes.model.J.values.0", "finite"),
    "point": ({"model.gamma": {"values": [-1, 1]}}, "axes", "model.gamma = -1", "0"),
    "two at once": (
        {"ensemble.zeta_coh": {"values": [0, 1]}, "ensemble.zeta_diss": {"values": [0, 1]}},
        *("axes", "ensemble.zeta_coh = 0", "ensemble.zeta_diss = 0"),
    ),
    "too many": (
        {
            "model.J": {"first": 0, "last": 1, "count": 200},
            "model.delta": {"first": 0, "last": 1, "count": 200},
        },
        *("axes", "40000", str(MOST_POINTS)),
    ),
    "rank": ({"ensemble.rank": {"values": [1.5]}}, "axes", "ensemble.rank = 1.5", "integer"),
    "full rank": (
        {"ensemble.rank": {"values": [1, 10_000]}},
        "axes",
        "ensemble.rank = 10000",
        "D²",
    ),
}


def refused(study):
    with pytest.raises(ConfigError) as error:
        config(study)
    return str(error.value)


def test_what_is_no_axis_is_refused_in_one_line(snapshot):
    cases = {}
    for name, (axes, key, *facts) in REFUSED.items():
        cases[name] = refused({**copy.deepcopy(STUDY), "axes": axes}), facts
        assert key in cases[name][0], name
    limit = {**STUDY, "analysis": {**STUDY["analysis"], "limit_draws": 1000}}
    cases["limit"] = refused(limit), ["analysis.limit_draws", "axes"]
    same = {"model.parameters.x": {"values": [1]}, "ensemble.parameters.x": {"values": [1]}}
    own = {**STUDY, "model": OWN, "ensemble": {"file": "examples/mixed_pair.py"}, "axes": same}
    cases["same name"] = refused(own), ["x"]
    for name in ("eta", "n", "status", "S_max_mean", "p1_se", "density", "edge_low"):
        axes = {f"model.parameters.{name}": {"values": [1]}}
        said = refused({**STUDY, "model": OWN, "axes": axes})
        cases[f"column {name}"] = said, [f"axes.model.parameters.{name}", "another column"]
    axes = {"model.parameters.x": {"values": [1]}}
    for word in ("high", True, [1, 2]):
        given = {**OWN, "parameters": {"x": word, "y": 1}}
        said = refused({**STUDY, "model": given, "axes": axes})
        cases[f"not a number: {word}"] = said, ["axes.model.parameters.x", "model.parameters.y"]
    axes = {"model.parameters.purity_se": {"values": [1]}}
    said = refused({**STUDY, "model": OWN, "axes": axes, "observables": ["purity"]})
    cases["mean of an observable"] = said, ["observables.0", "purity_se", "axis"]
    assert_messages(snapshot, cases)


def test_integers_stay_integers_also_from_the_command_line():
    values = Axis(values=["1", "+2", "3.0", 4, 5.0]).grid
    assert [*map(repr, values)] == ["1", "2", "3.0", "4", "5.0"]
