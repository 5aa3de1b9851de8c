"""Figure of the sizes of the magnetization sectors."""

from __future__ import annotations

from pathlib import Path

from syncsweep.figures import style
from syncsweep.figures.figure_page import new_page, read_table, save_data


def draw(tables: Path, stem: Path) -> None:
    """Draw the table `sectors`."""
    table = read_table(tables / "sectors.parquet").to_pandas()
    with new_page(stem, style.COLUMN_WIDTH, 2.0) as page:
        axes = page.add_axes((0.15, 0.2, 0.8, 0.75))
        for n_sites, rows in table.groupby("n_sites"):
            axes.plot(rows["m"], rows["states"], marker="o", label=f"$N = {n_sites}$")
        axes.set_xlabel("$M$")
        axes.set_ylabel("states")
        axes.legend(frameon=False)
    save_data(stem, {"a": table})
