"""What the page holds of single realisations, and what it leaves out where they are too many."""

import numpy as np
import pytest
from studies import StudyOnDisk, rows_of

from syncsweep.config.configuration import parse
from syncsweep.physics.limit_distribution import chain_maxima, limit_distribution
from syncsweep.physics.sectors import sectors
from syncsweep.report import realisations
from syncsweep.sample.rows import Rows, pack_coefficients

#: b of three samples of five spins in the limit: 384, 16 and 384 maxima.
B = np.array([-1e-6, 1e-6, -1e-5])
CONFIGURATION = {
    "results": "unused",
    "root_seed": 1,
    "ranks": 2,
    "studies": {
        "five": {
            "model": {"name": "spin1_chain", "n_sites": 5},
            "ensemble": {"kind": "bonds"},
            "samples": len(B),
            "eta_blocks": [{"values": [0]}],
            "analysis": {"s_max_bins": {"low": 1e-9, "high": 1, "count": 9}},
        }
    },
}


def rows_in_the_limit(sample):
    law = limit_distribution(sectors("spin1_chain", n_sites=5))
    b = B[[sample]]
    maximum, small = law.maximum(b), np.full(1, 1e-15)
    return Rows(
        sample=np.array([sample]),
        eta=np.zeros(1),
        s_d=pack_coefficients(law.coefficients(b).astype(complex)),
        s_max=maximum.s_max,
        angles=maximum.angles,
        residual=small,
        condition=np.ones(1),
        trace_error=small,
        hermiticity_error=small,
        smallest_eigenvalue=small,
        status=np.array(["ok"]),
        method=np.array(["krylov"]),
    )


@pytest.fixture
def shown(tmp_path):
    """The realisations of the study on the page."""
    config = parse(CONFIGURATION)
    rows = {(0.0,): tuple(map(rows_in_the_limit, range(len(B))))}
    stored = StudyOnDisk(tmp_path, "five", config.physics("five"), rows).request
    return lambda: realisations.of_study("five", config.studies["five"], stored, {})["samples"]


def test_of_many_maxima_the_page_has_some_and_says_how_many_there_are(shown):
    rows = [sample["rows"][0] for sample in shown()]
    assert [row["count"] for row in rows] == [384, 16, 384]
    assert [len(row["maxima"]) for row in rows] == [64, 16, 64]
    every = chain_maxima(5, sign=-1)
    for angles in np.array(rows[0]["maxima"]):
        assert np.abs(np.exp(1j * every) - np.exp(1j * angles)).max(axis=1).min() < 1e-6
    assert len(np.unique(np.round(rows[0]["maxima"], 4), axis=0)) == 64


def test_samples_of_many_numbers_are_fewer(shown, monkeypatch):
    # S_d of five spins has 381 numbers.
    monkeypatch.setattr(realisations, "_MOST_NUMBERS", 2 * 381)
    assert [sample["sample"] for sample in shown()] == [0, 1]
    monkeypatch.setattr(realisations, "_MOST_NUMBERS", 1)
    assert [sample["sample"] for sample in shown()] == [0]


@pytest.mark.parametrize(
    ("measure", "n_angles", "excess"),
    [("relative", 1, "S_d − 1/(2π)"), ("absolute", 2, "S − (1/2π)²")],
)
def test_the_page_has_angles_or_their_differences(tmp_path, measure, n_angles, excess):
    etas = (0.0, 0.5)
    study = {
        "model": {"name": "spin_half_pair"},
        "samples": 2,
        "measure": measure,
        "eta_blocks": [{"values": list(etas)}],
    }
    config = parse({**CONFIGURATION, "studies": {"pair": study}})
    physics = config.physics("pair")
    stored = StudyOnDisk(tmp_path, "pair", physics, {etas: rows_of(physics, 2, etas)}).request
    found = realisations.of_study("pair", config.studies["pair"], stored, {})
    assert (found["measure"], found["excess"]) == (measure, excess)
    assert {len(k) for k in found["frequencies"]} == {n_angles}
    maxima = [one for sample in found["samples"] for row in sample["rows"] for one in row["maxima"]]
    assert maxima and {len(angles) for angles in maxima} == {n_angles}
