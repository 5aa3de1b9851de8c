#!/usr/bin/env bash
# What `import scipy.sparse` loads of NumPy.
#
# Guess: nothing that NumPy itself leaves out. NumPy loads `numpy.f2py` and `numpy.testing` only when
# somebody asks for them, so that programs which need neither start fast.
# Seen on 2026-11-30 with scipy 1.17.1 and numpy 2.4.6: SciPy loads both, and with them `unittest`. Its
# copy of array-api-compat clones the namespace of NumPy by `hasattr` for each name of `dir(numpy)`, and
# `hasattr` is asking. Of the 248 modules that `import scipy.sparse` adds to NumPy, 88 come from this, and two
# fifths of its 0.12 s. Programs that start many short processes pay it in each.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1
cd "$folder"
cat > modules.py <<'PYTHON'
import sys

import numpy

hidden = sys.argv[1:]
for name in hidden:
    setattr(numpy, name, None)  # so that nobody's question loads it
before = set(sys.modules)
import scipy.sparse  # noqa: E402

new = set(sys.modules) - before
print(len(new), *sorted(new & {"numpy.f2py", "numpy.testing", "unittest"}))
PYTHON
plain=$(venv/bin/python modules.py)
without=$(venv/bin/python modules.py f2py testing)
echo "import scipy.sparse: $plain"
echo "both hidden before:  $without"
case "$plain" in *" numpy.f2py numpy.testing unittest") ;; *) exit 1 ;; esac
case "$without" in *" "*) exit 1 ;; esac
