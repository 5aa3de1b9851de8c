"""Verification of results: files against their digests, and rows against a recomputation."""

from __future__ import annotations


class VerificationError(Exception):
    """Results that cannot be verified at all; the message is one line for the user."""
