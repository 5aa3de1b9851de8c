"""A folder to publish: figures and their data, tables, claims, and the record of their origin.

`sha256sum --check SHA256SUMS`, run in the folder, verifies it anywhere.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from syncsweep.environment.provenance import asked, code, libraries
from syncsweep.layout import BUNDLE_MANIFEST, BUNDLE_ORIGIN, tables_folder
from syncsweep.tables.freshness import refuse_changed, refuse_other_settings

_PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "matplotlib", "mpi4py", "snakemake")

_README = """\
# {title}

Made by syncsweep {version}, commit {commit}, from the configuration in `config.json`.

| | |
|---|---|
| `figures/` | each figure as PDF and PNG, the data of its panels as CSV, its origin as JSON |
| `tables/<study>/` | averages and distributions of each sweep, and `samples`, their single rows |
| `paper/` | tables of the other parts, and `validation.md`: the paper's claims beside our numbers |
| `config.json` | the resolved configuration: models, ensembles, seeds, analysis |
| `requirements.lock` | the environment, with hashes |
| `origin.json` | code and libraries |
| `CITATION.cff`, `LICENSE` | how to cite, and the terms |

To verify that no file was changed or lost:

    sha256sum --check --quiet SHA256SUMS
"""


#: Files of the project that go into the folder, from its top.
_OF_PROJECT = ("CITATION.cff", "LICENSE", "envs/requirements.lock")


def publish(
    results: Path, files: Sequence[Path], config: Mapping[str, Any], project: Path, output: Path
) -> None:
    """Make the folder to publish from files of a results folder and of the project's folder.

    config: the resolved configuration. ResultsError if the files do not belong to it or not to
    each other.
    """
    refuse_stale(results, files, config)
    named = {str(file.relative_to(results)): file for file in files}
    named |= {Path(name).name: project / name for name in _OF_PROJECT}
    make_bundle(named, config, output)


def make_bundle(files: Mapping[str, Path], config: Mapping[str, Any], output: Path) -> None:
    """Copy files by their names in the bundle into the new folder `output`, and describe them.

    config: the resolved configuration. An old bundle is replaced when the new one is whole.
    """
    new = output.with_name(f".{output.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    for name, file in files.items():
        target = new / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    made_by = code()
    title = "Quantum synchronization of perturbed oscillating coherences: results"
    texts = {
        "config.json": _json(config),
        BUNDLE_ORIGIN: _json({**asked(), "code": made_by, "libraries": libraries(*_PACKAGES)}),
        "README.md": _README.format(title=title, **made_by),
    }
    for name, text in texts.items():
        (new / name).write_text(text, encoding="utf-8")
    names = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    lines = [f"{_sha256(new / name)}  {name}" for name in names]
    (new / BUNDLE_MANIFEST).write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.rmtree(output, ignore_errors=True)
    new.rename(output)


def refuse_stale(results: Path, files: Iterable[Path], config: Mapping[str, Any]) -> None:
    """ResultsError if files to publish do not belong to a configuration, or not to each other.

    results: the folder in which they are; config: the resolved configuration.
    """
    files = list(files)
    for study, settings in config["studies"].items():
        folder = tables_folder(results, study)
        tables = [path for path in files if path.parent == folder and path.suffix == ".parquet"]
        refuse_other_settings(tables, samples=settings["samples"], analysis=settings["analysis"])
    refuse_changed([path for path in files if path.suffix in (".json", ".parquet")], results)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
