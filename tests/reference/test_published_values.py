"""Four hundred samples of the chain against values from other programs.

The reference values come from two programs that share nothing with this one but the paper: a slow
one (800 samples), and one that uses the limit η → 0⁺ as a control variate.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from studies import blocks_of

from syncsweep.config.analysis import Analysis
from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.configuration import parse
from syncsweep.layout import study_folder
from syncsweep.sweep import description
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.summary import make_tables

ROOT = Path(__file__).parents[2]
SAMPLES = 400
ETAS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 1e4]

#: η, then P₁, P₂, P₃ and ⟨S_max⟩ with their standard errors.
SLOW = [
    (1e-4, (0.125, 0.007), (0.320, 0.014), (0.500, 0.012), (3.52e-6, 0.10e-6)),
    (1e-3, (0.114, 0.010), (0.213, 0.012), (0.393, 0.014), (4.81e-6, 0.10e-6)),
    (1e-2, (0.101, 0.010), (0.128, 0.009), (0.168, 0.010), (1.77e-5, 0.02e-5)),
    (1e-1, (0.124, 0.010), (0.118, 0.008), (0.139, 0.009), (6.90e-5, 0.07e-5)),
    (1.0, (0.126, 0.010), (0.120, 0.008), (0.128, 0.008), (1.07e-4, 0.01e-4)),
    (10.0, (0.123, 0.010), (0.116, 0.007), (0.131, 0.008), (1.13e-4, 0.01e-4)),
]
CONTROLLED_P = [(1e-5, (0.122, 0.002), (0.364, 0.003), (0.505, 0.003))]
CONTROLLED_S_MAX = [
    (1e-5, (3.255e-6, 0.002e-6)),
    (1e-4, (3.373e-6, 0.003e-6)),
    (1e-3, (4.716e-6, 0.020e-6)),
]


@pytest.fixture(scope="module")
def summary(tmp_path_factory) -> pd.DataFrame:
    """The summary table of these samples, solved by two ranks."""
    folder = tmp_path_factory.mktemp("chain")
    study = {
        "model": {"name": "spin1_chain"},
        "samples": SAMPLES,
        "chunk_size": SAMPLES,
        "eta_blocks": [{"values": ETAS}],
        "analysis": {
            "s_max_bins": {"low": 1e-8, "high": 1e-3, "count": 20},
            "ratio": {
                "numerator": 2,
                "denominator": 1,
                "weight": 3,
                "meaning": "π/3 for each (0, π)",
            },
        },
    }
    settings = {"results": str(folder), "root_seed": 1, "ranks": 2, "studies": {"chain": study}}
    physics = parse(settings).physics("chain")
    study_path = study_folder(folder, "chain", physics.digest)
    etas = tuple(ETAS)
    description.write(study_path, blocks_of("chain", physics, [etas]))
    command = ["mpiexec", "-n", "2", sys.executable, "-m", "mpi4py"]
    command += [str(ROOT / "scripts" / "solve_shard.py"), "--ranks", "2"]
    command += ["--block", str(study_path / EtaBlock(etas).id)]
    command += ["--start", "0", "--stop", str(SAMPLES)]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(command, check=True, env=environment, timeout=600, capture_output=True)
    analysis = Analysis.model_validate(study["analysis"])
    shards = Shards(study_path, describe(study_path, [EtaBlock(etas).id]), SAMPLES, SAMPLES)
    make_tables(shards, analysis, folder / "tables")
    table = pd.read_csv(folder / "tables" / "summary.csv").set_index("eta")
    assert (table.n == SAMPLES).all()
    return table


def assert_within(table: pd.DataFrame, eta: float, name: str, value: float, error: float) -> None:
    """Within four combined standard errors, which must be small enough to mean something."""
    column = name if name.startswith("p") else f"{name}_mean"
    combined = (table.loc[eta, f"{name}_se"] ** 2 + error**2) ** 0.5
    assert combined < 0.25 * value
    assert abs(table.loc[eta, column] - value) < 4 * combined, (eta, name)


@pytest.mark.parametrize("row", SLOW, ids=lambda row: f"{row[0]:g}")
def test_values_of_the_slow_program(summary, row):
    eta, *values = row
    for name, (value, error) in zip(("p1", "p2", "p3", "s_max"), values, strict=True):
        assert_within(summary, eta, name, value, error)


@pytest.mark.parametrize("row", CONTROLLED_P, ids=lambda row: f"{row[0]:g}")
def test_probabilities_with_the_control_variate(summary, row):
    eta, *values = row
    for name, (value, error) in zip(("p1", "p2", "p3"), values, strict=True):
        assert_within(summary, eta, name, value, error)


@pytest.mark.parametrize("row", CONTROLLED_S_MAX, ids=lambda row: f"{row[0]:g}")
def test_mean_s_max_with_the_control_variate(summary, row):
    eta, (value, error) = row
    assert_within(summary, eta, "s_max", value, error)


def test_both_types_are_equally_likely_at_the_smallest_eta(summary):
    """An equal mix of both types at r = 0.95 has P = (.125, .368, .500) and ratio .980."""
    for name, value in (("p1", 0.125), ("p2", 0.368), ("p3", 0.500)):
        assert_within(summary, 1e-6, name, value, 0.0)
    ratio = summary.loc[1e-6, ["ratio", "ratio_se"]]
    assert abs(ratio["ratio"] - 0.980) < 4 * ratio["ratio_se"] < 0.8


def test_angles_are_uniform_at_large_eta(summary):
    """Invariance under diagonal unitaries for η → ∞: 1/8 each, and ratio 1/3."""
    for name in ("p1", "p2", "p3"):
        assert_within(summary, 1e4, name, 0.125, 0.0)
    ratio = summary.loc[1e4, ["ratio", "ratio_se"]]
    assert abs(ratio["ratio"] - 1 / 3) < 4 * ratio["ratio_se"] < 0.4
