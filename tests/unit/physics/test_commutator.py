"""−i[H, ·] in the Hermitian basis is that of the superoperator."""

import numpy as np
import pytest

from syncsweep.physics.commutator import add_commutator
from syncsweep.physics.perturbation import random_hamiltonian
from syncsweep.physics.superoperators import liouvillian, to_real


@pytest.mark.parametrize("dim", [2, 4, 9])
def test_commutators_are_added_where_the_superoperator_has_them(dim):
    hamiltonian = random_hamiltonian(np.random.default_rng(5), dim)
    added = add_commutator(np.ones((dim**2, dim**2)), hamiltonian) - 1
    expected = to_real(liouvillian(hamiltonian, np.empty((0, dim, dim)))).toarray()
    np.testing.assert_allclose(added, expected, rtol=0, atol=1e-13)
