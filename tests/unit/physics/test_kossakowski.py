"""K as a matrix is the product of its factor."""

import numpy as np
import pytest

from syncsweep.physics import kossakowski
from syncsweep.physics.kossakowski import draw_kossakowski, kossakowski_factor
from syncsweep.physics.perturbation import random_perturbation


@pytest.mark.parametrize("block", [5, 24, 768])
@pytest.mark.parametrize("rank", [None, 1, 7, 20])
def test_a_drawn_matrix_is_the_product_of_the_factor_drawn_alike(rank, block, monkeypatch):
    """However many blocks of columns it is computed in."""
    monkeypatch.setattr(kossakowski, "_BLOCK", block)
    monkeypatch.setattr(kossakowski, "_STEP", 2)
    factor = kossakowski_factor(np.random.default_rng(1), 5, rank, 1.7)
    real, imaginary = np.zeros((2, 25, 25))
    rng = np.random.default_rng(1)
    draw_kossakowski(rng, real, imaginary, rank, 1.7)
    expected = np.triu(factor @ factor.conj().T)
    np.testing.assert_allclose(np.triu(real + 1j * imaginary), expected, atol=1e-14)
    assert np.trace(expected).real == pytest.approx(1.7 * 24, rel=1e-14)
    np.testing.assert_array_equal(np.diagonal(imaginary), 0)


def test_a_wrong_rank_is_refused():
    for rank in (0, 25, True, 1.5):
        with pytest.raises(ValueError, match="`rank` must be an integer in 1 … 24"):
            kossakowski_factor(np.random.default_rng(1), 5, rank)


def test_a_draw_changes_no_draw_before_it():
    """The real matrix lies where K was drawn; no other draw uses this memory."""
    first = random_perturbation(np.random.default_rng(1), 5)
    kept = first.matrix()
    random_perturbation(np.random.default_rng(2), 5)
    np.testing.assert_array_equal(first.matrix(), kept)
