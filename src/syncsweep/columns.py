"""The data dictionary: an entry for each column of a shard, of a table and of a figure's data.

The entries are in the modules that fill the columns, so that other words make only those tables
again. Those that several modules need are here. Each Parquet field carries its entry, and
docs/columns.md is made from the entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

#: The unit of energies, rates and η.
ENERGY = "energy unit of the configuration"

#: The unit of energies and rates where the model has the paper's parameters.
MODEL_SCALE = "J for spin_half_pair, else ω"

#: The unit of the parameters of an axis.
AXIS_UNIT = "that of the parameter in the configuration"

#: The unit of densities over angles: the N−1 differences, or all N with `measure: absolute`.
DENSITY = "rad^(-angles)"

#: The errors of a quantity, by the ending of their column.
_ERRORS = {
    "_se": "standard error of {}",
    "_low": "lower end of the interval of one standard error (68 %) of {}",
    "_high": "upper end of the interval of one standard error (68 %) of {}",
}

_FAMILY = re.compile(r"\\\{(\w)\\\}")


@dataclass(frozen=True)
class Column:
    """What a column holds.

    name: `p{a}` stands for p1, p2, …; unit: empty for a pure number, a count or a word; shape: of
    the list in each row, empty for a single value; source: where the paper or our pages define it.
    """

    name: str
    meaning: str
    unit: str = ""
    shape: str = ""
    source: str = ""

    def with_errors(self, *endings: str) -> Columns:
        """The column and those of its errors, of `_se`, `_low` and `_high`; see `Number`."""
        return (self, *(self._error(ending) for ending in endings))

    def has_error(self, other: Column) -> bool:
        """Whether another column is that of an error of this one."""
        return any(other == self._error(ending) for ending in _ERRORS)

    def _error(self, ending: str) -> Column:
        name = self.name.removesuffix("_mean") + ending
        return Column(name, _ERRORS[ending].format(self.name), self.unit)

    def beside(self, ending: str, meaning: str) -> Column:
        """The column `<name><ending>` of the same unit; meaning: `{}` stands for this column."""
        return replace(self, name=f"{self.name}{ending}", meaning=meaning.format(self.name))

    def with_prediction(self, by: str) -> Columns:
        """The column and the one with the suffix `_predicted`; by: what predicts it."""
        return (self, self.beside("_predicted", f"{{}} as predicted by {by}"))

    @property
    def record(self) -> dict[str, str]:
        """The entry as files carry it: unit and meaning, and shape and source if it has them."""
        said = {"unit": self.unit, "meaning": self.meaning}
        more = {"shape": self.shape, "source": self.source}
        return said | {key: value for key, value in more.items() if value}


Columns = tuple[Column, ...]


def entry(name: str, columns: Columns) -> Column:
    """The entry of a column by its name in a file, with the numbers of its family; KeyError."""
    for column in columns:
        pattern = _FAMILY.sub(r"(?P<\1>\\d+)", re.escape(column.name))
        if found := re.fullmatch(pattern, name):
            numbers = found.groupdict()
            meaning = column.meaning.format(**numbers) if numbers else column.meaning
            return replace(column, name=name, meaning=meaning)
    raise KeyError(f"{name}: has no entry in the data dictionary")


ETA = Column(
    "eta", "perturbation strength η; 0 is the limit η → 0⁺", ENERGY, source="Eq. 4, Fig. 1"
)
STUDY = Column("study", "name of the study in the configuration")
MODEL = Column("model", "name of the model")
N_SITES = Column("n_sites", "number of spins N")
SAMPLE = Column("sample", "number of the sample: one random perturbation L₁", source="App. F")
STATUS = Column(
    "status",
    "ok, or why the row is in no average: inaccurate, degenerate or failed",
    source="docs/trust.md",
)
N = Column("n", "number of realisations in the averages: those with status ok")
FAILED = Column("failed", "number of realisations with another status, which are in no average")
UNDEFINED_CHI = Column(
    "undefined_chi",
    "how many of the n realisations have no χ, because S_max is at most the error of S_d, or "
    "1e-11 of the uniform density; they are in no P_a",
)
P = Column(
    "p{a}",
    "P_{a}, the probability that χ is in the interval 𝓘_{a}: the mean over realisations with a χ",
    source="Fig. 3b",
)
RATIO = Column(
    "ratio",
    "P_a/(w·P_b), with a, b and w from `ratio` in the configuration; for three spin-1s P₂/(3P₁), "
    "how many times as often the π/3 type occurs as the (0, π) type",
    source="Fig. 3c",
)
S_MAX = Column(
    "s_max",
    "S_max, the maximum of S_d (absolute: of S) minus the uniform density; 0 if at most its error",
    DENSITY,
    source="Eq. 3",
)
S_MAX_MEAN = Column(
    "s_max_mean", "mean of S_max over the n realisations", DENSITY, source="Fig. 3d"
)
CHI = Column("chi", "χ of the angles, in [0, 1]", source="Eqs. 9, D6")
CHI_LOW = Column("chi_low", "lower edge of the bin or interval of χ")
CHI_HIGH = Column("chi_high", "upper edge of the bin or interval of χ")
S_D_ERROR = Column(
    "s_d_error",
    "estimated error of S_d (absolute: of S) in units of the uniform density, (1/2π)^angles",
    source="docs/decisions/0009",
)
THRESHOLD = Column("threshold", "r: χ is sampled where S_d is at least r·S_max above uniform")
CONFIGURATION = Column(
    "configuration", "named configuration of the angles that is nearest", source="below Eq. 8"
)


def axis_columns(axes: Iterable[str]) -> Columns:
    """The entries of the axes of a study, whose paths these are."""
    return tuple(
        Column(path.rpartition(".")[2], f"value of the axis {path}", AXIS_UNIT) for path in axes
    )
