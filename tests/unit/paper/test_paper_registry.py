"""The registry of the paper's parts, and what the rules make of it."""

from pathlib import Path

import pytest
import yaml

from syncsweep.config.configuration import parse
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.paper.paper_studies import with_paper_studies
from syncsweep.tables import parse_request
from syncsweep.workflow import paper_jobs

PLAIN = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text(encoding="utf-8"))


def configured(**change):
    return with_paper_studies(parse({**PLAIN, **change}))


@pytest.fixture(scope="module")
def config():
    return configured()


def test_every_module_of_a_part_or_a_figure_is_that_of_an_entry():
    room = Path(__file__).parents[3] / "src" / "syncsweep" / "paper"
    parts = [
        path.stem for path in (room / "parts").glob("*.py") if "\ndef make(" in path.read_text()
    ]
    assert sorted(parts) == sorted(PARTS)
    figures = [p.stem for p in (room / "figures").glob("*.py") if "\ndef draw(" in p.read_text()]
    assert sorted(figures) == sorted(figure.module for figure in FIGURES.values())
    tables = [table for part in PARTS.values() for table in part.tables]
    assert len(tables) == len(set(tables))
    assert list(PARTS)[-1] == "validation"


@pytest.mark.parametrize("part", PARTS)
def test_a_request_is_read_as_it_was_made(config, part):
    made = paper_jobs.request(config, part)
    assert parse_request(type(made), made.text) == made


@pytest.mark.parametrize("part", PARTS)
def test_what_a_part_is_asked_for_does_not_depend_on_where_results_are(config, part):
    moved = configured(results="/elsewhere")
    assert paper_jobs.asked_of_part(moved, part) == paper_jobs.asked_of_part(config, part)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"ensemble_samples": 7}, {"ensemble"}),
        ({"quality_samples_n2": 7}, {"quality"}),
        ({"locking_samples": 7}, {"locking", "coherences"}),
        ({"ablation_samples": 7}, {"ablations"}),
    ],
)
def test_a_size_is_that_of_one_part(config, change, parts):
    other = configured(paper={**PLAIN["paper"], **change})
    changed = {
        part
        for part in PARTS
        if paper_jobs.asked_of_part(other, part) != paper_jobs.asked_of_part(config, part)
    }
    assert changed == parts


def test_studies_of_a_part_are_those_that_its_request_names(config):
    for part in PARTS:
        text = paper_jobs.request(config, part).text
        named = {
            study for study in config.studies if f"{study}-{config.physics(study).digest}" in text
        }
        assert named == set(paper_jobs.studies_of_part(config, part)), part


def test_files_of_parts_and_figures(config):
    names = [path.name for path in paper_jobs.part_files(config, "validation")]
    assert names == ["validation.parquet", "validation.csv", "validation.md"]
    files = paper_jobs.figure_files(config, "fig1")
    assert [file.name for file in files] == [
        "fig1.pdf", "fig1.png", "fig1.json", "fig1_quality.csv", "fig1_locking.csv"
    ]  # fmt: skip
    tables = [file.as_posix() for file in paper_jobs.tables_of_figure(config, "fig1")]
    assert tables == [
        f"results/paper/{table}.parquet" for table in ("quality", "quality_shifts", "locking")
    ]
    limit = paper_jobs.tables_of_figure(config, "figS_limit")
    assert {file.parent.name for file in limit} == {"spin1_chain"}
    assert paper_jobs.studies_of_figure(config, "figS_limit") == {"spin1_chain"}
    assert "paper-alone-n2" in paper_jobs.studies_of_figure(config, "fig1")
