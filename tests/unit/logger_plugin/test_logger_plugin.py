"""Log records through Snakemake's own logging: which are shown, in what words, and which not."""

import io
import logging
import os
import re
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from progress_block import NOON, Sweep
from snakemake.logging import LoggerManager
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from snakemake_logger_plugin_syncsweep.jobs import Job
from snakemake_logger_plugin_syncsweep.screen import Line, Lines
from syncsweep.status import overview

#: As Open MPI draws it.
RULER = "-" * 74

#: The last words of Open MPI 5 to root.
ROOT = f"""prterun has detected an attempt to run as root.

You can override this protection by adding the --allow-run-as-root
option to your command line.  However, we reiterate our strong advice
against doing so - please do so at your own risk.
{RULER}
"""

TIME = r"\d\d:\d\d:\d\d "


def test_snakemake_finds_the_plugin():
    assert "syncsweep" in LoggerPluginRegistry().plugins


class Snakemake:
    """Logs as Snakemake does, through a manager with the plugin."""

    def __init__(self, tmp_path, capsys, **settings):
        self.path, self._capsys = tmp_path, capsys
        self.logger = logging.getLogger(f"snakemake-{tmp_path.name}")
        self.logger.propagate = False
        chosen = OutputSettings(
            log_handler_settings={"syncsweep": LogHandlerSettingsBase()}, **settings
        )
        self.manager = LoggerManager(self.logger, chosen)

    def info(self, text, **extra):
        self.logger.info(text, extra=extra)

    def begin(self, **jobs):
        header = "host user datetime workflow_id platform snakemake_version python_version cmd"
        header += " snakefile_main basedir rundir cwd configfiles config_md5"
        about = dict.fromkeys(header.split(), "?")
        event = LogEvent.WORKFLOW_STARTED
        self.info("Workflow has started!", event=event, quietness=Quietness.HOST, **about)
        self.info("Building DAG of jobs...")
        self.info("Job stats:\n...", event=LogEvent.RUN_INFO, stats={**jobs, "total": 99})

    def log_of(self, number):
        return self.path / f"{number}.log"

    def start(self, number, rule, message=None, output=("file",), **wildcards):
        self.info(
            f" Rule: {rule}, Jobid: {number}",
            event=LogEvent.JOB_INFO,
            jobid=number,
            rule_name=rule,
            rule_msg=message,
            local=True,
            input=[],
            output=list(output),
            log=[str(self.log_of(number))],
            benchmark=None,
            wildcards=wildcards,
            reason="",
            resources={},
            priority=0,
            threads=1,
            indent=False,
            is_checkpoint=False,
        )

    def finish(self, number, rule):
        if Quietness.PROGRESS in (self.manager.settings.quiet or ()):
            return
        self.info(f"Finished jobid: {number}", event=LogEvent.JOB_FINISHED, job_id=number)
        self.info(None, event=LogEvent.PROGRESS, done=1, total=2)

    def fail(self, number, rule, message=None):
        text = "RuleException:\nCalledProcessError in file ...: returned non-zero exit status 1."
        self.logger.error(text, extra={"event": LogEvent.ERROR, "exception": "RuleException"})
        about = {
            "event": LogEvent.JOB_ERROR,
            "jobid": number,
            "rule_name": rule,
            "rule_msg": message,
            "input": [],
            "output": ["file"],
            "log": [str(self.log_of(number))],
            "conda_env": None,
            "shellcmd": "false",
            "aux": {},
            "indent": False,
        }
        self.logger.error(f"Error in rule {rule}, jobid: {number}", extra=about)

    def job(self, number, rule, message=None, said="", fails=False, **more):
        """A job from its start to its end; said: what it writes into its log."""
        self.start(number, rule, message, **more)
        self.log_of(number).write_text(said)
        (self.fail if fails else self.finish)(number, rule)

    def printed(self):
        """What was printed on stdout and stderr, up to the end of the run."""
        self.manager.stop()
        for handler in self.manager.plugin_handlers:
            handler.close()  # up to Snakemake 9.20, Python does it at its end
        return self._capsys.readouterr()

    def lines(self):
        """The lines on stderr that are no progress, which comes or not, as quickly as it went."""
        lines = self.printed().err.splitlines()
        return [line for line in lines if not re.match(TIME, line)]


