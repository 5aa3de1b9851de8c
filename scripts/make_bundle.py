"""A folder to publish: `make_bundle.py --results DIR --config JSON --output DIR … FILE…`."""

import argparse
import json
from pathlib import Path

from syncsweep.report.bundle import publish
from syncsweep.workflow.errors import ends_in_one_line, not_used

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("files", type=Path, nargs="+", help="figures and tables, below the results")
parser.add_argument("--results", type=Path, required=True, help="results folder")
parser.add_argument("--project", type=Path, required=True, help="folder of the project")
parser.add_argument("--config", required=True, help="JSON: the resolved configuration")
parser.add_argument("--output", type=Path, required=True, help="folder to make")
arguments = parser.parse_args()
with ends_in_one_line(not_used):
    config = json.loads(arguments.config)
    publish(arguments.results, arguments.files, config, arguments.project, arguments.output)
