"""Rows drawn from shards are recomputed by another way, and a wrong one among them is found."""

import re
from dataclasses import replace

import numpy as np
import pytest
from studies import CHAIN, ETAS, PAIR, SAMPLES, changed, make_results, put_shard, rows_of

from syncsweep.config.physics import (
    Ensemble,
    Physics,
    Spin1Chain,
    SpinHalfPair,
    TwoSpin1s,
    TwoSpin1sPerturbation,
)
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sample.sample_solver import FAILED, SampleSolver
from syncsweep.sweep.shard import read_shard
from syncsweep.verify.recompute import TOLERANCE, Recomputation, draw, recompute
from syncsweep.verify.study_files import study_folders, verify_study
from syncsweep.verify.verify_text import Report

ALL = 10**30


def shards_of(results):
    report = Report()
    shards = [shard for folder in study_folders(results) for shard in verify_study(folder, report)]
    assert report.findings == 0
    return shards


def recomputed(results, capsys, wanted=ALL, seed=0):
    """The report and the printed lines of a recomputation alone."""
    shards = shards_of(results)
    capsys.readouterr()
    report = Report()
    recompute(shards, wanted, seed, report)
    return report, capsys.readouterr().out.splitlines()


def largest_difference(line):
    return float(re.search(r"largest difference (\S+) of the uniform", line)[1])


def test_all_rows_agree_far_below_the_tolerance(tmp_path, capsys):
    report, lines = recomputed(make_results(tmp_path), capsys)
    assert report.findings == 0
    assert lines[0].startswith(f"recomputed: {2 * SAMPLES * len(ETAS)} of {2 * SAMPLES * 3} rows")
    assert 0 < largest_difference(lines[0]) < 1e-4 * TOLERANCE
    assert len(lines) == 1


PHYSICS = {
    "chain of three": Physics(
        model=Spin1Chain(name="spin1_chain"), ensemble=Ensemble(zeta_diss=0.1), root_seed=9
    ),
    "decoupled": Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=2, J=0, delta=0),
        ensemble=Ensemble(basis="orthonormal"),
        root_seed=9,
    ),
    "bonds": Physics(
        model=Spin1Chain(name="spin1_chain"), ensemble=Ensemble(kind="bonds", rank=3), root_seed=9
    ),
    "sites": Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=2),
        ensemble=Ensemble(kind="sites", basis="orthonormal"),
        root_seed=9,
    ),
    "absolute pair": Physics(
        model=SpinHalfPair(name="spin_half_pair"),
        ensemble=Ensemble(),
        root_seed=9,
        measure="absolute",
    ),
    "absolute chain": Physics(
        model=Spin1Chain(name="spin1_chain"), ensemble=Ensemble(), root_seed=9, measure="absolute"
    ),
    "App. E": Physics(
        model=TwoSpin1s(name="two_spin1s", omega=0.7, gamma_2_damp=1.3),
        ensemble=TwoSpin1sPerturbation(kind="two_spin1s", epsilon=-0.9, gamma_1_damp=0.3),
        root_seed=9,
    ),
    "coherent pair": Physics(
        model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(zeta_diss=0), root_seed=9
    ),
}


@pytest.mark.parametrize("kind", PHYSICS)
def test_other_physics_agree(tmp_path, capsys, kind):
    etas = (1e-2, 1.0) if kind == "coherent pair" else (0.0, 1e-9, 1e-5, 3.0)
    put_shard(tmp_path, "x", PHYSICS[kind], rows_of(PHYSICS[kind], 1, etas), 0, etas)
    report, lines = recomputed(tmp_path, capsys)
    assert report.findings == 0
    assert lines[0].startswith(f"recomputed: {len(etas)} of {len(etas)} rows")
    assert largest_difference(lines[0]) < 1e-3 * TOLERANCE


UNIFORM = 1 / (2 * np.pi)


