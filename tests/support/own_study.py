"""A study with a model and an ensemble of the user's own, and the text of its file."""

import copy

#: Two decoupled spins whose coherences oscillate, but for those with |1⟩ of the first, and a
#: perturbation of both.
TEXT = '''"""A spin 1 and a spin 1/2."""
import numpy as np

from syncsweep.physics.spins import on_each_site, sx, sz


def model(spins, omega=1.0, gamma=0.5):
    z = on_each_site(sz, spins)
    return omega * sum(z), [np.sqrt(gamma) * z[0] @ (z[0] + np.eye(len(z[0])))]


def perturbation(rng, spins, strength=1.0):
    D = int(np.prod([2 * spin + 1 for spin in spins]))
    m = rng.standard_normal((D, D)) + 1j * rng.standard_normal((D, D))
    return strength * (m + m.conj().T), [rng.standard_normal((D, D))]
'''

STUDY = {
    "model": {"name": "own", "file": "mine.py", "spins": [1, 0.5]},
    "samples": 4,
    "eta_blocks": [{"values": [0, 0.01, 1]}],
    "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
}

CONFIG = {"results": "results", "root_seed": 7, "ranks": 2, "studies": {"mine": STUDY}}


def configured(path="", value=None, own_ensemble=False):
    """The configuration with one value of the study changed; path with dots."""
    data = copy.deepcopy(CONFIG)
    study = data["studies"]["mine"]
    if own_ensemble:
        study["ensemble"] = {"file": "mine.py"}
    if path:
        *folders, last = path.split(".")
        for folder in folders:
            study = study.setdefault(folder, {})
        study[last] = value
    return data
