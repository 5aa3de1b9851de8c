"""One part of the paper: `make_paper_part.py PART --request JSON --output DIR` makes its tables."""

import argparse
import sys
from pathlib import Path

from syncsweep.files import not_written
from syncsweep.paper.registry import PARTS
from syncsweep.tables import ResultsError, parse_request

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("part", choices=PARTS)
parser.add_argument("--request", required=True, help="JSON: what the part is to compute")
parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
arguments = parser.parse_args()
part = PARTS[arguments.part].load()
try:
    part.make(parse_request(part.Request, arguments.request), arguments.output)
except ResultsError as error:
    sys.exit(f"error: {error}")
except OSError as error:
    sys.exit(f"error: {not_written(error)}")
