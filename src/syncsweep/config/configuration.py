"""The whole configuration: its studies with their identities, and the files that it names.

Imports no NumPy, because Snakemake reads this module again in every job, and no YAML, because every
rank of a launch does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from syncsweep.config.axes import points_of
from syncsweep.config.fields import FolderName, Integer, OptionalInteger, SafeName, Strict
from syncsweep.config.messages import ConfigError, explain
from syncsweep.config.observables import ObservableCode, codes_of
from syncsweep.config.paper import Paper
from syncsweep.config.physics import Physics
from syncsweep.config.study import MOST_SAMPLES, Study
from syncsweep.config.until import with_samples
from syncsweep.config.user_code import NoCodeError, OwnEnsemble, OwnModel, read_text

#: Studies that `syncsweep.paper.paper_studies` adds have names that begin so.
RESERVED = "paper-"


class Config(Strict):
    """The whole configuration."""

    results: FolderName = Field(
        description="output folder; ~ and variables, as in $SCRATCH/sweep, are expanded"
    )
    root_seed: Integer = Field(ge=0, le=2**63 - 1, description="seed of every random stream")
    ranks: Integer = Field(ge=1, le=4096, description="MPI ranks per job")
    samples: OptionalInteger = Field(
        None,
        ge=1,
        le=MOST_SAMPLES,
        description="replaces the samples of each study that runs by default, and limits those of "
        "the others",
    )
    studies: dict[SafeName, Study] = Field(min_length=1, description="the sweeps, by name")
    paper: Paper | None = Field(
        None, description="studies and sizes for `snakemake paper`; null: no paper"
    )
    _texts: dict[str, str] = PrivateAttr(default_factory=dict)  # of the files of the user's own

    @model_validator(mode="before")
    @classmethod
    def _override_samples(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("samples") is not None:
            studies = data.get("studies")
            if isinstance(studies, Mapping):
                data = dict(data)
                data["studies"] = {
                    name: with_samples(study, data["samples"]) for name, study in studies.items()
                }
        return data

    @model_validator(mode="after")
    def _names_apart(self) -> Self:
        # Rules are named after figures and studies, and a rule's name has no hyphen.
        figures = [figure.name for study in self.studies.values() for figure in study.figures]
        for what, names in (("figure.name", figures), ("names", list(self.studies))):
            plain = [name.replace("-", "_") for name in names]
            for name in names:
                if plain.count(name.replace("-", "_")) > 1:
                    difference = "must differ between studies by more than '-' and '_'"
                    raise ValueError(f"{what} {difference}, but two are like {name!r}")
        for name in self.studies:
            if name.startswith(RESERVED):
                raise ValueError(f"names must not begin with {RESERVED!r}, but {name!r} does")
        if not any(study.by_default for study in self.studies.values()):
            raise ValueError("at least one study must have by_default: true")
        return self

    def physics(self, study: str) -> Physics:
        """What decides the rows of a study."""
        model, ensemble = self.studies[study].model, self.studies[study].ensemble
        physics = Physics(
            model=model.code(self._texts[model.file]) if isinstance(model, OwnModel) else model,
            ensemble=ensemble.code(self._texts[ensemble.file])
            if isinstance(ensemble, OwnEnsemble)
            else ensemble,
            root_seed=self.root_seed,
            measure=self.studies[study].measure,
        )
        return physics.with_axes(self.studies[study].axes)

    def ends(self, study: str) -> list[Physics]:
        """The physics of the first and of the last point of a study; one without axes."""
        physics, points = self.physics(study), points_of(self.studies[study].axes)
        return [physics.at(point) for point in dict.fromkeys((points[0], points[-1]))]

    def observables(self, study: str) -> tuple[ObservableCode, ...]:
        """What decides the columns of a study's observables, in order."""
        return self.studies[study]._codes

    def text_of(self, file: str) -> str:
        """The text of a file of the user's own, as it was when the configuration was read."""
        return self._texts[file]


def parse(data: Mapping[str, Any]) -> Config:
    """Validate a configuration and read the files it names; ConfigError, one line with the key."""
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(explain(error, Config)) from None
    for name, study in config.studies.items():
        for key, file in study.read_files.items():
            try:
                config._texts[file] = read_text(file)
            except NoCodeError as error:
                raise ConfigError(f"config: studies.{name}.{key}.file: {file} {error}") from None
        study._codes = codes_of(study.observables, study.model.spins, config._texts)
    return config


def json_schema() -> dict[str, Any]:
    """JSON schema of the configuration file."""
    return Config.model_json_schema()
