"""Figures over axes: what a configuration may say, and one line for what does not fit the study."""

import re
from pathlib import Path

import pytest
import yaml
from messages import assert_messages, is_one_line
from planned import config
from pydantic import TypeAdapter

from syncsweep.config.analysis import Analysis, LogBins, Ratio
from syncsweep.config.configuration import parse
from syncsweep.config.figure import AnyFigure, check_figures
from syncsweep.config.messages import ConfigError
from syncsweep.config.plane_figures import columns_of_summary

ANALYSIS = Analysis(s_max_bins=LogBins(low=1e-5, high=1e-1, count=12))
AXES = {"eta": [0.0, 1e-3, 1e-2], "B": [0.5, 1.0, 2.0], "epsilon": [-0.4, 0.1 + 0.2], "J": [1.0]}
COLUMNS = columns_of_summary(ANALYSIS, 1, ["purity"])

MAP = {"kind": "map", "name": "fig", "column": "s_max_mean", "x": "B", "y": "epsilon", "by": "eta"}
LINES = {"kind": "lines", "name": "fig", "column": "purity_mean", "x": "eta", "by": "B"} | {
    "at": {"epsilon": 0.3}
}
EDGE = {"kind": "edge", "name": "fig", "column": "p2", "x": "B", "by": "epsilon"}


def parsed(figure):
    """The figures of a study without axes, of which only the keys are checked."""
    return config("r", figure=figure).studies["pair"].figures


def figures_of(*figures):
    """Figures as a configuration gives them, before they meet their study."""
    return [TypeAdapter(AnyFigure).validate_python(figure) for figure in figures]


def without(figure, *keys, **changes):
    return {key: value for key, value in (figure | changes).items() if key not in keys}


@pytest.mark.parametrize(
    "figure",
    [
        MAP,
        without(MAP, "by", at={"eta": 0.001}),
        {**MAP, "contours": [0.1, 0.2], "scale": "log", "symbol": "S", "unit": "1/rad"},
        {**MAP, "x": "eta", "y": "B", "by": "epsilon", "column": "angle_1_mean", "contours": True},
        LINES,
        {**LINES, "column": "n"},
        EDGE,
        {**EDGE, "share": 2, "floor": 0.125},
    ],
)
def test_figures_that_fit_the_study_are_accepted(figure):
    check_figures(figures_of(figure), ANALYSIS, AXES, COLUMNS)


FIGURE = "studies.pair.figure"

#: Keys that do not fit each other: the figure and what the message must name.
WRONG_KEYS = {
    "kind": (
        {**MAP, "kind": "mpa"},
        f"{FIGURE}.kind",
        "'mpa'",
        "panels, map, lines, edge",
        "'map'",
    ),
    "x is y": ({**MAP, "y": "B"}, "x and y", "'B'"),
    "y is by": ({**MAP, "by": "epsilon"}, "y and by", "'epsilon'"),
    "x is by": ({**LINES, "by": "eta"}, "x and by", "'eta'"),
    "drawn and fixed": ({**MAP, "at": {"eta": 0}}, "at", "'eta'"),
    "no column": (without(MAP, "column"), f"{FIGURE}.column", "missing"),
    "no y": (without(MAP, "y"), f"{FIGURE}.y", "missing"),
    "unknown key": ({**MAP, "colour": 1}, f"{FIGURE}.colour", "column, x"),
    "levels": ({**MAP, "contours": [0.2, 0.1]}, "contours", "ascending"),
    "level twice": ({**MAP, "contours": [0.2, 0.2]}, "contours", "ascending"),
    "level on a log scale": ({**MAP, "scale": "log", "contours": [0, 1]}, "contours", "0"),
    "no levels": ({**MAP, "contours": "many"}, f"{FIGURE}.contours", "'many'", "true"),
    "a level that is a word": ({**MAP, "contours": [1, "b"]}, f"{FIGURE}.contours", "'b'"),
    "scale": ({**MAP, "scale": "sqrt"}, f"{FIGURE}.scale", "'sqrt'", "linear, log"),
    "edge of an angle": ({**EDGE, "column": "angle_1_mean"}, "angle_1_mean", "edge"),
    "angle": ({**MAP, "scale": "log", "column": "angle_1_mean"}, "angle_1_mean", "log"),
    "share": ({**EDGE, "share": 1}, "share", "1"),
    "no share": ({**EDGE, "share": 0}, f"{FIGURE}.share", "0"),
    "edge of eta": ({**EDGE, "x": "eta"}, "edge", "eta"),
    "edge at eta": ({**EDGE, "at": {"eta": 0}}, "edge", "eta"),
    "at": ({**MAP, "at": {"J": "one"}}, f"{FIGURE}.at.J", "'one'", "number"),
    "symbol": ({**MAP, "symbol": "S" * 41}, f"{FIGURE}.symbol", "40"),
    "in a list": ([MAP, {**MAP, "name": "b", "colr": 1}], f"{FIGURE}.1.colr"),
    "empty list": ([], FIGURE, "1"),
}


