"""The tutorial of docs/own-model.md says what the example files and the program do.

tests/workflow/test_own_model.py runs it.
"""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from syncsweep.config.file import load_config
from syncsweep.config.messages import ConfigError
from syncsweep.config.user_code import ModelCode
from syncsweep.physics.spectrum import Spectrum
from syncsweep.physics.superoperators import liouvillian
from syncsweep.tables.sweep_rows import solve_samples
from syncsweep.user_code.check import check_code
from syncsweep.user_code.code import own_model

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
#: Takes the place of a grid of an axis.
NO_GRID = {"first": None, "last": None, "count": None, "scale": "linear"}
PAGE = (ROOT / "docs" / "own-model.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def model_of(source, spins=(1.0, 0.5), **parameters):
    return own_model(ModelCode(name="own", source=source, spins=spins, parameters=parameters))


@pytest.fixture(scope="module")
def text():
    return (EXAMPLES / "mixed_pair.py").read_text(encoding="utf-8")


def test_the_page_shows_the_files_as_they_are(text):
    of_model, _, _, of_ensemble, of_five, of_drive = blocks("python")
    assert of_model in text and of_ensemble in text
    assert of_five in (EXAMPLES / "five_spins.py").read_text(encoding="utf-8")
    assert of_drive in (EXAMPLES / "driven_spin.py").read_text(encoding="utf-8")
    *of_pair, of_driven = blocks("yaml")
    configuration = (EXAMPLES / "mixed_pair.yaml").read_text(encoding="utf-8")
    assert len(of_pair) == 2 and all(block in configuration for block in of_pair)
    assert of_driven in (EXAMPLES / "driven_spin.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("spins", [(1.0, 0.5), (0.5, 0.5), (1.5, 1.0)])
def test_the_model_of_qutip_on_the_page_is_the_same(text, spins):
    of_qutip = blocks("python")[1]
    ours, theirs = (model_of(source, spins, B=0.2) for source in (text, of_qutip))
    np.testing.assert_allclose(theirs.hamiltonian, ours.hamiltonian, atol=1e-14)
    np.testing.assert_allclose(theirs.jump_operators, ours.jump_operators, atol=1e-14)


def test_its_coherence_oscillates_as_the_page_says(text):
    model = model_of(text, B=0.3)
    spectrum = Spectrum(liouvillian(model.hamiltonian, model.jump_operators))
    np.testing.assert_allclose(spectrum.frequencies, [-1.2, 0, 1.2], atol=1e-9)
    assert spectrum.decay_free.sum() == 4


def test_the_example_can_be_swept(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = load_config("examples/mixed_pair.yaml")
    assert list(config.studies) == ["mixed_pair", "mixed_pair_local"]
    assert [check_code(config, study) for study in config.studies] == [[], []]
    # It goes beside the project's own configuration.
    assert config.studies.keys().isdisjoint(load_config("config.yaml").studies)


def test_five_spins_lock_as_the_page_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = load_config("examples/five_spins.yaml")
    (study,) = config.studies
    assert check_code(config, study) == []
    rows = solve_samples(config, study, range(2)).frame
    assert set(rows["status"]) == {"ok"}
    at_limit = rows[rows["eta"] == 0]["s_max"]
    assert at_limit.mean() * (2 * np.pi) ** 4 == pytest.approx(0.25, abs=0.1)
    source = (EXAMPLES / "five_spins.py").read_text(encoding="utf-8")
    model = model_of(source, (0.5,) * 5)
    spectrum = Spectrum(liouvillian(model.hamiltonian, model.jump_operators))
    # A coherence for each two of ten multiplets, and their ten steady states.
    assert spectrum.decay_free.sum() == 100


def test_a_driven_spin_follows_its_drive_unless_its_rates_are_equal(monkeypatch):
    """As the page says in first and in second order, at few points of the two planes."""
    monkeypatch.chdir(ROOT)
    axes = {
        "driven_spin": {"ensemble.parameters.epsilon": {"values": [0.001], **NO_GRID}},
        "blockade": {"model.parameters.damping": {"values": [1], **NO_GRID}},
    }
    axes["driven_spin"]["model.parameters.delta"] = {"count": 5}
    over = {"studies": {name: {"axes": one} for name, one in axes.items()}}
    config = load_config("examples/driven_spin.yaml", over)
    assert all(check_code(config, study) == [] for study in config.studies)
    rows = solve_samples(config, "driven_spin", [0]).frame
    delta, epsilon = (rows[name].to_numpy() for name in ("delta", "epsilon"))
    upper, lower = (epsilon / np.sqrt(2) / (rate / 2 + 1j * delta) for rate in (0.1, 1.0))
    assert len(rows) == 5 and set(rows["status"]) == {"ok"}
    expected = 3 / (8 * np.sqrt(2)) * np.abs(upper - lower)
    np.testing.assert_allclose(rows["s_max"], expected, rtol=0.01)
    blocked = solve_samples(config, "blockade", [0]).frame
    weak = blocked[blocked["epsilon"] < 0.02]
    np.testing.assert_allclose(weak["s_max"], weak["epsilon"] ** 2 / np.pi, rtol=0.01)


def test_a_file_of_studies_alone_is_solved_in_python_as_the_page_shows(monkeypatch, tmp_path):
    in_python = blocks("python")[2]
    whole = yaml.safe_load((EXAMPLES / "mixed_pair.yaml").read_text(encoding="utf-8"))
    study = whole["studies"]["mixed_pair"]
    study["model"]["file"] = str(EXAMPLES / "mixed_pair.py")
    only = yaml.safe_dump({"studies": {"mine": study}})
    (tmp_path / "mine.yaml").write_text(only, encoding="utf-8")
    (tmp_path / "config.yaml").write_bytes((ROOT / "config.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    for key in ("results", "root_seed", "ranks"):
        assert f"`{key}`" in PAGE and key in whole
    names = {}
    exec(in_python, names)
    assert names["rows"].frame["sample"].unique().tolist() == list(range(10))
    with pytest.raises(ConfigError, match="results is missing"):
        load_config("mine.yaml")
