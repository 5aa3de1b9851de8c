"""What may stand on a line of a terminal or a log, whatever the user's files hold."""

from __future__ import annotations

import io


def printable(text: str) -> str:
    """The text with all that would not print, a line break among it, escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def one_line(text: str, limit: int = 300) -> str:
    """The printable text in at most `limit` characters; blanks and line breaks as one blank."""
    flat = printable(" ".join(text.split()))
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def write_anything(*streams: object) -> None:
    """Make text streams escape characters that their encoding lacks: not every locale has an η."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
