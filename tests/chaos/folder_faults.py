"""A full disk, folders turned read-only, the configuration edited, and a second snakemake."""

from __future__ import annotations

import errno
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kinds import LAUNCHES, NOTHING, Hit, choose, kind
from process_faults import has_first
from sweep import Sweep

#: Size of the disk that the results are on, where one can be mounted.
DISK = "48m"


def has_disk(sweep: Sweep) -> bool:
    return sweep.first.results.is_mount()


def is_second_free(sweep: Sweep) -> bool:
    return not sweep.running(sweep.second)


def mount_disk(folder: Path) -> bool:
    """Put the folder on a small disk of its own; False if that is refused."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "syncsweep-chaos", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


def fill(file: IO[bytes]) -> None:
    """Write until nothing more fits."""
    for size in (2**20, 2**12):
        try:
            while True:
                file.write(bytes(size))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


@contextmanager
def launches(sweep: Sweep, number: int) -> Iterator[set[Path]]:
    """The parts of all ranks that are there meanwhile: at the end, of those that come too.

    Slurm may end a launch of which a rank failed some seconds later, so it is to blame then too.
    """
    ledger = sweep.ledger
    ranks = {rank.part for rank in ledger.alive()}
    before = set(ledger.ranks)
    yield ranks
    ledger.refresh()
    ranks |= ledger.ranks.keys() - before
    ledger.blame(number, {ledger.ranks[part].launch for part in ranks})


@kind("disk full", LAUNCHES, has_disk)
def fill_disk(sweep, rng, number):
    ballast = sweep.first.results / ".ballast"
    seconds = rng.uniform(0.5, 4.0)
    with launches(sweep, number) as ranks:
        try:
            with ballast.open("wb", buffering=0) as file:
                fill(file)
            time.sleep(seconds)
        finally:
            ballast.unlink(missing_ok=True)
    return Hit(f"for {seconds:.1f} s", ranks=len(ranks))


@kind("folder read-only", LAUNCHES, has_disk)
def make_read_only(sweep, rng, number):
    block = sweep.block
    folders = [sweep.first.results, block.path, block.parts]
    folder = choose(rng, [folder for folder in folders if folder.is_dir()])
    seconds = rng.uniform(0.5, 4.0)
    # A rank that cannot open its part ends its launch, whose other ranks may be at work.
    with launches(sweep, number) as ranks:
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
            time.sleep(seconds)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
    return Hit(f"{folder.name} for {seconds:.1f} s", ranks=len(ranks))


@kind("config.yaml edited: other physics, or half a file, and put back", NOTHING)
def edit_configuration(sweep, rng, number):
    path = sweep.first.path / "config.yaml"
    text = path.read_text(encoding="utf-8")
    if rng.random() < 0.5:
        path.write_text(text.replace("root_seed: 7", "root_seed: 8"), encoding="utf-8")
        return Hit("root_seed")
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    return Hit("half a file")


@kind("config.yaml edited: another chunk size from then on", NOTHING)
def edit_chunk_size(sweep, rng, number):
    now = sweep.first.config["studies"]["chain"]["chunk_size"]
    size = choose(rng, [size for size in sweep.chunk_sizes if size != now])
    sweep.set_chunk_size(size)
    return Hit(f"from {now} to {size}")


@kind("second snakemake in the same folder", NOTHING, has_first)
def start_in_same_folder(sweep, rng, number):
    sweep.first.write_config()  # should the first end meanwhile, this one is the sweep
    command = sweep.start(sweep.first)
    code = sweep.finish(command)
    return Hit("refused by the lock" if code else "it ended the sweep")


@kind("second snakemake in another folder, same results", NOTHING, is_second_free)
def start_in_other_folder(sweep, rng, number):
    command = sweep.start_again(sweep.second)
    sweep.wait("it runs jobs", lambda: command.process.children() or not command.is_running())
    return Hit("at work" if command.is_running() else "it had nothing to do")
