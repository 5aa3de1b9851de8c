"""Studies that stop when their errors are small enough: the same samples, whatever happens."""

import json
import time

import psutil
import pytest
from project import PAIR

BASE = {
    **{key: PAIR[key] for key in ("model", "analysis")},
    "axes": {"model.B": {"values": [0.1, 0.3]}},
    "eta_blocks": [{"values": [0.1]}, {"values": [1.0]}],
    "observables": ["purity"],
    "chunk_size": 90,
}
UNTIL = {"p1_se": 0.019, "s_max_relative_se": 0.05, "purity_se": 0.1, "most_samples": 700}
STUDY = {**BASE, "until": UNTIL}

#: At 200 samples p1_se is too large, and at 250 all errors hold.
STOP = 250


def errors_at(project):
    """The numbers of samples at which the errors of the study are known."""
    files = sorted(project.results.glob("jobs/pair-*/errors/samples-*.json"))
    return [json.loads(path.read_text(encoding="utf-8"))["samples"] for path in files]


def change(project, **until):
    project.config["studies"]["pair"]["until"] = {**UNTIL, **until}
    project.write_config()


@pytest.fixture
def stopped(finished):
    return finished(pair=STUDY)


def test_a_study_stops_at_the_first_total_and_has_the_tables_of_so_many_samples(
    stopped, finished_copy, make_project
):
    assert errors_at(stopped) == [200, STOP]
    assert stopped.solved("pair") == 2 * 2 * STOP
    fixed = make_project(pair={**BASE, "samples": STOP, "chunk_size": None})
    fixed.snakemake()
    assert fixed.table_bytes("pair") == stopped.table_bytes("pair")
    # Errors that are found again, from shards that are cut in another way, are the same.
    other = finished_copy(pair=STUDY)
    other.config["studies"]["pair"]["chunk_size"] = 400
    other.write_config()
    for path in other.results.glob("jobs/pair-*/errors/*"):
        path.unlink()
    output = other.snakemake()
    assert f"pair: {STOP} samples: p1_se 0.0" in output and "warning" not in output
    assert errors_at(other) == [200, STOP]
    assert other.solved("pair") == stopped.solved("pair")
    assert other.table_bytes("pair") == stopped.table_bytes("pair")
    assert "all well" in other.syncsweep("verify", "results")


def test_a_change_of_until_solves_only_what_is_missing(stopped, finished_copy):
    project, before = finished_copy(pair=STUDY), stopped.table_bytes("pair")
    assert "Nothing to be done" in project.snakemake()
    files = project.files()
    change(project, p1_se=0.0001, most_samples=300)
    output = project.snakemake("-n")
    assert "before the next look at the errors (until they hold, or 300 samples)" in output
    assert "200 of 1200 samples to solve" in output and project.files() == files
    assert "the study may stop earlier" in project.syncsweep("plan", "--no-calibration")
    output = project.snakemake()
    assert project.solved("pair") == 2 * 2 * 300 and errors_at(project) == [200, STOP, 300]
    (warning,) = [line for line in output.splitlines() if line.startswith("warning: ")]
    assert "pair: 300 samples are not enough: p1_se" in warning and "of 0.0001 at η = " in warning
    change(project, p1_se=0.0001, most_samples=320)
    project.snakemake()
    assert project.solved("pair") == 2 * 2 * 320
    assert errors_at(project) == [200, STOP, 300, 315, 320]
    # Larger errors need neither samples nor errors, only the tables of fewer samples.
    change(project)
    output = project.snakemake()
    assert "solve_shard" not in output and "find_errors" not in output
    assert project.table_bytes("pair") == before
    assert f"{4 * STOP} of {4 * STOP} samples" in project.syncsweep("status")
    # Other tables need other errors, from the same shards.
    project.config["studies"]["pair"]["analysis"] = {**BASE["analysis"], "threshold": 0.9}
    project.write_config()
    output = project.snakemake()
    assert "solve_shard" not in output and "find_errors" in output
    assert project.solved("pair") == 2 * 2 * 320


def test_killed_in_any_round_it_continues_to_the_same_tables(stopped, make_project):
    project = make_project(pair=STUDY)
    for count in (1, 2):
        process = project.start()
        while len(errors_at(project)) < count:
            assert process.poll() is None or count > 1, process.communicate()[0]
            time.sleep(0.01)
        family = [process, *process.children(recursive=True)]
        for one in family:
            one.kill()
        psutil.wait_procs(family)
        project.snakemake("--unlock")
    project.snakemake()
    assert errors_at(project) == [200, STOP]
    assert project.table_bytes("pair") == stopped.table_bytes("pair")
    assert "Nothing to be done" in project.snakemake()


def test_several_studies_go_on_side_by_side_into_the_report(make_project):
    other = {**BASE, "axes": {}, "until": {"s_max_se": 1e-9, "most_samples": 205}}
    project = make_project(pair={**STUDY, "axes": {}}, other=other)
    output = project.snakemake("report")
    lines = output.splitlines()
    (first,) = [i for i, line in enumerate(lines) if line.startswith("pair: 200 samples: ")]
    (second,) = [i for i, line in enumerate(lines) if line.startswith("other: 205 samples: ")]
    assert abs(first - second) < len(lines)
    assert "warning: other: 205 samples are not enough: s_max_se" in output
    page = (project.results / "report.html").read_text(encoding="utf-8")
    assert "205 realisations at each η (until s_max_se ≤ 1e-09, or 205)" in " ".join(
        page.replace("<sub>", "_").replace("</sub>", "").split()
    )
    assert "Nothing to be done" in project.snakemake("report")
