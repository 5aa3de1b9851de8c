"""The bench of plans: its table, and turns with a tiny study. No number depends on the machine."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from benchmarks import plans
from benchmarks.plans import FULL, QUICK, Comparison
from benchmarks.runs import Bench

ROOT = Path(__file__).parents[3]

GOOD = Comparison(
    study="chain",
    samples=60,
    source="calibration",
    core_time=11.0,
    core_time_low=9.0,
    core_time_high=13.0,
    core_time_measured=10.0,
    time=5.5,
    time_measured=5.0,
    sample=0.1,
    sample_measured=0.1,
    others=None,
)


def table(*comparisons):
    return plans.table({"plans": [asdict(comparison) for comparison in comparisons]})


def test_table_has_the_median_of_the_rounds():
    others = [replace(GOOD, core_time=core_time) for core_time in (9.0, 20.0)]
    line = table(GOOD, *others).splitlines()[-1]
    assert "chain" in line and " 1.10  " in line and "1.10 0.90 2.00" in line
    assert "missed" not in line


@pytest.mark.parametrize("core_time", [7.0, 13.0])
def test_a_plan_beyond_the_aim_is_missed(core_time):
    assert table(replace(GOOD, core_time=core_time)).endswith("missed")


def test_sources_have_a_line_each():
    log = replace(GOOD, source="log", core_time=10.0)
    lines = table(GOOD, log, replace(GOOD, study="pair")).splitlines()[2:]
    assert [line.split()[0] for line in lines] == ["chain", "chain", "pair"]
    assert [line.split()[2] for line in lines] == ["calibration", "log", "calibration"]


def test_studies_are_those_of_the_shipped_configuration():
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["studies"]
    assert set(FULL.samples) <= set(shipped) and set(QUICK.samples) <= set(FULL.samples)
    assert len(FULL.samples) >= 3 and FULL.rounds >= 3


def test_turns_compare_plans_with_runs_and_the_second_knows_the_log(tmp_path):
    study = {
        "model": {"name": "spin_half_pair"},
        "samples": 10,
        "eta_blocks": [{"values": [0.1, 1.0]}],
        "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
    }
    settings = {"results": "results", "root_seed": 7, "ranks": 2, "studies": {"pair": study}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    bench = Bench(ROOT, tmp_path)
    (first,) = plans.turn(bench, tmp_path, "pair", 20_000)
    assert (first.study, first.samples, first.source) == ("pair", 20_000, "calibration")
    assert 0 < first.core_time_low < first.core_time < first.core_time_high
    assert 0 < first.sample_measured < first.core_time_measured
    assert first.time > 0 and first.time_measured > 0
    # All but the log is gone, so that the next turn solves again.
    kept = {path.name for path in (tmp_path / "results").rglob("*") if path.is_file()}
    assert "log.jsonl" in kept and not any(name.endswith(".parquet") for name in kept)
    by_trial, by_log = plans.turn(bench, tmp_path, "pair", 20_000)
    assert (by_trial.source, by_log.source) == ("calibration", "log")
    assert by_log.core_time_measured == by_trial.core_time_measured
    assert by_log.sample == pytest.approx(first.sample_measured)
