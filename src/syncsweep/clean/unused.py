"""Files of studies that a configuration does not use. A file with an unknown name is not ours.

A shard of another chunk size is needed until each shard that replaces it is there and valid,
because the next job takes its rows over. The same holds for the parts of unfinished shards, and
for blocks of another grid or of more observables. What nothing replaces, such as another seed,
stays until all shards of the configuration are there: so a seed written wrong removes nothing.
"""

from __future__ import annotations

import os
import stat
import time
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from syncsweep import layout
from syncsweep.clean import CleanError
from syncsweep.clean.in_work import in_work
from syncsweep.config.configuration import Config
from syncsweep.files import held
from syncsweep.layout import BlockFolder
from syncsweep.sample_range import SampleRange
from syncsweep.status.census import Kept
from syncsweep.status.launches import find_launches
from syncsweep.sweep import description
from syncsweep.sweep.description import Description
from syncsweep.sweep.shard import ShardError, read_shard
from syncsweep.wording import number_of

#: A job on another machine, whose lock is perhaps invisible, counts as running as long as its last
#: record is not older than three times this [s].
_SAMPLE_SECONDS = 600.0


@dataclass(frozen=True)
class State:
    """A regular file as it is now: if one of these changes, it is another file."""

    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> State | None:
        """The state of a file; None for anything else, such as a link."""
        try:
            found = path.lstat()
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        return cls(found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Unused:
    """A file or folder that the configuration does not use.

    files: all that is to be removed, in this order; folders: to be removed then, if they are empty;
    blocks: of which no job may run; instead: the shards because of which it is not needed.
    """

    path: Path
    why: str
    files: dict[Path, State]
    blocks: tuple[BlockFolder, ...]
    folders: tuple[Path, ...] = ()
    instead: dict[Path, State] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Size of its files [bytes]."""
        return sum(state.size for state in self.files.values())


def has_jobs(block: BlockFolder) -> bool:
    """Whether a job solves samples of a block now, or may do so on another machine."""
    if held(block.lock):
        return True
    attempts: dict[str, Kept] = {}
    for _, path in block.part_files():
        with suppress(OSError):
            attempt, written = layout.attempt_of_part(path), path.stat().st_mtime
            last = max(written, attempts[attempt].written) if attempt in attempts else written
            attempts[attempt] = Kept(samples=1, ranks=1, written=last)
    launches, _ = find_launches(block, attempts, time.time(), _SAMPLE_SECONDS)
    return any(launch.at_work for launch in launches)


class Search:
    """The search for what some studies of a configuration do not use.

    notes: what stays although it may be unused, and why.
    """

    def __init__(
        self, config: Config, studies: Iterable[str], progress: Callable[[str], None]
    ) -> None:
        self._config, self._studies, self._progress = config, list(studies), progress
        self._in_work = in_work()
        self._verified: dict[Path, State | None] = {}
        self.notes: list[str] = []

    def run(self) -> list[Unused]:
        """Everything that is not used, in the order of its names; CleanError."""
        results = Path(self._config.results)
        if not results.exists():
            self.notes.append(f"{results}: there is no such folder")
            return []
        for old in layout.old_studies(results):
            if _study_of(old.folder) in self._studies:
                raise CleanError(
                    f"{old.folder}: holds files of jobs of an older version; run snakemake first, "
                    "which moves them"
                )
        folders = layout.study_folders(results)
        for folder in folders:
            if _study_of(folder) not in self._config.studies:
                self.notes.append(f"{folder}: the configuration has no such study, so it stays")
        return [
            unused
            for folder in folders
            if _study_of(folder) in self._studies
            for unused in self._of_study(folder)
            if not self._is_in_work(unused)
        ]

    def _of_study(self, folder: Path) -> Iterator[Unused]:
        name, places = _study_of(folder), (folder, layout.jobs_folder(folder))
        if self._has_link(*places):
            return
        blocks = layout.block_folders(folder)
        idle = [block for block in blocks if self._is_idle(block)]
        study, physics = self._config.studies[name], self._config.physics(name)
        present = layout.study_folder(self._config.results, name, physics.digest)
        asked = {block.block: block for block in description.describe(self._config, name)}
        of_config = (
            BlockFolder(present / block).shard(*c) for block in asked for c in study.chunks
        )
        missing = next((path for path in of_config if not path.is_file()), None)
        if folder == present:
            for block in idle:
                if block.path.name in asked:
                    described = asked[block.path.name]
                    yield from self._of_block(block, described, study.chunks, missing is None)
                else:
                    why = "a block that the configuration does not have"
                    instead = self._served(block, asked.values(), study.chunks, missing)
                    damaged = next((path for path in instead if instead[path] is None), None)
                    yield from self._whole([block], why, missing or damaged, instead=instead)
        elif not description.is_of(folder):
            self.notes.append(f"{folder}: is not described as such a study, so it stays")
        elif idle == blocks:
            why = "another seed, model or ensemble than the configuration has"
            yield from self._whole(blocks, why, missing, folder)

    def _is_in_work(self, unused: Unused) -> bool:
        if os.path.abspath(unused.path) not in self._in_work:
            return False
        self.notes.append(
            f"{unused.path}: a snakemake makes files there, so it stays; if it was killed, run "
            "`snakemake --unlock`"
        )
        return True

    def _has_link(self, *places: Path) -> bool:
        for path in places:
            if path.is_symlink():
                self.notes.append(f"{path}: is a link, so all behind it stays")
                return True
        return False

    def _is_idle(self, block: BlockFolder) -> bool:
        if self._has_link(block.path, block.jobs, block.parts):
            return False
        if has_jobs(block):
            self.notes.append(f"{block.path}: jobs are running, so its files stay")
            return False
        return True

    def _served(
        self,
        block: BlockFolder,
        asked: Iterable[Description],
        chunks: Iterable[SampleRange],
        missing: Path | None,
    ) -> dict[Path, State | None]:
        """The shards for which a job would take rows of a block; None if one is damaged.

        Not looked for while a shard is missing, because the block stays anyway.
        """
        try:
            old = description.read(block.path)
        except description.DescriptionError:  # no job reads its rows
            return {}
        lying = [samples for samples, _ in (*block.shards(), *block.part_files())]
        found: dict[Path, State | None] = {}
        for new in asked:
            if missing or not old.serves(new) or set(old.points).isdisjoint(new.points):
                continue
            place = BlockFolder(block.path.parent / new.block)
            for chunk in chunks:
                if any(chunk.overlaps(samples) for samples in lying):
                    found[place.shard(*chunk)] = self._valid(place, new, chunk)
        return found

    def _whole(
        self,
        blocks: list[BlockFolder],
        why: str,
        missing: Path | None,
        study: Path | None = None,
        instead: Mapping[Path, State | None] = {},
    ) -> Iterator[Unused]:
        """All that is known in some blocks, or in all blocks of a study and beside them.

        missing: a shard of the configuration that is not there, or is damaged; instead: the shards
        that could have taken rows of them.
        """
        paths: list[Path] = []
        folders: list[Path] = []
        for block in blocks:
            paths += [*(path for _, path in block.shards()), *block.files_of_jobs()]
            folders += [block.parts, block.jobs, block.path]
        if study:
            paths += layout.files_of_study(study)
            folders += [layout.errors_folder(study), layout.jobs_folder(study), study]
        files = _states(paths)
        top = study or blocks[0].path
        if missing:
            self.notes.append(
                f"{top}: {why}; it stays until all shards of the configuration are there, and "
                f"{missing} is {'damaged' if missing in instead else 'missing'}"
            )
            return
        foreign = {
            path
            for folder in folders
            for path in (folder.iterdir() if folder.is_dir() else ())
            if path not in files and path not in folders
        }
        if foreign:
            self.notes.append(f"{top}: {min(foreign)} is no file of syncsweep, so it stays")
        if files or not foreign:
            valid = {path: state for path, state in instead.items() if state}
            yield Unused(top, why, files, tuple(blocks), tuple(folders), valid)

    def _of_block(
        self,
        block: BlockFolder,
        described: Description,
        chunks: Iterable[SampleRange],
        is_whole: bool,
    ) -> Iterator[Unused]:
        """Files in a block of the configuration; is_whole: whether all its shards are there."""
        chunks = sorted(chunks)
        present = set(chunks)
        valid: dict[SampleRange, State | None] = {}
        others = [
            (samples, path, "a shard of another chunk size or sample range")
            for samples, path in block.shards()
            if samples not in present
        ]
        others += [
            (samples, path, "rows of an unfinished shard that the present shards hold")
            for samples, path in block.part_files()
        ]
        beyond = 0
        for samples, path, why in others:
            first = bisect(chunks, samples.start, key=lambda chunk: chunk.stop)
            instead = list(takewhile(samples.overlaps, chunks[first:]))
            if not instead and not is_whole:
                beyond += 1
                continue
            for chunk in instead:
                if chunk not in valid:
                    valid[chunk] = self._valid(block, described, chunk)
            states = {block.shard(*chunk): state for chunk in instead if (state := valid[chunk])}
            if len(states) == len(instead) and (files := _states([path])):
                yield Unused(path, why, files, (block,), instead=states)
        if beyond:
            self.notes.append(
                f"{block.path}: {number_of(beyond, 'files')} of samples that the configuration "
                "does not have; they stay until all its shards are there"
            )
        for path, state in _states(block.discarded()).items():
            why = "a damaged shard or an unfinished file, which nothing reads"
            yield Unused(path, why, {path: state}, (block,))

    def _valid(
        self, block: BlockFolder, described: Description, chunk: SampleRange
    ) -> State | None:
        """The state of a present shard; None if it is missing or damaged."""
        path = block.shard(*chunk)
        if path not in self._verified:
            self._progress(f"verifying {path}")
            self._verified[path] = State.of(path)
            try:
                read_shard(path, described, chunk)
            except (ShardError, FileNotFoundError):
                self._verified[path] = None
        return self._verified[path]


def _study_of(folder: Path) -> str:
    return folder.name.rpartition("-")[0]


def _states(paths: Iterable[Path]) -> dict[Path, State]:
    return {path: state for path in paths if (state := State.of(path))}
