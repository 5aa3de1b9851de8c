#!/usr/bin/env bash
# Arrow's filter `isin([0.0])` on a Parquet file whose column holds 0.0 and nothing else.
#
# Guess: the rows that `== 0.0` finds.
# Seen on 2026-11-29 with pyarrow 26.0.1 and pandas 3.1.1: no row, and no error. apache/arrow#46183, of
# April 2025, reports the same and is open.
# Parquet demands a minimum of −0.0 for a row group whose smallest value is zero, of either sign. Arrow
# finds this minimum equal to the maximum, 0.0, and takes −0.0 for the value of the whole row group. It
# then looks −0.0 up by its bits among the values of `isin`. So it skips the row group. This happens in
# a file of many values too, where one row group holds zeros alone. Without statistics, or with another
# value in the row group, the rows are found.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==26.0.1 pandas==3.1.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

x = ds.field("x")


def found(values, **options):
    """Rows of 0.0 in a file with row groups of two values: by ==, by isin, and by pandas."""
    pq.write_table(pa.table({"x": values}), "t.parquet", row_group_size=2, **options)
    data = ds.dataset("t.parquet")
    by_arrow = [data.to_table(filter=one).num_rows for one in (x == 0.0, x.isin([0.0]))]
    return [*by_arrow, len(pd.read_parquet("t.parquet", filters=[("x", "in", [0.0])]))]


alone, beside = found([0.0, 0.0]), found([0.0, 0.0, 1.0, 1.0])
without, mixed = found([0.0, 0.0], write_statistics=False), found([0.0, 1.0])
print("zeros alone:", alone, "\na row group of zeros:", beside)
print("without statistics:", without, "\nwith 1.0 in the row group:", mixed)
sys.exit((alone, beside, without, mixed) != ([2, 0, 0], [2, 0, 0], [2, 2, 2], [1, 1, 1]))
PYTHON
