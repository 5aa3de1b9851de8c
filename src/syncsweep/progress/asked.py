"""What the configuration asks for: samples 0 … n−1 of each η-block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncsweep.config import Config
from syncsweep.config_results import Analysis
from syncsweep.layout import BlockFolder, study_folder
from syncsweep.sweep.parts import PartIdentity
from syncsweep.sweep.shard import Identity


@dataclass(frozen=True)
class AskedBlock:
    """One η-block of a study.

    samples: how many are asked for, from 0 on; core_seconds: what a sample of this block should
    take by the configuration.
    """

    study: str
    physics_hash: str
    folder: BlockFolder
    etas: tuple[float, ...]
    samples: int
    core_seconds: float
    analysis: Analysis

    def identity(self, start: int, stop: int) -> Identity:
        """What a shard of samples start … stop−1 must say of itself."""
        block = self.folder.path.name
        return Identity(self.study, self.physics_hash, block, self.etas, start, stop)

    @property
    def part_identity(self) -> PartIdentity:
        """What a part must say of itself."""
        return PartIdentity(self.physics_hash, self.folder.path.name)


def asked_blocks(config: Config, studies: Iterable[str]) -> list[AskedBlock]:
    """The η-blocks of some studies of a configuration, in its order."""
    found = []
    for study in studies:
        settings = config.studies[study]
        physics_hash = config.physics(study).digest
        folder = study_folder(config.results, study, physics_hash)
        for block in settings.eta_blocks:
            found.append(
                AskedBlock(
                    study=study,
                    physics_hash=physics_hash,
                    folder=BlockFolder(folder / block.id),
                    etas=block.etas,
                    samples=settings.samples,
                    core_seconds=settings.sample_seconds(len(block.etas)),
                    analysis=settings.analysis,
                )
            )
    return found