@pytest.mark.parametrize(
    ("columns", "quantity"),
    [
        ({"s_d": 1e-6 * UNIFORM}, "in S_d"),
        ({"s_max": 1e-6 * UNIFORM}, "in S_max"),
        ({"angles": 0.1}, "in the height"),
    ],
)
@pytest.mark.parametrize("index", range(len(ETAS)))
@pytest.mark.parametrize(("study", "physics"), [("pair", PAIR), ("chain", CHAIN)])
def test_one_planted_value_is_found_and_named(
    tmp_path, capsys, study, physics, index, columns, quantity
):
    """The digest is that of the wrong rows, so that only recomputing them can tell."""
    rows = list(rows_of(physics)[:3])
    rows[1] = changed(rows[1], index, **columns)
    path = put_shard(tmp_path, study, physics, rows, 0)
    report, lines = recomputed(tmp_path, capsys)
    assert report.findings == 1
    (finding,) = [line for line in lines if "wrong:" in line]
    assert f"{path}: sample 1 at η = {ETAS[index]:g}: differs" in finding
    assert "run the same snakemake command again" in finding
    size = float(re.search(rf"(\S+) {quantity}", finding)[1])
    if "angles" not in columns:
        assert size == pytest.approx(1e-6, rel=0.06)
    assert size > TOLERANCE


def test_rows_of_five_spins_agree_but_for_planted_values(tmp_path, capsys):
    """Without superoperators: in the limit, at small η, and where L₁ decays faster than L₀."""
    physics = Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=5),
        ensemble=Ensemble(kind="bonds"),
        root_seed=9,
    )
    etas = (0.0, 1e-6, 0.3)
    (rows,) = rows_of(physics, 1, etas)
    for index in (0, 1):
        rows = changed(rows, index, s_d=2 * TOLERANCE * (2 * np.pi) ** -4)
    path = put_shard(tmp_path, "five", physics, [rows], 0, etas)
    report, lines = recomputed(tmp_path, capsys)
    assert lines[0].startswith("recomputed: 3 of 3 rows")
    assert report.findings == 2
    for eta, line in zip(etas, lines[1:], strict=False):
        assert f"{path}: sample 0 at η = {eta:g}: differs" in line
        assert float(re.search(r"(\S+) in S_d", line)[1]) == pytest.approx(2e-9, rel=0.05)
        assert float(re.search(r"(\S+) in S_max", line)[1]) < 1e-11


