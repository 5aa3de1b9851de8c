"""A short campaign of faults; `make chaos` runs a long one."""

from __future__ import annotations

import json
import subprocess
import sys

from project import ROOT

KINDS = (
    *("rank killed", "rank told to end", "launcher killed", "snakemake killed"),
    *("shard truncated", "shard with flipped bits", "two shards swapped", "empty file"),
    *("part truncated", "part with flipped bits", "stale temporary files", "config.yaml edited"),
)


def test_twelve_faults_cost_a_sweep_nothing_but_what_they_may(tmp_path):
    report = tmp_path / "report.md"
    command = [
        sys.executable,
        str(ROOT / "tests" / "chaos"),
        "--seed",
        "1",
        "--output",
        str(report),
    ]
    command += ["--faults", "12", "--per-sweep", "14", "--samples", "120", "--kinds", *KINDS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    faults = [json.loads(line) for line in report.with_suffix(".jsonl").read_text().splitlines()]
    assert sum(fault["counted"] for fault in faults) >= 12
    assert len({fault["kind"] for fault in faults}) >= 8
    assert "Nothing was lost, doubled or wrong" in report.read_text(encoding="utf-8")
