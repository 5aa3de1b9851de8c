"""The unit in which figures, the report and the claims give η. Only this module decides it.

Energies, rates and η of a configuration are in one unit of energy, which the user chooses. Shards
and tables contain η as it was configured. A label such as η/ω or η/J names a parameter of the
model, and η is divided by this parameter. If the parameter is not positive, or the model is the
user's own, no unit is named. Then η is in the unit of the configuration.

The random perturbation L₍₁₎ has no unit, and ηL₍₁₎ has that of η. So if all parameters and η are
multiplied by one factor, the physics is the same in another unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from syncsweep.config.eta import canonical_eta
from syncsweep.config.physics import Spin1Chain, SpinHalfPair


@dataclass(frozen=True)
class EnergyUnit:
    """A unit of energy.

    symbol: of the parameter that is the unit, or empty if no unit is named; value: of that
    parameter, in the unit of the configuration.
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
