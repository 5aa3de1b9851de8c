"""χ of angle differences (Fig. 4, App. C): the triangles of Ω_1, and χ of uniform angles.

chi_map_uniformity has a row for each number of spins.
"""

from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.stats import kstest, kstwo

from syncsweep.columns import Column, Columns
from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import Table, write_tables
from syncsweep.paper.theory.chi_regions import TRIANGLES
from syncsweep.physics.chi import chi
from syncsweep.physics.random_streams import Purpose, stream

#: Numbers of spins whose χ is tested.
SPINS = (2, 3, 4)

#: Values of χ at which the distribution function is listed, with 0 and 1.
_CDF_POINTS = 257


_N_SPINS = Column("n_spins", "number of spins N of the uniform angles")

#: What the columns of each table hold.
COLUMNS: dict[str, Columns] = {
    "chi_map_triangles": (
        Column("triangle", "name of the triangle T_d^a at d = 1, T³ corrected", source="Eq. C2"),
        Column("area", "its area", "rad^2"),
        Column("x_{i}", "φ'_1 of its corner {i}; corner 0 is the origin", "rad"),
        Column("y_{i}", "φ'_2 of its corner {i}", "rad"),
    ),
    "chi_map_uniformity": (
        _N_SPINS,
        Column("draws", "number of configurations of independent uniform angles"),
        Column(
            "ks_statistic",
            "Kolmogorov-Smirnov statistic of their χ against the uniform distribution on [0, 1]",
            source="App. C",
        ),
        Column("p_value", "probability of a statistic at least as large if χ is uniform"),
    ),
    "chi_map_cdf": (
        _N_SPINS,
        Column("chi", "χ at which the distribution function is taken"),
        Column("excess", "empirical distribution function of χ there, minus χ"),
        Column(
            "band",
            "half width of the band in which the excess of a uniform χ stays everywhere with a "
            "probability of 95 %",
        ),
    ),
}


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
    write_tables(output, tables, COLUMNS, request)


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
