"""Measure how often the intervals contain the true value, over subsamples of solved samples.

`measure_coverage.py --folder FOLDER` solves the samples once, keeps their values in the folder, and
prints a Markdown table. This table is in docs/statistics.md. Exit code 1 if a line of it breaks the
promise on that page.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from syncsweep.config.analysis import Analysis
from syncsweep.config.file import load_config
from syncsweep.config.physics import Physics
from syncsweep.physics.chi import interval_probabilities
from syncsweep.report.report_words import scientific
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.tables.control import control_variate, controlled_probability
from syncsweep.tables.number import Number
from syncsweep.tables.samples import SampleRows, chi_of_sample
from syncsweep.tables.statistics import RunningCovariance, RunningMean, type_ratio

CONFIG = load_config(Path(__file__).parents[1] / "config.yaml")

#: η > 0 of each study. Each sample is also solved at η → 0⁺, which is its control.
ETAS = {
    "spin1_chain_n2": (1e-5, 1e-3, 1e-2, 1e-1, 10.0),
    "spin1_chain": (1e-5, 1e-4, 1e-3, 1e-1, 10.0),
    "spin_half_pair": (1e-3, 1e-2, 3e-2, 1e-1, 10.0),
}

#: The intervals of P_a are those of the chain of three, which the paper uses.
ANALYSIS = CONFIG.studies["spin1_chain"].analysis

#: Number of samples in a subsample, and the number of expected hits from which on the upper bounds
#: below apply. `PROMISED` gives, by the standard errors of an interval, the bounds on the share of
#: subsamples whose interval contains the true value.
SIZE, ENOUGH = 200, 5.0
PROMISED = {1.0: (0.62, 0.74), 2.0: (0.92, 0.98)}


@dataclass(frozen=True)
class Found:
    """Shares of subsamples whose intervals of one and two standard errors contain the true value.

    hits: expected number of hits in a subsample, or None if a quantity has no hits.
    """

    hits: float | None
    held: tuple[float, float]

    @property
    def is_as_promised(self) -> bool:
        """Whether these shares are within PROMISED, or above it where hits are few."""
        few = self.hits is not None and self.hits < ENOUGH
        pairs = zip(self.held, PROMISED.values(), strict=True)
        return all(low <= held and (few or held <= high) for held, (low, high) in pairs)

    def __str__(self) -> str:
        hits = "–" if self.hits is None else f"{self.hits:.1f}"
        held = " | ".join(f"{100 * part:.1f}" for part in self.held)
        return f"{hits} | {held if self.is_as_promised else f'**{held}**'}"


def values_of(study: str, samples: int, folder: Path) -> np.ndarray:
    """S_max, P₁, P₂, P₃ of samples (n, 1 + n_eta, 4) at η → 0⁺ and ETAS; read from a kept file."""
    kept = folder / f"{study}-{samples}.npy"
    if kept.exists():
        return np.asarray(np.load(kept))
    physics, analysis = CONFIG.physics(study), ANALYSIS
    solver = SampleSolver(physics, (0.0, *ETAS[study]))
    with threadpool_limits(1):
        values = np.array([_of_sample(solver, physics, analysis, i) for i in range(samples)])
    values = values[np.isfinite(values).all(axis=(1, 2))]
    folder.mkdir(parents=True, exist_ok=True)
    np.save(kept, values)
    return values


def _of_sample(
    solver: SampleSolver, physics: Physics, analysis: Analysis, sample: int
) -> np.ndarray:
    held = SampleRows.from_rows(solver.rows(sample))
    chi = chi_of_sample(physics, analysis.threshold, held)
    p = interval_probabilities(chi.chi, chi.weights, analysis.chi_intervals)
    return np.where(held.good[:, None], np.column_stack([held.maximum.s_max, p]), np.nan)


def plain(values: np.ndarray, chosen: np.ndarray) -> dict[str, Found]:
    """Plain means of values (n, 4) over the chosen samples (subsamples, SIZE)."""
    truth = values.mean(axis=0)
    s_max, p = RunningMean(len(chosen), 1), RunningCovariance(len(chosen), 3)
    everywhere = np.ones(len(chosen), dtype=bool)
    for one in values[chosen].swapaxes(0, 1):
        s_max.add(one[:, :1], everywhere)
        p.add(one[:, 1:], everywhere)
    mean, error = s_max.mean[:, 0], s_max.standard_error[:, 0]
    held = [part(mean - z * error, truth[0], mean + z * error) for z in PROMISED]
    found = {"⟨S_max⟩": Found(None, (held[0], held[1]))}
    intervals = [p.probability_interval(z) for z in PROMISED]
    for a in range(3):
        one, two = (part(ends.low[:, a], truth[1 + a], ends.high[:, a]) for ends in intervals)
        hits = SIZE * min(truth[1 + a], 1 - truth[1 + a])
        found[f"P{'₁₂₃'[a]}"] = Found(float(hits), (one, two))
    if truth[1] > 0:
        assert ANALYSIS.ratio
        x = truth[2] / truth[1] / ANALYSIS.ratio.weight
        ends = [type_ratio(p, ANALYSIS.ratio, z).ends for z in PROMISED]
        one, two = (part(low, x, high) for low, high in filter(None, ends))
        found["P₂/(3P₁)"] = Found(float(SIZE * min(truth[1], truth[2])), (one, two))
    return found


def controlled(values: np.ndarray, limits: np.ndarray, chosen: np.ndarray) -> dict[str, Found]:
    """The same with the limits (n, 4) as control variates, whose means are known."""
    found = {}
    for q, name in enumerate(("⟨S_max⟩", "P₁", "P₂", "P₃")):
        estimate = control_variate if q == 0 else controlled_probability
        truth, known = float(values[:, q].mean()), Number(float(limits[:, q].mean()))
        held = []
        for z in PROMISED:
            rows = [estimate(values[one, q], limits[one, q], known, z) for one in chosen]
            low, high = (
                np.array([row[f"control_{end}"] for row in rows]) for end in ("low", "high")
            )
            held.append(part(low, truth, high))
        flips = SIZE * float(np.abs(values[:, q] - limits[:, q]).mean())
        found[name] = Found(None if q == 0 else min(flips, SIZE * truth), (held[0], held[1]))
    return found


def part(low: np.ndarray, truth: float, high: np.ndarray) -> float:
    """The share of intervals that contain the true value, up to rounding."""
    room = 1e-12 * abs(truth)
    return float(np.mean((low <= truth + room) & (truth - room <= high)))


def lines(folder: Path, samples: dict[str, int], subsamples: int) -> Iterator[tuple[bool, str]]:
    """The lines of the table, and whether each is as promised."""
    for study, etas in ETAS.items():
        values = values_of(study, samples[study], folder)
        for index, eta in enumerate(etas, start=1):
            rng = np.random.default_rng([index, len(values)])
            chosen = rng.integers(len(values), size=(subsamples, SIZE))
            first = plain(values[:, index], chosen)
            second = controlled(values[:, index], values[:, 0], chosen)
            for name, found in first.items():
                both = [found, *([second[name]] if name in second else [])]
                cells = [str(one) for one in both] + ["| |"] * (2 - len(both))
                text = f"| {study} | {scientific(eta)} | {name} | {' | '.join(cells)} |"
                yield all(one.is_as_promised for one in both), text


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where to keep values")
    parser.add_argument("--samples", type=int, default=20_000, help="samples for two spins")
    parser.add_argument("--samples-n3", type=int, default=5000, help="samples for three spins")
    parser.add_argument("--subsamples", type=int, default=1000)
    arguments = parser.parse_args()
    samples = dict.fromkeys(ETAS, arguments.samples) | {"spin1_chain": arguments.samples_n3}
    print("| study | η | | hits | 1 s.e. [%] | 2 s.e. [%] | flips | 1 s.e. [%] | 2 s.e. [%] |")
    print("|---|---|---|---|---|---|---|---|---|")
    kept = []
    for is_as_promised, line in lines(arguments.folder, samples, arguments.subsamples):
        kept.append(is_as_promised)
        print(line, flush=True)
    if not all(kept):
        sys.exit(f"error: {kept.count(False)} of {len(kept)} lines are not as promised")


if __name__ == "__main__":
    main()
