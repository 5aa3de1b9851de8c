"""What the catalog of Snakemake workflows is told holds."""

import re

import yaml
from project import PAIR, ROOT
from test_embedding import Folder

FILE = ROOT / ".snakemake-workflow-catalog.yml"


def test_flags_run_the_workflow_in_any_folder_and_no_other_deployment_is_claimed(
    make_project, tmp_path
):
    usage = yaml.safe_load(FILE.read_text(encoding="utf-8"))["usage"]
    project = make_project(pair=PAIR)
    (project.path / "config.yaml").rename(tmp_path / "config.yaml")
    flags = " ".join(usage["mandatory-flags"]["flags"]).replace("CHECKOUT", str(project.path))
    folder = Folder(tmp_path, project)
    said = folder.run(*folder.program, *flags.split(" "), "-n")
    assert "plan: pair: 2 of 2 shards" in said and "solve_shard" in said
    rules = [path.read_text(encoding="utf-8") for path in (ROOT / "workflow").rglob("*.smk")]
    deployed = {
        "conda": any(re.search(r"^ +conda:", text, re.M) for text in rules),
        "apptainer": any(re.search(r"^ *container(ized)?:", text, re.M) for text in rules),
    }
    assert usage["software-stack-deployment"] == {**deployed, "apptainer+conda": False}
    assert usage["report"] is True  # see test_snakemake_report.py


def test_snakefile_where_the_catalog_looks_for_it_runs_the_same(make_project):
    project = make_project(pair={**PAIR, "samples": 4, "chunk_size": 4})
    project.snakemake("--snakefile", "workflow/Snakefile")
    assert (project.results / "figures" / "pair.png").exists()
    assert "Nothing to be done" in project.snakemake("all")
