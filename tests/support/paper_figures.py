"""Figures and tables of the paper, with what every one of them must be."""

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import matplotlib
import pandas as pd
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure as Page
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from syncsweep.figures import style
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.tables import METADATA_KEY, ResultsError

#: How far the boxes of two texts may overlap: they are a little larger than their letters [px].
_ROOM = 2.0

#: Resolution of what is saved, at which saving takes little time [dpi].
_COARSE = 30


@dataclass(frozen=True)
class DrawnFigure:
    """A figure that was drawn once from the folder `tables`, and its page.

    boxes: of all texts that can be seen, as the page was when it was saved.
    """

    name: str
    tables: Path
    folder: Path
    page: Page
    boxes: dict[Text, Bbox]

    def data(self, panel: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{self.name}_{panel}.csv")

    def text(self, panel: str) -> str:
        return (self.folder / f"{self.name}_{panel}.csv").read_text(encoding="utf-8")

    def check(self, again: Path, texts: int = 20) -> None:
        """Check its files, their bytes and its texts; texts: how many there are at least."""
        with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
            draw_figure(self.name, self.tables, again / "again")
        files, drawn_again = (_contents(folder) for folder in (self.folder, again / "again"))
        endings = (".pdf", ".png", *(f"_{data}.csv" for data in FIGURES[self.name].data))
        assert files.keys() == {f"{self.name}{ending}" for ending in endings}
        assert [name for name in files if files[name] != drawn_again[name]] == []
        assert self.page.get_figwidth() in (style.COLUMN_WIDTH, 7.0)
        _check_texts(self.boxes, self.page, texts)
        with pytest.raises(ResultsError, match=r"\.parquet: is missing"):
            draw_figure(self.name, again / "nothing", again / "none")
        assert not (again / "none").exists()


def draw_figure(name: str, tables: Path, folder: Path) -> DrawnFigure:
    """Draw a figure into a folder, at a low resolution."""
    seen: dict[Page, dict[Text, Bbox]] = {}
    save = Page.savefig

    def coarsely(page, *arguments, **options):
        if page not in seen:
            page.canvas.draw()
            seen[page] = {text: text.get_window_extent() for text in _seen_texts(page)}
        save(page, *arguments, **{**options, "dpi": _COARSE})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "savefig", coarsely)
        FIGURES[name].load().draw(tables, folder / name)
    ((page, boxes),) = seen.items()
    return DrawnFigure(name, tables, folder, page, boxes)


def _seen_texts(page: Page) -> list[Text]:
    """Texts that are drawn: those of hidden axes and of ticks beyond an axis exist, but are not."""
    hidden: set[Text] = set()
    for axes in page.axes:
        for axis, limits, place in (
            (axes.xaxis, sorted(axes.get_xlim()), 0),
            (axes.yaxis, sorted(axes.get_ylim()), 1),
        ):
            low, high = limits if axes.axison else (1, 0)
            labels = [*axis.get_ticklabels(), *axis.get_ticklabels(minor=True)]
            hidden |= {text for text in labels if not low <= text.get_position()[place] <= high}
    texts = [text for text in page.findobj(Text) if text not in hidden]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def _check_texts(boxes: dict[Text, Bbox], page: Page, texts: int) -> None:
    """No text covers another or leaves the page."""
    assert len(boxes) >= texts
    width, height = page.bbox.size
    for text, box in boxes.items():
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        along = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert min(across, along) < _ROOM, (one, other)


def check_part(part: str, request: object, tables: Path, again: Path) -> None:
    """Check the files of a part: names, equal bytes if made again, CSV, and what they record."""
    PARTS[part].load().make(request, again / "again")
    files, made_again = _contents(tables), _contents(again / "again")
    names = [f"{name}.{kind}" for name in PARTS[part].tables for kind in ("csv", "parquet")]
    assert files.keys() >= set(names) == made_again.keys()
    assert [name for name in names if files[name] != made_again[name]] == []
    for name in PARTS[part].tables:
        table = pq.read_table(tables / f"{name}.parquet")
        read = pd.read_csv(tables / f"{name}.csv", keep_default_na=False, na_values=[""])
        pd.testing.assert_frame_equal(read, table.to_pandas(), rtol=1e-12, check_dtype=False)
        assert json.loads(table.schema.metadata[METADATA_KEY])["request"] == request.recorded()


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
