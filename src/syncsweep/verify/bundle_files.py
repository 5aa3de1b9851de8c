"""Verification of the folder to publish: each of its files against the list of their checksums."""

from __future__ import annotations

import os
from pathlib import Path

from syncsweep.layout import BUNDLE_MANIFEST, bundle_folder
from syncsweep.tables.freshness import MADE_FROM, changed_sources, published
from syncsweep.verify.study_files import note_entry
from syncsweep.verify.verify_text import Report
from syncsweep.wording import number_of

_AGAIN = (
    "remove the folder and run `snakemake bundle` with the same --config and --configfile, which "
    "makes it again"
)


def verify_bundle(results: Path, report: Report) -> None:
    """Verify the files of the bundle below `results`, if there is one."""
    folder = bundle_folder(results)
    if not os.path.isdir(folder):
        return
    manifest = folder / BUNDLE_MANIFEST
    named = published(manifest)
    if not named:
        report.finding(f"{manifest}: is missing or damaged, so no file can be compared; {_AGAIN}")
        return
    for name in named:
        if not os.path.isfile(folder / name):
            report.finding(f"{folder / name}: is missing; {_AGAIN}")
    for name in changed_sources({MADE_FROM: named}, folder):
        report.finding(f"{folder / name}: is not the file that was published; {_AGAIN}")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in named and path != manifest:
            note_entry(path, report)
    report.say(f"{folder.relative_to(results)}: {number_of(len(named), 'files')}")
