"""The Snakefile in a folder of the user's own: as a module of another one, and with --directory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from project import PAIR, ROOT, Project
from test_bad_input import BOUND
from test_own_model import OWN
from test_snakemake_report import results_of

FEW = {**PAIR, "samples": 6, "chunk_size": 6}


class Folder:
    """A folder beside a checkout, in which its Snakefile is used."""

    program = (sys.executable, "-m", "snakemake")

    def __init__(self, path, project):
        self.path, self.project = path, project

    def run(self, *words, code=0, bound=()):
        """Run a command here with the code of the project; returns what it prints."""
        home = self.path.parent / "home"
        done = subprocess.run(
            [*bound, *words],
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": str(self.project.path / "src"), "HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def snakemake(self, *words, **how):
        profile = f"--workflow-profile={self.project.path}/profiles/default"
        return self.run(*self.program, profile, *words, **how)

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")


@pytest.fixture
def project(make_project) -> Project:
    project = make_project(pair=PAIR)
    project.config = {"results": "not here", "studies": {"other": {}}}
    project.write_config()
    return project


@pytest.fixture
def folder(project, tmp_path):
    path = tmp_path / "a folder"
    path.mkdir()
    return Folder(path, project)


def one_line(said):
    lines = [line for line in said.splitlines() if not line.startswith("Using workflow specific")]
    (line,) = [line for line in lines if not line.startswith("Config file ")]
    return line


def test_example_of_a_module_runs_and_then_has_nothing_to_do(project):
    before = project.files()
    own = project.path / "examples" / "as_module"
    shutil.copytree(ROOT / "examples" / "as_module", own, ignore=shutil.ignore_patterns("results"))
    example = Folder(own, project)
    few = ("--config", "syncsweep={studies: {pair: {samples: 20}}}")
    said = example.snakemake("-n", *few)
    assert "plan: pair: 1 of 1 shard to make, 20 of 20 samples" in said
    assert "syncsweep_solve_shard" in said and "strongest_locking" in said
    assert not (own / "results").exists()
    example.snakemake(*few)
    (row,) = pd.read_csv(own / "strongest.csv").itertuples()
    assert row.s_max_mean == pd.read_csv(own / "results/tables/pair/summary.csv").s_max_mean.max()
    assert "Nothing to be done" in example.snakemake(*few)
    assert {name for name in project.files() - before if not name.startswith("examples/")} == set()
    # Settings of tables alone solve nothing again.
    bins = "syncsweep={studies: {pair: {samples: 20, analysis: {s_max_bins: {count: 9}}}}}"
    assert "plan: pair: 0 of 1 shard to make" in example.snakemake("-n", "--config", bins)


def test_example_of_a_module_runs_in_a_copy_as_the_page_says(project, tmp_path):
    page = (ROOT / "docs" / "own-folder.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"```\n(cp -r CHECKOUT/examples/as_module .*?)```", page, re.DOTALL)
    copying, changing, running = commands.splitlines()
    assert running == "CHECKOUT/.venv/bin/snakemake --workflow-profile CHECKOUT/profiles/default"
    examples = project.path / "examples"
    shutil.copytree(ROOT / "examples", examples, ignore=shutil.ignore_patterns("results", ".*"))
    shell = f"{copying} && {changing}".replace("CHECKOUT", str(project.path))
    subprocess.run(shell, shell=True, cwd=tmp_path, check=True)
    before = project.files()
    Folder(tmp_path / "mine", project).snakemake(
        "--config", "syncsweep={studies: {pair: {samples: 4}}}"
    )
    assert (tmp_path / "mine" / "strongest.csv").exists()
    assert project.files() == before


def test_git_ignores_what_the_example_writes_in_its_folder(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    written = ["results/tables/pair/summary.csv", "strongest.csv", ".snakemake/log/one"]
    paths = [f"examples/as_module/{name}" for name in written]
    done = subprocess.run(
        ["git", "-C", tmp_path, "check-ignore", *paths, "examples/as_module/config.yaml"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == paths


OUTER = """
configfile: "mine.yaml"

