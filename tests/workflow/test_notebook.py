"""The notebook runs as it is, and its numbers are those of other ways to them."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from syncsweep.paper.theory.configurations import PI_THIRDS

FOLDER = Path(__file__).parents[2] / "docs"
NOTEBOOK = FOLDER / "first_sample.ipynb"

#: What the tests ask the notebook once it has run.
QUESTIONS = """
import json
print(json.dumps({
    "s_max": maximum.s_max.tolist(),
    "status": steady.status.tolist(),
    "probabilities": probabilities.tolist(),
    "intervals": intervals,
    "samples": sorted(set(few.frame["sample"].tolist())),
    "etas": few.frame["eta"].nunique(),
    "code": done.returncode,
    "same": bool(same),
    "n": summary["n"].tolist(),
    "rows": read.frame.groupby("eta")["s_max"].mean().tolist(),
    "means": summary["s_max_mean"].tolist(),
    "left": folder.exists(),
}))
"""


@pytest.fixture(scope="module")
def notebook():
    """The notebook, run as the reader runs it, with the answers as its last cell."""
    found = nbformat.read(NOTEBOOK, as_version=4)
    found.cells.append(nbformat.v4.new_code_cell(QUESTIONS))
    NotebookClient(found, timeout=300, resources={"metadata": {"path": FOLDER}}).execute()
    return found


@pytest.fixture(scope="module")
def said(notebook):
    return json.loads(notebook.cells[-1].outputs[0].text)


def test_notebook_is_kept_without_outputs():
    kept = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(kept)
    for cell in kept.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


def test_nothing_is_warned_of(notebook):
    printed = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    errors = [out.text for out in printed if out.get("name") == "stderr"]
    assert all(text.startswith("Using workflow specific profile") for text in errors), errors
    assert sum("image/png" in out.get("data", {}) for out in printed) == 3


def test_one_sample_locks_as_the_theory_of_the_limit_says(said):
    assert set(said["status"]) == {"ok"}
    assert said["s_max"][0] == pytest.approx(4.2088e-07, rel=1e-4)
    limit, *small = said["s_max"][:3]
    assert (small[1] - limit) / (small[0] - limit) == pytest.approx(10, rel=0.1)
    expected = PI_THIRDS.interval_probabilities(said["intervals"])
    assert said["probabilities"][0] == pytest.approx(expected, abs=1e-3)


def test_samples_of_the_configuration_are_solved(said):
    assert (said["samples"], said["etas"]) == ([0, 1, 2, 3], 30)


def test_results_of_the_workflow_are_read_and_are_those_solved_here(said):
    assert said["code"] == 0
    assert said["same"] is True
    assert said["n"] == [40] * 5
    assert said["means"] == pytest.approx(said["rows"], rel=1e-12)
    assert said["left"] is False
