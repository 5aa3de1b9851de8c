#!/usr/bin/env bash
# Which rows fastparquet selects by a list of two filters, row by row.
#
# Guess: those that meet both, as its documentation of `to_pandas` says of a single list of tuples.
# Seen on 2026-11-29 with fastparquet 2026.9.0, rows selected of 3 samples at 2 values of η in one row group:
#   [("eta", "==", 1.0), ("sample", "==", 2)]: 4
#   [[("eta", "==", 1.0), ("sample", "==", 2)]]: 1
# With `row_filter=True` a single list selects the rows that meet one of its filters. For whole row groups
# it means "and". A list within a list means "and" for both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fastparquet==2026.9.0
"$folder/venv/bin/python" - "$folder/rows.parquet" <<'PYTHON'
import sys

import fastparquet
import pandas as pd

path = sys.argv[1]
frame = pd.DataFrame({"eta": [0.0, 0.0, 0.0, 1.0, 1.0, 1.0], "sample": [0, 1, 2, 0, 1, 2]})
fastparquet.write(path, frame)
both = [("eta", "==", 1.0), ("sample", "==", 2)]
found = []
for filters in (both, [both]):
    rows = fastparquet.ParquetFile(path).to_pandas(filters=filters, row_filter=True)
    found.append(len(rows))
    print(f"{filters}: {len(rows)}")
sys.exit(found != [4, 1])
PYTHON
