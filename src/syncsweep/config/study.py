"""A study: one sweep of the configuration, how it is cut into jobs, and what they cost."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise
from typing import Self

from pydantic import Field, PrivateAttr, StrictBool, model_validator

from syncsweep.config import sizing
from syncsweep.config.analysis import MEANS, Analysis, check_measure, without_differences
from syncsweep.config.axes import Axis, check_axes, column_of, points_of
from syncsweep.config.blocks import Block
from syncsweep.config.chunks import FEWEST, chunks, number_of_chunks
from syncsweep.config.eta import EtaBlock
from syncsweep.config.fields import (
    Integer,
    OptionalInteger,
    OptionalNumber,
)
from syncsweep.config.figure import AnyFigure, OneOrMoreFigures, as_tuple, check_figures
from syncsweep.config.observables import (
    AnyObservable,
    ObservableCode,
    check_observables,
    columns_of_numbers,
    files_of,
)
from syncsweep.config.physics import (
    MOST_DENSE,
    AnyEnsemble,
    AnyModel,
    Ensemble,
    Measure,
    PackageModel,
    TwoSpin1sPerturbation,
    check_ensemble,
    may_have_few_terms,
)
from syncsweep.config.plane_figures import ETA, columns_of_summary
from syncsweep.config.until import Until, WithUntil, columns_of_errors
from syncsweep.config.user_code import OwnEnsemble, OwnModel, dimension
from syncsweep.sample_range import SampleRange

#: File names of shards have nine digits.
MOST_SAMPLES = 10**9 - 1

#: A study with more values of η is a mistake that would take all memory.
_MOST_ETAS = 100_000

#: Snakemake plans so many jobs in some ten seconds.
_MOST_SHARDS = 10_000

#: Jump operators of an ensemble of the user's own, whose number is not known before it is drawn.
_OWN_JUMPS = 4


class Study(WithUntil):
    """One sweep: a model under an ensemble of perturbations over a set of η."""

    model: AnyModel = Field(description="unperturbed model")
    ensemble: AnyEnsemble = Field(Ensemble(), description="random perturbation")
    axes: dict[str, Axis] = Field(
        {},
        description="parameters that take several values, by path, such as model.J; the study "
        "solves all combinations of these",
    )
    samples: Integer = Field(ge=1, le=MOST_SAMPLES, description="realisations per η and point")
    until: Until | None = Field(None, description="instead of samples: the errors at which to stop")
    chunk_size: OptionalInteger = Field(
        None,
        ge=1,
        le=10**6,
        description="samples per job and shard; null: jobs of ten minutes if the sweep is long "
        "enough",
    )
    core_seconds: OptionalNumber = Field(
        None,
        gt=0,
        le=1e6,
        description="CPU seconds of one sample, all its η, for time limits; null: an estimate",
    )
    eta_blocks: tuple[EtaBlock, ...] = Field(
        min_length=1, description="η grids or lists; all η of a block are solved together"
    )
    observables: tuple[AnyObservable, ...] = Field((), description="numbers of each steady state")
    measure: Measure = Field(
        "relative",
        description="relative: S_d of the N−1 angle differences; absolute: S of the N angles "
        "themselves, for 1 to 4 spins whose model has a phase of its own",
    )
    analysis: Analysis = Field(
        MEANS, description="how shards become tables; without it: means of S_max"
    )
    figure: OneOrMoreFigures | None = Field(
        None, description="the figure of this study, or a list of figures; null: none"
    )
    by_default: StrictBool = Field(
        True,
        description="whether plain `snakemake` runs it; `snakemake study_<name>` always does",
    )
    _codes: tuple[ObservableCode, ...] = PrivateAttr(())  # of its observables

    _of_measure = model_validator(mode="before")(without_differences)

    @model_validator(mode="after")
    def _ensemble_fits(self) -> Self:
        check_ensemble(self.ensemble, self.model.spins)
        if isinstance(self.ensemble, TwoSpin1sPerturbation) and self.samples > 1:
            raise ValueError(
                f"samples must be 1, because ensemble.kind: {self.ensemble.kind} draws nothing at "
                f"random, but is {self.samples}"
            )
        return self

    @model_validator(mode="after")
    def _observables_fit(self) -> Self:
        binned = self.analysis.observable_bins or ()
        check_observables(self.observables, self.model.spins, binned, map(column_of, self.axes))
        return self

    @model_validator(mode="after")
    def _axes_fit(self) -> Self:
        parts = {"model": self.model, "ensemble": self.ensemble}
        check_axes(self.axes, parts, lambda part: check_ensemble(part, self.model.spins))
        if self.axes and self.analysis.limit_draws is not None:
            raise ValueError("analysis.limit_draws is for a study without axes; leave it out")
        if self.axes and self.analysis.maxima_bins is not None:
            raise ValueError("analysis.maxima_bins is for a study without axes; leave it out")
        return self

    @model_validator(mode="after")
    def _etas_once(self) -> Self:
        seen: set[float] = set()
        for block in self.eta_blocks:
            for eta in block.etas:
                if eta in seen:
                    raise ValueError(f"eta_blocks must not repeat an η, but has {eta:g} twice")
                seen.add(eta)
            if len(seen) > _MOST_ETAS:
                raise ValueError(f"eta_blocks must hold at most {_MOST_ETAS} values of η")
        return self

    @model_validator(mode="after")
    def _figures_have_data(self) -> Self:
        check_measure(self.measure, self.model.n_sites, self.analysis)
        etas = tuple(sorted(eta for block in self.eta_blocks for eta in block.etas))
        axes = {ETA: etas} | {column_of(path): self.axes[path].grid for path in sorted(self.axes)}
        n_angles = self.n_angles if self.axes else 0
        columns = columns_of_summary(self.analysis, n_angles, self._numbers)
        check_figures(self.figures, self.analysis, axes, columns)
        return self

    @model_validator(mode="after")
    def _limit_law_is_known(self) -> Self:
        if self.analysis.limit_draws is None:
            return self
        if not any(0 in block.etas for block in self.eta_blocks):
            raise ValueError(
                "analysis.limit_draws needs η = 0 in eta_blocks; write limit: true in the grid"
            )
        if self.own_files or not isinstance(self.ensemble, Ensemble):
            raise ValueError(
                "analysis.limit_draws: the law of η → 0⁺ is known only for the models and the "
                "random ensemble of syncsweep; leave it out (η = 0 itself needs no law)"
            )
        if isinstance(self.model, PackageModel) and not self.model.has_limit_law:
            raise ValueError(
                f"analysis.limit_draws: the law of η → 0⁺ is not known for {self.model.name}; "
                "leave it out (η = 0 itself needs no law)"
            )
        if self.ensemble.zeta_diss == 0:
            raise ValueError("analysis.limit_draws needs ensemble.zeta_diss > 0")
        return self

    @model_validator(mode="after")
    def _shards_can_be_planned(self) -> Self:
        if self.until is not None:
            self.until.check(columns_of_errors(self.analysis, self._numbers))
        shards = number_of_chunks(self.samples, self.samples_per_chunk, self.until is not None)
        shards *= len(self.eta_blocks) * self._batches
        if shards > _MOST_SHARDS:
            what, instead = "samples need", "split the study"
            if self.chunk_size is not None:
                what, instead = "chunk_size makes", "leave it out, or make it larger"
            raise ValueError(
                f"{what} {shards} shards of {self.samples_per_chunk} samples, but at most "
                f"{_MOST_SHARDS} are allowed; {instead}"
            )
        return self

    @property
    def figures(self) -> tuple[AnyFigure, ...]:
        """All figures of this study."""
        return as_tuple(self.figure)

    @property
    def dim(self) -> int:
        """Dimension D of the Hilbert space."""
        return dimension(self.model.spins)

    @property
    def _numbers(self) -> list[str]:
        return columns_of_numbers(self.observables, self.model.spins)

    @property
    def n_angles(self) -> int:
        """Number of angles of the distribution that is measured."""
        return self.model.n_sites - (self.measure == "relative")

    @property
    def own_files(self) -> dict[str, str]:
        """Files of the user's own that decide rows, by key: `model`, `ensemble`."""
        parts = {"model": self.model, "ensemble": self.ensemble}
        own = (OwnModel, OwnEnsemble)
        return {key: part.file for key, part in parts.items() if isinstance(part, own)}

    @property
    def read_files(self) -> dict[str, str]:
        """All files of the user's own, by key: those of observables decide columns of their own."""
        return self.own_files | files_of(self.observables)

    @property
    def full_rank(self) -> bool:
        """Whether K is of the whole space and of full rank."""
        ensemble = self.ensemble
        return isinstance(ensemble, Ensemble) and ensemble.is_full_rank(self.model.spins)

    @property
    def row_bytes(self) -> int:
        """Memory of one row in bytes."""
        return sizing.row_bytes(self.model.spins, self.measure == "absolute")

    @property
    def cost(self) -> sizing.DenseCost | sizing.OperatorCost:
        """The estimated cost of a sample. A model of the user's own may need matrices (D², D²)."""
        ensemble, spins = self.ensemble, self.model.spins
        few = may_have_few_terms(self.dim, ensemble)
        if not few or (self.own_files and self.dim <= MOST_DENSE):
            return sizing.DenseCost(self.dim, self.full_rank)
        jumps, decay = _OWN_JUMPS, float(self.dim)
        if isinstance(ensemble, Ensemble):
            jumps = (ensemble.rank or self.dim**2) if ensemble.kind == "global" else 0
            decay = ensemble.mean_decay(spins)
        etas = [eta for block in self.eta_blocks for eta in block.etas]
        large = sum(eta * decay > 1 for eta in etas) / len(etas)
        return sizing.OperatorCost(self.dim, jumps, large, "model" in self.own_files)

    def sample_seconds(self, n_eta: int) -> float:
        """`core_seconds` of a sample at `n_eta` of the study's values of η, in one block."""
        estimate = self.cost.seconds(n_eta)
        if self.core_seconds is None:
            return estimate
        sizes = [len(block.etas) for block in self.eta_blocks]
        return self.core_seconds * estimate / sum(map(self.cost.seconds, sizes))

    def job_size(self, samples: int, n_eta: int, least: int, most: int) -> sizing.JobSize:
        """Size of a job for some samples of a block.

        samples: their number at all points; least: ranks in the configuration; most: ranks that a
        profile allows.
        """
        seconds = self.sample_seconds(n_eta)
        ranks = sizing.ranks(samples, seconds, least, most)
        memory = sizing.rank_memory(
            self.cost.memory(n_eta), samples * n_eta * self.row_bytes, ranks
        )
        return sizing.JobSize(ranks, sizing.job_minutes(samples, seconds, ranks), memory)

    @cached_property
    def n_points(self) -> int:
        """Number of points of the axes; 1 without axes."""
        return math.prod(len(axis.grid) for axis in self.axes.values())

    @property
    def rows(self) -> int:
        """Number of all rows."""
        return self.samples * sum(block.rows for block in self.blocks)

    def _chunks(self, samples: int) -> int:
        """Number of chunks and batches of points together, of each η-block."""
        sizes = [len(block.etas) for block in self.eta_blocks]
        seconds = sum(self.sample_seconds(n) for n in sizes)
        return sizing.n_chunks(
            samples * self.n_points, seconds, len(sizes), self.row_bytes * max(sizes)
        )

    @cached_property
    def samples_per_chunk(self) -> int:
        """`chunk_size`, or the automatic choice: jobs divide points first, and then samples."""
        if self.chunk_size is not None:
            return self.chunk_size
        most = self.until.most_samples if self.until else self.samples
        batches = self._batches if self.until else self.n_points
        return math.ceil(most / math.ceil(self._chunks(most) / batches))

    @property
    def _batches(self) -> int:
        """Number of batches of points that chunks of so many samples leave.

        With `until`, it is that of the first round, because all rounds have the same blocks.
        """
        if self.until:
            return min(self.n_points, self._chunks(FEWEST))
        chunks = math.ceil(self.samples / self.samples_per_chunk)
        return min(self.n_points, math.ceil(self._chunks(self.samples) / chunks))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks: for each η-block, batches of points of nearly the same size."""
        points, n = points_of(self.axes), self._batches
        edges = [len(points) * k // n for k in range(n + 1)]
        return tuple(
            Block(block.etas, points[low:high], self._codes)
            for block in self.eta_blocks
            for low, high in pairwise(edges)
        )

    @property
    def chunks(self) -> tuple[SampleRange, ...]:
        """Ranges of samples, one per job and shard of a block."""
        return chunks(self.samples, self.samples_per_chunk, self.until is not None)
