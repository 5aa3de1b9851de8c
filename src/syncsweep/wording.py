"""Text for people: durations, numbers and names in a few words, and what a line may contain."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass

#: S_d and S^x in running text: an index below or above a single letter.
_BELOW = re.compile(r"(?<!\w)(\w|\w')_([^\W_]+)")
_ABOVE = re.compile(r"\^([^\W_]+)")


@dataclass(frozen=True)
class Caption:
    """Words of a figure; `panels` are those of its panels in their order."""

    title: str
    alt: str
    text: str
    panels: tuple[str, ...]

    @property
    def restructured_text(self) -> str:
        """What it shows, for `snakemake --report`; S_d and S^x with their index set."""
        lines = [self.text, *(f"({'abcdefgh'[i]}) {panel}" for i, panel in enumerate(self.panels))]
        escaped = re.sub(r"([*`|\\])", r"\\\1", "\n\n".join(lines))
        return _ABOVE.sub(r"\\ :sup:`\1`\\ ", _BELOW.sub(r"\1\\ :sub:`\2`\\ ", escaped))


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 5 min` or `2 d 4 h`: two units at most, and rounded."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(round(hours + minutes / 60), 24)
    return f"{days} d {hours} h"


def size(n_bytes: float) -> str:
    """`412 kB`, `31 MB`: decimal units, as disks are sold."""
    number, unit = float(round(n_bytes)), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 999.5:
            break
        number, unit = number / 1000, larger
    return f"{number:.3g} {unit}"


def three_digits(value: float) -> str:
    """`0.0524`, `878`, `1460`: three digits, with zeros instead of a power of ten up to 10⁶."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:.0f}" if 1000 <= abs(rounded) < 1e6 else f"{rounded:.3g}"


def superscript(number: int) -> str:
    """An integer above the line."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def subscript(number: int) -> str:
    """An integer below the line."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def are_even(below: float, above: float) -> bool:
    """Whether an interval reaches about as far below its value as above it, within 10 %."""
    return not abs(above - below) > 0.1 * min(above, below)  # true for NaN


def with_interval(value: float, low: float, high: float) -> str:
    """`0.3324(51)`, or `0.0050(+91−14)` where both sides differ: two digits of the larger one."""
    if math.isnan(value):
        return "–"
    below, above = value - low, high - value
    if math.isnan(below + above) or max(below, above) < 1e-6:  # none, or no more than rounding
        return f"{value:.3g}"
    digits = max(1 - math.floor(math.log10(max(below, above))), 0)

    def shown(side: float) -> int:
        return round(side * 10**digits)

    if are_even(below, above):
        return f"{value:.{digits}f}({shown((below + above) / 2)})"
    return f"{value:.{digits}f}(+{shown(above)}−{shown(below)})"


def percent(part: float, whole: float) -> str:
    """Rounded down, so that only all is 100 %."""
    return "100 %" if part >= whole else f"{min(math.floor(100 * part / whole), 99)} %"


def number_of(n: int, plural: str) -> str:
    """`1 shard`, `2 shards`: a number with its noun, of which the regular plural is given."""
    if n != 1:
        return f"{n} {plural}"
    return f"1 {plural[:-3]}y" if plural.endswith("ies") else f"1 {plural[:-1]}"


#: The rules' own names by those that another Snakefile gives them, see `workflow.embedding`.
OWN_RULES: dict[str, str] = {}


def plain_rule(rule: str) -> str:
    """A rule's own name without the tables that its studies lack, see `StudyOutputs.variants`."""
    return OWN_RULES.get(rule, rule).partition("_without_")[0]


def eta_range(etas: tuple[float, ...]) -> str:
    """`0, 1e-06 … 10`: the limit, and the smallest and largest of the others."""
    positive = [eta for eta in etas if eta > 0]
    limit = ["0"] if len(positive) < len(etas) else []
    if len(positive) > 2:
        return ", ".join([*limit, f"{positive[0]:g} … {positive[-1]:g}"])
    return ", ".join([*limit, *(f"{eta:g}" for eta in positive)])


def printable(text: str) -> str:
    """The text with all that would not print, a line break among it, escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def one_line(text: str, limit: int = 300) -> str:
    """The printable text in at most `limit` characters; blanks and line breaks as one blank."""
    flat = printable(" ".join(text.split()))
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def write_anything(*streams: object) -> None:
    """Make text streams escape characters that their encoding lacks: not every locale has an η."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
