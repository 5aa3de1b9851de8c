"""Random-Liouvillian sweeps of quantum synchronisation, and their physics as a library.

From a seed to a picture of how three spins lock:

    import matplotlib.pyplot as plt
    import numpy as np
    import syncsweep as sync

    model = sync.spin1_chain()
    L0 = sync.liouvillian(model.hamiltonian, model.jump_operators)
    L1 = sync.random_liouvillian(np.random.default_rng(1), model.dim)
    steady = sync.steady_states(L0, L1, etas=[0, 1e-3, 1])  # 0 is the limit η → 0⁺
    s_d = sync.relative_phase_coefficients(steady.rho, model.spins)
    frequencies = sync.relative_frequencies(model.spins)
    sync.plot_phase_distribution(plt.gca(), s_d[0], frequencies)

Shapes are written (..., n, n); N is the number of spins and D the dimension of their Hilbert space.
Energies, rates and η are in one unit of your choice, with ħ = 1. Superoperators stack columns, as
in QuTiP. Equation numbers are those of Zhao, Moore, Thingna and Wächtler, Quantum Synchronization
of Perturbed Oscillating Coherences (arXiv:2510.11601v1, 2025). Operators and superoperators may be
NumPy arrays, lists, SciPy's sparse matrices or QuTiP's objects. A wrong argument raises ValueError.
A wrong file raises `ConfigError` or `ResultsError` with a message of one line.

All examples below continue from these lines, in the folder of the project after `make figures`.
Those of a method continue from the example of its class.

>>> import matplotlib.pyplot as plt
>>> import numpy as np
>>> import syncsweep as sync
>>> pair = sync.spin_half_pair()
>>> L0 = sync.liouvillian(pair.hamiltonian, pair.jump_operators)
>>> L1 = sync.random_liouvillian(np.random.default_rng(1), pair.dim)
>>> steady = sync.steady_states(L0, L1, etas=[0, 1e-3, 1])
>>> s_d = sync.relative_phase_coefficients(steady.rho, pair.spins)
>>> frequencies = sync.relative_frequencies(pair.spins)
>>> maximum = sync.s_max(s_d, frequencies)
>>> chi = sync.sample_chi(s_d, frequencies, maximum, threshold=0.95, shift=[0.5])
>>> config = sync.load_config("config.yaml")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncsweep.config.file import load_config as load_config
    from syncsweep.config.messages import ConfigError as ConfigError
    from syncsweep.figures.phase_distribution_plot import (
        plot_phase_distribution as plot_phase_distribution,
    )
    from syncsweep.physics.chi import ChiSample as ChiSample
    from syncsweep.physics.chi import interval_probabilities as interval_probabilities
    from syncsweep.physics.chi_sampling import sample_chi as sample_chi
    from syncsweep.physics.diagnosis import SteadyStates as SteadyStates
    from syncsweep.physics.lindbladian import Lindbladian as Lindbladian
    from syncsweep.physics.lindbladian import Perturbation as Perturbation
    from syncsweep.physics.measures import Maximum as Maximum
    from syncsweep.physics.measures import s_max as s_max
    from syncsweep.physics.models import Model as Model
    from syncsweep.physics.models import spin1_chain as spin1_chain
    from syncsweep.physics.models import spin_half_pair as spin_half_pair
    from syncsweep.physics.perturbation import random_liouvillian as random_liouvillian
    from syncsweep.physics.phase_distribution import evaluate as evaluate
    from syncsweep.physics.phase_distribution import phase_coefficients as phase_coefficients
    from syncsweep.physics.phase_distribution import phase_frequencies as phase_frequencies
    from syncsweep.physics.phase_distribution import relative_frequencies as relative_frequencies
    from syncsweep.physics.phase_distribution import (
        relative_phase_coefficients as relative_phase_coefficients,
    )
    from syncsweep.physics.steady_state import SteadyStateSolver as SteadyStateSolver
    from syncsweep.physics.steady_state import steady_states as steady_states
    from syncsweep.physics.superoperators import liouvillian as liouvillian
    from syncsweep.tables import ResultsError as ResultsError
    from syncsweep.tables.sweep_rows import SweepRows as SweepRows
    from syncsweep.tables.sweep_rows import read_rows as read_rows
    from syncsweep.tables.sweep_rows import read_table as read_table
    from syncsweep.tables.sweep_rows import solve_samples as solve_samples

__version__ = "0.1.0"

#: The public names by the module that defines them, in the order of the reference. A module is
#: imported when one of its names is first used: Snakemake's jobs import this package for its
#: configuration, and NumPy would cost each of them more than all of that.
_HOMES = {
    "physics.models": ("spin1_chain", "spin_half_pair", "Model"),
    "physics.superoperators": ("liouvillian",),
    "physics.lindbladian": ("Lindbladian", "Perturbation"),
    "physics.perturbation": ("random_liouvillian",),
    "physics.steady_state": ("steady_states", "SteadyStateSolver"),
    "physics.diagnosis": ("SteadyStates",),
    "physics.phase_distribution": (
        "relative_phase_coefficients",
        "relative_frequencies",
        "phase_coefficients",
        "phase_frequencies",
        "evaluate",
    ),
    "physics.measures": ("s_max", "Maximum"),
    "physics.chi": ("ChiSample", "interval_probabilities"),
    "physics.chi_sampling": ("sample_chi",),
    "figures.phase_distribution_plot": ("plot_phase_distribution",),
    "config.file": ("load_config",),
    "tables.sweep_rows": ("solve_samples", "read_rows", "read_table", "SweepRows"),
    "config.messages": ("ConfigError",),
    "tables": ("ResultsError",),
}

__all__ = [name for names in _HOMES.values() for name in names]

if not TYPE_CHECKING:  # or every name would be known to a type checker

    def __getattr__(name: str) -> object:
        for module, names in _HOMES.items():
            if name in names:
                globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
