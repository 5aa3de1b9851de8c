"""docs/tutorial.md: its lines and its commands do what it says, on smaller grids."""

import re
import shlex
import shutil

import numpy as np
import pandas as pd
import pytest
from project import PAIR, ROOT

from syncsweep.paper.theory.weak_coupling import (
    S_MAX_PER_COHERENCE,
    leading_coherence,
    locking_angle,
)

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
LINES, OF_OWN_PLANE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
RATES = (1.0, 0.5)


def commands():
    """What the page says to call snakemake with, one after the other."""
    lines = re.findall(r"^\.venv/bin/snakemake (.*)$", PAGE, re.MULTILINE)
    return [shlex.split(line) for line in lines]


def coarse(text, **sizes):
    """The same study with fewer values on each axis, and other numbers of samples."""
    text = re.sub(r"count: \d+", f"count: {sizes['count']}", text)
    return re.sub(r"samples: \d+", f"samples: {sizes['samples']}", text)


@pytest.fixture
def project(make_project):
    """The project as the page finds it, with coarse examples."""
    made = make_project(pair=PAIR)
    shutil.copytree(ROOT / "examples", made.path / "examples")
    for name, samples in (("arnold_tongue", 1), ("window", 60), ("own_plane", 4)):
        path = made.path / "examples" / f"{name}.yaml"
        text = coarse(path.read_text(encoding="utf-8"), count=5, samples=samples)
        path.write_text(text, encoding="utf-8")
    return made


def table_of(project, study):
    return pd.read_parquet(project.results / "tables" / study / "summary.parquet")


def test_the_page_shows_ten_lines_and_the_files_as_they_are():
    assert len(LINES.splitlines()) == 10
    assert OF_OWN_PLANE in (ROOT / "examples" / "own_plane.yaml").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code in (ROOT / "examples" / "own_plane.py").read_text(encoding="utf-8")


def test_ten_lines_make_the_tongue_of_the_leading_order(project):
    plan, run = commands()[:2]
    tongue = project.path / "tongue.yaml"
    tongue.write_text(coarse(LINES, count=5, samples=1), encoding="utf-8")
    assert "25 samples" in project.snakemake(*plan)
    project.snakemake(*run)
    found = table_of(project, "tongue")
    assert len(found) == 25
    expected = S_MAX_PER_COHERENCE * abs(leading_coherence(found.epsilon, found.delta, *RATES))
    np.testing.assert_allclose(found.s_max_mean, expected, rtol=1e-9, atol=1e-15)
    assert found.s_max_se.isna().all()
    assert (project.results / "figures" / "tongue.png").stat().st_size > 5000
    # A finer grid, as section 2 says.
    tongue.write_text(coarse(LINES, count=9, samples=1), encoding="utf-8")
    assert "56 of 81 samples" in project.snakemake(*plan)


def test_tongue_and_its_angle_at_three_scales(project):
    project.snakemake(*commands()[2])
    found = table_of(project, "arnold_tongue")
    found = found[found.epsilon != 0].set_index(["eta", "delta", "epsilon"]).sort_index()
    delta, epsilon = (found.loc[0.0].index.get_level_values(name) for name in ("delta", "epsilon"))
    expected = S_MAX_PER_COHERENCE * abs(leading_coherence(epsilon, delta, *RATES))
    errors = {eta: abs(found.loc[eta].s_max_mean / expected - 1) for eta in (0.0, 1e-3, 1e-2)}
    assert errors[0.0].max() < 1e-9
    assert 0.0005 < errors[1e-3].median() < 0.003 and errors[1e-3].max() < 0.013
    assert errors[1e-2].median() / errors[1e-3].median() == pytest.approx(10, rel=0.1)
    angle = found.loc[0.0].angle_1_mean - locking_angle(epsilon, delta, *RATES)
    np.testing.assert_allclose(np.cos(angle), 1, rtol=0, atol=1e-12)


def test_window_and_own_plane(project):
    _, _, _, window, plane = commands()
    project.snakemake(*window)
    found = table_of(project, "window")
    assert found.n.eq(60).all()
    assert np.ptp(found[found.eta == 0].p2) < 1e-9  # the same samples at each J
    edge = pd.read_csv(project.results / "figures" / "window_edge.csv").edge
    assert edge[1] / edge[0] == pytest.approx(10, rel=0.4)  # as J²
    assert edge[4] / edge[3] == pytest.approx(1, rel=0.2)
    project.snakemake(*plane)
    found = table_of(project, "own_plane")
    assert len(found) == 25 and found.spin_half_mean.between(0.2, 0.4).all()
    for name in ("window", "own_plane", "own_plane_spin"):
        assert (project.results / "figures" / f"{name}.pdf").stat().st_size > 5000
