"""Which tables and figures follow the shards of a study, and what they cost."""

import pytest
from planned import config

from syncsweep import layout
from syncsweep.config import sizing
from syncsweep.plan.followups import follow_ups

FIGURE = {"name": "fig", "panels": ["chi"]}
BINS = {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}}
ROWS = 10 * 3


def of(results, shards_change=True, **more):
    return follow_ups(config(results, **more), "pair", shards_change)


def test_each_rule_costs_its_rows_and_draws(tmp_path):
    row = ROWS * sizing.table_row_seconds((0.5, 0.5))
    (tables,) = of(tmp_path).tables
    assert tables == pytest.approx(0.8 + row)
    assert of(tmp_path).figures == ()
    found = of(tmp_path, analysis={**BINS, "maxima_bins": 9}, figure=FIGURE)
    assert found.tables == pytest.approx((0.8 + row, 0.8 + 3 * row))
    assert len(found.figures) == 1
    assert found.core_time == pytest.approx(sum(found.tables) + found.figures[0])
    few, many = (
        of(tmp_path, analysis={**BINS, "limit_draws": draws}).tables[1] for draws in (1000, 10**6)
    )
    assert few == pytest.approx(0.8 + 0.1 * row + 1000 * 2e-7)
    assert many - few == pytest.approx((10**6 - 1000) * 2e-7)


def test_more_samples_cost_more_but_not_the_figure(tmp_path):
    one, ten = (
        of(tmp_path, samples=samples, chunk_size=None, figure=FIGURE) for samples in (10**5, 10**6)
    )
    assert ten.tables[0] - one.tables[0] == pytest.approx(9e5 * 3 * 7.5e-5)
    assert ten.figures == one.figures


def test_what_is_there_need_not_be_made_again_unless_shards_change(tmp_path):
    folder = layout.tables_folder(tmp_path, "pair")
    folder.mkdir(parents=True)
    (folder / "summary.parquet").touch()
    assert of(tmp_path, shards_change=False).tables == ()
    assert len(of(tmp_path, shards_change=True).tables) == 1
    # Without its picture, the figure is drawn.
    assert len(of(tmp_path, shards_change=False, figure=FIGURE).figures) == 1
    layout.figures_folder(tmp_path).mkdir()
    (layout.figures_folder(tmp_path) / "fig.pdf").touch()
    assert of(tmp_path, shards_change=False, figure=FIGURE).core_time == 0
    assert len(of(tmp_path, shards_change=True, figure=FIGURE).figures) == 1


def test_a_missing_table_is_made_and_the_figure_drawn_anew(tmp_path):
    layout.figures_folder(tmp_path).mkdir()
    (layout.figures_folder(tmp_path) / "fig.pdf").touch()
    found = of(tmp_path, shards_change=False, figure=FIGURE)
    assert (len(found.tables), len(found.figures)) == (1, 1)
