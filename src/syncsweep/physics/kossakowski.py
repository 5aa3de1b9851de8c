"""The random Kossakowski matrix K of App. F, by its factor and as a matrix.

K = d·GG†/Tr GG† with d = D²−1 and G a d×r matrix of independent standard normal real and imaginary
parts (r = d unless a rank is given), so Tr K = d.

G itself is not drawn. GG† = TT† in law for an upper trapezoidal T (Bartlett's decomposition of the
complex Wishart matrix): its last r rows are upper triangular with T_ii² ~ χ²(2i), and all entries
above are complex normal with unit-variance parts.

The index of rows and columns is j·D + k of F_n = |j⟩⟨k|. The last (j = k = D−1) is without F_n, and
zero. Real and imaginary parts are kept apart. So a product of complex matrices takes three real
ones, and the draws go where they stay.
"""

from __future__ import annotations

import numpy as np

#: Columns of K that are computed at once, at least, and as a part of all; rows and columns of T
#: whose parts are added at once.
_STEP, _STEPS, _STRIDE = 64, 50, 512


def kossakowski_factor(
    rng: np.random.Generator, dim: int, rank: int | None = None, weight: float = 1.0
) -> np.ndarray:
    """Draw the factor T of weight·K = TT†, padded with zeros to (D², D²), or (D², r) for r < D²−1.

    A unitary matrix from the right turns the last row of G into its last entry alone. The square of
    this entry is a sum of 2r normal squares, ~ χ²(2r). The other rows stay normal. The row above is
    treated alike, with the r − 1 columns that are left, which gives χ²(2r − 2), and so on. So r
    rows make the triangle, and the d − r rows above them keep all their entries.
    """
    d = dim**2 - 1
    r = _checked(rank, d)
    real, imaginary = np.zeros((2, d + 1, d + 1 if r == d else r))
    total = _draw(rng, real[:d, :r], imaginary[:d, :r])
    return np.sqrt(weight * d / total) * (real + 1j * imaginary)


def draw_kossakowski(
    rng: np.random.Generator,
    real: np.ndarray,
    imaginary: np.ndarray,
    rank: int | None = None,
    weight: float = 1.0,
) -> None:
    """Put weight·K into the upper triangles of two arrays of zeros, Re K and Im K (D², D²).

    What is below them has no meaning afterwards. The random numbers are those of
    `kossakowski_factor`.
    """
    d = len(real) - 1
    r = _checked(rank, d)
    # With columns of zeros before it, a trapezoidal T is triangular too.
    parts = real[:d, :d], imaginary[:d, :d]
    total = _draw(rng, *(part[:, d - r :] for part in parts))
    _multiply(*parts, weight * d / total, d - r)
    np.fill_diagonal(imaginary, 0.0)


def _checked(rank: int | None, d: int) -> int:
    r = d if rank is None else rank
    if isinstance(r, bool) or not isinstance(r, (int, np.integer)) or not 1 <= r <= d:
        raise ValueError(f"Argument `rank` must be an integer in 1 … {d}, but is {rank!r}.")
    return int(r)


def _draw(rng: np.random.Generator, real: np.ndarray, imaginary: np.ndarray) -> float:
    """Put the entries of an unscaled T into two arrays of zeros (d, r); the sum of their squares.

    The sum is Tr TT†.
    """
    d, r = real.shape
    for part in (real, imaginary):
        for row in range(d):
            # All but the zeros below the diagonal of the triangle, and this diagonal itself.
            rng.standard_normal(out=part[row, max(0, row - (d - r) + 1) :])
    column = np.arange(r)
    real[d - r + column, column] = np.sqrt(rng.chisquare(2 * (column + 1)))
    return float(sum(np.vecdot(part, part).sum() for part in (real, imaginary)))


def _multiply(real: np.ndarray, imaginary: np.ndarray, weight: float, zero: int) -> None:
    """Replace an upper triangular T (d, d) by the upper triangle of weight·TT†, in place.

    zero: number of columns of T that are zero. The columns of the product are computed from left to
    right, because the columns of T on the left of them are not needed again. With T = A + iB,

        Re TT† = AAᵀ + BBᵀ,  Im TT† = (A + B)(A − B)ᵀ − AAᵀ + BBᵀ.
    """
    d = len(real)
    room, columns = np.empty(min(_STRIDE, d) * d), max(_STEP, d // _STEPS)
    for left, top in ((i, j) for i in range(0, d, _STRIDE) for j in range(0, i + 1, _STRIDE)):
        right, bottom = min(left + _STRIDE, d), min(top + _STRIDE, d)
        sums = room[: (bottom - top) * (d - left)].reshape(bottom - top, d - left)
        np.add(real[top:bottom, left:], imaginary[top:bottom, left:], out=sums)
        for first in range(left, right, columns):
            end, begin = min(first + columns, right), max(first, zero)
            rows = slice(top, min(bottom, end))
            a_rows, b_rows = (weight * part[first:end, begin:] for part in (real, imaginary))
            of_real = real[rows, begin:] @ a_rows.T
            of_imaginary = imaginary[rows, begin:] @ b_rows.T
            mixed = sums[: rows.stop - top, begin - left :] @ (a_rows - b_rows).T
            mixed -= of_real
            np.add(mixed, of_imaginary, out=imaginary[rows, first:end])
            np.add(of_real, of_imaginary, out=real[rows, first:end])
