"""The tables of χ: its triangles, and how uniform it is for uniform angles."""

from math import pi, sqrt

import numpy as np
import pytest
from paper_results import make_part
from scipy.special import kolmogi, kolmogorov

from syncsweep.paper.parts.chi_map import Request
from syncsweep.paper.theory.chi_regions import TRIANGLES
from syncsweep.physics.chi import chi

DRAWS = 100_000
TABLES = ("triangles", "uniformity", "cdf")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    request = Request(root_seed=20251014, draws=DRAWS)
    return make_part("chi_map", request, tmp_path_factory.mktemp("chi_map"))


def test_chi_of_uniform_angles_is_uniform(tables):
    """A distribution function off by 1 % somewhere has a p-value below 1e-8."""
    table = tables["uniformity"]
    assert table["n_spins"].tolist() == [2, 3, 4]
    assert (table["draws"] == DRAWS).all()
    assert (table["p_value"] > 0.01).all()
    assert kolmogorov(sqrt(DRAWS) * 0.01) < 1e-8


def test_p_value_belongs_to_the_statistic(tables):
    for row in tables["uniformity"].itertuples():
        limit = kolmogorov(sqrt(DRAWS) * row.ks_statistic)
        assert row.p_value == pytest.approx(limit, rel=0.02)


def test_excess_is_the_distribution_function_less_the_uniform_one(tables):
    """With draws made once more, and within the statistic, which is the largest anywhere."""
    statistic = tables["uniformity"].set_index("n_spins")["ks_statistic"]
    for n_spins, table in tables["cdf"].groupby("n_spins"):
        points, excess = table["chi"].to_numpy(), table["excess"].to_numpy()
        assert (points[0], points[-1]) == (0, 1)
        assert np.abs(excess).max() <= statistic[n_spins]
        assert np.abs(excess).max() > 0.8 * statistic[n_spins]
        seed = np.random.SeedSequence(20251014, spawn_key=(n_spins,))
        values = chi(np.random.default_rng(seed).uniform(0, 2 * pi, (DRAWS, n_spins)))
        for index in (0, 100, 256):
            expected = np.mean(values <= points[index]) - points[index]
            assert excess[index] == pytest.approx(expected, abs=1e-12)


def test_band_holds_ninety_five_per_cent_of_the_statistics(tables):
    (band,) = tables["cdf"]["band"].unique()
    assert band == pytest.approx(kolmogi(0.05) / sqrt(DRAWS), rel=2e-3)


def test_triangles_are_those_of_the_physics(tables):
    table = tables["triangles"]
    assert table["triangle"].tolist() == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert table["area"].sum() == pytest.approx((2 * pi) ** 2, rel=1e-13)
    for row, triangle in zip(table.itertuples(), TRIANGLES, strict=True):
        assert row.area == triangle.area(1)
        corners = [[row.x_0, row.y_0], [row.x_1, row.y_1], [row.x_2, row.y_2]]
        np.testing.assert_array_equal(corners, triangle.corners(1))


def test_tables_keep_what_all_parts_promise_and_other_seeds_give_other_draws(tmp_path):
    first, other = (
        make_part("chi_map", Request(root_seed=seed, draws=500), tmp_path / f"seed{seed}")
        for seed in (1, 2)
    )
    first.check(tmp_path)
    statistics = [found["uniformity"]["ks_statistic"] for found in (first, other)]
    assert np.all(statistics[0] != statistics[1])
