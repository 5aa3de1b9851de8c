"""A weakly driven spin against closed forms: entrainment, and the interference blockade.

A spin has a limit cycle of gain and damping. In the frame of a drive ε S^x it turns at the
detuning δ. In first order in ε the drive makes its coherences, and so S_max grows as ε. If gain and
damping of a spin 1 have equal rates, its two coherences cancel each other at every phase, and S_max
grows as ε² (Roulet and Bruder 2018, Koppenhöfer and Roulet 2019).
"""

from math import pi, sqrt

import numpy as np
import pytest

import syncsweep as sync
from syncsweep.physics.spins import sx, sz

ETAS = 1e-3 * 2.0 ** -np.arange(3)
DETUNINGS = [0.0, 0.3, -2.0]


def measured(hamiltonian, jumps, spin, etas=ETAS):
    """S and its maximum at each ε of `etas`, for the drive ε S^x."""
    L0 = sync.liouvillian(hamiltonian, jumps)
    drive = sync.liouvillian(sx(spin), [])
    steady = sync.steady_states(L0, drive, etas=etas)
    assert set(steady.status) == {"ok"}
    s = sync.phase_coefficients(steady.rho, [spin])
    return s, sync.s_max(s, sync.phase_frequencies([spin]))


def jump(spin, to, of, rate):
    """√γ|to⟩⟨of|, with the levels in the order of the basis."""
    operator = np.zeros((round(2 * spin) + 1,) * 2)
    operator[to, of] = sqrt(rate)
    return operator


def order(deviations):
    """The power of ε with which deviations shrink, where ε is halved from one to the next."""
    return np.log2(deviations[:-1] / deviations[1:])


@pytest.mark.parametrize("delta", DETUNINGS)
@pytest.mark.parametrize(("gain", "damping"), [(1.0, 0.1), (0.2, 0.7)])
def test_spin_half_follows_the_drive(delta, gain, damping):
    jumps = [jump(0.5, 0, 1, gain), jump(0.5, 1, 0, damping)]
    _, maximum = measured(delta * sz(0.5), jumps, 0.5)
    total = gain + damping
    # ρ_{½,−½} with the populations γg/(γg + γd) and γd/(γg + γd); a site weighs it with 1/8.
    coherence = 1j * ETAS / 2 * (gain - damping) / total / (total / 2 + 1j * delta)
    expected = 2 / 8 * np.abs(coherence)
    np.testing.assert_allclose(maximum.s_max, expected, rtol=1e-4)
    np.testing.assert_allclose(order(np.abs(maximum.s_max - expected)), 3, atol=0.02)
    # S − 1/2π = (|ρ|/4) cos(φ + arg ρ)
    turned = np.exp(1j * (maximum.angles[:, 0] + np.angle(coherence)))
    np.testing.assert_allclose(turned, 1, atol=1e-6)


@pytest.mark.parametrize("delta", DETUNINGS)
@pytest.mark.parametrize(("gain", "damping"), [(1.0, 0.1), (0.2, 0.7)])
def test_spin_1_follows_the_drive(delta, gain, damping):
    jumps = [jump(1, 1, 2, gain), jump(1, 1, 0, damping)]
    etas = ETAS / 8
    s, maximum = measured(delta * sz(1), jumps, 1, etas)
    upper = -1j * etas / sqrt(2) / (damping / 2 + 1j * delta)  # ρ_{1,0}
    lower = 1j * etas / sqrt(2) / (gain / 2 + 1j * delta)  # ρ_{0,−1}
    expected = 3 / (8 * sqrt(2)) * np.abs(upper + lower)
    np.testing.assert_allclose(maximum.s_max, expected, rtol=0.05)
    # The coherence of second order, ρ_{1,−1}, moves the maximum by a part that falls as ε.
    np.testing.assert_allclose(order(np.abs(maximum.s_max - expected)), 2, atol=0.05)
    first = 3 / (16 * sqrt(2)) * (upper + lower)
    np.testing.assert_allclose(order(np.abs(s[:, 1] - first)), 3, atol=0.05)
    np.testing.assert_allclose(s[:, 1], first, rtol=1e-3)
    turned = np.exp(1j * (maximum.angles[:, 0] + np.angle(first)))
    np.testing.assert_allclose(turned, 1, atol=0.1)


@pytest.mark.parametrize("delta", DETUNINGS)
def test_equal_rates_of_gain_and_damping_block_the_first_order(delta):
    gamma = 0.6
    jumps = [jump(1, 1, 2, gamma), jump(1, 1, 0, gamma)]
    s, maximum = measured(delta * sz(1), jumps, 1)
    # Only ρ_{1,−1} = 2ε²/(γ + 2iδ)² is left, which a site weighs with 1/4π.
    second = 2 * ETAS**2 / (gamma + 2j * delta) ** 2
    np.testing.assert_allclose(s[:, 1], 0, atol=1e-15)
    expected = ETAS**2 / (pi * (gamma**2 + 4 * delta**2))
    np.testing.assert_allclose(maximum.s_max, expected, rtol=1e-4)
    np.testing.assert_allclose(order(maximum.s_max), 2, atol=1e-3)
    np.testing.assert_allclose(order(np.abs(s[:, 2] - second / (4 * pi))), 4, atol=0.1)
    # Two phases, half a turn apart.
    turned = np.exp(1j * (2 * maximum.angles[:, 0] + np.angle(second)))
    np.testing.assert_allclose(turned, 1, atol=1e-5)


@pytest.mark.parametrize("drive", [0.0, 1e-12])
def test_without_a_drive_every_phase_is_equally_likely(drive):
    """Also in the limit η → 0⁺, where the limit cycle itself is the only steady state."""
    jumps = [jump(1, 1, 2, 1.0), jump(1, 1, 0, 0.1)]
    s, maximum = measured(0.3 * sz(1), jumps, 1, [drive])
    np.testing.assert_allclose(s[:, 0], 1 / (2 * pi), rtol=1e-14)
    assert maximum.s_max[0] < 10 * drive + 1e-16
