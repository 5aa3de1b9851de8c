"""The size of jobs: samples per chunk, ranks, time limit and memory, from the cost of a sample.

The costs were measured on one core of a 2-core x86 machine with OpenBLAS (`make bench` measures
them again) and only steer how work is cut. A wrong cost makes jobs longer or shorter, nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: A job should take at least this long, where the sweep is long enough [s].
JOB_SECONDS = 600.0

#: Chunks are cut for this number of ranks, each busy for JOB_SECONDS.
_JOB_RANKS = 16

#: Jobs of a sweep: not fewer, if each then has a minute's work of a core, and not more.
_FEWEST_JOBS, _MOST_JOBS = 10, 500
_LEAST_JOB_SECONDS = 60.0

#: Most memory of a shard's rows [bytes]; the first rank holds all of them at the end of a job, and
#: so many times over: its own, those it receives, their table, and the file's buffer.
_SHARD_BYTES = 250e6
_COPIES = 4

#: Largest D of models whose samples are solved together in stacks.
MOST_STACKED = 10

#: CPU seconds of a row for a table by number of spins, averaged over a study [s].
_TABLE_ROW_SECONDS = {1: 2e-5, 2: 7.5e-5, 3: 7.5e-5, 4: 7.5e-3, 5: 0.06, 6: 1.5}

#: Most memory that blocks of L₀ take, see `physics.block_generator` [bytes].
_BLOCK_BYTES = 2**30

#: Start of a job before its first sample, and its end after the last, generously [min].
_OVERHEAD_MINUTES = 8


@dataclass(frozen=True)
class DenseCost:
    """The cost of a sample of Hilbert-space dimension `dim` with matrices (D², D²).

    full_rank: whether K is of the whole space and of full rank.
    """

    dim: int
    full_rank: bool = True

    def seconds(self, n_eta: int) -> float:
        """CPU seconds to solve it at `n_eta` values of η.

        Drawing K and one factorisation of D² equations, the products of a Krylov space that serves
        all η, and the measures of each η. Small systems have a factorisation for each η.
        """
        n = self.dim**2
        if self.dim <= MOST_STACKED:
            return 2e-5 + 3e-8 * n**2 + (3e-6 + 1e-7 * n + 6e-11 * n**3) * n_eta
        return 2e-3 + 6e-11 * n**3 + 1e-7 * n**2 + 3e-6 * n**0.75 * n_eta

    def memory(self, n_eta: int) -> int:
        """Bytes of the largest matrices at once.

        These are K, complex, and L₁, real, beside each other; or K beside its factor, if its rank
        is not full, because then they do not share their memory.
        """
        return (16 + 8 + 3 if self.full_rank else 16 + 16 + 3) * self.dim**4


@dataclass(frozen=True)
class OperatorCost:
    """The cost of a sample without such matrices.

    jumps: jump operators of L₁; 0 if its terms act on few spins. large: share of the values of η
    that are so large that each has a GMRES of its own. blocks: whether L₀ may have to be inverted
    block by block. Measured for D = 81 … 729 with up to 40 jump operators, and right within a
    factor of two there.
    """

    dim: int
    jumps: int
    large: float
    blocks: bool = False

    def seconds(self, n_eta: int) -> float:
        """CPU seconds to solve it at `n_eta` values of η.

        A GMRES takes 30 to 70 steps. One Krylov space serves all small η. The states of each η are
        diagonalised.
        """
        steps = 4e-6 * self.dim**2 + 5e-9 * self.dim**3
        if self.jumps:
            steps += 2e-8 * self.dim**3 * (1 + self.jumps / 3)
        n_large = math.ceil(n_eta * self.large)
        return 2e-3 + (1 + n_large) * steps + 4e-10 * self.dim**3 * n_eta

    def memory(self, n_eta: int) -> int:
        """Bytes: some 140 real vectors of D² numbers, five for each η, and the jump operators.

        A GMRES takes 50 vectors more. Jump operators are complex, and take seven times their memory
        while they are drawn.
        """
        vectors = 140 + 50 * (self.large > 0) + 5 * n_eta
        return (8 * vectors + 112 * self.jumps) * self.dim**2 + _BLOCK_BYTES * self.blocks


def row_bytes(spins: tuple[float, ...], is_absolute: bool = False) -> int:
    """Memory of a row in bytes: the coefficients, the maximum, and about ten numbers.

    is_absolute: whether they are of S of the angles, and not of S_d of their differences.
    """
    if is_absolute:
        coefficients = math.prod(round(4 * spin + 1) for spin in spins)
    elif len(spins) <= 4:  # an upper bound, by which shards of earlier versions were cut
        coefficients = math.prod(round(4 * spin + 1) for spin in sorted(spins)[:-1])
    else:
        coefficients = _coefficients(spins)
    return 8 * (coefficients + len(spins) + 10)


def _coefficients(spins: tuple[float, ...]) -> int:
    """Real numbers that S_d has: the integers k_j with |k_j| ≤ 2S_j and Σk_j = 0, of all spins."""
    ways = {0: 1}
    for spin in spins:
        sums: dict[int, int] = {}
        for total, count in ways.items():
            for k in range(-round(2 * spin), round(2 * spin) + 1):
                sums[total + k] = sums.get(total + k, 0) + count
        ways = sums
    return ways[0]


def n_chunks(samples: int, seconds: float, n_blocks: int, sample_bytes: int) -> int:
    """Chunks of each η-block, so that jobs take ten minutes where the sweep is long enough.

    samples: of all points; seconds: core-seconds of one sample, all blocks together; sample_bytes:
    memory of its rows in the largest block.
    """
    total = samples * seconds
    jobs = max(
        math.floor(total / (_JOB_RANKS * JOB_SECONDS)),
        min(_FEWEST_JOBS, math.floor(total / _LEAST_JOB_SECONDS)),
    )
    chunks = math.ceil(min(jobs, _MOST_JOBS) / n_blocks)
    return max(chunks, math.ceil(samples * sample_bytes / _SHARD_BYTES))


def ranks(samples: int, seconds: float, least: int, most: int) -> int:
    """MPI ranks of a job: as many as are needed for a job of ten minutes.

    At least the ranks of the configuration, at most those of a profile, and no rank without a
    sample. At least two if a profile allows more than one, because Snakemake's Slurm executor does
    not submit MPI jobs of one rank.
    """
    wanted = min(most, math.floor(samples * seconds / JOB_SECONDS))
    return min(max(least, wanted, 2), max(samples, 2), most)


@dataclass(frozen=True)
class JobSize:
    """The request of a job: MPI ranks, and memory of each [MB]; minutes: expected time."""

    ranks: int
    minutes: float
    rank_memory: int

    @property
    def time_limit(self) -> int:
        """Time limit [min]."""
        return time_limit(self.minutes)


def job_minutes(samples: int, seconds: float, n_ranks: int) -> float:
    """Expected minutes of a job: the rank with the most samples decides."""
    return math.ceil(samples / n_ranks) * seconds / 60


def time_limit(minutes: float) -> int:
    """Time limit of a job [min]: three times its expected time, and time for its start and end."""
    return _OVERHEAD_MINUTES + math.ceil(round(3 * minutes, 6))


def rank_memory(sample_bytes: int, shard_bytes: int, n_ranks: int) -> int:
    """Memory of each rank [MB]: libraries, a sample's operators, and the shard's rows."""
    return math.ceil(300 + 1e-6 * (sample_bytes + _COPIES * shard_bytes / n_ranks))


def table_row_seconds(spins: tuple[float, ...]) -> float:
    """CPU seconds of a row for a table: χ is sampled where its S_d is near the maximum.

    Larger spins than 1 have shorter waves in S_d, and so finer grids. Five and six spins take most
    of it to find all their maxima near η → 0⁺: up to 384 and 3840.
    """
    seconds = _TABLE_ROW_SECONDS[len(spins)]
    return seconds * max(1.0, *spins) ** (len(spins) - 1)


def tables_time_limit(rows: int, spins: tuple[float, ...]) -> int:
    """Time limit of a table of a study [min]: four times the expected time of its rows."""
    return 10 + math.ceil(4 * table_row_seconds(spins) * rows / 60)
