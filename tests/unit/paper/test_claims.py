"""Claims and their numbers: how they are written, compared, and demanded to hold."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from syncsweep.config.file import load_config
from syncsweep.paper import claims_models, claims_sweeps
from syncsweep.paper.claims import Claim, Number, Verdict, column, number
from syncsweep.paper.parts import ensemble
from syncsweep.paper.parts.validation import ValidationError, _page, _table, demand
from syncsweep.sample.sample_solver import SampleSolver
from syncsweep.tables.reading import read_table
from syncsweep.tables.writing import write_table

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Number(0.9643, 0.0192), "0.964 ± 0.019"),
        (Number(0.5, 0.00052), "0.50000 ± 0.00052"),
        (Number(3.24213e-6, 2.13e-9), "(3.2421 ± 0.0021)·10⁻⁶"),
        (Number(-27.93, 0.1), "-27.93 ± 0.10"),
        (Number(123456.0, 2100.0), "(1.235 ± 0.021)·10⁵"),
        (Number(2.4), "2.4"),
        (Number(0.25, 0.0), "0.25"),
        (Number(1.0, 7e-17), "1"),
        (Number(0.25, math.nan), "0.25 ± nan"),
        (Number(math.nan, math.nan), "undefined"),
        (Number(math.nan), "undefined"),
        (Number(0.124, 0.0033, (0.1208, 0.1274)), "0.1240 ± 0.0033"),
        (Number(0.0, 0.0, (0.0, 0.0092)), "0.0000 +0.0092 −0"),
        (Number(1.0, math.nan, (0.9, 1.0)), "1.00 +0 −0.10"),
        (Number(2.0, 1.0, (1.5, math.inf)), "2 +∞ −0.5"),
    ],
)
def test_two_digits_of_the_error_decide_the_digits_of_the_value(found, text):
    assert str(found) == text


def test_a_measured_number_agrees_within_four_standard_errors():
    assert Number(1.039, 0.01).agrees_with(1)
    assert not Number(1.041, 0.01).agrees_with(1)
    assert Number(1.041, 0.01).agrees_with(1, tolerance=0.01)
    assert not Number(math.nan, 0.01).agrees_with(1)


def test_a_number_whose_error_has_two_sides_agrees_within_four_of_the_right_one():
    rare = Number(0.005, 0.003, (0.004, 0.010))
    assert rare.agrees_with(0.024) and not rare.agrees_with(0.026)
    assert rare.agrees_with(0.0011) and not rare.agrees_with(0.0009)
    assert Number(0.0, 0.0, (0.0, 0.01)).agrees_with(0.005)


def test_an_exact_number_agrees_to_rounding_only():
    assert Number(2.4 * (1 + 1e-12)).agrees_with(2.4)
    assert not Number(2.4 * 1.000001).agrees_with(2.4)
    assert Number(1e-12).agrees_with(0)


def test_a_value_is_looked_up_in_one_row():
    table = pd.DataFrame({"eta": [0.0, 1.0], "p": [0.1, 0.2], "p_se": [0.01, 0.02]})
    assert number(table, "p", eta=1.0) == Number(0.2, 0.02)
    table = table.assign(p_low=[0.09, 0.18], p_high=[0.12, 0.23])
    assert number(table, "p", eta=1.0) == Number(0.2, 0.02, (0.18, 0.23))
    with pytest.raises(KeyError, match="0 rows"):
        column(table, "p", eta=2.0)


@pytest.mark.parametrize(("shift", "holds"), [(0, True), (1, False)])
def test_the_locking_persists_up_to_the_eta_where_half_of_it_is_left(shift, holds):
    """Λ falls by 0.2 a decade from 0.6 at 10⁻³·⁵, so half is left half a decade later."""
    etas = 10.0 ** (np.array([-np.inf, -4.5, -3.5, -2.5, -1.5]) + shift)
    table = pd.DataFrame({"model": "coupled", "n_sites": 3, "eta": etas})
    table["locking"], table["locking_se"] = [1.0, 0.95, 0.6, 0.4, 0.0], [0.0, 0.1, 0.01, 0.005, 0.1]
    persists, _ = claims_sweeps._persistence({"locking": table}.__getitem__)
    (half,) = persists.numbers
    assert half.value == pytest.approx(10.0 ** (-3 + shift))
    assert half.error == pytest.approx(half.value * math.log(10) * 0.01 / 0.2)
    assert persists.holds == holds


def claim(holds, verdict=Verdict.AGREES):
    return Claim("Fig. 9", "a | b", "1", "2 ± 1", (Number(2.0, 1.0),), verdict, holds)


FULL, QUICK = {"chain": 10000, "pair": 20000}, {"chain": 10000, "pair": 200}
CHECKED = "Checked with 10000 samples of the chain and 20000 of the pair."


def write(folder, claims, samples=FULL):
    write_table(folder / "validation", _table(claims), {"samples": samples})


def test_a_claim_that_holds_no_longer_is_named_in_a_line_of_its_own(tmp_path):
    write(tmp_path, [claim(True), claim(False), claim(False, Verdict.CORRECTED)])
    with pytest.raises(ValidationError) as error:
        demand(tmp_path)
    first, second, last = str(error.value).splitlines()
    assert first == "validation: Fig. 9: a | b: no longer agrees: 2 ± 1"
    assert "no longer corrected" in second
    assert last == f"validation: 2 of 3 claims do not hold. {CHECKED}"


def test_few_samples_are_said_to_decide_not_all(tmp_path):
    write(tmp_path, [claim(False)], QUICK)
    said = (
        "and 200 of the pair. The paper has 10000 of each. Fewer samples cannot decide all claims."
    )
    with pytest.raises(ValidationError, match=said):
        demand(tmp_path)
    assert said in _page([claim(True)], QUICK)


def test_claims_that_hold_are_counted(tmp_path):
    write(tmp_path, [claim(True), claim(True), claim(True, Verdict.DIFFERS)])
    assert demand(tmp_path) == f"3 claims: 2 agrees, 1 differs. {CHECKED}"


def test_page_has_a_row_for_each_claim_and_marks_what_does_not_hold():
    page = _page([claim(True), claim(False)], FULL)
    rows = [line for line in page.splitlines() if line.startswith("| Fig. 9")]
    assert len(rows) == 2
    assert rows[0] == "| Fig. 9 | a \\| b | 1 | 2 ± 1 | agrees |"
    assert "**does not hold** (agrees)" in rows[1]
    assert "arXiv:2510.11601v1" in page


def named_tests(page):
    """The tests that a page names, as (file, test); a file name holds until the next one."""
    file, found = "", []
    for name, test in re.findall(r"`(test_\w+\.py)?::(\w+)`", page):
        file = name or file
        found.append((file, test))
    return found


def test_errata_name_the_paper_and_tests_that_are_there():
    page = (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")
    assert "arXiv:2510.11601" in page and "v1" in page and "v2" in page
    texts = {
        path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py")
    }
    named = named_tests(page)
    assert len(named) >= 15
    for file, test in named:
        assert f"def {test}(" in texts[file], (file, test)


@pytest.mark.parametrize("name", ["README.md", "CITATION.cff", "docs/claims.md", "docs/errata.md"])
def test_whatever_speaks_of_the_paper_names_it_and_its_versions(name):
    said = " ".join((ROOT / name).read_text(encoding="utf-8").split())
    assert "arXiv:2510.11601" in said and re.search(
        r"v1 \(?of October 2025|v1 \(October 2025", said
    )
    assert re.search(r"v2 (of|\() ?30 June 2026", said)


def test_the_readme_says_how_large_the_locking_is_beside_uniform():
    """Of the paper's chain, in the limit and at η = 10ω, where it is larger, but small."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    found = re.search(
        r"is ([\d.]+) % of the uniform density in the limit η → 0⁺, and ([\d.]+) % at η = 10ω",
        readme,
    )
    assert found
    solver = SampleSolver(load_config(ROOT / "config.yaml").physics("spin1_chain"), (0.0, 10.0))
    shares = np.array([solver.rows(k).s_max for k in range(30)]) * 4 * np.pi**2
    error = shares.std(axis=0) / np.sqrt(len(shares))
    rounding = [0.0005e-2, 0.05e-2]
    said = np.array([float(number) / 100 for number in found.groups()])
    assert np.all(np.abs(shares.mean(axis=0) - said) < 4 * error + rounding)


