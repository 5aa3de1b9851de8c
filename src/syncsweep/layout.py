"""The paths of all files; no other module knows paths.

<results>/<study>-<hash>/<block>/samples-<a>-<b>.parquet  shard of the samples a … b−1
<results>/jobs/<study>-<hash>/study.json                  what decides the rows
<results>/jobs/<study>-<hash>/errors/samples-<n>.json     the errors of a study with `until`
<results>/jobs/<study>-<hash>/<block>/block.json          the values of η
<results>/jobs/<study>-<hash>/<block>/parts/              rows of unfinished shards
<results>/jobs/<study>-<hash>/<block>/log.jsonl           what each job took over and solved
<results>/preview/<study>/                                tables and figure of an unfinished study
<results>/tables/<study>/, <results>/paper/, <results>/figures/, <results>/logs/, <results>/bundle/
<results>/report.html                                     all of it on one page

Only shards lie in the folder of a block, because readers of Parquet take every file of a folder for
one (docs/decisions/0013). Older versions put the files of jobs there. Until a run moves them, they
are read where they lie.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from syncsweep.sample_range import SampleRange

#: Names of the folders of studies and of their blocks.
STUDY_FOLDER = re.compile(r"(.+)-[0-9a-f]{12}")
BLOCK_FOLDER = re.compile(r"eta-.+-n(\d+)(?:-p(\d+))?-[0-9a-f]{8}")

_SHARD = re.compile(r"samples-(\d{9})-(\d{9})\.parquet")
_PART = re.compile(r"part-(\d{9})-(\d{9})-([0-9a-f]{12})-\d+\.rows")
_TEMPORARY = re.compile(r"\.samples-(\d{9})-(\d{9})\.parquet\.[0-9a-f]{12}\.tmp")

#: Files that the jobs of a study, of a block, and of its unfinished shards keep, by their names.
_OF_STUDY = re.compile(r"study\.json|\.study\.json\.[0-9a-f]{12}\.tmp")
_OF_ERRORS = re.compile(
    r"samples-\d{9}\.json|running\.npz|\.(samples-\d{9}\.json|running\.npz)\.[0-9a-f]{12}\.tmp"
)
_DISCARDED = re.compile(rf"{_TEMPORARY.pattern}|{_SHARD.pattern}\.damaged-[0-9a-f]{{8}}")
_OF_BLOCK = re.compile(
    rf"block\.json|log\.jsonl|\.block\.json\.[0-9a-f]{{12}}\.tmp|{_DISCARDED.pattern}"
)
_OF_PARTS = re.compile(rf"lock|{_PART.pattern}")

#: Of the folder to publish: digest and name of each file, as `sha256sum` writes and checks them.
BUNDLE_MANIFEST = "SHA256SUMS"

#: The file in the folder to publish that says what made it.
BUNDLE_ORIGIN = "origin.json"

#: The table of the claims as a page, in the paper's folder.
CLAIMS_PAGE = "validation.md"


def study_folder(results: str | Path, study: str, physics_hash: str) -> Path:
    """Folder of all rows of one physics."""
    return Path(results) / f"{study}-{physics_hash}"


def tables_folder(results: str | Path, study: str) -> Path:
    """Folder of the tables of the present configuration."""
    return Path(results) / "tables" / study


def preview_folder(results: str | Path, study: str) -> Path:
    """Folder of the tables and the figure of what is solved so far."""
    return Path(results) / "preview" / study


def paper_folder(results: str | Path) -> Path:
    """Folder of the tables of `snakemake paper`; no study may have this name."""
    return Path(results) / "paper"


def bundle_folder(results: str | Path) -> Path:
    """Folder to publish."""
    return Path(results) / "bundle"


def report_file(results: str | Path) -> Path:
    """The page that shows the results; its links are relative to their folder."""
    return Path(results) / "report.html"


def figures_folder(results: str | Path) -> Path:
    """Folder of the figures of the present configuration."""
    return Path(results) / "figures"


def name_in_results(path: Path) -> str:
    """Path of a table or of a figure's file, relative to its results folder."""
    return "/".join(path.parts[-3:] if path.parts[-3:-2] == ("tables",) else path.parts[-2:])


