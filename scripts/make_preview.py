"""Unfinished studies to tables and figures: `make_preview.py --request JSON`."""

import argparse

from syncsweep.config.requests import PreviewRequest
from syncsweep.figures.preview import make_preview
from syncsweep.tables import parse_request
from syncsweep.workflow.errors import ends_in_one_line

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--request", required=True, help="JSON: the studies")
arguments = parser.parse_args()
with ends_in_one_line():
    for study in parse_request(PreviewRequest, arguments.request).studies:
        print(make_preview(study), flush=True)