@pytest.fixture
def snakemake(tmp_path, capsys):
    with ExitStack() as stack:

        def start(**settings):
            one = Snakemake(tmp_path, capsys, **settings)
            stack.callback(one.manager.stop)
            return one

        yield start


@pytest.fixture
def quick(monkeypatch):
    """Progress is told all the time."""
    monkeypatch.setattr(Lines, "seconds", 0.03)


def test_run_is_told_in_a_few_lines(snakemake):
    run = snakemake()
    run.info("Assuming unrestricted shared filesystem usage.")
    run.begin(make_tables=1, make_tables_without_chi_histogram=1, all=1)
    run.info("Select jobs to execute...")
    run.info("Execute 1 jobs...", event=LogEvent.JOB_STARTED, jobs=[1])
    for number, rule in ((1, "make_tables"), (2, "make_tables_without_chi_histogram")):
        run.job(number, rule, "pair: tables from the shards", study="pair")
    run.job(0, "all", "Tables and figures are in results", output=())
    run.info("Complete log(s): /somewhere")
    run.info("Elapsed time: 0:00:01")
    printed = run.printed()
    assert printed.out == ""
    lines = [line for line in printed.err.splitlines() if "tables from the shards" not in line]
    assert re.fullmatch(f"{TIME}make_tables: 2 jobs done", lines[0])
    assert lines[1] == "Tables and figures are in results"
    assert re.fullmatch("3 of 3 jobs done in [0-9]+ s", lines[2])
    assert len(lines) == 3
    # The first line of progress may come or not, as quickly as it went here.
    assert len(printed.err.splitlines()) <= 4


def test_failure_is_one_block_with_the_log_and_its_error(snakemake):
    run = snakemake()
    run.begin(make_tables=2)
    said = "warning: odd\nerror: a.parquet: is damaged\nAbort(1)\nwarning: odd\n"
    run.job(7, "make_tables", "pair: tables from the shards", said, fails=True)
    run.logger.error("Exiting because a job execution failed. Look above for error messages")
    run.info("Complete log(s): /somewhere/x.log")
    text = "WorkflowError:\nAt least one job did not complete successfully."
    run.logger.error(text, extra={"event": LogEvent.ERROR, "exception": "WorkflowError"})
    *lines, last = run.lines()
    assert lines == [
        "warning: odd",
        "failed: pair: tables from the shards (job 7, make_tables)",
        "error: a.parquet: is damaged",
        f"log: {run.log_of(7)}",
        "Complete log(s): /somewhere/x.log",
    ]
    assert re.fullmatch(
        "1 failed, 0 of 2 jobs done in . s; run the same command again to continue", last
    )


def test_failure_of_what_printed_on_its_own_is_said_once_and_nothing_goes_on(snakemake):
    run = snakemake()
    run.begin(validate=1)
    said = "error: validation: Fig. 9\n"
    run.job(1, "validate", "Whether the claims hold", said, fails=True, output=())
    *lines, last = run.printed().err.splitlines()
    failed = "failed: Whether the claims hold (job 1, validate)"
    assert lines == ["Whether the claims hold", failed, f"log: {run.log_of(1)}"]
    assert re.fullmatch("1 failed, 0 of 1 job done in . s", last)


def test_what_a_cluster_says_of_a_failed_job_is_told(snakemake):
    run = snakemake()
    run.begin(solve_shard=1)
    run.start(3, "solve_shard")
    run.fail(3, "solve_shard", "SLURM-job '12' failed,\n SLURM status is: 'NODE_FAIL'.")
    run.info("Trying to restart job 3.")
    run.job(3, "solve_shard")
    *lines, last = run.lines()
    assert lines == [
        "failed: solve_shard (job 3, solve_shard)",
        "why: SLURM-job '12' failed, SLURM status is: 'NODE_FAIL'.",
        f"log: {run.log_of(3)}",
        "Trying to restart job 3.",
    ]
    assert last.startswith("1 of 1 job done")


