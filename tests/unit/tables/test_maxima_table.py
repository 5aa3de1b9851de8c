"""The table of the maxima of S_d, made from shards whose coefficients are written here."""

from dataclasses import replace
from math import pi

import numpy as np
import pyarrow.parquet as pq
import pytest
from studies import StudyOnDisk, rows_of

from syncsweep.config.analysis import Analysis, LogBins
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain
from syncsweep.physics.measures import s_max
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sample.rows import pack_coefficients
from syncsweep.sample.sample_solver import FAILED
from syncsweep.tables import ResultsError
from syncsweep.tables.maxima_table import make_maxima_table
from syncsweep.tables.samples import Shards

ETAS = (0.0, 0.5)
PHYSICS = Physics(model=Spin1Chain(name="spin1_chain", n_sites=2), ensemble=Ensemble(), root_seed=5)
BINS = 21
ANALYSIS = Analysis(s_max_bins=LogBins(low=1e-5, high=1e-1, count=8), maxima_bins=BINS)


def with_waves(rows, *waves):
    """The rows with S_d = u + amplitude·cos kφ', for a pair (k, amplitude) at each η."""
    frequencies = relative_frequencies((1, 1))
    coefficients = np.zeros((len(waves), len(frequencies)), dtype=complex)
    coefficients[:, 0] = 1 / (2 * pi)
    for row, (k, amplitude) in zip(coefficients, waves, strict=True):
        row[frequencies[:, 0].tolist().index(k)] = amplitude / 2
    found = s_max(coefficients, frequencies)
    s_d = pack_coefficients(coefficients)
    return replace(rows, s_d=s_d, s_max=found.s_max, angles=found.angles)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Two maxima at 0 and π, or one at 0; ±π/2; 0 and π, but failed; and one not resolved."""
    parent = tmp_path_factory.mktemp("maxima")
    rows = rows_of(PHYSICS, 4, ETAS)
    samples = [
        with_waves(rows[0], (2, 4e-3), (1, 4e-3)),
        with_waves(rows[1], (2, -4e-3), (2, -8e-3)),
        with_waves(rows[2], (2, 1e-2), (2, 1e-2)),
        with_waves(rows[3], (2, 1e-14), (2, 1e-14)),
    ]
    samples[2] = replace(samples[2], status=np.array([samples[2].status[0], FAILED]))
    study = StudyOnDisk(parent, "chain", PHYSICS, {ETAS: samples})
    make_maxima_table(study.shards, ANALYSIS, parent)
    return pq.read_table(parent / "maxima_histogram.parquet").to_pandas()


@pytest.mark.parametrize(
    ("eta", "low", "middle", "high", "maxima"),
    [(0.0, 1 / 3, 1 / 3, 1 / 3, 2), (0.5, 1 / 2, 1 / 2, 0, 3 / 2)],
)
def test_every_realisation_and_each_of_its_maxima_has_the_same_weight(
    table, eta, low, middle, high, maxima
):
    """χ₂ = |Δφ|/π: in the limit one realisation of three lies in the middle bin."""
    rows = table[table["eta"] == eta]
    expected = np.zeros(BINS)
    expected[[0, BINS // 2, -1]] = low, middle, high
    for column in ("chi_density", "difference_density"):
        np.testing.assert_allclose(rows[column] / BINS, expected, atol=1e-12)
    assert rows["maxima"].unique() == pytest.approx([maxima])


def test_errors_are_those_of_the_mean_over_realisations(table):
    first = table[table["eta"] == 0.0].iloc[0]
    shares = np.array([0.5, 0.0, 0.5])
    expected = BINS * shares.std(ddof=1) / np.sqrt(3)
    assert first["chi_density_se"] == pytest.approx(expected)
    assert first["difference_density_se"] == pytest.approx(expected)


def test_bins_are_equal_and_cover_everything(table):
    rows = table[table["eta"] == 0.5]
    np.testing.assert_allclose(rows["low"], np.arange(BINS) / BINS)
    np.testing.assert_allclose(rows["high"], np.arange(1, BINS + 1) / BINS)
    assert rows["chi_density"].sum() / BINS == pytest.approx(1)


def test_an_analysis_without_bins_is_refused(tmp_path):
    without = ANALYSIS.model_copy(update={"maxima_bins": None})
    with pytest.raises(ResultsError, match="maxima_bins"):
        make_maxima_table(Shards(tmp_path, [], 1, 1), without, tmp_path)
