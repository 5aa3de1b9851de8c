"""Sectors as written down, against the zero modes of L₀ as computed."""

import numpy as np
import pytest

from syncsweep.physics.models import MODELS, spin1_chain, spin_flip
from syncsweep.physics.sectors import UnknownSectorsError, sectors
from syncsweep.physics.sparse_blocks import left_null_vectors
from syncsweep.physics.superoperators import liouvillian, to_real, vectorize

CHAIN, PAIR = "spin1_chain", "spin_half_pair"


@pytest.fixture(params=[(CHAIN, {"n_sites": 2}), (CHAIN, {}), (PAIR, {})], ids=["2", "3", "pair"])
def case(request):
    name, parameters = request.param
    model = MODELS[name](**parameters)
    L0 = liouvillian(model.hamiltonian, model.jump_operators)
    return sectors(name, **parameters), L0, model.dim


def test_sectors_hold_conserved_projectors_that_resolve_the_identity(case):
    found, L0, dim = case
    projectors = [sector.projector for sector in found]
    np.testing.assert_allclose(sum(projectors), np.eye(dim), atol=1e-14)
    for J in projectors:
        np.testing.assert_allclose(J @ J, J, atol=1e-14)
        assert np.abs(vectorize(J).conj() @ L0).max() < 1e-13


def test_sectors_hold_steady_states_of_unit_trace_each_in_its_own_sector(case):
    found, L0, _ = case
    for sector in found:
        rho = sector.steady_state
        assert np.abs(L0 @ vectorize(rho)).max() < 1e-13
        shares = [np.trace(other.projector @ rho).real for other in found]
        np.testing.assert_allclose(shares, [other is sector for other in found], atol=1e-14)


@pytest.mark.parametrize(
    ("n_sites", "even", "odd"), [(2, 2, 1), (3, 4, 3), (4, 10, 9), (5, 26, 25), (8, 554, 553)]
)
def test_the_chain_has_the_known_sectors(n_sites, even, odd):
    found = {sector.name: sector.basis for sector in sectors(CHAIN, n_sites=n_sites)}
    assert len(found) == 2 * (n_sites + 1)
    assert (found["0+"].shape[1], found["0-"].shape[1]) == (even, odd)
    assert sum(basis.shape[1] for basis in found.values()) == 3**n_sites
    if n_sites < 6:
        flip = spin_flip(spin1_chain(n_sites))
        for name, sign in (("0+", 1), ("0-", -1)):
            np.testing.assert_array_equal(flip @ found[name], sign * found[name].toarray())


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *((CHAIN, {"n_sites": 2, **changed}) for changed in (
            {}, {"J": 0}, {"gamma": 0}, {"omega": 0}, {"delta": 1}, {"delta": -1}, {"delta": 0},
            {"omega": 0.3, "delta": 0.1 + 0.2}, {"omega": -2, "J": -0.3, "delta": 1, "gamma": 0.1},
        )),
        *((CHAIN, {"n_sites": 3, **changed}) for changed in (
            {}, {"J": 0}, {"omega": 0}, {"delta": 0}, {"delta": 1}, {"J": -0.3, "delta": -2},
        )),
        *((CHAIN, {"n_sites": 4, **changed}) for changed in ({}, {"delta": 0}, {"omega": 0})),
        *((PAIR, changed) for changed in ({}, {"gamma": 0}, {"B": 1.5}, {"J": 0, "delta": 0})),
    ],
)  # fmt: skip
def test_models_are_refused_just_if_they_have_more_zero_modes_than_sectors(name, parameters):
    model = MODELS[name](**parameters)
    generator = to_real(liouvillian(model.hamiltonian, model.jump_operators))
    zero_modes = 1 + left_null_vectors(generator).shape[1]  # the trace is the first
    wanted = 2 * (model.n_sites + 1) if name == CHAIN else 2
    if zero_modes > wanted:
        with pytest.raises(
            UnknownSectorsError, match=f"each of its {wanted} sectors, but has more"
        ):
            sectors(name, **parameters)
    else:
        assert len(sectors(name, **parameters)) == zero_modes == wanted


def test_other_models_and_sizes_are_refused():
    with pytest.raises(ValueError, match="must be one of"):
        sectors("mine")
    for n_sites in (1, 9):
        with pytest.raises(ValueError, match="n_sites"):
            sectors(CHAIN, n_sites=n_sites)
