"""A folder to publish: `make_bundle.py --results DIR --config JSON --output DIR … FILE…`."""

import argparse
import json
import sys
from pathlib import Path

from syncsweep.report.bundle import make_bundle, refuse_stale
from syncsweep.tables import ResultsError

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("files", type=Path, nargs="+", help="figures and tables, below the results")
parser.add_argument("--results", type=Path, required=True, help="results folder")
parser.add_argument("--project", type=Path, required=True, help="folder of the project")
parser.add_argument("--config", required=True, help="JSON: the resolved configuration")
parser.add_argument("--output", type=Path, required=True, help="folder to make")
arguments = parser.parse_args()
files = {str(file.relative_to(arguments.results)): file for file in arguments.files}
for name in ("CITATION.cff", "LICENSE", "envs/requirements.lock"):
    files[Path(name).name] = arguments.project / name
config = json.loads(arguments.config)
try:
    refuse_stale(arguments.results, arguments.files, config)
    make_bundle(files, config, arguments.output)
except ResultsError as error:
    sys.exit(f"error: {error}")
except OSError as error:
    sys.exit(f"error: {error.filename}: {error.strerror}")
