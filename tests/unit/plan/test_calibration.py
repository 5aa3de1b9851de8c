"""Trials of samples: really run, and told in numbers that others can use."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from own_study import TEXT as OWN_CODE
from studies import CHAIN, ETAS, PAIR

from syncsweep.config.blocks import Block
from syncsweep.config.physics import Physics
from syncsweep.config.user_code import ModelCode
from syncsweep.plan import trial
from syncsweep.plan.calibration import (
    BlockTimes,
    CalibrationError,
    TrialRequest,
    calibrate,
    cores_here,
    most_processes,
)
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.sweep.launcher import allotted_cores
from syncsweep.sweep.parts import encoded


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Two trials of three samples in two blocks, and how many samples they told of.

    Started by a process of more memory than theirs, which is not to count as theirs.
    """
    ballast = np.ones(40_000_000)
    folder = tmp_path_factory.mktemp("empty")
    told = []
    here = Path.cwd()
    os.chdir(folder)
    try:
        request = TrialRequest(PAIR, [Block(ETAS), Block((0.7,))], processes=2, samples=3)
        measured = calibrate(request, lambda: told.append(threading.get_ident()))
    finally:
        os.chdir(here)
    assert list(folder.iterdir()) == []
    assert ballast.all()
    return measured, told


def test_each_trial_solves_the_samples_of_each_block_and_one_before(found):
    measured, told = found
    assert measured.processes == 2
    assert [len(block.samples) for block in measured.blocks] == [6, 6]
    assert [len(block.once) for block in measured.blocks] == [2, 2]
    assert len(told) == 2 * 2 * (1 + 3)


def test_times_are_core_seconds(found):
    measured, _ = found
    for block in measured.blocks:
        assert all(0 < seconds < 60 for seconds in (*block.samples, *block.once))
        assert min(block.samples) <= block.sample <= max(block.samples)
    assert 0.1 < measured.start < 60


def test_memory_is_that_of_a_process_with_the_libraries(found):
    measured, _ = found
    assert 5e7 < measured.peak < 5e8


def test_bytes_are_those_of_the_rows_in_a_part(found):
    measured, _ = found
    solver = SampleSolver(PAIR, ETAS)
    _, payload = encoded(solver.rows(1))
    assert measured.blocks[0].part_bytes == pytest.approx(len(payload), abs=64)
    assert measured.blocks[1].part_bytes < measured.blocks[0].part_bytes


@pytest.mark.parametrize(("seconds", "least", "most"), [(0.0, 2, 2), (0.05, 3, 1000)])
def test_without_a_number_trials_go_on_for_their_time(seconds, least, most):
    request = TrialRequest(PAIR, [Block(ETAS)], processes=1, samples=None).of_process(0)
    said = []
    trial._time({**request, "seconds": seconds}, lambda **line: said.append(line))
    samples = [line["sample"] for line in said if "sample" in line]
    assert least <= len(samples) <= most
    assert sum(samples) >= 0.8 * seconds


def test_trials_share_the_samples_as_ranks_do():
    request = TrialRequest(CHAIN, [Block(ETAS)], processes=3, samples=4)
    asked = request.of_process(2)
    assert (asked["first"], asked["stride"], asked["samples"]) == (2, 3, 4)


def test_blocks_share_the_time():
    assert (
        TrialRequest(CHAIN, [Block(ETAS), Block((0.7,))], 1, None).of_process(0)["seconds"] == 1.5
    )


def test_the_median_counts_and_the_first_sample_apart():
    times = BlockTimes(samples=[1.0, 9.0, 2.0], once=[5.0, 7.0], part_bytes=10)
    assert times.sample == 2.0
    assert times.first == 4.0
    assert times.quartiles == (1.0, 9.0)
    assert BlockTimes([3.0], [2.0], 10).first == 0.0
    even = BlockTimes([1.0, 2.0, 3.0, 4.0, 5.0], [1.0], 10)
    assert even.quartiles[0] < 2.5 < 3.5 < even.quartiles[1]


