"""The folder to publish: whole, described, and verifiable wherever it lies."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rocrate.rocrate import ROCrate
from studies import ETAS, PAIR, SAMPLES, StudyOnDisk, rows_of

from syncsweep.cli.main import main
from syncsweep.figures.figure_page import save_data, save_provenance
from syncsweep.layout import BUNDLE_MANIFEST, figures_folder
from syncsweep.report import crate
from syncsweep.report.bundle import make_bundle, publish
from syncsweep.tables import ResultsError
from syncsweep.tables.freshness import changed_sources, said_by

PROJECT = Path(__file__).parents[3]
SUMMARY = "tables/pair/summary"

#: Words that a user might write, and that are harmful in other languages.
HOSTILE = "</script><img src=\"https://example.org/x.png\"> & 'S_d' | \n\u2028 %20 #"


def config_of(table):
    return {"studies": {"pair": {"samples": SAMPLES, "analysis": said_by(table)["analysis"]}}}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The tables of a study in a results folder, and the data of a figure."""
    folder = tmp_path_factory.mktemp("results") / "results"
    tables = StudyOnDisk(folder, "pair", PAIR, {ETAS: rows_of(PAIR)}).tables()
    stem = figures_folder(folder) / "fig_a"
    stem.parent.mkdir()
    save_data(stem, {"chi": pd.read_csv(tables / "chi_histogram.csv")})
    save_provenance(stem, sorted(tables.glob("*.parquet")))
    return folder


def made(results, output, project=PROJECT):
    files = sorted(path for path in results.glob("[tf]*/**/*") if path.is_file())
    config = config_of(results / f"{SUMMARY}.parquet")
    publish(results, files, config, project, output)
    return output


@pytest.fixture
def bundle(results, tmp_path):
    (tmp_path / "made").mkdir()
    return made(results, tmp_path / "made" / "bundle")


@pytest.fixture
def project(tmp_path):
    for name in ("CITATION.cff", "LICENSE", "envs/requirements.lock"):
        target = tmp_path / "project" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, target)
    return tmp_path / "project"


def check(folder):
    command = ["sha256sum", "--check", "--quiet", "--strict", BUNDLE_MANIFEST]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_it_verifies_after_being_moved_with_one_command(bundle, tmp_path):
    moved = shutil.move(bundle, tmp_path / "else where")
    done = check(moved)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "name", ["figures/fig_a_chi.csv", "config.json", "README.md", "origin.json", "datapackage.json"]
)
def test_a_file_that_changed_or_is_gone_is_named(bundle, name):
    data = bytearray((bundle / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / name).write_bytes(data)
    done = check(bundle)
    assert done.returncode != 0 and name in done.stdout
    (bundle / name).unlink()
    assert check(bundle).returncode != 0


def test_readme_names_the_paper(results, project, tmp_path):
    citation, address = project / "CITATION.cff", "https://arxiv.org/abs/2510.11601v1"
    readme = (made(results, tmp_path / "bundle") / "README.md").read_text(encoding="utf-8")
    assert f"Perturbed Oscillating Coherences](<{address}>)" in readme
    alone = citation.read_text(encoding="utf-8").partition("references:")[0]
    citation.write_text(alone, encoding="utf-8")
    readme = (made(results, tmp_path / "bundle", project) / "README.md").read_text(encoding="utf-8")
    assert "paper is" not in readme and "None" not in readme


@pytest.fixture
def verify(results, tmp_path, capsys):
    """What `syncsweep verify` says of results with a bundle, without what is well."""
    copy = shutil.copytree(results, tmp_path / "copy")
    folder = made(copy, copy / "bundle")

    def of(change):
        change(folder)
        code = main(["verify", str(copy)])
        lines = capsys.readouterr().out.splitlines()
        return code, [line for line in lines if line.startswith("  ")]

    return of


def test_a_whole_bundle_is_verified(verify):
    assert verify(lambda folder: None) == (0, [])


@pytest.mark.parametrize(
    "name", [f"{SUMMARY}.csv", f"{SUMMARY}.json", "README.md", "origin.json", crate.NAME]
)
def test_a_changed_byte_of_a_bundle_is_found(verify, name):
    def change(folder):
        data = bytearray((folder / name).read_bytes())
        data[-3] ^= 8
        (folder / name).write_bytes(data)

    code, lines = verify(change)
    (line,) = [line for line in lines if line.startswith("  wrong: ")]
    assert code == 1 and f"bundle/{name}: is not the file" in line and "`snakemake bundle`" in line


def test_lost_and_foreign_files_of_a_bundle_are_named(verify):
    def change(folder):
        (folder / "README.md").unlink()
        (folder / "tables" / "mine.csv").touch()

    code, (lost, foreign) = verify(change)
    assert code == 1 and "bundle/README.md: is missing" in lost
    assert "bundle/tables/mine.csv: does not belong here" in foreign


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"\xff\xfe", b"a  b  \n\n"])
def test_a_bundle_without_its_checksums_is_found(verify, content):
    def change(folder):
        manifest = folder / BUNDLE_MANIFEST
        manifest.unlink() if content is None else manifest.write_bytes(content)

    code, lines = verify(change)
    (line,) = [line for line in lines if line.startswith("  wrong: ")]
    assert code == 1 and f"bundle/{BUNDLE_MANIFEST}: is missing or damaged" in line


