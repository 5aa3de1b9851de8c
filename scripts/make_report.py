"""All results on one page: `make_report.py --results DIR --request JSON --output FILE …`."""

import argparse
from pathlib import Path

from syncsweep.report.report_page import ReportRequest, make_report
from syncsweep.tables import parse_request
from syncsweep.workflow.errors import ends_in_one_line, not_used

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--results", type=Path, required=True, help="results folder")
parser.add_argument("--citation", type=Path, required=True, help="file CITATION.cff")
parser.add_argument("--request", required=True, help="JSON: config, studies, figures, parts")
parser.add_argument("--output", type=Path, required=True, help="page to write")
arguments = parser.parse_args()
with ends_in_one_line(not_used):
    request = parse_request(ReportRequest, arguments.request)
    make_report(arguments.results, arguments.citation, request, arguments.output)
