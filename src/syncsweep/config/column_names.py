"""Names of columns that rows and tables have, which neither axes nor observables may take."""

from __future__ import annotations

import re

#: Of rows and of the table of samples, and what they make of others with an ending such as `_se`.
_OF_ROWS = re.compile(
    r"study|n_spins|sample|eta|s_d|s_max|angles?|residual|condition|trace_error|hermiticity_error|"
    r"smallest_eigenvalue|status|method|error|chi|chi_mean|chi_low|chi_high|n|failed|ratio|"
    r"undefined_chi|frequency|frequencies|coefficients|s_d_error|(angle_|p)\d+",
    re.IGNORECASE,
)

#: Of the other tables and of the data of figures over axes.
_OF_TABLES = re.compile(
    r"(s_max|ratio|p\d+|edge|density|angle_\d+)(_mean|_se|_low|_high)?|s_max_relative_se|"
    r"resultant_\d+|low|high|count|observable|outcome|value",
    re.IGNORECASE,
)


def is_of_rows(name: str) -> bool:
    """Whether rows, or the table of all samples, have a column of this name."""
    return _OF_ROWS.fullmatch(name) is not None


def is_of_any_table(name: str) -> bool:
    """Whether rows or any table of a study have a column of this name."""
    return is_of_rows(name) or _OF_TABLES.fullmatch(name) is not None
