"""Every model of the package brings what the solver, tables, figures and report need of it."""

import inspect
from typing import get_args

import pytest

from syncsweep.config.configuration import parse
from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import AnyModel, Ensemble, PackageModel, Physics
from syncsweep.config.units import EnergyUnit, energy_unit
from syncsweep.figures.style import symbol
from syncsweep.physics.models import MODELS
from syncsweep.physics.sectors import sectors
from syncsweep.user_code.study_model import build_model

KINDS = {
    get_args(kind.model_fields["name"].annotation)[0]: kind
    for kind in get_args(get_args(AnyModel)[0])
    if issubclass(kind, PackageModel)
}


def study_of(name, **analysis):
    bins = {"s_max_bins": {"low": 1e-8, "high": 1, "count": 16}}
    study = {
        "model": {"name": name},
        "samples": 1,
        "eta_blocks": [{"values": [0, 1]}],
        "analysis": bins | analysis,
    }
    return {"results": "x", "root_seed": 1, "ranks": 1, "studies": {"study": study}}


def test_every_model_may_be_configured_and_every_one_that_may_be_is_made():
    assert set(KINDS) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_parameters_and_spins_of_the_configuration_are_those_of_the_model(name):
    signature = inspect.signature(MODELS[name]).parameters
    fields = {key: field for key, field in KINDS[name].model_fields.items() if key != "name"}
    assert list(fields) == list(signature)
    assert {key: field.default for key, field in fields.items()} == {
        key: parameter.default for key, parameter in signature.items()
    }
    settings = KINDS[name](name=name)
    made = build_model(Physics(model=settings, ensemble=Ensemble(), root_seed=1))
    assert (made.name, made.spins, made.n_sites) == (name, settings.spins, settings.n_sites)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_says_in_which_unit_eta_is_shown(name):
    parameter, letter = KINDS[name].energy_unit
    settings = KINDS[name](name=name, **{parameter: 2.0})
    assert energy_unit(settings) == EnergyUnit(letter, 2.0)
    assert symbol(energy_unit(settings)).isascii()  # in a formula of Matplotlib
    assert energy_unit(KINDS[name](name=name, **{parameter: 0.0})) == EnergyUnit()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_says_whether_its_limit_law_is_known(name, monkeypatch):
    try:
        known = bool(sectors(name))
    except ValueError:
        known = False
    assert known == KINDS[name].has_limit_law
    monkeypatch.setattr(KINDS[name], "has_limit_law", False)
    with pytest.raises(ConfigError, match=f"analysis.limit_draws.* not known for {name}"):
        parse(study_of(name, limit_draws=1000))


@pytest.mark.parametrize("lacking", ["energy_unit", "has_limit_law"])
def test_a_model_that_does_not_say_so_cannot_be_written(lacking):
    said = {"energy_unit": ("J", "J"), "has_limit_law": False}
    with pytest.raises(TypeError, match=f"New must have the class attribute {lacking}"):
        type(PackageModel)("New", (PackageModel,), {k: v for k, v in said.items() if k != lacking})
