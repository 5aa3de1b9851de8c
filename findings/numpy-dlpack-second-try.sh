#!/usr/bin/env bash
# What NumPy says of an Arrow array that cannot be handed over by DLPack.
#
# Guess: the TypeError of Arrow, which names the cause, and nothing else.
# Seen on 2026-11-29 with numpy 2.4.6 and pyarrow 26.0.1, of an array with a null:
#   DeprecationWarning: Exporting an unversioned DLPack capsule is deprecated, …
#   TypeError: Can only use DLPack on arrays with no nulls.
# NumPy takes any TypeError of a versioned export for an exporter of the old protocol. It asks a second
# time, without a version, and Arrow then warns of what the caller did not do. Where warnings are errors,
# the warning is all that is raised, and the cause is lost.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 pyarrow==26.0.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import pyarrow as pa

values = pa.array([1.0, None])


def raised():
    try:
        np.from_dlpack(values)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    plain = raised()
warned = [f"{one.category.__name__}: {one.message}" for one in seen]
with warnings.catch_warnings():
    warnings.simplefilter("error")
    strict = raised()
print("warned:", *warned, "\nraised:", plain, "\nraised where warnings are errors:", strict)
sys.exit(not (len(warned) == 1 and "no nulls" in plain and strict.startswith("DeprecationWarning")))
PYTHON
