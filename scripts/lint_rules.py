"""Snakemake's lint of the rules in this folder, without one piece of its advice.

It asks for a conda environment or container for each rule. The jobs here need neither, because they
run in the environment of Snakemake itself, which `make env` makes from a lock file with hashes.
"""

import re
import subprocess
import sys

_ADVICE = "Specify a conda environment or container for each rule."


def main() -> None:
    """Print each other lint; exit 1 if there is one, or if Snakemake fails."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    head, *lints = re.split(r"^(?=Lints for )", done.stdout, flags=re.MULTILINE)
    others = [one for one in lints if set(re.findall(r"^    \* (.*):$", one, re.M)) != {_ADVICE}]
    if others or not lints:
        sys.exit("".join(others) or head)


if __name__ == "__main__":
    main()
