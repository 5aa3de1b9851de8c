"""`make check` lints the rules: only the advice about conda is left out."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "lint_rules.py"
RULE = 'rule a:\n    output: "a.txt"\n    log: "a.log"\n    shell: "touch {output} 2> {log}"\n'


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (RULE, 0, ""),
        (RULE.replace('    log: "a.log"\n', "").replace(" 2> {log}", ""), 1, "No log directive"),
        (RULE + "rule a:\n", 1, "already used"),
    ],
    ids=["conda alone", "no log", "broken"],
)
def test_advice_about_conda_alone_is_no_mistake(tmp_path, text, code, said):
    (tmp_path / "Snakefile").write_text(text)
    command = [sys.executable, SCRIPT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and bool(said) == bool(done.stderr)