onsuccess:
    print("outer end", *config["sweeps"]["first"])

rule solve_shard:
    input: "moved/here/results/figures/pair.png", "again/tables/pair/summary.csv"
    output: "made.txt"
    shell: "echo ${{SCRIPTS-unset}} > {output}"

module first:
    snakefile: "CHECKOUT/Snakefile"
    config: config["sweeps"]["first"]
    prefix: "moved/here"

use rule * from first as first_*

use rule make_tables from first as first_make_tables with:
    priority: 7

module second:
    snakefile: "CHECKOUT/Snakefile"
    config: {**config["sweeps"]["first"], "results": "again"}

use rule * from second as second_*

onstart:
    print("outer start")

rule last:
    shell: "true"
"""


def test_module_leaves_its_outer_workflow_alone_and_goes_where_that_puts_it(folder):
    sweep = {"results": "results", "root_seed": 7, "ranks": 1, "studies": {"pair": FEW}}
    folder.write("mine.yaml", yaml.safe_dump({"sweeps": {"first": sweep}}, sort_keys=False))
    folder.write("Snakefile", OUTER.replace("CHECKOUT", str(folder.project.path)))
    said = folder.snakemake()
    assert "outer start" in said and "outer end results root_seed ranks studies\n" in said
    assert (folder.path / "made.txt").read_text() == "unset\n"
    # Settings of rules by their outer names, also of rules after the modules.
    names = ("solve_shard=1", "first_solve_shard=2", "second_make_tables=1", "first_paper_sizes=1")
    folder.snakemake("-n", "--set-threads", *names, "last=1")
    line = one_line(folder.snakemake("-n", "--set-threads", "find_errors=1", code=1))
    said = "set-threads: there is no rule find_errors; did you mean first_find_errors?"
    assert line == f"error: {said}"
    for word, rule in (("tables", "first_tables"), ("second_study_pai", "second_study_pair")):
        line = one_line(folder.snakemake("-n", word, code=1))
        assert line == f"error: {word}: there is no such rule or file; did you mean {rule}?"
    for results in ("moved/here/results", "again"):
        assert len(list(folder.path.glob(f"{results}/pair-*/eta-*/samples-*.parquet"))) == 1
    assert not (folder.path / "results").exists()
    assert "Nothing to be done" in folder.snakemake()
    # Targets by their outer names; a damaged shard is noticed and made again.
    (shard,) = folder.path.glob("again/pair-*/eta-*/samples-*.parquet")
    shard.write_bytes(b"damaged")
    folder.snakemake("second_study_pair", "first_preview")
    assert shard.stat().st_size > 1000 and (folder.path / "moved/here/results/preview").is_dir()
    # The same captions as without a module.
    folder.snakemake("--report", "page.html", "first_draw_pair")
    found = results_of((folder.path / "page.html").read_text(encoding="utf-8"))
    assert "the distribution of χ" in found["pair.png"]["caption"]


MODULE = (
    'configfile: "mine.yaml"\nmodule sweep:\n    snakefile: {}\n{}\nuse rule * from sweep as s_*\n'
)
GIVEN = '    config: config["sweep"]'


def test_mistakes_about_a_module_are_one_line_that_names_the_outer_key(folder, snapshot):
    checkout, found = f'"{folder.project.path}/Snakefile"', {}
    sweep = {"results": "results", "studies": {"pair": {**FEW, "sampels": 3}}}
    folder.write("mine.yaml", yaml.safe_dump({"sweep": sweep}))
    for case, snakefile, given in (
        ("mistake in the file", checkout, GIVEN),
        ("no configuration", checkout, ""),
        ("not a mapping", checkout, '    config: ["a"]'),
        (
            "from a repository",
            f'gitfile("{folder.project.path}", path="Snakefile", tag="v1")',
            GIVEN,
        ),
    ):
        if case == "from a repository":
            for words in (["init", "-q"], ["add", "Snakefile", "workflow"], ["commit", "-qm1"]):
                name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
                folder.run("git", "-C", str(folder.project.path), *name, *words)
            folder.run("git", "-C", str(folder.project.path), "tag", "v1")
        folder.write("Snakefile", MODULE.format(snakefile, given))
        line = one_line(folder.snakemake("-n", code=1))
        found[case] = line.replace(str(folder.project.path), "CHECKOUT")
    folder.write("Snakefile", MODULE.format(checkout, GIVEN))
    words = "sweep={studies: {pair: {samples: none, sampels: 4}}}"
    found["in --config"] = one_line(folder.snakemake("-n", "--config", words, code=1))
    sweep |= {"root_seed": 7, "ranks": 1, "studies": {"pair": FEW}}
    folder.write("mine.yaml", yaml.safe_dump({"sweep": sweep, "ranks": 3}))
    said = folder.snakemake("-n", "--config", "samples=4", "ranks=2", "other=1")
    (line,) = [line for line in said.splitlines() if line.startswith("warning: ")]
    found["beside the key in --config"] = line
    said = folder.snakemake("-n", "--config", "sweep={samples: 4}")
    assert "4 of 4 samples" in said and "warning: " not in said
    folder.write("mine.yaml", yaml.safe_dump({"sweep": sweep, "other": sweep}))
    first = MODULE.format(checkout, GIVEN)
    second = first.replace("sweep", "other").replace("s_*", "o_*")
    folder.write("Snakefile", first + second)
    found["two with the same results"] = one_line(folder.snakemake("-n", code=1))
    assert found == snapshot


def test_other_folder_gets_all_results_and_a_read_only_checkout_stays_as_it_is(folder):
    project, before = folder.project, folder.project.files()
    elsewhere = folder.path / "else where"
    elsewhere.mkdir()
    own = {"model": {"name": "own", "file": "turn.py", "spins": [1, 0.5]}, "figure": None}
    sweep = {"results": "out", "root_seed": 7, "ranks": 2, "studies": {"mine": {**FEW, **own}}}
    (elsewhere / "config.yaml").write_text(yaml.safe_dump(sweep))
    (elsewhere / "turn.py").write_text(OWN.format(""))
    folder.write("more.yaml", "studies: {mine: {samples: 4, analysis: {limit_draws: null}}}")
    for path in [project.path, *project.path.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    bound = [] if os.geteuid() else BOUND
    snakefile = ("--snakefile", os.path.relpath(project.path / "Snakefile", folder.path))
    where = ("--directory", "else where", "--configfile", "more.yaml")
    folder.snakemake(*snakefile, "all", "report", *where, bound=bound)
    assert {path.name for path in elsewhere.iterdir()} - {".snakemake", "__pycache__"} == {
        "config.yaml",
        "turn.py",
        "out",
    }
    assert (elsewhere / "out/report.html").exists()
    assert len(pd.read_csv(elsewhere / "out/tables/mine/summary.csv")) == 5
    assert "Nothing to be done" in folder.snakemake(*snakefile, *where, bound=bound)
    inside = Folder(elsewhere, project)
    program = [
        sys.executable,
        "-c",
        "import sys; from syncsweep.cli.main import main; sys.exit(main())",
    ]
    more = ("--configfile", "../more.yaml")
    assert "4" in inside.run(*program, "status", *more)
    inside.run(*program, "plan", "--no-calibration", *more)
    assert "mine" in inside.run(*program, "verify", "out")
    assert project.files() == before


def test_folder_without_a_configuration_is_told_which_one_is_read(folder):
    snakefile = ("--snakefile", str(folder.project.path / "Snakefile"))
    line = one_line(folder.snakemake(*snakefile, "-n", code=1))
    assert line.startswith("error: config.yaml: ")
    assert str(folder.path) in line and "--configfile" in line
