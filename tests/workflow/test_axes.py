"""Studies with axes as users run them: what is solved, and that a point is the same everywhere."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from syncsweep.sample.rows import MOST_UNITS
from syncsweep.sweep.row_table import column

PLANE = {
    "model": {"name": "spin1_chain", "n_sites": 2},
    "axes": {
        "model.J": {"first": 0.2, "last": 1.0, "count": 3},
        "ensemble.zeta_coh": {"values": [0.5, 1]},
    },
    "samples": 8,
    "eta_blocks": [{"values": [0, 1.0e-3, 0.1]}, {"values": [1.0]}],
    "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
}


def rows_of(project, study):
    """All rows of a study's shards as a table, in the order of point, sample and η."""
    paths = sorted(path for block in project.blocks(study) for path in block.glob("*.parquet"))
    tables = [pq.ParquetFile(path).read() for path in paths]
    frames = [
        pd.DataFrame(
            {name: list(column(table, name)) for name in table.column_names if name != "s_d"}
        ).assign(s_d=[row.tobytes() for row in column(table, "s_d")])
        for table in tables
    ]
    axes = [name for name in ("zeta_coh", "J") if name in frames[0]]
    together = pd.concat(frames).drop_duplicates([*axes, "sample", "eta"])
    return together.sort_values([*axes, "sample", "eta"], ignore_index=True)


def assert_bit_equal(found, expected):
    assert len(found) == len(expected) > 0
    for name in expected.columns:
        assert all(map(np.array_equal, found[name], expected[name])), name


def test_only_new_points_of_a_grid_are_solved_and_tables_do_not_tell_how(make_project):
    project = make_project(plane=PLANE)
    output = project.snakemake("-n")
    assert "96 of 96 samples to solve" in output
    project.snakemake()
    assert project.solved("plane") == 2 * 6 * 8
    summary = pd.read_csv(project.results / "tables" / "plane" / "summary.csv")
    assert list(summary.columns[:4]) == ["eta", "zeta_coh", "J", "n"]
    assert summary[["eta", "zeta_coh", "J"]].drop_duplicates().shape[0] == len(summary) == 24

    # A finer grid and a value more; two points of six are new for each of three values.
    study = project.config["studies"]["plane"]
    study["axes"]["model.J"] = {"values": [0.2, 0.4, 0.6, 0.8, 1.0]}
    study["axes"]["ensemble.zeta_coh"] = {"values": [0.5, 1, 2]}
    project.write_config()
    assert "144 of 240 samples to solve" in project.snakemake("-n")
    project.snakemake()
    assert project.solved("plane") == 2 * 15 * 8

    # Cut in another way, nothing is solved, and every table is the same.
    before = project.table_bytes("plane")
    study["chunk_size"] = 3
    study["axes"] = dict(reversed(study["axes"].items()))
    project.write_config()
    assert "0 of 240 samples to solve" in project.snakemake("-n")
    project.snakemake()
    assert project.solved("plane") == 2 * 15 * 8
    assert project.table_bytes("plane") == before
    assert "all well" in project.syncsweep("verify", "results", "--recompute", "20")


def test_a_point_is_the_study_with_its_values_written_into_it(make_project):
    alone = {**PLANE, "axes": {}, "model": {**PLANE["model"], "J": 0.6}}
    alone["ensemble"] = {"zeta_coh": 1}
    project = make_project(plane=PLANE, alone=alone)
    project.snakemake()
    plane = rows_of(project, "plane")
    of_point = plane[(plane.J == 0.6) & (plane.zeta_coh == 1)].reset_index(drop=True)
    assert_bit_equal(of_point[rows_of(project, "alone").columns], rows_of(project, "alone"))
    summary, of_alone = (
        pd.read_csv(project.results / "tables" / study / "summary.csv")
        for study in ("plane", "alone")
    )
    point = summary[(summary.J == 0.6) & (summary.zeta_coh == 1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(point[of_alone.columns], of_alone, check_exact=True)


def test_a_killed_plane_loses_only_the_units_in_hand(make_project):
    study = {**PLANE, "samples": 1500, "eta_blocks": [PLANE["eta_blocks"][0]]}
    whole = make_project(plane=study)
    whole.snakemake()
    killed = make_project(plane=study)
    running = killed.start()
    deadline = time.monotonic() + 120
    while killed.kept("plane") < 500:
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    for process in [*running.children(recursive=True), running]:
        process.kill()
    running.communicate(timeout=60)
    kept = killed.kept("plane")
    assert 500 <= kept < 9000
    killed.snakemake("--unlock")
    killed.snakemake("--rerun-incomplete")
    assert 0 <= killed.solved("plane") + kept - 9000 <= 2 * MOST_UNITS
    assert_bit_equal(rows_of(killed, "plane"), rows_of(whole, "plane"))
    assert killed.table_bytes("plane") == whole.table_bytes("plane")
