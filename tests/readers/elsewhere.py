"""The code of docs/elsewhere.md, and the readers that run it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "elsewhere.md"
FOLDER = ROOT / "build" / "readers"

#: Samples of each study of the sweep that is read.
SAMPLES = 30

_FENCED = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: What prints a table in Node prints it as JSON here.
_PRINT_JSON = """
const plain = (_, value) => typeof value === "bigint" ? Number(value) : value
console.table = rows => console.log(JSON.stringify(rows.map(row => Object.values(row)), plain))
"""


def snippets() -> dict[str, tuple[str, str]]:
    """Language and code of each piece of code on the page, by the name beside its language."""
    text = PAGE.read_text(encoding="utf-8")
    found = [(name, (language, code)) for language, name, code in _FENCED.findall(text)]
    assert len(dict(found)) == len(found), "two pieces of code have one name"
    return dict(found)


def lines_of(code: str) -> int:
    """The lines of a query, without imports."""
    lines = [line for line in code.splitlines() if line.strip()]
    return sum(not line.startswith(("import ", "from ")) for line in lines)


def run_shell(code: str, folder: Path, **variables: str) -> str:
    """Run shell commands in a folder, with the readers before other programs of their names."""
    path = f"{FOLDER / 'venv' / 'bin'}:{os.environ['PATH']}"
    return _output(["bash", "-euc", code], folder, env={**os.environ, "PATH": path, **variables})


def evaluate(language: str, code: str, folder: Path) -> Any:
    """The value of the last line of code that runs in a folder; a table as a list of its rows."""
    if language == "r":
        text = _output(["Rscript", "-e", f"write.csv({{\n{code}\n}}, row.names = FALSE)"], folder)
        return [list(map(float, row)) for row in list(csv.reader(io.StringIO(text)))[1:]]
    if language == "js":
        file = FOLDER / "snippet.mjs"  # where Node looks for packages
        file.write_text(_PRINT_JSON + code, encoding="utf-8")
        return json.loads(_output(["node", str(file)], folder))
    if language == "sql":
        code = f"import duckdb\nduckdb.sql({code!r})"
    python = str(FOLDER / "venv" / "bin" / "python")
    evaluator = str(Path(__file__).with_name("evaluate.py"))
    return json.loads(_output([python, evaluator], folder, input=code))


def _output(command: list[str], folder: Path, **options: Any) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", **options
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout
