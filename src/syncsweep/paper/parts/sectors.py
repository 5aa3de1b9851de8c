"""Sizes of the magnetization sectors of the chains: the table `sectors`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from syncsweep.paper.parts import part
from syncsweep.paper.parts.part import write_tables
from syncsweep.physics.models import magnetization, spin1_chain


class Request(part.Request):
    """Nothing to choose."""


def make(request: Request, output: Path) -> None:
    """Write the table `sectors`: n_sites, m and the number of states with that magnetization."""
    frames = []
    for n_sites in (2, 3, 4):
        values = np.rint(np.diag(magnetization(spin1_chain(n_sites))).real)
        m, states = np.unique(values, return_counts=True)
        frames.append(pd.DataFrame({"n_sites": n_sites, "m": m, "states": states}))
    write_tables(output, {"sectors": frames}, request)
