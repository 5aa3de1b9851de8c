"""Unfinished studies to tables and figures: `make_preview.py --request JSON`."""

import argparse
import sys

from syncsweep.figures.preview import PreviewRequest, make_preview
from syncsweep.files import not_written
from syncsweep.tables import ResultsError, parse_request

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--request", required=True, help="JSON: the studies")
arguments = parser.parse_args()
try:
    for study in parse_request(PreviewRequest, arguments.request).studies:
        print(make_preview(study), flush=True)
except ResultsError as error:
    sys.exit(f"error: {error}")
except OSError as error:
    sys.exit(f"error: {not_written(error)}")
