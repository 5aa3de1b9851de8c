"""Freed memory that a process keeps for its next arrays."""

from __future__ import annotations

import ctypes

#: Parameters of `mallopt`, from glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3

#: So much is kept at most, and arrays of more than this are always given back [bytes].
_KEPT, _GIVEN_BACK = 2**26, 2**25


def keep_freed_memory() -> None:
    """Ask the C library to keep what is freed, where it can do so.

    It would give back arrays from some hundred kilobytes on. The kernel would clear their pages for
    each new array, which takes a sixth of the time of small systems.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # not glibc
        return
    set_option(_MMAP_THRESHOLD, _GIVEN_BACK)
    set_option(_TRIM_THRESHOLD, _KEPT)
