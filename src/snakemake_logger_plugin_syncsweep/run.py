"""The output of one run of Snakemake, from its first job to its last."""

from __future__ import annotations

import threading
import time
from collections import Counter
from logging import LogRecord
from typing import TYPE_CHECKING

from snakemake_logger_plugin_syncsweep.jobs import Job, job_of, lack_of_shared_memory
from snakemake_logger_plugin_syncsweep.screen import Line, Screen
from syncsweep import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsweep.status.overview import Observer, Overview
    from syncsweep.status.requested import AskedBlock

_SOLVE = "solve_shard"

#: Jobs that run after all samples are solved.
_AFTER_SAMPLES = "tables and figures"

_CONTINUE = "run the same command again to continue"


#: Each launch that makes a shard prints a line.
_NO_RANKS = (
    "it made no shard, and printed neither an error nor anything else; check that its launcher "
    "starts the ranks (mpi in slurm/config.yaml or --set-resources), see docs/clusters.md"
)


class Run:
    """Follows the jobs of a run, and shows its progress on a screen.

    One thread receives the records. Another looks at the files of the sweep from time to time.
    """

    def __init__(self, screen: Screen, show_progress: bool) -> None:
        self._screen = screen
        self._show_progress = show_progress
        self._began = time.monotonic()
        self._total: Counter[str] = Counter()
        self._added: set[str] = set()
        self._done: Counter[str] = Counter()
        self._done_with_samples = 0
        self._at_work: dict[int, Job] = {}
        self._failed: dict[int, Job] = {}
        self._observer: Observer | None = None
        self._overview: Overview | None = None
        self._is_stopped = False
        self._lock = threading.RLock()
        self._ends = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def solves(self, blocks: Sequence[AskedBlock]) -> None:
        """Learn which samples the run solves."""
        from syncsweep.status.overview import Observer

        self._observer = Observer(blocks, since=time.time())

    def has_jobs(self, numbers: dict[str, int]) -> None:
        """Learn how many jobs of which rules there are."""
        self._total.clear()
        for rule, n in numbers.items():
            if rule != "total":
                self._total[wording.plain_rule(rule)] += n

    def starts(self, record: LogRecord) -> None:
        """A job starts, or is submitted."""
        job = job_of(record)
        with self._lock:
            self._at_work[job.number] = job
            self._failed.pop(job.number, None)
            self._count_new(job.rule)
            if job.speaks:
                # It may print on its own.
                self._screen.pause()
                self._screen.say(job.about)
        if self._watcher.ident is None:
            self._watcher.start()

    def ends(self, number: int) -> None:
        """A job has succeeded."""
        with self._lock:
            job = self._at_work.pop(number, None)
            if job is None:
                return
            self._done[job.rule] += 1
            self._warn(job)
            of_rule = self._total[job.rule]
            self._note_last_samples(job)
            is_all = self._done[job.rule] == of_rule and job.rule not in self._added
            if self._show_progress and not job.speaks and is_all:
                self._screen.stage(f"{job.rule}: {wording.number_of(of_rule, 'jobs')} done")

    def fails(self, record: LogRecord) -> None:
        """A job has failed: print all that helps to find the reason."""
        told = record.__dict__
        with self._lock:
            job = self._at_work.pop(int(told["jobid"]), None)
            # Snakemake repeats what failed at the end.
            if job is None or self._is_stopped:
                return
            self._failed[job.number] = job
            self._note_last_samples(job)
            self._warn(job)
            lines = [f"failed: {job.about} (job {job.number}, {job.rule})"]
            # A job that speaks has said it already.
            reason = None if job.speaks else job.reason()
            if reason:
                lines.append(reason if reason.startswith("error: ") else f"said: {reason}")
            if job.rule == _SOLVE and not (reason or "").startswith("error: "):
                lack = lack_of_shared_memory()
                lines += [f"why: {lack}"] if lack else []
            if told["rule_msg"]:
                lines.append(f"why: {' '.join(str(told['rule_msg']).split())}")
            lines += [f"log: {log}" for log in told["log"]]
            self._screen.say("\n".join(lines), "red")

    def is_empty(self, number: int) -> bool:
        """Whether a launch that made no shard, as Snakemake says, had no ranks; if so, say it."""
        with self._lock:
            job = self._at_work.get(number)
            if job is None or job.rule != _SOLVE or job.said():
                return False
            self._failed[number] = self._at_work.pop(number)
            self._note_last_samples(job)
            lines = [f"failed: {job.about} (job {job.number}, {job.rule})", f"why: {_NO_RANKS}"]
            self._screen.say("\n".join([*lines, *(f"log: {log}" for log in job.logs)]), "red")
            return True

    def stops(self) -> None:
        """The user has stopped the run, so jobs that end have not failed."""
        self._is_stopped = True

    def says(self, text: str, style: str = "") -> None:
        """Print lines that stay."""
        with self._lock:
            self._screen.say(text, style)

    @property
    def has_failed(self) -> bool:
        """Whether jobs have failed and were not tried again."""
        return bool(self._failed)

    def close(self) -> None:
        """The run is over: remove the progress, and print a summary."""
        self._ends.set()
        if self._watcher.ident is None:
            return
        self._watcher.join(timeout=2.0)
        # Snakemake does not say which jobs are done if it is to be quiet about the progress.
        is_stopped = not self._failed and (
            self._done.total() < self._total.total() if self._show_progress else self._is_stopped
        )
        if is_stopped and not self._watcher.is_alive():
            self._look()
        with self._lock:
            self._screen.pause()
            for job in [] if self._show_progress else self._at_work.values():
                self._warn(job)
            took = wording.duration(time.monotonic() - self._began)
            of_all = wording.number_of(self._total.total(), "jobs")
            done = f", {self._done.total()} of {of_all} done" if self._show_progress else ""
            if self._failed:
                failed = f"{len(self._failed)} failed{done} in {took}"
                # A job that makes no file would fail in the same way again.
                if not all(job.speaks for job in self._failed.values()):
                    failed += f"; {_CONTINUE}"
                self._screen.say(failed, "red")
            elif is_stopped:
                stopped = f"stopped{done} in {took}"
                if self._overview:
                    # Nearly all samples of stopped jobs are kept.
                    kept = f"{self._overview.done} of {self._overview.samples} samples are kept"
                    stopped = f"stopped after {took}, {kept}"
                self._screen.say(f"{stopped}; {_CONTINUE}", "yellow")
            elif self._show_progress:
                self._screen.say(f"{done.removeprefix(', ')} in {took}")

    def _count_new(self, rule: str) -> None:
        """Count a job that Snakemake has added while the run goes on."""
        jobs = [*self._at_work.values(), *self._failed.values()]
        there = self._done[rule] + sum(job.rule == rule for job in jobs)
        if there > self._total[rule]:
            self._total[rule] = there
            self._added.add(rule)

    def _warn(self, job: Job) -> None:
        for warning in [] if job.speaks else job.warnings():
            self._screen.say(warning, "yellow")

    def _watch(self) -> None:
        while True:
            if self._show_progress:
                self._look()
            with self._lock:
                self._draw()
            if self._ends.wait(self._screen.seconds):
                return

    def _look(self) -> None:
        if self._observer is None:
            return
        try:
            self._overview = self._observer.look()
        except Exception as error:  # progress must not disturb the run
            self.says(f"warning: cannot show the progress: {error!r}", "yellow")
            self._observer = self._overview = None

    def _draw(self) -> None:
        jobs = list(self._at_work.values())
        if not self._show_progress or not jobs or any(job.speaks for job in jobs):
            return
        if self._overview and self._has_samples_left():
            line = _samples_line(self._overview)
        else:
            # Jobs done before the last samples do not belong to this stage.
            done = self._done.total() - self._done_with_samples
            total = self._total.total() - self._done_with_samples - self._failed_launches()
            what = _AFTER_SAMPLES if self._total[_SOLVE] and self._overview else jobs[0].about
            line = Line(what, done, total, f"{done} of {total} jobs", "")
        self._screen.show(line)

    def _note_last_samples(self, job: Job) -> None:
        if job.rule == _SOLVE and not self._has_samples_left():
            self._done_with_samples = self._done.total()

    def _has_samples_left(self) -> bool:
        """Whether jobs that solve samples have not ended; failed jobs have ended."""
        return self._done[_SOLVE] + self._failed_launches() < self._total[_SOLVE]

    def _failed_launches(self) -> int:
        return sum(job.rule == _SOLVE for job in self._failed.values())


def _samples_line(overview: Overview) -> Line:
    """The number of solved samples of all studies of the run, and their part of the work."""
    studies = {block.asked.described.study for block in overview.blocks}
    part = wording.percent(overview.work_done, overview.work)
    if len(studies) == 1:
        what = studies.pop()
    else:
        what, part = f"{len(studies)} studies", f"{part} of the work"
    counted = f"{overview.done} of {overview.samples} samples, {part}"
    left = overview.time_left
    # After the last sample, jobs still write shards.
    in_words = f"{wording.duration(left.value)} left" if left and left.value else ""
    return Line(what, overview.work_done, overview.work, counted, in_words)