def test_eq_f4_which_holds_is_no_erratum():
    """See `test_perturbation.py::test_eq_f4_as_printed_is_eq_f2`."""
    assert "F4" not in (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")


def law_of_the_chain():
    values = {"p_even_above_odd": 1.0, "p_b_positive": 0.5, "ratio": 0.98, "s_max_mean": 3.24e-6}
    law = pd.DataFrame({"quantity": list(values), "value": list(values.values())})
    return law.assign(value_se=1e-3 * law["value"])


def test_what_the_paper_only_says_in_words_stands_there_in_words():
    (likely,) = [
        one
        for one in claims_sweeps._limit(lambda name: law_of_the_chain())
        if "equally likely" in one.statement
    ]
    assert likely.printed == "equally likely" and likely.holds


def test_numbers_of_ours_are_found_and_not_printed(tmp_path):
    ensemble.make(ensemble.Request(root_seed=11, samples=2), tmp_path)
    found = {
        one.source: one
        for one in claims_models._ensemble(
            lambda name: read_table(tmp_path / f"{name}.parquet").to_pandas()
        )
    }
    of_f3 = found["Eq. F3"]
    assert of_f3.printed == "δ_mn" and of_f3.holds
    assert "-26.963" in of_f3.found and "−754/27" in of_f3.found
