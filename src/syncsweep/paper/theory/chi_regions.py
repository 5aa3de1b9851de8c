"""The region of angle differences of three spins where l = √χ is below d (App. C, Fig. 4).

The region Ω_d, a hexagon around the origin of the plane (φ'_1, φ'_2), consists of six triangles
T_d^1 … T_d^6 of equal area (2πd)²/6 (Eq. C2). In T_d^a, l is linear and grows from 0 at the origin
to d on the far side. Ω_1 moved by all multiples of 2π covers the plane once, so of uniform angles
the share with l < d is (2πd)²/(2π)² = d²: χ = l² is uniform.

The paper prints 0 < φ'_2 − φ'_1 < 2πd for T_d^3. It must be 0 < φ'_2 − 2φ'_1 < 2πd: the printed
triangle is 9/2 times as large and leaves [−2π, 2π]² at d = 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np


@dataclass(frozen=True)
class Triangle:
    """{0 < rise·φ' < 2πd, side·φ' > 0 for both sides}; integer forms of φ' = (φ'_1, φ'_2)."""

    name: str
    rise: tuple[int, int]
    sides: tuple[tuple[int, int], tuple[int, int]]

    def corners(self, d: float) -> np.ndarray:
        """The origin and the two corners of the far side, (3, 2) in rad, counter-clockwise."""
        far = [np.linalg.solve(np.array([self.rise, side]), [2 * pi * d, 0]) for side in self.sides]
        return np.array([[0.0, 0.0], *far])

    def area(self, d: float) -> float:
        """Area in rad²."""
        _, first, second = self.corners(d)
        return abs(float(np.linalg.det(np.array([first, second])))) / 2

    def contains(self, angles: np.ndarray, d: float) -> np.ndarray:
        """Whether angles (..., 2) in rad lie within, (...); not on the sides."""
        rise = angles @ np.array(self.rise)
        on_sides = angles @ np.array(self.sides).T
        return (rise > 0) & (rise < 2 * pi * d) & np.all(on_sides > 0, axis=-1)

    def spread(self, angles: np.ndarray) -> np.ndarray:
        """Value of l = √χ at angles (..., 2) in the closed T_1^a, (...) (below Eq. C3)."""
        return angles @ np.array(self.rise) / (2 * pi)


def _opposite(name: str, triangle: Triangle) -> Triangle:
    (x, y), ((p, q), (u, v)) = triangle.rise, triangle.sides
    return Triangle(name, (-x, -y), ((-p, -q), (-u, -v)))


# The far corners are in counter-clockwise order, the second of each being the first of the next.
_FIRST = Triangle("T1", (1, 1), ((-1, 2), (2, -1)))
_SECOND = Triangle("T2", (-1, 2), ((-2, 1), (1, 1)))
_THIRD = Triangle("T3", (-2, 1), ((-1, -1), (-1, 2)))

#: T^1 … T^6 of Eq. C2, T^3 corrected.
TRIANGLES = (
    _FIRST,
    _SECOND,
    _THIRD,
    _opposite("T4", _FIRST),
    _opposite("T5", _SECOND),
    _opposite("T6", _THIRD),
)


def outline(d: float) -> np.ndarray:
    """Corners of the hexagon Ω_d, (6, 2) in rad, counter-clockwise."""
    return np.array([triangle.corners(d)[1] for triangle in TRIANGLES])
