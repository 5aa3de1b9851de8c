#!/usr/bin/env bash
# Which rows hyparquet selects by an integer, in a column of 64-bit integers.
#
# Guess: `$eq: 7` finds the rows that `$gte: 7` and `$lte: 7` find together.
# Seen on 2026-11-29 with hyparquet 1.33.0 and Node 20.20.2, of the samples 0 … 9:
#   $gte: 7, $lte: 7: 1 row; $eq: 7: 0 rows; $in: [7]: 0 rows; $eq: 7n: 1 row
# The values are of the type BigInt. JavaScript compares their size with that of a number, but 7n === 7 is
# false. There is no error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==26.0.1
cd "$folder"
npm install --silent --no-audit --no-fund hyparquet@1.33.0
venv/bin/python - <<'PYTHON'
import pyarrow as pa
import pyarrow.parquet as pq

pq.write_table(pa.table({"sample": pa.array(range(10), pa.int64())}), "rows.parquet")
PYTHON
cat >find.mjs <<'JS'
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet"

const file = await asyncBufferFromFile("rows.parquet")
const found = []
for (const sample of [{ $gte: 7, $lte: 7 }, { $eq: 7 }, { $in: [7] }, { $eq: 7n }]) {
  const rows = await parquetReadObjects({ file, filter: { sample } })
  console.log(sample, rows.length)
  found.push(rows.length)
}
process.exit(found.join() === "1,0,0,1" ? 0 : 1)
JS
node find.mjs
