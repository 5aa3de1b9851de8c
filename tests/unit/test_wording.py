"""Progress in words."""

import math

import pytest
from docutils.core import publish_parts

from syncsweep import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (40.4, "40 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (750, "12 min"),
        (5900, "98 min"),
        (6000, "1 h 40 min"),
        (47.9 * 3600, "47 h 54 min"),
        (48 * 3600, "2 d 0 h"),
        (100.6 * 3600, "4 d 5 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds, text):
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.05238, "0.0524"), (878, "878"), (999.6, "1000"), (1457, "1460"), (1756.2, "1760")],
)
def test_numbers_of_three_digits_have_no_power_of_ten(value, told):
    assert wording.three_digits(value) == told


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_700, "1 MB"), (31_400_000, "31.4 MB")],
)
def test_sizes_are_decimal(n_bytes, text):
    assert wording.size(n_bytes) == text


@pytest.mark.parametrize(
    ("value", "below", "above", "text"),
    [
        (0.33241, 0.0051, 0.0051, "0.3324(51)"),
        (0.33241, 0.0128, 0.0128, "0.332(13)"),
        (0.3324, 0.12, 0.12, "0.33(12)"),
        (12.3, 4.5, 4.5, "12.3(45)"),
        (120.0, 45.0, 45.0, "120(45)"),
        (0.1234, math.nan, math.nan, "0.123"),
        (1 - 1e-16, 2e-17, 2e-17, "1"),
        (0.0, 0.0, 0.0, "0"),
        (0.005, 0.0014, 0.0091, "0.0050(+91−14)"),
        (0.0, 0.0, 0.0092, "0.0000(+92−0)"),
        (1.0, 0.0092, 0.0, "1.0000(+0−92)"),
        (math.nan, math.nan, math.nan, "–"),
    ],
)
def test_errors_have_two_digits_and_two_sides_where_they_differ(value, below, above, text):
    assert wording.with_interval(value, value - below, value + above) == text


def test_only_all_is_a_hundred_percent():
    assert wording.percent(9999, 10_000) == "99 %"
    assert wording.percent(10_000, 10_000) == "100 %"
    assert wording.percent(0, 0) == "100 %"
    assert wording.percent(0.7 * 0.1, 0.7 * 0.1) == "100 %"
    assert wording.percent(1 - 1e-15, 1) == "99 %"


@pytest.mark.parametrize(
    ("etas", "text"),
    [
        ((0.0,), "0"),
        ((0.5,), "0.5"),
        ((0.5, 2.0), "0.5, 2"),
        ((0.0, 1e-6, 10.0), "0, 1e-06, 10"),
        ((0.0, 1e-6, 1.0, 10.0), "0, 1e-06 … 10"),
        ((1e-6, 1.0, 10.0), "1e-06 … 10"),
    ],
)
def test_values_of_eta_are_named_by_their_ends(etas, text):
    assert wording.eta_range(etas) == text


def test_nouns_follow_their_number():
    assert [wording.number_of(n, "shards") for n in (0, 1, 2)] == [
        "0 shards",
        "1 shard",
        "2 shards",
    ]
    assert [wording.number_of(n, "studies") for n in (1, 3)] == ["1 study", "3 studies"]


def test_a_caption_for_snakemakes_report_sets_indices_and_lists_its_panels():
    text = "Of S_d, (S^x)² and ⟨S_max⟩; *bold* |words|"
    caption = wording.Caption("title", "alt", text, ("one φ'_2", "two"))
    body = publish_parts(caption.restructured_text, writer="html")["body"]
    assert "Of S<sub>d</sub>, (S<sup>x</sup>)² and ⟨S<sub>max</sub>⟩; *bold* |words|" in body
    assert "<li>one φ'<sub>2</sub></li>\n<li>two</li>" in body
