"""Tables and figure of dynamical synchronization, and its decay under a perturbation."""

import numpy as np
import pytest
from paper_results import draw_figure, make_part

from syncsweep.paper.parts.dynamics import Request
from syncsweep.physics.models import magnetization, spin1_chain, spin_flip
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.superoperators import from_real, vectorize

REQUEST = Request(root_seed=11, initial_states=2, chain_eta=5e-4, pair_eta=2e-3)
SITES = {"spin1_chain": 3, "spin_half_pair": 2}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return make_part("dynamics", REQUEST, tmp_path_factory.mktemp("dynamics"))


@pytest.fixture(scope="module")
def fits(tables):
    return tables["fits"]


@pytest.fixture(scope="module")
def series(tables):
    return tables["series"]


def of(table, model, perturbed):
    return table[(table["model"] == model) & ((table["eta"] > 0) == perturbed)]


def angle(difference):
    """Difference of phases in (−π, π]."""
    return np.angle(np.exp(1j * np.asarray(difference)))


def test_every_state_and_site_has_its_fits(fits):
    for model, sites in SITES.items():
        for perturbed, eta in ((False, 0.0), (True, None)):
            rows = of(fits, model, perturbed)
            assert len(rows) == 2 * sites
            assert rows["site"].tolist() == [*range(1, sites + 1)] * 2
            expected = eta if eta is not None else {3: 5e-4, 2: 2e-3}[sites]
            assert rows["eta"].unique().tolist() == [expected]


def test_chain_is_in_step_at_twice_omega(fits):
    free = of(fits, "spin1_chain", False)
    np.testing.assert_allclose(free["frequency"], 2, atol=1e-6)
    np.testing.assert_allclose(free["decay_rate"], 0, atol=1e-6)
    for _, sites in free.groupby("initial_state"):
        assert np.abs(angle(sites["phase"] - sites["phase"].iloc[0])).max() < 1e-4
        np.testing.assert_allclose(sites["amplitude"], sites["amplitude"].iloc[0], rtol=1e-4)


def test_pair_is_in_antiphase_at_its_frequency(fits):
    free = of(fits, "spin_half_pair", False)
    np.testing.assert_allclose(free["frequency"], 2.4, atol=1e-6)
    np.testing.assert_allclose(free["decay_rate"], 0, atol=1e-6)
    for _, sites in free.groupby("initial_state"):
        assert abs(angle(sites["phase"].diff().iloc[1] - np.pi)) < 1e-5
        assert sites["amplitude"].iloc[0] == pytest.approx(sites["amplitude"].iloc[1], rel=1e-5)


@pytest.mark.parametrize("model", SITES)
def test_amplitudes_and_phases_without_perturbation_are_the_predicted_ones(fits, model):
    free = of(fits, model, False)
    np.testing.assert_allclose(free["amplitude"], free["amplitude_predicted"], rtol=1e-4)
    assert np.abs(angle(free["phase"] - free["phase_predicted"])).max() < 1e-4
    assert free["amplitude"].min() > 1e-4
    assert (free["decay_rate_predicted"].abs() < 1e-12).all()


@pytest.mark.parametrize("model", SITES)
def test_oscillation_decays_at_the_predicted_rate_under_a_perturbation(fits, model):
    damped = of(fits, model, True)
    np.testing.assert_allclose(damped["decay_rate"], damped["decay_rate_predicted"], rtol=5e-3)
    shift = damped["frequency_predicted"] - {"spin1_chain": 2.0, "spin_half_pair": 2.4}[model]
    assert (shift.abs() > 1e-5).all()
    errors = (damped["frequency"] - damped["frequency_predicted"]).abs()
    assert (errors < 0.1 * shift.abs()).all()
    # The amplitudes and phases change in first order in η.
    np.testing.assert_allclose(damped["amplitude"], damped["amplitude_predicted"], rtol=0.03)
    assert np.abs(angle(damped["phase"] - damped["phase_predicted"])).max() < 0.03


def test_perturbation_is_that_of_sample_zero_and_the_rate_that_of_its_coherence(fits):
    rng = stream(REQUEST.root_seed, 0, Purpose.PERTURBATION)
    L1 = from_real(random_generator(rng, 27))
    model = spin1_chain(3)
    plus = np.rint(np.diag(magnetization(model)).real) == 1
    coherence = vectorize(spin_flip(model) @ np.diag(plus.astype(float)))
    shift = coherence @ L1 @ coherence / 6
    damped = of(fits, "spin1_chain", True)
    np.testing.assert_allclose(damped["decay_rate_predicted"], -5e-4 * shift.real, rtol=1e-9)
    np.testing.assert_allclose(damped["frequency_predicted"], 2 + 5e-4 * shift.imag, rtol=1e-9)


@pytest.mark.parametrize("model", SITES)
@pytest.mark.parametrize("perturbed", [False, True])
def test_late_values_are_those_of_the_decay_free_modes(series, fits, model, perturbed):
    start = of(fits, model, perturbed)["fit_start"].iloc[0]
    rows = of(series, model, perturbed)
    late = rows[rows["time"] >= start]
    largest = late["envelope"].max()
    error = (late["value"] - late["late"]).abs().max()
    assert error < (0.03 if perturbed else 1e-5) * largest
    beyond = (late["late"] - late["background"]).abs() - late["envelope"]
    assert beyond.max() < 1e-12
    assert late["envelope"].iloc[0] > 0


def test_fits_begin_when_transients_are_gone_and_end_with_the_series(series, fits):
    for model, slowest in (("spin1_chain", 0.115865), ("spin_half_pair", 0.25)):
        rows = of(fits, model, False)
        assert np.exp(-slowest * rows["fit_start"]).max() <= np.exp(-14) * (1 + 1e-4)
        assert rows["fit_stop"].iloc[0] == of(series, model, False)["time"].max()
        times = of(series, model, False).query("initial_state == 0 and site == 1")["time"]
        assert times.iloc[0] == 0
        np.testing.assert_allclose(np.diff(times), times.iloc[1], rtol=1e-9)


def test_initial_states_differ(series):
    first = series[series["time"] == 0]
    assert first.groupby(["model", "site"])["value"].nunique().eq(2).all()


def test_tables_keep_what_all_parts_promise(tables, tmp_path):
    tables.check(tmp_path)


def test_figure_keeps_what_all_figures_promise_and_shows_the_series(tables, series, tmp_path):
    drawn = draw_figure("figS_dynamics", tables.folder, tmp_path / "drawn")
    drawn.check(tmp_path)
    # Every row of a panel is one of the series, which are told apart by their values.
    known = set(series["value"].tolist())
    for panel in "abcdef":
        values = drawn.data(panel)["value"]
        assert len(values) > 90 and set(values) <= known
