"""Spin operators of one site and their embedding in a chain.

Basis: |m⟩ with m = S, S−1, …, −S; site 0 is the leftmost tensor factor; ħ = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import inf
from numbers import Real
from typing import Any

import numpy as np

from syncsweep.physics import arguments


def local_dimension(spin: float) -> int:
    """Dimension 2S+1 of one spin; ValueError unless 2S is a positive integer."""
    is_number = isinstance(spin, Real) and not isinstance(spin, bool)
    if not is_number or not 0 < spin < inf or 2 * spin != int(2 * spin):
        raise ValueError(f"Argument `spin` must be a positive half-integer, but is {spin!r}.")
    return int(2 * spin) + 1


def spin_tuple(spins: Any) -> tuple[float, ...]:
    """Spins (N,) as a tuple, from any list of them; ValueError unless all are half-integers."""
    try:
        listed = tuple(spins)
    except TypeError:
        raise ValueError(
            f"Argument `spins` must be a list of spins, such as [1, 0.5], but is {spins!r}."
        ) from None
    for spin in listed:
        local_dimension(spin)
    return listed


def magnetizations(spin: float) -> np.ndarray:
    """Magnetic quantum numbers m = S, …, −S in the order of the basis, shape (2S+1,)."""
    return spin - np.arange(local_dimension(spin))


def sz(spin: float) -> np.ndarray:
    """S^z, shape (2S+1, 2S+1)."""
    return np.diag(magnetizations(spin)).astype(complex)


def raising(spin: float) -> np.ndarray:
    """S⁺|m⟩ = √(S(S+1) − m(m+1)) |m+1⟩, shape (2S+1, 2S+1)."""
    m = magnetizations(spin)[1:]
    return np.diag(np.sqrt(spin * (spin + 1) - m * (m + 1)), 1).astype(complex)


def lowering(spin: float) -> np.ndarray:
    """S⁻ = (S⁺)†, shape (2S+1, 2S+1)."""
    return raising(spin).conj().T


def sx(spin: float) -> np.ndarray:
    """S^x = (S⁺ + S⁻)/2, shape (2S+1, 2S+1)."""
    return (raising(spin) + lowering(spin)) / 2


def sy(spin: float) -> np.ndarray:
    """S^y = (S⁺ − S⁻)/2i, shape (2S+1, 2S+1)."""
    return (raising(spin) - lowering(spin)) / 2j


def on_site(operator: Any, site: int, spins: Sequence[float]) -> np.ndarray:
    """Embed an operator (2S+1, 2S+1) of one spin at `site` = 0 … N−1, shape (D, D).

    spins: S of each of the N sites.
    """
    if not 0 <= site < len(spins):
        raise ValueError(f"Argument `site` must lie in 0 … {len(spins) - 1}, but is {site}.")
    dims = [local_dimension(spin) for spin in spins]
    factors = [np.eye(dim, dtype=complex) for dim in dims]
    name = f"Argument `operator` on site {site}"
    factors[site] = arguments.operator(name, operator, dims[site])
    return reduce(np.kron, factors)


def on_each_site(
    operator: Callable[[float], np.ndarray], spins: Sequence[float]
) -> list[np.ndarray]:
    """The same operator of each spin, embedded: N arrays (D, D), as S_j^z for `sz`.

    operator: makes the operator of one spin from its S; spins: S of each of the N sites.
    """
    return [on_site(operator(spin), site, spins) for site, spin in enumerate(spins)]
