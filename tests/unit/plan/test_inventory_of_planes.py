"""What a run will find of a plane whose grid has changed."""

import pytest
from plane_study import configuration

from syncsweep.layout import BlockFolder, study_folder
from syncsweep.plan.inventory import take_inventory
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sweep import description
from syncsweep.sweep.parts import PartWriter

AXES = {"model.delta": {"values": [0.5, 1]}, "model.B": {"values": [0.1, 0.3]}}
FINER = {**AXES, "model.B": {"values": [0.1, 0.2, 0.3]}}


@pytest.mark.parametrize("observables", [[], ["purity"]])
def test_units_in_parts_of_the_coarser_grid_are_there(tmp_path, observables):
    """A job that was killed has kept three of its eight units."""
    settings = {"eta_blocks": [{"values": [0.5]}], "samples": 2, "figure": None}
    coarse = configuration(tmp_path, axes=AXES, observables=observables, **settings)
    (block,) = description.describe(coarse, "plane")
    folder = study_folder(tmp_path, "plane", block.physics.digest)
    description.write(folder, [block])
    files = BlockFolder(folder / block.block)
    files.parts.mkdir(parents=True)
    (chunk,) = coarse.studies["plane"].chunks
    part = PartWriter(files.part(*chunk, "a" * 12, 0), block)
    solver = SampleSolver(block.physics, block.etas, block.observables)
    for unit in block.units(chunk)[:3]:
        part.append(solver.rows(unit.sample, unit.point))
    part.close()
    assert take_inventory(coarse, "plane").missing == 8 - 3

    finer = configuration(tmp_path, axes=FINER, observables=observables, **settings)
    found = take_inventory(finer, "plane")
    assert (found.samples, found.missing, found.again) == (12, 12 - 3, 0)

    with_more = [*observables, "l1_coherence"]
    again = configuration(tmp_path, axes=FINER, observables=with_more, **settings)
    found = take_inventory(again, "plane")
    assert (found.missing, found.again) == (12, 3)
