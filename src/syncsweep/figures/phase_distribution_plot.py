"""S_d of one state on given axes, for a notebook."""

from __future__ import annotations

from math import pi

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from syncsweep.figures import style
from syncsweep.physics import arguments
from syncsweep.physics.phase_distribution import Measure, deviation

#: Points per angle, ends included.
_POINTS = {1: 361, 2: 121}

_TICKS = pi * np.array([-0.5, 0, 0.5, 1, 1.5])
_TICK_LABELS = ["−π/2", "0", "π/2", "π", "3π/2"]


def plot_phase_distribution(
    axes: Axes, coefficients: np.ndarray, frequencies: np.ndarray, measure: Measure = "relative"
) -> Artist:
    """Plot S_d − (1/2π)^{N−1} [rad^{1−N}] of one state on Matplotlib's `axes`.

    coefficients: (n_k,), of one state; frequencies: (n_k, N−1); see `relative_phase_coefficients`
    and `relative_frequencies`. A line over φ_1 − φ_2 for two spins, a heat map with its colour bar
    over (φ_1 − φ_3, φ_2 − φ_3) for three; ValueError for others. The angles go from −π/2 to 3π/2,
    so that locking at 0, π and ±π/3 is off the edges. Returns the line or the mesh.

    measure: "absolute" for S − (1/2π)^N [rad^{−N}] of one or two spins over their angles φ_j, with
    what `phase_coefficients` and `phase_frequencies` return.

    >>> line = sync.plot_phase_distribution(plt.gca(), s_d[0], frequencies)
    """
    coefficients, frequencies = arguments.distributions(coefficients, frequencies)
    n_angles = frequencies.shape[1]
    if n_angles not in _POINTS:
        raise ValueError(
            f"Argument `frequencies` must have shape (n_k, 1) or (n_k, 2), but has shape "
            f"{frequencies.shape}: no more than two angles can be drawn."
        )
    axis = np.linspace(-pi / 2, 3 * pi / 2, _POINTS[n_angles])
    grid = np.stack(np.meshgrid(*[axis] * n_angles, indexing="ij"), axis=-1)
    excess = deviation(coefficients, frequencies, grid.reshape(-1, n_angles))
    axes.set_xticks(_TICKS, _TICK_LABELS)
    reference, symbol = (rf" - \phi_{n_angles + 1}", "S_d") if measure == "relative" else ("", "S")
    axes.set_xlabel(rf"$\phi_1{reference}$ [rad]")
    if n_angles == 1:
        axes.set_xlim(axis[0], axis[-1])
        axes.set_ylabel(rf"${symbol} - 1/(2\pi)$ [rad$^{{-1}}$]")
        (line,) = axes.plot(axis, excess, color=style.LINE_COLOURS[0])
        return line
    axes.set_yticks(_TICKS, _TICK_LABELS)
    axes.set_ylabel(rf"$\phi_2{reference}$ [rad]")
    axes.set_aspect("equal")
    heights = excess.reshape(len(axis), len(axis)).T
    mesh = axes.pcolormesh(axis, axis, heights, cmap=style.COLOUR_MAP, shading="gouraud")
    axes.figure.colorbar(mesh, ax=axes, label=rf"${symbol} - 1/(2\pi)^2$ [rad$^{{-2}}$]")
    return mesh
