"""The unit of η: the same physics in two units has the same axes, report and claims."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from drawn_pages import kept_pages
from matplotlib.figure import Figure as Page
from studies import StudyOnDisk, rows_of

from syncsweep.config.configuration import parse
from syncsweep.config.physics import Ensemble, Physics
from syncsweep.config.requests import FigureRequest
from syncsweep.figures import sweep_figure
from syncsweep.paper import claims_sweeps
from syncsweep.paper.figures import ablations_figure, fig1, fig2, limit_figure
from syncsweep.paper.parts import ablations, locking, part, quality, types, validation
from syncsweep.report import realisations, report_tables, report_words
from syncsweep.tables.writing import write_table

ETAS = (0.0, 1e-6, 1e-3, 1.0)
LABELS = {"spin1_chain": r"$\eta/\omega$", "spin_half_pair": r"$\eta/J$"}

#: In the second unit every energy and rate is this many times as large.
FACTOR = 2.0


@pytest.fixture(autouse=True)
def unprinted(monkeypatch):
    """Axes are looked at on the pages themselves; printing these takes most of the time."""
    monkeypatch.setattr(Page, "savefig", lambda page, path, **options: Path(path).touch())


def parameters(name, factor):
    """The parameters of the paper in another unit; γ of the pair is the root of a rate."""
    if name == "spin1_chain":
        return {"omega": factor, "J": factor / 2, "delta": factor / 2, "gamma": 2 * factor}
    return {"J": factor, "delta": factor, "B": 0.3 * factor, "gamma": factor**0.5 / 2}


def settings(name, factor, draws=1000, **changed):
    """A configuration with one study of a model; draws: of the exact law of η → 0⁺."""
    study = {
        "model": {"name": name, **parameters(name, factor), **changed},
        "samples": 3,
        "eta_blocks": [{"values": [factor * eta for eta in ETAS]}],
        "analysis": {"s_max_bins": {"low": 1e-8, "high": 1, "count": 16}, "limit_draws": draws},
        "figure": {"name": "fig", "panels": ["s_max"]},
    }
    content = {"results": "unused", "root_seed": 5, "ranks": 1, "studies": {"study": study}}
    return parse({**content, "paper": None})


def write_rows(parent, physics, etas, samples):
    """Rows of a study with one block."""
    return StudyOnDisk(parent, "study", physics, {etas: rows_of(physics, samples, etas)})


class Made:
    """A study with its rows and tables, in a unit in which energies are `factor` times as large."""

    def __init__(self, parent, name, factor, **changed):
        self.whole = whole = settings(name, factor, **changed)
        self.study, self.physics = whole.studies["study"], whole.physics("study")
        (block,) = self.study.eta_blocks
        stored = write_rows(parent / "rows", self.physics, block.etas, self.study.samples)
        self.rows, self.tables = stored.request, stored.tables(self.study.analysis)

    def draw(self, stem):
        request = FigureRequest.of(self.whole, "study", self.study.figure)
        sweep_figure.draw(self.tables, request, stem)


@pytest.fixture(scope="module", params=["spin1_chain", "spin_half_pair"])
def pair(request, tmp_path_factory):
    """The name of a model and its study in both units; of the chain with two spins."""
    changed = {"n_sites": 2} if request.param == "spin1_chain" else {}
    made = [
        Made(tmp_path_factory.mktemp("made"), request.param, factor, **changed)
        for factor in (1.0, FACTOR)
    ]
    return request.param, *made


def axes_of(page):
    """Names, limits and ticks of the horizontal axes, and where lines and bands lie on them."""
    found = []
    for axes in page.axes:
        found.append((axes.get_xlabel(), axes.get_title()))
        found.append(np.round(np.log10(np.maximum(axes.get_xlim(), 1e-12)), 9).tolist())
        found += [np.asarray(line.get_xdata(), dtype=float).tolist() for line in axes.lines]
        boxes = (collection.get_datalim(axes.transData) for collection in axes.collections)
        found += [f"{box.x0:.9g}" for box in boxes]
    return found


def label_of(page):
    (label,) = {axes.get_xlabel() for axes in page.axes} - {""}
    return label


def test_parameters_and_eta_times_one_factor_are_the_same_physics(pair):
    _, first, second = pair
    small, large = (
        pd.DataFrame(pq.read_table(made.tables / "summary.parquet").to_pydict())
        for made in (first, second)
    )
    np.testing.assert_allclose(large["eta"], FACTOR * small["eta"])  # as configured
    for column in ("p1", "p2", "p3", "s_max_mean"):
        np.testing.assert_allclose(large[column], small[column], rtol=1e-6, err_msg=column)


@pytest.mark.parametrize("module", [sweep_figure, limit_figure])
def test_axes_of_a_study_are_in_the_unit_that_they_name(pair, module, tmp_path):
    name, *both = pair
    with kept_pages(module) as pages:
        for made in both:
            if module is sweep_figure:
                made.draw(tmp_path / "fig")
            else:
                limit_figure.draw(made.tables, tmp_path / "fig")
    first, second = pages
    assert label_of(first) == label_of(second) == LABELS[name]
    assert axes_of(first) == axes_of(second)
    data = pd.read_csv(tmp_path / "fig_s_max.csv")
    assert set(data["eta"]) <= {FACTOR * eta for eta in ETAS}  # as configured, like all tables


def test_the_report_is_in_the_unit_that_it_names(pair):
    name, *both = pair
    symbol = {"spin1_chain": "ω", "spin_half_pair": "J"}[name]
    said = []
    for made in both:
        found = report_tables.of_study(made.tables, made.study)
        columns = [[row[0].text for row in table.rows] for table in found]
        explorer = realisations.of_study("study", made.study, made.rows, {})
        sentence = dict(report_words.of_study(made.study, made.physics))["Sweep"]
        said.append([*(table.heads[0] for table in found), columns, explorer["etas"], sentence])
    assert said[0] == said[1]
    assert said[0][0] == f"η [{symbol}]" and said[0][-1].endswith(f"from 10⁻⁶ to 1 {symbol}")


@pytest.mark.parametrize(("symbol", "unit"), [("ω", 2.0), ("J", 3.0)])
def test_parameters_stand_in_the_report_as_they_were_configured(symbol, unit):
    name = {"ω": "spin1_chain", "J": "spin_half_pair"}[symbol]
    whole = settings(name, unit)
    said = dict(report_words.of_study(whole.studies["study"], whole.physics("study")))["Model"]
    assert f" {symbol} = {unit:g};" in said
    values = [value.partition(" = ")[2] for value in said.split(":", 1)[1].split(";")]
    expected = [f"{value:g}" for value in parameters(name, unit).values()]
    assert values[-len(expected) :] == expected  # numbers alone, without a unit


def test_no_unit_is_named_where_there_is_none_to_divide_by(tmp_path):
    made = Made(tmp_path, "spin1_chain", 1.0, draws=None, n_sites=2, omega=0.0)
    with kept_pages(sweep_figure) as pages:
        made.draw(tmp_path / "fig")
    assert label_of(pages[0]) == r"$\eta$"
    ends = [axes.get_xlim() for axes in pages[0].axes if axes.get_xscale() == "log"]
    assert all(low < 1e-6 and high > 1 for low, high in ends)
    assert report_tables.of_study(made.tables, made.study)[0].heads[0] == "η"


def two_spins(factor, **changed):
    return settings("spin1_chain", factor, n_sites=2, **changed).physics("study")


def test_axis_of_fig_1_is_in_units_of_omega(tmp_path):
    nothing = dict.fromkeys(("omega", "J", "delta", "gamma"), 0.0)
    with kept_pages(fig1) as pages:
        for factor in (1.0, FACTOR):
            folder, etas = tmp_path / f"{factor}", (0.0, 1e-3 * factor, factor)
            rows = [
                write_rows(folder / name, physics, etas, 4).request
                for name, physics in (
                    ("studied", two_spins(factor)),
                    ("alone", two_spins(1, **nothing)),
                )
            ]
            pairs = (locking.Pair(studied=rows[0], alone=rows[1]),)
            locking.make(locking.Request(pairs=pairs), folder)
            chain = quality.Sampled(physics=two_spins(factor), samples=2)
            quality.make(quality.Request(chains=(chain,), etas=etas[1:]), folder)
            fig1.draw(folder, folder / "fig1")
    first, second = pages
    assert label_of(first) == label_of(second) == LABELS["spin1_chain"]
    assert axes_of(first) == axes_of(second)


def test_titles_of_fig_2_and_the_ablations_are_in_units_of_omega(tmp_path):
    titles = []
    with kept_pages(fig2) as pages, kept_pages(ablations_figure) as other_pages:
        for factor in (1.0, FACTOR):
            folder, etas = tmp_path / f"{factor}", (0.0, 1e-6 * factor, factor)
            physics = settings("spin1_chain", factor).physics("study")
            rows = write_rows(folder / "chain", physics, etas, 6).request
            types.make(types.Request(chain=rows, threshold=0.95), folder)
            fig2.draw(folder, folder / "fig2")
            changed = Physics(model=physics.model, ensemble=Ensemble(rank=30), root_seed=5)
            fewer = write_rows(folder / "rank", changed, etas, 3).request
            variant = {"axis": "rank", "rows": fewer}
            asked = {"chain": rows, "variants": [variant], "etas": etas, "threshold": 0.95}
            few = {"samples": 2, "thresholds": (0.95,)}
            ablations.make(ablations.Request.model_validate(asked | few), folder)
            ablations_figure.draw(folder, folder / "ablations")
            both = (pages.pop(), other_pages.pop())
            titles.append([axes.get_title() for page in both for axes in page.axes])
    assert titles[0] == titles[1]
    assert {r"$\eta = \omega$", r"$\eta = 10^{-6}\,\omega$"} <= set(titles[0])


def test_claims_are_in_units_of_omega(tmp_path):
    """Λ is half at 10⁻³ω, and χ uniform from ω on, whatever number ω is."""
    etas = np.array([0.0, *np.logspace(-6, 1, 15)])
    claims = []
    for factor in (1.0, FACTOR):
        physics = settings("spin1_chain", factor).physics("study")
        columns = {"model": "coupled", "n_sites": 3, "eta": factor * etas}
        values = {"locking": 1 / (1 + 1e3 * etas), "locking_se": 1e-3}
        request = validation.Request(chain=tmp_path, pair=tmp_path)
        tables = {"locking": pd.DataFrame(columns | values)}
        part.write_tables(tmp_path, tables, locking.COLUMNS, request, physics=physics)
        summary = {"eta": factor * etas, "ratio": 1 / 3, "s_max_mean": 1 + etas}
        summary |= {name: np.where(etas < 0.9, 0.5, 0.125) for name in ("p1", "p2", "p3")}
        summary |= {f"{name}_se": 1e-3 for name in ("ratio", "p1", "p2", "p3", "s_max")}
        said = {"physics": physics.model_dump(mode="json")}
        write_table(tmp_path / "summary", pd.DataFrame(summary), said)
        of = validation.tables_of(request, tmp_path, set())
        claims.append([*claims_sweeps._persistence(of), *claims_sweeps._strong(of)])
    assert claims[0] == claims[1]
    assert all(claim.holds for claim in claims[0])
    assert "η = 0.00100" in claims[0][0].found
