"""The tables of the types, made from shards of a small study with real and with written rows."""

from dataclasses import replace
from math import pi, sqrt

import numpy as np
import pandas as pd
import pytest
from paper_results import make_part
from studies import StudyOnDisk
from types_study import BLOCKS, FREQUENCIES, PHYSICS, SAMPLES, solve, write_chain

from syncsweep.config.blocks import Block as EtaBlock
from syncsweep.config.physics import Ensemble, Physics, SpinHalfPair
from syncsweep.paper.parts.types import Request, make
from syncsweep.paper.theory.configurations import PI_THIRDS, ZERO_PI
from syncsweep.physics.chi import chi, interval_probabilities
from syncsweep.physics.chi_sampling import sample_chi
from syncsweep.physics.measures import Maximum
from syncsweep.physics.phase_distribution import evaluate
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample.sample_solver import chi_shift
from syncsweep.tables import ResultsError

THRESHOLD = 0.95
TABLES = ("realisations", "distribution", "maxima", "probabilities", "counts")
INTERVALS = ((0.0, 2 / 16), (3 / 16, 5 / 16), (14 / 16, 1.0))


def of(table, kind):
    return table[table["type"] == kind.name]


@pytest.fixture(scope="module")
def rows():
    return solve()


@pytest.fixture(scope="module")
def study(rows, tmp_path_factory):
    return write_chain(tmp_path_factory.mktemp("study"), rows, 4)


@pytest.fixture(scope="module")
def tables(study, tmp_path_factory):
    request = Request(chain=study, threshold=THRESHOLD)
    return make_part("types", request, tmp_path_factory.mktemp("tables"))


def distributions(rows):
    return np.array([unpack_coefficients(sample.s_d)[1] for sample in rows])


def test_the_first_sample_of_each_type_is_taken_that_is_good_and_resolved(tables, rows):
    """By S_d at (0, 0), where it is above uniform for b > 0 and below for b < 0."""
    at_origin = evaluate(distributions(rows), FREQUENCIES, np.zeros((1, 2)))[:, 0]
    above = at_origin > 1 / (4 * pi**2)
    chosen = tables["realisations"].set_index("type")
    assert chosen["sample"].to_dict() == {
        ZERO_PI.name: 3 + int(np.argmax(above[3:])),
        PI_THIRDS.name: 3 + int(np.argmin(above[3:])),
    }
    # Those before are of a type too, but do not count or have other maxima.
    assert above[0] and not above[1] and above[2]
    assert (chosen["eta"] == 1e-6).all()
    assert (chosen["threshold"] == THRESHOLD).all()
    b, height = chosen["b"].to_numpy(), chosen["s_max"].to_numpy()
    np.testing.assert_allclose(height, np.array([3, -3 / 2]) * b / (16 * pi**2), rtol=0.005)


def test_distributions_are_those_of_the_samples(tables, rows):
    for kind in (ZERO_PI, PI_THIRDS):
        sample = of(tables["realisations"], kind)["sample"].item()
        table = of(tables["distribution"], kind)
        np.testing.assert_array_equal(table[["k_1", "k_2"]], FREQUENCIES)
        coefficients = table["s_real"] + 1j * table["s_imag"]
        np.testing.assert_array_equal(coefficients, distributions(rows)[sample])


@pytest.mark.parametrize("kind", [ZERO_PI, PI_THIRDS], ids=lambda kind: kind.name)
def test_maxima_are_those_of_the_type(tables, rows, kind):
    chosen, maxima = of(tables["realisations"], kind), of(tables["maxima"], kind)
    expected = {named.name: count for named, count in kind.maxima}
    assert maxima["configuration"].value_counts().to_dict() == expected
    assert chosen["maxima"].item() == len(maxima)
    s_max = chosen["s_max"].item()
    assert maxima["height"].max() == pytest.approx(s_max, rel=1e-9)
    assert maxima["height"].min() >= THRESHOLD * s_max
    angles = maxima[["phi_1", "phi_2"]].to_numpy()
    density = evaluate(distributions(rows)[chosen["sample"].item()], FREQUENCIES, angles)
    np.testing.assert_allclose(density, 1 / (4 * pi**2) + maxima["height"], rtol=1e-12)
    assert 0 < maxima["distance"].max() < 0.05
    three = np.column_stack([angles, np.zeros(len(angles))])
    np.testing.assert_array_equal(maxima["chi"], chi(three))
    limits = maxima["configuration"].map({named.name: named.chi for named, _ in kind.maxima})
    np.testing.assert_allclose(maxima["chi"], limits, atol=0.02)


