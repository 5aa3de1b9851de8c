"""What a sample costs: by trials, by logs and by the configuration, each with its range."""

import pytest
from planned import config
from progress_block import NOON, Sweep
from studies import ETAS, PAIR

from syncsweep.config import sizing
from syncsweep.layout import study_folder
from syncsweep.plan.calibration import BlockTimes, Calibration
from syncsweep.plan.cost import (
    Source,
    calibrated_cost,
    configured_cost,
    cost_of_logs,
    logged_cost,
)

ONE, OTHER = ETAS, (2.0, 3.0)


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path)


def ended(sweep, number, solved, core_seconds, ranks=2, event="end"):
    at = NOON + 10 * number
    sweep.begins(0, solved, number=number, at=at)
    sweep.ends(0, solved, solved, number, at + 1, ranks, core_seconds, event)


@pytest.mark.parametrize(
    ("launches", "first_sample", "seconds", "samples"),
    [
        ([], 0.1, None, 0),
        # Without what ranks pay once, and no more ranks than samples pay.
        ([(100, 30.2, 2)], 0.1, (30.2 - 2 * 0.1) / 100, 100),
        ([(1, 30.1, 64)], 0.1, 30.0, 1),
        # A launch that hardly solved anything, or took all over, tells nothing.
        ([(2, 0.3, 2)], 0.1, None, 0),
        ([(2, 0.3, 2), (200, 20.2, 2)], 0.1, 0.1, 200),
        ([(0, 0.0, 2)], 0.0, None, 0),
        ([(0, 5.0, 2)], 0.1, None, 0),
        ([(0, 5.0, 2), (200, 20.2, 2)], 0.1, 0.1, 200),
        # Only the last launches count.
        ([(100, 1000, 2), *[(100, 100, 2)] * 20], 0.0, 1.0, 2000),
    ],
)
def test_a_log_gives_core_seconds_over_samples(sweep, launches, first_sample, seconds, samples):
    for number, (solved, core_seconds, ranks) in enumerate(launches):
        ended(sweep, number, solved, core_seconds, ranks)
    found = logged_cost(sweep.folder, first_sample)
    if seconds is None:
        assert found is None
    else:
        assert found.seconds.value == pytest.approx(seconds)
        assert found.samples == samples


def test_launches_count_by_their_samples_also_those_that_stopped_early(sweep):
    ended(sweep, 1, solved=300, core_seconds=300)
    found = logged_cost(sweep.folder, first_sample=0)
    assert (found.seconds.low, found.seconds.high, found.launches) == (1, 1, 1)
    ended(sweep, 2, solved=100, core_seconds=200, event="stop")
    found = logged_cost(sweep.folder, first_sample=0)
    assert found.seconds.value == pytest.approx(500 / 400)
    assert 1 < found.seconds.low < found.seconds.high < 2


def test_damaged_lines_of_a_log_count_nothing(sweep):
    ended(sweep, 1, solved=100, core_seconds=100)
    with sweep.folder.log.open("ab") as log:
        log.write(b'\xff\n{"event": "end"}\n[]\n{"event": "start", "time": 1e999}\n')
    assert logged_cost(sweep.folder, first_sample=0).seconds.value == pytest.approx(1.0)


def study(tmp_path, **more):
    settings = config(tmp_path, blocks=(ONE, OTHER), **more)
    chosen = settings.studies["pair"]
    return chosen, [block.id for block in chosen.blocks]


def test_cost_by_logs_is_that_of_the_configuration_s_words(sweep, tmp_path):
    chosen, (one, other) = study(tmp_path)
    ended(sweep, 1, solved=1000, core_seconds=100)
    cost = cost_of_logs(chosen, study_folder(tmp_path, "pair", PAIR.digest))
    assert cost.source is Source.LOG
    assert cost.basis == "1000 samples solved in 1 job"
    # 22 ms and 4 ms more for the first, on each of two ranks.
    assert cost.blocks[one].seconds == pytest.approx(0.1, rel=0.01)
    # The other block was not solved yet: in proportion.
    ratio = sizing.DenseCost(4).seconds(2) / sizing.DenseCost(4).seconds(3)
    assert cost.blocks[other].seconds / cost.blocks[one].seconds == pytest.approx(ratio)
    assert cost.core_seconds == pytest.approx((1 + ratio) * cost.blocks[one].seconds)
    assert (cost.low, cost.high) == (0.85, 1.15)
    assert cost.start is None and cost.peak is None


def test_cost_by_logs_has_the_range_of_the_launches(sweep, tmp_path):
    chosen, _ = study(tmp_path)
    ended(sweep, 1, solved=1000, core_seconds=100)
    ended(sweep, 2, solved=1000, core_seconds=300)
    cost = cost_of_logs(chosen, study_folder(tmp_path, "pair", PAIR.digest))
    # Quartiles of 0.1 and 0.3, over their mean.
    assert (cost.low, cost.high) == pytest.approx((0.75, 1.25), rel=1e-3)


def test_without_logs_there_is_no_cost_by_them(tmp_path):
    chosen, _ = study(tmp_path)
    assert cost_of_logs(chosen, tmp_path / "none") is None


def test_cost_by_trials(tmp_path):
    chosen, (one, other) = study(tmp_path)
    times = BlockTimes(samples=[0.5, 0.4, 0.6], once=[0.9, 1.1], part_bytes=777)
    cost = calibrated_cost(chosen, [chosen.blocks[1]], Calibration([times], 0.7, 10**8, 2))
    assert cost.source is Source.CALIBRATION
    assert cost.basis == "3 samples solved just now in 2 trials"
    assert cost.blocks[other].seconds == 0.5
    assert cost.blocks[other].first == pytest.approx(0.5)
    assert cost.blocks[other].part_bytes == 777
    assert cost.blocks[one].seconds > 0.5
    assert (cost.start, cost.peak) == (0.7, 10**8)
    assert (cost.low, cost.high) == pytest.approx((0.8, 1.2))


def test_even_samples_leave_the_drift_of_the_machine(tmp_path):
    chosen, _ = study(tmp_path)
    times = BlockTimes(samples=[0.5, 0.5], once=[0.5], part_bytes=777)
    cost = calibrated_cost(chosen, list(chosen.blocks), Calibration([times, times], 0.7, 10**8, 1))
    assert (cost.low, cost.high) == (0.85, 1.15)
    assert cost.core_seconds == 1.0
    assert cost.basis == "4 samples solved just now in 1 trial"


def test_without_measurements_the_estimate_may_be_wrong_by_two(tmp_path):
    chosen, (one, other) = study(tmp_path)
    cost = configured_cost(chosen)
    assert cost.source is Source.FORMULA
    assert cost.blocks[one].seconds == sizing.DenseCost(4).seconds(3)
    assert cost.blocks[other].seconds == sizing.DenseCost(4).seconds(2)
    assert (cost.low, cost.high) == (0.5, 2.0)


def test_what_the_configuration_says_is_taken(tmp_path):
    chosen, _ = study(tmp_path, core_seconds=12)
    cost = configured_cost(chosen)
    assert cost.source is Source.CONFIGURATION
    assert cost.core_seconds == pytest.approx(12)
    assert (cost.low, cost.high) == (0.7, 1.3)
