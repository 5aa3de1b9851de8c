"""What is on the page of all results.

These are the studies that the same command names, or else those that plain `snakemake` makes. Of
the other studies and of the paper it is what is there already, or is asked for in the same command.
A job on a cluster does not know the command, but finds all of it there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from syncsweep.config.configuration import RESERVED, Config
from syncsweep.environment import source
from syncsweep.paper import paper_studies
from syncsweep.paper.paper_registry import FIGURES, PAPER_FIGURES, PAPER_PARTS, PARTS
from syncsweep.workflow.paper_jobs import figure_files, part_files, studies_of_part
from syncsweep.workflow.study_outputs import StudyOutputs


@dataclass(frozen=True)
class Contents:
    """Names of the studies on the page, and of the parts and figures of the paper."""

    studies: tuple[str, ...]
    parts: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


def contents(outputs: StudyOutputs, named: Iterable[str], asks_for_paper: bool) -> Contents:
    """What is on the page; named: studies that this command makes."""
    config, named = outputs.config, set(named)
    made = {file for study in named for file in outputs.all(study)}

    def are_there(files: Iterable[Path]) -> bool:
        return all(file in made or file.exists() for file in files)

    def is_made(study: str) -> bool:
        return outputs.folder(study).exists() and are_there(outputs.all(study))

    studies = tuple(
        study
        for study in config.studies
        if not study.startswith(RESERVED) and (study in named or is_made(study))
    )
    paper = config.paper
    if not paper or paper_studies.problem(config) or not {paper.chain, paper.pair} <= set(studies):
        return Contents(studies)
    parts: list[str] = []
    for part in PARTS:
        shards = [
            shard for study in studies_of_part(config, part) for shard in outputs.shards(study)
        ]
        asked = asks_for_paper and part in PAPER_PARTS
        if asked or are_there(part_files(config, part) + shards):
            parts.append(part)
    if not set(PAPER_PARTS) <= set(parts):  # claims are about all parts
        parts = [part for part in parts if part != "validation"]
    figures = [
        name
        for name, figure in FIGURES.items()
        if set(figure.parts) <= set(parts)
        and ((asks_for_paper and name in PAPER_FIGURES) or are_there(figure_files(config, name)))
    ]
    return Contents(studies, tuple(parts), tuple(figures))


def files(outputs: StudyOutputs, shown: Contents) -> list[Path]:
    """All files behind the page."""
    config = outputs.config
    return [
        *(file for study in shown.studies for file in outputs.all(study)),
        *(file for part in shown.parts for file in part_files(config, part)),
        *(file for figure in shown.figures for file in figure_files(config, figure)),
    ]


def request(config: Config, shown: Contents) -> str:
    """What the job of the page is asked for, as JSON."""
    from syncsweep.paper.parts.part import StudyRows
    from syncsweep.report.report_request import ReportRequest

    studies = {study: StudyRows.of(config, study) for study in shown.studies}
    return ReportRequest(
        config=config.model_dump(mode="json"),
        studies=studies,
        figures=shown.figures,
        parts=shown.parts,
    ).text


def asked(config: Config, shown: Contents) -> str:
    """Digest of what the page is made for."""
    return source.asked(request(config, shown), source.report())
