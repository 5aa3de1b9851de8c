"""Checks and repairs before a run has jobs; a RunError ends the run with one line.

Imports no NumPy, because Snakemake reads it in every job.
"""

from __future__ import annotations

import difflib
import getpass
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from syncsweep import layout
from syncsweep.config.configuration import Config
from syncsweep.config.physics import MOST_DENSE
from syncsweep.workflow import places
from syncsweep.workflow.errors import RunError
from syncsweep.workflow.study_outputs import StudyOutputs


def name_user() -> None:
    """Name a user whom the machine does not know, as in a container: Snakemake needs a name."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = f"uid{os.getuid()}"


def check_folders(results: str, is_dry_run: bool) -> None:
    """Refuse a results folder and records of Snakemake that cannot be used; NotWritableError."""
    places.check_records(Path())
    # A dry-run writes nothing, so it may look at results that others keep.
    (places.check_usable if is_dry_run else places.check_writable)(results)


def check_profile(name: str | None, project: Path) -> None:
    """Refuse a profile that does not exist: Snakemake would run on this machine without it.

    name: as `--workflow-profile` says it; project: folder of the Snakefile.
    """
    if name in (None, "none"):
        return
    # Snakemake looked in the folder in which it was called. It may be in another folder by now.
    folders = [Path(), Path(os.environ.get("PWD", "."))]
    places = [*folders, *(folder / "profiles" for folder in (*folders, project))]
    if not any((folder / name).exists() for folder in places):
        there = [file.parent.name for file in Path().glob("*/config.yaml")]
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise RunError(f"--workflow-profile: there is no folder or file {name}{hint}")


def most_ranks(allowed: object) -> int:
    """Ranks that a job may have; allowed: what the configuration or a profile says."""
    if not str(allowed).isdecimal() or int(str(allowed)) < 1:
        raise RunError(
            f"set-threads: solve_shard must be a positive integer, but is {allowed}; see "
            "slurm/config.yaml"
        )
    return int(str(allowed))


def check_cores(**said: int | None) -> None:
    """Refuse a number of cores with which no job can run; said: numbers by option of Snakemake."""
    for name, number in said.items():
        if number is not None and number < 1:
            option = name.replace("_", "-")
            raise RunError(f"--{option}: must be a positive integer, but is {number}")


def check_places(outputs: StudyOutputs, studies: Iterable[str]) -> None:
    """Refuse a file or link in place of a folder or file of some studies; NotWritableError.

    Shards are not checked, because the next job sets damaged ones aside.
    """
    results = outputs.config.results
    for study in studies:
        folder = outputs.folder(study)
        jobs = layout.jobs_folder(folder)
        blocks = outputs.block_folders(study)
        within = [path for block in blocks for path in (block.path, block.jobs, block.parts)]
        others = [
            jobs,
            layout.tables_folder(results, study),
            layout.logs_folder(results) / folder.name,
        ]
        files = [*outputs.tables(study), *outputs.figures(study), layout.report_file(results)]
        places.check_places([folder, *within, *others], files)


def check_limits(config: Config, studies: Iterable[str]) -> None:
    """Refuse studies with limit_draws if their model has no law of η → 0⁺."""
    for study in studies:
        from syncsweep.physics.sectors import UnknownSectorsError, sectors

        try:
            sectors(**config.physics(study).model.model_dump())
        except UnknownSectorsError:
            raise RunError(
                f"config: studies.{study}: the model has more steady states than sectors, so "
                "η → 0⁺ has no known law; set analysis.limit_draws: null"
            ) from None


def check_large_models(config: Config, studies: Iterable[str]) -> None:
    """Refuse studies of the package's models that are too large for matrices, if L₀ needs them."""
    for study in studies:
        settings = config.studies[study]
        if settings.dim <= MOST_DENSE or settings.own_files:
            continue
        from syncsweep.physics.generator import UnservedModelError
        from syncsweep.physics.operator_solver import OperatorSolver
        from syncsweep.user_code.study_model import build_model

        try:
            for physics in config.ends(study):
                OperatorSolver(build_model(physics))
        except UnservedModelError as error:
            raise RunError(
                f"config: studies.{study}.model: more than {MOST_DENSE} dimensions cannot be "
                f"solved with these parameters: {error}"
            ) from None


def check_own_code(config: Config, studies: Iterable[str]) -> None:
    """Refuse models, ensembles and observables of the user's own that cannot serve; ConfigError.

    Notes about those that can be swept go to stderr.
    """
    for study in studies:
        if not config.studies[study].read_files:
            continue
        from syncsweep.user_code import process

        for note in process.check(config, study):
            print(f"note: {note}", file=sys.stderr)


def set_aside_damaged_shards(outputs: StudyOutputs, studies: Iterable[str]) -> None:
    """Set aside damaged shards that tables need, so that the run makes them again.

    Only shards that changed after the tables were made are read. Call it before Snakemake looks for
    files, and not in a dry-run, which moves nothing.
    """
    for study in studies:
        folder, settings = outputs.folder(study), outputs.config.studies[study]
        if not folder.exists():
            continue
        from syncsweep.sweep.description import describe
        from syncsweep.sweep.takeover import set_aside_damaged

        tables = outputs.tables(study)
        oldest = min(tables, key=lambda table: table.stat().st_mtime if table.exists() else 0)
        for described in describe(outputs.config, study):
            set_aside_damaged(folder, described, settings.chunks, oldest)


def stale_files(
    files: Collection[Path], asked: str, results: str, makes_report: bool
) -> Collection[Path]:
    """The files of a job if one of them is stale, or else none; see `tables.freshness.is_stale`.

    RunError if the command is `snakemake --report`, which would not notice.
    """
    if not any(map(os.path.lexists, files)):
        return []
    from syncsweep.tables.freshness import is_stale

    if not any(is_stale(file, asked, Path(results)) for file in files):
        return []
    if makes_report:
        raise RunError(
            f"{next(iter(files))}: was made with other settings; first run the same command "
            "without --report"
        )
    return files
