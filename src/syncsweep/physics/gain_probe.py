"""How much an inverse magnifies at least, from vectors whose images a Krylov solver has computed.

An equation is solved only as well as its inverse magnifies what is left of it. The steps of one
solution span a space that contains the slow modes which it had to resolve.
"""

from __future__ import annotations

import numpy as np

#: Numbers to which a vector is reduced: many more than there are vectors.
_NUMBERS = 2048

#: Combinations of images shorter than this, in units of the longest, may be rounding.
_ROUNDING = 1e-9


class GainProbe:
    """Pairs of vectors x and Ax of some linear map A, each reduced by the same random projection.

    The projection adds up entries with random signs in some groups. It keeps the lengths of all
    vectors of a small space, to some 10 %.
    """

    def __init__(self, length: int) -> None:
        """length: number of entries of each vector."""
        rng = np.random.default_rng(0)
        self._group = rng.integers(0, _NUMBERS, length)
        self._sign = rng.choice([-1.0, 1.0], length)
        self._vectors: list[np.ndarray] = []
        self._images: list[np.ndarray] = []

    def add(self, vector: np.ndarray, image: np.ndarray) -> None:
        """Take up x and Ax, each of shape (length,)."""
        size = float(np.linalg.norm(image))
        if size > 0:
            self._vectors.append(self._reduced(vector) / size)
            self._images.append(self._reduced(image) / size)

    def _reduced(self, vector: np.ndarray) -> np.ndarray:
        return np.bincount(self._group, self._sign * vector, _NUMBERS)

    def largest_gain(self) -> float:
        """The largest ‖x‖/‖Ax‖ of all combinations; 0 without vectors."""
        if not self._images:
            return 0.0
        mixtures, sizes, _ = np.linalg.svd(np.array(self._images), full_matrices=False)
        known = sizes > _ROUNDING * sizes[0]
        gains = (mixtures[:, known] / sizes[known]).T @ np.array(self._vectors)
        return float(np.linalg.norm(gains, 2))
