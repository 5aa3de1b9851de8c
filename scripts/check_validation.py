"""Whether the claims of the paper still hold: `check_validation.py FOLDER`, of its tables."""

import argparse
import sys
from pathlib import Path

from syncsweep.paper.parts.validation import demand
from syncsweep.tables import ResultsError

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=Path, help="folder of the paper's tables")
try:
    print(demand(parser.parse_args().folder))
except ResultsError as error:
    sys.exit("\n".join(f"error: {line}" for line in str(error).splitlines()))
