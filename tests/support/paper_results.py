"""Tables and figures of the paper, with what every one of them must be."""

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import matplotlib
import pandas as pd
import pyarrow.parquet as pq
import pytest
from described import assert_described
from matplotlib.figure import Figure as Page
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from syncsweep.figures import style
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.paper.parts.part import Request
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
    pdf: bool

    def data(self, panel: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{self.name}_{panel}.csv")

    def text(self, panel: str) -> str:
        return (self.folder / f"{self.name}_{panel}.csv").read_text(encoding="utf-8")

    def check(self, again: Path, texts: int = 20) -> None:
        """Check its files, their bytes and its texts; texts: how many there are at least."""
        with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
            draw_figure(self.name, self.tables, again / "again", self.pdf)
        files, drawn_again = (_contents(folder) for folder in (self.folder, again / "again"))
        endings = (".pdf", ".png", *(f"_{data}.csv" for data in FIGURES[self.name].data))
        assert files.keys() == {f"{self.name}{ending}" for ending in endings}
        assert [name for name in files if files[name] != drawn_again[name]] == []
        assert_described(self.folder.glob("*.csv"))
        assert self.page.get_figwidth() in (style.COLUMN_WIDTH, 7.0)
        _check_texts(self.boxes, self.page, texts)
        with pytest.raises(ResultsError, match=r"\.parquet: is missing"):
            draw_figure(self.name, again / "nothing", again / "none")
        assert not (again / "none").exists()


def draw_figure(name: str, tables: Path, folder: Path, pdf: bool = False) -> DrawnFigure:
    """Draw a figure into a folder, at a low resolution; pdf: or else its PDF is an empty file."""
    seen: dict[Page, dict[Text, Bbox]] = {}
    save = Page.savefig

    def coarsely(page, file, **options):
        if page not in seen:
            page.draw_without_rendering()
            seen[page] = {text: text.get_window_extent() for text in _seen_texts(page)}
        if options["format"] == "pdf" and not pdf:
            file.touch()
        else:
            save(page, file, **{**options, "dpi": _COARSE})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Page, "savefig", coarsely)
        FIGURES[name].load().draw(tables, folder / name)
    ((page, boxes),) = seen.items()
    return DrawnFigure(name, tables, folder, page, boxes, pdf)


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


@dataclass(frozen=True)
class MadePart:
    """A part that was made once, and its tables by name, without the part's own name."""

    part: str
    request: Request
    folder: Path

    def __getitem__(self, name: str) -> pd.DataFrame:
        table = name if name in PARTS[self.part].tables else f"{self.part}_{name}"
        return pd.read_parquet(self.folder / f"{table}.parquet")

    def check(self, again: Path) -> None:
        """Check its files: names, equal bytes if made again, CSV, and what they record."""
        make_part(self.part, self.request, again / "again")
        files, made_again = _contents(self.folder), _contents(again / "again")
        tables = PARTS[self.part].tables
        assert files.keys() == {f"{name}.{kind}" for name in tables for kind in ("csv", "parquet")}
        assert made_again.keys() == files.keys()
        assert [name for name in files if files[name] != made_again[name]] == []
        assert_described(self.folder / name for name in files)
        for name in tables:
            table = pq.read_table(self.folder / f"{name}.parquet")
            read = pd.read_csv(self.folder / f"{name}.csv")
            pd.testing.assert_frame_equal(read, table.to_pandas(), rtol=1e-12, check_dtype=False)
            recorded = json.loads(table.schema.metadata[METADATA_KEY])["request"]
            assert recorded == self.request.recorded()


def make_part(part: str, request: Request, folder: Path) -> MadePart:
    """Make the tables of a part in a folder."""
    PARTS[part].load().make(request, folder)
    return MadePart(part, request, folder)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