@pytest.mark.parametrize(
    ("kind", "at_threshold", "predicted"),
    [(ZERO_PI, (0.25, 0, 0.75), (0.25, 0, 0.75)), (PI_THIRDS, (0, 0.735, 0.25), (0, 0.75, 0.25))],
    ids=lambda value: getattr(value, "name", None),
)
def test_probabilities_are_those_of_the_type(tables, kind, at_threshold, predicted):
    table = of(tables["probabilities"], kind)
    np.testing.assert_array_equal(table[["chi_low", "chi_high"]], INTERVALS)
    np.testing.assert_allclose(table["p_predicted"], predicted, atol=1e-15)
    # The waves of first order in η move them.
    np.testing.assert_allclose(table["p"], at_threshold, atol=0.01)


def test_sampled_probabilities_are_those_that_enter_the_averages(tables, rows):
    for kind in (ZERO_PI, PI_THIRDS):
        sample = of(tables["realisations"], kind)["sample"].item()
        found = rows[sample]
        drawn = sample_chi(
            unpack_coefficients(found.s_d),
            FREQUENCIES,
            Maximum(found.s_max, found.angles),
            THRESHOLD,
            chi_shift(PHYSICS.root_seed, sample, 2),
        )
        expected = interval_probabilities(drawn.chi, drawn.weights[1], INTERVALS)
        np.testing.assert_allclose(
            of(tables["probabilities"], kind)["p_sampled"], expected, rtol=1e-12
        )


def test_every_sample_that_counts_is_counted_once(tables, rows):
    counts = tables["counts"].set_index("type")
    assert counts.index.tolist() == [ZERO_PI.name, PI_THIRDS.name, "other"]
    assert (counts["samples"] == SAMPLES - 2).all() and (counts["left_out"] == 2).all()
    assert counts["by_sign"].sum() == counts["by_maxima"].sum() == SAMPLES - 2
    at_origin = evaluate(distributions(rows)[2:], FREQUENCIES, np.zeros((1, 2)))
    assert counts.loc[ZERO_PI.name, "by_sign"] == np.sum(at_origin > 1 / (4 * pi**2))
    # Sample 2 has b > 0, but a single maximum.
    assert counts.loc["other", ["by_sign", "by_maxima", "by_both"]].tolist() == [0, 1, 0]
    assert counts.loc[ZERO_PI.name, "by_maxima"] == counts.loc[ZERO_PI.name, "by_sign"] - 1


def test_sign_of_b_and_maxima_never_tell_different_types(tables):
    counts = tables["counts"].set_index("type").loc[[ZERO_PI.name, PI_THIRDS.name]]
    np.testing.assert_array_equal(counts["by_both"], counts["by_maxima"])


def test_errors_of_the_shares_are_binomial(tables):
    for row in tables["counts"].itertuples():
        for basis in ("sign", "maxima"):
            share = getattr(row, f"by_{basis}") / row.samples
            assert getattr(row, f"share_by_{basis}") == share
            error = getattr(row, f"share_by_{basis}_se")
            assert error == pytest.approx(sqrt(share * (1 - share) / row.samples))


def test_tables_keep_what_all_parts_promise(tables, tmp_path):
    tables.check(tmp_path)


def test_tables_do_not_depend_on_the_chunks(rows, tables, tmp_path):
    chunks_of_six = write_chain(tmp_path / "rows", rows, 6)
    request = Request(chain=chunks_of_six, threshold=THRESHOLD)
    other = make_part("types", request, tmp_path / "other")
    for name in TABLES:
        pd.testing.assert_frame_equal(other[name], tables[name], check_exact=True)


def test_a_study_without_one_of_the_types_is_refused(rows, tmp_path):
    study = write_chain(tmp_path, rows[:4], 4)
    missing = "π/3" if rows[3].s_d[1][3] > 0 else r"\(0, π\)"
    with pytest.raises(ResultsError, match=f"no sample has the {missing} type at η = 1e-06"):
        make(Request(chain=study, threshold=THRESHOLD), tmp_path / "out")


def test_a_study_without_any_sample_that_counts_is_refused(rows, tmp_path):
    failed = [replace(row, status=np.full(2, "failed")) for row in rows[:2]]
    study = write_chain(tmp_path, failed, 2)
    with pytest.raises(ResultsError, match="no sample"):
        make(Request(chain=study, threshold=THRESHOLD), tmp_path / "out")


def test_another_model_is_refused(tmp_path):
    physics = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=1)
    study = StudyOnDisk(tmp_path, "pair", physics, {(0.1,): []}).request
    with pytest.raises(ResultsError, match="three spins"):
        make(Request(chain=study, threshold=THRESHOLD), tmp_path / "out")


def test_a_study_of_the_limit_alone_is_refused(tmp_path):
    study = StudyOnDisk(tmp_path, "chain", PHYSICS, {(0.0,): []}).request
    with pytest.raises(ResultsError, match="no positive η"):
        make(Request(chain=study, threshold=THRESHOLD), tmp_path / "out")


def test_only_the_shards_of_the_smallest_positive_eta_are_read(study):
    """Of the other block there are none."""
    assert not list((study.folder / EtaBlock(BLOCKS[0]).id).glob("*.parquet"))
    assert len(list((study.folder / EtaBlock(BLOCKS[1]).id).glob("*.parquet"))) == 3
