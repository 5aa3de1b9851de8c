"""The pages of figures, to look at what stands on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
from matplotlib.figure import Figure as Page


@contextmanager
def kept_pages(module: ModuleType) -> Iterator[list[Page]]:
    """The pages that are drawn by means of `new_page` as a module names it."""
    pages: list[Page] = []
    new_page = module.new_page

    @contextmanager
    def kept(*arguments):
        with new_page(*arguments) as page:
            pages.append(page)
            yield page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "new_page", kept)
        yield pages
