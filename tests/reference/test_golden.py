"""Golden values of three samples of each study: a value that moves asks for RESULTS_VERSION.

Run as a script, this module makes its data file again: `python tests/reference/test_golden.py`.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from syncsweep.config.file import load_config
from syncsweep.config.physics import RESULTS_VERSION, Physics
from syncsweep.sample.sample_solver import SampleSolver

GOLDEN = Path(__file__).with_name("golden.json")
COMMAND = "python tests/reference/test_golden.py"
SAMPLES = (0, 1, 2)
KEEP_EVERY = 7

#: A move beyond this, relative to S_max, changes results.
TOLERANCE = 1e-9


def solve(physics, etas):
    solver = SampleSolver(physics, tuple(etas))
    return [solver.rows(sample) for sample in SAMPLES]


def make():
    """Golden values of the default studies, each solved with its whole first block."""
    configuration = load_config(Path(__file__).parents[2] / "config.yaml")
    studies = {}
    for name, study in configuration.studies.items():
        if not study.by_default:
            continue
        physics, etas = configuration.physics(name), study.eta_blocks[0].etas
        values = [
            {
                "sample": int(rows.sample[index]),
                "eta": float(rows.eta[index]),
                "s_max": float(rows.s_max[index]),
                "s_d": rows.s_d[index].tolist(),
            }
            for rows in solve(physics, etas)
            for index in range(0, len(etas), KEEP_EVERY)
        ]
        fields = physics.model_dump(mode="json", exclude={"results_version"})
        studies[name] = {"physics": fields, "block": list(etas), "values": values}
    return {"made_by": COMMAND, "results_version": RESULTS_VERSION, "studies": studies}


def largest_move(study):
    """Largest difference of any value from its golden one, in units of S_max."""
    etas = study["block"]
    solved = solve(Physics(**study["physics"]), etas)
    moves = []
    for value in study["values"]:
        rows, index = solved[SAMPLES.index(value["sample"])], etas.index(value["eta"])
        now = np.array([rows.s_max[index], *rows.s_d[index]])
        then = np.array([value["s_max"], *value["s_d"]])
        moves.append(np.abs(now - then).max() / value["s_max"])
    return float(np.max(moves))  # NaN if any is


@pytest.fixture(scope="module")
def golden():
    values = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert values["results_version"] == RESULTS_VERSION, (
        f"RESULTS_VERSION is {RESULTS_VERSION}, but the golden values are of version "
        f"{values['results_version']}; if it was raised on purpose, make them again: {COMMAND}"
    )
    return values


@pytest.mark.parametrize(
    ("name", "n_eta", "n_numbers"), [("spin1_chain", 5, 20), ("spin_half_pair", 3, 4)]
)
def test_results_version_is_raised_if_a_value_moves(golden, name, n_eta, n_numbers):
    study = golden["studies"][name]
    assert len(study["values"]) == len(SAMPLES) * n_eta
    assert all(1 + len(value["s_d"]) == n_numbers for value in study["values"])
    move = largest_move(study)
    assert move <= TOLERANCE, (
        f"values of {name} have moved by {move:.1e} of S_max; if that is right, raise "
        f"RESULTS_VERSION in src/syncsweep/config/physics.py, and then run: {COMMAND}"
    )


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(make(), indent=1) + "\n", encoding="utf-8")