def test_keys_that_do_not_fit_each_other_are_named(snapshot):
    cases = {}
    for name, (figure, *facts) in WRONG_KEYS.items():
        with pytest.raises(ConfigError) as error:
            parsed(figure)
        cases[name] = str(error.value), facts
    assert_messages(snapshot, cases)


#: What the study does not have: the figure and what the message must name.
WRONG_STUDY = {
    "x": ({**MAP, "x": "b"}, "x", "'b'", "eta, B, epsilon, J"),
    "by": ({**LINES, "by": "epsilo"}, "by", "'epsilo'", "'epsilon'"),
    "name in at": ({**LINES, "at": {"epsilon": 0.3, "C": 1}}, "at", "'C'"),
    "value in at": ({**LINES, "at": {"epsilon": 0.2}}, "at.epsilon", "0.2", "-0.4, 0.3"),
    "axis left": (without(LINES, "at"), "2 values of epsilon", "by: epsilon", "at: {epsilon: 0.3}"),
    "eta left": (without(MAP, "by"), "3 values of eta", "at: {eta: 0.01}"),
    "column": (
        {**LINES, "column": "s_max"},
        *("'s_max'", "'s_max_mean'", "n, failed, p1, p2", "purity_mean", "resultant_1"),
    ),
    "no ratio": ({**LINES, "column": "ratio"}, "'ratio'"),
    "panels": (
        {"name": "fig", "panels": ["s_max"]},
        "figure.panels",
        "B, J, epsilon",
        "map, lines",
    ),
}


def refusal(figures, axes=AXES, columns=COLUMNS):
    with pytest.raises(ValueError, match=r".") as error:
        check_figures(figures, ANALYSIS, axes, columns)
    return str(error.value)


def test_what_the_study_does_not_have_is_named(snapshot):
    cases = {
        name: (refusal(figures_of(figure)), facts) for name, (figure, *facts) in WRONG_STUDY.items()
    }
    assert_messages(snapshot, cases)


@pytest.mark.parametrize("etas", [[1e-3, 1e-2, 1e-1], [0, 1e-3]])
def test_an_edge_needs_the_limit_and_two_other_eta(etas):
    said = refusal(figures_of(EDGE), {**AXES, "eta": etas})
    assert "η = 0" in said and "eta_blocks" in said and is_one_line(said)


def test_more_values_than_a_figure_can_show_are_refused():
    many = {**AXES, "eta": [k * 1e-3 for k in range(13)]}
    assert "13 values" in (said := refusal(figures_of(MAP), many)) and "12" in said
    check_figures(figures_of({**LINES, "x": "B", "by": "eta"}), ANALYSIS, many, COLUMNS)


def test_a_study_without_axes_has_eta():
    (line,) = parsed({"kind": "lines", "name": "l", "x": "eta", "column": "s_max_mean"})
    assert line.drawn == {"x": "eta"}
    with pytest.raises(ConfigError, match=r"studies\.pair: figure fig: x: the study has no axis"):
        parsed(MAP)


def test_one_figure_and_a_list_are_the_same():
    panels = {"name": "fig", "panels": ["chi"]}
    assert parsed(panels) == parsed([panels]) == parsed([{"kind": "panels", **panels}])
    assert parsed(None) == ()
    other = {"kind": "lines", "name": "l", "x": "eta", "column": "n"}
    assert [figure.name for figure in parsed([panels, other])] == ["fig", "l"]


def test_names_of_all_figures_differ():
    panels = {"name": "a-b", "panels": ["chi"]}
    with pytest.raises(ConfigError, match=r"figure\.name .*a_b"):
        parsed([{**panels, "name": "a_b"}, panels])


@pytest.mark.parametrize("figure", [MAP, LINES, EDGE, {"name": "fig", "panels": ["chi"]}])
def test_a_figure_comes_back_from_its_record(figure):
    """So requests, tables and the report can carry it."""
    (found,) = figures_of(figure)
    (again,) = figures_of(found.model_dump(mode="json"))
    assert again == found
    whole = config("r", figure=[{"name": "fig", "panels": ["chi"]}])
    assert parse(whole.model_dump(mode="json")) == whole


def test_columns_follow_the_analysis():
    ratio = Ratio(numerator=2, denominator=1, meaning="so")
    analysis = ANALYSIS.model_copy(update={"ratio": ratio})
    assert {"ratio", "ratio_low"} <= set(columns_of_summary(analysis))
    assert "ratio" not in COLUMNS and "p3_high" in COLUMNS and "p4" not in COLUMNS


def test_the_example_of_the_page_is_a_configuration():
    page = (Path(__file__).parents[3] / "docs" / "planes.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    figures = figures_of(*yaml.safe_load(block)["figure"])
    axes = {"eta": [0.01], "delta": [-1.0, 0.0, 1.0], "epsilon": [0.1, 0.2]}
    check_figures(figures, ANALYSIS, axes, COLUMNS)
    assert [figure.name for figure in figures] == ["tongue", "angle", "cut"]
