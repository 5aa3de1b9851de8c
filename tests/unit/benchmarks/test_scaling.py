"""The model of scaling: what its docstring says. Nothing here depends on how fast a machine is."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import scaling
from benchmarks.figure import draw
from benchmarks.load import Load
from benchmarks.measure import FULL, QUICK, Launch, Measured, n_eta
from benchmarks.overhead import (
    STUDY,
    automatic_ranks,
    chain,
    sweep_cost,
)
from benchmarks.runs import Bench, BenchError, timed
from syncsweep.config.file import load_config
from syncsweep.plan.overheads import Overheads

ROOT = Path(__file__).parents[3]

OVERHEADS = Overheads(
    sample=0.1,
    contention=1.2,
    append=0.001,
    launch=0.2,
    launch_rank=0.05,
    import_alone=0.7,
    import_together=0.9,
    first_sample=0.15,
    end=0.1,
    end_row=1e-5,
    rows=29,
    nested_start=3.0,
    scheduler=5.0,
)

#: Nothing but numerics.
IDEAL = replace(
    OVERHEADS, contention=1.0, append=0, launch=0, launch_rank=0, import_alone=0, import_together=0,
    first_sample=0, end=0, end_row=0, nested_start=0, scheduler=0,
)  # fmt: skip

MEASURED = Measured(
    python=(0.05, 0.06),
    mpi=(0.2, 0.25),
    worker=(0.9, 1.15),
    first_sample=0.15,
    sample=0.1,
    sample_wall=0.11,
    spread=0.1,
    contention=1.2,
    append=0.001,
    end=0.1,
    gather_row=0.4e-5,
    write_row=0.6e-5,
    local_job=0.3,
    nested_start=3.0,
    opens=1000,
    opens_rank=900,
    shard_samples=1000,
    peaks=(300_000_000, 200_000_000),
    estimate=400_000_000,
)

MACHINE = {"cpu": "none", "cores": 2, "date": "2026-01-01"} | Load().summary()


def test_wall_time_is_the_sum_of_its_stages():
    # 10 samples on 4 ranks: three rounds.
    by_hand = (
        5.0 + 2 * 3.0 + 0.2 + 3 * 0.05 + 0.9 + 0.15
        + 3 * (1.2 * 0.1 + 0.001)
        + 0.1 + 10 * 29 * 1e-5
    )  # fmt: skip
    assert OVERHEADS.wall(4, 10) == pytest.approx(by_hand, rel=1e-12)
    assert OVERHEADS.efficiency(4, 10) == pytest.approx(10 * 0.1 / (4 * by_hand), rel=1e-12)


def test_one_rank_has_neither_company_nor_contention():
    by_hand = 5.0 + 6.0 + 0.2 + 0.7 + 0.15 + 10 * (0.1 + 0.001) + 0.1 + 10 * 29 * 1e-5
    assert OVERHEADS.wall(1, 10) == pytest.approx(by_hand, rel=1e-12)


def test_core_time_is_that_of_all_ranks_and_leaves_out_what_waits():
    once = 2 * 3.0 + 4 * (0.2 + 0.9) + 0.1 + 10 * 29 * 1e-5
    solving = 4 * 0.15 + 10 * (1.2 * 0.1 + 0.001)
    assert OVERHEADS.core_time(4, 10) == pytest.approx(once + solving, rel=1e-12)
    # One sample to solve: one rank has a first one.
    solving = 0.15 + 1 * (1.2 * 0.1 + 0.001)
    assert OVERHEADS.core_time(4, 10, missing=1) == pytest.approx(once + solving, rel=1e-12)


def test_samples_that_are_there_cost_no_time_but_that_of_the_shard():
    nothing = 5.0 + 2 * 3.0 + 0.2 + 3 * 0.05 + 0.9 + 0.1 + 10 * 29 * 1e-5
    assert OVERHEADS.wall(4, 10, missing=0) == pytest.approx(nothing, rel=1e-12)
    some = OVERHEADS.wall(4, 10, missing=5)
    assert some - nothing == pytest.approx(0.15 + 2 * (1.2 * 0.1 + 0.001))


def test_a_launch_has_neither_slurm_nor_snakemake():
    launch = OVERHEADS.launch_only()
    assert OVERHEADS.wall(2, 10) - launch.wall(2, 10) == pytest.approx(5.0 + 6.0)


@given(ranks=st.integers(1, 64), samples=st.integers(1, 10**6))
def test_without_overheads_only_the_remainder_of_the_ranks_is_lost(ranks, samples):
    rounds = -(-samples // ranks)
    assert IDEAL.efficiency(ranks, samples) == pytest.approx(samples / (rounds * ranks))


def test_one_sample_too_many_costs_a_round():
    assert IDEAL.efficiency(16, 1600) == pytest.approx(1)
    assert IDEAL.wall(16, 1601) - IDEAL.wall(16, 1600) == pytest.approx(IDEAL.sample)


@given(ranks=st.integers(1, 64), rounds=st.integers(1, 10**5))
def test_efficiency_grows_with_full_rounds_and_falls_with_ranks(ranks, rounds):
    here = OVERHEADS.efficiency(ranks, ranks * rounds)
    assert 0 < here < OVERHEADS.efficiency(ranks, ranks * (rounds + 1)) < 1
    more = OVERHEADS.efficiency(ranks + 1, ranks * (ranks + 1) * rounds)
    assert more < OVERHEADS.efficiency(ranks, ranks * (ranks + 1) * rounds)


def test_large_chunks_lose_nothing_to_what_is_paid_once():
    once = replace(OVERHEADS, contention=1.0, append=0, end_row=0)
    assert once.efficiency(16, 16 * 10**6) == pytest.approx(1, abs=1e-3)


def test_large_chunks_keep_the_loss_to_contention_and_to_the_first_rank():
    ranks = 16
    limit = 0.1 / (1.2 * 0.1 + 0.001 + ranks * 29 * 1e-5)
    assert OVERHEADS.efficiency(ranks, ranks * 10**6) == pytest.approx(limit, rel=1e-3)


def test_chain_is_that_of_the_shipped_configuration():
    shipped = load_config(ROOT / "config.yaml").studies["spin1_chain"]
    ours = chain(shipped.samples).studies[STUDY]
    assert ours.model == shipped.model
    assert ours.ensemble == shipped.ensemble
    assert ours.eta_blocks == shipped.eta_blocks
    assert ours.samples_per_chunk == shipped.samples_per_chunk
    assert n_eta() == 30


def test_cost_of_a_sweep_is_that_of_its_jobs():
    study = chain(25_000).studies[STUDY]
    sizes = [stop - start for start, stop in study.chunks]
    cost = sweep_cost(OVERHEADS, study, 4)
    seconds = sum(4 * OVERHEADS.wall(4, size) for size in sizes)
    assert cost.jobs == len(sizes)
    assert cost.core_hours == pytest.approx(seconds / 3600)
    assert cost.efficiency == pytest.approx(25_000 * 0.1 / seconds)


def test_sweep_without_overheads_costs_its_samples():
    study = chain(10**6).studies[STUDY]
    assert sweep_cost(IDEAL, study, 2).core_hours == pytest.approx(1e5 / 3600, rel=1e-4)


@pytest.mark.parametrize("limit", [2, 16, 64])
def test_ranks_are_those_of_the_workflow(limit):
    assert 2 <= automatic_ranks(chain(10**6).studies[STUDY], limit) <= limit


def test_measurements_become_the_overheads():
    overheads = MEASURED.overheads()
    assert overheads.launch_rank == pytest.approx(0.05)
    assert overheads.import_alone == pytest.approx(0.7)
    assert overheads.import_together == pytest.approx(0.9)
    assert overheads.end_row == pytest.approx(1e-5)


def test_noise_makes_no_negative_overheads():
    noisy = replace(MEASURED, mpi=(0.25, 0.2), contention=0.98).overheads()
    assert noisy.launch_rank == 0
    assert noisy.contention == 1


@pytest.fixture(scope="module")
def report():
    launches = [Launch(1, 10, 2.0, sample=0.12, others=0.1), Launch(2, 10, 1.5, sample=0.1)]
    return scaling.report(MEASURED, launches, MACHINE, quick=True)


def test_report_has_all_numbers_as_json(report):
    assert set(report) == {
        "machine", "quick", "stages", "measured", "overheads", "validation", "extrapolated",
    }  # fmt: skip
    assert json.loads(json.dumps(report))["overheads"]["scheduler"] == 5.0
    for stage in report["stages"]:
        assert set(stage) == {"stage", "measured", "unit", "note"}
    for launch in report["validation"]:
        keys = {"ranks", "samples", "measured", "sample", "others", "predicted", "relative_error"}
        assert set(launch) == keys
    assert [cost["samples"] for cost in report["extrapolated"]] == [10**6] * 3


def test_report_compares_launches_with_the_model_without_slurm(report):
    first = report["validation"][0]
    # With the sample's time at that time.
    predicted = replace(MEASURED.overheads().launch_only(), sample=0.12).wall(1, 10)
    assert first["predicted"] == pytest.approx(predicted)
    assert first["relative_error"] == pytest.approx(predicted / 2.0 - 1)


def test_what_is_assumed_is_called_so(report):
    (scheduler,) = [stage for stage in report["stages"] if stage["stage"] == "scheduler"]
    assert "ASSUMED" in scheduler["note"]


def test_table_names_every_stage(report):
    text = scaling.table(report)
    assert all(stage["stage"] in text for stage in report["stages"])
    assert "extrapolated" in text


def test_table_does_without_strace_and_load():
    unknown = replace(MEASURED, opens=None, opens_rank=None)
    machine = MACHINE | {"cores_used_by_others": None, "cores_stolen": None}
    assert "files opened" in scaling.table(scaling.report(unknown, [], machine, quick=False))


def test_figure_is_drawn_twice_alike(tmp_path):
    for name in ("a", "b"):
        draw(
            OVERHEADS,
            [Launch(1, 10, 2.0, sample=0.1), Launch(2, 10, 1.5, sample=0.1)],
            tmp_path / name,
        )
    for ending in ("pdf", "png"):
        first, second = (tmp_path / f"{name}.{ending}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_quick_is_smaller():
    assert QUICK.repeats < FULL.repeats and QUICK.samples < FULL.samples
    assert FULL.repeats >= 5


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["/nonesuch/program"], "/nonesuch/program: cannot be started"),
        (["sh", "-c", "echo one >&2; echo two >&2; exit 3"], "sh ended with exit code 3: two"),
    ],
)
def test_a_launch_that_fails_is_one_line(command, message):
    with pytest.raises(BenchError, match=rf"^{message}[^\n]*$"):
        timed(command)


def test_a_block_for_launches_goes_when_it_is_left(tmp_path):
    with Bench(ROOT, tmp_path).block() as block:
        assert block.description.is_file()
    assert list(tmp_path.iterdir()) == []


def test_script_refuses_an_output_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    output = str(tmp_path / "file" / "bench")
    monkeypatch.setattr("sys.argv", ["benchmarks", "--output", output])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("benchmarks", run_name="__main__")
    assert caught.value.code == f"error: {output}: cannot be written (Not a directory)"
