"""What an entry of the paper's registry says: a part with its tables, and its figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from syncsweep.columns import Columns
from syncsweep.config.configuration import Config
from syncsweep.wording import Caption


@dataclass(frozen=True, kw_only=True)
class Figure(Caption):
    """A figure of the paper, other than the figures of sweeps, with its caption.

    module: its module in `paper/figures/`; parts: the parts whose tables it shows, or none for the
    tables of the limit of the chain's study; data: endings of the files with the data of its
    panels, each with the table whose columns it has, or "" if it only has columns of its own.
    """

    name: str
    module: str
    parts: tuple[str, ...]
    data: dict[str, str]

    @property
    def columns(self) -> dict[str, Columns]:
        """What the columns of its own hold, by ending of the file with data."""
        columns: dict[str, Columns] = getattr(self.load(), "COLUMNS", {})
        return columns

    def load(self) -> ModuleType:
        """The module that draws it."""
        return import_module(f"syncsweep.paper.figures.{self.module}")


def _no_study(config: Config) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Part:
    """A part of `snakemake paper`, made by the module of its name in `paper/parts/`.

    tables: names without ending, each as Parquet and CSV; studies: the studies whose rows it reads;
    pages: further files beside its tables; minutes, memory [MB]: resources of its job; on_request:
    whether only `snakemake larger_chains` makes it, because it takes hours.
    """

    name: str
    tables: tuple[str, ...]
    figure: Figure | None = None
    studies: Callable[[Config], Iterable[str]] = _no_study
    pages: tuple[str, ...] = ()
    minutes: int = 60
    memory: int = 2000
    on_request: bool = False

    @property
    def columns(self) -> dict[str, Columns]:
        """What the columns of its tables hold, by table."""
        columns: dict[str, Columns] = self.load().COLUMNS
        return columns

    def load(self) -> ModuleType:
        """The module that makes its tables."""
        return import_module(f"syncsweep.paper.parts.{self.name}")
