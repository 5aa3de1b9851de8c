"""The rows of a study as a Dataset of xarray, which names dimensions and units."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from syncsweep.columns import DENSITY, ETA, S_D_ERROR, S_MAX, SAMPLE, STATUS, Column
from syncsweep.config.physics import Physics
from syncsweep.physics.diagnosis import Status

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


def dataset_of(
    study: str,
    physics: Physics,
    frame: pd.DataFrame,
    coefficients: np.ndarray,
    frequencies: np.ndarray,
) -> xarray.Dataset:
    """See `SweepRows.to_xarray`; the other arguments are fields of `SweepRows`."""
    try:
        import xarray as xr
    except ImportError as error:
        raise ImportError(f"to_xarray needs xarray ({error}): run `pip install xarray`") from None
    sample, at_sample = np.unique(frame["sample"], return_inverse=True)
    eta, at_eta = np.unique(frame["eta"], return_inverse=True)
    spread = partial(_spread, (at_sample, at_eta), (len(sample), len(eta)))
    good = (frame["status"] == Status.OK).to_numpy()
    names, rows = angle_columns(frequencies), ("sample", "eta")
    data = {
        "s_max": (rows, spread(frame["s_max"], good)),
        "angles": ((*rows, "angle"), spread(frame[names], good)),
        "coefficients": ((*rows, "frequency"), spread(coefficients, good)),
        "error": (rows, spread(frame["error"])),
        "status": (rows, spread(frame["status"].to_numpy(str))),
    }
    known = ("sample", "eta", *names, *data)
    more = {name: (rows, spread(frame[name])) for name in frame if name not in known}
    dataset = xr.Dataset(
        data | more,
        {
            "sample": sample,
            "eta": eta,
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
    for column in _COLUMNS:
        unit = units.get(column.unit, column.unit)
        dataset[column.name].attrs = {"units": unit, "long_name": column.meaning}
    return dataset


def _spread(
    places: tuple[np.ndarray, np.ndarray],
    shape: tuple[int, int],
    values: Any,
    kept: np.ndarray | slice = slice(None),
) -> np.ndarray:
    """Values (n, …) of rows as (n_samples, n_eta, …), with NaN or "" where none is kept."""
    values = np.asarray(values)
    if values.dtype.kind in "biu":
        values = values.astype(float)
    missing = np.nan if values.dtype.kind in "fc" else ""
    whole = np.full((*shape, *values.shape[1:]), missing, values.dtype)
    whole[places[0][kept], places[1][kept]] = values[kept]
    return whole
