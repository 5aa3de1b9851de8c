"""The largest standard errors of a study with `until`, from which it decides whether to stop.

They are those of the table `summary`, except where a standard error says too little. The error of
a P_a, or of a ratio, is the distance to the farther end of its interval if that is larger. The
error of values that are all equal is not 0: other values may be so rare that no sample has one yet,
and they may be as large as the largest value of the study. See docs/statistics.md.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from syncsweep.config.analysis import Analysis
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
from syncsweep.tables.statistics import (
    RunningCovariance,
    RunningMean,
    part_of,
    places_of,
    type_ratio,
)
from syncsweep.user_code.observable_columns import names_of_columns

#: Values count as equal if their standard deviation is below this share of the largest.
_ROUNDING = 1e-9

_ALL = slice(None)


class RunningErrors:
    """Sums over the samples so far that the errors need; arrays over the rows of all points.

    observables: names of their columns of numbers; needs_chi: whether there is an error of a P_a.
    """

    def __init__(
        self,
        n_rows: int,
        analysis: Analysis,
        observables: Iterable[str] = (),
        needs_chi: bool = True,
    ) -> None:
        self._analysis, self._needs_chi = analysis, needs_chi
        self.means = {name: RunningMean(n_rows, 1) for name in ("s_max", *observables)}
        self.largest = {name: np.zeros(n_rows) for name in self.means}
        self.probabilities = RunningCovariance(n_rows, len(analysis.chi_intervals))

    def add(self, described: Description, rows: SampleRows, places: slice) -> None:
        """Add a sample at a point of a block; places: of its rows among all."""
        values = {**rows.observables, "s_max": np.where(rows.good, rows.s_max, np.nan)}
        self.add_values({name: values[name] for name in self.means}, places)
        if self._needs_chi:
            chi = chi_of_sample(described.physics, self._analysis.threshold, rows)
            p = interval_probabilities(chi.chi, chi.weights, self._analysis.chi_intervals)
            part_of(self.probabilities, places).add(p, rows.good & chi.is_defined)

    def add_values(self, values: Mapping[str, np.ndarray], places: slice = _ALL) -> None:
        """Add values by name, NaN where there is none."""
        for name, one in values.items():
            is_there = np.isfinite(one)
            part_of(self.means[name], places).add(one[:, None], is_there)
            largest = self.largest[name][places]
            np.maximum(largest, np.where(is_there, np.abs(one), 0.0), out=largest)

    def errors(self) -> dict[str, np.ndarray]:
        """The errors (n_rows,) by their columns."""
        errors = {
            f"{name}_se": _error_of_mean(mean, float(self.largest[name].max()))
            for name, mean in self.means.items()
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            errors["s_max_relative_se"] = errors["s_max_se"] / self.means["s_max"].mean[:, 0]
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
        every = {**self.means, "p": self.probabilities}
        arrays = {f"{name}/{key}": x for name, one in every.items() for key, x in vars(one).items()}
        return arrays | {f"{name}/largest": x for name, x in self.largest.items()}


def _longest(value: np.ndarray, error: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The standard error, or the distance to the farther end of the interval; NaN if not known."""
    return np.maximum(np.maximum(value - low, high - value), error)


def _error_of_mean(mean: RunningMean, largest: float) -> np.ndarray:
    """The standard errors (n_rows,) of means; for equal values, an upper bound.

    Equal values are a sample without a hit: with one standard error, a hit is rarer than the upper
    end of its interval. A hit differs from the others by no more than the largest value.
    """
    error, n = mean.standard_error[:, 0], mean.count
    unseen = probability_interval(n, np.zeros(len(n)), np.zeros(len(n))).high * largest
    is_equal = np.sqrt(mean.variance[:, 0]) <= _ROUNDING * largest
    return np.where(is_equal, unseen, error)


def find_errors(request: ErrorsRequest, output: Path) -> None:
    """Write the largest errors of a study at a number of samples; ResultsError as for tables.

    The job continues from the sums of the one before, and reads only the newer shards.
    """
    blocks = describe(request.folder, request.blocks)
    first = blocks[0]
    places, etas, points = places_of(blocks)
    numbers, _ = names_of_columns(first.observables)
    running = RunningErrors(len(etas), request.analysis, numbers, request.needs_chi)
    kept = running_errors_file(request.folder)
    start = _continue(kept, running, {chunk.start for chunk in request.chunks} | {request.samples})
    shards = [chunk for chunk in request.chunks if chunk.start >= start]
    if shards:
        for block in blocks:
            for rows in read_samples(request.folder, block, shards):
                running.add(block, rows, places[block.etas, rows.point])
        _keep(kept, request.samples, running)
    at = [
        {"eta": eta, **dict(zip(first.axes, map(float, point), strict=True))}
        for eta, point in zip(etas, points, strict=True)
    ]
    errors = {column: _largest(values, at) for column, values in running.errors().items()}
    said = {
        **asked(),
        "study": first.study,
        "samples": request.samples,
        "digest": digest_of(errors),
        "errors": errors,
    }
    write_text(output, json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def _largest(errors: np.ndarray, at: list[dict[str, float]]) -> dict[str, Any]:
    """The largest error (None if one is not known), and the η and the point where it is."""
    k = int(np.argmax(np.where(np.isfinite(errors), errors, np.inf)))
    return {"error": float(errors[k]) if np.isfinite(errors[k]) else None, "at": at[k]}


def _keep(path: Path, samples: int, running: RunningErrors) -> None:
    """Keep the sums from which the next job continues."""
    said = np.array(json.dumps({**asked(), "samples": samples}))
    arrays: dict[str, Any] = {**running.state(), "said": said}
    content = io.BytesIO()
    np.savez(content, **arrays)
    replace_atomically(path, lambda file: _fill(file, content.getvalue()))


def _fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _continue(path: Path, running: RunningErrors, starts: set[int]) -> int:
    """Take a kept state if it fits, and return how many samples are in it.

    starts: the numbers of samples from which the present shards can continue.
    """
    own = running.state()
    try:
        kept = dict(np.load(io.BytesIO(read_regular(path, MOST_BYTES))))
        said = json.loads(str(kept["said"]))
        fits = all(kept[name].shape == array.shape for name, array in own.items())
        if said.get(ASKED) != asked().get(ASKED) or said["samples"] not in starts or not fits:
            return 0
    # A damaged file can fail anywhere in a decoder; then all samples are read again.
    except Exception:
        return 0
    for name, array in own.items():
        array[...] = kept[name]
    return int(said["samples"])
