"""What a run says: its plan, its samples, and which rows failed; and what it tells its workers."""

import logging

import pytest
from planned import config

from syncsweep.sweep import description
from syncsweep.workflow import announce
from syncsweep.workflow.announce import Job, studies_of
from syncsweep.workflow.study_outputs import StudyOutputs

LOGGER = logging.getLogger("of-a-test")


@pytest.fixture
def said(caplog):
    """What the logger was told."""
    caplog.set_level(logging.INFO, LOGGER.name)
    return caplog


def shard_jobs(settings, study="pair"):
    """The jobs of all shards of a study."""
    return [
        Job("solve_shard", {"study": study, "block": block.id, "start": f"{a:09d}", "stop": f"{b}"})
        for block in settings.studies[study].blocks
        for a, b in settings.studies[study].chunks
    ]


def test_studies_are_those_of_the_jobs_of_a_rule():
    jobs = [Job("make_tables", {"study": name}) for name in ("b", "a", "b")] + [Job("all", {})]
    assert studies_of(jobs, "make_tables") == ["a", "b"]
    jobs.append(Job("make_tables_without_chi_histogram", {"study": "c"}))
    assert studies_of(jobs, "make_tables") == ["a", "b", "c"]
    assert studies_of(jobs, "make_limit_tables") == []


def test_workers_are_told_of_studies_that_have_jobs(tmp_path):
    settings = config(tmp_path / "results", samples=4, blocks=((0.1,), (0.0, 1.0)))
    announce.write_descriptions(settings, [Job("all", {}), Job("make_tables", {"study": "else"})])
    assert not list(tmp_path.iterdir())
    announce.write_descriptions(settings, shard_jobs(settings)[:1])
    for block, etas in zip(
        StudyOutputs(settings).block_folders("pair"), [(0.1,), (0.0, 1.0)], strict=True
    ):
        described = description.read(block.path)
        assert (described.study, described.etas) == ("pair", etas)
        assert described.physics == settings.physics("pair")


def test_the_plan_goes_to_the_logger_as_such(tmp_path, said):
    settings = config(tmp_path / "results", samples=4, chunk_size=2)
    announce.tell_plan(LOGGER, settings, ["pair"], 16, {"runtime": 77})
    (record,) = said.records
    assert record.is_plan and record.getMessage().startswith("plan: pair: 2 of 2 shards to make")
    assert "time limit 77 min" in record.getMessage()


def test_samples_of_a_run_are_those_of_its_jobs_or_all_that_tables_are_made_of(tmp_path, said):
    settings = config(tmp_path / "results", samples=10, chunk_size=4, blocks=((0.1,), (1.0,)))
    jobs = shard_jobs(settings)
    announce.tell_samples(LOGGER, settings, [])
    announce.tell_samples(LOGGER, settings, [Job("make_tables", {"study": "pair"})])
    assert said.records == []
    announce.tell_samples(LOGGER, settings, jobs[1:2])
    announce.tell_samples(LOGGER, settings, [*jobs[1:2], Job("make_tables", {"study": "pair"})])
    few, whole = (
        [(b.described.study, b.ranges) for b in record.asked_blocks] for record in said.records
    )
    assert few == [("pair", ((4, 8),))]
    assert whole == [("pair", ((0, 10),)), ("pair", ((0, 10),))]
    assert [record.getMessage().split()[-1] for record in said.records] == ["4", "20"]


def put_failures(settings, content):
    table = StudyOutputs(settings).named_tables("pair", ["failures"], ["csv"])[0]
    table.parent.mkdir(parents=True)
    table.mkdir() if content is None else table.write_bytes(content)
    return table


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"eta,sample\n", []),
        (b"", []),
        (b"eta,sample\n1,2\n", ["1 row failed", "not in the averages", "names them"]),
        (b"eta,sample\n1,2\n3,4\n", ["2 rows failed"]),
        (b"\xff\xfe\n", ["cannot be read (", "remove it and run the same snakemake command"]),
        (None, ["cannot be read (", "so the failed rows are not known"]),
    ],
)
def test_failures_are_said_unless_the_tables_of_this_run_said_so(tmp_path, capfd, content, words):
    settings = config(tmp_path / "results")
    announce.warn_of_failures(settings, set())
    table = put_failures(settings, content)
    announce.warn_of_failures(settings, {"pair"})
    assert capfd.readouterr().err == ""
    announce.warn_of_failures(settings, set())
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == bool(words)
    assert all(line.startswith("warning: pair: ") and str(table) in line for line in lines)
    assert all(word in line for line in lines for word in words)
