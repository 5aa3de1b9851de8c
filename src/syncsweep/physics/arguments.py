"""Checks of arguments: lists, NumPy arrays, SciPy's sparse matrices and QuTiP's objects.

Each function returns an argument in the one form with which the package computes. The message of an
ArgumentError begins with `name`, the name of the argument. It says what the argument must be and
what it is.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import numpy as np
from scipy import sparse

#: Entries of a Hermitian matrix may differ from their conjugates by this share of themselves, plus
#: this share of the largest entry, which allows for its rounding.
_OF_ENTRY, _OF_LARGEST = 1e-10, 1e-12

#: Largest number of operators in a list. More are a mistake, or a generator that never ends.
_MOST_OPERATORS = 10_000


class ArgumentError(ValueError):
    """An argument that cannot be used; the message is one line."""


def operator(
    name: str, value: Any, dim: int | None = None, spins: tuple[float, ...] | None = None
) -> np.ndarray:
    """A finite complex array (D, D).

    dim: D, or None for any. spins: instead of `dim`, the spins that determine D; the tensor factors
    of an object of QuTiP must have their order.
    """
    dim = math.prod(_factors(spins)) if spins else dim
    matrix = _array(name, _plain(name, value, spins))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or dim not in (None, len(matrix)):
        wanted = "(D, D)" if dim is None else f"({dim}, {dim}){_of(spins)}"
        raise ArgumentError(f"{name} must have shape {wanted}, but has shape {matrix.shape}.")
    return finite(name, matrix)


def hermitian(
    name: str, value: Any, dim: int | None = None, spins: tuple[float, ...] | None = None
) -> np.ndarray:
    """As `operator`, and Hermitian; a non-Hermitian part that is only rounding is removed.

    Each entry is judged on its own scale. So the check notices a coupling that is missing on one
    side of the diagonal, even beside a field that is 10¹⁰ times larger.
    """
    matrix = operator(name, value, dim, spins)
    adjoint = matrix.conj().T
    deviation, size = np.abs(matrix - adjoint), np.maximum(np.abs(matrix), np.abs(adjoint))
    if np.any(deviation > _OF_ENTRY * size + _OF_LARGEST * size.max(initial=0.0)):
        raise ArgumentError(
            f"{name} must be Hermitian, but differs from its adjoint by up to "
            f"{deviation.max():.2g}."
        )
    return (matrix + adjoint) / 2


def rest_of(name: str, value: Any, hamiltonian: np.ndarray) -> np.ndarray | None:
    """The rounding error of a Hamiltonian (D, D), as `hermitian`; None if the value is None."""
    if value is None:
        return None
    rest = hermitian(name, value, len(hamiltonian))
    if np.any(np.abs(rest) > np.finfo(float).eps * np.abs(hamiltonian)):
        raise ArgumentError(
            f"{name} must be the rounding error of `hamiltonian`, but some entries are larger."
        )
    return rest


def operators(
    name: str, value: Any, dim: int, spins: tuple[float, ...] | None = None
) -> np.ndarray:
    """A list of operators, which may be empty, as a finite complex array (k, D, D)."""
    if _is_one_matrix(value):
        raise ArgumentError(
            f"{name} must be a list of operators ({dim}, {dim}), but has shape "
            f"{tuple(value.shape)}: write [L] for one."
        )
    try:
        listed = None if isinstance(value, str | dict) else list(islice(value, _MOST_OPERATORS + 1))
    except TypeError:
        listed = None
    if listed is None or len(listed) > _MOST_OPERATORS:
        raise ArgumentError(
            f"{name} must be a list of at most {_MOST_OPERATORS} operators ({dim}, {dim}), [] for "
            f"none, but is a {type(value).__name__}."
        )
    found = [operator(f"{name}[{k}]", one, dim, spins) for k, one in enumerate(listed)]
    return np.array(found, complex).reshape(-1, dim, dim)


def _is_one_matrix(value: Any) -> bool:
    """Whether a value is a single matrix and not a list of matrices."""
    return _is_qobj(value) or sparse.issparse(value) or getattr(value, "ndim", 3) == 2


def superoperator(name: str, value: Any, dim: int | None = None) -> Any:
    """A finite complex superoperator (D², D²) on stacked columns, sparse if it is given as sparse.

    dim: D, or None for any.
    """
    if _is_qobj(value):
        kind = value.superrep if value.type == "super" else value.type
        if kind != "super":
            raise ArgumentError(
                f"{name} must be a superoperator on stacked columns, but is of QuTiP's kind "
                f"{kind!r} with shape {value.shape}."
            )
        value = value.to("CSR").data_as("csr_matrix")
    is_sparse = sparse.issparse(value)
    matrix: Any = sparse.csr_array(value).astype(complex) if is_sparse else _array(name, value)
    side = math.isqrt(matrix.shape[0]) if matrix.ndim else 0
    if side == 0 or matrix.shape != (side**2, side**2) or dim not in (None, side):
        wanted = "(D², D²)" if dim is None else f"({dim**2}, {dim**2})"
        raise ArgumentError(f"{name} must have shape {wanted}, but has shape {matrix.shape}.")
    finite(name, matrix.data if is_sparse else matrix)
    return matrix


def states(name: str, value: Any, spins: tuple[float, ...]) -> np.ndarray:
    """States of some spins as a complex array (..., D, D); NaN may be among them."""
    dim = math.prod(_factors(spins))
    if isinstance(value, list | tuple):
        value = [_plain(name, one, spins) for one in value]
    matrices = _array(name, _plain(name, value, spins))
    if matrices.shape[-2:] != (dim, dim):
        raise ArgumentError(
            f"{name} must have shape (..., {dim}, {dim}){_of(spins)}, but has shape "
            f"{matrices.shape}."
        )
    return matrices


def numbers(name: str, value: Any, *shape: int | str, dtype: type = float) -> np.ndarray:
    """An array of numbers with a given shape; NaN is allowed.

    In `shape`, a word means an axis of any length, and "..." at the beginning means any axes.
    """
    array = _array(name, value, dtype)
    axes = [axis for axis in shape if axis != "..."]
    n_more = array.ndim - len(axes)
    fits = n_more == 0 or (n_more > 0 and len(axes) < len(shape))
    if not fits or any(
        isinstance(axis, int) and axis != length
        for axis, length in zip(axes, array.shape[n_more:], strict=True)
    ):
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ArgumentError(f"{name} must have shape ({wanted}), but has shape {array.shape}.")
    return array


def distributions(
    coefficients: Any, frequencies: Any, *shape: str
) -> tuple[np.ndarray, np.ndarray]:
    """Complex coefficients (*shape, n_k) and integer frequencies (n_k, N−1) with the same n_k.

    Messages call them the arguments `coefficients` and `frequencies`.
    """
    frequencies = numbers("Argument `frequencies`", frequencies, "n_k", "N−1", dtype=int)
    name, n_k = "Argument `coefficients`", len(frequencies)
    return numbers(name, coefficients, *shape, n_k, dtype=complex), frequencies


def real(name: str, value: Any, least: float = -math.inf) -> float:
    """A finite real number that is at least `least`."""
    number = float(finite(name, numbers(name, value)))
    if number < least:
        raise ArgumentError(f"{name} must be at least {least:g}, but is {value!r}.")
    return number


def fraction(name: str, value: Any) -> float:
    """A real number in (0, 1)."""
    number = real(name, value)
    if not 0 < number < 1:
        raise ArgumentError(f"{name} must be above 0 and below 1, but is {value!r}.")
    return number


def integer(name: str, value: Any, least: int) -> int:
    """An integer that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ArgumentError(f"{name} must be an integer from {least}, but is {value!r}.")
    return int(value)


