"""The unperturbed model of a study: one of the package, or the user's own."""

from __future__ import annotations

from syncsweep.config.physics import Physics
from syncsweep.config.user_code import ModelCode
from syncsweep.physics.models import MODELS, Model
from syncsweep.user_code.code import own_model


def build_model(physics: Physics) -> Model:
    """The unperturbed model of a study; OwnCodeError if it is the user's own and fails."""
    if isinstance(physics.model, ModelCode):
        return own_model(physics.model)
    parameters = physics.model.model_dump(exclude={"name"})
    return MODELS[physics.model.name](**parameters)
