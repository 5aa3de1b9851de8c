"""Claims about larger chains and about decoupled spins: when they hold, and their numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from syncsweep.config.file import load_config
from syncsweep.layout import paper_folder
from syncsweep.paper import claims_larger, claims_models, claims_sweeps
from syncsweep.paper.claims import Verdict
from syncsweep.paper.paper_registry import LARGER_PARTS, PARTS
from syncsweep.paper.parts.validation import check

ROOT = Path(__file__).parents[3]
KAPPA = {"rank-4": 3.0, "rank-1": 3.0, "bonds": 1.3, "sites": 1.2}


def tables_of(factor=9.0, modes=2, difference=1e-9, kappa=KAPPA):
    rows = []
    for name, growth in kappa.items():
        for n in range(2, 7):
            half = 10.0 * factor**-n
            row = {"ensemble": name, "n_sites": n, "half": half, "half_se": half / 50, "n": 10}
            of_kappa = {"half_kappa": half * growth**n, "half_kappa_se": half * growth**n / 50}
            rows.append(row | of_kappa | {"limit_difference": difference})
    first_order = [{"n_sites": n, "zero_modes": modes * (n + 1)} for n in (2, 7)]
    tables = {"sizes_half": pd.DataFrame(rows), "first_order": pd.DataFrame(first_order)}
    return tables.__getitem__


def test_claims_on_larger_chains_hold_with_their_numbers():
    modes, limit, loss, in_kappa = claims_larger.claims(tables_of())
    assert all(claim.holds for claim in (modes, limit, loss, in_kappa))
    assert loss.verdict == Verdict.DIFFERS
    assert "6 for N = 2, 16 for N = 7" in modes.found
    assert [found.value for found in loss.numbers[:4]] == pytest.approx([9] * 4)
    # The error of a slope over N = 3 … 6, each with 2 %.
    assert loss.numbers[0].error == pytest.approx(9 * 0.02 / np.sqrt(5))
    assert [one.value for one in in_kappa.numbers] == pytest.approx([3, 3, 9 / 1.3, 9 / 1.2])


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"modes": 3}, 0),
        ({"difference": 1e-3}, 1),
        ({"factor": 1.5}, 2),
        ({"kappa": dict.fromkeys(KAPPA, 2.0)}, 3),
    ],
)
def test_claims_on_larger_chains_can_fail(change, broken):
    assert not list(claims_larger.claims(tables_of(**change)))[broken].holds


@pytest.mark.parametrize(
    ("p_value", "phase", "holds"), [(0.2, 0.02, True), (1e-5, 0.02, False), (0.2, 0.05, False)]
)
def test_coherences_of_decoupled_spins_must_follow_the_law(p_value, phase, holds):
    table = pd.DataFrame(
        {
            "n_sites": 2,
            "quantity": ["modulus_12", "phase_12"],
            "solved": [0.03, phase],
            "solved_se": 0.01,
            "p_value": [0.5, p_value],
        }
    )
    (claim,) = claims_models._decoupled({"coherences": table}.__getitem__)
    assert claim.holds == holds and claim.numbers[0].value == 0.03


def test_claims_on_larger_chains_are_among_those_checked_if_asked_for(monkeypatch):
    for others in (claims_models, claims_sweeps):
        monkeypatch.setattr(others, "claims", lambda tables: ())
    assert check(tables_of(), larger=True) == list(claims_larger.claims(tables_of()))
    assert not check(tables_of())


def test_claims_on_larger_chains_are_checked_where_their_tables_are(tmp_path):
    config = load_config(ROOT / "config.yaml", {"results": str(tmp_path)})
    request = PARTS["validation"].load().Request
    assert not request.of(config).larger
    paper_folder(config.results).mkdir(parents=True)
    for table in (table for part in LARGER_PARTS for table in PARTS[part].tables):
        assert not request.of(config).larger
        (paper_folder(config.results) / f"{table}.parquet").touch()
    assert request.of(config).larger