def test_what_a_job_said_before_its_record_came_is_told(snakemake, capsys):
    run = snakemake()
    run.begin(solve_shard=1)
    run.log_of(3).write_text("error: at once\n")
    run.start(3, "solve_shard")
    wait_for(capsys, "0 of 1 job")  # the record has come through the queue
    with run.log_of(3).open("a") as log:
        log.write("Abort(1)\n")
    run.fail(3, "solve_shard")
    assert "error: at once" in run.lines()


def test_job_that_prints_by_itself_is_not_repeated(snakemake):
    run = snakemake()
    run.begin(preview=1)
    run.job(1, "preview", "What is solved so far", "warning: few samples\n", output=())
    first, second = run.printed().err.splitlines()
    assert first == "What is solved so far" and second.startswith("1 of 1 job done")


def test_warnings_and_errors_of_snakemake_itself_are_shown(snakemake):
    run = snakemake()
    run.begin(all=1)
    run.logger.warning("The following nodes failed during job execution: n1")
    text = "MissingOutputException: Job 3 completed, but some files are missing."
    run.logger.error(text, extra={"event": LogEvent.ERROR, "exception": "MissingOutputException"})
    run.logger.warning("Cannot restore file: no backup found.")
    said = run.printed().err.splitlines()
    assert said == ["The following nodes failed during job execution: n1", text]


STOPPED = "Terminating processes on user request, this might take some time."


def test_jobs_that_the_user_stopped_did_not_fail(snakemake):
    run = snakemake()
    run.begin(solve_shard=2)
    run.start(3, "solve_shard", "pair: samples")
    run.info(STOPPED)
    run.fail(3, "solve_shard")
    run.info("Complete log(s): /somewhere/x.log")
    first, second = run.lines()
    assert first == STOPPED
    assert re.fullmatch(
        "stopped, 0 of 2 jobs done in . s; run the same command again to continue", second
    )


@pytest.mark.parametrize("quiet", [set(), {Quietness.PROGRESS}])
def test_run_that_solves_samples_says_how_many_are_kept_when_it_is_stopped(
    snakemake, tmp_path, quiet
):
    sweep = Sweep(tmp_path / "results")
    sweep.shard(0, 4)
    run = snakemake(quiet=quiet)
    run.begin(solve_shard=2)
    run.info("Samples to solve or take over: 12", asked_blocks=[sweep.asked()])
    run.start(3, "solve_shard", "pair: samples", study="pair")
    run.info(STOPPED)
    sweep.part(4, 8, [4, 5, 6])
    run.fail(3, "solve_shard")
    kept = "7 of 12 samples are kept"
    assert re.fullmatch(
        f"stopped after . s, {kept}; run the same command again to continue", run.lines()[-1]
    )


NOTHING = "Nothing to be done (all requested files are present and up to date)."


def test_nothing_to_be_done_is_said_and_nothing_else(snakemake):
    run = snakemake()
    run.begin()
    run.info(NOTHING)
    assert run.printed().err == f"{NOTHING}\n"


@pytest.mark.parametrize("is_dry_run", [True, False])
@pytest.mark.parametrize("option", ["verbose", "printshellcmds", "debug_dag"])
def test_snakemake_speaks_where_more_was_asked_for(snakemake, option, is_dry_run):
    shown = {"dryrun": is_dry_run, "stdout": is_dry_run, "quiet": {Quietness.HOST}}
    run = snakemake(**shown, **{option: True})
    run.info("Assuming unrestricted shared filesystem usage.")
    run.begin(make_tables=1)
    run.job(1, "make_tables", "pair: tables")
    printed = run.printed()
    text = printed.out if is_dry_run else printed.err
    assert text.startswith("Assuming unrestricted shared filesystem usage.\nBuilding DAG of jobs")
    assert "Job stats:" in text
    assert "Job 1: pair: tables" in text and "Finished jobid: 1" in text
    assert "jobs done" not in text and "SNAKEMAKE" not in text


PLAN = "plan: pair: 1 of 1 shard to make"
STATS = {"event": LogEvent.RUN_INFO, "stats": {"make_tables": 1, "total": 1}}
BUILDING = ("Building DAG of jobs...", {})


