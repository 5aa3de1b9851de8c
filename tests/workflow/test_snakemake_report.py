"""`snakemake --report`: figures and tables with their captions, without a network."""

from __future__ import annotations

import base64
import json
import re
from zipfile import ZipFile

from project import PAIR

STUDY = {
    **PAIR,
    "samples": 4,
    "chunk_size": 4,
    "eta_blocks": [{"first": 1e-2, "last": 1.0, "per_decade": 1, "limit": True}],
    "analysis": {**PAIR["analysis"], "limit_draws": 1000},
}


def results_of(page):
    """What a report says of each file, by file name."""
    found = json.loads(re.search(r'id="results">\s*var results = (.*);\n', page)[1])
    return {entry["name"]: entry for entry in found.values()}


def test_report_has_figures_and_tables_with_captions_and_labels(make_project):
    project = make_project(pair=STUDY)
    project.snakemake()
    project.snakemake("--report", "report.html")
    page = (project.path / "report.html").read_text(encoding="utf-8")
    assert "Random-Liouvillian sweeps" in page
    for tag in re.findall(r"<(?:script|link|img|iframe)[^>]*>", page):
        assert not re.search(r"(src|href)=[\"']?(https?:)?//", tag), tag[:200]
    found = results_of(page)
    tables = {f"{name}.csv" for name in ("summary", "failures", "limit_law", "limit_control")}
    assert found.keys() == {"pair.png", "pair.pdf", *tables}
    figure = found["pair.png"]
    assert figure["labels"] == {"figure": "pair", "study": "pair", "file": "PNG"}
    assert "the distribution of χ" in figure["caption"]
    assert "the exact law of the limit" in figure["caption"]
    assert "how often spins lock" not in figure["caption"]  # a panel that this figure has not
    image = (project.results / "figures" / "pair.png").read_bytes()
    assert base64.b64decode(figure["data_uri"].rpartition(",")[2]) == image
    assert found["summary.csv"]["labels"] == {"study": "pair", "table": "summary", "file": "CSV"}
    assert all("<p>" in entry["caption"] for entry in found.values())

    project.snakemake("--report", "report.zip")
    with ZipFile(project.path / "report.zip") as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert names == {"report.html", *found}
