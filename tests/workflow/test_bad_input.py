"""A mistake of the user costs one line: exit 1, no traceback, no new file.

All kinds of mistakes are in tests/unit/config and in tests/unit/workflow; here a few go through
snakemake itself.
"""

from __future__ import annotations

import os
import sys

from messages import assert_messages
from project import PAIR, Project

FEW = {**PAIR, "samples": 4, "chunk_size": 4}

#: The line that Snakemake prints by itself when it finds the project's profile.
ANNOUNCEMENT = "Using workflow specific profile profiles/default"


def lines_of(project: Project, *arguments: str) -> list[str]:
    """What Snakemake says of a mistake, wherever the project is."""
    output = project.snakemake(*arguments, code=1)
    return messages(output.replace(str(project.path), "PROJECT"))


def messages(output: str) -> list[str]:
    return [line for line in output.splitlines() if not line.startswith(ANNOUNCEMENT)]


#: Arguments, and what the message must name.
OVERRIDES = [
    (["--config", "samples=0"], "samples", "0", "1"),
    (["-n", "--config", "results=config.yaml/x"], "results", "config.yaml", "file"),
    (["--config", "studies={pair: {model: {gama: 1}}}"], "studies.pair.model.gama", "'gamma'"),
    (["--config", "samples="], "samples", "nothing"),
    (["study_piar"], "study_piar", "study_pair"),
    (["--cores", "0"], "--cores", "0", "positive"),
    (["-n", "--max-threads", "0"], "--max-threads", "0", "positive"),
    (["-n", "--set-threads", "solve_shard=many"], "set-threads", "solve_shard", "many"),
]


def test_mistakes_give_one_line_and_no_file(make_project, snapshot):
    project = make_project(pair=PAIR)
    before, cases = project.files(), {}
    for arguments, *facts in OVERRIDES:
        (line,) = lines_of(project, *arguments)
        assert line.startswith("error: ")
        cases[" ".join(arguments)] = line, facts
    (project.path / "config.yaml").write_text("results: a\nresults: b\n")
    (line,) = lines_of(project)
    cases["twice"] = line, ["config.yaml", "line 2", "results", "twice"]
    assert project.files() == before
    project.write_config()
    wrong = project.results / "tables" / "pair"
    wrong.parent.mkdir(parents=True)
    wrong.write_text("kept")
    (line,) = lines_of(project)
    cases["file in place of a folder"] = line, ["error", "results/tables/pair", "folder"]
    assert project.files() == before | {"results/tables/pair"} and wrong.read_text() == "kept"
    assert_messages(snapshot, cases)


def test_unusual_results_folder_is_carried_safely(make_project):
    """Blanks, quotes and commands; and a colon, which makes a path look like an address."""
    name = "a:new results $(touch oops) 'a\" ; b"
    project = make_project(pair=FEW)
    project.config["results"] = f"./{name}/"
    project.write_config()
    project.snakemake("tables")
    assert (project.path / name / "tables" / "pair" / "summary.csv").exists()
    assert not (project.path / "oops").exists()


def test_a_model_without_a_law_of_the_limit_is_told_before_any_sample_is_solved(make_project):
    study = {
        **PAIR,
        "model": {"name": "spin1_chain", "n_sites": 2, "J": 0, "delta": 0},
        "eta_blocks": [{"values": [0, 1]}],
        "analysis": {**PAIR["analysis"], "limit_draws": 1000},
    }
    project = make_project(free=study)
    output = project.snakemake(code=1)
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert "studies.free" in line and "limit_draws: null" in line
    assert "Traceback" not in output
    assert not list(project.results.glob("free-*"))


#: A command that takes away the privileges of root.
BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


def test_dry_run_where_somebody_else_let_nobody_in_is_one_line(finished_copy):
    project = finished_copy("tables", pair=FEW)
    for name in (".snakemake", ".snakemake/iocache", "results", "results/tables", "results/pair-*"):
        (folder,) = project.path.glob(name)
        mode = folder.stat().st_mode
        folder.chmod(0)
        bound = [] if os.geteuid() else BOUND
        said = project.run(*bound, sys.executable, "-m", "snakemake", "-n", code=1)
        folder.chmod(mode)
        (line,) = messages(said)
        assert line.startswith("error: ") and str(folder.relative_to(project.path)) in line
