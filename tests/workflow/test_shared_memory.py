"""Launches if /dev/shm is small, as in a container, or full."""

from __future__ import annotations

import subprocess
import sys

import pytest
from project import PAIR


def in_namespace(*command: str) -> list[str]:
    return ["unshare", "--mount", *command]


CAN_MOUNT = subprocess.run(in_namespace("mount", "-t", "tmpfs", "none", "/mnt")).returncode == 0


@pytest.mark.skipif(not CAN_MOUNT, reason="needs to be root, with a mount namespace of its own")
@pytest.mark.parametrize(("size", "code"), [("4m", 0), ("256k", 1)])
def test_ranks_share_little_memory_and_its_lack_is_explained(make_project, size, code):
    project = make_project(pair={**PAIR, "samples": 8, "chunk_size": 8})
    mount = f'mount -t tmpfs -o size={size} none /dev/shm && exec "$@"'
    snakemake = [sys.executable, "-m", "snakemake", "tables", "--config", "ranks=4", "--cores", "4"]
    said = project.run(*in_namespace("sh", "-c", mount, "sh", *snakemake), code=code)
    is_explained = "why: /dev/shm is full here" in said
    assert is_explained == (code == 1), said
