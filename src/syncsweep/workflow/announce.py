"""Messages of a run about its studies: the plan, the number of samples, and failures.

Imports no NumPy, because Snakemake reads it in every job.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from logging import Logger
from pathlib import Path
from typing import NamedTuple

from syncsweep import layout
from syncsweep.config.configuration import Config
from syncsweep.files import NotReadableError, open_regular
from syncsweep.tables.registry import FAILURES
from syncsweep.tables.rounds import Round, last_round, rounds
from syncsweep.wording import number_of, plain_rule


class Job(NamedTuple):
    """A job of Snakemake: its rule, and the values of the wildcards by name."""

    rule: str
    wildcards: Mapping[str, str]


def studies_of(jobs: Sequence[Job], rule: str) -> list[str]:
    """Studies for which there are jobs of a rule, or of one of its `StudyOutputs.variants`."""
    of_rule = (job for job in jobs if plain_rule(job.rule) == rule)
    return sorted({job.wildcards["study"] for job in of_rule})


def write_descriptions(config: Config, jobs: Sequence[Job]) -> None:
    """Write the description of each study that has jobs; workers never read the configuration."""
    from syncsweep.sweep import description

    for study in config.studies.keys() & {job.wildcards.get("study") for job in jobs}:
        folder = layout.study_folder(config.results, study, config.physics(study).digest)
        description.write(folder, description.describe(config, study))


def tell_plan(
    logger: Logger,
    config: Config,
    studies: Sequence[str],
    most_ranks: int,
    asked: Mapping[str, object],
) -> None:
    """Print the plan of each study, see `plan.outline.outlines`."""
    from syncsweep.plan.outline import outlines

    for line in outlines(config, studies, most_ranks, asked):
        logger.info(line, extra={"is_plan": True})


def tell_samples(logger: Logger, config: Config, jobs: Sequence[Job]) -> None:
    """Pass the samples of a run to the line of progress.

    If a run needs all samples of a study, the samples solved before count too.
    """
    from syncsweep.sample_range import SampleRange
    from syncsweep.status.requested import asked_blocks, asked_of_jobs

    shards = [job.wildcards for job in jobs if job.rule == "solve_shard"]
    studies = {shard["study"] for shard in shards} & config.studies.keys()
    whole = studies & set(studies_of(jobs, "make_tables"))
    chunks = [
        (shard["study"], shard["block"], SampleRange(int(shard["start"]), int(shard["stop"])))
        for shard in shards
        if shard["study"] in studies - whole
    ]
    asked = asked_of_jobs(config, chunks)
    asked += asked_blocks(config, [study for study in config.studies if study in whole])
    if asked:
        samples = sum(block.samples for block in asked)
        logger.info(f"Samples of this run: {samples}", extra={"asked_blocks": asked})


def tell_round(logger: Logger, config: Config, study: str, to_solve: Collection[str]) -> None:
    """Print the errors of a study with `until` at its last number of samples that has them.

    to_solve: studies whose samples this run solves; the line of progress counts those again.
    """
    from syncsweep.status.requested import asked_blocks

    known = [one for one in rounds(config, study) if one.errors is not None]
    until = config.studies[study].until
    if known and until:
        said = (_error(known[-1], column, most) for column, most in until.errors.items())
        line = f"{study}: {number_of(known[-1].samples, 'samples')}: {', '.join(said)}"
        logger.info(line, extra={"is_round": True})
    if to_solve:
        studies = [name for name in config.studies if name in to_solve]
        logger.info("More samples", extra={"asked_blocks": asked_blocks(config, studies)})


def _error(one: Round, column: str, most: float) -> str:
    """One error at a number of samples, as in `p3_se 0.0021 of 0.002 at η = 0.1`."""
    assert one.errors is not None
    found = one.errors[column]
    error = "not known" if found["error"] is None else f"{found['error']:.3g}"
    at = ", ".join(
        f"{'η' if name == 'eta' else name} = {value:g}" for name, value in found["at"].items()
    )
    return f"{column} {error} of {most:g} at {at}"


def warn_of_errors(config: Config, studies: Iterable[str]) -> None:
    """Print on stderr which studies have most_samples, but not the errors that they aim at."""
    for study in studies:
        until = config.studies[study].until
        last = last_round(config, study) if until else None
        if until and last and last.is_decided and last.missing:
            said = ", ".join(_error(last, column, until.errors[column]) for column in last.missing)
            print(
                f"warning: {study}: {last.samples} samples are not enough: {said}; raise "
                "until.most_samples, or allow larger errors",
                file=sys.stderr,
            )


def warn_of_failures(config: Config, said: Collection[str]) -> None:
    """Print on stderr which studies have rows that are not in their averages.

    said: studies whose tables this run has made, because these jobs have said it.
    """
    for study in (study for study in config.studies if study not in said):
        table = layout.tables_folder(config.results, study) / f"{FAILURES.name}.csv"
        try:
            rows = _rows_in(table)
        except NotReadableError as error:
            print(
                f"warning: {study}: {table} cannot be read ({error}), so the failed rows are not "
                "known; remove it and run the same snakemake command again",
                file=sys.stderr,
            )
            continue
        if rows:
            line = f"warning: {study}: {number_of(rows, 'rows')} failed and are not in the averages"
            print(f"{line}; {table} names them", file=sys.stderr)


def _rows_in(table: Path) -> int:
    """Rows of a CSV table below its header, 0 without a file; NotReadableError."""
    try:
        with open_regular(table) as file, io.TextIOWrapper(file, encoding="utf-8") as lines:
            return max(sum(1 for _ in lines) - 1, 0)
    except FileNotFoundError:
        return 0
    except UnicodeDecodeError:
        raise NotReadableError("it is not UTF-8 text") from None
