"""Whether results are what they say: files against their digests, rows against a recomputation."""

from __future__ import annotations


class VerificationError(Exception):
    """What cannot be verified at all; the message is one line for the user."""
