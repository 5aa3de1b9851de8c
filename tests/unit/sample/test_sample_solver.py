"""Sample i is sample i: whatever was solved before, in whatever order, block or process."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from studies import assert_bit_equal

from syncsweep.config import physics as config_physics
from syncsweep.config.eta import canonical_eta
from syncsweep.config.file import load_config
from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.physics.measures import Maximum
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.steady_state import SteadyStateSolver
from syncsweep.sample import sample_solver
from syncsweep.sample.rows import FIELDS, pack_coefficients, unpack_coefficients
from syncsweep.sample.sample_solver import FAILED, SampleSolver, chi_shift
from syncsweep.sample_range import SampleRange
from syncsweep.sweep.description import Description
from syncsweep.sweep.row_table import to_table
from syncsweep.sweep.shard import read_shard, write_shard
from syncsweep.user_code import study_solver
from syncsweep.user_code.study_model import build_model

ETAS = (0.0, 1e-3, 0.5, 10.0)
PAIR = Physics(model=SpinHalfPair(name="spin_half_pair"), ensemble=Ensemble(), root_seed=1)
CHAIN = Physics(model=Spin1Chain(name="spin1_chain"), ensemble=Ensemble(), root_seed=1)
NUMBERS = [f.name for f in FIELDS if f.name not in ("status", "method")]


@pytest.fixture(scope="module")
def fresh():
    """Each of six samples from a solver that has solved nothing else."""
    return [SampleSolver(PAIR, ETAS).rows(i) for i in range(6)]


@pytest.mark.parametrize("order", [range(6), range(5, -1, -1), [3, 3, 0, 5, 0, 3], [4]])
def test_sample_does_not_depend_on_what_was_solved_before(fresh, order):
    solver = SampleSolver(PAIR, ETAS)
    for i in order:
        assert_bit_equal(solver.rows(i), fresh[i])


def test_sample_does_not_depend_on_global_random_state(fresh):
    np.random.seed(7)  # noqa: NPY002
    assert_bit_equal(SampleSolver(PAIR, ETAS).rows(2), fresh[2])
    chi_shift(1, 2, 1)
    assert_bit_equal(SampleSolver(PAIR, ETAS).rows(2), fresh[2])


def test_sample_of_the_chain_does_not_depend_on_what_was_solved_before():
    etas = (1e-6, 1e-3, 0.1, 1.0, 10.0)  # enough for the shared Krylov space
    solver = SampleSolver(CHAIN, etas)
    first = [solver.rows(i) for i in (0, 1)]
    assert "krylov" in first[0].method
    assert_bit_equal(solver.rows(0), first[0])
    assert_bit_equal(SampleSolver(CHAIN, etas).rows(1), first[1])


@pytest.mark.parametrize("kind", ["bonds", "sites"])
def test_sample_of_local_terms_does_not_depend_on_what_was_solved_before(kind):
    physics = Physics(model=PAIR.model, ensemble=Ensemble(kind=kind), root_seed=1)
    solver = SampleSolver(physics, ETAS)
    first = [solver.rows(i) for i in (2, 0, 1)]
    assert_bit_equal(SampleSolver(physics, ETAS).rows(1), first[2])
    assert len({rows.s_max[-1] for rows in first}) == 3


FEW_TERMS = [Ensemble(kind="bonds"), Ensemble(rank=2)]


@pytest.mark.parametrize("ensemble", FEW_TERMS, ids=["bonds", "rank 2"])
def test_samples_of_few_terms_need_no_matrix(ensemble, monkeypatch):
    """Above three spins; and each is the same sample, whatever was solved before."""
    monkeypatch.setattr(SteadyStateSolver, "_solve", None)
    model, etas = Spin1Chain(name="spin1_chain", n_sites=4), (0.0, 1e-4, 0.3)
    physics = Physics(model=model, ensemble=ensemble, root_seed=1)
    solver = SampleSolver(physics, etas)
    first = [solver.rows(i) for i in (1, 0)]
    assert first[0].status.tolist() == ["ok"] * 3
    assert first[0].method.tolist() == ["krylov", "krylov", "gmres"]
    assert_bit_equal(SampleSolver(physics, etas).rows(0), first[1])


@pytest.mark.parametrize("law", [{"kind": "bonds"}, {"kind": "sites"}, {"rank": 2}])
def test_samples_of_few_terms_are_those_of_matrices(law, monkeypatch):
    """Three spins are small enough for both."""
    physics = Physics(model=CHAIN.model, ensemble=Ensemble(**law), root_seed=1)
    matrices = SampleSolver(physics, ETAS).rows(3)
    monkeypatch.setattr(config_physics, "_SMALL", 26)
    operators = SampleSolver(physics, ETAS).rows(3)
    assert "gmres" in operators.method and "gmres" not in matrices.method
    assert np.abs(operators.s_d - matrices.s_d).max() < 1e-12 * matrices.s_d[0, 0]


def test_models_that_no_solver_serves_are_refused_in_one_line():
    model = Spin1Chain(name="spin1_chain", n_sites=5, J=0.0)
    physics = Physics(model=model, ensemble=Ensemble(kind="sites"), root_seed=1)
    with pytest.raises(ConfigError, match="D = 243 dimensions cannot be solved: "):
        SampleSolver(physics, ETAS)


def test_samples_and_seeds_differ(fresh):
    for one, other in permutations(fresh, 2):
        assert np.all(one.s_max != other.s_max)
    reseeded = Physics(model=PAIR.model, ensemble=PAIR.ensemble, root_seed=2)
    assert np.all(SampleSolver(reseeded, ETAS).rows(0).s_max != fresh[0].s_max)


def test_rows_of_one_sample_have_the_documented_shapes(fresh):
    n_k, n_angles = relative_frequencies((0.5, 0.5)).shape
    for i, rows in enumerate(fresh):
        assert rows.sample.tolist() == [i] * len(ETAS)
        assert rows.eta.tolist() == list(ETAS)
        assert rows.s_d.shape == (len(ETAS), 2 * n_k - 1)
        assert rows.angles.shape == (len(ETAS), n_angles)
        assert rows.status.tolist() == ["ok"] * len(ETAS)
        for name in set(NUMBERS) - {"s_d", "angles"}:
            assert getattr(rows, name).shape == (len(ETAS),)


def test_values_of_the_chain_do_not_depend_on_the_block():
    study = load_config(Path(__file__).parents[3] / "config.yaml").studies["spin1_chain"]
    etas = study.eta_blocks[0].etas
    whole = SampleSolver(CHAIN, etas).rows(0)
    assert "krylov" in whole.method
    for index in (0, 9, 17, 28):
        single = SampleSolver(CHAIN, (etas[index],)).rows(0)
        assert single.method.tolist() == ["direct"]
        s_max = whole.s_max[index]
        assert single.s_max[0] == pytest.approx(s_max, rel=1e-10, abs=0)
        # Coefficients relative to S_max: they are its scale at small η.
        np.testing.assert_allclose(
            single.s_d[0], whole.s_d[index], rtol=0, atol=1e-10 * whole.s_max[index]
        )


def test_values_of_the_pair_do_not_depend_on_the_block(fresh):
    etas = tuple(sorted({*ETAS, *(canonical_eta(10 ** (k / 4)) for k in range(-16, 5))}))
    whole = SampleSolver(PAIR, etas).rows(3)
    for index, eta in enumerate(ETAS):
        place = etas.index(eta)
        alone = SampleSolver(PAIR, (eta,)).rows(3)
        for rows, row in ((fresh[3], index), (alone, 0)):
            scale = whole.s_max[place]
            assert rows.s_max[row] == pytest.approx(scale, rel=1e-10, abs=0)
            np.testing.assert_allclose(rows.s_d[row], whole.s_d[place], rtol=0, atol=1e-10 * scale)


def test_all_eta_of_a_sample_share_the_perturbation(fresh, monkeypatch):
    drawn = []
    draw = study_solver.random_generators

    def counted(*arguments, **options):
        drawn.append(draw(*arguments, **options))
        return drawn[-1]

    monkeypatch.setattr(study_solver, "random_generators", counted)
    assert_bit_equal(SampleSolver(PAIR, ETAS).rows(1), fresh[1])
    assert len(drawn) == 1


def test_shift_of_chi_is_one_for_a_sample_and_in_the_unit_interval():
    shifts = np.array([chi_shift(1, i, 2) for i in range(2000)])
    assert shifts.shape == (2000, 2)
    assert np.all((shifts >= 0) & (shifts < 1))
    # Asked for again, for any other η or after anything else, it is the same.
    for i in (1999, 0, 5, 5):
        assert chi_shift(1, i, 2).tolist() == shifts[i].tolist()
    assert shifts[5].tolist() == stream(1, 5, Purpose.CHI_SHIFT).random(2).tolist()
    # Uniform: mean 1/2 and variance 1/12, to five standard errors; neighbours uncorrelated.
    assert np.abs(shifts.mean(axis=0) - 0.5).max() < 5 / np.sqrt(12 * 2000)
    assert np.abs(shifts.var(axis=0) - 1 / 12).max() < 5 / np.sqrt(180 * 2000)
    assert abs(np.corrcoef(shifts[:-1, 0], shifts[1:, 0])[0, 1]) < 5 / np.sqrt(2000)
    assert len(np.unique(shifts)) == shifts.size


@pytest.mark.parametrize("shape", [(1,), (2,), (10,), (29, 10), (2, 3, 43)])
def test_packed_coefficients_are_unpacked(shape):
    rng = np.random.default_rng(1)
    coefficients = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    coefficients[..., 0] = coefficients[..., 0].real
    packed = pack_coefficients(coefficients)
    assert packed.dtype == float
    assert packed.shape == (*shape[:-1], 2 * shape[-1] - 1)
    np.testing.assert_array_equal(unpack_coefficients(packed), coefficients)
    np.testing.assert_array_equal(pack_coefficients(unpack_coefficients(packed)), packed)


def test_packed_coefficients_are_s0_then_real_then_imaginary_parts():
    coefficients = np.array([[0.5, 1 + 2j, 3 + 4j]])
    assert pack_coefficients(coefficients).tolist() == [[0.5, 1, 3, 2, 4]]


def test_first_coefficient_is_that_of_a_normalised_distribution(fresh):
    for rows in fresh:
        np.testing.assert_allclose(rows.s_d[:, 0], 1 / (2 * np.pi), rtol=1e-12)


@pytest.mark.parametrize("stage", ["random_generators", "coefficients_of", "s_max"])
def test_sample_whose_linear_algebra_fails_is_a_row_with_a_status(
    fresh, tmp_path, monkeypatch, stage
):
    solver = SampleSolver(PAIR, ETAS)
    with monkeypatch.context() as patch:

        def fail(*arguments, **options):
            raise np.linalg.LinAlgError("Eigenvalues did not converge")

        patch.setattr(study_solver if stage == "random_generators" else sample_solver, stage, fail)
        failed = solver.rows(1)
    assert failed.status.tolist() == [FAILED] * len(ETAS) == ["failed"] * len(ETAS)
    assert failed.sample.tolist() == [1] * len(ETAS)
    assert failed.eta.tolist() == list(ETAS)
    for name in set(NUMBERS) - {"sample", "eta"}:
        values = getattr(failed, name)
        assert values.shape == getattr(fresh[1], name).shape
        assert np.all(np.isnan(values)), name
    # The next sample is as if nothing had happened, and all go into one shard.
    assert_bit_equal(solver.rows(2), fresh[2])
    table = to_table([fresh[0], failed, fresh[2]])
    which = Description("pair", PAIR, ETAS), SampleRange(0, 3)
    write_shard(tmp_path / "shard", table, *which, {})
    status = read_shard(tmp_path / "shard", *which).column("status").to_pylist()
    assert status == ["ok"] * 4 + ["failed"] * 4 + ["ok"] * 4


def test_model_has_the_parameters_of_the_study():
    parameters = {"n_sites": 2, "omega": 1.5, "J": 0.25, "delta": 0.75, "gamma": 3.0}
    chain = Physics(
        model=Spin1Chain(name="spin1_chain", **parameters), ensemble=Ensemble(), root_seed=1
    )
    model = build_model(chain)
    assert (model.name, model.spins) == ("spin1_chain", (1, 1))
    # ⟨1,1|H|1,1⟩ = 2ω + Δ, ⟨1,0|H|0,1⟩ = 2J and ⟨1|L|1⟩ = √γ.
    assert model.hamiltonian[0, 0] == pytest.approx(2 * 1.5 + 0.75)
    assert model.hamiltonian[1, 3] == pytest.approx(2 * 0.25)
    assert model.jump_operators[0][0, 0] == pytest.approx(np.sqrt(3.0))
    assert chain.model.spins == model.spins
    assert PAIR.model.spins == build_model(PAIR).spins
    assert PAIR.model.n_sites == build_model(PAIR).n_sites


@pytest.mark.parametrize(
    "ensemble",
    [
        {"zeta_coh": 0},
        {"zeta_diss": 0},
        {"zeta_coh": 2},
        {"zeta_diss": 2},
        {"basis": "orthonormal"},
        {"rank": 1},
        {"kind": "bonds"},
        {"kind": "sites"},
    ],
    ids=str,
)
def test_every_entry_of_the_ensemble_reaches_the_rows(fresh, ensemble):
    physics = Physics(model=PAIR.model, ensemble=Ensemble(**ensemble), root_seed=1)
    changed = SampleSolver(physics, ETAS).rows(0)
    # Not at η → 0⁺: there only the rates between the steady states count.
    for eta, before, after in zip(ETAS[1:], fresh[0].s_max[1:], changed.s_max[1:], strict=True):
        assert abs(after / before - 1) > 1e-6, eta


@pytest.mark.parametrize(
    ("s_max", "allowed"), [(1e-3, 1e-10), (1e-6, 1e-11), (0.0, 1e-11), (1.0, 1e-9)]
)
def test_a_row_is_ok_up_to_the_error_that_its_s_max_allows(s_max, allowed, monkeypatch):
    """1e-7 of S_max, at least 1e-11 and at most 1e-9, in units of the uniform density."""
    uniform = 1 / (2 * np.pi)
    maximum = Maximum(np.array([s_max * uniform]), np.zeros((1, 1)))
    solve = sample_solver.solve_together

    def with_error(error):
        def changed(*arguments):
            steady = solve(*arguments)
            return replace(steady, residual=error * steady.condition)

        monkeypatch.setattr(sample_solver, "solve_together", changed)
        return SampleSolver(PAIR, (1.0,)).rows(0).status.tolist()

    monkeypatch.setattr(sample_solver, "s_max", lambda *_: maximum)
    assert with_error(0.9 * allowed) == ["ok"]
    assert with_error(1.1 * allowed) == ["inaccurate"]
