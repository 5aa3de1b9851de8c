"""Rows of samples, and what the columns of a shard hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from syncsweep.columns import DENSITY, ETA, SAMPLE, STATUS, Column, Columns

#: The most units that a rank solves together and keeps as one record of its part.
MOST_UNITS = 64


def pack_coefficients(coefficients: np.ndarray) -> np.ndarray:
    """Complex s_k (..., n_k) as 2·n_k − 1 reals: s_0, then Re s_k, then Im s_k for k ≠ 0."""
    tail = coefficients[..., 1:]
    return np.concatenate([coefficients[..., :1].real, tail.real, tail.imag], axis=-1)


def unpack_coefficients(packed: np.ndarray) -> np.ndarray:
    """Inverse of `pack_coefficients`."""
    n_tail = (packed.shape[-1] - 1) // 2
    tail = packed[..., 1 : n_tail + 1] + 1j * packed[..., n_tail + 1 :]
    return np.concatenate([packed[..., :1].astype(complex), tail], axis=-1)


#: Columns of rows: the type of their values, and whether each row has a list of them.
_NUMBER, _NUMBERS = {"kind": float, "is_list": False}, {"kind": float, "is_list": True}
_INTEGER, _WORD = {"kind": int, "is_list": False}, {"kind": str, "is_list": False}


@dataclass(frozen=True)
class Rows:
    """The rows of units, samples at points: one row for each η of the block, unit after unit.

    Its fields are the columns of a shard, arrays of n rows. s_d: (n, 2·n_k − 1), see
    `pack_coefficients`; angles: (n, n_angles) where S_d is largest. With `measure: absolute` these
    are of S. The others are named as in `SteadyStates`. axes: the values of each axis of the study,
    by the name of its column; observables: values by column, numbers or words.
    """

    sample: np.ndarray = field(metadata=_INTEGER)
    eta: np.ndarray = field(metadata=_NUMBER)
    s_d: np.ndarray = field(metadata=_NUMBERS)
    s_max: np.ndarray = field(metadata=_NUMBER)
    angles: np.ndarray = field(metadata=_NUMBERS)
    residual: np.ndarray = field(metadata=_NUMBER)
    condition: np.ndarray = field(metadata=_NUMBER)
    trace_error: np.ndarray = field(metadata=_NUMBER)
    hermiticity_error: np.ndarray = field(metadata=_NUMBER)
    smallest_eigenvalue: np.ndarray = field(metadata=_NUMBER)
    status: np.ndarray = field(metadata=_WORD)
    method: np.ndarray = field(metadata=_WORD)
    axes: Mapping[str, np.ndarray] = field(default_factory=dict)
    observables: Mapping[str, np.ndarray] = field(default_factory=dict)


#: The fields of `Rows` that every shard has as columns.
FIELDS = tuple(one for one in fields(Rows) if one.metadata)

#: What the columns of a shard hold; those with a shape are lists.
COLUMNS: Columns = (
    SAMPLE,
    ETA,
    Column(
        "s_d",
        "Fourier coefficients s_k of S_d (absolute: of S): s_0, then Re s_k of all other k, then "
        "Im s_k",
        DENSITY,
        "2·n_k − 1, for n_k frequency vectors k",
        "Eq. 2",
    ),
    Column(
        "s_max",
        "S_max as computed, the maximum of S_d (absolute: of S) minus the uniform density; nothing "
        "but rounding if at most its error",
        DENSITY,
        source="Eq. 3",
    ),
    Column(
        "angles",
        "angle differences φ'_j = φ_j − φ_N (absolute: angles φ_j) at the maximum, in [0, 2π]; if "
        "there are several maxima, those of one of them",
        "rad",
        "N − 1 (absolute: N)",
        "Eq. 2",
    ),
    Column(
        "residual",
        "largest error of an equation for ρ; residual/condition is the estimated error of S_d "
        "(absolute: of S) in units of the uniform density, and bounds that of ρ in units of 1/√D",
        source="docs/decisions/0009",
    ),
    Column(
        "condition",
        "reciprocal condition number of these equations: small is bad, and 0 is singular",
        source="docs/decisions/0009",
    ),
    Column("trace_error", "|Tr ρ − 1|; at most 1e-9 if ok"),
    Column("hermiticity_error", "largest entry of |ρ − ρ†|; at most 1e-9 if ok"),
    Column("smallest_eigenvalue", "smallest eigenvalue of ρ; at least −1e-9 if ok"),
    STATUS,
    Column(
        "method",
        "how ρ was computed: direct, krylov, refined or gmres; none if the sample failed",
        source="docs/decisions/0001, 0009, 0014",
    ),
)


def joined(rows: Sequence[Rows]) -> Rows:
    """The rows of units, one after the other."""
    first, columns = rows[0], [one.name for one in FIELDS]
    return Rows(
        **{name: np.concatenate([getattr(one, name) for one in rows]) for name in columns},
        axes={name: np.concatenate([one.axes[name] for one in rows]) for name in first.axes},
        observables={
            name: np.concatenate([one.observables[name] for one in rows])
            for name in first.observables
        },
    )
