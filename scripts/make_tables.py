"""Shards to tables: `make_tables.py KIND --output DIR --request JSON`."""

import argparse
from pathlib import Path

from syncsweep.config.requests import TablesRequest
from syncsweep.tables import parse_request
from syncsweep.tables.registry import JOBS
from syncsweep.tables.samples import Shards, describe
from syncsweep.workflow.errors import ends_in_one_line

KINDS = {job.kind: job for job in JOBS}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("kind", choices=KINDS, help="which of its tables")
parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
parser.add_argument("--request", required=True, help="JSON: rows and analysis")
arguments = parser.parse_args()
with ends_in_one_line():
    request = parse_request(TablesRequest, arguments.request)
    blocks = describe(request.folder, request.blocks)
    shards = Shards(request.folder, blocks, request.samples, request.chunk_size, request.in_rounds)
    KINDS[arguments.kind].make(shards, request.analysis, arguments.output)
