"""One part of the paper: `make_paper_part.py PART --request JSON --output DIR` makes its tables."""

import argparse
from pathlib import Path

from syncsweep.paper.paper_registry import PARTS
from syncsweep.tables import parse_request
from syncsweep.workflow.errors import ends_in_one_line

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("part", choices=PARTS)
parser.add_argument("--request", required=True, help="JSON: what the part is to compute")
parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
arguments = parser.parse_args()
part = PARTS[arguments.part].load()
with ends_in_one_line():
    part.make(parse_request(part.Request, arguments.request), arguments.output)