@pytest.mark.parametrize(
    ("records", "printed"),
    [
        # The jobs are told of together, and it is said how to see each.
        (
            [
                ("Assuming unrestricted shared filesystem usage.", {}),
                BUILDING,
                ("Job stats:\n...", STATS),
                ("Job stats:\n...", STATS),
                ("Reasons:\n    (check individual jobs above for details)\n    forced:\n", {}),
                ("This was a dry-run (flag -n). The order of jobs does not matter.", {}),
            ],
            "Job stats:\n...\nReasons:\n    forced:\n\n"
            "dry-run: nothing was run or written; --printshellcmds shows every job\n",
        ),
        # The plan stands with the jobs, and is no part of a drawing of them.
        (
            [
                (PLAN, {"is_plan": True}),
                BUILDING,
                ("Job stats:\n...", STATS),
                ("Some jobs were triggered by provenance information, see 'reason' ...", {}),
            ],
            f"{PLAN}\nJob stats:\n...\n",
        ),
        ([(PLAN, {"is_plan": True}), BUILDING], ""),
        ([(PLAN, {"is_plan": True}), (NOTHING, {})], f"{PLAN}\n{NOTHING}\n"),
    ],
)
def test_dry_run_tells_what_would_be_done(snakemake, records, printed):
    run = snakemake(dryrun=True, stdout=True, quiet={Quietness.HOST})
    for text, extra in records:
        run.info(text, **extra)
    assert run.printed() == (printed, "")


def test_plan_is_told_once_where_the_jobs_are_told_of_twice(snakemake):
    run = snakemake(dryrun=True, stdout=True, printshellcmds=True, quiet={Quietness.HOST})
    run.info(PLAN, is_plan=True)
    for _ in range(2):
        run.info("Job stats:\n...", **STATS)
    printed = run.printed().out
    assert (printed.count("Job stats:"), printed.count("plan: ")) == (2, 1)


def test_without_a_run_snakemake_speaks(snakemake):
    run = snakemake(quiet={Quietness.HOST})
    run.info("Unlocked working directory.")
    run.logger.error("LockException:\nDirectory cannot be locked.", extra={"event": LogEvent.ERROR})
    said = "Unlocked working directory.\nLockException:\nDirectory cannot be locked.\n"
    assert run.printed().err == said


@pytest.mark.parametrize(
    ("quiet", "printed"),
    [
        (
            {Quietness.PROGRESS, Quietness.RULES},
            "Tables and figures are in results\nwarning: odd\n",
        ),
        ({Quietness.ALL}, ""),
    ],
)
def test_quiet_run_says_what_matters_or_nothing(snakemake, quiet, printed):
    run = snakemake(quiet=quiet)
    run.begin(make_tables=1, all=1)
    run.job(1, "make_tables", "pair: tables", "warning: odd\n")
    run.job(0, "all", "Tables and figures are in results", output=())
    if Quietness.ALL in quiet:
        run.job(2, "make_tables", "pair: tables", fails=True)
    assert run.printed().err == printed


def wait_for(capsys, words, seen=""):
    """What is printed until some words come; they do within seconds or never."""
    waiting = threading.Event()
    for _ in range(600):
        seen += capsys.readouterr().err
        if words in seen:
            return seen
        waiting.wait(0.05)
    raise AssertionError(f"no {words!r} in {seen!r}")


def test_samples_of_the_run_are_told_with_the_time_left(snakemake, capsys, tmp_path, quick):
    sweep = Sweep(tmp_path / "results")
    sweep.shard(0, 4)
    sweep.begins(4, 8, number=1, at=NOON)
    sweep.part(4, 8, [4], number=1)
    run = snakemake()
    run.begin(solve_shard=2)
    run.info("Samples to solve or take over: 8", asked_blocks=[sweep.asked(ranges=((4, 12),))])
    run.start(3, "solve_shard", "pair: samples 4 to 7", study="pair")
    printed = wait_for(capsys, "12 %")
    assert re.search(f"{TIME}pair, 1 of 8 samples, 12 %\n", printed)
    sweep.shard(4, 8)
    assert "pair, 4 of 8 samples, 50 %" in wait_for(capsys, "50 %")


