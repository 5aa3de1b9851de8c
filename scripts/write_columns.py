"""Write the page of the documentation about the columns of all files."""

from __future__ import annotations

import argparse
from pathlib import Path

from syncsweep.report.dictionary import page

if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    asked.add_argument("output", type=Path)
    asked.parse_args().output.write_text(page(), encoding="utf-8")
