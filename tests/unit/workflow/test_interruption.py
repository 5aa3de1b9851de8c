"""An interrupt ends a run in plain words, and asks its ranks to end."""

import signal
import subprocess
import sys

import pytest

#: A run that stands still once it has said so.
RUN = """
import subprocess, sys, time
from syncsweep.workflow import interruption
{begin}
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    {end}
"""

#: A run with a job, which waits until it ends and says how.
START = "job = subprocess.Popen([sys.executable, {path!r}]); interruption.heed_with_jobs()"
END = "print(job.wait(), flush=True)"


@pytest.fixture
def start():
    """Start a run and wait until it is ready."""
    processes = []

    def run(begin, end):
        command = [sys.executable, "-c", RUN.format(begin=begin, end=end)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        processes.append(subprocess.Popen(command, text=True, **pipes))
        assert processes[-1].stdout.readline() == "ready\n"
        return processes[-1]

    yield run
    for process in processes:
        process.kill()


def job(tmp_path, name):
    path = tmp_path / name
    path.write_text("import time\ntime.sleep(3)\n", encoding="utf-8")
    return START.format(path=str(path))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_run_without_jobs_ends_in_one_line(start, number, code):
    process = start("interruption.heed()", "raise")
    process.send_signal(number)
    assert process.communicate(timeout=30)[0] == "stopped before the first job\n"
    assert process.returncode == code


def test_ranks_are_told_to_end_and_other_jobs_come_to_their_end(start, tmp_path):
    for name, code in {"solve_shard.py": -signal.SIGTERM, "make_tables.py": 0}.items():
        process = start(job(tmp_path, name), END)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[0] == f"{int(code)}\n"


def test_second_interrupt_changes_nothing(start, tmp_path):
    process = start(job(tmp_path, "make_tables.py"), f"print('stops', flush=True); {END}")
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "stops\n"
    process.send_signal(signal.SIGINT)
    said = "already stopping: the running jobs are about to end\n"
    assert process.communicate(timeout=30)[0] == f"{said}0\n"


@pytest.mark.parametrize("number", ["SIGINT", "SIGHUP"])
def test_ignored_interrupts_stay_ignored(start, number):
    begin = f"import signal; signal.signal(signal.{number}, signal.SIG_IGN); interruption.heed()"
    process = start(f"{begin}; print('ready', flush=True); time.sleep(1); sys.exit()", "raise")
    process.send_signal(signal.Signals[number])
    assert process.communicate(timeout=30) == ("", None)
    assert process.returncode == 0
