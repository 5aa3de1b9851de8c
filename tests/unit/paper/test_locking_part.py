"""The table of Λ(η), from small sweeps of two and three spins."""

from dataclasses import replace

import numpy as np
import pytest
from paper_results import make_part
from studies import StudyOnDisk, rows_of

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.paper.parts.locking import Pair, Request, directions_of, locking_of
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample.sample_solver import FAILED
from syncsweep.tables import ResultsError
from syncsweep.tables.statistics import RunningCovariance

SAMPLES = 30
BLOCKS = ((1e-6, 1e-2, 1e3), (0.0,))
NOTHING = {"omega": 0.0, "J": 0.0, "delta": 0.0, "gamma": 0.0}
DECOUPLED = {"J": 0.0, "delta": 0.0}


def physics(n_sites=2, seed=4, **parameters):
    model = Spin1Chain(name="spin1_chain", n_sites=n_sites, **parameters)
    return Physics(model=model, ensemble=Ensemble(), root_seed=seed)


def stored(parent, name, chosen, rows, chunk_size=7):
    return StudyOnDisk(parent, name, chosen, rows, chunk_size).request


@pytest.fixture(scope="module")
def solved():
    """Rows of two coupled spins, of two decoupled ones, and of their perturbations alone."""
    return {
        "coupled": {etas: rows_of(physics(), SAMPLES, etas) for etas in BLOCKS},
        "decoupled": {etas: rows_of(physics(**DECOUPLED), SAMPLES, etas) for etas in BLOCKS},
        "alone": {(0.0,): rows_of(physics(**NOTHING), SAMPLES, (0.0,))},
    }


PHYSICS = {"coupled": physics(), "decoupled": physics(**DECOUPLED), "alone": physics(**NOTHING)}


def pair_of(parent, solved, kind="coupled", **options):
    studied, alone = (
        stored(parent, name, PHYSICS[name], solved[name], **options) for name in (kind, "alone")
    )
    return Pair(studied=studied, alone=alone)


def table_of(parent, *pairs):
    return make_part("locking", Request(pairs=pairs), parent / "tables")["locking"]


@pytest.fixture(scope="module")
def table(tmp_path_factory, solved):
    parent = tmp_path_factory.mktemp("locking")
    return table_of(parent, *(pair_of(parent, solved, kind) for kind in ("coupled", "decoupled")))


def explicit_shares(rows, kind):
    """(n_eta, samples) by the formulas for two spins, of s₁ and s₂."""
    s = np.array([unpack_coefficients(sample.s_d) for sample in rows]).transpose(1, 0, 2)
    first, second = s[..., 1], s[..., 2]
    inside = second.real**2 if kind == "coupled" else np.abs(second) ** 2
    return inside / (np.abs(first) ** 2 + np.abs(second) ** 2)


@pytest.mark.parametrize("kind", ["coupled", "decoupled"])
def test_shares_are_means_over_samples_of_the_explicit_formulas(table, solved, kind):
    chosen = table[table["model"] == kind].set_index("eta")
    infinity = explicit_shares(solved["alone"][0.0,], kind)[0]
    assert chosen.index.tolist() == [0.0, 1e-6, 1e-2, 1e3]
    assert (chosen["n"] == SAMPLES).all() and (chosen["n_sites"] == 2).all()
    for etas in BLOCKS:
        for eta, shares in zip(etas, explicit_shares(solved[kind][etas], kind), strict=True):
            row = chosen.loc[eta]
            assert row["r_mean"] == pytest.approx(shares.mean(), rel=1e-10)
            assert row["r_infinity"] == pytest.approx(infinity.mean(), rel=1e-10)
            for name, values in {"r": shares, "r_infinity": infinity}.items():
                error = values.std(ddof=1) / np.sqrt(SAMPLES)
                assert row[f"{name}_se"] == pytest.approx(error, rel=1e-9, abs=1e-12)
            expected = (shares.mean() - infinity.mean()) / (1 - infinity.mean())
            assert row["locking"] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", ["coupled", "decoupled"])
def test_locking_goes_from_one_in_the_limit_to_nothing_where_l0_is_negligible(table, kind):
    chosen = table[table["model"] == kind].set_index("eta")
    assert chosen.loc[0.0, "locking"] == pytest.approx(1, abs=1e-9)
    assert chosen.loc[0.0, "locking_se"] == pytest.approx(0, abs=1e-9)
    assert chosen.loc[1e3, "locking"] == pytest.approx(0, abs=1e-3)
    assert 0.2 < chosen.loc[1e-2, "locking"] < 0.9


def test_error_of_the_locking_is_that_of_its_linearised_samples():
    rng = np.random.default_rng(1)
    infinity = rng.random(50)
    shares = np.stack([0.3 + 0.7 * infinity, 0.6 * infinity + 0.4 * rng.random(50)])
    statistics = RunningCovariance(2, 2)
    for index in range(50):
        both = np.stack([shares[:, index], np.full(2, infinity[index])], axis=1)
        statistics.add(both, np.array([True, True]))
    found = locking_of(statistics)
    b = infinity.mean()
    for a, of_a, value, error in zip(
        shares.mean(axis=1), shares, found.value, found.error, strict=True
    ):
        assert value == pytest.approx((a - b) / (1 - b), rel=1e-12)
        influence = (of_a - a) / (1 - b) - (1 - a) * (infinity - b) / (1 - b) ** 2
        assert error == pytest.approx(influence.std(ddof=1) / np.sqrt(50), rel=1e-9, abs=1e-8)
    # A share that is 0.3 + 0.7 ℛ(∞) has Λ = 0.3 for any samples.
    assert found.error[0] == pytest.approx(0, abs=1e-8)


