"""The unit in which figures, the report and the claims give η.

Energies, rates and η of a configuration are in one unit of energy, which the user chooses. Shards
and tables contain η as it was configured. A label such as η/ω or η/J names a parameter of the
model, and η is divided by this parameter. Each model of the package says which one. If it is not
positive, or the model is the user's own, no unit is named. Then η is in the unit of the
configuration.

The random perturbation L₍₁₎ has no unit, and ηL₍₁₎ has that of η. So if all parameters and η are
multiplied by one factor, the physics is the same in another unit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import BaseModel

from syncsweep.config.eta import canonical_eta
from syncsweep.config.physics import PackageModel


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


def energy_unit(model: BaseModel, axes: Collection[str] = ()) -> EnergyUnit:
    """The unit in which η of a model is shown: ω of the chain, J of the pair.

    axes: paths of parameters of the study that have several values, and so cannot be a unit.
    """
    if isinstance(model, PackageModel):
        parameter, symbol = model.energy_unit
        value = getattr(model, parameter)
        if value > 0 and f"model.{parameter}" not in axes:
            return EnergyUnit(symbol, value)
    return EnergyUnit()