def test_a_trial_that_fails_is_an_error_in_one_line():
    broken = PAIR.model_copy(update={"root_seed": -1})
    with pytest.raises(CalibrationError, match=r"^a trial failed: .*root_seed.*$"):
        calibrate(TrialRequest(broken, [Block(ETAS)], processes=1, samples=1), lambda: None)


def own_physics(text):
    model = ModelCode(name="own", source=text, spins=(1.0, 0.5), parameters={})
    return Physics(model=model, ensemble=PAIR.ensemble, root_seed=1)


def test_code_of_the_user_s_own_may_print_and_leave_threads():
    thread = "threading.Thread(target=time.sleep, args=[60]).start()"
    text = f'{OWN_CODE}import threading, time\n{thread}\nprint("first\\n{{not JSON")\n'
    began = time.monotonic()
    found = calibrate(
        TrialRequest(own_physics(text), [Block(ETAS)], processes=1, samples=2), lambda: None
    )
    assert len(found.blocks[0].samples) == 2
    assert time.monotonic() - began < 50


def test_code_of_the_user_s_own_that_fails_is_told_in_one_line():
    text = OWN_CODE.replace("omega * sum(z)", "1 / 0")
    with pytest.raises(CalibrationError) as caught:
        calibrate(
            TrialRequest(own_physics(text), [Block(ETAS)], processes=1, samples=2), lambda: None
        )
    assert str(caught.value).startswith("a trial failed: ")
    assert "division by zero" in str(caught.value) and str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("does", "end"),
    [("os._exit(0)", "exit code 0"), ("os.kill(os.getpid(), 11)", "SIGSEGV")],
)
def test_code_of_the_user_s_own_that_ends_the_process_is_told(does, end):
    text = f"{OWN_CODE}import os\n{does}\n"
    with pytest.raises(CalibrationError, match=f"^a trial ended with {end}$"):
        calibrate(
            TrialRequest(own_physics(text), [Block(ETAS)], processes=1, samples=2), lambda: None
        )


def test_a_trial_that_is_killed_is_an_error_and_ends_the_others():
    trials, lock = [], threading.Lock()

    def kill_one():
        with lock:  # each trial is followed by a thread of its own
            if not trials:
                trials.extend(psutil.Process().children())
                trials[0].kill()

    with pytest.raises(CalibrationError, match=r"^a trial ended with SIGKILL$"):
        calibrate(TrialRequest(PAIR, [Block(ETAS)], processes=2, samples=10**6), kill_one)
    assert len(trials) == 2 and not any(one.is_running() for one in trials)


def test_a_trial_has_one_blas_thread_and_loads_no_mpi(tmp_path):
    code = """
import json, sys
from syncsweep.plan import trial
trial.main()
from threadpoolctl import threadpool_info
pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
with open(sys.argv[1], "w") as file:
    json.dump([pools, "mpi4py" in sys.modules, "pandas" in sys.modules], file)
"""
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    request = TrialRequest(PAIR, [Block((0.5,))], processes=1, samples=1).of_process(0)
    said = tmp_path / "said.json"
    subprocess.run(
        [sys.executable, "-c", code, said],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    threads, *loaded = json.loads(said.read_text())
    assert set(threads) == {1}
    assert loaded == [False, False]


def test_machine_limits_the_trials():
    assert most_processes(1) == cores_here() >= 1
    assert most_processes(10**12) == 1


@pytest.mark.parametrize("allotted", [1, 10**6])
def test_trials_take_no_more_cores_than_slurm_allots(monkeypatch, allotted):
    monkeypatch.delenv("SLURM_CPUS_ON_NODE", raising=False)
    here = cores_here()
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", str(allotted))
    assert cores_here() == min(here, allotted)


@pytest.mark.parametrize("said", ["", "0", "x", " 4 ", "2(x3)", "-1", "1.5"])
def test_what_is_no_number_of_cores_allots_none(monkeypatch, said):
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", said)
    assert allotted_cores(3) == 3