def test_three_coupled_spins_keep_the_locking_that_a_longer_run_found(tmp_path):
    """Λ = .586 and .077 at η = 1e-3 and 1e-2."""
    etas = (1e-3, 1e-2)
    studied, alone = physics(3), physics(3, **NOTHING)
    pair = Pair(
        studied=stored(tmp_path, "chain", studied, {etas: rows_of(studied, 12, etas)}),
        alone=stored(tmp_path, "alone", alone, {(0.0,): rows_of(alone, 12, (0.0,))}),
    )
    table = table_of(tmp_path, pair)
    assert (table["n_sites"] == 3).all() and (table["locking_se"] < [0.12, 0.06]).all()
    apart = np.abs(table["locking"] - [0.586, 0.077]) / table["locking_se"]
    assert (apart < 3).all()


def test_rows_without_a_known_distribution_leave_both_studies(tmp_path, solved):
    def failing(samples, sample, index):
        status = samples[sample].status.astype(object)
        status[index] = FAILED
        changed = list(samples)
        changed[sample] = replace(samples[sample], status=status.astype(str))
        return changed

    changed = {
        "coupled": {
            BLOCKS[0]: failing(solved["coupled"][BLOCKS[0]], 3, 1),
            BLOCKS[1]: solved["coupled"][BLOCKS[1]],
        },
        "alone": {(0.0,): failing(solved["alone"][0.0,], 20, 0)},
    }
    table = table_of(tmp_path, pair_of(tmp_path, changed)).set_index("eta")
    assert table["n"].tolist() == [SAMPLES - 1, SAMPLES - 1, SAMPLES - 2, SAMPLES - 1]
    kept = np.delete(np.arange(SAMPLES), [3, 20])
    infinity = explicit_shares(solved["alone"][0.0,], "coupled")[0]
    shares = explicit_shares(solved["coupled"][BLOCKS[0]], "coupled")[1]
    assert table.loc[1e-2, "r_infinity"] == pytest.approx(infinity[kept].mean(), rel=1e-10)
    assert table.loc[1e-2, "r_mean"] == pytest.approx(shares[kept].mean(), rel=1e-10)


def test_unresolved_distributions_do_not_count(tmp_path, solved):
    flat = [replace(rows, s_max=np.zeros(1)) for rows in solved["alone"][0.0,]]
    changed = {**solved, "alone": {(0.0,): [*flat[:5], *solved["alone"][0.0,][5:]]}}
    table = table_of(tmp_path, pair_of(tmp_path, changed))
    assert (table["n"] == SAMPLES - 5).all()


def test_fewer_samples_without_l0_are_paired_with_the_first_of_the_study(tmp_path, solved):
    fewer = {**solved, "alone": {(0.0,): solved["alone"][0.0,][:8]}}
    table = table_of(tmp_path, pair_of(tmp_path, fewer)).set_index("eta")
    assert (table["n"] == 8).all()
    shares = explicit_shares(solved["coupled"][BLOCKS[0]], "coupled")[1]
    assert table.loc[1e-2, "r_mean"] == pytest.approx(shares[:8].mean(), rel=1e-10)


def test_table_does_not_depend_on_the_chunk_size_in_a_single_byte(tmp_path, solved):
    written = []
    for chunk_size in (4, 30):
        parent = tmp_path / str(chunk_size)
        table_of(parent, pair_of(parent, solved, chunk_size=chunk_size))
        written.append((parent / "tables" / "locking.csv").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (physics(seed=5, **NOTHING), "must have the same root_seed, ensemble and n_sites"),
        (physics(3, **NOTHING), "must have the same root_seed, ensemble and n_sites"),
        (
            PHYSICS["alone"].model_copy(update={"ensemble": Ensemble(rank=3)}),
            "must have the same root_seed, ensemble and n_sites",
        ),
        (physics(omega=0.0, J=0.0, delta=0.0), "omega, J, delta and gamma must be 0"),
        (physics(**{**NOTHING, "omega": 1.0}), "omega, J, delta and gamma must be 0"),
        (
            Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=4),
            "needs a spin1_chain, but has spin_half_pair",
        ),
    ],
)
def test_samples_that_are_not_the_same_are_refused_in_one_line(tmp_path, solved, other, reason):
    studied = stored(tmp_path, "coupled", PHYSICS["coupled"], solved["coupled"])
    alone = stored(tmp_path, "other", other, {(0.0,): []})
    with pytest.raises(ResultsError, match=reason) as caught:
        table_of(tmp_path, Pair(studied=studied, alone=alone))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "tables").exists()


def longer_chain(**parameters):
    """Five spins, whatever the configuration allows."""
    chosen = physics(**parameters)
    model = chosen.model.model_copy(update={"n_sites": 5})
    return chosen.model_copy(update={"model": model})


def test_five_coupled_spins_have_one_direction():
    assert directions_of(longer_chain(J=0.1), "five").shape == (380, 1)


@pytest.mark.parametrize("parameter", ["J", "delta", "gamma"])
def test_five_spins_without_a_coupling_are_refused_in_one_line(parameter):
    with pytest.raises(ResultsError, match="locking: five: with more than 4 spins") as caught:
        directions_of(longer_chain(**{parameter: 0.0}), "five")
    assert "\n" not in str(caught.value)
