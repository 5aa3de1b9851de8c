#!/usr/bin/env bash
# What readers of a folder of Parquet files make of a hidden temporary file in it.
#
# Guess: they leave it out, as its name begins with a dot; pyarrow documents this for `.` and `_`.
# Seen on 2026-11-29 with polars 2.1.0 and pyarrow 26.0.1, of a.parquet (3 rows) and a hidden file:
#   pyarrow, .b.parquet.tmp: 3 rows
#   polars,  .b.parquet.tmp: InvalidOperationError: directory contained paths with different file extensions
#   polars,  .b.parquet:     6 rows
# Polars reads hidden files like all others. So a temporary file beside a table makes the folder unreadable,
# and a hidden copy that ends in .parquet is counted without a word. Only empty files are left out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet polars==2.1.0 pyarrow==26.0.1
mkdir "$folder/rows"
cd "$folder/rows"
"$folder/venv/bin/python" - <<'PYTHON'
import shutil
import sys
from pathlib import Path

import polars as pl
import pyarrow.dataset as ds

pl.DataFrame({"sample": [0, 1, 2]}).write_parquet("a.parquet")


def rows(read):
    try:
        return f"{read()} rows"
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0].partition(':')[0]}"


found = {}
for name in (".b.parquet.tmp", ".b.parquet"):
    shutil.copy("a.parquet", name)
    found["pyarrow", name] = rows(lambda: ds.dataset(".").count_rows())
    found["polars", name] = rows(lambda: pl.read_parquet(".").height)
    Path(name).unlink()
for (reader, name), said in found.items():
    print(f"{reader}, {name}: {said}")
sys.exit(
    not (
        found["pyarrow", ".b.parquet.tmp"] == found["pyarrow", ".b.parquet"] == "3 rows"
        and found["polars", ".b.parquet.tmp"].startswith("InvalidOperationError")
        and found["polars", ".b.parquet"] == "6 rows"
    )
)
PYTHON