def test_manifest_names_every_file_once(bundle):
    lines = (bundle / BUNDLE_MANIFEST).read_text().splitlines()
    named = [line.split("  ", 1)[1] for line in lines]
    assert sorted(named) == sorted(names(bundle) - {BUNDLE_MANIFEST})


def test_equal_results_give_equal_bytes(bundle, results, tmp_path):
    again = made(results, tmp_path / "again")
    assert names(again) == names(bundle)
    assert [
        name
        for name in names(bundle)
        if (again / name).read_bytes() != (bundle / name).read_bytes()
    ] == []


def test_it_is_of_the_results_until_one_of_them_changes(bundle, results, tmp_path):
    said = said_by(bundle / BUNDLE_MANIFEST)
    assert changed_sources(said, results) == []
    other = Path(shutil.copytree(results, tmp_path / "other"))
    (other / "figures" / "fig_a_chi.csv").write_text("eta\n")
    assert changed_sources(said, other) == ["figures/fig_a_chi.csv"]


def test_it_says_what_it_was_made_with(bundle, results):
    assert read(bundle / "config.json") == config_of(results / f"{SUMMARY}.parquet")
    origin = read(bundle / "origin.json")
    assert {"version", "commit", "source", "lock"} == set(origin["code"])
    assert {"numpy", "scipy", "python", "snakemake"} <= set(origin["libraries"])


def test_a_file_beside_each_table_says_study_seed_physics_and_columns(bundle, results):
    for table in bundle.glob("tables/pair/*.parquet"):
        said = read(table.with_suffix(".json"))
        assert (said["study"], said["samples"]) == ("pair", SAMPLES)
        assert said["seed"] == said["physics"]["root_seed"] == PAIR.root_seed
        assert said["physics"] == PAIR.model_dump(mode="json")
        assert said["physics_hash"] == PAIR.digest
        assert {"analysis", "made_by"} <= said.keys()
        assert [column["name"] for column in said["columns"]] == header(table)
        assert all(column["description"] for column in said["columns"])


def header(table):
    if table.suffix == ".parquet":
        return pq.read_schema(table).names
    return table.read_text(encoding="utf-8").partition("\n")[0].split(",")


def test_the_data_package_describes_every_table(bundle):
    package = read(bundle / "datapackage.json")
    resources = {resource["path"]: resource for resource in package["resources"]}
    assert resources.keys() == {n for n in names(bundle) if n.endswith((".csv", ".parquet"))}
    assert len({resource["name"] for resource in resources.values()}) == len(resources)
    for path, resource in resources.items():
        content = (bundle / path).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        # Those of the figure are those of its tables.
        assert (resource["study"], resource["seed"]) == ("pair", PAIR.root_seed)
        assert resource["physics_hash"] == PAIR.digest
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(fields) == header(bundle / path)
        assert all(field["description"] for field in fields.values())
    fields = {field["name"]: field for field in resources[f"{SUMMARY}.csv"]["schema"]["fields"]}
    kinds = {"eta": "number", "n": "integer", "failed": "integer", "p1": "number"}
    assert {name: fields[name]["type"] for name in kinds} == kinds
    assert fields["s_max_mean"]["unit"]


