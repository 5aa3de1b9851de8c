"""Requests come back as they were made, and their digests tell what results depend on."""

import json
from pathlib import Path

import pytest
from planned import config

from syncsweep.config.blocks import Block
from syncsweep.config.requests import FigureRequest, PreviewRequest, Rows, TablesRequest
from syncsweep.environment import source
from syncsweep.tables import ResultsError, parse_request

BINS = {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}}
RATIO = {"numerator": 2, "denominator": 1, "weight": 3, "meaning": "π/3 for each (0, π)"}
FIGURE = {"name": "fig", "panels": ["chi", "s_max"]}
MODULES = ("tables/summary.py",)


def made(results="results", **more):
    more = {"figure": FIGURE, "analysis": {**BINS, "ratio": RATIO}, **more}
    return config(results, blocks=((0.1, 0.5), (0.0,)), **more)


def figure_of(settings):
    return FigureRequest.of(settings, "pair", settings.studies["pair"].figure)


KINDS = [
    lambda settings: Rows.of(settings, "pair"),
    lambda settings: TablesRequest.of(settings, "pair"),
    lambda settings: figure_of(settings),
    lambda settings: PreviewRequest.of(settings, ["pair"]),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_reads_the_request_that_was_made(kind):
    request = kind(made("a folder/résultats"))
    assert request.text.isascii()  # for any locale
    assert parse_request(type(request), request.text) == request
    changed = {**json.loads(request.text), "else": 1}
    with pytest.raises(ResultsError, match=r"^--request: else: "):
        parse_request(type(request), json.dumps(changed))


def test_a_request_says_what_the_configuration_says():
    settings, digest = made(), made().physics("pair").digest
    rows = TablesRequest.of(settings, "pair")
    assert rows.folder == Path(f"results/pair-{digest}")
    assert rows.blocks == [block.id for block in settings.studies["pair"].blocks]
    assert (rows.samples, rows.chunk_size) == (10, 4)
    assert rows.analysis == settings.studies["pair"].analysis
    figure = figure_of(settings)
    assert (figure.model, figure.n_sites, figure.figure.name) == ("spin_half_pair", 2, "fig")
    (preview,) = PreviewRequest.of(settings, ["pair"]).studies
    assert (preview.figures, preview.folder) == ((figure,), rows.folder)
    assert preview.physics == settings.physics("pair")
    assert preview.blocks == [Block((0.1, 0.5)), Block((0.0,))]
    assert preview.output == Path("results/preview/pair")
    (bare,) = PreviewRequest.of(made(figure=None), ["pair"]).studies
    assert bare.figures == ()


def test_integers_of_axes_stay_integers_in_a_request():
    axes = {"model.J": {"values": [1, 2]}}
    settings = made(axes=axes, observables=["purity"], figure=None)
    request = PreviewRequest.of(settings, ["pair"])
    (preview,) = parse_request(PreviewRequest, request.text).studies
    assert [block.id for block in preview.blocks] == TablesRequest.of(settings, "pair").blocks


def test_tables_depend_on_the_analysis_and_the_samples_and_not_on_where_and_how_rows_lie():
    asked = TablesRequest.of(made(), "pair").asked(MODULES)
    same = [made("else/where"), made(chunk_size=3), made(figure=None), made(ranks=1)]
    assert {TablesRequest.of(settings, "pair").asked(MODULES) for settings in same} == {asked}
    other = [
        made(samples=9),
        made(analysis={**BINS, "threshold": 0.5}),
        made(model={"name": "spin_half_pair", "B": 0.1}),
        made(observables=["purity"]),
        made(observables=["l1_coherence"]),
    ]
    found = {TablesRequest.of(settings, "pair").asked(MODULES) for settings in other}
    assert len(found) == 5 and asked not in found
    assert TablesRequest.of(made(), "pair").asked(("tables/statistics.py",)) != asked


def test_digests_are_those_that_results_have_recorded_so_far():
    """They must not change, or results that others have made would be made again."""
    settings = made()
    study, analysis = (
        settings.studies["pair"],
        settings.studies["pair"].analysis.model_dump(mode="json"),
    )
    tables = {
        "folder": f"pair-{settings.physics('pair').digest}",
        "blocks": [block.id for block in study.blocks],
        "samples": 10,
        "analysis": analysis,
    }
    figure = {
        "figure": study.figure.model_dump(mode="json"),
        "analysis": analysis,
        "model": "spin_half_pair",
        "n_sites": 2,
    }
    assert TablesRequest.of(settings, "pair").asked(MODULES) == source.asked(tables, MODULES)
    assert figure_of(settings).asked(MODULES) == source.asked(figure, MODULES)
