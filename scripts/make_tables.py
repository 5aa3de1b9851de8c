"""Shards to tables: `make_tables.py RULE --folder STUDY --output DIR --request JSON`."""

import argparse
import sys
from pathlib import Path

from syncsweep.files import not_written
from syncsweep.tables import ResultsError, parse_request
from syncsweep.tables.registry import JOBS
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.summary import TablesRequest

parser = argparse.ArgumentParser(description=__doc__)
jobs = {job.name: job for job in JOBS}
parser.add_argument("rule", choices=jobs, help="the rule whose tables to make")
parser.add_argument("--folder", type=Path, required=True, help="folder of the study's rows")
parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
parser.add_argument("--request", required=True, help="JSON: blocks, samples, chunk_size, analysis")
arguments = parser.parse_args()
try:
    request = parse_request(TablesRequest, arguments.request)
    blocks = describe(arguments.folder, request.blocks)
    shards = Shards(arguments.folder, blocks, request.samples, request.chunk_size)
    jobs[arguments.rule].make(shards, request.analysis, arguments.output)
except ResultsError as error:
    sys.exit(f"error: {error}")
except OSError as error:
    sys.exit(f"error: {not_written(error)}")
