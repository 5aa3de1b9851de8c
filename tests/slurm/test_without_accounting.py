"""A cluster without accounting: sacct is there and knows nothing."""

from __future__ import annotations

import pytest
from project import PAIR, Project

pytestmark = pytest.mark.slurm


def test_sweep_ends_where_accounting_is_off(plain_cluster, make_slurm_project, tmp_path_factory):
    local = Project(tmp_path_factory.mktemp("local"), pair=PAIR)
    local.snakemake("tables")
    project = make_slurm_project(on=plain_cluster, pair=PAIR)
    project.change_profile()
    project.snakemake("tables", "--workflow-profile", "slurm")
    assert project.table_bytes("pair") == local.table_bytes("pair")
