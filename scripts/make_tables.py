"""Shards to tables: `make_tables.py --folder STUDY --output DIR --request JSON`."""

import argparse
import sys
from pathlib import Path

from syncsweep.files import not_written
from syncsweep.tables import ResultsError, parse_request
from syncsweep.tables.limit_tables import make_limit_tables
from syncsweep.tables.maxima_table import make_maxima_table
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.summary import TablesRequest, make_tables

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--folder", type=Path, required=True, help="folder of the study's rows")
parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
parser.add_argument("--request", required=True, help="JSON: blocks, samples, chunk_size, analysis")
only = parser.add_mutually_exclusive_group()
only.add_argument("--maxima", action="store_true", help="only the table of the maxima of S_d")
only.add_argument("--limit", action="store_true", help="only the tables of the limit η → 0⁺")
arguments = parser.parse_args()
make = make_tables
if arguments.maxima:
    make = make_maxima_table
elif arguments.limit:
    make = make_limit_tables
try:
    request = parse_request(TablesRequest, arguments.request)
    blocks = describe(arguments.folder, request.blocks)
    shards = Shards(arguments.folder, blocks, request.samples, request.chunk_size)
    make(shards, request.analysis, arguments.output)
except ResultsError as error:
    sys.exit(f"error: {error}")
except OSError as error:
    sys.exit(f"error: {not_written(error)}")
