"""Blocks: what the shards of one folder hold for each sample, and the name of the folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from syncsweep.config.axes import Point
from syncsweep.config.observables import ObservableCode


@dataclass(frozen=True)
class Block:
    """Values of η at some points of a study, which are solved in one job.

    etas: canonical, ascending; points: in the order of the study, ((),) without axes; observables:
    what decides the columns beside those of S_d.
    """

    etas: tuple[float, ...]
    points: tuple[Point, ...] = ((),)
    observables: tuple[ObservableCode, ...] = ()

    @cached_property
    def id(self) -> str:
        """Name of its folder, made from its content."""
        of_points = "" if self.points == ((),) else f"-p{len(self.points)}"
        content: object = self.etas if not of_points else [self.etas, self.points]
        if self.observables:
            content = [content, [code.model_dump(mode="json") for code in self.observables]]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]
        first, last = self.etas[0], self.etas[-1]
        return f"eta-{first:.4g}-{last:.4g}-n{len(self.etas)}{of_points}-{digest}"

    @property
    def rows(self) -> int:
        """Number of rows of a sample."""
        return len(self.etas) * len(self.points)
