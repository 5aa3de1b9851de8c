"""Tables and figure of dynamical synchronization, and its decay under a perturbation."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from matplotlib.image import imread
from pydantic import ValidationError

from syncsweep.paper.figures.dynamics_figure import draw
from syncsweep.paper.parts.dynamics import Request, make
from syncsweep.physics.models import magnetization, spin1_chain, spin_flip
from syncsweep.physics.perturbation import random_generator
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.superoperators import from_real, vectorize

REQUEST = Request(root_seed=11, initial_states=2, chain_eta=5e-4, pair_eta=2e-3)
SITES = {"spin1_chain": 3, "spin_half_pair": 2}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dynamics")
    make(REQUEST, folder)
    return folder


@pytest.fixture(scope="module")
def fits(tables):
    return pq.read_table(tables / "dynamics_fits.parquet").to_pandas()


@pytest.fixture(scope="module")
def series(tables):
    return pq.read_table(tables / "dynamics_series.parquet").to_pandas()


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


def test_initial_states_differ_and_depend_on_the_seed_alone(series, tables, tmp_path):
    again = tmp_path / "again"
    make(REQUEST, again)
    for path in again.iterdir():
        assert path.read_bytes() == (tables / path.name).read_bytes(), path.name
    first = series[series["time"] == 0]
    assert first.groupby(["model", "site"])["value"].nunique().eq(2).all()


def test_request_refuses_what_makes_no_sense():
    good = REQUEST.model_dump()
    for name, value in (("initial_states", 0), ("chain_eta", 0.0), ("pair_eta", -1.0)):
        with pytest.raises(ValidationError, match=name):
            Request(**(good | {name: value}))


def test_figure_shows_the_series_and_is_the_same_each_time(tables, series, tmp_path):
    draw(tables, tmp_path / "one" / "fig")
    draw(tables, tmp_path / "two" / "fig")
    written = {path.name for path in (tmp_path / "one").iterdir()}
    assert written == {"fig.pdf", "fig.png", *(f"fig_{letter}.csv" for letter in "abcdef")}
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert imread(tmp_path / "one" / "fig.png").shape[1] == 7.0 * 300
    # Every row of a panel is one of the series, which are told apart by their values.
    known = set(series["value"].tolist())
    for letter in "abcdef":
        lines = (tmp_path / "one" / f"fig_{letter}.csv").read_text().splitlines()
        column = lines[0].split(",").index("value")
        values = [float(line.split(",")[column]) for line in lines[1:]]
        assert len(values) > 90 and set(values) <= known