def test_rows_that_gmres_does_not_find_are_counted(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("syncsweep.verify.recompute.MOST_DENSE", 4)
    monkeypatch.setattr("syncsweep.verify.recompute._MOST_JUMPS", {9: 7})
    monkeypatch.setattr("syncsweep.physics.literal_operators._RESTART", 1)
    put_shard(tmp_path, "chain", CHAIN, rows_of(CHAIN)[:1], 0)
    report, lines = recomputed(tmp_path, capsys)
    assert report.findings == 0
    assert lines[0].startswith("recomputed: 1 of 3 rows")
    assert lines[1:] == [
        "not recomputed: 2 rows for which GMRES does not converge, though they may be right"
    ]


@pytest.mark.parametrize(
    ("model", "law", "reason"),
    [
        ({}, {"rank": 17}, "of 243 dimensions whose perturbation has a rank above 16"),
        ({"n_sites": 6}, {"rank": 5}, "of 729 dimensions whose perturbation has a rank above 4"),
        (
            {"delta": 0},
            {"kind": "bonds"},
            "of more than 81 dimensions in which omega, J, delta or gamma is 0",
        ),
    ],
)
def test_longer_chains_that_are_left_out_are_counted(tmp_path, capsys, model, law, reason):
    """Their rows are made up here."""
    chain = Spin1Chain(**{"name": "spin1_chain", "n_sites": 5} | model)
    physics = Physics(model=chain, ensemble=Ensemble(**law), root_seed=1)
    n_angles, n_k = chain.n_sites - 1, len(relative_frequencies(chain.spins))
    made_up = replace(
        rows_of(CHAIN)[0], s_d=np.zeros((3, 2 * n_k - 1)), angles=np.zeros((3, n_angles))
    )
    put_shard(tmp_path, "long", physics, [made_up], 0)
    assert recomputed(tmp_path, capsys)[1] == [f"not recomputed: 3 rows {reason}"]


def test_a_planted_value_of_the_size_of_the_tolerance_decides(tmp_path, capsys):
    found = []
    for share in (0.9, 1.1):
        rows = [changed(rows_of(CHAIN)[0], 2, s_d=share * TOLERANCE * UNIFORM)]
        put_shard(tmp_path, "chain", CHAIN, rows, 0)
        found.append(recomputed(tmp_path, capsys)[0].findings)
    assert found == [0, 1]


def test_a_value_that_is_not_finite_is_found(tmp_path, capsys):
    put_shard(tmp_path, "pair", PAIR, [changed(rows_of(PAIR)[0], 1, s_d=np.nan)], 0)
    report, lines = recomputed(tmp_path, capsys)
    assert report.findings == 1
    assert "largest difference inf" in lines[0]


def test_rows_of_another_seed_are_all_found(tmp_path, capsys):
    other = PAIR.model_copy(update={"root_seed": PAIR.root_seed + 1})
    other = Physics.model_validate(other.model_dump())
    put_shard(tmp_path, "pair", PAIR, rows_of(other)[:2], 0)
    assert recomputed(tmp_path, capsys)[0].findings == 2 * len(ETAS)


def test_draw_is_seeded_and_decides_what_is_recomputed(tmp_path, capsys):
    rows = [changed(rows, 0, s_max=1.0) for rows in rows_of(PAIR)]
    put_shard(tmp_path, "pair", PAIR, rows, 0)
    results = [recomputed(tmp_path, capsys, 4, seed) for seed in (1, 1, 2, 3, 4, 5)]
    assert results[0][1] == results[1][1]
    assert len({tuple(lines) for _, lines in results[1:]}) > 1
    assert all(lines[0].startswith("recomputed: 4 of 15 rows") for _, lines in results)


def test_rows_are_drawn_once_and_equally_likely():
    numbers = [1, 0, 5, 14]
    counts = np.zeros(sum(numbers))
    starts = np.cumsum([0, *numbers])[:-1]
    for seed in range(2000):
        drawn = draw(numbers, 4, seed)
        assert all(np.all((part >= 0) & (part < n)) for part, n in zip(drawn, numbers, strict=True))
        places = np.concatenate([start + part for start, part in zip(starts, drawn, strict=True)])
        assert len(set(places.tolist())) == 4
        counts[places] += 1
    # Each is in a draw with probability 1/5: five standard deviations are 90.
    np.testing.assert_allclose(counts, 400, atol=90)


@pytest.mark.parametrize("numbers", [[], [0], [0, 0], [3], [0, 2, 1]])
def test_all_are_drawn_if_more_are_wanted(numbers):
    drawn = draw(numbers, 10**40, 0)
    assert [part.tolist() for part in drawn] == [list(range(n)) for n in numbers]


def with_status(rows, index, status):
    words = rows.status.astype(object)
    words[index] = status
    return replace(rows, status=words.astype(str))


def test_rows_that_are_not_ok_or_ill_conditioned_are_counted_and_left_out(tmp_path, capsys):
    rows = list(rows_of(PAIR)[:2])
    rows[0] = with_status(with_status(rows[0], 0, FAILED), 2, "inaccurate")
    rows[1] = replace(rows[1], condition=np.array([1.0, 1e-7, np.nan]))
    put_shard(tmp_path, "pair", PAIR, rows, 0)
    report, lines = recomputed(tmp_path, capsys)
    assert report.findings == 0
    assert lines[0].startswith("recomputed: 2 of 2 rows")
    assert lines[1:] == [
        "not recomputed: 2 rows whose status is not ok",
        "not recomputed: 2 rows with a reciprocal condition number below 1e-06",
    ]


def test_rows_of_terms_far_apart_are_counted_and_left_out(tmp_path, capsys):
    """This check is a plain dense solve, which would take right rows for wrong ones."""
    model = SpinHalfPair(name="spin_half_pair", B=1.6e8, J=600.0)
    physics = Physics(model=model, ensemble=Ensemble(), root_seed=1)
    put_shard(tmp_path, "pair", physics, list(rows_of(physics)[:1]), 0)
    report, lines = recomputed(tmp_path, capsys)
    assert report.findings == 0
    assert lines == ["not recomputed: 3 rows of models whose terms differ by more than 1e+06"]


def test_four_spins_are_counted_and_left_out(tmp_path, capsys):
    """Their rows are made up here: to solve them takes half a minute."""
    four = Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=4), ensemble=Ensemble(), root_seed=1
    )
    made_up = rows_of(CHAIN)[0]
    made_up = replace(
        made_up, s_d=np.zeros((3, 85)), angles=np.zeros((3, 3)), sample=np.zeros(3, dtype=int)
    )
    put_shard(tmp_path, "four", four, [made_up], 0)
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:2], 0)
    for number, few in enumerate(({"kind": "bonds"}, {"rank": 80}, {"rank": 81})):
        physics = Physics(model=four.model, ensemble=Ensemble(**few), root_seed=1)
        put_shard(tmp_path / str(number), "four", physics, [made_up], 0)
        (shard,) = shards_of(tmp_path / str(number))
        assert shard.comparable == (0 if few == {"rank": 81} else 3), few
    _, lines = recomputed(tmp_path, capsys)
    assert lines[0].startswith("recomputed: 6 of 6 rows")
    (left_out,) = lines[1:]
    assert left_out.startswith("not recomputed: 3 rows of more than 27 dimensions D whose pert")


