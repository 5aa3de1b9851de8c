"""How long jobs take on some cores: by hand, and between what no schedule can beat and the sum."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsweep.plan.schedule import Job, makespan


def jobs(*seconds, cores=1):
    return [Job(cores, s) for s in seconds]


def test_nothing_takes_no_time():
    assert makespan([], 4) == 0
    assert makespan([([], [])], 4) == 0


def test_jobs_run_beside_one_another_as_cores_allow():
    assert makespan([(jobs(10, 10, 10),)], 1) == 30
    assert makespan([(jobs(10, 10, 10),)], 2) == 20
    assert makespan([(jobs(10, 10, 10),)], 3) == 10
    assert makespan([(jobs(10, 10, 10, cores=2),)], 3) == 30


def test_a_job_starts_when_its_cores_are_free():
    # 10 s beside 4 s; the third begins at 4 s.
    assert makespan([(jobs(10, 4, 5),)], 2) == 10
    assert makespan([(jobs(10, 4, 7),)], 2) == 11


def test_a_stage_waits_for_the_one_before():
    assert makespan([(jobs(10, 4), jobs(3, 3), jobs(1))], 2) == 10 + 3 + 1
    assert makespan([(jobs(10, 4), [], jobs(1))], 2) == 11
    assert makespan([([], jobs(3), [])], 2) == 3


def test_a_study_s_tables_go_before_the_next_study_s_shards():
    first, second = (jobs(10, cores=2), jobs(3)), (jobs(20, 20, cores=2),)
    # The tables wait for no shard of the other study, and one core is idle meanwhile.
    assert makespan([first, second], 2) == 10 + 3 + 40


def test_studies_share_the_cores():
    assert makespan([(jobs(10),), (jobs(10),)], 2) == 10
    assert makespan([(jobs(10),), (jobs(10),)], 1) == 20


def test_a_job_of_more_cores_than_there_are_takes_all():
    assert makespan([(jobs(10, 5, cores=16),)], 2) == 15


@given(
    seconds=st.lists(st.floats(0.1, 100), min_size=1, max_size=20),
    ranks=st.integers(1, 4),
    cores=st.integers(1, 8),
)
def test_no_schedule_beats_the_work_or_the_longest_job_and_none_is_longer_than_all_in_turn(
    seconds, ranks, cores
):
    found = makespan([([Job(ranks, s) for s in seconds],)], cores)
    slots = max(1, cores // ranks)
    assert found >= max(max(seconds), sum(seconds) / slots) * (1 - 1e-9)
    # Of Graham: at most the work shared evenly, and the longest job.
    assert found <= (sum(seconds) / slots + max(seconds)) * (1 + 1e-9)


@pytest.mark.parametrize("count", [1, 7, 10_000])
def test_equal_jobs_run_in_rounds(count):
    assert makespan([(jobs(*[2.0] * count, cores=2),)], 8) == pytest.approx(
        2 * math.ceil(count / 4)
    )
