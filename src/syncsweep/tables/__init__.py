"""The tables of a sweep, made from its shards, and what all results share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

#: The key of the JSON record of a table's origin.
METADATA_KEY = b"syncsweep"

#: The entry of this record with the number of samples by block, in a table of an unfinished study.
PRESENT_KEY = "present"

#: The entry of this record in `summary` with the SHA-256 of tables that have no CSV file, by name.
CHECKSUMS = "checksums"

_Request = TypeVar("_Request", bound=BaseModel)


class ResultsError(Exception):
    """Results that cannot be made or read; the message is one line for the user.

    >>> sync.read_rows("resluts", "spin_half_pair")
    Traceback (most recent call last):
        ...
    syncsweep.tables.ResultsError: resluts: cannot be read (No such file or directory)
    """


def extent(present: Mapping[str, int], samples: int) -> str:
    """How many of a study's samples exist, in a few words; present: by block."""
    least, most = min(present.values()), max(present.values())
    return f"{least if least == most else f'{least} to {most}'} of {samples} samples"


def parse_request(kind: type[_Request], text: str) -> _Request:
    """Read a program's `--request`, a JSON object; ResultsError that names the wrong key."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, problem["loc"])) or "the object"
        message = " ".join(problem["msg"].split())
        raise ResultsError(f"--request: {key}: {message[:1].lower()}{message[1:]}") from None
