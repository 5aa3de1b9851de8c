"""The equations of L₀ + ηL₁ in zero modes of L₀ and the rest, see `operator_solver`."""

from __future__ import annotations

import numpy as np

from syncsweep.physics.diagnosis import SINGULAR
from syncsweep.physics.generator import Generator, OperatorPerturbation, pack, unpack
from syncsweep.physics.local_sum import LocalSum


class SplitForm:
    """(L₀ + ηQL₁(1 + VC)) X = −η·source, with c = c₀ + CX; X and source are packed (D, D).

    perturbation: L₁; source: QL₁Vc₀; condition: the reciprocal of the norm of the inverse rates, in
    units of what L₁ does to the zero modes, 0 if it does not tell them apart; scale: the largest
    norm of L₁ of a zero mode.
    """

    def __init__(self, generator: Generator, perturbation: OperatorPerturbation) -> None:
        """generator: L₀."""
        self.perturbation = perturbation
        self._generator = generator
        self._place = np.argsort(generator.order)
        modes, dim, traces = generator.zero_modes, generator.dim, generator.traces
        images = np.array(
            [self._image(modes[[k]].toarray().reshape(dim, dim)) for k in range(modes.shape[0])]
        ).reshape(-1, dim**2)
        self._modes_as_columns = modes.T
        rates = generator.left_modes @ images.T
        self._beside = images - rates.T @ modes
        # The rates do not change the trace, so that the equation of the trace can be added to them.
        self.scale = scale = float(np.linalg.norm(images, axis=1).max())
        bordered = rates / (scale or 1.0) + np.outer(traces, traces) / (traces @ traces)
        sizes = np.linalg.svd(bordered, compute_uv=False)
        self.condition = float(sizes[-1] / sizes[0])
        self.source = np.zeros((dim, dim))
        if self.condition > SINGULAR:
            inverse = np.linalg.inv(bordered)
            self._feedback = -inverse / (scale or 1.0)
            self._limit = inverse @ traces / (traces @ traces)
            self.source = (self._limit @ self._beside).reshape(dim, dim)

    def _image(self, packed: np.ndarray) -> np.ndarray:
        """L₁ of a packed operator (D, D)."""
        packed = packed[np.ix_(self._place, self._place)]
        if isinstance(self.perturbation, LocalSum):
            image = self.perturbation.apply_packed(packed)
        else:
            image = pack(self.perturbation.apply(unpack(packed)))
        return image[np.ix_(self._generator.order, self._generator.order)]

    def rest(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """QL₁(1 + VC)X of packed X (D, D) without zero modes, and CX (n_modes,)."""
        image = self._image(x).ravel()
        components = self._generator.left_modes @ image
        c = self._feedback @ components
        image = image - self._modes_as_columns @ components
        image += c @ self._beside
        return image.reshape(x.shape), c

    def defect(self, x: np.ndarray, eta: float, image: np.ndarray) -> np.ndarray:
        """What X leaves of its equations, from its image under `rest`; (D, D)."""
        return -self._generator.apply(x) - eta * (image + self.source)

    def state(self, x: np.ndarray, c: np.ndarray) -> np.ndarray:
        """ρ (D, D) of X and CX."""
        zero_modes = (self._modes_as_columns @ (self._limit + c)).reshape(x.shape)
        return unpack((zero_modes + x)[np.ix_(self._place, self._place)])
