"""The largest errors of the shards so far: `find_errors.py --output FILE --request JSON`."""

import argparse
from pathlib import Path

from syncsweep.config.requests import ErrorsRequest
from syncsweep.tables import parse_request
from syncsweep.tables.stopping import find_errors
from syncsweep.workflow.errors import ends_in_one_line

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", type=Path, required=True, help="file of the errors")
parser.add_argument("--request", required=True, help="JSON: rows and analysis")
arguments = parser.parse_args()
with ends_in_one_line():
    find_errors(parse_request(ErrorsRequest, arguments.request), arguments.output)
