"""The lower bounds of pyproject.toml, which `make test-lowest` runs."""

import re
import tomllib
from itertools import chain
from pathlib import Path

from direct import PROJECT, lower_bound
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
DECLARED = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
ALL = [*DECLARED["dependencies"], *chain(*DECLARED["optional-dependencies"].values())]
REQUIREMENTS = {one.name: one for one in map(Requirement, ALL) if one.name != DECLARED["name"]}


def test_snakefile_asks_for_the_snakemake_of_pyproject():
    (asked,) = re.findall(r'^min_version\("(.+)"\)', (ROOT / "Snakefile").read_text(), re.M)
    assert asked == lower_bound(REQUIREMENTS["snakemake"])


def test_each_direct_dependency_has_a_lower_bound():
    assert all(map(lower_bound, REQUIREMENTS.values()))
