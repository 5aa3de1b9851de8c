"""How much an inverse magnifies, from pairs of vectors and images."""

import numpy as np
import pytest

from syncsweep.physics.gain_probe import GainProbe


def test_a_slow_mode_is_found_that_no_single_vector_shows():
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.standard_normal((3000, 30)))[0].T
    rates = np.linspace(1.0, 5.0, 30)
    rates[3] = 1e-4
    probe = GainProbe(3000)
    for mixture in rng.standard_normal((30, 30)):
        probe.add(mixture @ basis, (mixture * rates) @ basis)
    assert probe.largest_gain() == pytest.approx(1e4, rel=0.3)


def test_without_images_nothing_is_magnified():
    probe = GainProbe(9)
    probe.add(np.ones(9), np.zeros(9))
    assert probe.largest_gain() == 0.0
