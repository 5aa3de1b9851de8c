"""A figure of the paper: `draw_paper_figure.py FIGURE --tables FILES --stem PATH`."""

import argparse
import sys
from pathlib import Path

from syncsweep.figures.figure_page import save_provenance
from syncsweep.files import not_written
from syncsweep.paper.registry import FIGURES
from syncsweep.tables import ResultsError

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("figure", choices=FIGURES)
parser.add_argument("--tables", type=Path, nargs="+", required=True, help="files of one folder")
parser.add_argument("--stem", type=Path, required=True, help="path of the figure without ending")
arguments = parser.parse_args()
figure = FIGURES[arguments.figure].load()
try:
    figure.draw(arguments.tables[0].parent, arguments.stem)
    save_provenance(arguments.stem, arguments.tables)
except ResultsError as error:
    sys.exit(f"error: {error}")
except OSError as error:
    sys.exit(f"error: {not_written(error)}")
