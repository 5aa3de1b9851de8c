"""Models and ensembles of the user's own through snakemake: the files of docs/own-model.md.

All kinds of mistakes are in tests/unit/user_code.
"""

from __future__ import annotations

import math
import re
import shlex
import shutil
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from project import PAIR, ROOT

PAGE = (ROOT / "docs" / "own-model.md").read_text(encoding="utf-8")
SMALL = ("--configfile", "examples/mixed_pair.yaml", "--config", "samples=6")

#: Spins that turn, under perturbations of all of them.
OWN = """import sys
import numpy as np
from syncsweep.physics.spins import on_each_site, sz


def model(spins):
    z = on_each_site(sz, spins)
    return z[0] + z[1], [z[0] @ z[0]]


def perturbation(rng, spins):
    {}
    m = rng.standard_normal((6, 6))
    return m + m.T, [m]
"""

MINE = {
    **PAIR,
    "model": {"name": "own", "file": "mine.py", "spins": [1, 0.5]},
    "ensemble": {"file": "mine.py"},
    "samples": 12,
    "chunk_size": 12,
    "figure": None,
}


@pytest.fixture
def tutorial(make_project):
    """The project as the tutorial finds it, with a study beside that is made by default."""
    project = make_project(pair=PAIR)
    shutil.copytree(ROOT / "examples", project.path / "examples")
    return project


