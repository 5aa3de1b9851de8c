"""The report of a study with axes: the reader chooses a point."""

from __future__ import annotations

import numpy as np
import pytest
from plane_study import solve
from playwright.sync_api import expect
from report_results import CITATION

from syncsweep.physics.phase_distribution import deviation, relative_frequencies
from syncsweep.report.report_page import ReportRequest, make_report

pytestmark = pytest.mark.browser


def test_sliders_choose_the_point_whose_s_d_is_drawn(open_report, tmp_path) -> None:
    config, stored = solve(tmp_path)
    asked = {"config": config.model_dump(mode="json"), "studies": {"plane": stored}}
    make_report(tmp_path, CITATION, ReportRequest(**asked), tmp_path / "report.html")
    with open_report(tmp_path) as tab:
        b, delta = (tab.page.locator("#axes input").nth(k) for k in range(2))
        b.press("Home")
        b.press("ArrowRight")
        delta.press("End")
        tab.page.locator("#eta").press("End")
        tab.page.locator("#sample").select_option(index=1)
        expect(tab.page.locator("#axes output").nth(0)).to_have_text("B = 0.2")
        expect(delta).to_have_attribute("aria-valuetext", "Δ = 1 J")
        tab.page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
        drawn = tab.page.evaluate(
            "() => { const { x, y } = document.getElementById('plot').data[0]; return [x, y]; }"
        )
        assert tab.problems == []
    (rows,) = (
        rows.coefficients[described.etas.index(0.5)]
        for described in stored.describe()
        if 0.5 in described.etas
        for rows in stored.read(described)
        if (rows.sample, rows.point) == (1, (0.2, 1.0))
    )
    expected = deviation(rows, relative_frequencies((0.5, 0.5)), np.array(drawn[0])[:, None])
    np.testing.assert_allclose(drawn[1], expected, rtol=1e-9, atol=1e-12)
