"""How the C library treats memory that is freed."""

from __future__ import annotations

import ctypes

#: Parameters of glibc's `mallopt`, and their new values [bytes].
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGE = 64 << 20, 8 << 20


def keep_freed_memory() -> None:
    """Let this process keep freed arrays of up to 8 MiB for the next ones, 64 MiB at most.

    By default glibc gives arrays of some MiB back to the system, and gets them again page by page.
    This took a tenth of the CPU time of three spins. It still gives larger arrays back at once.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_TRIM_THRESHOLD, _KEPT)
