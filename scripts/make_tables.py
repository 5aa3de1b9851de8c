"""Shards to tables: `make_tables.py KIND --output DIR --request JSON`."""

import argparse
from pathlib import Path

from syncsweep.config.requests import TablesRequest
from syncsweep.tables import parse_request
from syncsweep.tables.limit_tables import make_limit_tables
from syncsweep.tables.maxima_table import make_maxima_table
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.summary import make_tables
from syncsweep.workflow.errors import ends_in_one_line

MAKE = {"tables": make_tables, "maxima": make_maxima_table, "limit": make_limit_tables}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("kind", choices=MAKE, help="averages and histograms; maxima of S_d; η → 0⁺")
parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
parser.add_argument("--request", required=True, help="JSON: rows and analysis")
arguments = parser.parse_args()
with ends_in_one_line():
    request = parse_request(TablesRequest, arguments.request)
    blocks = describe(request.folder, request.blocks)
    shards = Shards(request.folder, blocks, request.samples, request.chunk_size)
    MAKE[arguments.kind](shards, request.analysis, arguments.output)
