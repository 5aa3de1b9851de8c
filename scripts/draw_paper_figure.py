"""A figure of the paper: `draw_paper_figure.py FIGURE --tables DIR --stem PATH` from its tables."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from syncsweep.layout import PAPER_FIGURES
from syncsweep.results import ResultsError

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("figure", choices=PAPER_FIGURES)
parser.add_argument("--tables", type=Path, required=True, help="folder of the paper's tables")
parser.add_argument("--stem", type=Path, required=True, help="path of the figure without ending")
arguments = parser.parse_args()
figure = import_module(f"syncsweep.results.figures.{PAPER_FIGURES[arguments.figure].module}")
try:
    figure.draw(arguments.tables, arguments.stem)
except (ResultsError, OSError) as error:
    sys.exit(f"error: {error}")
