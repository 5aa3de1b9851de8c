"""All results on one page: `make_report.py --results DIR --request JSON --output FILE …`."""

import argparse
import sys
from pathlib import Path

from syncsweep.report.report_page import ReportRequest, make_report
from syncsweep.tables import ResultsError, parse_request

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--results", type=Path, required=True, help="results folder")
parser.add_argument("--citation", type=Path, required=True, help="file CITATION.cff")
parser.add_argument("--request", required=True, help="JSON: config, studies, figures, parts")
parser.add_argument("--output", type=Path, required=True, help="page to write")
arguments = parser.parse_args()
try:
    request = parse_request(ReportRequest, arguments.request)
    make_report(arguments.results, arguments.citation, request, arguments.output)
except ResultsError as error:
    sys.exit(f"error: {error}")
except OSError as error:
    sys.exit(f"error: {error.filename}: {error.strerror}")
