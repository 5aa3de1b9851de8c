"""Files within the page: figures with the record of their origin, and data to download."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

from syncsweep.report.captions import Caption
from syncsweep.tables import ResultsError
from syncsweep.wording import size

#: Pixels of an image for each of the page: figures have 300 per inch, which is small on a screen.
_SHARPNESS = 1.5

#: Colours of an image: a third of the bytes of all of them, and hardly a difference to the eye.
_COLOURS = 256


@dataclass(frozen=True)
class Download:
    """A file that the page holds; `href` is its content as a data: address."""

    name: str
    href: str
    size: str


@dataclass(frozen=True)
class EmbeddedFigure:
    """A figure: image as a data: address with its size on the page, words, data and origin.

    module: the file of the package that drew it; code: version and commit of that package, from the
    figure's <name>.json; tables: the tables that it shows.
    """

    name: str
    caption: Caption
    image: str
    width: int
    height: int
    pdf: str
    downloads: tuple[Download, ...]
    module: str
    code: dict[str, str]
    tables: tuple[str, ...]


def figure(
    results: Path, stem: Path, data: Sequence[str], caption: Caption, module: str
) -> EmbeddedFigure:
    """Embed a figure with the data of its panels, `data` being the endings of their files.

    module: the file of the package that drew it. ResultsError if a file is missing or damaged.
    """
    image, width, height = _image(stem.with_name(f"{stem.name}.png"))
    origin = _origin(stem.with_name(f"{stem.name}.json"))
    return EmbeddedFigure(
        name=stem.name,
        caption=caption,
        image=data_address(image, "image/png"),
        width=round(width / _SHARPNESS),
        height=round(height / _SHARPNESS),
        pdf=link(results, stem.with_name(f"{stem.name}.pdf")),
        downloads=tuple(download(stem.with_name(f"{stem.name}_{name}.csv")) for name in data),
        module=module,
        code=origin["made_by"]["code"],
        tables=tuple(sorted(origin["made_from"])),
    )


def _image(path: Path) -> tuple[bytes, int, int]:
    """A PNG file with few colours, as bytes, and its width and height in pixels."""
    content = io.BytesIO()
    try:
        with Image.open(io.BytesIO(read(path)), formats=["PNG"]) as image:
            # The other methods merge rare colours, such as those of single marks.
            few = image.convert("RGB").quantize(
                _COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
            )
    except (OSError, ValueError, SyntaxError):
        raise damaged(path) from None
    few.save(content, "PNG", optimize=True)
    return content.getvalue(), few.width, few.height


def _origin(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(read(path))
        _ = said["made_by"]["code"]["version"], said["made_by"]["code"]["commit"]
        _ = sorted(said["made_from"])
    except (ValueError, LookupError, TypeError):
        raise damaged(path) from None
    return said


def read(path: Path) -> bytes:
    """Bytes of a file; ResultsError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror})") from None


def damaged(path: Path) -> ResultsError:
    """The error of a damaged file of the results."""
    return ResultsError(f"{path}: is damaged; remove it and run the same snakemake command again")


def download(path: Path) -> Download:
    """A CSV file to download from the page."""
    content = read(path)
    return text_download(path.name, content, "text/csv")


def text_download(name: str, content: bytes, kind: str) -> Download:
    """UTF-8 text to download from the page under a name."""
    return Download(name, data_address(content, f"{kind};charset=utf-8"), size(len(content)))


def data_address(content: bytes, kind: str) -> str:
    """Content as a data: address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def link(results: Path, path: Path) -> str:
    """Address of a file of the results as seen from the page, which is at their top."""
    return quote(path.relative_to(results).as_posix())
