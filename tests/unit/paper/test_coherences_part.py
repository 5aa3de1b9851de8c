"""The table of the coherences of decoupled spins, from small sweeps of two and three."""

import numpy as np
import pytest
from paper_results import make_part
from studies import StudyOnDisk, rows_of

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain
from syncsweep.paper.parts.coherences import Request
from syncsweep.physics.decoupled_limit import coherences
from syncsweep.sample.rows import unpack_coefficients
from syncsweep.tables import ResultsError


def decoupled(n_sites, **change):
    model = {"n_sites": n_sites, "J": 0.0, "delta": 0.0, **change}
    return Physics(model=Spin1Chain(name="spin1_chain", **model), ensemble=Ensemble(), root_seed=4)


@pytest.fixture(scope="module")
def solved():
    etas = {2: (1e-6, 0.0), 3: (0.0,)}
    return {n: {etas[n]: rows_of(decoupled(n), {2: 300, 3: 12}[n], etas[n])} for n in (2, 3)}


@pytest.fixture(scope="module")
def table(solved, tmp_path_factory):
    parent = tmp_path_factory.mktemp("coherences")
    studies = tuple(
        StudyOnDisk(parent, f"free-n{n}", decoupled(n), rows, 7).request
        for n, rows in solved.items()
    )
    return make_part("coherences", Request(studies=studies, draws=2000), parent)["coherences"]


def test_means_are_those_of_the_samples_and_agree_with_the_law(table, solved):
    two = table[table["n_sites"] == 2].set_index("quantity")
    s_d = [unpack_coefficients(rows.s_d)[1] for rows in solved[2][1e-6, 0.0]]
    c = coherences(np.array(s_d), 2)[:, 0]
    assert two.index.tolist() == ["modulus_12", "phase_12"]
    assert two.loc["modulus_12", "solved"] == pytest.approx(np.abs(c).mean(), rel=1e-12)
    assert two.loc["phase_12", "solved"] == pytest.approx((c.real / np.abs(c)).mean(), rel=1e-12)
    assert (table["n"] == np.where(table["n_sites"] == 2, 300, 12)).all()
    assert table["quantity"].tolist()[2:] == [
        *(f"{kind}_{pair}" for pair in (12, 13, 23) for kind in ("modulus", "phase")), "loop_123"
    ]  # fmt: skip
    error = np.hypot(table["solved_se"], table["law_se"])
    assert (np.abs(table["solved"] - table["law"]) < 4 * error).all()
    assert (table["p_value"] > 1e-3).all()


def test_a_study_of_coupled_spins_or_without_the_limit_is_refused(solved, tmp_path):
    coupled, etas = decoupled(2, J=0.5), (1e-6,)
    for physics in (coupled, decoupled(2)):
        rows = {etas: rows_of(physics, 1, etas)}
        study = StudyOnDisk(tmp_path, "study", physics, rows, 7).request
        with pytest.raises(ResultsError, match="needs J = delta = 0"):
            make_part("coherences", Request(studies=(study,)), tmp_path / "out")
