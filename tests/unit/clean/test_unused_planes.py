"""Blocks of another grid or of other observables stay until valid shards have their rows."""

import pytest
from plane_study import configuration

from syncsweep.clean.unused import Search
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sweep import description
from syncsweep.sweep.row_table import to_table
from syncsweep.sweep.shard import write_shard

COARSE = {"model.B": {"values": [0.1, 0.3]}}
FINE = {"model.B": {"values": [0.1, 0.2, 0.3]}}
APART = {"model.B": {"values": [0.2]}}


def solved(results, **changes):
    """A study without tables; returns its configuration and the shard of its only block."""
    settings = {"eta_blocks": [{"values": [0.5]}], "figure": None, "samples": 2, **changes}
    config = configuration(results, **settings)
    (block,) = description.describe(config, "plane")
    folder = study_folder(results, "plane", block.physics.digest)
    description.write(folder, [block])
    (chunk,) = config.studies["plane"].chunks
    solver = SampleSolver(block.physics, block.etas, block.observables)
    rows = [solver.rows(unit.sample, unit.point) for unit in block.units(chunk)]
    path = BlockFolder(folder / block.block).shard(*chunk)
    write_shard(path, to_table(rows), block, chunk, {})
    return config, path


def unused(config):
    search = Search(config, ["plane"], lambda _: None)
    return [one.path for one in search.run()], search.notes


@pytest.mark.parametrize("before, now", [
    ({"axes": COARSE}, {"axes": FINE}),
    ({"axes": FINE}, {"axes": COARSE}),
    ({"axes": COARSE, "observables": ["purity"]}, {"axes": COARSE}),
])  # fmt: skip
def test_a_block_whose_rows_a_damaged_shard_needs_stays(tmp_path, before, now):
    _, old = solved(tmp_path, **before)
    config, new = solved(tmp_path, **now)
    whole = new.read_bytes()
    assert unused(config) == ([old.parent], [])
    new.write_bytes(whole[:-9])
    found, (note,) = unused(config)
    assert found == []
    assert str(old.parent) in note and str(new) in note and "damaged" in note
    new.write_bytes(whole)
    search = Search(config, ["plane"], lambda _: None)
    (one,) = search.run()
    assert list(one.instead) == [new]


@pytest.mark.parametrize("before", [{"axes": APART}, {"axes": COARSE}])
def test_a_block_that_cannot_serve_a_damaged_shard_is_listed(tmp_path, before):
    """It has no point of it, or not its columns."""
    _, old = solved(tmp_path, **before)
    config, new = solved(tmp_path, axes=COARSE, observables=["purity"])
    new.write_bytes(new.read_bytes()[:-9])
    assert unused(config) == ([old.parent], [])
