"""Every quantitative claim of the paper beside our number: a table, and a page to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Self

import pandas as pd
import pyarrow as pa
from pydantic import field_serializer

from syncsweep.columns import Column, Columns
from syncsweep.config.configuration import Config
from syncsweep.files import replace_atomically
from syncsweep.layout import CLAIMS_PAGE, paper_folder, tables_folder
from syncsweep.paper import claims_larger, claims_models, claims_sweeps
from syncsweep.paper.claims import PAPER, Claim, Tables
from syncsweep.paper.paper_registry import LARGER_PARTS, PARTS
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import write_tables
from syncsweep.tables import METADATA_KEY, ResultsError
from syncsweep.tables.freshness import MADE_FROM, digests, refuse_changed
from syncsweep.tables.reading import in_unit, read_table, read_with_unit

#: Samples of each sweep of the paper.
_SAMPLES_OF_PAPER = 10_000


#: What the columns of the table hold.
COLUMNS: dict[str, Columns] = {
    "validation": (
        Column("source", "where the paper says it"),
        Column("statement", "what the paper claims, in our words"),
        Column("printed", "number, formula or words of the paper; – if it has none"),
        Column("found", "our result, in words"),
        Column("numbers", "the numbers in it as JSON: a list of [value, standard error or null]"),
        Column(
            "verdict",
            "agrees; corrected: the printed statement is wrong and another one holds; differs: our "
            "result contradicts it",
        ),
        Column("holds", "whether the numbers of this run support the verdict"),
    )
}


class ValidationError(ResultsError):
    """Claims that cannot be checked, or no longer hold; one line for each."""


class Request(part.Request):
    """Folders of the tables of the chain and of the pair; the other tables lie in the output.

    larger: whether those of larger chains are there too, which `snakemake paper` does not make.
    """

    chain: Path
    pair: Path
    larger: bool = False

    _folders = field_serializer("chain", "pair")(part.folder_name)

    @classmethod
    def of(cls, config: Config) -> Self:
        """As `snakemake paper` asks for it, see `part.Request`."""
        assert config.paper
        chain, pair = config.paper.chain, config.paper.pair
        tables = [table for part in LARGER_PARTS for table in PARTS[part].tables]
        return cls(
            chain=tables_folder(config.results, chain),
            pair=tables_folder(config.results, pair),
            larger=all((paper_folder(config.results) / f"{t}.parquet").exists() for t in tables),
        )


def make(request: Request, output: Path) -> None:
    """Write the table `validation` and its page into `output`, where the parts' tables are."""
    read: set[Path] = set()
    tables = tables_of(request, output, read)
    claims = check(tables, request.larger)
    samples = {role: int(tables(f"{role}/summary")["n"].max()) for role in ("chain", "pair")}
    origin = {"samples": samples, MADE_FROM: digests(read)}
    write_tables(output, {"validation": _table(claims)}, COLUMNS, request, said=origin)
    page = _page(claims, samples)
    replace_atomically(output / CLAIMS_PAGE, lambda path: _fill(path, page))


def tables_of(request: Request, output: Path, read: set[Path]) -> Tables:
    """A function that returns tables by name, with η in the unit of the claims.

    read: a set to which the files of these tables are added.
    """
    folders = {"chain": request.chain, "pair": request.pair}

    @cache
    def tables(name: str) -> pd.DataFrame:
        role, _, table = name.rpartition("/")
        path = folders.get(role, output) / f"{table}.parquet"
        read.add(path)
        frame, unit = read_with_unit(path)
        return in_unit(frame, unit) if "eta" in frame else frame

    return tables


def check(tables: Tables, larger: bool = False) -> list[Claim]:
    """All claims with their numbers; ValidationError if a table lacks what a claim is about.

    larger: whether also those about larger chains.
    """
    try:
        of_larger = claims_larger.claims(tables) if larger else ()
        return [*claims_models.claims(tables), *claims_sweeps.claims(tables), *of_larger]
    except (KeyError, IndexError, ValueError) as error:
        raise ValidationError(
            f"validation: a table lacks {error}; run `snakemake validate` again"
        ) from None


def _table(claims: list[Claim]) -> pd.DataFrame:
    numbers = [[[number.value, number.error] for number in claim.numbers] for claim in claims]
    return pd.DataFrame(
        {
            "source": [claim.source for claim in claims],
            "statement": [claim.statement for claim in claims],
            "printed": [claim.printed for claim in claims],
            "found": [claim.found for claim in claims],
            "numbers": [json.dumps(values) for values in numbers],
            "verdict": [str(claim.verdict) for claim in claims],
            "holds": [claim.holds for claim in claims],
        }
    )


#: How the claims give their errors.
ERRORS = (
    "± is one standard error, or + and − if its sides differ. Numbers without it are counts, or "
    "exact to rounding."
)


def checked_with(samples: Mapping[str, int]) -> str:
    """The number of samples behind the claims, in a sentence or two.

    samples: numbers for the keys `chain` and `pair`.
    """
    chain, pair = samples["chain"], samples["pair"]
    said = f"Checked with {chain} samples of the chain and {pair} of the pair."
    if min(chain, pair) < _SAMPLES_OF_PAPER:
        said += (
            f" The paper has {_SAMPLES_OF_PAPER} of each. Fewer samples cannot decide all claims."
        )
    return said


def samples_of(table: pa.Table) -> dict[str, int]:
    """The number of samples behind the claims of a table, for `checked_with`."""
    samples: dict[str, int] = json.loads(table.schema.metadata[METADATA_KEY])["samples"]
    return samples


def _page(claims: list[Claim], samples: Mapping[str, int]) -> str:
    lines = [
        "# The paper's claims, checked",
        "",
        PAPER,
        checked_with(samples),
        ERRORS,
        "",
        "| source | statement | printed | found | verdict |",
        "|---|---|---|---|---|",
    ]
    for claim in claims:
        verdict = str(claim.verdict) if claim.holds else f"**does not hold** ({claim.verdict})"
        cells = (claim.source, claim.statement, claim.printed, claim.found, verdict)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _fill(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def demand(folder: Path) -> str:
    """Count the claims in words; ValidationError with a line for each that does not hold.

    folder: the paper's tables in the results. ResultsError if these tables have changed since.
    """
    path = folder / "validation.parquet"
    read = read_table(path)
    refuse_changed([path], folder.parent)
    said, table = checked_with(samples_of(read)), read.to_pandas()
    broken = table[~table["holds"]]
    if len(broken):
        lines = [
            f"validation: {row.source}: {row.statement}: no longer {row.verdict}: {row.found}"
            for row in broken.itertuples()
        ]
        hold = f"validation: {len(broken)} of {len(table)} claims do not hold. {said}"
        raise ValidationError("\n".join([*lines, hold]))
    counts = table["verdict"].value_counts()
    verdicts = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
    return f"{len(table)} claims: {verdicts}. {said}"
