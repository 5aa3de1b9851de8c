"""Whether the code that runs is that of the project that it is run for.

An environment links to the package in the folder in which it was made. In a copy of that folder, or
in another checkout, edits would do nothing, and shards would name a wrong commit.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


class ForeignCodeError(Exception):
    """The code of another folder would run; the message is one line."""


def check(project: Path) -> None:
    """Refuse to run another code than a project's own; ForeignCodeError.

    A package that was installed, and not linked, may have the same text in a folder of its own. A
    project without `src` has no code of its own.
    """
    own, used = (project / "src" / "syncsweep").resolve(), _PACKAGE.resolve()
    if not own.is_dir() or used == own:
        return
    is_installed = used.parent.name in ("site-packages", "dist-packages")
    if not is_installed or _texts(used) != _texts(own):
        folder = own.parents[1]
        raise ForeignCodeError(
            f"{used} would run in place of the code in {folder}: run `make env` in {folder}, then "
            "the programs in its .venv/bin"
        )


def _texts(package: Path) -> dict[Path, bytes]:
    return {path.relative_to(package): path.read_bytes() for path in package.rglob("*.py")}
