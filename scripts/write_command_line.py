"""Write the page of the documentation about the program syncsweep."""

from __future__ import annotations

import argparse
from pathlib import Path

from syncsweep.cli.command_page import page
from syncsweep.cli.main import parser

if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    asked.add_argument("output", type=Path)
    asked.parse_args().output.write_text(page(parser()), encoding="utf-8")
