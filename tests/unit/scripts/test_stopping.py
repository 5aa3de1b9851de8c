"""What stopping costs, measured with few studies, and the page with the numbers of many."""

import runpy
from pathlib import Path

import pytest

from syncsweep.config.chunks import totals

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "statistics.md"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "scripts" / "measure_stopping.py"), run_name="script")


@pytest.mark.parametrize(
    ("law", "parameter", "error", "expected"),
    [
        ("bernoulli", 0.3, 0.02, 0.3 * 0.7 / 0.02**2),
        ("bernoulli", 0.01, 0.005, 0.01 * 0.99 / 0.005**2),
        ("lognormal", 1.0, 0.05, (2.718 - 1) / 0.05**2),
    ],
)
def test_bias_is_small_and_intervals_hold(script, law, parameter, error, expected):
    found = script["measure"](script[law](parameter, error), replications=300, most=2000)
    # Of 300 studies: 0.06 standard errors, and 2.7 % of intervals.
    assert abs(found.bias) < 0.25
    assert 0.6 < found.held < 0.76
    assert 0.7 < found.samples / expected < 1.9  # more where intervals reach farther than errors
    assert found.without == 0


def test_no_hit_is_no_error_of_zero_and_too_small_an_error_ends_at_the_most(script):
    # 1.84/n, the end of the interval without a hit, is below 0.004 from 460 samples on.
    found = script["measure"](script["bernoulli"](0.0, 0.004), replications=2, most=2000)
    assert found.samples == next(total for total in totals(2000) if total > 1.84 / 0.004)
    found = script["measure"](script["bernoulli"](0.3, 1e-4), replications=2, most=250)
    assert (found.samples, found.without) == (250, 1)


def test_every_line_of_the_page_keeps_what_the_page_promises(script):
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(("| P = ", "| S_max, "))
    ]
    assert [line[0] for line in lines] == [case.name for case in script["CASES"]]
    for name, _, _, bias, held, *_ in lines:
        assert abs(float(bias)) <= script["MOST_BIAS"], name
        assert float(held) >= 100 * script["LEAST_HELD"], name
