"""Measure the bias of a study with `until`, and the coverage of its intervals.

Each line draws independent numbers, and stops by the rule of `tables.stopping` at the totals of
`config.chunks`. The table is in docs/statistics.md. Exit code 1 if a line breaks the promise there.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from syncsweep.config.analysis import Analysis, LogBins
from syncsweep.config.chunks import totals
from syncsweep.tables.stopping import RunningErrors

ANALYSIS = Analysis(s_max_bins=LogBins(low=1e-8, high=1.0, count=1))
MOST = 20_000

#: Bounds of the bias in standard errors, and of the share of intervals that contain the true value.
MOST_BIAS, LEAST_HELD = 0.4, 0.6

Draw = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Case:
    """Numbers that a study averages: their law and its mean, and the error at which it stops."""

    name: str
    draw: Draw
    mean: float
    column: str
    error: float

    def add(self, running: RunningErrors, values: np.ndarray) -> None:
        """Add a realisation of each replication (n,), as S_max or as P₁."""
        good = np.ones(len(values), dtype=bool)
        if self.column == "p1_se":
            running.probabilities.add(np.column_stack([values, 0 * values, 0 * values]), good)
        running.add_values({"s_max": values})

    def found(self, running: RunningErrors) -> np.ndarray:
        """The mean of each replication, its standard error, and the ends of its interval (4, n)."""
        if self.column == "p1_se":
            p = running.probabilities
            low, high = p.probability_interval()
            return np.array([p.mean[:, 0], p.standard_error[:, 0], low[:, 0], high[:, 0]])
        mean, error = running.means["s_max"].mean[:, 0], running.means["s_max"].standard_error[:, 0]
        return np.array([mean, error, mean - error, mean + error])


@dataclass(frozen=True)
class Found:
    """Of a case: bias in standard errors, and the share of intervals that contain the mean.

    samples: on average; fixed: the same share for about as many samples, fixed in advance.
    without: the share of replications that reach MOST without the error.
    """

    samples: float
    bias: float
    held: float
    fixed: float
    without: float

    @property
    def is_as_promised(self) -> bool:
        """Whether it keeps the bounds."""
        return abs(self.bias) <= MOST_BIAS and self.held >= LEAST_HELD


def measure(case: Case, replications: int, most: int = MOST) -> Found:
    """Stop so many independent studies, each with this one number to average."""
    rng = np.random.default_rng([len(case.name), replications, *case.name.encode()])
    running = RunningErrors(replications, ANALYSIS, needs_chi=case.column == "p1_se")
    stopped = np.zeros(replications, dtype=int)
    at_stop = np.full((4, replications), np.nan)
    by_total = {}
    done = 0
    for total in totals(most):
        for _ in range(done, total):
            case.add(running, case.draw(rng, replications))
        done = total
        found = by_total[total] = case.found(running)
        holds = running.errors()[case.column] <= case.error
        new = (stopped == 0) & (holds | (total == most))
        at_stop[:, new], stopped[new] = found[:, new], total
        if stopped.all():
            break
    without = float(np.mean((stopped == most) & ~holds))
    near = min(by_total, key=lambda total: abs(total - stopped.mean()))
    mean, error = at_stop[:2]
    bias = float((mean - case.mean).mean() / error.mean()) if error.any() else 0.0
    return Found(
        float(stopped.mean()), bias, _held(at_stop, case), _held(by_total[near], case), without
    )


def _held(found: np.ndarray, case: Case) -> float:
    return float(np.mean((found[2] <= case.mean) & (case.mean <= found[3])))


def bernoulli(p: float, error: float) -> Case:
    """Whole hits, of which a share p is expected."""
    return Case(f"P = {p:g}", lambda rng, n: (rng.random(n) < p).astype(float), p, "p1_se", error)


def lognormal(sigma: float, error: float) -> Case:
    """S_max whose logarithm is normal with a standard deviation; the error is relative."""
    return Case(
        f"S_max, σ = {sigma:g}",
        lambda rng, n: rng.lognormal(-(sigma**2) / 2, sigma, n),
        1.0,
        "s_max_relative_se",
        error,
    )


#: Errors at which the study stops after some 300, 1000 and 4000 samples, and rare events.
CASES = (
    *(
        bernoulli(p, round(np.sqrt(p * (1 - p) / n), 4))
        for p in (0.5, 0.3, 0.1, 0.01)
        for n in (300, 1000, 4000)
    ),
    bernoulli(0.001, 0.002),
    bernoulli(0.0, 0.002),
    bernoulli(0.99, 0.003),
    *(
        lognormal(sigma, round(np.sqrt(np.expm1(sigma**2) / n), 4))
        for sigma in (0.5, 1.0, 1.5)
        for n in (300, 1000, 4000)
    ),
)


def lines(cases: tuple[Case, ...], replications: int) -> Iterator[tuple[bool, str]]:
    """The lines of the table, and whether each is as promised."""
    for case in cases:
        found = measure(case, replications)
        yield (
            found.is_as_promised,
            (
                f"| {case.name} | {case.error:g} | {found.samples:.0f} | {found.bias:+.2f} | "
                f"{100 * found.held:.1f} | {100 * found.fixed:.1f} | {100 * found.without:.0f} |"
            ),
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=2000, help="studies for each line")
    arguments = parser.parse_args()
    print("| | until | samples | bias [s.e.] | 1 s.e. [%] | fixed [%] | without [%] |")
    print("|---|---|---|---|---|---|---|")
    kept = []
    for is_as_promised, line in lines(CASES, arguments.replications):
        kept.append(is_as_promised)
        print(line, flush=True)
    if not all(kept):
        sys.exit(f"error: {kept.count(False)} of {len(kept)} lines are not as promised")


if __name__ == "__main__":
    main()
