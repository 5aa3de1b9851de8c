"""Which versions of the direct dependencies are here: direct.py lowest|newest.

With `lowest`, each must be the lower bound of pyproject.toml: so each bound is one that was run.
"""

import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def requirements() -> list[Requirement]:
    """What the package and its tests need directly."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"], *extras["mpi"], *extras["xarray"], *extras["test"]]
    every = [Requirement(text) for text in listed]
    return [one for one in every if one.name != project["name"]]


def lower_bound(requirement: Requirement) -> str:
    """The version that a requirement begins with."""
    (bound,) = [one.version for one in requirement.specifier if one.operator == ">="]
    return bound


def main() -> str | None:
    """Print the versions; the end of a run that is not what it says."""
    print(f"Python {sys.version.split()[0]}")
    strange = []
    for requirement in requirements():
        found, bound = metadata.version(requirement.name), lower_bound(requirement)
        print(f"{requirement.name:34}>={bound:10}{found}")
        if Version(found) != Version(bound):
            strange.append(f"{requirement.name}>={bound} can only be {found} or later")
    if sys.argv[1] == "lowest" and strange:
        return f"error: pyproject.toml: a bound is too low to be used: {'; '.join(strange)}"
    return None


if __name__ == "__main__":
    sys.exit(main())
