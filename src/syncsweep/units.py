"""The unit in which figures, the report and the claims give η; the rule stands here alone.

Energies, rates and η of a configuration are in one unit of energy, which is the user's own choice.
Shards and tables hold η as it was configured. What names a unit, as η/ω or η/J does, divides by
that parameter of the model. No unit is named where the parameter is not positive, nor for models of
the user's own: there η is in the unit of the configuration.

The random perturbation L₍₁₎ is without unit, and η gives it one. So all parameters and η, times one
factor, are the same physics in another unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from syncsweep.config_eta import canonical_eta
from syncsweep.config_physics import Spin1Chain, SpinHalfPair


@dataclass(frozen=True)
class EnergyUnit:
    """A unit of energy.

    symbol: of the parameter that is the unit, empty where none is named; value: of that parameter,
    in the unit of the configuration.
    """

    symbol: str = ""
    value: float = 1.0

    def of(self, eta: float) -> float:
        """A configured η in this unit."""
        return canonical_eta(eta / self.value)


def energy_unit(model: BaseModel) -> EnergyUnit:
    """The unit in which η is shown: ω of the chain, J of the pair."""
    unit = EnergyUnit()
    if isinstance(model, Spin1Chain):
        unit = EnergyUnit("ω", model.omega)
    elif isinstance(model, SpinHalfPair):
        unit = EnergyUnit("J", model.J)
    return unit if unit.value > 0 else EnergyUnit()
