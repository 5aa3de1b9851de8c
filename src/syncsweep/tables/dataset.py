"""The rows of a study as a Dataset of xarray, which names dimensions and units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from syncsweep.config.physics import Physics
from syncsweep.physics.diagnosis import Status

if TYPE_CHECKING:
    import xarray


#: Unit and meaning by variable; {density} is the unit of a density over the angles.
_ATTRIBUTES = {
    "sample": ("1", "number of the random perturbation"),
    "eta": ("energy unit of the model", "perturbation strength η; 0 is the limit η → 0⁺"),
    "angle": ("1", "number j of the angle φ_j − φ_N"),
    "frequencies": ("1", "frequencies k of S_d = Σ_k s_k exp(ik·φ); of ±k only one is listed"),
    "s_max": ("{density}", "maximum of S_d above the uniform density; 0 where it is rounding"),
    "angles": ("rad", "angles φ_j − φ_N at which S_d is largest"),
    "coefficients": ("{density}", "Fourier coefficients s_k of S_d"),
    "error": ("1", "estimated error of S_d in units of the uniform density"),
    "status": ("1", "ok, or why the row is in no average; empty: not solved yet"),
}


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
        raise ImportError(
            f"to_xarray needs xarray ({error}): run `pip install syncsweep[xarray]`"
        ) from None
    sample, at_sample = np.unique(frame["sample"], return_inverse=True)
    eta, at_eta = np.unique(frame["eta"], return_inverse=True)
    good = (frame["status"] == Status.OK).to_numpy()

    def spread(values: Any, measured: bool = False) -> np.ndarray:
        """Values (n, …) of the rows as (n_samples, n_eta, …), with NaN or "" where none is."""
        rows = good if measured else np.full(len(frame), True)
        values = np.asarray(values)
        if values.dtype.kind in "biu":
            values = values.astype(float)
        missing = np.nan if values.dtype.kind in "fc" else ""
        whole = np.full((len(sample), len(eta), *values.shape[1:]), missing, values.dtype)
        whole[at_sample[rows], at_eta[rows]] = values[rows]
        return whole

    names, rows = angle_columns(frequencies), ("sample", "eta")
    data = {
        "s_max": (rows, spread(frame["s_max"], True)),
        "angles": ((*rows, "angle"), spread(frame[names], True)),
        "coefficients": ((*rows, "frequency"), spread(coefficients, True)),
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
            "physics": physics.model_dump_json(),
        },
    )
    density = f"rad^-{len(names)}"
    for name, (unit, meaning) in _ATTRIBUTES.items():
        dataset[name].attrs = {"units": unit.format(density=density), "long_name": meaning}
    return dataset
