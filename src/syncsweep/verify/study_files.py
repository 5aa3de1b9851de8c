"""Verification of studies: descriptions against folder names, shards against their records.

Shards are read one after the other, so the memory holds only one shard.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from syncsweep import layout
from syncsweep.config.physics import Physics
from syncsweep.layout import BLOCK_FOLDER, BlockFolder, errors_folder, jobs_folder, study_file
from syncsweep.physics.phase_distribution import frequencies_of
from syncsweep.sweep import description
from syncsweep.sweep.description import Description, DescriptionError
from syncsweep.sweep.row_table import column
from syncsweep.sweep.shard import ShardError, read_shard
from syncsweep.verify import VerificationError
from syncsweep.verify.recompute import RowsOfShard, rows_of_shard
from syncsweep.verify.verify_text import Report
from syncsweep.wording import number_of

#: What to do about a damaged file that the workflow makes.
AGAIN = "remove it and run the same snakemake command, which makes it again"

_ALLOW = "allow yourself to read it, and run this command again"

_SET_ASIDE = re.compile(r".+\.damaged-[0-9a-f]{8}")
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{12}\.tmp")


def study_folders(results: Path) -> list[Path]:
    """The folders of studies below `results`, in order; VerificationError if there is none."""
    try:
        described = [path for path in results.iterdir() if _is_described(path)]
        found = sorted({*layout.study_folders(results), *described})
    except OSError as error:
        raise VerificationError(f"{results}: cannot be read ({error.strerror})") from None
    if found:
        return found
    if study_file(results).exists():
        raise VerificationError(
            f"{results}: is the folder of one study; give the results folder that contains it"
        )
    raise VerificationError(
        f"{results}: is not a results folder, because it has no folder <name>-<hash> of a study; "
        "give the folder that `results` in the configuration names"
    )


def _is_described(path: Path) -> bool:
    return os.path.isdir(path) and os.path.lexists(study_file(path))


def verify_study(folder: Path, report: Report) -> list[RowsOfShard]:
    """Verify one study; returns its valid shards, with the number of rows to recompute from."""
    status: Counter[str] = Counter()
    whole: list[RowsOfShard] = []
    content = entries(folder, report) + entries(jobs_folder(folder), report)
    names = set()
    for path in content:
        if BLOCK_FOLDER.fullmatch(path.name) and os.path.isdir(path):
            names.add(path.name)
        elif path not in (study_file(folder), errors_folder(folder)):
            note_entry(path, report)
    blocks = [BlockFolder(folder / name) for name in sorted(names)]
    for block, described in _describe(folder, blocks, report):
        try:
            whole += _verify_shards(block, described, status, report)
            _name_leftovers(block, report)
        except OSError as error:
            report.finding(f"{block.path}: cannot be read ({error.strerror}); {_ALLOW}")
    each = ", ".join(f"{n} {kind}" for kind, n in sorted(status.items()))
    shards, rows = number_of(len(whole), "shards"), number_of(status.total(), "rows")
    report.say(f"{folder.name}: {shards}, {rows}{each and f' ({each})'}")
    report.count("studies")
    report.count("shards", len(whole))
    report.count("rows", status.total())
    return whole


def entries(folder: Path, report: Report) -> list[Path]:
    """The content of a folder, in order; empty if there is none. An error becomes a finding."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        report.finding(f"{folder}: cannot be read ({error.strerror}); {_ALLOW}")
        return []


def note_entry(path: Path, report: Report) -> None:
    """Add a note about a file that is not part of the results."""
    if _SET_ASIDE.fullmatch(path.name):
        what = "was set aside as damaged; nothing reads it"
    elif _TEMPORARY.fullmatch(path.name):
        what = "is the temporary file of a job that is running or was killed"
    else:
        what = "does not belong here and was not read"
    report.note(f"{path}: {what}")


def _describe(
    folder: Path, blocks: list[BlockFolder], report: Report
) -> Iterator[tuple[BlockFolder, Description]]:
    """The blocks with their descriptions; a finding for each description that cannot be read."""
    said = set()
    if not blocks:
        report.note(f"{folder}: holds no η-block")
    for block in blocks:
        try:
            described = description.read(block.path)
        except DescriptionError as error:
            problem = str(error)
        # JSON can be wrong in ways that its reader does not expect.
        except Exception as error:
            problem = f"{block.description}: is damaged ({type(error).__name__}); {AGAIN}"
        else:
            yield block, described
            continue
        # An error in the study's description concerns all its blocks.
        if problem not in said:
            said.add(problem)
            report.finding(problem)
        report.note(f"{block.path}: not verified, because its description cannot be read")


def _verify_shards(
    block: BlockFolder, described: Description, status: Counter[str], report: Report
) -> Iterator[RowsOfShard]:
    end = 0
    for samples, path in block.shards():
        if samples.start > end:
            report.note(f"{block.path}: samples {end} to {samples.start - 1} are in no shard")
        end = max(end, samples.stop)
        report.progress(f"verifying {path}")
        try:
            table = read_shard(path, described, samples)
        except ShardError as error:
            report.finding(f"{error}; {AGAIN}")
        except FileNotFoundError:
            # Unless it is a link, it was there a moment ago, and a job has cleared it away.
            if path.is_symlink():
                report.finding(f"{path}: is a dangling link; {AGAIN}")
        else:
            if not _fits_model(table, described.physics):
                report.finding(f"{path}: has rows of another number of spins; {AGAIN}")
                continue
            status.update(column(table, "status").tolist())
            yield rows_of_shard(path, described, samples, table)
    if not end:
        report.note(f"{block.path}: holds no shard")


def _fits_model(table: pa.Table, physics: Physics) -> bool:
    frequencies = frequencies_of(physics.model.spins, physics.measure)
    n_k, n_angles = frequencies.shape
    widths = [column(table, name).shape[1] for name in ("s_d", "angles")]
    return widths == [2 * n_k - 1, n_angles]


def _name_leftovers(block: BlockFolder, report: Report) -> None:
    """Add notes about all files of a block that are neither shards nor descriptions of them."""
    known = {path for _, path in block.shards()}
    known |= {block.description, block.log, *block.parts_folders}
    for path in entries(block.path, report) + entries(block.jobs, report):
        if path not in known:
            note_entry(path, report)
    parts = {path for _, path in block.part_files()}
    for folder in block.parts_folders:
        content = entries(folder, report)
        of_jobs = parts.intersection(content)
        if of_jobs:
            n = number_of(len(of_jobs), "files")
            report.note(f"{folder}: {n} of jobs that are running or were killed")
        for path in content:
            if path not in of_jobs and path.name != block.lock.name:
                note_entry(path, report)
