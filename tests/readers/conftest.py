"""A small sweep that was enlarged and cut into other shards, beside one with another seed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from elsewhere import SAMPLES, run_shell, snippets
from project import Project

BINS = {"low": 1e-8, "high": 1e-3, "count": 20}
STUDIES = {
    "spin1_chain": {
        "model": {"name": "spin1_chain"},
        "ensemble": {"file": "ensemble.py"},
        "eta_blocks": [{"values": [0]}, {"first": 1e-3, "last": 1.0, "per_decade": 2}],
        "analysis": {"s_max_bins": BINS},
    },
    "spin1_chain_n2": {
        "model": {"name": "spin1_chain", "n_sites": 2},
        "eta_blocks": [{"values": [0, 1e-3, 0.1]}],
        "analysis": {"s_max_bins": BINS},
    },
}


def pytest_addoption(parser):
    parser.addoption("--write-table", action="store_true", help="write the table of the page")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that holds `results`, and the CSV file that the page makes for R."""
    made = Project(tmp_path_factory.mktemp("readers"), **STUDIES)
    shutil.copy2(Path(__file__).with_name("ensemble.py"), made.path)
    for seed, samples, chunk_size in ((8, 10, 10), (7, 20, 10), (7, SAMPLES, 15)):
        made.config["root_seed"] = seed
        for study in STUDIES.values():
            study.update(samples=samples, chunk_size=chunk_size)
        made.write_config()
        made.snakemake("tables")
    run_shell(snippets()["csv"][1], made.path)
    yield made.path
    made.end_all()
