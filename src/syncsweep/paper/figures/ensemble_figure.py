"""Fig. S: eigenvalues of random dissipators in the region that Ref. 57 predicts for them."""

from __future__ import annotations

from pathlib import Path

from syncsweep.figures import figure_page as page
from syncsweep.figures import style
from syncsweep.tables.reading import read_table

#: Height [in], for which the axes of equal scale fill the width.
_HEIGHT = 2.05


def draw(tables: Path, stem: Path) -> None:
    """Draw <stem>.pdf and .png from the tables of the part `ensemble`: λ′ and the boundary."""
    data = {
        name: read_table(tables / f"ensemble_{name}.parquet").to_pandas()
        for name in ("eigenvalues", "boundary", "summary")
    }
    eigenvalues, curve = data["eigenvalues"], data["boundary"]
    summary = data["summary"].set_index("quantity").loc["fraction_inside_orthonormal"]
    with page.new_page(stem, style.COLUMN_WIDTH, _HEIGHT) as figure:
        axes = figure.add_axes((0.135, 0.175, 0.845, 0.8))
        axes.plot(
            eigenvalues["re"],
            eigenvalues["im"],
            marker=".",
            markersize=1.6,
            markeredgewidth=0,
            linestyle="none",
            color=style.LINE_COLOURS[0],
            rasterized=True,
        )
        axes.plot(curve["re"], curve["im"], color=style.LINE_COLOURS[1])
        axes.text(
            0.03,
            0.95,
            f"{100 * summary['value']:.1f} ± {100 * summary['se']:.1f} % of complex λ′ inside",
            transform=axes.transAxes,
            va="top",
            fontsize=style.SMALL,
        )
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xlabel(r"Re $\lambda'$", labelpad=2)
        axes.set_ylabel(r"Im $\lambda'$", labelpad=2)
    page.save_data(stem, data)
