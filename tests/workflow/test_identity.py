"""Sample i is sample i: bit-equal rows for any ranks, chunks and interruptions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest
from project import CHAIN, PAIR, ROOT, kept
from studies import blocks_of

from syncsweep.config import configuration as config
from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sample.rows import MOST_UNITS
from syncsweep.sweep import description
from syncsweep.sweep.row_table import column

SAMPLES = 12

#: Ensembles of few terms, which are solved without matrices for four spins and with them for two.
BONDS, RANK_2, SITES = (4, {"kind": "bonds"}), (4, {"rank": 2}), (2, {"kind": "sites"})

#: A study that solves many samples together.
MANY_PAIRS = {**PAIR, "eta_blocks": [{"first": 1e-4, "last": 10, "per_decade": 4, "limit": True}]}


def study_of(n_sites: int, ensemble: dict[str, Any]) -> dict[str, Any]:
    """A study of few η, one of which has a GMRES of its own."""
    model = {"name": "spin1_chain", "n_sites": n_sites}
    blocks = [{"values": [0, 1e-5, 0.1]}]
    return {**CHAIN, "model": model, "ensemble": ensemble, "eta_blocks": blocks, "figure": None}


def described(folder: Path, study: dict[str, Any]) -> BlockFolder:
    """The folder of a study's block, ready for launches."""
    parsed = config.parse(
        {"results": str(folder), "root_seed": 7, "ranks": 2, "studies": {"chain": study}}
    )
    physics = parsed.physics("chain")
    etas = parsed.studies["chain"].eta_blocks[0].etas
    found = study_folder(folder, "chain", physics.digest)
    description.write(found, blocks_of("chain", physics, [etas]))
    return BlockFolder(found / EtaBlock(etas).id)


def start(block: BlockFolder, ranks: int, chunk: tuple[int, int]) -> psutil.Popen:
    """A real launch for a chunk of samples."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["mpiexec", "-n", str(ranks), sys.executable, "-m", "mpi4py"]
    command += [str(ROOT / "scripts" / "solve_shard.py"), "--block", str(block.path)]
    command += ["--start", str(chunk[0]), "--stop", str(chunk[1]), "--ranks", str(ranks)]
    return psutil.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": path},
    )


def rows(block: BlockFolder, ranks: int, chunks: list[tuple[int, int]]) -> dict[str, np.ndarray]:
    """Solve samples with real launches; the columns over all shards."""
    for chunk in chunks:
        launch = start(block, ranks, chunk)
        output, _ = launch.communicate(timeout=120)
        assert launch.returncode == 0, output
    tables = [pq.ParquetFile(block.shard(*chunk)).read() for chunk in chunks]
    names = tables[0].column_names
    return {name: np.concatenate([column(table, name) for table in tables]) for name in names}


def assert_bit_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        if values.dtype == object:
            assert found[name].tolist() == values.tolist(), name
        else:
            assert found[name].tobytes() == values.tobytes(), name


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("one-rank")
    return rows(described(folder, CHAIN), 1, [(0, SAMPLES)])


@pytest.mark.parametrize(
    ("ranks", "chunks"),
    [(2, [(0, 12)]), (3, [(0, 12)]), (2, [(0, 5), (5, 12)])],
    ids=["2 ranks", "3 ranks", "two chunk sizes"],
)
def test_rows_are_bit_equal(tmp_path, reference, ranks, chunks):
    assert_bit_equal(rows(described(tmp_path, CHAIN), ranks, chunks), reference)


def test_rows_of_batches_are_bit_equal(tmp_path):
    """Each rank has batches of its own, and each chunk a last one that is not full."""
    alone = rows(described(tmp_path / "alone", MANY_PAIRS), 1, [(0, 150)])
    together = rows(described(tmp_path / "together", MANY_PAIRS), 2, [(0, 41), (41, 150)])
    assert_bit_equal(together, alone)


@pytest.mark.parametrize(("n_sites", "ensemble"), [RANK_2, SITES])
def test_rows_of_few_terms_are_bit_equal(tmp_path, n_sites, ensemble):
    study = study_of(n_sites, ensemble)
    alone = rows(described(tmp_path / "alone", study), 1, [(0, 4)])
    assert ("gmres" in alone["method"]) == (n_sites == 4)
    together = rows(described(tmp_path / "together", study), 2, [(1, 4)])
    n_eta = len(alone["eta"]) // 4
    assert_bit_equal(together, {name: values[n_eta:] for name, values in alone.items()})


@pytest.mark.parametrize(
    ("study", "samples", "least", "in_hand"),
    [(study_of(*BONDS), 24, 6, 1), (MANY_PAIRS, 6000, 500, MOST_UNITS)],
    ids=["few terms", "batches"],
)
def test_a_killed_launch_loses_only_the_samples_in_hand(tmp_path, study, samples, least, in_hand):
    chunk = (0, samples)
    undisturbed = rows(described(tmp_path / "undisturbed", study), 1, [chunk])
    block = described(tmp_path / "killed", study)
    launch = start(block, 2, chunk)
    while kept(block) < least:
        assert launch.poll() is None, launch.communicate()[0]
        time.sleep(0.01)
    for process in [*launch.children(recursive=True), launch]:
        process.kill()
    launch.communicate(timeout=60)
    saved = kept(block)
    assert_bit_equal(rows(block, 2, [chunk]), undisturbed)
    events = [json.loads(line) for line in block.log.read_text(encoding="utf-8").splitlines()]
    (taken,) = [event for event in events if event.get("from_parts")]
    # A record that a rank was writing does not count.
    assert saved - 2 * in_hand <= taken["from_parts"] <= saved < samples
    assert taken["missing"] == samples - taken["from_parts"] == events[-1]["solved"]
