"""The random Kossakowski matrix K of App. F, by its factor and as a matrix.

K = d·GG†/Tr GG† with d = D²−1 and G a d×r matrix of independent standard normal real and imaginary
parts (r = d unless a rank is given), so Tr K = d.

G itself is not drawn. GG† = TT† in law for an upper trapezoidal T (Bartlett's decomposition of the
complex Wishart matrix): its last r rows are upper triangular with T_ii² ~ χ²(2i), and all entries
above are complex normal with unit-variance parts.

The index of rows and columns is j·D + k of F_n = |j⟩⟨k|. The last (j = k = D−1) has no F_n, and is
zero. Real and imaginary parts are kept apart. So a product of complex matrices takes three real
ones, and the draws go where they stay.
"""

from __future__ import annotations

import numpy as np

#: Rows and columns of K that are computed at once, if it has more than twice as many, and columns
#: of T that are summed over. Larger blocks take more memory, but not less time.
_BLOCK, _SUMMED = 384, 2048

#: Fewest columns of K at once beside the diagonal of T, and most parts that all columns make.
_STEP, _STEPS = 48, 64


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
    """Put the entries of an unscaled T into two arrays of zeros (d, r); returns Tr TT†."""
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
    right, because the columns of T on the left of them are not needed again.
    """
    d = len(real)
    size = d if d <= 2 * _BLOCK else _BLOCK
    parts, step = (real, imaginary), max(_STEP, len(real) // _STEPS)
    for left in range(0, d, size):
        columns = [part[left : left + size, left:] for part in parts]
        width, none = len(columns[0]), max(0, zero - left)
        steps = [slice(i, min(i + step, width)) for i in range(0, width, step)]
        for top in range(0, left, size):
            block = [part[top : top + size, left:] for part in parts]
            whole = np.zeros((2, size, width))
            for first in range(max(width, none), d - left, _SUMMED):
                over = slice(first, first + _SUMMED)
                _add(whole, [x[:, over] for x in block], [x[:, over] for x in columns])
            near = [x[:, :width] for x in block]
            near.append(near[0] + near[1])
            for few in steps:
                over = slice(max(few.start, none), width)
                of_few = [x[few, over] for x in columns]
                _add(whole[:, :, few], [x[:, over] for x in near], of_few)
            for part, of_part in zip(near, whole, strict=False):
                np.multiply(of_part, weight, out=part)
        near = [*columns, columns[0] + columns[1]]
        for few in steps:
            above, over = slice(few.stop), slice(max(few.start, none), None)
            of_few = [x[few, over] for x in columns]
            product = _product([x[above, over] for x in near], of_few)
            for part, of_part in zip(columns, product, strict=True):
                np.multiply(of_part, weight, out=part[above, few])


def _add(product: np.ndarray, rows: list[np.ndarray], columns: list[np.ndarray]) -> None:
    """Add real and imaginary part of (A + iB)(C + iD)† to (2, n, k), see `_product`."""
    for part, of_part in zip(product, _product(rows, columns), strict=True):
        part += of_part


def _product(rows: list[np.ndarray], columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary part of (A + iB)(C + iD)† from A, B, A + B if known, and C, D.

    Re = ACᵀ + BDᵀ, Im = (A + B)(C − D)ᵀ − ACᵀ + BDᵀ: three real products, where four are usual.
    """
    a, b, *known = rows
    c, d = columns
    of_real, of_imaginary = a @ c.T, b @ d.T
    mixed = (known[0] if known else a + b) @ (c - d).T
    mixed -= of_real
    mixed += of_imaginary
    of_real += of_imaginary
    return of_real, mixed
