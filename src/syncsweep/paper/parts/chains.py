"""Which of the two kinds of spin-1s in Fig. 1 a model is."""

from __future__ import annotations

from syncsweep.columns import Column
from syncsweep.config.physics import Physics, Spin1Chain
from syncsweep.tables import ResultsError

#: The column that says which kind a chain is.
CHAIN_KIND = Column("model", "coupled chain, or decoupled: J = Δ = 0", source="Fig. 1, Eqs. 5, 6")


def chain_of(physics: Physics) -> Spin1Chain:
    """The spin-1 chain that was perturbed; ResultsError if it is another model."""
    if not isinstance(physics.model, Spin1Chain):
        raise ResultsError(f"fig1: needs a spin1_chain, but has {physics.model.name}")
    return physics.model


def kind_of(chain: Spin1Chain) -> str:
    """`coupled` or `decoupled`, as the tables name it."""
    return "decoupled" if chain.J == 0 and chain.delta == 0 else "coupled"