def test_the_crate_names_files_program_licence_and_paper(bundle, tmp_path):
    moved = shutil.move(bundle, tmp_path / "else where")
    crate = ROCrate(moved)
    described = {entity.id for entity in crate.data_entities}
    assert described == names(moved) - {BUNDLE_MANIFEST, "ro-crate-metadata.json"}
    run = crate.dereference("#run")
    assert {entity.id for entity in run["object"]} == {"config.json", "requirements.lock"}
    assert f"{SUMMARY}.parquet" in {entity.id for entity in run["result"]}
    program, root = run["instrument"], crate.root_dataset
    assert {"numpy", "snakemake"} <= {one["name"] for one in program["softwareRequirements"]}
    assert root["license"].id == "https://spdx.org/licenses/MIT"
    assert root["author"]["name"] == "The syncsweep developers"
    assert root["citation"]["identifier"] == "arXiv:2510.11601"
    assert len(root["citation"]["author"]) == 4


def test_words_of_users_stay_words(results, project, tmp_path):
    citation = project / "CITATION.cff"
    text = citation.read_text().replace("title: syncsweep", f"title: {json.dumps(HOSTILE)}")
    citation.write_text(
        text.replace("name: The syncsweep developers", f"name: {json.dumps(HOSTILE)}")
    )
    crate = ROCrate(made(results, tmp_path / "bundle", project))
    assert crate.dereference("#syncsweep")["name"] == HOSTILE
    author = crate.root_dataset["author"]
    assert author["name"] == HOSTILE
    assert not set(author.id) & set('<>" |\n\u2028')


def test_studies_that_differ_by_capital_letters_stay_apart(results, tmp_path):
    other = tmp_path / "results"
    shutil.copytree(results, other)
    shutil.copytree(other / "tables" / "pair", other / "tables" / "Pair")
    bundle = made(other, tmp_path / "bundle")
    resources = read(bundle / "datapackage.json")["resources"]
    tables = [name for name in names(bundle) if name.endswith((".csv", ".parquet"))]
    assert {resource["path"] for resource in resources} == set(tables)
    found = {resource["name"] for resource in resources}
    assert len(found) == len(tables) and all(name == name.lower() for name in found)


def test_a_new_bundle_replaces_the_old_one_and_leaves_nothing_of_it(bundle):
    files = {name: PROJECT / name for name in ("LICENSE", "CITATION.cff")}
    make_bundle({**files, "requirements.lock": files["LICENSE"]}, {}, bundle)
    assert not (bundle / "figures").exists()
    assert check(bundle).returncode == 0
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("date-released:", "released:", "CITATION.cff: has no date-released; add the day"),
        ("date-released: 2", "date-released: soon 2", r"CITATION.cff: date-released: .*correct it"),
        ("date-released: 2026-11", "date-released: 2026-13", "CITATION.cff: is not YAML"),
        ("license: MIT", "", "CITATION.cff: license: .*correct it"),
        ("authors:\n", "writers:\n", "CITATION.cff: authors: .*correct it"),
        ("title:", "{title:", "CITATION.cff: is not YAML; correct it"),
        ("", "", "CITATION.cff: the file: .*correct it"),
        ("", None, "CITATION.cff: cannot be read"),
    ],
)
def test_a_citation_that_lacks_something_is_said_in_a_line(
    results, project, tmp_path, bundle, old, new, said
):
    citation = project / "CITATION.cff"
    if new is None:
        citation.unlink()
    else:
        citation.write_text(old and citation.read_text().replace(old, new))
    with pytest.raises(ResultsError, match=said) as raised:
        made(results, bundle, project)
    assert "\n" not in str(raised.value)
    assert check(bundle).returncode == 0  # the old one


def test_a_bundle_that_cannot_be_made_leaves_the_old_one(bundle, results, project):
    (project / "LICENSE").unlink()
    with pytest.raises(FileNotFoundError, match="LICENSE"):
        made(results, bundle, project)
    assert check(bundle).returncode == 0
    assert (bundle / "figures" / "fig_a_chi.csv").exists()


def test_stale_results_are_not_published(results, tmp_path):
    table = results / f"{SUMMARY}.parquet"
    config = config_of(table)
    config["studies"]["pair"]["samples"] = 9
    with pytest.raises(ResultsError, match=r"summary\.parquet: .*\(samples\)"):
        publish(results, [table], config, PROJECT, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_damaged_table_is_named_where_a_user_can_remove_it(results, tmp_path):
    other = tmp_path / "results"
    shutil.copytree(results, other)
    table = other / "figures" / "fig_a_chi.csv"
    table.write_text("eta,chi_low\n0.5\n")
    with pytest.raises(ResultsError) as raised:
        made(other, tmp_path / "bundle")
    assert str(raised.value).startswith(f"{table}: is damaged; remove it")
