"""What `syncsweep plan` promises is what Snakemake then plans, and what it takes over."""

from __future__ import annotations

import json
import re
import shutil

import yaml
from project import CHAIN, PAIR, ROOT

from syncsweep.config.file import load_config, merge
from syncsweep.layout import BlockFolder, study_folder


def log_cost(project, study, samples, core_seconds):
    """Let a job have logged what its samples cost, and nothing else be there."""
    config = load_config(project.path / "config.yaml", {"results": str(project.results)})
    folder = study_folder(config.results, study, config.physics(study).digest)
    block = BlockFolder(folder / config.studies[study].blocks[0].id)
    block.jobs.mkdir(parents=True)
    job = {"start": 0, "stop": samples, "attempt": "a" * 12}
    start = {**job, "event": "start", "time": 1.0, "from_parts": 0, "missing": samples}
    end = {**job, "event": "end", "time": 2.0, "solved": samples, "ranks": 2}
    lines = [json.dumps(start), json.dumps({**end, "core_seconds": core_seconds})]
    block.log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def jobs_of(project, *arguments):
    """Shard jobs of a dry-run: their number, different ranks and minutes, and memory of a rank."""
    # Cores, because a dry-run would give its jobs no more than the one that it has itself.
    options = ("-n", "-p", "--workflow-profile", "slurm", "--cores", "64")
    output = project.snakemake(*options, *arguments)
    number = int(re.search(r"^solve_shard +(\d+)$", output, re.MULTILINE)[1])
    commands = re.findall(r"-n (\d+) python .*SLURM_JOB_ID:\+(\d+)", output)
    memory = re.search(r" ranks of (\d+) MB", output)[1]
    return number, {(int(ranks), int(minutes)) for ranks, minutes in commands}, int(memory)


def test_fragments_give_the_jobs_that_the_plan_states(make_project):
    chain = {key: value for key, value in CHAIN.items() if key != "chunk_size"}
    project = make_project(chain={**chain, "samples": 2000})
    shutil.copytree(ROOT / "slurm", project.path / "slurm")
    log_cost(project, "chain", samples=100, core_seconds=1000)
    before = project.files()
    (study,) = json.loads(project.syncsweep("plan", "--profile", "slurm", "--json"))["studies"]
    stated = study["proposal"]
    asked = {(stated["ranks"], stated["time_limit_minutes"])}
    promise = (stated["jobs"], asked, stated["memory_mb"])
    assert study["sample"]["source"] == "log"
    assert jobs_of(project) != promise

    fragment = project.syncsweep("plan", "--profile", "slurm", "--fragment", "config")
    assert project.files() == before
    (project.path / "plan.yaml").write_text(fragment, encoding="utf-8")
    assert jobs_of(project, "--configfile", "plan.yaml") == promise

    # In the profile it fixes what the rules ask for by themselves.
    file = project.path / "slurm" / "config.yaml"
    profile = yaml.safe_load(file.read_text(encoding="utf-8"))
    fragment = yaml.safe_load(
        project.syncsweep("plan", "--profile", "slurm", "--fragment", "profile")
    )
    assert set(fragment["set-resources"]["solve_shard"]) == {"mem_mb_per_cpu", "runtime"}
    fragment["set-resources"]["solve_shard"]["runtime"] += 1
    file.write_text(yaml.safe_dump(merge(profile, fragment)), encoding="utf-8")
    jobs, asked, memory = jobs_of(project, "--configfile", "plan.yaml")
    assert asked == {(stated["ranks"], stated["time_limit_minutes"] + 1)}
    assert (jobs, memory) == (promise[0], promise[2])


def test_plan_counts_what_a_run_then_takes_over_and_uses_its_log(make_project):
    project = make_project(pair={**PAIR, "samples": 40, "chunk_size": 20})
    project.snakemake("tables")
    (study,) = json.loads(project.syncsweep("plan", "--json"))["studies"]
    assert (study["missing"], study["jobs"]) == (0, 0)
    assert set(study["parts"]) >= {"samples", "tables"}
    larger = ("--config", "samples=70", "studies={pair: {chunk_size: 35}}")
    (study,) = json.loads(project.syncsweep("plan", "--calibrate", "1", "--json", *larger))[
        "studies"
    ]
    assert (study["samples"], study["missing"], study["jobs"], study["shards"]) == (70, 30, 2, 2)
    project.snakemake("tables", *larger)
    assert project.solved("pair") == 40 + study["missing"]
