"""Time left and costs from launches made up, where the answer is known exactly."""

import pytest

from syncsweep.sample_range import SampleRange
from syncsweep.status.expected import Expected
from syncsweep.status.launches import Launch
from syncsweep.status.time_left import (
    Block,
    Cost,
    busy_ranks,
    first_at_work,
    in_hand,
    run_began,
    sample_costs,
    samples_per_second,
    seconds_at_work,
    time_left,
    work_of,
)

NOW = 1_000_000.0


def launch(began, ended=None, *, solved, missing=None, ranks=2, start=0):
    """A launch that began, and ended or goes on, so many seconds before now."""
    missing = solved if missing is None else missing
    finish = None if ended is None else NOW - ended
    samples = SampleRange(start, start + missing)
    return Launch(samples, "a", NOW - began, finish, missing, solved, ranks, None)


def test_ranks_at_work_have_half_a_sample_in_hand():
    assert in_hand(launch(10, solved=4, missing=20, ranks=3)) == 1.5
    assert in_hand(launch(10, solved=19, missing=20, ranks=3)) == 0.5
    assert in_hand(launch(10, solved=20, missing=20, ranks=3)) == 0
    assert in_hand(launch(10, 5, solved=4, missing=20, ranks=3)) == 0


def test_work_is_the_time_of_all_ranks():
    assert work_of(launch(50, 20, solved=6, ranks=3), NOW) == (90, 6)
    assert work_of(launch(50, solved=6, missing=20, ranks=4), NOW) == (200, 8)


def test_rate_is_that_of_the_launches_at_work():
    at_work = [launch(10, solved=4, missing=50), launch(100, solved=24, missing=50)]
    ended = launch(300, 200, solved=1000)
    beginning = launch(3, solved=0, missing=50)
    writing = launch(100, solved=50, missing=50)
    # Half a sample in hand for each of two ranks.
    assert samples_per_second([*at_work, ended, beginning, writing], NOW) == 5 / 10 + 25 / 100
    assert samples_per_second([ended], NOW) == 0


def cost_of(*launches, window=600.0):
    (cost,) = sample_costs([Block(1, 7.0, launches)], NOW, window)
    return cost


def test_cost_of_a_sample_is_rank_seconds_over_samples():
    assert cost_of(launch(50, 20, solved=6, ranks=3)) == Cost(15, True)
    two = launch(50, 20, solved=6, ranks=3), launch(20, solved=9, missing=20, ranks=2)
    assert cost_of(*two) == Cost((90 + 40) / (6 + 10), True)


def test_cost_follows_from_the_last_launches_if_they_tell():
    old, new = launch(5000, 4000, solved=100, ranks=1), launch(500, 400, solved=5, ranks=1)
    assert cost_of(old, new) == Cost(20, True)
    assert cost_of(old, new, window=10_000.0) == Cost(1100 / 105, True)
    assert cost_of(old) == Cost(10, True)
    # A launch that has not finished a sample has only begun.
    assert cost_of(old, launch(30, solved=0, missing=9)) == Cost(10, True)


def test_unknown_cost_follows_from_the_configuration_and_the_other_blocks_of_its_study():
    assert cost_of() == Cost(7, False)
    assert cost_of(launch(30, solved=0, missing=9)) == Cost(7, False)
    blocks = [
        Block(1, 5.0, [launch(50, 20, solved=6, ranks=2)]),  # 10 s instead of 5
        Block(1, 1.0, [launch(50, 20, solved=15, ranks=2)]),  # 4 s instead of 1
        Block(1, 7.0, []),
    ]
    costs = sample_costs(blocks, NOW, 600.0)
    assert costs == [Cost(10, True), Cost(4, True), Cost(21, False)]
    other = Block(1, 7.0, [], "other")
    assert sample_costs([*blocks, other], NOW, 600.0) == [*costs, Cost(7, False)]


def test_busy_ranks_are_an_average_with_its_pauses():
    launches = [launch(100, 60, solved=1, ranks=2), launch(50, solved=1, missing=2, ranks=4)]
    assert busy_ranks(launches, NOW - 100, NOW) == (40 * 2 + 50 * 4) / 100
    assert busy_ranks(launches, NOW - 80, NOW) == (20 * 2 + 50 * 4) / 80
    assert busy_ranks(launches, NOW - 10, NOW) == 4
    assert busy_ranks(launches, NOW, NOW) == 0
    assert busy_ranks([], NOW - 10, NOW) == 0


def test_run_began_behind_the_last_long_pause():
    night = launch(9000, 5000, solved=1)
    assert run_began([], NOW) is None
    assert run_began([night], NOW) is None
    assert run_began([night, launch(100, solved=1, missing=2)], NOW) == NOW - 100
    pauses = [launch(2000, 1500, solved=1), launch(1000, 400, solved=1), night]
    assert run_began(pauses, NOW) == NOW - 2000
    # A long launch bridges what lies within it.
    assert run_began([launch(8000, solved=1, missing=2), launch(7000, 6990, solved=1)], NOW) == (
        NOW - 8000
    )


