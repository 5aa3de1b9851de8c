"""Write the reference of the library, HTML that needs no network, from its docstrings."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import pdoc

import syncsweep

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("output", type=Path, help="folder")
    output = parser.parse_args().output
    for name in syncsweep.__all__:
        getattr(syncsweep, name)  # pdoc sees what is loaded
    warnings.simplefilter("error", UserWarning)  # of a name that it cannot resolve
    pdoc.pdoc("syncsweep", output_directory=output)