def test_samples_of_several_studies_count_by_what_they_cost(snakemake, capsys, tmp_path, quick):
    sweep = Sweep(tmp_path / "results")
    sweep.shard(6, 12)
    asked = sweep.asked()
    other = replace(
        sweep.asked(ranges=((0, 6),)),
        described=replace(asked.described, study="other"),
        core_seconds=3 * asked.core_seconds,
    )
    run = snakemake()
    run.begin(solve_shard=2)
    run.info("Samples: 18", asked_blocks=[asked, other])
    run.start(3, "solve_shard", "pair: samples 4 to 7", study="pair")
    told = f"{TIME}2 studies, 6 of 18 samples, 20 % of the work\n"
    assert re.search(told, wait_for(capsys, "of the work"))


def test_stage_after_the_last_sample_counts_the_jobs_that_remain(
    snakemake, capsys, tmp_path, quick
):
    sweep = Sweep(tmp_path / "results")
    run = snakemake()
    run.begin(solve_shard=2, make_tables=2, make_figure=1)
    run.info("Samples: 12", asked_blocks=[sweep.asked()])
    run.start(1, "solve_shard", "pair: samples 0 to 5", study="pair")
    run.finish(1, "solve_shard")
    # Beside the samples, so that these are still what is told.
    run.start(2, "make_tables", "other: tables", study="other")
    printed = wait_for(capsys, "0 of 12 samples")
    run.finish(2, "make_tables")
    run.start(3, "solve_shard", "pair: samples 6 to 11", study="pair")
    sweep.shard(0, 12)
    printed = wait_for(capsys, "12 of 12 samples, 100 %\n", printed)
    run.finish(3, "solve_shard")
    run.start(4, "make_tables", "pair: tables", study="pair")
    printed = wait_for(capsys, "tables and figures, 0 of 2 jobs\n", printed)
    run.finish(4, "make_tables")
    run.start(5, "make_figure", "pair: figure", study="pair")
    printed = wait_for(capsys, "tables and figures, 1 of 2 jobs\n", printed)
    assert "of 5 jobs" not in printed and " left" not in printed


def test_samples_that_failed_do_not_hold_up_the_next_stage(snakemake, capsys, tmp_path, quick):
    run = snakemake()
    run.begin(solve_shard=2, make_tables=2)
    run.info("Samples: 12", asked_blocks=[Sweep(tmp_path / "results").asked()])
    run.start(1, "solve_shard", "pair: samples 0 to 5", study="pair")
    run.finish(1, "solve_shard")
    run.start(2, "solve_shard", "pair: samples 6 to 11", study="pair")
    run.fail(2, "solve_shard")
    run.start(4, "make_tables", "other: tables", study="other")
    printed = wait_for(capsys, "tables and figures, 0 of 2 jobs\n")
    run.start(2, "solve_shard", "pair: samples 6 to 11", study="pair")  # tried again
    wait_for(capsys, "0 of 12 samples", printed.partition("tables and figures")[2])


def test_broken_look_at_the_files_is_said_once_and_ends_no_run(snakemake, capsys, quick):
    run = snakemake()
    run.begin(solve_shard=1)
    run.info("Samples: 8", asked_blocks=[None])
    run.start(3, "solve_shard", "pair: samples 4 to 7", study="pair")
    printed = wait_for(capsys, "cannot show the progress")
    printed = wait_for(capsys, "0 of 1 jobs", printed)
    run.finish(3, "solve_shard")
    assert (printed + run.printed().err).count("warning: cannot show the progress") == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", None),
        ("\n \n", None),
        ("a\nb\n\n", "b"),
        ("error: one\nerror: two\nRuntimeError: x\nb\n", "error: two"),
        ("Traceback (most recent call last):\n  File\nMemoryError\n= BAD\n", "MemoryError"),
        ("  File\nnumpy.linalg.LinAlgError: Singular\nb\n", "numpy.linalg.LinAlgError: Singular"),
        ("pair samples 0 to 39: stopped (SIGTERM)\nb", "pair samples 0 to 39: stopped (SIGTERM)"),
        ("= BAD\nEXIT STRING: Killed (signal 9)\nb\n", "EXIT STRING: Killed (signal 9)"),
        ("[mpiexec@n1] cause\n[mpiexec@n1] what followed\n", "[mpiexec@n1] cause"),
        ("[proxy:0@n1] cause\n[proxy:0@n1] what followed\n", "[proxy:0@n1] cause"),
        ("srun: queued\nsrun: error: cause\nsrun: error: more\n", "srun: error: cause"),
        ("10 %\nslurmstepd: error: cause\nsrun: ended\n", "slurmstepd: error: cause"),
        (f"{RULER}\nThe cause\nin two lines. And advice.\n{RULER}\n \n", "The cause in two lines"),
        (f"10 %\n{RULER}\n{RULER}\nThe cause\n\n and advice\n{RULER}\n", "The cause"),
        (f"The cause.\n{RULER}\n", "The cause."),
        (ROOT, "prterun has detected an attempt to run as root."),
        (f"{RULER}\n{ROOT}", "prterun has detected an attempt to run as root."),
        ("MPI_Init\na(1): an unsupported PMI version \nsrun: error: n1\n",
         "a(1): an unsupported PMI version "),
    ],
)  # fmt: skip
def test_line_that_says_best_why_a_job_failed_is_chosen(tmp_path, text, reason):
    log = tmp_path / "log"
    log.write_text(text)
    job = Job(1, "r", "about", None, False, (log, tmp_path / "missing"))
    assert job.reason() == reason


