"""What the rules of `snakemake paper` read and make, and what they ask of the parts and figures.

The modules of a part are loaded only for its request, which Snakemake asks for in few jobs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from syncsweep import layout
from syncsweep.config.configuration import RESERVED, Config
from syncsweep.environment import source
from syncsweep.paper.paper_registry import FIGURES, LARGER_PARTS, PAPER_PARTS, PARTS
from syncsweep.tables.registry import LIMIT_CONTROL, LIMIT_LAW
from syncsweep.workflow.study_outputs import StudyOutputs

if TYPE_CHECKING:
    from syncsweep.paper.parts.part import Request


def part_files(config: Config, part: str) -> list[Path]:
    """All that a part makes, its Parquet tables first of each two."""
    folder, entry = layout.paper_folder(config.results), PARTS[part]
    tables = [folder / f"{table}.{kind}" for table in entry.tables for kind in ("parquet", "csv")]
    return tables + [folder / page for page in entry.pages]


def parquet(files: Iterable[Path]) -> list[Path]:
    """The Parquet tables among files: they record what they were made for."""
    return [file for file in files if file.suffix == ".parquet"]


def studies_of_part(config: Config, part: str) -> list[str]:
    """Studies whose rows a part reads."""
    return list(PARTS[part].studies(config))


def inputs_of_part(outputs: StudyOutputs, part: str) -> list[Path]:
    """The shards that a part reads; for the claims the tables that they are about."""
    config = outputs.config
    if part != "validation":
        studies = studies_of_part(config, part)
        return [shard for study in studies for shard in outputs.shards(study)]
    assert config.paper
    others = [file for other in PAPER_PARTS if other != part for file in part_files(config, other)]
    studies = [config.paper.chain, config.paper.pair]
    return others + [table for study in studies for table in outputs.tables(study)]


def request(config: Config, part: str) -> Request:
    """What a part is asked for."""
    made: Request = PARTS[part].load().Request.of(config)
    return made


def asked_of_part(config: Config, part: str) -> str:
    """Digest of what the tables of a part are made for."""
    return source.asked(request(config, part).recorded(), source.part_of_paper(part))


def figure_files(config: Config, figure: str) -> list[Path]:
    """A figure with its origin, and the data of its panels."""
    endings = (".pdf", ".png", ".json", *(f"_{data}.csv" for data in FIGURES[figure].data))
    return [layout.figures_folder(config.results) / f"{figure}{ending}" for ending in endings]


def tables_of_figure(config: Config, figure: str) -> list[Path]:
    """Tables that a figure is drawn from."""
    assert config.paper
    parts = FIGURES[figure].parts
    if not parts:
        folder = layout.tables_folder(config.results, config.paper.chain)
        return [folder / f"{table.name}.parquet" for table in (LIMIT_LAW, LIMIT_CONTROL)]
    return [file for part in parts for file in parquet(part_files(config, part))]


def studies_of_figure(config: Config, figure: str) -> set[str]:
    """Studies whose rows are behind a figure."""
    assert config.paper
    parts = [studies_of_part(config, part) for part in FIGURES[figure].parts]
    return {study for studies in parts or [[config.paper.chain]] for study in studies}


def asked_of_figure(figure: str) -> str:
    """Digest of what a figure is made for."""
    return source.asked(figure, source.figure_of_paper(FIGURES[figure].module))


def studies_of_paper(config: Config) -> list[str]:
    """Studies whose tables and figures belong to the paper."""
    assert config.paper
    return list(dict.fromkeys(name for _, name in config.paper.roles))


def studies_of_claims(config: Config) -> set[str]:
    """Studies that the claims are about, with those that the paper adds."""
    assert config.paper
    added = {study for study in config.studies if study.startswith(RESERVED)}
    return {config.paper.chain, config.paper.pair} | (added - studies_of_larger_chains(config))


def studies_of_larger_chains(config: Config) -> set[str]:
    """Studies that only `snakemake larger_chains` needs."""
    return {study for part in LARGER_PARTS for study in studies_of_part(config, part)}


def bundle_config(config: Config) -> str:
    """The resolved configuration, for the folder to publish."""
    return json.dumps(config.model_dump(mode="json"), sort_keys=True)


def asked_of_bundle(config: Config) -> str:
    """Digest of what the folder to publish is made for."""
    return source.asked(bundle_config(config), source.bundle())
