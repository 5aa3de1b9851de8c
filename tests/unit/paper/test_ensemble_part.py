"""The part `ensemble`: moments of the draws, their spectra beside Ref. 57, and the figure."""

import numpy as np
import pytest
from paper_results import draw_figure, make_part
from pydantic import ValidationError

from syncsweep.paper.parts.ensemble import Request
from syncsweep.paper.theory.universal_spectrum import boundary, is_inside
from syncsweep.physics.perturbation import random_generator, traceless_operators
from syncsweep.physics.random_streams import Purpose, stream

NAMES = ("eigenvalues", "boundary", "summary")
DIM, SAMPLES, SEED = 6, 200, 11


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Tables of many draws with few levels."""
    request = Request(root_seed=SEED, samples=SAMPLES, dim=DIM)
    return make_part("ensemble", request, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def summary(small):
    return small["summary"].set_index("quantity")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Tables of two draws of three spin-1s."""
    request = Request(root_seed=SEED, samples=2)
    return make_part("ensemble", request, tmp_path_factory.mktemp("large"))


def test_tables_keep_what_all_parts_promise(tmp_path):
    tables = make_part("ensemble", Request(root_seed=3, samples=2, dim=4), tmp_path / "tables")
    tables.check(tmp_path)
    columns = {
        "eigenvalues": ["sample", "re", "im", "inside"],
        "boundary": ["re", "im"],
        "summary": ["quantity", "value", "se", "predicted"],
    }
    assert {name: list(tables[name].columns) for name in NAMES} == columns


@pytest.mark.parametrize(
    ("quantity", "precision"),
    [
        ("hamiltonian_second_moment", 0.04),
        ("hamiltonian_second_moment_diagonal", 0.1),
        ("kossakowski_trace_of_square", 0.01),
        ("mean_real_part_paper", 0.01),
    ],
)
def test_moments_are_as_predicted_within_their_errors(summary, quantity, precision):
    row = summary.loc[quantity]
    assert abs(row["value"] - row["predicted"]) < 3 * row["se"]
    assert 0 < row["se"] < precision / 2 * abs(row["predicted"])


def test_predictions_are_those_of_the_ensemble(summary):
    """Its mean K is the unit matrix, so that the mean of Re λ is −Σ‖F_n‖²/D."""
    predicted = summary["predicted"]
    for basis in ("paper", "orthonormal"):
        norms = (abs(traceless_operators(DIM, basis)) ** 2).sum()
        assert predicted[f"mean_real_part_{basis}"] == pytest.approx(-norms / DIM, rel=1e-12)
    assert predicted["hamiltonian_second_moment"] == 2
    assert predicted["kossakowski_trace"] == DIM**2 - 1


@pytest.mark.parametrize("quantity", ["kossakowski_trace", "mean_real_part_orthonormal"])
def test_what_no_draw_changes_is_exact(summary, quantity):
    row = summary.loc[quantity]
    assert row["value"] == pytest.approx(row["predicted"], rel=1e-12)
    assert row["se"] < 1e-12


def test_mean_real_parts_of_three_spin1s(large):
    summary = large["summary"].set_index("quantity")
    assert summary["value"]["mean_real_part_orthonormal"] == pytest.approx(-26.963, abs=5e-4)
    assert summary["predicted"]["mean_real_part_orthonormal"] == pytest.approx(-728 / 27)
    assert summary["predicted"]["mean_real_part_paper"] == pytest.approx(-754 / 27)


def test_eigenvalues_are_those_of_the_studies_draws(small):
    """All but the steady state's, of L₍₁₎ without its coherent part, in Ref. 57's unit."""
    table = small["eigenvalues"]
    d = DIM**2 - 1
    assert table["sample"].value_counts().to_dict() == dict.fromkeys(range(SAMPLES), d)
    for sample in (0, 3):
        rng = stream(SEED, sample, Purpose.PERTURBATION)
        drawn = random_generator(rng, DIM, zeta_coh=0, basis="orthonormal")
        expected = DIM * (np.linalg.eigvals(drawn) * DIM / d + 1)
        expected = expected[np.argsort(np.abs(expected - DIM))[1:]]
        found = table[table["sample"] == sample]
        for part, column in ((expected.real, "re"), (expected.imag, "im")):
            np.testing.assert_allclose(np.sort(found[column]), np.sort(part), atol=1e-10)


def test_share_inside_is_counted_over_complex_eigenvalues(small, summary):
    table = small["eigenvalues"]
    np.testing.assert_array_equal(table["inside"], is_inside(table["re"] + 1j * table["im"]))
    shares = table[table["im"] != 0].groupby("sample")["inside"].mean()
    row = summary.loc["fraction_inside_orthonormal"]
    assert row["value"] == pytest.approx(shares.mean(), rel=1e-12)
    assert row["se"] == pytest.approx(shares.std(ddof=1) / np.sqrt(SAMPLES), rel=1e-12)
    assert np.isnan(row["predicted"])


def test_spectrum_of_three_spin1s_fills_the_region_only_with_orthonormal_operators(small, large):
    few, many = (folder["summary"].set_index("quantity")["value"] for folder in (small, large))
    assert 0.96 < many["fraction_inside_orthonormal"] < 0.99
    assert few["fraction_inside_orthonormal"] < many["fraction_inside_orthonormal"] - 0.05
    assert many["fraction_inside_paper"] < 0.7
    table = large["eigenvalues"]
    shrunk = is_inside(table["re"] + 1.1j * table["im"])[table["im"] != 0]
    assert shrunk.mean() < 0.93


def test_boundary_is_that_of_the_physics(small):
    table = small["boundary"]
    np.testing.assert_array_equal(table["re"] + 1j * table["im"], boundary(len(table)))


@pytest.mark.parametrize("wrong", [{"samples": 1}, {"dim": 1}, {"root_seed": -1}, {"seeds": 1}])
def test_requests_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        Request(**{"root_seed": 1, "samples": 2, **wrong})


def test_figure_keeps_what_all_figures_promise_and_shows_the_tables(large, tmp_path):
    drawn = draw_figure("figS_ensemble", large.folder, tmp_path / "drawn")
    drawn.check(tmp_path, texts=10)
    for name in NAMES:
        assert drawn.text(name) == (large.folder / f"ensemble_{name}.csv").read_text(
            encoding="utf-8"
        )
    (axes,) = drawn.page.axes
    cloud, curve = axes.lines
    np.testing.assert_array_equal(cloud.get_xdata(), large["eigenvalues"]["re"])
    np.testing.assert_array_equal(curve.get_ydata(), large["boundary"]["im"])
    assert axes.get_aspect() == 1
    low, high = axes.get_ylim()
    assert low < -1 and high > 1
    # The text is above the curve.
    (text,) = axes.texts
    box = drawn.boxes[text].transformed(axes.transData.inverted())
    assert not np.any(is_inside(np.linspace(box.x0, box.x1, 50) + 1j * box.y0))
    value = 100 * large["summary"].set_index("quantity")["value"]
    assert text.get_text().startswith(f"{value['fraction_inside_orthonormal']:.1f} ±")
