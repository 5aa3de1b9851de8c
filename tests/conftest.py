"""Shared fixtures. One BLAS thread everywhere, as in the workers."""

import os
import signal

# A shell has what it starts with `&` ignore Ctrl-C, and nohup a closed terminal; so would all that
# the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

pytest.register_assert_rewrite("messages")

# The same cases on every machine; a deadline would only measure the machine.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")
