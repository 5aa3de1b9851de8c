"""After `syncsweep clean --remove`, the same snakemake command has nothing to do."""

from __future__ import annotations

import json

from project import PAIR, Project

from syncsweep.layout import BlockFolder


def removed(project: Project) -> list[dict]:
    unused: list[dict] = json.loads(project.syncsweep("clean", "--remove", "--json"))["unused"]
    assert all(one["removed"] for one in unused)
    return unused


def test_what_a_run_needs_stays_and_a_cleaned_sweep_is_whole(finished_copy):
    project = finished_copy("tables", pair=PAIR)
    (block,) = map(BlockFolder, project.blocks("pair"))
    tables, pair = project.table_bytes("pair"), project.config["studies"]["pair"]
    project.config["root_seed"] += 1
    project.write_config()
    project.snakemake("tables")
    project.config["root_seed"] -= 1
    pair["chunk_size"] = 20
    pair["eta_blocks"].append({"values": [0.0]})
    project.write_config()
    project.snakemake("tables")
    pair["eta_blocks"].pop()
    project.write_config()
    block.shard(0, 20).unlink()

    # The next run takes the rows of the missing shard from the old one, which stays until then.
    # Nor does it remove another block or another seed, which may be what is wanted, until then.
    assert [project.path / one["path"] for one in removed(project)] == [block.shard(30, 60)]
    assert block.shard(0, 30).exists()
    project.snakemake("tables")
    (start,) = [e for e in project.events("pair") if e["event"] == "start"][-1:]
    assert (start["from_shards"], start["missing"]) == (20, 0)
    unused = removed(project)
    assert len(unused) == 3  # a shard, a block, and a folder of another seed
    assert str(block.shard(0, 30)) in {str(project.path / one["path"]) for one in unused}

    assert "Nothing to be done" in project.snakemake("tables")
    assert project.table_bytes("pair") == tables
    assert "no unused files" in project.syncsweep("clean")
    assert "all well" in project.syncsweep("verify", "results").splitlines()[-1]
