"""The tables of quality factors, against spectra computed here."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from paper_results import make_part

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.paper.parts.quality import Request, Sampled, make
from syncsweep.physics.models import magnetization, spin1_chain, spin_flip
from syncsweep.physics.perturbation import random_liouvillian
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.superoperators import liouvillian, vectorize
from syncsweep.tables import ResultsError, parse_request

SEED = 9
SAMPLES = 4
ETAS = (1e-3, 0.05, 2.0)


def physics(n_sites, **parameters):
    model = Spin1Chain(name="spin1_chain", n_sites=n_sites, **parameters)
    return Physics(model=model, ensemble=Ensemble(), root_seed=SEED)


REQUEST = Request(
    chains=[
        Sampled(physics=physics(2), samples=SAMPLES),
        Sampled(physics=physics(2, J=0.0, delta=0.0), samples=SAMPLES),
    ],
    etas=ETAS,
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return make_part("quality", REQUEST, tmp_path_factory.mktemp("quality"))


def perturbation(sample):
    return random_liouvillian(stream(SEED, sample, Purpose.PERTURBATION), 9)


def test_q_is_that_of_the_spectra_of_the_samples_of_a_sweep(tables):
    table = tables["quality"]
    assert table["model"].tolist() == ["coupled"] * 3 + ["decoupled"] * 3
    assert table["eta"].tolist() == [*ETAS, *ETAS]
    assert (table["n_sites"] == 2).all() and (table["samples"] == SAMPLES).all()
    for kind, parameters in {"coupled": {}, "decoupled": {"J": 0, "delta": 0}}.items():
        model = spin1_chain(2, **parameters)
        L0 = liouvillian(model.hamiltonian, model.jump_operators).toarray()
        q = np.empty((SAMPLES, len(ETAS)))
        for sample, row in enumerate(q):
            L1 = perturbation(sample)
            for index, eta in enumerate(ETAS):
                eigenvalues = np.linalg.eigvals(L0 + eta * L1)
                others = np.delete(eigenvalues, np.argmin(np.abs(eigenvalues)))
                row[index] = np.max(np.abs(others.imag / others.real)) / 2
        chosen = table[table["model"] == kind]
        assert_allclose(chosen["q"], q.mean(axis=0), rtol=1e-8)
        assert_allclose(chosen["q_se"], q.std(axis=0, ddof=1) / np.sqrt(SAMPLES), rtol=1e-6)


def test_q1_and_its_shift_are_those_of_the_flip_within_one_sector(tables):
    """μ₁ = Tr[(PΠ₁)†L₍₁₎[PΠ₁]]/D₁ with D₁ = 2, and Q₁ = |2ω + η Im μ₁|/(2η|Re μ₁|)."""
    model = spin1_chain(2)
    sector = np.diag(np.isclose(np.diag(magnetization(model)).real, 1).astype(float))
    mode = vectorize(spin_flip(model) @ sector)
    shifts = np.array([mode.conj() @ perturbation(i) @ mode / 2 for i in range(20 * SAMPLES)])
    row = tables["shifts"].iloc[0]
    assert (row["model"], row["modes"], row["samples"]) == ("coupled", 1, 20 * SAMPLES)
    assert row["re_mu"] == pytest.approx(shifts.real.mean(), rel=1e-9)
    assert row["im_mu"] == pytest.approx(shifts.imag.mean(), rel=1e-9)
    assert row["re_mu_se"] == pytest.approx(
        shifts.real.std(ddof=1) / np.sqrt(20 * SAMPLES), rel=1e-9
    )
    assert row["im_mu_se"] == pytest.approx(
        shifts.imag.std(ddof=1) / np.sqrt(20 * SAMPLES), rel=1e-9
    )
    eta, shifts = np.array(ETAS), shifts[:SAMPLES]
    q1 = np.abs(2 + np.outer(shifts.imag, eta)) / (2 * np.outer(np.abs(shifts.real), eta))
    table = tables["quality"].iloc[:3]
    assert_allclose(table["q1"], q1.mean(axis=0), rtol=1e-9)
    assert_allclose(table["q1_se"], q1.std(axis=0, ddof=1) / np.sqrt(SAMPLES), rtol=1e-8)


def test_decoupled_spins_have_six_modes_at_twice_omega(tables):
    row = tables["shifts"].iloc[1]
    assert (row["model"], row["modes"]) == ("decoupled", 6)


def test_mean_shift_of_three_coupled_spins_is_minus_28(tmp_path):
    request = Request(chains=[Sampled(physics=physics(3), samples=2)], etas=[1.0])
    row = make_part("quality", request, tmp_path)["shifts"].iloc[0]
    assert row["re_mu_se"] < 0.03
    assert row["re_mu"] == pytest.approx(-28, abs=3 * row["re_mu_se"])


def test_omega_sets_the_frequency(tmp_path, tables):
    scaled = physics(2, omega=3.0)
    chains = [Sampled(physics=scaled, samples=SAMPLES)]
    request = Request(chains=chains, etas=[1e-5 * (1 + 1e-14)])
    row = make_part("quality", request, tmp_path)["quality"].iloc[0]
    shift = tables["shifts"].iloc[0]
    assert row["eta"] == 1e-5
    assert row["q1"] == pytest.approx(3.0 / (1e-5 * -shift["re_mu"]), rel=0.01)


def test_tables_keep_what_all_parts_promise(tables, tmp_path):
    tables.check(tmp_path)


def test_ensemble_of_the_physics_is_the_one_that_is_drawn(tmp_path):
    half = physics(2).model_copy(update={"ensemble": Ensemble(zeta_coh=0.5, zeta_diss=0.5)})
    chains = [Sampled(physics=chosen, samples=2) for chosen in (physics(2), half)]
    shifts = make_part("quality", Request(chains=chains, etas=[1.0]), tmp_path)["shifts"]
    assert_allclose(shifts["re_mu"][1], shifts["re_mu"][0] / 2, rtol=1e-9)


def test_another_model_is_refused_in_one_line(tmp_path):
    pair = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=SEED)
    request = Request(chains=[Sampled(physics=pair, samples=2)], etas=[1.0])
    with pytest.raises(ResultsError, match="needs a spin1_chain, but has spin_half_pair"):
        make(request, tmp_path / "tables")
    assert not (tmp_path / "tables").exists()


def test_eta_zero_where_oscillations_are_not_damped_is_refused():
    text = REQUEST.text.replace("[0.001,", "[0.0,")
    with pytest.raises(ResultsError, match=r"--request: etas\.0: input should be greater than 0"):
        parse_request(Request, text)