def test_log_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "log")
    assert Job(1, "r", "about", None, False, (tmp_path / "log",)).reason() is None


@pytest.mark.parametrize("exists", [True, False])
def test_job_that_could_say_nothing_because_its_disk_is_full_is_told(
    snakemake, tmp_path, monkeypatch, exists
):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=4096))
    run = snakemake()
    run.begin(make_tables=1)
    run.start(3, "make_tables", "pair: tables")
    if exists:
        run.log_of(3).touch()
    run.fail(3, "make_tables")
    assert f"said: nothing; the disk of {tmp_path} is full" in run.lines()


MISSING = (
    "MissingOutputException in rule {0}:\nJob 3  completed successfully, but some output files"
)


@pytest.mark.parametrize(
    ("rule", "said", "is_told"),
    [("solve_shard", "", True), ("solve_shard", "10 solved", False), ("make_tables", "", False)],
)
def test_launch_that_ends_well_without_a_word_and_a_shard_has_failed(
    snakemake, rule, said, is_told
):
    run = snakemake()
    run.begin(**{rule: 1})
    run.start(3, rule, "pair: samples")
    run.log_of(3).write_text(said)
    run.logger.error(MISSING.format(rule))
    lines = run.lines()
    assert ("MissingOutputException" in "\n".join(lines)) is not is_told
    assert any(line.startswith("why: it made no shard") for line in lines) is is_told
    assert lines[-1].startswith("1 failed, ") is is_told


def test_job_that_said_something_is_believed_also_on_a_full_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
    log = tmp_path / "log"
    log.write_text("error: one\n")
    assert Job(1, "r", "about", None, False, (log,)).reason() == "error: one"


def test_only_the_end_of_a_long_log_is_read(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"error: early\n" + b"x" * 2**20 + b"\xff\nlast\n")
    assert Job(1, "r", "about", None, False, (log,)).reason() == "last"


def test_lines_are_printed_when_they_change(monkeypatch):
    monkeypatch.setattr("sys.stderr", stream := io.StringIO())
    screen = Lines()
    for done in (1, 1, 2):
        screen.show(Line("pair", done, 9, f"{done} of 9 samples", "" if done == 1 else "5 s left"))
    lines = [re.sub(TIME, "", line) for line in stream.getvalue().splitlines()]
    assert lines == ["pair, 1 of 9 samples", "pair, 2 of 9 samples, 5 s left"]


def test_plugin_is_switched_on_by_both_profiles():
    root = Path(__file__).parents[3]
    for profile in ("profiles/default", "slurm"):
        assert "\nlogger: [syncsweep] " in (root / profile / "config.yaml").read_text("utf-8")


def test_progress_knows_when_the_run_began(snakemake, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(overview, "Observer", lambda blocks, since: said.append(since))
    before = time.time()
    run = snakemake(quiet={Quietness.HOST})
    run.begin(solve_shard=1)
    run.info("Samples: 12", asked_blocks=[Sweep(tmp_path / "results").asked()])
    run.printed()
    (since,) = said
    assert before <= since <= time.time()
