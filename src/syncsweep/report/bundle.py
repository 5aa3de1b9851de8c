"""A folder to publish: figures and their data, tables, claims, and the record of their origin.

`sha256sum --check SHA256SUMS`, run in the folder, verifies it anywhere.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from syncsweep.environment.provenance import asked, code, libraries
from syncsweep.files import sha256
from syncsweep.layout import BUNDLE_MANIFEST, BUNDLE_ORIGIN, tables_folder
from syncsweep.report import crate, dictionary
from syncsweep.report.citation import Software, software
from syncsweep.report.data_package import Digests, companions, data_package
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import refuse_changed, refuse_other_settings

_PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "matplotlib", "mpi4py", "snakemake")

_TITLE = "Quantum synchronization of perturbed oscillating coherences: results"

_DESCRIPTION = (
    "Random perturbations of open quantum spin systems: how strongly, and at which angles, the "
    "phases of the spins lock. Figures, tables, and each claim of the paper beside our number."
)

_README = """\
# {title}

{description}
{paper}Made by syncsweep {version}, commit {commit}, from the configuration in `config.json`.

| | |
|---|---|
| `figures/` | each figure as PDF and PNG, the data of its panels as CSV, its origin as JSON |
| `tables/<study>/` | averages and distributions of each sweep, and `samples`, their single rows |
| `paper/` | tables of the other parts, and `validation.md`: the paper's claims beside our numbers |
| `COLUMNS.md` | what each column means, its unit, and what an average must leave out |
| `<table>.json` beside a table | its study, seed and physics, its columns, the code that made it |
| `datapackage.json` | all tables as a Frictionless Data Package, with hashes |
| `ro-crate-metadata.json` | all files as an RO-Crate: inputs, outputs, software, licence, paper |
| `config.json` | the resolved configuration: models, ensembles, seeds, analysis |
| `requirements.lock` | the environment, with hashes |
| `origin.json` | code and libraries |
| `CITATION.cff`, `LICENSE` | how to cite, and the terms |

Pages that are named `docs/…` are those of syncsweep. `COLUMNS.md` also explains shards.
They hold the Fourier coefficients of each row, and are not in this folder.

To verify that no file was changed or lost:

    sha256sum --check --quiet SHA256SUMS

To verify that the tables are what their descriptions say:

    pip install frictionless
    frictionless validate datapackage.json
"""

#: A link to another page of the documentation.
_LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#]*)[^)]*\)")

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
    program = _citation(files["CITATION.cff"])
    new = output.with_name(f".{output.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    for name, file in files.items():
        target = new / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    _describe(new, files, config, program)
    shutil.rmtree(output, ignore_errors=True)
    new.rename(output)


def _citation(path: Path) -> Software:
    program = software(path)
    if program.date_released is None:
        raise ResultsError(f"{path}: has no date-released; add the day on which you publish")
    return program


def _paper(program: Software) -> str:
    """A sentence that names the paper, before another one; empty if no work is cited."""
    if not program.references:
        return ""
    title, url = program.references[0].title, program.references[0].url
    return f"The paper is [{title}](<{url}>). " if url else f"The paper is {title}. "


def _describe(
    folder: Path, files: Mapping[str, Path], config: Mapping[str, Any], program: Software
) -> None:
    """Write into a folder what the files in it are, for people and for machines."""
    origin = {**asked(), "code": code(), "libraries": libraries(*_PACKAGES)}
    texts = {
        "config.json": _json(config),
        BUNDLE_ORIGIN: _json(origin),
        "README.md": _README.format(
            title=_TITLE, description=_DESCRIPTION, paper=_paper(program), **code()
        ),
        "COLUMNS.md": _LINK.sub(r"docs/\1", dictionary.page()),
        **{name: _json(said) for name, said in companions(files).items()},
    }
    known = {name: _digest(folder / name) for name in files} | _write(folder, texts)
    digests = dict(sorted(known.items()))
    package = data_package(files, digests, _TITLE, program)
    digests |= _write(folder, {"datapackage.json": _json(package)})
    about = {"name": _TITLE, "description": _DESCRIPTION}
    digests |= _write(folder, {crate.NAME: _json(crate.describe(about, digests, program, origin))})
    lines = [f"{digest}  {name}\n" for name, (_, digest) in sorted(digests.items())]
    _write(folder, {BUNDLE_MANIFEST: "".join(lines)})


def _write(folder: Path, texts: Mapping[str, str]) -> Digests:
    """Write texts by name into a folder; returns their digests."""
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: _digest(folder / name) for name in texts}


def _digest(path: Path) -> tuple[int, str]:
    return path.stat().st_size, sha256(path)


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


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