def _is_qobj(value: Any) -> bool:
    return hasattr(value, "full") and hasattr(value, "dims")


def _plain(name: str, value: Any, spins: tuple[float, ...] | None) -> Any:
    """An operator of QuTiP or a sparse matrix as an array; any other value unchanged."""
    if _is_qobj(value):
        if not value.isoper:
            raise ArgumentError(
                f"{name} must be an operator, but is of QuTiP's kind {value.type!r} with shape "
                f"{value.shape}."
            )
        factors = _factors(spins or ())
        if spins and value.dims not in ([factors] * 2, [[math.prod(factors)]] * 2):
            raise ArgumentError(
                f"{name} has the dims {value.dims}, but{_of(spins, '')} give {[factors] * 2}."
            )
        return value.full()
    is_sparse: bool = sparse.issparse(value)
    return value.toarray() if is_sparse else value


def _array(name: str, value: Any, dtype: type = complex) -> np.ndarray:
    try:
        array = np.asarray(value)
        if not np.can_cast(array.dtype, dtype, "same_kind") and array.dtype != object:
            raise TypeError
        return array.astype(dtype, copy=False)
    except (TypeError, ValueError, OverflowError):
        kind = "real numbers" if dtype is float else "integers" if dtype is int else "numbers"
        raise ArgumentError(f"{name} must hold {kind}, but is a {type(value).__name__}.") from None


def finite(name: str, array: np.ndarray) -> np.ndarray:
    """The array, which must hold neither NaN nor infinity."""
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name} must be finite, but holds NaN or infinity.")
    return array


def _factors(spins: tuple[float, ...]) -> list[int]:
    """Dimension of each spin."""
    return [round(2 * spin) + 1 for spin in spins]


def _of(spins: tuple[float, ...] | None, how: str = " for") -> str:
    return f"{how} the spins [{', '.join(f'{spin:g}' for spin in spins)}]" if spins else ""