def test_first_launch_at_work_between_two_times():
    launches = [launch(700, 650, solved=1), launch(500, 400, solved=1), launch(90, solved=1)]
    assert first_at_work(launches, NOW - 800, NOW) == NOW - 700
    assert first_at_work(launches, NOW - 680, NOW) == NOW - 680
    assert first_at_work(launches, NOW - 600, NOW) == NOW - 500
    assert first_at_work(launches, NOW - 300, NOW) == NOW - 90
    assert first_at_work(launches[:2], NOW - 300, NOW) == NOW


def test_seconds_at_work_are_counted_one_by_one():
    """Launches that overlap, touch, lie within another, and reach out of the range."""
    ends = [(100, 60), (70, 50), (95, 90), (50, 40), (20, 10), (5, None)]
    launches = [launch(began, ended, solved=1, missing=2) for began, ended in ends]
    for begin in (98, 80, 45, 30, 7):
        counted = sum(
            any(began > second >= (ended or 0) for began, ended in ends) for second in range(begin)
        )
        assert seconds_at_work(launches, NOW - begin, NOW) == counted
    assert seconds_at_work([], NOW - 10, NOW) == 0


def steady(missing, *launches, core_seconds=1.0):
    return Block(missing, core_seconds, launches)


def test_time_left_is_work_left_by_ranks_at_work():
    """Two ranks, 10 rank-seconds a sample, no pause: 60 samples more are 300 seconds."""
    block = steady(60, launch(100, 0, solved=20, ranks=2))
    left = time_left([block], NOW)
    assert left.value == pytest.approx(300)
    assert left.low == pytest.approx(300 / 1.1)
    assert left.high == pytest.approx(300 * 1.1)


def test_samples_in_hand_are_half_done():
    # 18 finished and 2 halves in 95 s of 2 ranks: 10 rank-seconds a sample.
    at_work = launch(95, solved=18, missing=78, ranks=2)
    assert time_left([steady(60, at_work)], NOW).value == pytest.approx((60 - 1) * 10 / 2)


def test_pauses_between_jobs_go_on():
    """One rank, a job of 80 s in every 100 s."""
    launches = [launch(100 * k, 100 * k - 80, solved=8, ranks=1) for k in range(6, 0, -1)]
    left = time_left([steady(81, *launches, launch(0, solved=0, missing=8))], NOW)
    assert left.value == pytest.approx(10 * (81 - 1) / 0.8)
    # Over the last two minutes ranks had one job and a part of a pause more.
    assert left.low <= left.value <= left.high


#: Ten rank-seconds a sample: two ranks, a pause of a minute, and then two jobs of them at once.
JOBS = [
    launch(300, 260, solved=8),
    launch(200, 160, solved=8, start=8),
    launch(180, 150, solved=6, start=16),
]


def test_time_left_counts_from_the_next_job_while_none_runs():
    """Of 90 s with any job, 20 s had four ranks at work and 70 s had two."""
    left = time_left([steady(60, *JOBS)], NOW)
    assert left.value == pytest.approx(60 * 10 / ((20 * 4 + 70 * 2) / 90))


@pytest.mark.parametrize("last", [JOBS[-1], launch(180, 150, solved=6, missing=9, start=16)])
def test_time_left_stays_the_same_while_nothing_runs(last):
    """Also after a job that was stopped."""
    block = steady(60, *JOBS[:-1], last)
    expected = time_left([block], NOW - 150)
    assert expected
    for later in (-149, -100, 0, 10_000, 1e6):
        assert time_left([block], NOW + later) == expected


def test_a_run_that_knows_when_it_began_counts_its_pauses():
    left = time_left([steady(60, *JOBS)], NOW, since=NOW - 300)
    assert left.value == pytest.approx(60 * 10 / (220 / 150))


def test_a_pause_before_the_run_is_none():
    """An earlier run ended half of the last minutes ago; two ranks are at work for 10 s now."""
    launches = [launch(400, 300, solved=20), launch(10, solved=2, missing=82)]
    assert time_left([steady(80, *launches)], NOW).value > 1000
    left = time_left([steady(80, *launches)], NOW, since=NOW - 15)
    assert left.value == pytest.approx((80 - 1) * (200 + 20) / (22 + 1) / 2)
    # Nothing of this run is at work yet.
    assert time_left([steady(80, launch(400, 20, solved=20))], NOW, since=NOW - 15) is None


def test_pause_before_the_first_job_of_the_last_minutes_is_none():
    """Ten rank-seconds a sample, by two ranks, from 200 s after a job that ended before."""
    launches = [launch(800, 620, solved=36), launch(420, solved=83, missing=500)]
    left = time_left([steady(501, *launches)], NOW)
    assert left.value == pytest.approx(500 * 10 / 2)


