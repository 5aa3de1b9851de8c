"""`snakemake paper`: every figure and table, claims that can fail, and what a change costs."""

from __future__ import annotations

import re
import shutil
import subprocess

import pandas as pd
import pyarrow.parquet as pq
from described import assert_described
from project import CHAIN, PAPER, PAPER_STUDIES

from syncsweep.paper.paper_registry import FIGURES, PAPER_FIGURES, PAPER_PARTS, PARTS
from syncsweep.tables.freshness import said_by
from syncsweep.tables.reading import read_table
from syncsweep.tables.writing import write_table


def jobs(output):
    """Jobs that a dry-run would do, by rule."""
    stats = output[output.index("Job stats") : output.index("total")]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", stats, re.M)}


def test_everything_is_made_and_a_claim_that_no_longer_holds_fails_loudly(make_project):
    project = make_project(**PAPER_STUDIES)
    project.config["paper"] = PAPER
    project.write_config()
    output = project.snakemake("paper", "validate", "report")
    assert re.search(r"^\d\d claims: \d+ agrees, \d+ corrected, 1 differs\. Checked ", output, re.M)

    figures, tables = project.results / "figures", project.results / "paper"
    for name in PAPER_FIGURES:
        for kind in ("pdf", "png"):
            assert (figures / f"{name}.{kind}").stat().st_size > 5000
        for data in FIGURES[name].data:
            assert len(pd.read_csv(figures / f"{name}_{data}.csv"))
    for part in (PARTS[name] for name in PAPER_PARTS):
        for table in part.tables:
            csv = pd.read_csv(tables / f"{table}.csv")
            assert len(csv) == pq.read_metadata(tables / f"{table}.parquet").num_rows > 0
    everything = [*project.results.glob("tables/*/*"), *tables.iterdir(), *figures.glob("*.csv")]
    made = [path for path in everything if path.suffix in (".parquet", ".csv")]
    assert_described([*made, *project.results.glob("*/eta-*/samples-*.parquet")])
    assert "does not hold" not in (tables / "validation.md").read_text(encoding="utf-8")
    page = (project.results / "report.html").read_text(encoding="utf-8")
    for figure in ("pair", "chain", *PAPER_FIGURES):
        assert f'<figure id="{figure}"' in page
    assert 'id="claims-table"' in page and "(Fig. 2, " in page
    assert "Nothing to be done" in project.snakemake("paper", "report")
    # What is there of the paper stays on the page, without being asked for.
    assert "Nothing to be done" in project.snakemake("report")
    project.snakemake("paper", "--report", "report.html")
    page = (project.path / "report.html").read_text(encoding="utf-8")
    for name in (*(f"{figure}.png" for figure in PAPER_FIGURES), "validation.csv"):
        assert f'"name": "{name}"' in page
    assert "Every quantitative claim of the paper beside the number" in page
    # Captions are those of the registry.
    assert "Small markers show coupled spins, large ones decoupled spins." in page
    assert "Above: the chain of three spin-1s." in page

    assert "To publish: results/bundle" in project.snakemake("bundle")
    bundle = project.results / "bundle"
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=bundle, check=True)
    assert not list(bundle.rglob(".*"))
    shutil.rmtree(project.path / ".snakemake")  # results record their own origin
    assert "Nothing to be done" in project.snakemake("bundle", "paper", "report")

    # A user who changes one thing pays for that thing only.
    project.config["paper"] = {**PAPER, "ensemble_samples": 3}
    project.write_config()
    planned = jobs(project.snakemake("-n", "paper"))
    expected = {"paper_ensemble", "draw_figS_ensemble", "paper_validation", "paper"}
    assert set(planned) == expected
    project.config["paper"] = PAPER
    project.write_config()

    counts = read_table(tables / "modes_counts.parquet").to_pandas()
    counts.loc[counts["model"] == "spin1_chain", "zero"] += 1
    write_table(tables / "modes_counts", counts, said_by(tables / "modes_counts.parquet"))
    output = project.snakemake("validate", code=1)
    statement = "The chain of N spins has 2(N+1) independent steady states"
    assert output.count(f"error: validation: App. B: {statement}: no longer agrees") == 1
    assert "The paper has 10000 of each. Fewer samples cannot decide all claims." in output
    assert "run the same command again to continue" not in output
    assert "Traceback" not in output
    page = (tables / "validation.md").read_text(encoding="utf-8")
    assert page.count("**does not hold** (agrees)") == 1


def test_what_the_paper_lacks_is_said_when_it_is_asked_for_and_troubles_nobody_else(make_project):
    project = make_project(pair=PAPER_STUDIES["pair"], chain=CHAIN)
    project.config["paper"] = PAPER
    project.write_config()
    output = project.snakemake("-n", "paper", code=1)
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert "paper.chain: 'chain' has no analysis.limit_draws" in line
    assert "Traceback" not in output
    assert jobs(project.snakemake("-n"))["make_tables"] == 2
    assert set(jobs(project.snakemake("-n", "report"))) >= {"make_tables", "report"}
