"""The rows of a study as one frame, and as a Dataset of xarray, which names its units."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from syncsweep.columns import (
    DENSITY,
    ETA,
    S_D_ERROR,
    S_MAX,
    SAMPLE,
    STATUS,
    Column,
    Columns,
    axis_columns,
)
from syncsweep.config.axes import column_of
from syncsweep.config.physics import Physics
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.phase_distribution import frequencies_of
from syncsweep.tables.samples import SampleRows
from syncsweep.user_code.observable_columns import NOT_ASKED

if TYPE_CHECKING:
    import xarray

_COLUMNS = (
    SAMPLE,
    ETA,
    S_MAX,
    STATUS,
    replace(S_D_ERROR, name="error"),
    Column("angle", "j of the angle difference φ'_j = φ_j − φ_N (absolute: of the angle φ_j)"),
    Column("angles", "these angles at the maximum", "rad"),
    Column("frequencies", "k of S_d = Σ_k s_k exp(ik·φ'); of each pair ±k only one is listed"),
    Column("coefficients", "Fourier coefficients s_k of S_d (absolute: of S)", DENSITY),
)


def angle_columns(frequencies: np.ndarray) -> list[str]:
    """Names of the columns of angles in a table of rows, angle_1 … angle_{N−1}."""
    return [f"angle_{j + 1}" for j in range(frequencies.shape[1])]


def gathered(
    physics: Physics, found: list[tuple[tuple[float, ...], SampleRows]]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Rows of samples, each with its values of η, in one order.

    Gives frame, coefficients and frequencies as in `SweepRows`. Blocks of a grid and of a finer one
    have some rows in common, and so have those with and without an observable.
    """
    once: dict[object, tuple[tuple[float, ...], SampleRows]] = {}
    for etas, rows in found:
        _, known = once.get(key := (etas, rows.point, rows.sample), (etas, rows))
        observables = {**known.observables, **rows.observables}
        once[key] = etas, replace(rows, observables=observables)
    found = list(once.values())
    frequencies = frequencies_of(physics.model.spins, physics.measure)
    n_k, n_angles = frequencies.shape
    sizes = [len(etas) for etas, _ in found]
    angles = np.concatenate([np.empty((0, n_angles)), *(rows.maximum.angles for _, rows in found)])
    points = np.array([rows.point for _, rows in found], float).reshape(
        len(found), len(physics.axes)
    )
    axes = dict(zip(map(column_of, physics.axes), np.repeat(points, sizes, axis=0).T, strict=True))
    columns = {
        "sample": np.repeat([rows.sample for _, rows in found], sizes),
        "eta": np.concatenate([np.empty(0), *(etas for etas, _ in found)]),
        **axes,
        "s_max": np.concatenate([np.empty(0), *(rows.maximum.s_max for _, rows in found)]),
        **dict(zip(angle_columns(frequencies), angles.T, strict=True)),
        "error": np.concatenate([np.empty(0), *(rows.error for _, rows in found)]),
        "status": np.concatenate([np.empty(0, object), *(rows.status for _, rows in found)]),
    }
    types = {name: one.dtype for _, rows in found for name, one in rows.observables.items()}
    for name, dtype in types.items():
        missing = np.nan if dtype.kind == "f" else NOT_ASKED
        columns[name] = np.concatenate(
            [rows.observables.get(name, np.full(len(etas), missing)) for etas, rows in found]
        )
    coefficients = np.concatenate(
        [np.empty((0, n_k), complex), *(rows.coefficients for _, rows in found)]
    )
    order = np.lexsort([columns[name] for name in ("eta", "sample", *reversed(axes))])
    frame = pd.DataFrame({name: values[order] for name, values in columns.items()})
    return frame, coefficients[order], frequencies


def dataset_of(
    study: str,
    physics: Physics,
    frame: pd.DataFrame,
    coefficients: np.ndarray,
    frequencies: np.ndarray,
    observables: Columns,
) -> xarray.Dataset:
    """See `SweepRows.to_xarray`; the other arguments are fields of `SweepRows`."""
    try:
        import xarray as xr
    except ImportError as error:
        raise ImportError(f"to_xarray needs xarray ({error}): run `pip install xarray`") from None
    axes = [*map(column_of, physics.axes)]
    rows = ("sample", *axes, "eta")
    places = {name: np.unique(frame[name], return_inverse=True) for name in rows}
    shape = tuple(len(values) for values, _ in places.values())
    spread = partial(_spread, tuple(place for _, place in places.values()), shape)
    good = (frame["status"] == Status.OK).to_numpy()
    names = angle_columns(frequencies)
    data = {
        "s_max": (rows, spread(frame["s_max"], good)),
        "angles": ((*rows, "angle"), spread(frame[names], good)),
        "coefficients": ((*rows, "frequency"), spread(coefficients, good)),
        "error": (rows, spread(frame["error"])),
        "status": (rows, spread(frame["status"].to_numpy(str))),
    }
    known = (*rows, *names, *data)
    more = {name: (rows, spread(frame[name])) for name in frame if name not in known}
    dataset = xr.Dataset(
        data | more,
        {
            **{name: values for name, (values, _) in places.items()},
            "angle": np.arange(1, len(names) + 1),
            "frequencies": (("frequency", "angle"), frequencies),
        },
        {
            "study": study,
            "root_seed": physics.root_seed,
            "physics_hash": physics.digest,
            "measure": physics.measure,
            "physics": physics.model_dump_json(),
        },
    )
    units = {"": "1", DENSITY: f"rad^-{len(names)}"}
    kept = [one for one in observables if one.name in dataset]
    for column in (*_COLUMNS, *axis_columns(physics.axes), *kept):
        unit = units.get(column.unit, column.unit)
        dataset[column.name].attrs = {"units": unit, "long_name": column.meaning}
    return dataset


def _spread(
    places: tuple[np.ndarray, ...],
    shape: tuple[int, ...],
    values: Any,
    kept: np.ndarray | slice = slice(None),
) -> np.ndarray:
    """Values (n, …) of rows as (*shape, …), with NaN or "" where none is kept.

    places: of each row in each dimension.
    """
    values = np.asarray(values)
    if values.dtype.kind in "biu":
        values = values.astype(float)
    missing = np.nan if values.dtype.kind in "fc" else ""
    whole = np.full((*shape, *values.shape[1:]), missing, values.dtype)
    whole[tuple(place[kept] for place in places)] = values[kept]
    return whole
