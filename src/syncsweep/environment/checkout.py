"""Check that the code which runs is the code of the project at hand.

An environment links to the package in the folder in which it was made. If it were used in a copy of
that folder, or in another checkout, edits there would have no effect. Shards would also name a
wrong commit.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


class ForeignCodeError(Exception):
    """The code of another folder would run; the message is one line."""


def check(project: Path) -> None:
    """ForeignCodeError if other code than the project's own would run.

    A package may be installed as a copy and not as a link. It is accepted if its text is the same.
    A project without `src` has no code of its own, so any code is accepted.
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
