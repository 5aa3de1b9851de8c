"""The largest standard errors of a study with `until`, from which it decides whether to stop.

They are those of the table `summary`, except where a standard error says too little. The error of
a P_a, or of a ratio, is the longer reach of its interval if that is larger. The error of values
that are all equal is not 0: a share of the ensemble that nobody has seen yet may be as large as
the largest value of the study. See docs/statistics.md.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from syncsweep.config.analysis import Analysis
from syncsweep.config.axes import Point
from syncsweep.config.requests import ErrorsRequest
from syncsweep.environment.provenance import ASKED, asked
from syncsweep.files import read_regular, replace_atomically, write_text
from syncsweep.layout import running_errors_file
from syncsweep.physics.chi import interval_probabilities
from syncsweep.sweep.description import Description
from syncsweep.tables.intervals import probability_interval
from syncsweep.tables.number import Number
from syncsweep.tables.reading import MOST_BYTES
from syncsweep.tables.rounds import digest_of
from syncsweep.tables.samples import SampleRows, chi_of_sample, describe, read_samples
from syncsweep.tables.statistics import RunningCovariance, RunningMean, type_ratio

#: Values count as equal if their standard deviation is below this share of the largest.
_ROUNDING = 1e-9


class RunningErrors:
    """What the errors of one block need of the samples so far; arrays over its n_eta rows.

    needs_chi: whether there is an error of a P_a.
    """

    def __init__(self, n_eta: int, analysis: Analysis, needs_chi: bool = True) -> None:
        self._analysis, self._needs_chi = analysis, needs_chi
        self.s_max = RunningMean(n_eta, 1)
        self.probabilities = RunningCovariance(n_eta, len(analysis.chi_intervals))
        self.largest = np.zeros((1, n_eta))

    def add(self, described: Description, rows: SampleRows) -> None:
        """Add a sample of a block."""
        p = None
        if self._needs_chi:
            chi = chi_of_sample(described.physics, self._analysis.threshold, rows)
            p = interval_probabilities(chi.chi, chi.weights, self._analysis.chi_intervals)
            self.probabilities.add(p, rows.good & chi.is_defined)
        self.add_s_max(rows.s_max, rows.good)

    def add_s_max(self, s_max: np.ndarray, good: np.ndarray) -> None:
        """Add S_max (n_eta,) of a sample where its row is good."""
        self.s_max.add(s_max[:, None], good)
        self.largest[0] = np.maximum(self.largest[0], np.where(good, np.abs(s_max), 0.0))

    def errors(self, largest: float) -> dict[str, np.ndarray]:
        """The errors (n_eta,) by their columns; largest: of the values of S_max in the study."""
        mean = self.s_max.mean[:, 0]
        s_max = _error_of_mean(self.s_max, largest)
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = {"s_max_se": s_max, "s_max_relative_se": s_max / np.abs(mean)}
        if not self._needs_chi:
            return errors
        p = self.probabilities
        ends = p.probability_interval()
        reach = _longest(p.mean, p.standard_error, ends.low, ends.high)
        errors |= {f"p{a + 1}_se": reach[:, a] for a in range(reach.shape[1])}
        if self._analysis.ratio is not None:
            ratio: Number[np.ndarray] = type_ratio(p, self._analysis.ratio)
            assert ratio.error is not None and ratio.ends is not None
            errors["ratio_se"] = _longest(ratio.value, ratio.error, *ratio.ends)
        return errors

    def state(self) -> dict[str, np.ndarray]:
        """All of it as arrays, by name."""
        kept = {"s_max": self.s_max, "p": self.probabilities}
        arrays = {
            f"{name}{key}": value for name, one in kept.items() for key, value in vars(one).items()
        }
        return {**arrays, "largest": self.largest}

    def take(self, state: dict[str, np.ndarray]) -> None:
        """Continue from a state."""
        for name, array in self.state().items():
            array[...] = state[name]


def _longest(value: np.ndarray, error: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The standard error, or the longer reach of the interval; NaN where a value is not known."""
    return np.maximum(np.maximum(value - low, high - value), error)


