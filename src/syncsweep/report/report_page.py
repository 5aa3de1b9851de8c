"""The page: sections from a results folder, one HTML file that needs no network.

Equal results give equal pages: nothing in them tells when or where the page was made.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import itables.options
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from syncsweep.config.configuration import RESERVED, Config, parse
from syncsweep.config.messages import ConfigError
from syncsweep.config.requests import MODULES
from syncsweep.config.study import Study
from syncsweep.environment.provenance import asked, code, libraries
from syncsweep.files import write_text
from syncsweep.layout import figures_folder, paper_folder, tables_folder
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.report import captions, origin, realisations, report_tables, report_words
from syncsweep.report.citation import cite
from syncsweep.report.embedded import (
    EmbeddedFigure,
    data_address,
    figure,
    link,
    read,
    text_download,
)
from syncsweep.report.report_request import ReportRequest
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import MADE_FROM, digests, refuse_changed, refuse_other_settings
from syncsweep.tables.reading import read_table
from syncsweep.tables.registry import kinds_of, names_of_averages, table_names
from syncsweep.tables.rounds import with_samples

_PACKAGES = ("numpy", "pandas", "pyarrow", "pillow", "jinja2", "plotly", "itables")

#: S_d and S^x in running text: an index below or above a single letter.
_BELOW = re.compile(r"(?<!\w)(\w|\w&#39;)_([^\W_]+)")
_ABOVE = re.compile(r"\^([^\W_]+)")


def make_report(results: Path, citation: Path, request: ReportRequest, output: Path) -> None:
    """Write the page of a results folder.

    citation: a CITATION.cff file. ResultsError or OSError if something is missing or damaged.
    """
    config = _config(request)
    files = _made_from(results, config, request)
    page = _environment().from_string(_own("page.html.j2"))
    text = page.render(
        **_frame(),
        **_results(results, config, request),
        **_citation(citation),
        title=f"syncsweep report: {Path(config.results).name}",
        said=json.dumps({**asked(), MADE_FROM: digests(files)}, sort_keys=True),
    )
    write_text(output, text)


def _made_from(results: Path, config: Config, request: ReportRequest) -> list[Path]:
    """Tables, and the origins of figures, that the page shows; ResultsError if one is stale."""
    found: list[Path] = []
    names = list(request.figures)
    for name, rows in request.studies.items():
        study = config.studies[name]
        folder = tables_folder(results, name)
        averages = names_of_averages(study.analysis)
        tables_of_study = [folder / f"{table}.parquet" for table in averages]
        refuse_other_settings(
            tables_of_study,
            physics_hash=rows.physics.digest,
            samples=rows.samples,
            analysis=study.analysis.model_dump(mode="json"),
        )
        found += tables_of_study
        names += [each.name for each in study.figures]
    made = [figures_folder(results) / f"{name}.json" for name in names]
    for part in request.parts:
        made += [paper_folder(results) / f"{table}.parquet" for table in PARTS[part].tables]
    refuse_changed(made, results)
    return found + made


def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["notation"] = notation
    return environment


def notation(text: str) -> Markup:
    """Text with S_d and S^x as S with an index below or above the line."""
    below = _BELOW.sub(r"\1<sub>\2</sub>", str(escape(text)))
    return Markup(_ABOVE.sub(r"<sup>\1</sup>", below))


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _config(request: ReportRequest) -> Config:
    """The configuration without the studies that the paper adds, as a user could write it."""
    studies = request.config.get("studies", {})
    own = {name: study for name, study in studies.items() if not name.startswith(RESERVED)}
    try:
        config = parse({**request.config, "studies": own})
    except ConfigError as error:
        raise ResultsError(f"--request: {error}") from None
    stopped = {name: r.samples for name, r in request.studies.items() if config.studies[name].until}
    return with_samples(config, stopped)


def _frame() -> dict[str, Any]:
    """Style, scripts and libraries of the page, and what made it."""
    bundle = Path(itables.options.dt_bundle)
    made_by = [
        ("Code", origin.code_in_words(code())),
        ("Libraries", ", ".join(f"{k} {v}" for k, v in sorted(libraries(*_PACKAGES).items()))),
    ]
    return {
        "css": _own("page.css"),
        "javascript": _own("page.js"),
        "plotly": get_plotlyjs(),
        "datatables": data_address(bundle.read_bytes(), "text/javascript"),
        "datatables_css": bundle.with_suffix(".css").read_text(encoding="utf-8"),
        "code": code(),
        "made_by": made_by,
    }


def _results(results: Path, config: Config, request: ReportRequest) -> dict[str, Any]:
    """The sections of a results folder."""
    paper = paper_folder(results)
    claims: report_tables.Table | None = None
    verdicts: dict[str, int] = {}
    if "validation" in request.parts:
        claims, verdicts = report_tables.claims(paper)
    studies = {name: config.studies[name] for name in request.studies}
    named = _shown_in_fig2(paper) if "types" in request.parts else {}
    chain = config.paper.chain if config.paper else None
    whole = origin.as_yaml(config.model_dump(mode="json"))
    figures = _figures(results, studies, request.figures)
    return {
        "glance": _glance(results, list(studies), len(figures), verdicts),
        "studies": [
            {
                "name": name,
                "words": report_words.of_study(study, request.studies[name].physics),
                "code": report_words.of_code(request.studies[name].physics),
                "yaml": origin.as_yaml(study.model_dump(mode="json")),
                "tables": report_tables.of_study(tables_folder(results, name), study),
            }
            for name, study in studies.items()
        ],
        "configuration": text_download("config.yaml", whole.encode(), "application/yaml"),
        "figures": figures,
        "data": [
            realisations.of_study(
                name, study, request.studies[name], named if name == chain else {}
            )
            for name, study in studies.items()
        ],
        "runs": origin.runs(request.studies),
        "claims": claims,
        "verdicts": verdicts,
        "files": _files(results, figures, studies, request.parts),
        "sections": _sections(bool(claims)),
    }


def _glance(
    results: Path, studies: list[str], figures: int, verdicts: dict[str, int]
) -> list[tuple[str, str]]:
    """The content of the results, in numbers."""
    counts = [report_tables.rows_of_study(tables_folder(results, name)) for name in studies]
    good, failed = (sum(column) for column in zip(*counts, strict=True))
    rows = f"{report_words.count(good, 'row')} (sample, η) in the averages; {failed} failed"
    lines = [("Studies", ", ".join(studies)), ("Rows", rows), ("Figures", str(figures))]
    if verdicts:
        claims = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.items())
        lines.append(("Claims of the paper", claims))
    return lines


def _sections(has_claims: bool) -> list[dict[str, str]]:
    titles = {
        "asked": "Configuration",
        "figures": "Figures",
        "realisations": "One realisation",
        "tables": "Tables",
        "claims": "The paper's claims",
        "cite": "How to cite",
        "origin": "Where the numbers come from",
        "files": "Files",
    }
    return [
        {"id": name, "title": title}
        for name, title in titles.items()
        if has_claims or name != "claims"
    ]


def _figures(
    results: Path, studies: dict[str, Study], of_paper: tuple[str, ...]
) -> list[EmbeddedFigure]:
    """Figures of the sweeps and of the paper, in the order of their names."""
    folder = figures_folder(results)
    found = []
    for name in of_paper:
        known = FIGURES[name]
        module = f"paper/figures/{known.module}.py"
        found.append(figure(results, folder / name, tuple(known.data), known, module))
    for name, study in studies.items():
        for each in study.figures:
            data = each.data(study.analysis)
            caption = captions.of_figure(each, name, study.analysis.ratio)
            module = f"figures/{MODULES[each.tag]}.py"
            found.append(figure(results, folder / each.name, data, caption, module))
    return sorted(found, key=lambda each: each.name)


def _shown_in_fig2(paper: Path) -> dict[int, str]:
    """The samples of the chain that Fig. 2 shows, with their roles."""
    frame = read_table(paper / "types_realisations.parquet").to_pandas()
    return {
        int(sample): f"Fig. 2, {kind} type"
        for sample, kind in zip(frame["sample"], frame["type"], strict=True)
    }


def _citation(path: Path) -> dict[str, Any]:
    return {
        "citation": cite(path),
        "citation_file": text_download(path.name, read(path), "text/plain"),
    }


def _files(
    results: Path,
    figures: list[EmbeddedFigure],
    studies: dict[str, Study],
    parts: tuple[str, ...],
) -> dict[str, list[tuple[str, str]]]:
    """Names and addresses of the files beside the page, by group."""
    groups = {"Figures": [figures_folder(results) / f"{figure.name}.pdf" for figure in figures]}
    for name, study in studies.items():
        stems = [tables_folder(results, name) / table for table in table_names(study.analysis)]
        of_study = [
            stem.with_name(f"{stem.name}.{kind}") for stem in stems for kind in kinds_of(stem.name)
        ]
        groups[f"Tables of {name}"] = sorted(of_study)
    of_parts = [
        paper_folder(results) / f"{table}.{kind}"
        for part in parts
        for table in PARTS[part].tables
        for kind in kinds_of(table)
    ]
    groups["Tables of the paper"] = sorted(of_parts)
    return {
        group: [(path.relative_to(results).as_posix(), link(results, path)) for path in paths]
        for group, paths in groups.items()
        if paths
    }
