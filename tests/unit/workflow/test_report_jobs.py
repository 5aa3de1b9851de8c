"""What is on the page of all results, from what is there and what a command asks for."""

from pathlib import Path

import pytest
import yaml

from syncsweep.config.configuration import RESERVED, parse
from syncsweep.paper.paper_registry import PAPER_FIGURES, PAPER_PARTS, PARTS
from syncsweep.paper.paper_studies import with_paper_studies
from syncsweep.report.report_request import ReportRequest
from syncsweep.tables import parse_request
from syncsweep.workflow import paper_jobs, report_jobs
from syncsweep.workflow.study_outputs import StudyOutputs

PLAIN = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text(encoding="utf-8"))
BOTH = ("spin1_chain", "spin_half_pair")


@pytest.fixture
def config(tmp_path):
    return with_paper_studies(parse({**PLAIN, "results": str(tmp_path)}))


@pytest.fixture
def shown(config):
    """What is shown for studies named in a command, with or without the paper."""

    def of(*named, paper=False):
        return report_jobs.contents(StudyOutputs(config), named, paper)

    return of


def put(files):
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_studies_are_those_named_and_those_that_are_there(config, shown):
    assert shown() == report_jobs.Contents(())
    assert shown("spin1_chain_n2").studies == ("spin1_chain_n2",)
    put(StudyOutputs(config).all("spin1_chain"))
    put(StudyOutputs(config).all(f"{RESERVED}chain-n2"))  # is the paper's own
    assert shown("spin1_chain_n2").studies == ("spin1_chain", "spin1_chain_n2")


def test_of_the_paper_all_is_shown_that_is_asked_for_and_else_what_is_there(config, shown):
    whole = report_jobs.Contents(BOTH, tuple(PAPER_PARTS), tuple(PAPER_FIGURES))
    assert shown(*BOTH, paper=True) == whole
    assert shown("spin1_chain", paper=True) == report_jobs.Contents(("spin1_chain",))
    assert shown(*BOTH) == report_jobs.Contents(BOTH)
    put(paper_jobs.part_files(config, "modes"))
    put(paper_jobs.figure_files(config, "figS_modes"))
    put(paper_jobs.figure_files(config, "figS_limit"))
    put(paper_jobs.part_files(config, "validation"))  # without the other parts
    put(paper_jobs.part_files(config, "locking"))  # without its rows
    assert shown(*BOTH) == report_jobs.Contents(BOTH, ("modes",), ("figS_modes", "figS_limit"))
    for part in PARTS:
        put(paper_jobs.part_files(config, part))
        for study in paper_jobs.studies_of_part(config, part):
            put(StudyOutputs(config).shards(study))
    assert shown(*BOTH).parts == tuple(PARTS)


def test_request_and_files_are_those_of_what_is_shown(config, shown):
    contents = shown(*BOTH, paper=True)
    request = parse_request(ReportRequest, report_jobs.request(config, contents))
    assert tuple(request.studies) == BOTH and request.figures == tuple(PAPER_FIGURES)
    assert request.studies["spin1_chain"].folder == StudyOutputs(config).folder("spin1_chain")
    files = report_jobs.files(StudyOutputs(config), contents)
    assert {file.name for file in files} >= {"summary.csv", "validation.md", "fig1.png"}
    assert report_jobs.asked(config, contents) != report_jobs.asked(config, shown(*BOTH))