def test_more_ranks_at_work_finish_earlier():
    few = [launch(500, solved=99, missing=500, ranks=2)]
    many = [*few, launch(500, solved=198, missing=500, ranks=4, start=500)]
    one, other = (time_left([steady(6000, *launches)], NOW) for launches in (few, many))
    assert one.value == pytest.approx(5999 * 10 / 2)
    assert other.value == pytest.approx(5997 * 10 / 6)


def test_last_job_decides_at_the_end():
    """Eight jobs have ended, and the ninth is at work alone: its own samples, by its own ranks."""
    ended = [launch(300, 10, solved=58, ranks=2, start=100 * k) for k in range(8)]
    last = launch(300, solved=29, missing=59, ranks=1, start=800)
    left = time_left([steady(30, *ended, last)], NOW)
    costs = (8 * 580 + 300) / (8 * 58 + 29.5)
    assert left.value == pytest.approx(29.5 * costs)
    # What an ended job left behind is for others to solve, not for its ranks.
    stopped = launch(300, 10, solved=58, missing=580, ranks=2, start=700)
    assert time_left([steady(30, *ended[:-1], stopped, last)], NOW) == left


def test_blocks_of_other_cost_are_weighed():
    slow = Block(10, 3.0, [launch(100, 50, solved=10, ranks=2)])  # 10 s
    quick = Block(100, 0.3, [launch(50, solved=99, missing=200, ranks=2)])  # 1 s
    left = time_left([slow, quick], NOW)
    assert left.value == pytest.approx((10 * 10 + 99) / 2)


def test_range_is_wide_where_nothing_was_measured():
    known = Block(0, 1.0, [launch(100, 0, solved=20, ranks=2)])  # 10 s instead of 1
    unknown = Block(60, 2.0, [])
    left = time_left([known, unknown], NOW)
    assert left.value == pytest.approx(60 * 20 / 2)
    assert left.low == pytest.approx(600 / 2)
    assert left.high == pytest.approx(600 * 2)


def test_range_holds_what_the_last_hour_and_the_last_minutes_say():
    """Slow until eleven minutes ago, and then twice as quick."""
    launches = [
        launch(3600, 660, solved=294, ranks=2),  # 20 s
        launch(660, 60, solved=120, ranks=2),  # 10 s
        launch(60, 0, solved=24, ranks=2),  # 5 s
    ]
    left = time_left([steady(100, *launches)], NOW)
    assert left.value == pytest.approx(100 * (1200 + 120) / 144 / 2)
    assert left.low == pytest.approx(left.value / 1.1)
    assert left.high == pytest.approx(100 * (5880 + 1200 + 120) / 438 / 2)


def test_nothing_is_left_when_all_is_there():
    assert time_left([steady(0)], NOW) == Expected(0, 0, 0)
    assert time_left([steady(0, launch(100, 0, solved=20))], NOW) == Expected(0, 0, 0)


@pytest.mark.parametrize(
    "launches",
    [
        [],
        [launch(60, 60, solved=0, missing=10, ranks=0)],  # it was killed at once
        [launch(3, solved=0, missing=10, ranks=0)],  # no rank has begun to write yet
        [launch(-5, solved=0, missing=10)],  # a clock that is ahead
    ],
)
def test_time_is_not_guessed_before_a_rank_has_worked(launches):
    assert time_left([steady(60, *launches)], NOW) is None


def test_estimate_of_a_sweep_made_up_converges():
    """Three blocks, jobs of two ranks one after the other with a pause of 3 s before each."""
    plan = [(0.5, 40), (4.0, 26), (0.5, 40), (4.0, 26), (1.5, 30), (4.0, 26)]
    times, clock = [], 0.0
    for cost, samples in plan:
        times.append((clock + 3, clock + 3 + cost * samples / 2, cost, samples))
        clock = times[-1][1]
    errors = []
    for percent in (25, 50, 75, 90, 99):
        now = clock * percent / 100
        left = time_left(blocks_at(times, now), NOW + now)
        assert left.low <= left.value <= left.high
        errors.append(abs(left.value - (clock - now)))
    assert max(errors) < 0.1 * clock
    assert errors[-1] < 4  # a sample


def blocks_at(times, now):
    """The blocks of a sweep made up at a time, with costs that are expected 20 % too low."""
    blocks = []
    for block_cost in (0.5, 4.0, 1.5):
        launches, missing = [], 0
        for began, ended, cost, samples in times:
            if cost != block_cost:
                continue
            solved = samples if now >= ended else int(max(now - began, 0) / cost) * 2
            missing += samples - solved
            if now >= began:
                finish = NOW + ended if now >= ended else None
                own = SampleRange(0, samples)
                launches.append(Launch(own, "a", NOW + began, finish, samples, solved, 2, None))
        blocks.append(Block(missing, 0.8 * block_cost, launches))
    return blocks
