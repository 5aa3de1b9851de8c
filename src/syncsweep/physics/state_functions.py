"""Numbers of states ρ: purity, coherence, correlations of groups of sites, expectation values.

States have shape (n_eta, D, D), are Hermitian, finite and of unit trace, and each function returns
a real array (n_eta,). Sites are 0 … N−1, and `spins` are S of each of them, (N,). Entropies are in
nats. Negative eigenvalues come from rounding, and do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from syncsweep.physics.spins import local_dimension, sx, sy, sz

_COMPONENTS: dict[str, Callable[[float], np.ndarray]] = {"x": sx, "y": sy, "z": sz}


def site_operator(name: str, spin: float) -> np.ndarray:
    """An operator of one spin, shape (2S+1, 2S+1).

    name: `sx` is S^x, `sx2` is (S^x)², and `sigma_x` is the Pauli matrix 2S^x of a spin 1/2; the
    same for y and z.

    >>> site_operator("sigma_y", 0.5)
    array([[0.+0.j, 0.-1.j],
           [0.+1.j, 0.+0.j]])
    """
    if name.startswith("sigma_"):
        return 2 * _COMPONENTS[name[-1]](spin)
    component = _COMPONENTS[name[1]](spin)
    return component @ component if name.endswith("2") else component


def purity(states: np.ndarray) -> np.ndarray:
    """Tr ρ², between 1/D and 1.

    >>> purity(np.eye(4)[None] / 4)
    array([0.25])
    """
    return np.sum(np.abs(states) ** 2, axis=(1, 2))


def entropy(states: np.ndarray) -> np.ndarray:
    """S(ρ) = −Tr ρ ln ρ, von Neumann's entropy [nat], between 0 and ln D.

    >>> entropy(np.eye(4)[None] / 4) / np.log(2)
    array([2.])
    """
    return _entropy(np.linalg.eigvalsh(states))


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    from scipy.special import entr

    return entr(np.maximum(probabilities, 0)).sum(axis=1)


def _populations(states: np.ndarray) -> np.ndarray:
    return np.diagonal(states, axis1=1, axis2=2).real


def relative_entropy_of_coherence(states: np.ndarray) -> np.ndarray:
    """S(diag ρ) − S(ρ) in the basis |m₁ … m_N⟩ [nat], between 0 and ln D.

    Baumgratz, Cramer and Plenio, Phys. Rev. Lett. 113, 140401 (2014).

    >>> relative_entropy_of_coherence(np.full((1, 2, 2), 0.5)) / np.log(2)
    array([1.])
    """
    return _entropy(_populations(states)) - entropy(states)


def l1_coherence(states: np.ndarray) -> np.ndarray:
    """Σ_{i≠j} |ρ_ij| in the basis |m₁ … m_N⟩, between 0 and D − 1.

    Baumgratz, Cramer and Plenio, Phys. Rev. Lett. 113, 140401 (2014).

    >>> l1_coherence(np.full((1, 4, 4), 0.25))
    array([3.])
    """
    return np.abs(states).sum(axis=(1, 2)) - np.abs(_populations(states)).sum(axis=1)


def reduced_states(states: np.ndarray, spins: Sequence[float], sites: Sequence[int]) -> np.ndarray:
    """States (n_eta, d, d) of some sites, in the order of `sites`; the others are traced out.

    >>> reduced_states(np.eye(6)[None] / 6, [1, 0.5], [1]).real
    array([[[0.5, 0. ],
            [0. , 0.5]]])
    """
    dims, n_sites = [local_dimension(spin) for spin in spins], len(spins)
    bras = [n_sites + site if site in sites else site for site in range(n_sites)]
    kept = [*sites, *(n_sites + site for site in sites)]
    batch = 2 * n_sites
    whole = states.reshape(-1, *dims, *dims)
    traced = np.einsum(whole, [batch, *range(n_sites), *bras], [batch, *kept])
    dim = np.prod([dims[site] for site in sites], dtype=int)
    return traced.reshape(-1, dim, dim)


def mutual_information(
    states: np.ndarray, spins: Sequence[float], some: Sequence[int], others: Sequence[int]
) -> np.ndarray:
    """S(ρ_A) + S(ρ_B) − S(ρ_AB) of two groups of sites A and B [nat], at least 0.

    Nielsen and Chuang, Quantum Computation and Quantum Information, Sec. 11.3 (2000).

    >>> bell = np.outer([1, 0, 0, 1], [1, 0, 0, 1]) / 2
    >>> mutual_information(bell[None], [0.5, 0.5], [0], [1]) / np.log(2)
    array([2.])
    """
    parts = ([*some], [*others], [*some, *others])
    of_some, of_others, of_both = (entropy(reduced_states(states, spins, part)) for part in parts)
    return of_some + of_others - of_both


def negativity(
    states: np.ndarray, spins: Sequence[float], some: Sequence[int], others: Sequence[int]
) -> np.ndarray:
    """(‖ρ_AB^{T_A}‖₁ − 1)/2 of two groups of sites A and B, at least 0.

    It is minus the sum of the negative eigenvalues of the partial transpose. Vidal and Werner,
    Phys. Rev. A 65, 032314 (2002).

    >>> bell = np.outer([1, 0, 0, 1], [1, 0, 0, 1]) / 2
    >>> negativity(bell[None], [0.5, 0.5], [0], [1])
    array([0.5])
    """
    both = reduced_states(states, spins, [*some, *others])
    first = np.prod([local_dimension(spins[site]) for site in some], dtype=int)
    second = both.shape[1] // first
    swapped = both.reshape(-1, first, second, first, second).swapaxes(1, 3).reshape(both.shape)
    return np.maximum(-np.linalg.eigvalsh(swapped), 0).sum(axis=1)


def expectation(
    states: np.ndarray, spins: Sequence[float], operator: np.ndarray, site: int
) -> np.ndarray:
    """Tr ρO of a Hermitian operator O (2S+1, 2S+1) of one site, in the unit of O.

    >>> expectation(np.diag([1.0, 0, 0, 0])[None], [0.5, 0.5], sz(0.5), 1)
    array([0.5])
    """
    return np.einsum("kij,ji->k", reduced_states(states, spins, [site]), operator).real


#: The functions by the names that a configuration uses: of the state, and of two groups of sites.
OF_STATE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    one.__name__: one for one in (purity, relative_entropy_of_coherence, l1_coherence)
}
OF_GROUPS: dict[str, Callable[..., np.ndarray]] = {
    one.__name__: one for one in (mutual_information, negativity)
}
