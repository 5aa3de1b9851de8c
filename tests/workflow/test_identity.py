"""Sample i is sample i: bit-equal rows for any ranks, chunks and interruptions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from project import CHAIN, ROOT

from syncsweep.config import study as config
from syncsweep.config.eta import block_id
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sweep import description
from syncsweep.sweep.row_table import column

SAMPLES = 12


def solve(folder: Path, ranks: int, chunks: list[tuple[int, int]]) -> dict[str, np.ndarray]:
    """Solve the chain's first samples with real launches; the columns over all shards."""
    settings = {"results": str(folder), "root_seed": 7, "ranks": ranks, "studies": {"chain": CHAIN}}
    parsed = config.parse(settings)
    physics = parsed.physics("chain")
    etas = parsed.studies["chain"].eta_blocks[0].etas
    study = study_folder(folder, "chain", physics.digest)
    description.write(study, "chain", physics, [etas])
    block = BlockFolder(study / block_id(etas))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for start, stop in chunks:
        command = ["mpiexec", "-n", str(ranks), sys.executable, "-m", "mpi4py"]
        command += [str(ROOT / "scripts" / "solve_shard.py"), "--block", str(block.path)]
        command += ["--start", str(start), "--stop", str(stop), "--ranks", str(ranks)]
        environment = {**os.environ, "PATH": path}
        subprocess.run(command, check=True, timeout=120, capture_output=True, env=environment)
    tables = [pq.ParquetFile(block.shard(*chunk)).read() for chunk in chunks]
    names = tables[0].column_names
    return {name: np.concatenate([column(table, name) for table in tables]) for name in names}


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> dict[str, np.ndarray]:
    return solve(tmp_path_factory.mktemp("one-rank"), 1, [(0, SAMPLES)])


@pytest.mark.parametrize(
    ("ranks", "chunks"),
    [(2, [(0, 12)]), (3, [(0, 12)]), (2, [(0, 5), (5, 12)])],
    ids=["2 ranks", "3 ranks", "two chunk sizes"],
)
def test_rows_are_bit_equal(tmp_path, reference, ranks, chunks):
    rows = solve(tmp_path, ranks, chunks)
    assert rows.keys() == reference.keys()
    for name, values in reference.items():
        if values.dtype == object:
            assert rows[name].tolist() == values.tolist(), name
        else:
            assert rows[name].tobytes() == values.tobytes(), name