def _error_of_mean(mean: RunningMean, largest: float) -> np.ndarray:
    """The standard errors (n_eta,) of means, and of equal values by what may not have been seen.

    Equal values are a sample without a hit: with one standard error, a hit is rarer than the upper
    end of its interval. A hit differs from the others by no more than the largest value.
    """
    error, n = mean.standard_error[:, 0], mean.count
    unseen = probability_interval(n, np.zeros(len(n)), np.zeros(len(n))).high * largest
    is_equal = np.sqrt(mean.variance[:, 0]) <= _ROUNDING * largest
    return np.where(is_equal, unseen, error)


Found = dict[Description, dict[Point, RunningErrors]]


def largest_errors(found: Found) -> dict[str, dict[str, Any]]:
    """The largest error of each column, None if one is not known, and the η and point of it."""
    every = [one for block in found.values() for one in block.values()]
    largest = max(float(one.largest.max()) for one in every)
    worst: dict[str, dict[str, Any]] = {}
    for described, block in found.items():
        for point, running in block.items():
            for column, errors in running.errors(largest).items():
                errors = np.where(np.isfinite(errors), errors, np.inf)
                k = int(np.argmax(errors))
                if column not in worst or errors[k] > worst[column]["error"]:
                    at = {"eta": described.etas[k], **dict(zip(described.axes, point, strict=True))}
                    worst[column] = {"error": float(errors[k]), "at": at}
    return {
        column: {**one, "error": one["error"] if np.isfinite(one["error"]) else None}
        for column, one in worst.items()
    }


def find_errors(request: ErrorsRequest, output: Path) -> None:
    """Write the largest errors of a study at a number of samples; ResultsError as for tables.

    The job continues from what the one before has kept, and reads only the shards since.
    """
    found: Found = {
        block: {
            point: RunningErrors(len(block.etas), request.analysis, request.needs_chi)
            for point in block.points
        }
        for block in describe(request.folder, request.blocks)
    }
    kept = running_errors_file(request.folder)
    start = _continue(kept, found, {chunk.start for chunk in request.chunks} | {request.samples})
    shards = [chunk for chunk in request.chunks if chunk.start >= start]
    if shards:
        for block, running in found.items():
            for rows in read_samples(request.folder, block, shards):
                running[rows.point].add(block, rows)
        _keep(kept, request.samples, found)
    errors = largest_errors(found)
    said = {
        **asked(),
        "study": next(iter(found)).study,
        "samples": request.samples,
        "digest": digest_of(errors),
        "errors": errors,
    }
    write_text(output, json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def _keep(path: Path, samples: int, found: Found) -> None:
    """Keep all that the next job continues from, with one array for all points of a block."""
    arrays: dict[str, Any] = {"said": np.array(json.dumps({**asked(), "samples": samples}))}
    for block, running in found.items():
        states = [one.state() for one in running.values()]
        for name in states[0]:
            arrays[f"{block.block}/{name}"] = np.stack([state[name] for state in states])
    content = io.BytesIO()
    np.savez(content, **arrays)
    replace_atomically(path, lambda file: _fill(file, content.getvalue()))


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _continue(path: Path, found: Found, starts: set[int]) -> int:
    """Take a kept state if it fits, and return how many samples are in it.

    starts: the numbers of samples from which the present shards can continue.
    """
    try:
        kept = dict(np.load(io.BytesIO(read_regular(path, MOST_BYTES))))
        said = json.loads(str(kept["said"]))
        if said.get(ASKED) != asked().get(ASKED) or said["samples"] not in starts:
            return 0
        states = [
            (one, {name: kept[f"{block.block}/{name}"][k] for name in one.state()})
            for block, running in found.items()
            for k, one in enumerate(running.values())
        ]
    # A damaged file can fail anywhere in a decoder; then all samples are read again.
    except Exception:
        return 0
    for one, state in states:
        one.take(state)
    return int(said["samples"])
