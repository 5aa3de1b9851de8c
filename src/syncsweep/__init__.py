"""Parameter sweeps of quantum synchronization under random Liouvillian perturbations."""

__version__ = "0.1.0"
