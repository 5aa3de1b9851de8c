"""A small study with two axes, solved, with the tables and figures that it asks for."""

from syncsweep import layout
from syncsweep.config.configuration import parse
from syncsweep.config.requests import FigureRequest
from syncsweep.figures.study_figure import draw_figure
from syncsweep.paper.parts.part import StudyRows
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sweep import description
from syncsweep.sweep.row_table import to_table
from syncsweep.sweep.shard import write_shard
from syncsweep.tables.registry import names_of_averages, table_jobs
from syncsweep.tables.samples import Shards, describe

FIGURES = [
    {"kind": "map", "name": "plane", "x": "B", "y": "delta", "column": "angle_1_mean"}
    | {"at": {"eta": 0.5}},
    {"kind": "lines", "name": "one", "x": "eta", "by": "delta", "column": "s_max_mean"}
    | {"at": {"B": 0.2}},
    {"kind": "edge", "name": "gone", "x": "B", "by": "delta", "column": "s_max_mean"},
]
STUDY = {
    "model": {"name": "spin_half_pair"},
    "axes": {
        "model.delta": {"values": [0.5, 1], "symbol": "Δ", "unit": "J"},
        "model.B": {"first": 0.1, "last": 0.3, "count": 3},
    },
    "samples": 2,
    "eta_blocks": [{"values": [0, 0.5]}, {"values": [1e-3]}],
    "analysis": {"s_max_bins": {"low": 1e-5, "high": 1e-1, "count": 9}},
    "figure": FIGURES,
}


def configuration(results, **changes):
    settings = {"results": str(results), "root_seed": 3, "ranks": 1}
    return parse({**settings, "studies": {"plane": STUDY | changes}})


def solve(results, **changes):
    """Rows, tables and figures of the study in a folder; returns its configuration and its rows."""
    config = configuration(results, **changes)
    study, blocks = config.studies["plane"], description.describe(config, "plane")
    stored = StudyRows.of(config, "plane")
    description.write(stored.folder, blocks)
    for block in blocks:
        solver = SampleSolver(block.physics, block.etas)
        for chunk in study.chunks:
            rows = [solver.rows(unit.sample, unit.point) for unit in block.units(chunk)]
            path = layout.BlockFolder(stored.folder / block.block).shard(*chunk)
            write_shard(path, to_table(rows), block, chunk, {"numpy": "2"})
    shards = Shards(
        stored.folder, describe(stored.folder, stored.blocks), study.samples, stored.chunk_size
    )
    folder = layout.tables_folder(results, "plane")
    for job in table_jobs(study.analysis):
        job.make(shards, study.analysis, folder)
    averages = [folder / f"{name}.parquet" for name in names_of_averages(study.analysis)]
    for figure in study.figures:
        request = FigureRequest.of(config, "plane", figure)
        draw_figure(request, averages, layout.figures_folder(results) / figure.name)
    return config, stored
