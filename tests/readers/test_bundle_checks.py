"""The folder to publish, moved elsewhere: the checks of others find it whole, and find damage."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from elsewhere import FOLDER
from project import PAPER, PAPER_STUDIES, Project

pytestmark = pytest.mark.readers

PROGRAMS = FOLDER / "venv" / "bin"

#: The context of RO-Crate 1.1, as the package `rocrate` has it, in the cache of its validator.
FILL_CACHE = """
import io, sys
from importlib.resources import files
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

KIND = {"Content-Type": "application/ld+json"}

class Packaged(HTTPAdapter):
    def send(self, request, **settings):
        context = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
        body = HTTPResponse(io.BytesIO(context), KIND, status=200, preload_content=False)
        return self.build_response(request, body)

session = CachedSession(sys.argv[1], backend="sqlite")
session.mount("https://w3id.org/", Packaged())
assert session.get("https://w3id.org/ro/crate/1.1/context").json()["version"] == "1.1.0"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A whole bundle, moved to another folder."""
    project = Project(tmp_path_factory.mktemp("paper"), **PAPER_STUDIES)
    project.config["paper"] = PAPER
    project.write_config()
    project.snakemake("bundle")
    return Path(shutil.move(project.results / "bundle", tmp_path_factory.mktemp("moved")))


@pytest.fixture
def bundle(made, tmp_path):
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "bundle"))


def run(*command, folder):
    return subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def frictionless(folder):
    """What Frictionless says of each table, and its errors by the path of the table."""
    done = run("frictionless", "validate", "datapackage.json", "--json", folder=folder)
    report = json.loads(done.stdout)
    tasks = {task["place"]: [error["type"] for error in task["errors"]] for task in report["tasks"]}
    assert report["valid"] == (done.returncode == 0)
    assert report["errors"] == []
    return tasks


def tables(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in (".csv", ".parquet")
    }


def test_frictionless_finds_every_table_as_it_is_described(bundle):
    found = frictionless(bundle)
    assert found.keys() == tables(bundle) and len(found) > 100
    assert {path: errors for path, errors in found.items() if errors} == {}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_frictionless_finds_a_changed_byte(bundle, kind):
    path = bundle / "tables" / "chain" / f"summary.{kind}"
    content = bytearray(path.read_bytes())
    content[-3 if kind == "csv" else len(content) // 2] ^= 1
    path.write_bytes(content)
    found = frictionless(bundle)
    name = path.relative_to(bundle).as_posix()
    assert "hash-count" in found.pop(name)
    assert not any(found.values())


def test_frictionless_finds_a_value_of_another_type(bundle):
    """Even if the hash is left out, so the descriptions of the columns are compared."""
    package = json.loads((bundle / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        del resource["hash"], resource["bytes"]
    (bundle / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    table = bundle / "figures" / "chain_s_max.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines[1] = ",".join(["many", *lines[1].split(",")[1:]])
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = frictionless(bundle)
    assert found.pop("figures/chain_s_max.csv") == ["type-error"]
    assert not any(found.values())


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    path = tmp_path_factory.mktemp("cache") / "http"
    done = run("python", "-c", FILL_CACHE, str(path), folder=path.parent)
    assert done.returncode == 0, done.stderr
    return path


def problems_of_crate(folder, cache, profile):
    """What the validator of RO-Crates says without a network, as messages of broken rules."""
    report = folder.parent / "report.json"
    options = ["--offline", "--cache-path", str(cache), "--profile-identifier", profile]
    options += ["--output-format", "json", "--output-file", str(report)]
    done = run("rocrate-validator", "-y", "validate", *options, folder.name, folder=folder.parent)
    said = json.loads(report.read_text(encoding="utf-8"))
    assert said["passed"] == (done.returncode == 0), done.stdout
    return [issue["message"] for issue in said["issues"]]


@pytest.mark.parametrize("profile", ["ro-crate-1.1", "process-run-crate-0.5"])
def test_the_crate_keeps_all_rules_that_are_required(bundle, cache, profile):
    assert problems_of_crate(bundle, cache, profile) == []


def test_the_validator_of_crates_sees_what_is_missing(bundle, cache):
    (bundle / "figures" / "fig1.png").unlink()
    assert any("fig1.png" in said for said in problems_of_crate(bundle, cache, "ro-crate-1.1"))
