"""A figure of the paper: `draw_paper_figure.py FIGURE --tables FILES --stem PATH`."""

import argparse
from pathlib import Path

from syncsweep.figures.figure_page import save_provenance
from syncsweep.paper.paper_registry import FIGURES
from syncsweep.workflow.errors import ends_in_one_line

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("figure", choices=FIGURES)
parser.add_argument("--tables", type=Path, nargs="+", required=True, help="files of one folder")
parser.add_argument("--stem", type=Path, required=True, help="path of the figure without ending")
arguments = parser.parse_args()
figure = FIGURES[arguments.figure].load()
with ends_in_one_line():
    figure.draw(arguments.tables[0].parent, arguments.stem)
    save_provenance(arguments.stem, arguments.tables)