def logs_folder(results: str | Path) -> Path:
    """Folder of what the jobs print."""
    return Path(results) / "logs"


def jobs_folder(folder: Path) -> Path:
    """Folder of all that the jobs of a study keep beside its shards; folder: that of its rows."""
    return folder.parent / "jobs" / folder.name


def study_folders(results: Path) -> list[Path]:
    """The folders of the rows of all studies, also of those that have no shard yet; OSError.

    Snakemake removes an empty folder when a job is interrupted.
    """
    results.stat()
    return _in_either(results, results / "jobs", STUDY_FOLDER)


def block_folders(folder: Path) -> list[BlockFolder]:
    """The blocks of a study, also those that have no shard yet; folder: that of its rows."""
    return [BlockFolder(path) for path in _in_either(folder, jobs_folder(folder), BLOCK_FOLDER)]


def _in_either(folder: Path, jobs: Path, names: re.Pattern[str]) -> list[Path]:
    found = [path for place in (folder, jobs) for path in _matching(place, names) if path.is_dir()]
    return [folder / name for name in sorted({path.name for path in found})]


def study_file(folder: Path) -> Path:
    """The description of a study that its workers read; folder: that of its rows."""
    return _present(jobs_folder(folder), folder, "study.json")


def errors_folder(folder: Path) -> Path:
    """Folder of the errors of a study with `until`; folder: that of its rows."""
    return jobs_folder(folder) / "errors"


def errors_file(folder: Path, samples: int | str) -> Path:
    """The largest errors at a number of samples; folder: that of the rows."""
    number = samples if isinstance(samples, str) else f"{samples:09d}"
    return errors_folder(folder) / f"samples-{number}.json"


def running_errors_file(folder: Path) -> Path:
    """File from which the next job about errors continues; folder: that of the rows."""
    return errors_folder(folder) / "running.npz"


def files_of_study(folder: Path) -> list[Path]:
    """What the jobs of a study keep beside its blocks; folder: that of its rows."""
    errors = _matching(errors_folder(folder), _OF_ERRORS)
    return [*errors, *_matching(jobs_folder(folder), _OF_STUDY)]


def _present(folder: Path, old: Path, name: str) -> Path:
    """A file in its folder, or in that of older versions if it is still there."""
    is_old = os.path.lexists(old / name) and not os.path.lexists(folder / name)
    return (old if is_old else folder) / name


def shard_name(start: int, stop: int) -> str:
    """File name of the shard of samples start … stop−1."""
    return f"samples-{start:09d}-{stop:09d}.parquet"


def size_of_block(block: str) -> tuple[int, int]:
    """Number of values of η and of points, from the name of a block's folder."""
    match = BLOCK_FOLDER.fullmatch(block)
    assert match
    return int(match[1]), int(match[2] or 1)


