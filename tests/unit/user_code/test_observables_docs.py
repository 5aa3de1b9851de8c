"""docs/observables.md shows what can be configured, and a function that does what it says."""

import re
from pathlib import Path

import numpy as np
import qutip
import yaml
from states import random_state

from syncsweep.config.configuration import parse
from syncsweep.user_code.check import check_code
from syncsweep.user_code.study_observables import Observables

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "observables.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_observables_of_the_page_are_measured(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("covariance.py").write_text(blocks("python")[0], encoding="utf-8")
    data = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    chain = data["studies"]["spin1_chain"]
    of_list, of_bins = map(yaml.safe_load, blocks("yaml"))
    chain |= of_list
    chain["analysis"] |= of_bins["analysis"]
    config = parse({**data, "studies": {"chain": chain}, "paper": None})
    assert check_code(config, "chain") == []
    observables = Observables(config.observables("chain"), (1, 1, 1))
    rho = random_state(27)
    found = observables.values(rho[None], np.array([True]))
    comments = " ".join(re.findall(r"# (.*)", blocks("yaml")[0]))
    assert {word for word in re.findall(r"\w+", comments) if "_" in word} <= found.keys()
    assert len(found) == 12
    state, z = qutip.Qobj(rho, dims=[[3] * 3] * 2), qutip.jmat(1, "z")
    first, last = qutip.tensor(z, *[qutip.qeye(3)] * 2), qutip.tensor(*[qutip.qeye(3)] * 2, z)
    covariance = qutip.expect(first * last, state)
    covariance -= qutip.expect(first, state) * qutip.expect(last, state)
    np.testing.assert_allclose(found["zz"], covariance, atol=1e-12)
