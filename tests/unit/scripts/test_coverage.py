"""How often intervals contain the true value: the script that measures it, and its page."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "statistics.md"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "scripts" / "measure_coverage.py"), run_name="script")


def test_every_line_of_the_page_holds_what_the_page_promises(script):
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "| spin" in line]
    seen = set()
    for line in lines:
        study, _, quantity, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        seen.add((study, quantity))
        for hits, *held in (cells[:3], cells[3:]):
            if not any(held):  # a ratio has no control variate
                continue
            expected = None if hits == "–" else float(hits)
            parts = tuple(float(part) / 100 for part in held)
            assert script["Found"](expected, parts).is_as_promised, line
    quantities = ("⟨S_max⟩", "P₁", "P₂", "P₃", "P₂/(3P₁)")
    assert seen == {(study, quantity) for study in script["ETAS"] for quantity in quantities}
    assert len(lines) >= 5 * len(script["ETAS"]) * 4


def test_the_script_measures_it_on_solved_samples_which_it_keeps(script, tmp_path):
    values = script["values_of"]("spin_half_pair", 40, tmp_path)
    assert values.shape == (40, 6, 4) and np.isfinite(values).all()
    assert (script["values_of"]("spin_half_pair", 40, tmp_path) == values).all()
    chosen = np.random.default_rng(1).integers(40, size=(60, script["SIZE"]))
    plain = script["plain"](values[:, 4], chosen)
    controlled = script["controlled"](values[:, 4], values[:, 0], chosen[:10])
    assert plain.keys() - controlled.keys() == {"P₂/(3P₁)"}
    for found in (*plain.values(), *controlled.values()):
        assert 0.2 < found.held[0] <= found.held[1]
    assert re.fullmatch(r"\d+\.\d \| [\d.]+ \| [\d.]+", str(plain["P₃"]).replace("*", ""))
