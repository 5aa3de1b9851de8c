"""The bench of the numerics: what it compares is the same thing, and its table says what holds."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from benchmarks import solver, targets
from benchmarks.solver_figure import draw, plot_parts
from syncsweep.physics.perturbation import random_liouvillian
from syncsweep.physics.random_streams import Purpose, stream
from syncsweep.physics.steady_state import steady_states
from syncsweep.physics.superoperators import liouvillian
from syncsweep.user_code.study_model import build_model

GOOD = {target.key: target.limit * (0.5 if target.at_most else 2) for target in targets.TARGETS}
CONTENT = GOOD | {
    "quick": False,
    "dgesv_seconds": 0.01,
    "n4_dgesv_seconds": 4.0,
    "breakdown": {
        "draw": 2.5,
        "solve": 4.0,
        "s_d": 0.01,
        "s_max": 0.3,
        "append": 0.1,
        "shard": 0.2,
    },
    "growth": {
        "n_eta": {str(count): 4 + 0.1 * count for count in targets.GROWTH_ETAS},
        "n_sites": {"2": 0.8, "3": 7.0},
    },
}


@pytest.mark.parametrize("way", ["natural", "tuned"])
def test_qutip_finds_the_state_that_ours_is_compared_with(way):
    model = build_model(solver.chain(3))
    L1 = random_liouvillian(stream(solver.SEED, 0, Purpose.PERTURBATION), 27)
    L0 = liouvillian(model.hamiltonian, model.jump_operators)
    expected = steady_states(L0, L1, [0.1]).rho[0]
    np.testing.assert_allclose(getattr(solver.Qutip(), way)(), expected, rtol=0, atol=1e-10)


def test_qutip_finds_the_states_of_four_spins_with_perturbed_bonds():
    assert 0 < solver.difference_from_qutip(1, (1.0,)) < 1e-8


def test_medians_are_of_turns():
    calls = []

    def action(name, values):
        return lambda number: calls.append((name, number)) or values[number - 1]

    found = solver.medians(3, {"a": action("a", [3, 1, 2]), "b": action("b", [5, 9, 7])})
    assert found == {"a": 2, "b": 7}
    assert calls == [(name, number) for number in (1, 2, 3) for name in "ab"]


def test_accuracy_of_one_sample():
    assert 0 < solver.worst_relative_error(1) < 1e-10


@pytest.mark.parametrize("missed", [None, *targets.TARGETS], ids=lambda t: t and t.key)
def test_table_shows_every_target_and_says_which_are_missed(missed):
    worse = {} if missed is None else {missed.key: missed.limit * (2 if missed.at_most else 0.5)}
    lines = targets.table(CONTENT | worse).splitlines()
    for target in targets.TARGETS:
        (line,) = [line for line in lines if line.startswith(target.what)]
        assert f"{target.limit:g}" in line
        assert line.endswith("missed") == (target == missed)


def test_run_writes_what_it_measured_and_a_figure(tmp_path, monkeypatch):
    measured = {key: value for key, value in CONTENT.items() if key != "quick"}
    monkeypatch.setattr(targets, "measure", lambda bench, effort: measured)
    content = targets.run(tmp_path, tmp_path, quick=True)
    assert content["quick"]
    written = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {key: written[key] for key in measured} == measured
    assert {"date", "cpu", "blas", "cores_used_by_others"} <= written["machine"].keys()
    assert (tmp_path / "solver.pdf").exists() and (tmp_path / "solver.png").exists()


def test_figure_is_drawn_twice_alike(tmp_path):
    draw(CONTENT, tmp_path / "a")
    draw(CONTENT, tmp_path / "b")
    for ending in ("pdf", "png"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_no_tick_stands_before_the_number_of_a_short_bar():
    axes = Figure().subplots()
    plot_parts(axes, CONTENT["breakdown"])
    assert [text.get_text() for text in axes.texts][2] == "0.01"
    assert {tick.tick1line.get_markersize() for tick in axes.yaxis.get_major_ticks()} == {0}
