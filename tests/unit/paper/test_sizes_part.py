"""Tables of larger chains from small sweeps, and those of the first order in η."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paper_results import make_part
from studies import StudyOnDisk, rows_of

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain
from syncsweep.paper.parts import first_order, sizes
from syncsweep.paper.theory.locking_window import direction_of_chain, locked_share
from syncsweep.paper.theory.loss_of_locking import half
from syncsweep.physics.ensembles import random_local_sum, random_low_rank
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.sample.sample_solver import FAILED

SAMPLES = 12
BLOCKS = ((1e-2, 1e-4, 1e-3), (0.0, 10.0, 1e-1))
CASES = {("bonds", 2): {"kind": "bonds"}, ("rank-1", 3): {"rank": 1}}


def physics(n_sites, seed=4, omega=1.0, **ensemble):
    model = Spin1Chain(
        name="spin1_chain", n_sites=n_sites, omega=omega, J=omega / 2, delta=omega / 2,
        gamma=2 * omega,
    )  # fmt: skip
    return Physics(model=model, ensemble=Ensemble(**ensemble), root_seed=seed)


@pytest.fixture(scope="module")
def solved():
    return {
        (name, n): {etas: rows_of(physics(n, **law), SAMPLES, etas) for etas in BLOCKS}
        for (name, n), law in CASES.items()
    }


def made_from(parent, solved):
    chains = [
        sizes.Chain(
            ensemble=name,
            rows=StudyOnDisk(parent, f"{name}-{n}", physics(n, **CASES[name, n]), rows, 5).request,
        )
        for (name, n), rows in solved.items()
    ]
    return make_part("sizes", sizes.Request(chains=chains), parent / "tables")


@pytest.fixture(scope="module")
def part(tmp_path_factory, solved):
    return made_from(tmp_path_factory.mktemp("sizes"), solved)


def explicit_shares(blocks, n_sites):
    """ℛ by ascending η, {η: (samples,)}."""
    direction, found = direction_of_chain(n_sites), {}
    for etas, rows in blocks.items():
        s = np.array([unpack_coefficients(sample.s_d) for sample in rows])
        for k, eta in enumerate(etas):
            found[eta] = locked_share(s[:, k], direction)
    return dict(sorted(found.items()))


def test_locking_is_that_of_the_shares_with_the_largest_eta_as_the_limit(part, solved):
    for (name, n_sites), blocks in solved.items():
        table = part["sizes"].query(f"ensemble == '{name}'").set_index("eta")
        shares = explicit_shares(blocks, n_sites)
        assert table.index.tolist() == list(shares)
        assert (table["n"] == SAMPLES).all() and (table["n_sites"] == n_sites).all()
        infinity = shares[10.0].mean()
        for eta, of_eta in shares.items():
            expected = (of_eta.mean() - infinity) / (1 - infinity)
            assert table.loc[eta, "locking"] == pytest.approx(expected, rel=1e-9, abs=1e-12)
            assert table.loc[eta, "r_mean"] == pytest.approx(of_eta.mean(), rel=1e-9)
        assert table.loc[0.0, "locking"] == pytest.approx(1) and table.loc[10.0, "locking_se"] == 0


def test_half_is_that_of_the_shares_and_in_both_units(part, solved):
    for (name, n_sites), blocks in solved.items():
        (row,) = part["half"].query(f"ensemble == '{name}'").to_dict("records")
        shares = explicit_shares(blocks, n_sites)
        positive = np.array([of_eta for eta, of_eta in shares.items() if eta > 0])
        etas = [eta for eta in shares if eta > 0]
        value, error = half(np.array(etas), positive.T, shares[10.0])
        assert (row["half"], row["half_se"]) == pytest.approx((value, error), rel=1e-9)
        assert row["kappa"] == pytest.approx(88 / 9 if name == "bonds" else 27 + 1 - 2 / 27)
        expected = (row["kappa"] * value, row["kappa"] * error)
        assert (row["half_kappa"], row["half_kappa_se"]) == pytest.approx(expected, rel=1e-9)


def test_limit_of_solved_samples_is_the_closed_form(part, solved, tmp_path):
    assert (part["half"]["limit_difference"] < 1e-9).all()
    blocks = {etas: list(rows) for etas, rows in solved["bonds", 2].items()}
    rows = blocks[BLOCKS[1]][2]
    blocks[BLOCKS[1]][2] = replace(rows, s_max=rows.s_max * 1.25)
    wrong = made_from(tmp_path, {("bonds", 2): blocks})["half"]
    assert wrong["limit_difference"].to_list() == pytest.approx([0.25], rel=1e-6)


def test_files_are_whole_and_equal_if_made_again(part, tmp_path):
    part.check(tmp_path)


def test_a_sample_that_failed_at_one_eta_is_left_out_at_all(tmp_path, solved):
    blocks = {etas: list(rows) for etas, rows in solved["bonds", 2].items()}
    whole = blocks[BLOCKS[0]][3]
    status = np.where(whole.eta == 1e-4, FAILED, whole.status)
    blocks[BLOCKS[0]][3] = replace(whole, status=status)
    table = made_from(tmp_path, {("bonds", 2): blocks})["sizes"].set_index("eta")
    assert (table["n"] == SAMPLES - 1).all()
    kept = np.delete(explicit_shares(blocks, 2)[1e-4], 3)
    assert table.loc[1e-4, "r_mean"] == pytest.approx(kept.mean(), rel=1e-9)


@pytest.mark.parametrize("basis", ["paper", "orthonormal"])
@pytest.mark.parametrize("kind", ["global", "bonds", "sites"])
def test_mean_decay_of_an_ensemble_is_that_of_its_samples(kind, basis):
    law, spins = {"zeta_diss": 0.7, "basis": basis}, (1, 0.5, 1)
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        if kind == "global":
            found.append(random_low_rank(rng, 18, rank=3, **law).mean_decay)
        else:
            found.append(random_local_sum(rng, spins, kind, **law).mean_decay)
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert Ensemble(kind=kind, **law).mean_decay(spins) == pytest.approx(
        np.mean(found), abs=4 * error + 1e-9
    )


def of_first_order(parent, omega=1.0):
    chains = [
        first_order.Chain(name=name, n_sites=n, ensemble=Ensemble(**law), samples=9)
        for name, n, law in (
            ("full", 2, {}),
            ("full", 3, {}),
            ("rank-1", 2, {"rank": 1}),
            ("sites", 3, {"kind": "sites"}),
        )
    ]
    model = physics(2, omega=omega).model
    request = first_order.Request(root_seed=7, model=model, chains=chains)
    return make_part("first_order", request, parent / "tables")


@pytest.fixture(scope="module")
def in_first_order(tmp_path_factory):
    return of_first_order(tmp_path_factory.mktemp("first"))


def test_first_order_is_near_what_samples_of_the_same_seed_show(in_first_order, tmp_path):
    in_first_order.check(tmp_path)
    table = in_first_order["first_order"].set_index(["ensemble", "n_sites"])
    assert len(table) == 4 and (table["n"] == 9).all()
    assert table["zero_modes"].to_list() == [2 * (n + 1) for _, n in table.index]
    etas = np.logspace(-5, 1, 25)
    rows = rows_of(physics(3, seed=7, kind="sites"), 9, tuple(etas))
    shares = explicit_shares({tuple(etas): rows}, 3)
    value, error = half(etas, np.array(list(shares.values())).T, shares[etas[-1]])
    found = table.loc["sites", 3]
    assert found["half"] == pytest.approx(value, rel=0.2)
    assert found["half_se"] == pytest.approx(error, rel=0.3)
    assert found["half_kappa"] == pytest.approx(10 * found["half"])


def test_first_order_in_units_of_omega_does_not_depend_on_omega(in_first_order, tmp_path):
    """Nor does κη_½/ω, because κ has no unit."""
    again = of_first_order(tmp_path, omega=100.0)
    columns = ["half", "half_se", "half_kappa"]
    pd.testing.assert_frame_equal(
        again["first_order"][columns], in_first_order["first_order"][columns], rtol=1e-2
    )
