"""Rows of models and ensembles of the user's own: those of the package where both are the same."""

import numpy as np
import pytest
from own_study import TEXT
from studies import ETAS, PAIR, put_shard, rows_of

from syncsweep.config.physics import Physics
from syncsweep.config.user_code import EnsembleCode, ModelCode
from syncsweep.layout import study_file
from syncsweep.sample.sample_solver import FAILED, SampleSolver
from syncsweep.user_code.code import MissingHereError
from syncsweep.verify.recompute import recompute
from syncsweep.verify.study_files import study_folders, verify_study
from syncsweep.verify.verify_text import Report

THE_PAIR = """
import numpy as np

def model(spins, J=1.0, delta=1.0, B=0.3, gamma=0.5):
    x, y, z = [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]
    one = np.eye(2)
    first, second = ([np.kron(s, one) for s in (x, y, z)], [np.kron(one, s) for s in (x, y, z)])
    H = J * (first[0] @ second[0] + first[1] @ second[1]) / 2 + delta * first[2] @ second[2]
    lower = [(s[0] - 1j * s[1]) / 2 for s in (first, second)]
    return H + B * (first[2] + second[2]), [gamma * (lower[0] + lower[1])]
"""

THE_ENSEMBLE = """
from syncsweep.physics.perturbation import (
    random_hamiltonian, random_kossakowski, traceless_operators,
)
import numpy as np

def perturbation(rng, spins):
    D = int(np.prod([2 * spin + 1 for spin in spins]))
    V = random_hamiltonian(rng, D)
    kappa, U = np.linalg.eigh(random_kossakowski(rng, D))
    F = traceless_operators(D).toarray()
    return V, list((np.sqrt(kappa)[:, None] * (U.conj().T @ F)).reshape(-1, D, D))
"""

OWN_PAIR = ModelCode(name="own", source=THE_PAIR, spins=(0.5, 0.5), parameters={})
OWN_ENSEMBLE = EnsembleCode(source=THE_ENSEMBLE, parameters={})


@pytest.mark.parametrize(
    ("model", "ensemble"),
    [(OWN_PAIR, PAIR.ensemble), (PAIR.model, OWN_ENSEMBLE), (OWN_PAIR, OWN_ENSEMBLE)],
    ids=["model", "ensemble", "both"],
)
def test_what_the_package_has_too_gives_its_rows(model, ensemble):
    physics = Physics(model=model, ensemble=ensemble, root_seed=PAIR.root_seed)
    assert physics.digest != PAIR.digest
    solver = SampleSolver(physics, ETAS)
    for sample, expected in enumerate(rows_of(PAIR)):
        rows = solver.rows(sample)
        assert rows.status.tolist() == ["ok"] * len(ETAS)
        np.testing.assert_allclose(rows.s_d, expected.s_d, rtol=0, atol=1e-13)
        np.testing.assert_allclose(rows.s_max, expected.s_max, rtol=1e-10)
    assert solver.problems == {}


def own(body):
    """The pair under an ensemble that begins with a statement."""
    source = f"import sys\nimport numpy as np\ndef perturbation(rng, spins):\n    {body}\n"
    source += "    m = rng.standard_normal((4, 4))\n    return m + m.T, [m]\n"
    ensemble = EnsembleCode(source=source, parameters={})
    return Physics(model=PAIR.model, ensemble=ensemble, root_seed=1)


def test_a_sample_whose_perturbation_fails_is_a_row_with_a_status_and_a_reason():
    physics = own("if rng.random() > 0.5: raise ValueError('too large')")
    solver = SampleSolver(physics, ETAS)
    rows = [solver.rows(sample) for sample in range(8)]
    failed = [sample for sample, row in enumerate(rows) if row.status[0] == FAILED]
    assert 0 < len(failed) < 8
    assert list(solver.problems) == failed
    assert set(solver.problems.values()) == {
        "ValueError: too large (at `if rng.random() > 0.5: raise ValueError('too large')`)"
    }
    for sample, row in enumerate(rows):
        assert row.status.tolist() == ["failed" if sample in failed else "ok"] * len(ETAS)
        assert np.isnan(row.s_d).all() == (sample in failed)
    # Whatever failed before, the others are the same.
    for sample in set(range(8)) - set(failed):
        again = SampleSolver(physics, ETAS).rows(sample)
        np.testing.assert_array_equal(again.s_d, rows[sample].s_d)


@pytest.mark.parametrize("what", ["np.eye(3), []", "np.eye(4) * np.nan, []", "None"])
def test_a_sample_that_cannot_be_fails_too(what):
    solver = SampleSolver(own(f"return {what}"), ETAS)
    assert solver.rows(0).status.tolist() == ["failed"] * len(ETAS)
    assert solver.problems[0].startswith("perturbation()")


def test_what_the_machine_lacks_is_no_row():
    solver = SampleSolver(own("import syncsweep_no_such_package"), ETAS)
    with pytest.raises(MissingHereError, match="syncsweep_no_such_package"):
        solver.rows(0)
    assert solver.problems == {}


@pytest.mark.parametrize("part", ["model", "ensemble"])
def test_verification_runs_no_code_from_a_results_folder(tmp_path, capsys, part):
    """Were it run, the file would be there."""
    witness = tmp_path / "witness"
    hostile = f"open({str(witness)!r}, 'w').close()\n"
    model, ensemble = PAIR.model, PAIR.ensemble
    if part == "model":
        model = ModelCode(name="own", source=hostile + THE_PAIR, spins=(0.5, 0.5), parameters={})
    else:
        ensemble = EnsembleCode(source=hostile + THE_ENSEMBLE, parameters={})
    physics = Physics(model=model, ensemble=ensemble, root_seed=PAIR.root_seed)
    results = tmp_path / "results"
    put_shard(results, "own", physics, rows_of(PAIR)[:2], 0)
    put_shard(results, "pair", PAIR, rows_of(PAIR)[:2], 0)
    report = Report()
    shards = [one for folder in study_folders(results) for one in verify_study(folder, report)]
    recompute(shards, 10**6, 0, report)
    lines = capsys.readouterr().out.splitlines()
    assert report.findings == 0
    assert any(line.startswith("recomputed: 6 of 6 rows") for line in lines)
    assert lines[-1] == (
        "not recomputed: 6 rows of your own models or ensembles, whose code this command never runs"
    )
    recompute([shard for shard in shards if shard.described.study == "own"], 5, 0, report)
    assert capsys.readouterr().out.splitlines() == lines[-1:]
    assert not witness.exists()
    SampleSolver(physics, ETAS)  # which runs it
    assert witness.exists()


def test_a_changed_source_in_a_results_folder_is_found(tmp_path, capsys):
    """The code is part of what the folder's name is the hash of."""
    source = "x = 1\n" + TEXT
    model = ModelCode(name="own", source=source, spins=(0.5, 0.5), parameters={})
    physics = Physics(model=model, ensemble=PAIR.ensemble, root_seed=1)
    path = put_shard(tmp_path, "own", physics, rows_of(PAIR)[:2], 0)
    description = study_file(path.parents[1])
    description.write_text(description.read_text().replace("x = 1", "x = 2"))
    report = Report()
    assert verify_study(path.parents[1], report) == []
    assert report.findings == 1
    assert "not this folder" in capsys.readouterr().out
