"""Two spins that turn, under perturbations of both that cannot always be drawn."""

from syncsweep.physics.spins import on_each_site, sz


def model(spins, omega=1.0):
    z = on_each_site(sz, spins)
    return omega * (z[0] + z[1]), [z[0] @ z[0]]


def perturbation(rng, spins):
    if rng.random() > 0.8:
        raise ValueError("this one cannot be drawn")
    m = rng.standard_normal((6, 6))
    return m + m.T, [m]
