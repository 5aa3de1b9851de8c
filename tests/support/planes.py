"""A summary over two axes and η, made and not solved, and pages of figures that show it."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from drawn_pages import is_within, kept_pages, overlapping
from matplotlib.collections import QuadMesh

from syncsweep.columns import DENSITY
from syncsweep.config.analysis import Analysis, LogBins
from syncsweep.config.figure import EdgeFigure, LinesFigure, MapFigure
from syncsweep.config.requests import AxisLabel, FigureRequest
from syncsweep.figures import edge_figure, lines_figure, map_figure
from syncsweep.tables import METADATA_KEY

ANALYSIS = Analysis(s_max_bins=LogBins(low=1e-5, high=1e-1, count=12))
AXES = (
    AxisLabel(name="B", symbol="B", unit="J"),
    AxisLabel(name="epsilon", symbol="ε", unit="γ₁ᵍ"),
)
KINDS = {
    "map": (map_figure, MapFigure),
    "lines": (lines_figure, LinesFigure),
    "edge": (edge_figure, EdgeFigure),
}


def summary(etas, b, epsilon, samples=200):
    """Rows over the product of three axes; the mean falls with η from 2 + ε, at an η near 0.01·B.

    The angle is that of a vector that turns with ε.
    """
    eta, b, epsilon = (values.ravel() for values in np.meshgrid(etas, b, epsilon, indexing="ij"))
    mean = (2 + epsilon) / (1 + eta / (0.01 * b))
    return pd.DataFrame(
        {
            "eta": eta,
            "B": b,
            "epsilon": epsilon,
            "n": samples,
            "failed": 0,
            "p1": mean / 10,
            "p1_se": 0.01,
            "p1_low": mean / 10 - 0.01,
            "p1_high": mean / 10 + 0.02,
            "s_max_mean": mean,
            "s_max_se": np.nan if samples == 1 else 0.1 * mean,
            "angle_1_mean": np.mod(np.pi * epsilon, 2 * np.pi),
        }
    )


def write(folder, frame, samples=200, **said):
    """Write a summary as the tables of a study have it; said: more of what it says of itself."""
    record = {"analysis": ANALYSIS.model_dump(mode="json"), "samples": samples, **said}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    units = {"s_max_mean": DENSITY, "angle_1_mean": "rad"}
    fields = [one.with_metadata({"unit": units.get(one.name, "")}) for one in table.schema]
    table = table.cast(pa.schema(fields, {METADATA_KEY: json.dumps(record).encode()}))
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "summary.parquet")
    return folder


def request(kind, axes=AXES, **keys):
    figure = KINDS[kind][1](**{"kind": kind, "name": "fig", "column": "s_max_mean", **keys})
    return FigureRequest(figure=figure, analysis=ANALYSIS, model="own", n_sites=2, axes=axes)


def page_of(tables, kind, axes=AXES, **keys):
    """The page of a figure, which is not saved; its data are beside the tables as fig_<kind>."""
    module = KINDS[kind][0]
    with kept_pages(module) as pages:
        module.draw(tables, request(kind, axes, **keys), tables / "fig")
    pages[0].canvas.draw()
    return pages[0]


def data_of(tables, kind):
    return pd.read_csv(tables / f"fig_{kind}.csv")


def cells_of(axes):
    """The values that the cells of a panel show, (n_y, n_x) for each of its parts."""
    return [one.get_array() for one in axes.collections if isinstance(one, QuadMesh)]


def assert_letters_are_apart(page):
    """No text of a page overlaps another or leaves the page."""
    texts = [text for text in _texts(page) if text.get_visible() and text.get_text().strip()]
    assert len(texts) > 5
    assert [text.get_text() for text in texts if not is_within(text, page)] == []
    pairs = overlapping(texts)
    assert [(one.get_text(), other.get_text()) for one, other in pairs] == []


def _texts(page):
    """The texts of a page, of the ticks only those within their axis."""
    yield from page.texts
    for legend in page.legends:
        yield from (legend.get_title(), *legend.get_texts())
    for axes in page.axes:
        yield axes.title
        for k, axis in enumerate((axes.xaxis, axes.yaxis)):
            yield from (axis.label, axis.get_offset_text())
            low, high = sorted(axis.get_view_interval())
            for text in axis.get_ticklabels(which="both"):
                if low * (1 - 1e-9) <= text.get_position()[k] <= high * (1 + 1e-9):
                    yield text