def commands():
    """What the page says to call snakemake with, one after the other."""
    lines = re.findall(r"^\.venv/bin/snakemake (.*)$", PAGE, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_tutorial(tutorial):
    plan, sweep = commands()
    assert plan == [*sweep, "-n"]
    assert "plan: mixed_pair: 1 of 1 shard to make" in tutorial.snakemake(
        *plan, "--config", "samples=6"
    )
    assert not tutorial.results.exists()
    tutorial.snakemake(*sweep, "--config", "samples=6")
    tutorial.snakemake("study_mixed_pair_local", *SMALL)
    assert not tutorial.blocks("pair")
    for study in ("mixed_pair", "mixed_pair_local"):
        summary = pd.read_csv(tutorial.results / "tables" / study / "summary.csv")
        assert len(summary) == 22
        assert (summary.n == 6).all() and (summary.failed == 0).all()
        for name in (f"{study}.pdf", f"{study}.png", f"{study}_chi.csv", f"{study}_s_max.csv"):
            assert (tutorial.results / "figures" / name).stat().st_size > 500
        # As the tutorial says: at η → 0⁺ the spins lock opposite to each other, S_max = πc₋/32.
        (shard,) = (tutorial.results).glob(f"{study}-*/eta-*/samples-*.parquet")
        limit = pq.read_table(shard).to_pandas().query("eta == 0")
        np.testing.assert_allclose(np.stack(limit.angles), math.pi, atol=1e-6)
        assert limit.s_max.between(0, math.pi / 32).all()
        assert (limit.s_max > 1e-3).all()
    # More samples: the new ones are solved.
    assert tutorial.solved("mixed_pair") == 6
    tutorial.snakemake(*sweep, "--config", "samples=8")
    assert tutorial.solved("mixed_pair") == 8
    said = tutorial.syncsweep("verify", "results", "--recompute", "3")
    assert "0 of 0 rows" not in said
    assert f"not recomputed: {22 * 20} rows of your own models or ensembles" in said


def test_a_driven_spin_has_a_map_of_its_own_phase(tutorial):
    """One spin, without a random number and without χ, at few points of the example."""
    few = "{model.parameters.delta: {count: 3}, ensemble.parameters.epsilon: {count: 2}}"
    command = ("study_driven_spin", "--configfile", "examples/driven_spin.yaml")
    tutorial.snakemake(*command, "--config", f"studies={{driven_spin: {{axes: {few}}}}}")
    tables = tutorial.results / "tables" / "driven_spin"
    assert {path.stem for path in tables.iterdir()} == {"summary", "failures", "samples"}
    summary = pd.read_csv(tables / "summary.csv")
    means = ["s_max_mean", "s_max_se", "angle_1_mean", "resultant_1"]
    assert list(summary) == ["eta", "epsilon", "delta", "n", "failed", *means]
    assert (summary.n == 1).all() and summary.s_max_se.isna().all()
    weak = summary[summary.epsilon == 0.01].set_index("delta").s_max_mean
    assert weak[0] == weak.max() and math.isclose(weak[1], weak[-1], rel_tol=1e-9)
    assert "1 study, 1 shard, 6 rows, 3 tables" in tutorial.syncsweep("verify", "results")


def test_a_comment_costs_nothing_workers_read_no_file_and_code_makes_a_folder_of_its_own(
    make_project,
):
    project, text = make_project(mine=MINE), OWN.format("pass")
    file = project.path / "mine.py"
    file.write_text(text)
    project.snakemake("tables")
    (block,) = project.blocks("mine")
    file.write_text(text.replace("def perturbation", "# Of all spins:\n\n\ndef perturbation"))
    assert "Nothing to be done" in project.snakemake("tables")

    (shard,) = block.glob("samples-*.parquet")
    before = pq.read_table(shard)
    shard.unlink()
    file.unlink()
    worker = [sys.executable, "scripts/solve_shard.py", "--block", str(block), "--ranks", "1"]
    said = project.run(*worker, "--start", "0", "--stop", "12")
    assert "12 solved" in said
    assert pq.read_table(shard).equals(before)

    file.write_text(text.replace("m + m.T, [m]", "m + m.T, [2 * m]"))
    project.snakemake("tables")
    blocks = project.blocks("mine")
    assert len(blocks) == 2 and block in blocks
    assert project.solved("mine") == 36


def test_draws_that_follow_the_order_of_a_set_are_the_same_in_each_run(make_project):
    project = make_project(mine=MINE)
    follows = "rng.random(hash('exchange') % 997)  # as the order of a set of text would"
    (project.path / "mine.py").write_text(OWN.format(follows))

    def shard_of_a_run():
        project.snakemake("tables")
        (block,) = project.blocks("mine")
        (shard,) = block.glob("samples-*.parquet")
        rows = pq.read_table(shard)
        shutil.rmtree(project.results)
        return rows

    assert shard_of_a_run().equals(shard_of_a_run())


def test_a_mistake_is_one_line_before_anything_is_made(make_project):
    project = make_project(mine=MINE)
    (project.path / "mine.py").write_text(OWN.replace("m + m.T", "m").format("pass"))
    output = project.snakemake(code=1)
    (line,) = [line for line in output.splitlines() if "error" in line.lower()]
    assert line.startswith("error: studies.mine: mine.py: perturbation(): V must be Hermitian")
    assert "Traceback" not in output
    assert not project.results.exists()


def test_a_perturbation_that_fails_for_some_samples_leaves_rows_with_a_status(make_project):
    project = make_project(mine=MINE)
    rare = "if rng.random() > 0.84: raise ValueError('rare')"
    (project.path / "mine.py").write_text(OWN.format(rare))
    output = project.snakemake("tables")
    summary = pd.read_csv(project.results / "tables" / "mine" / "summary.csv")
    failed = int(summary.failed.iloc[0])
    assert 0 < failed < 12
    assert (summary.n == 12 - failed).all() and (summary.failed == failed).all()
    assert " failed: ValueError: rare (at `if rng.random() > 0.84: raise" in output
    table = pd.read_csv(project.results / "tables" / "mine" / "failures.csv")
    assert set(table.status) == {"failed"} and len(table) == failed * len(summary)
    assert len(re.findall(rf"warning: mine: {len(table)} .*failed", output)) == 1


def test_what_a_worker_lacks_ends_the_job_in_one_line_and_makes_no_row(make_project):
    project = make_project(mine=MINE)
    lacks = "if 'mpi4py.MPI' in sys.modules: open('no-such-file')"
    (project.path / "mine.py").write_text(OWN.format(lacks))
    output = project.snakemake("tables", code=1)
    (block,) = project.blocks_of_jobs("mine")
    assert f"error: {block.path.parent.name}: FileNotFoundError: " in output
    assert "no-such-file" in output and "Traceback" not in output
    assert not list(block.shards())
