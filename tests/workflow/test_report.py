"""`snakemake report`: what is on the page, and when it is made again."""

from __future__ import annotations

import re

from project import PAIR

OTHER = {**PAIR, "by_default": False, "figure": {"name": "other", "panels": ["s_max"]}}


def studies_on(page):
    return re.findall(r'<article aria-labelledby="study-([^"]+)"', page.read_text(encoding="utf-8"))


def test_the_page_has_what_is_made_by_default_and_what_else_is_there(make_project):
    project = make_project(pair=PAIR, **{"the-other": OTHER})
    page = project.results / "report.html"
    # Of a study that is named, the page needs no other.
    project.snakemake("study_the_other", "report", "--config", "samples=4")
    assert studies_on(page) == ["the-other"] and not project.blocks("pair")
    # With other samples only what is made by default is worth solving for a page.
    project.snakemake("report", "--config", "samples=20")
    assert studies_on(page) == ["pair"]
    assert "20 realisations at each η" in page.read_text(encoding="utf-8")
    assert (project.solved("pair"), project.solved("the-other")) == (20, 4)
    assert "Nothing to be done" in project.snakemake("report", "--config", "samples=20")

    with (project.path / "src/syncsweep/report/page.css").open("a") as style:
        style.write("\nbody { color: black; }\n")
    figure = project.results / "figures" / "pair.png"
    figure.unlink()
    output = project.snakemake("report", "--config", "samples=20")
    assert "3 of 3 jobs done" in output and "All results are on one page" in output
    assert figure.exists() and "color: black" in page.read_text(encoding="utf-8")

    project.snakemake("study_the_other", "report", "--config", "samples=20")
    assert studies_on(page) == ["pair", "the-other"]
    assert project.solved("the-other") == 20
    assert "Nothing to be done" in project.snakemake("report", "--config", "samples=20")

    page.unlink()
    (project.path / "CITATION.cff").unlink()
    output = project.snakemake("report", "--config", "samples=20", code=1)
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert "CITATION.cff: cannot be read" in line
    assert "Traceback" not in output
