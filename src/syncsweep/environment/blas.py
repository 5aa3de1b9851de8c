"""One BLAS thread per rank. Imports no NumPy, because the limit must be set before it."""

from __future__ import annotations

import os


class BlasThreadsError(Exception):
    """A BLAS with more than one thread; the message is one line."""


def limit_blas_threads() -> None:
    """Ask every BLAS for one thread; call before NumPy is imported."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"


def blas_description() -> str:
    """Name, version, kernels and threads of each loaded BLAS.

    BlasThreadsError unless each has one thread.
    """
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    for pool in pools:
        if pool["num_threads"] != 1:
            raise BlasThreadsError(
                f"{pool['internal_api']} runs {pool['num_threads']} threads instead of 1"
            )
    names = {
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')} 1 thread"
        for pool in pools
    }
    return ", ".join(sorted(" ".join(name.split()) for name in names))