@dataclass(frozen=True)
class BlockFolder:
    """Folder of the shards of one η-block of a study, and what its jobs keep elsewhere."""

    path: Path

    @property
    def jobs(self) -> Path:
        """Folder of all that the jobs of the block keep beside its shards."""
        return jobs_folder(self.path.parent) / self.path.name

    @property
    def description(self) -> Path:
        """The values of η of the block."""
        return _present(self.jobs, self.path, "block.json")

    @property
    def log(self) -> Path:
        """One line per event of every job of the block."""
        return _present(self.jobs, self.path, "log.jsonl")

    @property
    def parts(self) -> Path:
        """Folder of the rows of unfinished shards."""
        return self.jobs / "parts"

    @property
    def parts_folders(self) -> list[Path]:
        """Where parts may lie: the folder of parts, and that of older versions."""
        return [self.parts, self.path / "parts"]

    def shard(self, start: int, stop: int) -> Path:
        """Shard of samples start … stop−1."""
        return self.path / shard_name(start, stop)

    def part(self, start: int, stop: int, attempt: str, rank: int) -> Path:
        """Rows that one rank of one attempt has solved so far."""
        return self.parts / f"part-{start:09d}-{stop:09d}-{attempt}-{rank}.rows"

    def damaged(self, shard: Path) -> Path:
        """A new name for a shard that must not be used."""
        return self.jobs / f"{shard.name}.damaged-{uuid.uuid4().hex[:8]}"

    @property
    def lock(self) -> Path:
        """Empty; the bytes start … stop−1 are held by the launch that solves these samples."""
        return self.parts / "lock"

    def shards(self) -> Iterator[tuple[SampleRange, Path]]:
        """All shards with their sample ranges, in order."""
        return _ranges(self.path, _SHARD)

    def part_files(self) -> Iterator[tuple[SampleRange, Path]]:
        """All parts with the sample ranges of their jobs, in order."""
        for folder in self.parts_folders:
            yield from _ranges(folder, _PART)

    def leftovers(self) -> Iterator[tuple[SampleRange, Path]]:
        """Parts and temporary files with the sample ranges of their jobs."""
        yield from self.part_files()
        for folder in (self.jobs, self.path):
            yield from _ranges(folder, _TEMPORARY)

    def discarded(self) -> list[Path]:
        """Damaged shards, and shards whose writing was broken off: files that nothing reads."""
        return [*_matching(self.jobs, _DISCARDED), *_matching(self.path, _TEMPORARY)]

    def files_of_jobs(self) -> list[Path]:
        """All that the jobs of the block keep beside its shards; the description comes last."""
        described = _matching(self.jobs, _OF_BLOCK)
        return [*_matching(self.parts, _OF_PARTS), *reversed(described)]


@dataclass(frozen=True)
class OldStudy:
    """A folder of rows in which an older version has left files of jobs.

    files: where each of them lies, and where it belongs; locks: in the folders of parts.
    """

    folder: Path
    files: list[tuple[Path, Path]]
    locks: list[Path]


def old_studies(results: str | Path) -> Iterator[OldStudy]:
    """The folders of rows in which an older version has left files of jobs.

    Folders of other users that cannot be read are left out.
    """
    for folder in _matching(Path(results), STUDY_FOLDER):
        with suppress(PermissionError):
            found = _old_study(folder)
            if found.files or found.locks:
                yield found


def _old_study(folder: Path) -> OldStudy:
    places = [(folder, jobs_folder(folder), _OF_STUDY)]
    for block in map(BlockFolder, _matching(folder, BLOCK_FOLDER)):
        places.append((block.path, block.jobs, _OF_BLOCK))
        places.append((block.path / "parts", block.parts, _OF_PARTS))
    files = [
        (path, to / path.name) for place, to, names in places for path in _matching(place, names)
    ]
    parts = [place for place, _, names in places if names is _OF_PARTS and place.is_dir()]
    return OldStudy(folder, files, [place / "lock" for place in parts])


def attempt_of_part(path: Path) -> str:
    """The attempt that a part is of, from its file's name."""
    match = _PART.fullmatch(path.name)
    assert match
    return match[3]


def _matching(folder: Path, names: re.Pattern[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if names.fullmatch(path.name)]


def _ranges(folder: Path, names: re.Pattern[str]) -> Iterator[tuple[SampleRange, Path]]:
    for path in _matching(folder, names):
        match = names.fullmatch(path.name)
        assert match
        yield SampleRange(int(match[1]), int(match[2])), path


def made_files(results: str | Path) -> Iterator[Path]:
    """All files in a results folder whose dates Snakemake uses."""
    shards = "*/eta-*/samples-*.parquet"
    errors = "jobs/*/errors/*.json"
    for pattern in (
        shards,
        errors,
        "tables/*/*",
        "paper/*",
        "figures/*",
        "bundle/**/*",
        "report.html",
    ):
        yield from (path for path in Path(results).glob(pattern) if path.is_file())
