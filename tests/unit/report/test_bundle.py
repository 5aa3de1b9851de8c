"""The folder to publish: whole, described, and verifiable wherever it lies."""

import json
import shutil
import subprocess

import pytest
from studies import ETAS, PAIR, SAMPLES, StudyOnDisk, rows_of

from syncsweep.layout import BUNDLE_MANIFEST
from syncsweep.report.bundle import make_bundle, publish
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import said_by


@pytest.fixture
def bundle(tmp_path):
    sources = tmp_path / "sources"
    sources.mkdir()
    files = {}
    for name in ("figures/fig1.png", "tables/chain/summary.csv", "LICENSE"):
        source = sources / name.replace("/", "-")
        source.write_bytes(name.encode() * 100)
        files[name] = source
    output = tmp_path / "results" / "bundle"
    output.parent.mkdir()
    make_bundle(files, {"root_seed": 7}, output)
    return output


def check(folder):
    command = ["sha256sum", "--check", "--quiet", "--strict", BUNDLE_MANIFEST]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_it_verifies_after_being_moved_with_one_command(bundle, tmp_path):
    moved = shutil.move(bundle, tmp_path / "else where")
    done = check(moved)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", ["figures/fig1.png", "config.json", "README.md", "origin.json"])
def test_a_file_that_changed_or_is_gone_is_named(bundle, name):
    data = bytearray((bundle / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / name).write_bytes(data)
    done = check(bundle)
    assert done.returncode != 0 and name in done.stdout
    (bundle / name).unlink()
    assert check(bundle).returncode != 0


def test_manifest_names_every_file_once(bundle):
    lines = (bundle / BUNDLE_MANIFEST).read_text().splitlines()
    names = [line.split("  ", 1)[1] for line in lines]
    there = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert sorted(names) == sorted(there - {BUNDLE_MANIFEST})


def test_it_says_what_it_was_made_with(bundle):
    assert json.loads((bundle / "config.json").read_text()) == {"root_seed": 7}
    origin = json.loads((bundle / "origin.json").read_text())
    assert {"version", "commit", "source", "lock"} == set(origin["code"])
    assert {"numpy", "scipy", "python", "snakemake"} <= set(origin["libraries"])


def test_a_new_bundle_replaces_the_old_one_and_leaves_nothing_of_it(bundle, tmp_path):
    licence = tmp_path / "sources" / "LICENSE"
    make_bundle({"LICENSE": licence}, {}, bundle)
    assert not (bundle / "figures").exists()
    assert check(bundle).returncode == 0
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_a_bundle_that_cannot_be_made_leaves_the_old_one(bundle, tmp_path):
    with pytest.raises(FileNotFoundError):
        make_bundle({"x": tmp_path / "missing"}, {}, bundle)
    assert check(bundle).returncode == 0
    assert (bundle / "figures" / "fig1.png").exists()


def test_results_are_published_with_what_the_project_says_of_itself_unless_they_are_stale(tmp_path):
    project, results = tmp_path / "project", tmp_path / "results"
    for name in ("CITATION.cff", "LICENSE", "envs/requirements.lock"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    study = StudyOnDisk(results, "pair", PAIR, {ETAS: rows_of(PAIR)})
    table = study.tables() / "summary.parquet"
    settings = {"samples": SAMPLES, "analysis": said_by(table)["analysis"]}
    output = results / "bundle"
    with pytest.raises(ResultsError, match=r"summary\.parquet: .*\(samples\)"):
        publish(
            results, [table], {"studies": {"pair": {**settings, "samples": 9}}}, project, output
        )
    assert not output.exists()
    publish(results, [table], {"studies": {"pair": settings}}, project, output)
    assert check(output).returncode == 0
    assert (output / "tables" / "pair" / "summary.parquet").read_bytes() == table.read_bytes()
    assert (output / "requirements.lock").read_text() == "envs/requirements.lock"
    assert {"CITATION.cff", "LICENSE"} <= {path.name for path in output.iterdir()}
