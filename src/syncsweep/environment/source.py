"""Digests of the package's own source, for rules that run again when their code changes."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parents[1]

#: An import from the package, and the names that it brings, as the formatter writes them.
_IMPORT = re.compile(r"^ *from (syncsweep[\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)
_WORD = re.compile(r"\w+")

#: What decides numbers. Configuration, paths and reading decide only which numbers are asked for.
_NUMBERS = (
    "columns.py",
    "physics/",
    "tables/",
    "paper/theory/",
    "paper/parts/",
    "paper/claims",
    "sample/",
    "sweep/parquet.py",
    "sweep/row_table.py",
    "sweep/shard.py",
    "config/units.py",
    "user_code/observable_columns.py",
)

#: What makes rows. `RESULTS_VERSION` says for all that it imports when rows have moved.
_ROWS = "sample/sample_solver.py"

#: What decides the unit of η on axes and in the report.
_UNITS = ("config/units.py", "config/physics.py")

#: What decides how figures look.
_LOOKS = (
    "tables/__init__.py",
    "tables/reading.py",
    "figures/",
    "paper/figures/",
    *_UNITS,
)


def tables(module: str) -> tuple[str, ...]:
    """The modules that decide what tables hold, given the shards; module: makes the tables."""
    return _with_imports(f"tables/{module}.py", _NUMBERS, _ROWS)


def figure_of_study(module: str) -> tuple[str, ...]:
    """The modules that decide what a figure of a study looks like, given its tables."""
    return _with_imports(f"figures/{module}.py", _LOOKS)


def part_of_paper(part: str) -> tuple[str, ...]:
    """The modules that decide what the tables of a part of the paper hold."""
    return _with_imports(f"paper/parts/{part}.py", _NUMBERS)


def figure_of_paper(module: str) -> tuple[str, ...]:
    """The modules that decide what a figure of the paper looks like, given its tables."""
    return _with_imports(f"paper/figures/{module}.py", _LOOKS)


def report() -> tuple[str, ...]:
    """The files that decide what the report is, given the results that it shows."""
    page = ("report/page.css", "report/page.html.j2", "report/page.js")
    measures = ("angle_lattice", "ascent", "chi", "measures", "phase_distribution")
    numbers = (*(f"physics/{name}.py" for name in measures), "sample/")
    rooms = ("report/", "tables/", "figures/", "paper/", *_UNITS, *numbers)
    return (*_with_imports("report/report_page.py", rooms), *page)


def bundle() -> tuple[str, ...]:
    """The files that decide how a folder to publish describes the results in it."""
    rooms = ("report/", "columns.py", "environment/provenance.py")
    return (*_with_imports("report/bundle.py", rooms), "report/columns.md")


@cache
def everything() -> tuple[str, ...]:
    """All modules of the package."""
    return tuple(sorted(path.relative_to(_PACKAGE).as_posix() for path in _PACKAGE.rglob("*.py")))


def _with_imports(module: str, within: tuple[str, ...], last: str = "") -> tuple[str, ...]:
    """A module and all that it imports from some folders and modules, directly or not.

    last: a module whose own imports do not count.
    """
    found: list[str] = []
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            imported = () if name == last else _imports(name)
            waiting += [other for other in imported if other.startswith(within)]
    return tuple(sorted(found))


@cache
def _imports(module: str) -> tuple[str, ...]:
    # `ast` would take 0.2 s for all modules at each start of Snakemake.
    names = []
    for home, imported in _IMPORT.findall((_PACKAGE / module).read_text(encoding="utf-8")):
        folder = home.removeprefix("syncsweep").replace(".", "/")
        names += [folder, *(f"{folder}/{name}" for name in _WORD.findall(imported))]
    files = [f"{name}{end}".lstrip("/") for end in (".py", "/__init__.py") for name in names]
    return tuple(file for file in files if file in everything())


@cache
def digest(modules: tuple[str, ...]) -> str:
    """12 hexadecimal digits over the text of modules, named relative to the package."""
    total = hashlib.sha256()
    for module in modules:
        total.update(hashlib.sha256((_PACKAGE / module).read_bytes()).digest())
    return total.hexdigest()[:12]


def asked(request: object, modules: tuple[str, ...]) -> str:
    """12 hexadecimal digits over the request of a job (JSON values) and the text of modules.

    The folder of the rows and how these are cut into shards are left out, because they change no
    result.
    """
    text = json.dumps([_without_places(request), digest(modules)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _without_places(request: Any) -> Any:
    if isinstance(request, dict):
        cut = ("chunk_size", "in_rounds")
        kept = {key: value for key, value in request.items() if key not in cut}
        if "folder" in kept:
            kept["folder"] = Path(kept["folder"]).name
        return {key: _without_places(value) for key, value in kept.items()}
    return [_without_places(value) for value in request] if isinstance(request, list) else request
