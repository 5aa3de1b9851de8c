"""Whether the claims of the paper still hold: `check_validation.py FOLDER`, of its tables."""

import argparse
from pathlib import Path

from syncsweep.paper.parts.validation import demand
from syncsweep.workflow.errors import ends_in_one_line

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=Path, help="folder of the paper's tables")
with ends_in_one_line():
    print(demand(parser.parse_args().folder))
