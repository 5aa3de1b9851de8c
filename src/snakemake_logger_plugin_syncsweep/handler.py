"""The handler of Snakemake's log records: which of them it shows, and how."""

from __future__ import annotations

import copy
import logging
import os
import re
import sys
from logging import LogRecord
from typing import TYPE_CHECKING

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from snakemake_logger_plugin_syncsweep.run import Run

_STOPPED = "Terminating processes on user request"
_NOTHING = "Nothing to be done"

#: The only texts without an event that are shown while jobs run, by how they begin.
_SHOWN = (_NOTHING, "Trying to restart job", "Will exit after finishing", _STOPPED)

#: What Snakemake says before a run and its log file alone need hold, or a dry-run's reasons say.
_NEEDLESS = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Some jobs were triggered by provenance information",
    "Rules with provenance triggered jobs",
)

#: A dry-run tells of all jobs in a table and with their reasons, not one by one; so this leads
#: nowhere, and the end says how to see each.
_INDIVIDUAL = "    (check individual jobs above for details)\n"
_END_OF_DRY_RUN = "This was a dry-run"
_HOW_TO_SEE_JOBS = "dry-run: nothing was run or written; --printshellcmds shows every job"

#: Where the whole log is; of interest if something went wrong.
_LOG_FILES = "Complete log"

#: How Snakemake says that a job ended well, but did not make its files.
_MAKES_NOTHING = re.compile(r"^Job (\d+)\s+completed successfully, but", re.MULTILINE)

#: What only says that a job failed, which the job's own record does better; and that of an output
#: that may be updated nothing was there before.
_REPEATED = (
    "Exiting because a job execution failed",
    "At least one job did not complete",
    "CalledProcessError",
    "Cannot restore",
)


