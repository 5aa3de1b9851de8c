"""χ of angle differences (Fig. 4, App. C): the triangles of Ω_1, and χ of uniform angles.

Tables; angles are in rad:
- chi_map_triangles: triangle, area [rad²] and corners (x_0, y_0 is the origin) at d = 1.
- chi_map_uniformity: for each number of spins, the Kolmogorov-Smirnov test of χ of uniform angles
  against the uniform distribution on [0, 1]: draws, ks_statistic, p_value.
- chi_map_cdf: n_spins, chi, and excess, the empirical distribution function of these χ less χ;
  band: if χ is uniform, |excess| stays below it everywhere with a probability of 95 %.
"""

from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.stats import kstest, kstwo

from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import Table, write_tables
from syncsweep.paper.theory.chi_regions import TRIANGLES
from syncsweep.physics.measures import chi
from syncsweep.physics.random_streams import Purpose, stream

#: Numbers of spins whose χ is tested.
SPINS = (2, 3, 4)

#: Values of χ at which the distribution function is listed, with 0 and 1.
_CDF_POINTS = 257


class Request(part.Seeded):
    """The seed of the random angles, and how many configurations are drawn."""

    draws: int = Field(100_000, ge=100)


def make(request: Request, output: Path) -> None:
    """Write the tables of χ into `output`."""
    uniformity, distributions = [], []
    band = float(kstwo.ppf(0.95, request.draws))
    for n_spins in SPINS:
        values = _draw(request, n_spins)
        test = kstest(values, "uniform")
        uniformity.append((n_spins, request.draws, float(test.statistic), float(test.pvalue)))
        points = np.linspace(0, 1, _CDF_POINTS)
        below = np.searchsorted(np.sort(values), points, side="right")
        columns = {"n_spins": n_spins, "chi": points, "excess": below / request.draws - points}
        distributions.append(pd.DataFrame(columns | {"band": band}))
    names = ["n_spins", "draws", "ks_statistic", "p_value"]
    tables: dict[str, Table] = {
        "chi_map_triangles": _triangles(),
        "chi_map_uniformity": pd.DataFrame(uniformity, columns=names),
        "chi_map_cdf": distributions,
    }
    write_tables(output, tables, request)


def _draw(request: Request, n_spins: int) -> np.ndarray:
    """χ of so many configurations of independent uniform angles, (draws,)."""
    rng = stream(request.root_seed, n_spins, Purpose.UNIFORM_ANGLES)
    return chi(rng.uniform(0, 2 * pi, (request.draws, n_spins)))


def _triangles() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "triangle": [triangle.name for triangle in TRIANGLES],
            "area": [triangle.area(1) for triangle in TRIANGLES],
        }
    )
    corners = np.array([triangle.corners(1) for triangle in TRIANGLES])
    for corner in range(3):
        frame[f"x_{corner}"], frame[f"y_{corner}"] = corners[:, corner].T
    return frame
