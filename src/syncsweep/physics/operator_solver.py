"""Steady states of L₀ + ηL₁ without a dense matrix (D², D²) of L₀ or L₁.

ρ = Σ_α c_α V_α + X, with the right zero modes V of L₀, its left ones W, WᵀV = 1, and WᵀX = 0. The
equations along the zero modes, divided by η, are WᵀL₁(Vc + X) = 0. They give c = c₀ + CX by means
of the rates WᵀL₁V, which form a small matrix. With the projector Q = 1 − VWᵀ, the others are

    (1 + ηT) X = −ηg,   T = L₀⁻¹QL₁(1 + VC),   g = L₀⁻¹QL₁Vc₀.

Their condition stays bounded for η → 0⁺, where ρ = Vc₀ (Eq. 4). One Krylov space of T on g is good
for all small η. Its L₀⁻¹ is iterative (`Generator.solve`), and less accurate the less it
matters for the solution (Simoncini and Szyld, SIAM J. Sci. Comput. 25, 454 (2003)). Each larger η
has a GMRES of its own for (L₀ + ηQL₁(1 + VC)) X = −ηQL₁Vc₀.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, gcrotmk

from syncsweep.physics import arguments
from syncsweep.physics.affine_systems import Solutions, reciprocals
from syncsweep.physics.arnoldi import KrylovSpace
from syncsweep.physics.block_generator import BlockGenerator
from syncsweep.physics.dephasing import DephasingGenerator
from syncsweep.physics.diagnosis import SINGULAR, Method, SteadyStates, diagnosed
from syncsweep.physics.gain_probe import GainProbe
from syncsweep.physics.generator import Generator, OperatorPerturbation, UnservedModelError
from syncsweep.physics.lindbladian import Lindbladian
from syncsweep.physics.models import Model
from syncsweep.physics.split_form import SplitForm

#: Estimated error of ρ that the solver aims at, in units of the identity's component 1/√D.
_ACCURACY = 1e-11

#: Largest dimension of the shared space. An η that would need more has a GMRES of its own.
_SHARED_STEPS = 40

#: Steps after which the shared space shows how fast it converges. Until then, we expect it to serve
#: all η with ηκ below `_EXPECTED`.
_TRIAL_STEPS, _EXPECTED = 5, 2.0

#: The most and the least accurate L₀⁻¹ of the shared space.
_BEST_INVERSE, _WORST_INVERSE = 1e-12, 1e-2

#: Vectors that gcrotmk adds in a cycle, in a first and in a second try, and all that it may add in
#: one try. Above the last number, a D, there is no second try: its vectors take too much memory.
_GMRES_STEPS, _MORE_STEPS, _GMRES_VECTORS, _ROOMY = 20, 150, 300, 243

#: How often GMRES may go on because it has found that the inverse magnifies what is left by more.
_RESTARTS = 3

#: Rounding of what is left of equations, in units of their right-hand side.
_ROUNDING = 8 * float(np.finfo(float).eps)

#: Number of states at other η from which GMRES starts.
_KNOWN = 12


@dataclass(frozen=True)
class _State:
    """X at one η with its `SplitForm.rest`, the norm of what X leaves of its equations, and that of
    their inverse.
    """

    x: np.ndarray
    image: np.ndarray
    c: np.ndarray
    residual: float
    inverse_norm: float


class OperatorSolver:
    """Solve L₀ + ηL₁ for many L₁ and η at fixed L₀, up to D = 729.

    >>> solver = OperatorSolver(sync.spin1_chain(2))
    """

    def __init__(self, model: Model) -> None:
        """UnservedModelError if no `Generator` serves L₀."""
        self._generator = generator_of(model.lindbladian)
        self.dim = self._generator.dim

    def solve(
        self,
        perturbation: OperatorPerturbation,
        etas: Sequence[float] | np.ndarray,
        accuracy: float = _ACCURACY,
    ) -> SteadyStates:
        """Steady states for all `etas` ≥ 0 (0 is the limit η → 0⁺).

        accuracy: estimated error of ρ to aim at, in units of the identity's component 1/√D. If
        GMRES does not reach it, the status of this η follows from the error that it has. If L₁ does
        not lift the degeneracy of L₀ in first order, the status of every η is `degenerate`.
        """
        etas = arguments.numbers("Argument `etas`", etas, "n_eta")
        if not np.all(np.isfinite(etas)) or np.any(etas < 0):
            raise ValueError("Argument `etas` must be a list of finite numbers ≥ 0.")
        if perturbation.dim != self.dim:
            raise ValueError(
                f"Argument `perturbation` must be of D = {self.dim}, but is of "
                f"D = {perturbation.dim}."
            )
        split = SplitForm(self._generator, perturbation)
        method = np.full(len(etas), Method.KRYLOV, dtype=object)
        if split.condition <= SINGULAR:
            rho = np.full((len(etas), self.dim, self.dim), np.nan, dtype=complex)
            unknown = Solutions(rho, np.full(len(etas), np.nan), np.zeros(len(etas)))
            return diagnosed(etas, rho, unknown, method)
        states, amplification = self._shared(split, etas, accuracy)
        known: list[_State] = []
        for k in np.argsort(etas, kind="stable"):
            if etas[k] > 0:
                known.append(states[k])
            if states[k].residual > self._goal(accuracy, amplification * states[k].inverse_norm):
                goal = self._goal(accuracy, amplification)
                states[k] = self._alone(split, float(etas[k]), known[-_KNOWN:], goal)
                method[k] = Method.GMRES
                known.append(states[k])
        # An error of X is an error of c too.
        condition = reciprocals(amplification * np.array([one.inverse_norm for one in states]))
        condition = np.minimum(condition, split.condition)
        residual = np.sqrt(self.dim) * np.array([one.residual for one in states])
        # Rounding of the zero modes is one of the rates between them, which are rounded themselves.
        eps = float(np.finfo(float).eps)
        rounding = max(self._generator.rounding * self._generator.inverse_norm, eps)
        residual = np.maximum(residual, condition * rounding / split.condition)
        # What is left does not show how the image of ρ under ηL₁ is rounded.
        residual = np.maximum(residual, eps * etas * split.scale)
        rho = np.array([split.state(one.x, one.c) for one in states])
        return diagnosed(etas, rho, Solutions(rho, residual, condition), method)

    def _goal(self, accuracy: float, inverse_norm: float) -> float:
        """Norm of a residual at which the error of ρ is small enough."""
        return accuracy / (np.sqrt(self.dim) * inverse_norm)

    def _shared(
        self, split: SplitForm, etas: np.ndarray, accuracy: float
    ) -> tuple[list[_State], float]:
        """What one space of T on g gives for all η, and how much ρ differs if X does."""
        l0, steps = self._generator, _SHARED_STEPS
        n_modes = len(l0.traces)
        nothing = np.zeros_like(split.source)
        zero = _State(nothing, nothing, np.zeros(n_modes), 0.0, l0.inverse_norm)
        positive = np.unique(etas[etas > 0])
        if not positive.size or not split.source.any():
            return [zero] * len(etas), 1.0
        near = positive * split.perturbation.mean_decay <= _EXPECTED
        largest = float(positive[max(int(near.sum()), 1) - 1])
        goal = self._goal(accuracy, l0.inverse_norm)
        space: KrylovSpace | None = None
        images: list[np.ndarray] = []
        feedback: list[np.ndarray] = []
        grows, rest, size = True, split.source, largest
        while True:
            # What this L₀⁻¹ lacks must not matter for the largest η that the space is good for.
            wanted = goal / (2 * steps * max(size * float(np.linalg.norm(rest)), goal))
            solved = l0.solve(rest, min(max(wanted, _BEST_INVERSE), _WORST_INVERSE)).ravel()
            if space is None:
                space = KrylovSpace(solved, steps)
            else:
                grows = space.extend(solved)
            residuals = space.residuals(positive)
            if space.steps >= _TRIAL_STEPS:
                shrinks = (residuals / space.length) ** (steps / space.steps)
                ends = positive * space.length * shrinks
                within = positive[ends <= accuracy / np.sqrt(self.dim)]
                largest = float(max(within, default=positive[0]))
            size = largest * float(residuals[positive == largest][0])
            if space.steps and (not grows or space.is_full or size * l0.norm <= goal / 2):
                break
            if space.steps >= _TRIAL_STEPS:
                state = _of_space(split, space, images, feedback, largest, l0.inverse_norm)
                norm = state.inverse_norm * _amplification(feedback)
                if state.residual <= self._goal(accuracy, norm):
                    break
            size *= largest
            rest, c = split.rest(space.newest.reshape(rest.shape))
            images.append(rest.ravel())
            feedback.append(c)
        known = (split, space, images, feedback)
        states = [_of_space(*known, float(eta), l0.inverse_norm) if eta else zero for eta in etas]
        return states, _amplification(feedback)

    def _alone(self, split: SplitForm, eta: float, known: list[_State], goal: float) -> _State:
        """GMRES at one η, from what suits best among the sums of states at other η.

        goal: norm of a residual, if that of the inverse were 1.
        """
        l0, source = self._generator, -eta * split.source.ravel()

        probe = GainProbe(self.dim**2)

        def apply(x: np.ndarray) -> np.ndarray:
            packed = l0.without_zero_modes(x.reshape(self.dim, self.dim))
            image = (l0.apply(packed) + eta * split.rest(packed)[0]).ravel()
            probe.add(packed.ravel(), image)
            return image

        precondition = self._preconditioner(split.perturbation, eta)
        x = self._mixture(source, eta, known, probe)
        shape = (len(source), len(source))
        least = _ROUNDING * float(np.linalg.norm(source))
        steps = [_GMRES_STEPS, _MORE_STEPS][: 1 + (self.dim <= _ROOMY)]
        inverse_norm = wanted = l0.inverse_norm
        for most in steps:
            for _ in range(_RESTARTS):
                wanted = max(wanted, inverse_norm)
                x, failed = gcrotmk(
                    LinearOperator(shape, apply, dtype=float), source, x, rtol=0.0,
                    atol=max(goal / wanted, least), m=most, maxiter=_GMRES_VECTORS // most,
                    M=LinearOperator(shape, precondition, dtype=float),
                )  # fmt: skip
                inverse_norm = max(l0.inverse_norm, probe.largest_gain())
                if failed or inverse_norm <= wanted:
                    break
            if not failed:
                break
        packed = l0.without_zero_modes(x.reshape(self.dim, self.dim))
        image, c = split.rest(packed)
        left = float(np.linalg.norm(split.defect(packed, eta, image)))
        return _State(packed, image, c, left, inverse_norm)

    def _mixture(
        self, source: np.ndarray, eta: float, known: list[_State], probe: GainProbe
    ) -> np.ndarray:
        """The sum of states at other η that leaves least of `source`; `probe` takes up the states.

        The matrices of this are as large as those of GMRES, so they must be gone before it begins.
        """
        l0 = self._generator
        span = np.array([one.x.ravel() / np.linalg.norm(one.x) for one in known])
        of_rest = [one.image.ravel() / np.linalg.norm(one.x) for one in known]
        images = np.array([l0.apply(x.reshape(self.dim, self.dim)).ravel() for x in span])
        images += eta * np.array(of_rest)
        for one, image in zip(span, images, strict=True):
            probe.add(one, image)
        q, r = np.linalg.qr(images.T)
        mixture: np.ndarray = np.linalg.lstsq(r, q.T @ source, rcond=1e-13)[0]
        return mixture @ span

    def _preconditioner(
        self, perturbation: OperatorPerturbation, eta: float
    ) -> Callable[[np.ndarray], np.ndarray]:
        """About (L₀ + ηL₁)⁻¹ of packed operators (D²,), beside the zero modes of L₀."""
        l0 = self._generator
        apply = l0.preconditioner(perturbation, eta)

        def beside(x: np.ndarray) -> np.ndarray:
            image = apply(x.reshape(self.dim, self.dim)).astype(float)
            return l0.without_zero_modes(image).ravel()

        return beside


def generator_of(lindbladian: Lindbladian) -> Generator:
    """L₀ of dephased spins, or of any model whose blocks are small; UnservedModelError."""
    try:
        return DephasingGenerator(lindbladian)
    except UnservedModelError:
        return BlockGenerator(lindbladian)


def _amplification(feedback: list[np.ndarray]) -> float:
    """How much larger an error of ρ is than that of X; feedback: CX of orthonormal X."""
    # They show C in some directions only.
    return 1 + 2 * float(np.linalg.norm(feedback, 2))


def _of_space(
    split: SplitForm,
    space: KrylovSpace,
    images: list[np.ndarray],
    feedback: list[np.ndarray],
    eta: float,
    inverse_norm: float,
) -> _State:
    """The X with the smallest residual at one η, and what it leaves of its equations."""
    mixture = -eta * space.mixture(eta)
    x = (mixture @ space.vectors).reshape(split.source.shape)
    image = (mixture @ np.array(images)).reshape(x.shape)
    left = float(np.linalg.norm(split.defect(x, eta, image)))
    smallest = np.linalg.svd(space.shifted(eta), compute_uv=False)[-1]
    return _State(x, image, mixture @ np.array(feedback), left, inverse_norm / min(smallest, 1.0))
