"""Properties of vectorisation and of the Hermitian form, for arbitrary operators."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from syncsweep.physics.superoperators import (
    hermitian_basis,
    lindblad_dissipator,
    to_real,
    unvectorize,
    vectorize,
)

ENTRIES = st.complex_numbers(max_magnitude=1e3, allow_nan=False, allow_infinity=False)


@st.composite
def operators(draw):
    dim = draw(st.integers(1, 5))
    batch = draw(st.lists(st.integers(1, 3), max_size=2))
    return draw(hnp.arrays(complex, (*batch, dim, dim), elements=ENTRIES))


@given(operators())
def test_unvectorize_inverts_vectorize(rho):
    vectors = vectorize(rho)
    assert vectors.shape == (*rho.shape[:-2], rho.shape[-1] ** 2)
    np.testing.assert_array_equal(unvectorize(vectors), rho)


@given(operators())
def test_vectorize_keeps_the_hilbert_schmidt_product(rho):
    overlap = np.sum(vectorize(rho).conj() * vectorize(rho), axis=-1)
    expected = np.trace(rho.conj().swapaxes(-1, -2) @ rho, axis1=-2, axis2=-1)
    np.testing.assert_allclose(overlap, expected, rtol=1e-12, atol=1e-300)


@given(st.integers(2, 4).flatmap(lambda d: hnp.arrays(complex, (d, d), elements=ENTRIES)))
def test_every_dissipator_is_real_and_keeps_the_trace(jump):
    dissipator = lindblad_dissipator(jump)
    scale = np.abs(jump).max() ** 2
    # A multiple of 1 dissipates nothing, and rounding alone need not be real.
    assume(np.abs(dissipator).max() >= 1e-9 * scale)
    real = to_real(dissipator)
    np.testing.assert_allclose(real[0], 0, atol=1e-13 * scale + 1e-300)
    basis = hermitian_basis(len(jump)).toarray()
    np.testing.assert_allclose(
        basis @ real @ basis.conj().T,
        dissipator,
        rtol=0,
        atol=1e-12 * scale + 1e-300,
    )
