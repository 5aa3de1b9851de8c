"""Write the JSON schema of config.yaml."""

import argparse
import json
from pathlib import Path

from syncsweep.config.configuration import json_schema

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("output", type=Path, help="file to write")
arguments = parser.parse_args()
text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
arguments.output.write_text(text + "\n", encoding="utf-8")
