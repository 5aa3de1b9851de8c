"""The pages of figures, to look at what is on them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import combinations
from types import ModuleType

import pytest
from matplotlib.artist import Artist
from matplotlib.figure import Figure as Page

from syncsweep.figures.figure_page import blank_page


@contextmanager
def kept_pages(module: ModuleType, saved: bool = False) -> Iterator[list[Page]]:
    """The pages that are drawn by means of `new_page` as a module names it.

    saved: also as files, which takes most of the time.
    """
    pages: list[Page] = []
    new_page = module.new_page

    @contextmanager
    def kept(stem, width, height):
        stem.parent.mkdir(parents=True, exist_ok=True)
        with new_page(stem, width, height) if saved else blank_page(width, height) as page:
            pages.append(page)
            yield page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "new_page", kept)
        yield pages


def overlapping(artists: Iterable[Artist]) -> list[tuple[Artist, Artist]]:
    """Those pairs of artists of a page whose boxes overlap."""
    boxes = [(artist, artist.get_tightbbox()) for artist in artists]
    return [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b)]


def is_within(artist: Artist, outer: Page | Artist) -> bool:
    """Whether an artist is within a page or another artist."""
    box = artist.get_window_extent()
    room = outer.bbox if isinstance(outer, Page) else outer.get_window_extent()
    return room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1
