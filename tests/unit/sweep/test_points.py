"""Shards with several points: any grid takes over what another one has solved."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from damage import place_of_values
from studies import ETAS, assert_same

from syncsweep.config.configuration import parse
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sample_range import SampleRange
from syncsweep.sweep import description
from syncsweep.sweep.description import Unit
from syncsweep.sweep.parts import PartWriter, read_part
from syncsweep.sweep.row_table import column, to_table
from syncsweep.sweep.shard import ShardError, failed_units, read_shard, write_shard
from syncsweep.sweep.takeover import find_rows
from syncsweep.tables.partial import read_present
from syncsweep.tables.sweep_rows import read_rows

COARSE, FINE = (0.2, 1.0), (0.2, 0.6, 1.0)
CHUNK = SampleRange(0, 3)


def config(J, zeta=(0.5, 1), **more):
    study = {
        "model": {"name": "spin_half_pair"},
        "axes": {"model.J": {"values": J}, "ensemble.zeta_coh": {"values": zeta}},
        "samples": 3,
        "eta_blocks": [{"values": list(ETAS)}],
        "analysis": {"s_max_bins": {"low": 1e-6, "high": 1, "count": 5}},
        **more,
    }
    return parse({"results": "r", "root_seed": 5, "ranks": 2, "studies": {"plane": study}})


@pytest.fixture(scope="module")
def solve():
    """The rows of a unit, each solved once."""
    physics = config(FINE).physics("plane")
    solver, known = SampleSolver(physics, ETAS), {}

    def rows(unit):
        if unit not in known:
            known[unit] = solver.rows(unit.sample, unit.point)
        return known[unit]

    return rows


class Plane:
    """A grid of points whose block is described below `results`."""

    def __init__(self, results, solve, J, zeta=(0.5, 1)):
        self.config, self._solve = config(J, zeta), solve
        (self.described,) = description.describe(self.config, "plane")
        self.study = study_folder(results, "plane", self.described.physics.digest)
        description.write(self.study, [self.described])
        self.folder = BlockFolder(self.study / self.described.block)

    def table(self, units):
        return to_table([self._solve(unit) for unit in units])

    def shard(self, samples=CHUNK):
        path = self.folder.shard(*samples)
        table = self.table(self.described.units(samples))
        write_shard(path, table, self.described, samples, {})
        return path

    def part(self, units, samples=CHUNK):
        path = self.folder.part(*samples, "0" * 12, 0)
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = PartWriter(path, self.described)
        for unit in units:
            writer.append(self._solve(unit))
        writer.close()
        return path

    def find(self, samples=CHUNK):
        return find_rows(self.folder, self.described, samples)


def assert_found(plane, found, units):
    assert sorted(found.rows) == sorted(units)
    for unit, table in found.rows.items():
        assert_same(table, plane.table([unit]))


def test_descriptions_are_read_as_they_were_written(tmp_path, solve):
    plane = Plane(tmp_path, solve, FINE)
    assert description.read(plane.folder.path) == plane.described
    assert plane.described.axes == ("zeta_coh", "J")
    text = plane.folder.description.read_text(encoding="utf-8").replace("0.6", "0.7")
    plane.folder.description.write_text(text, encoding="utf-8")
    with pytest.raises(description.DescriptionError, match="not this folder"):
        description.read(plane.folder.path)


def test_a_shard_holds_point_after_point(tmp_path, solve):
    plane = Plane(tmp_path, solve, COARSE)
    table = read_shard(plane.shard(), plane.described, CHUNK)
    assert table.column_names[:4] == ["sample", "zeta_coh", "J", "eta"]
    expected = [(z, J, i, eta) for z in (0.5, 1) for J in COARSE for i in range(3) for eta in ETAS]
    names = ("zeta_coh", "J", "sample", "eta")
    assert list(zip(*(column(table, name) for name in names), strict=True)) == expected
    said = table.schema.field("J").metadata
    assert said[b"meaning"] == b"value of the axis model.J"


@pytest.mark.parametrize("name", ["J", "zeta_coh", "sample", "eta"])
def test_a_shard_with_other_points_than_its_block_is_refused(tmp_path, solve, name):
    plane = Plane(tmp_path, solve, COARSE)
    table = plane.table(plane.described.units(CHUNK))
    values = column(table, name).copy()
    values[len(ETAS)] += 1
    place = table.column_names.index(name)
    with pytest.raises(ShardError, match="not written"):
        write_shard(
            tmp_path / "x.parquet",
            table.set_column(place, name, pa.array(values)),
            plane.described,
            CHUNK,
            {},
        )


def test_a_finer_grid_takes_over_the_points_of_a_coarse_one(tmp_path, solve):
    coarse = Plane(tmp_path, solve, COARSE)
    coarse.shard()
    fine = Plane(tmp_path, solve, FINE)
    assert fine.study == coarse.study
    units = [unit for unit in fine.described.units(CHUNK) if unit.point[1] != 0.6]
    found = fine.find()
    assert_found(fine, found, units)
    assert (found.from_shards, found.from_parts) == (len(units), 0)


def test_parts_of_another_grid_are_taken_over(tmp_path, solve):
    coarse, fine = Plane(tmp_path, solve, COARSE), Plane(tmp_path, solve, FINE)
    some = [Unit((0.5, 0.2), 1), Unit((1, 1.0), 0)]
    coarse.part(some)
    mine = [Unit((0.5, 0.6), 2), Unit((0.5, 0.2), 1)]
    fine.part(mine)
    found = fine.find()
    assert_found(fine, found, {*some, *mine})
    assert (found.from_shards, found.from_parts) == (0, 3)


def test_a_shard_of_other_samples_gives_those_that_are_wanted(tmp_path, solve):
    plane = Plane(tmp_path, solve, COARSE)
    plane.shard(SampleRange(1, 3))
    found = plane.find(SampleRange(0, 2))
    assert_found(plane, found, [Unit(point, 1) for point in plane.described.points])


def test_a_damaged_shard_of_another_grid_is_set_aside_and_solved_again(tmp_path, solve):
    coarse, fine = Plane(tmp_path, solve, COARSE), Plane(tmp_path, solve, FINE)
    path = coarse.shard()
    data = bytearray(path.read_bytes())
    data[place_of_values(path, "s_max")] ^= 1
    path.write_bytes(data)
    found = fine.find()
    assert found.rows == {}
    assert str(path) in found.messages[0] and not path.exists()


def test_records_of_a_part_are_of_one_point_and_sample(tmp_path, solve):
    plane = Plane(tmp_path, solve, COARSE)
    units = [Unit((1, 0.2), 2), Unit((0.5, 1.0), 0)]
    path = plane.part(units)
    found = dict(read_part(path, plane.described))
    assert list(found) == units
    assert_same(found[units[0]], plane.table(units[:1]))
    other = dataclasses.replace(plane.described, points=plane.described.points[1:])
    assert list(read_part(path, other)) == []


def test_units_that_are_not_ok_are_told(tmp_path, solve):
    plane = Plane(tmp_path, solve, COARSE)
    bad = Unit((0.5, 1.0), 1)
    rows = [
        dataclasses.replace(solve(unit), status=np.array(["ok", "failed", "ok"]))
        if unit == bad
        else solve(unit)
        for unit in plane.described.units(CHUNK)
    ]
    path = plane.folder.shard(*CHUNK)
    write_shard(path, to_table(rows), plane.described, CHUNK, {})
    assert failed_units(path, plane.described, CHUNK) == [bad]


def test_what_is_valid_now_is_read_at_each_point_in_order(tmp_path, solve):
    plane = Plane(tmp_path, solve, COARSE)
    plane.shard(SampleRange(1, 3))
    plane.part([Unit((1, 0.2), 0), Unit((1, 0.2), 1)], CHUNK)
    found = list(read_present(plane.study, plane.described, 3, pytest.fail))
    units = [Unit(rows.point, rows.sample) for rows in found]
    expected = [Unit((1, 0.2), 0), *plane.described.units(SampleRange(1, 3))]
    assert sorted(units) == sorted(expected)
    for point in plane.described.points:
        of_point = [unit.sample for unit in units if unit.point == point]
        assert of_point == sorted(of_point)


def test_rows_of_a_plane_are_read_once_from_a_coarse_and_a_fine_grid(tmp_path, solve):
    Plane(tmp_path, solve, COARSE).shard()
    fine = Plane(tmp_path, solve, FINE)
    fine.part([Unit((0.5, 0.6), 2), Unit((0.5, 0.2), 0)])
    rows = read_rows(tmp_path, "plane")
    assert len(rows.frame) == (4 * 3 + 1) * len(ETAS)
    assert not rows.frame.duplicated(["zeta_coh", "J", "sample", "eta"]).any()
    line = rows.frame.query("J == 0.6").index
    assert rows.frame.loc[line, "sample"].tolist() == [2, 2, 2]
    expected = solve(Unit((0.5, 0.6), 2))
    assert rows.frame.loc[line, "s_max"].tolist() == expected.s_max.tolist()
    assert rows.probabilities(0.95, [(0, 1)])[line, 0] == pytest.approx(1)


def test_a_dataset_has_a_dimension_for_each_axis(tmp_path, solve):
    plane = Plane(tmp_path, solve, COARSE)
    plane.shard()
    rows = read_rows(tmp_path, "plane")
    dataset = rows.to_xarray()
    assert [dataset.sizes[name] for name in ("sample", "zeta_coh", "J", "eta")] == [3, 2, 2, 3]
    chosen = dataset.s_max.sel(sample=2, zeta_coh=0.5, J=1.0).values
    expected = solve(Unit((0.5, 1.0), 2))
    assert chosen == pytest.approx(expected.s_max, abs=1e-12)
    assert dataset.J.attrs["long_name"] == "value of the axis model.J"
