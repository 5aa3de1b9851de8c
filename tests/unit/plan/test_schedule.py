"""How long jobs take on some cores: by hand, and between what no schedule can beat and the sum."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsweep.plan.schedule import Job, makespan


def jobs(*seconds, cores=1):
    return [Job(cores, s) for s in seconds]


FIRST, SECOND = (jobs(10, cores=2), jobs(3)), (jobs(20, 20, cores=2),)


@pytest.mark.parametrize(
    ("studies", "cores", "seconds"),
    [
        # Nothing takes no time.
        ([], 4, 0),
        ([([], [])], 4, 0),
        # Jobs run beside one another as cores allow.
        ([(jobs(10, 10, 10),)], 1, 30),
        ([(jobs(10, 10, 10),)], 2, 20),
        ([(jobs(10, 10, 10),)], 3, 10),
        ([(jobs(10, 10, 10, cores=2),)], 3, 30),
        # A job starts when its cores are free: the third begins at 4 s.
        ([(jobs(10, 4, 5),)], 2, 10),
        ([(jobs(10, 4, 7),)], 2, 11),
        # A stage waits for the one before.
        ([(jobs(10, 4), jobs(3, 3), jobs(1))], 2, 10 + 3 + 1),
        ([(jobs(10, 4), [], jobs(1))], 2, 11),
        ([([], jobs(3), [])], 2, 3),
        # Tables wait for no shard of the next study, and one core is idle meanwhile.
        ([FIRST, SECOND], 2, 10 + 3 + 40),
        # Studies share the cores.
        ([(jobs(10),), (jobs(10),)], 2, 10),
        ([(jobs(10),), (jobs(10),)], 1, 20),
        # A job of more cores than there are takes all.
        ([(jobs(10, 5, cores=16),)], 2, 15),
    ],
)
def test_time_on_the_clock_by_hand(studies, cores, seconds):
    assert makespan(studies, cores) == seconds


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
