"""From shards to tables, and from tables to figures."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

#: Where a table says, as JSON, what it was made from.
METADATA_KEY = b"syncsweep"

_Request = TypeVar("_Request", bound=BaseModel)


class ResultsError(Exception):
    """Tables or a figure that cannot be made; the message is one line for the user."""


def parse_request(kind: type[_Request], text: str) -> _Request:
    """Read a program's `--request`, a JSON object; ResultsError that names the wrong key."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(map(str, problem["loc"])) or "the object"
        message = " ".join(problem["msg"].split())
        raise ResultsError(f"--request: {key}: {message[:1].lower()}{message[1:]}") from None