def test_nothing_to_recompute_is_no_error(capsys):
    report = Report()
    recompute([], 5, 0, report)
    assert report.findings == 0
    assert capsys.readouterr().out.splitlines() == [
        "recomputed: 0 of 0 rows (seed 0); largest difference none of the uniform density "
        "(allowed: 1e-09)"
    ]


def test_shard_that_goes_meanwhile_is_named(tmp_path, capsys):
    path = put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:2], 0)
    shards = shards_of(tmp_path)
    path.unlink()
    report = Report()
    recompute(shards, 3, 0, report)
    assert report.findings == 1
    assert f"{path}: changed during the verification" in capsys.readouterr().out


def test_difference_names_its_three_parts(tmp_path):
    rows = rows_of(PAIR)[0]
    path = put_shard(tmp_path, "pair", PAIR, [changed(rows, 2, s_max=1e-3 * UNIFORM)], 0)
    (shard,) = shards_of(tmp_path)
    table = read_shard(path, shard.described, shard.samples)
    difference = Recomputation(PAIR).difference(table, 2)
    assert difference.coefficients < 1e-12
    assert difference.s_max == pytest.approx(1e-3, rel=1e-9)
    assert difference.at_angles == pytest.approx(1e-3, rel=1e-9)
    assert difference.largest == max(difference.s_max, difference.at_angles)


def test_row_that_is_ok_but_has_no_unique_limit_is_found(tmp_path, capsys):
    coherent = Physics(
        model=Spin1Chain(name="spin1_chain", n_sites=2),
        ensemble=Ensemble(zeta_diss=0),
        root_seed=1,
    )
    solved = SampleSolver(coherent, (0.0,)).rows(0)
    assert solved.status.tolist() == ["degenerate"]
    pretended = replace(
        solved,
        status=np.array(["ok"]),
        condition=np.ones(1),
        s_d=np.zeros_like(solved.s_d),
        s_max=np.zeros(1),
        angles=np.zeros((1, 1)),
    )
    put_shard(tmp_path, "chain", coherent, [pretended], 0, (0.0,))
    report, lines = recomputed(tmp_path, capsys)
    assert report.findings == 1
    assert "has status ok, but cannot be recomputed (W†L₁V must have one zero mode" in lines[1]