class LogHandler(LogHandlerBase):
    """Shows the progress of a run, the jobs of a dry-run, and otherwise Snakemake's own output.

    Snakemake's own output appears before a run, without one, as for --lint and --unlock, and with
    --verbose, --printshellcmds and --debug-dag.
    """

    def __post_init__(self) -> None:
        """Called at the end of the constructor."""
        from snakemake.logging import ColorizingTextHandler

        _check_cache()
        settings = self.common_settings
        stream = sys.stdout if settings.stdout else sys.stderr
        self._plain = ColorizingTextHandler(nocolor=settings.nocolor, stream=stream)
        self._is_plain = settings.verbose or settings.printshellcmds or settings.debug_dag
        self._is_dry_run = settings.dryrun
        self._has_told_of_jobs = False
        self._plan: list[LogRecord] = []
        self._quiet = {quietness.name for quietness in settings.quiet or ()}
        self._run: Run | None = None

    @property
    def writes_to_stream(self) -> bool:
        """In place of Snakemake's own handler."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake's own log file stays."""
        return False

    @property
    def has_filter(self) -> bool:
        """Snakemake adds its own, for what is printed as Snakemake does."""
        return False

    @property
    def has_formatter(self) -> bool:
        """Snakemake sets its own."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """No."""
        return False

    def filter(self, record: LogRecord) -> bool:
        """Accept every record: records about the run may be of kinds that are not printed."""
        return True

    def emit(self, record: LogRecord) -> None:
        """Show a record, or learn from it."""
        try:
            if "ALL" in self._quiet and not self._is_dry_run:
                return
            if "is_plan" in record.__dict__:
                self._plan.append(record)
                return
            shows_run = not self._is_plain and not self._is_dry_run
            if self._run is None and shows_run and _event(record) == "workflow_started":
                self._run = self._begin()
            if self._run is None:
                if super().filter(record) and (self._is_plain or self._is_needed(record)):
                    self._print(record)
            else:
                self._show(record, self._run)
        except BrokenPipeError:
            self._discard_output()
        except Exception:
            self.handleError(record)

    def _discard_output(self) -> None:
        """Print no more: whoever read it, as in `snakemake -n | head`, has read enough."""
        stream = self._plain.stream if self._run is None else sys.stderr
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

    def close(self) -> None:
        """Print the summary of the run."""
        run, self._run = self._run, None
        if run is not None:
            run.close()
        super().close()

    def _begin(self) -> Run:
        from snakemake_logger_plugin_syncsweep.run import Run
        from snakemake_logger_plugin_syncsweep.screen import Lines, Screen, Terminal

        screen: Screen = Lines()
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            screen = Terminal(colors=not self.common_settings.nocolor)
        return Run(screen, show_progress="PROGRESS" not in self._quiet)

    def _is_needed(self, record: LogRecord) -> bool:
        """Whether to show a record before a run, without one, or in a dry-run."""
        event = _event(record)
        if not self._is_dry_run or event not in (LogEvent.JOB_INFO, LogEvent.RUN_INFO):
            return not str(record.msg).startswith(_NEEDLESS)
        # The table of the jobs comes twice.
        is_first_table = event == LogEvent.RUN_INFO and not self._has_told_of_jobs
        self._has_told_of_jobs = True
        return is_first_table

    def _print(self, record: LogRecord) -> None:
        """Print a record as Snakemake would, with the plan before the table of the jobs.

        A drawing of the jobs is input of a program, so it comes without the plan.
        """
        text = str(record.msg)
        if _event(record) == LogEvent.RUN_INFO or text.startswith(_NOTHING):
            plan, self._plan = self._plan, []
            for line in plan:
                self._print(line)
        if self._is_dry_run and not self._is_plain:
            record = copy.copy(record)
            is_end = text.startswith(_END_OF_DRY_RUN)
            record.msg = _HOW_TO_SEE_JOBS if is_end else text.replace(_INDIVIDUAL, "")
        self._plain.setFormatter(self.formatter)
        self._plain.emit(record)

    def _show(self, record: LogRecord, run: Run) -> None:
        told = record.__dict__
        event = _event(record)
        if event == LogEvent.RUN_INFO and "stats" in told:
            run.has_jobs(told["stats"])
        elif event == LogEvent.JOB_INFO:
            run.starts(record)
        elif event == LogEvent.JOB_FINISHED:
            run.ends(told["job_id"])
        elif event == LogEvent.JOB_ERROR:
            run.fails(record)
        elif "asked_blocks" in told:
            run.solves(told["asked_blocks"])
        elif (found := _MAKES_NOTHING.search(str(record.msg))) and run.is_empty(int(found[1])):
            return
        elif self._is_shown(record, run):
            if str(record.msg).startswith(_STOPPED):
                run.stops()
            run.says(self.format(record), _STYLES.get(record.levelno, ""))

    def _is_shown(self, record: LogRecord, run: Run) -> bool:
        text = str(record.msg)
        if "is_round" in record.__dict__:
            return True
        if record.levelno < logging.WARNING:
            if text.startswith(_LOG_FILES):
                return run.has_failed
            return _event(record) is None and text.startswith(_SHOWN)
        return not any(words in text for words in _REPEATED)


def _check_cache() -> None:
    """End with one line if Snakemake cannot write its cache, for which it prints a traceback."""
    import tempfile

    from snakemake.common import get_appdirs

    cache = os.path.join(get_appdirs().user_cache_dir, "snakemake", "source-cache")
    folder = os.path.join(cache, "snakemake-runtime-cache")
    try:
        os.makedirs(folder, exist_ok=True)
        os.rmdir(tempfile.mkdtemp(dir=folder))  # as Snakemake does
    except OSError as error:
        sys.exit(
            f"error: {folder}: cannot be written ({error.strerror}), but Snakemake keeps a cache "
            "there; set XDG_CACHE_HOME to a folder that you can write"
        )


_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}


def _event(record: LogRecord) -> str | None:
    return getattr(record, "event", None)
