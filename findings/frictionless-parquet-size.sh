#!/usr/bin/env bash
# Whether Frictionless accepts the true size and hash of a Parquet table.
#
# Guess: yes, as it accepts those of a CSV table with the same rows.
# Seen on 2026-11-29 with frictionless 5.21.0, pyarrow 26.0.1 and pandas 3.1.1:
#   table.csv: valid
#   table.parquet: byte-count: … expected is "…" and actual is "None"
#   table.parquet, as "type": "file": valid
# The parser of Parquet opens the file by its name, and not by the stream that counts and hashes the
# bytes. So each Parquet table with a size or a hash is called invalid. Without them, it is valid.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet frictionless==5.21.0 pyarrow==26.0.1 pandas==3.1.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

rows = pd.DataFrame({"x": [1, 2], "y": [0.5, 1.5]})
rows.to_csv("table.csv", index=False)
rows.to_parquet("table.parquet", index=False)
fields = [{"name": "x", "type": "integer"}, {"name": "y", "type": "number"}]


def errors(path, **more):
    content = Path(path).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    measured = {"bytes": len(content), "hash": f"sha256:{sha256}"}
    return validate(table(path) | measured | more)


def table(path):
    return {"name": "table", "path": path, "schema": {"fields": fields}}


def validate(resource):
    Path("datapackage.json").write_text(json.dumps({"resources": [resource]}))
    command = ["venv/bin/frictionless", "validate", "datapackage.json", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    (task,) = json.loads(done.stdout)["tasks"]
    return [f"{error['type']}: {error['message']}" for error in task["errors"]]


csv, parquet = errors("table.csv"), errors("table.parquet")
file = errors("table.parquet", type="file")
plain = validate(table("table.parquet"))
print("table.csv:", csv or "valid")
print("table.parquet:", parquet or "valid")
print("table.parquet as a file:", file or "valid")
print("table.parquet without size and hash:", plain or "valid")
as_seen = any("byte-count" in said and '"None"' in said for said in parquet)
sys.exit(not (as_seen and csv == file == plain == []))
PYTHON
