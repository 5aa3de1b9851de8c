"""Tables to a figure: `make_figure.py --tables FILES --request JSON --stem PATH`."""

import argparse
from pathlib import Path

from syncsweep.config.requests import FigureRequest
from syncsweep.figures.study_figure import draw_figure
from syncsweep.tables import parse_request
from syncsweep.workflow.errors import ends_in_one_line

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--tables", type=Path, nargs="+", required=True, help="files of one folder")
parser.add_argument("--request", required=True, help="JSON: figure, analysis, model, n_sites")
parser.add_argument("--stem", type=Path, required=True, help="path of the figure without ending")
arguments = parser.parse_args()
with ends_in_one_line():
    request = parse_request(FigureRequest, arguments.request)
    draw_figure(request, arguments.tables, arguments.stem)
