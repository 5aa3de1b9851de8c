"""How many samples a study with `until` has, from the errors that its jobs have found so far.

A job writes the largest errors at a number of samples. This module decides whether they are small
enough, each time. So if the errors are known, another limit in the configuration needs no job.
Imports no NumPy, because Snakemake reads it in every job.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncsweep import layout
from syncsweep.config.chunks import totals
from syncsweep.config.configuration import Config
from syncsweep.config.requests import ErrorsRequest
from syncsweep.environment import source
from syncsweep.environment.provenance import ASKED
from syncsweep.files import NotReadableError, read_regular

# No file of errors is larger [bytes].
_MOST_BYTES = 10**6


@dataclass(frozen=True)
class Round:
    """The samples of a study so far.

    errors: the largest ones by column, with the η and point where they are; None if no job has
    found them. missing: those of `until` that are too large or not known (NaN); empty if all hold.
    """

    samples: int
    errors: Mapping[str, Mapping[str, Any]] | None
    missing: Mapping[str, float]
    is_last: bool

    @property
    def is_decided(self) -> bool:
        """Whether the study has no more samples than these."""
        return self.errors is not None and (self.is_last or not self.missing)


def with_samples(config: Config, samples: Mapping[str, int]) -> Config:
    """A configuration with so many samples of some studies that have `until`."""
    if not samples:
        return config
    changed = {
        study: config.studies[study].model_copy(update={"samples": number})
        for study, number in samples.items()
    }
    return config.model_copy(update={"studies": {**config.studies, **changed}})


def asked(config: Config, study: str) -> str:
    """Digest of what the errors of a study are found for, whatever its number of samples."""
    request = ErrorsRequest.of(config, study).model_dump(mode="json", exclude={"samples"})
    return source.asked(request, source.tables("stopping"))


def digest_of(errors: Mapping[str, Any]) -> str:
    """Digest of the largest errors, which their file records."""
    return hashlib.sha256(json.dumps(errors, sort_keys=True).encode()).hexdigest()


def must_record(config: Config, study: str, samples: int) -> str:
    """What a file of errors records under `asked` if it is of use; nothing, if it is damaged."""
    folder = layout.study_folder(config.results, study, config.physics(study).digest)
    digest = asked(config, study)
    known = _read(layout.errors_file(folder, samples), digest, samples)
    return "" if known is None else digest


def rounds(config: Config, study: str) -> Iterator[Round]:
    """The rounds of a study with `until`, up to the first that is decided or has no errors yet."""
    until = config.studies[study].until
    assert until
    digest = asked(config, study)
    folder = layout.study_folder(config.results, study, config.physics(study).digest)
    for total in totals(until.most_samples):
        errors = _read(layout.errors_file(folder, total), digest, total)
        found = {column: _number(one.get("error")) for column, one in (errors or {}).items()}
        yield (one := Round(total, errors, until.missing(found), total == until.most_samples))
        if errors is None or one.is_decided:
            return


def last_round(config: Config, study: str) -> Round:
    """The round in which a study with `until` is."""
    *_, last = rounds(config, study)
    return last


def decided(config: Config, studies: Iterable[str] | None = None) -> Config:
    """The configuration with the samples that the errors have decided so far.

    A study with `until` has as many as its last round, which may still have to be solved.
    """
    chosen = [name for name in studies or config.studies if config.studies[name].until]
    return with_samples(config, {name: last_round(config, name).samples for name in chosen})


def at_most(config: Config) -> Config:
    """The same, but with `most_samples` of the studies whose errors have not decided yet."""
    lasts = {name: last_round(config, name) for name, one in config.studies.items() if one.until}
    return with_samples(
        config, {name: one.samples for name, one in lasts.items() if one.is_decided}
    )


def _read(path: Path, digest: str, samples: int) -> Mapping[str, Mapping[str, Any]] | None:
    """The errors in a file; None if it is not there, damaged, or was made for something else."""
    try:
        said = json.loads(read_regular(path, _MOST_BYTES))
        errors = said["errors"]
        if (said[ASKED], said["samples"]) != (digest, samples):
            return None
        is_whole = isinstance(errors, dict) and said["digest"] == digest_of(errors)
        return errors if is_whole else None
    except (OSError, NotReadableError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
