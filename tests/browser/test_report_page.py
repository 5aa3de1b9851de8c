"""The report as a reader uses it, with a mouse, with a keyboard, and on a narrow screen."""

from __future__ import annotations

import re
from math import pi

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from report_results import FAILED, UNIFORM, configuration, rows_of

from syncsweep.physics.chi import chi
from syncsweep.physics.phase_distribution import deviation, relative_frequencies
from syncsweep.sample.rows import unpack_coefficients

pytestmark = pytest.mark.browser

#: Angles of the plot [rad].
AXIS = np.linspace(-pi / 2, 3 * pi / 2, 73)

#: Values of η of each study, ascending, by block.
BLOCKS = {"chain": ((0.0, 1e-3), (0.5,)), "pair": ((1e-3, 0.5),), "four": ((1e-4,),)}


def s_d(study: str, sample: int, eta_index: int, angles: np.ndarray) -> np.ndarray:
    """S_d less its uniform value at angles (..., N−1), by the Python code."""
    packed = [s for etas in BLOCKS[study] for s in rows_of(study, etas)[sample].s_d][eta_index]
    frequencies = relative_frequencies(configuration("x").studies[study].model.spins)
    points = np.asarray(angles, dtype=float)
    flat = deviation(unpack_coefficients(packed), frequencies, points.reshape(-1, points.shape[-1]))
    return flat.reshape(points.shape[:-1])


def chi_of(angles: np.ndarray) -> np.ndarray:
    return chi(np.concatenate([angles, np.zeros((*np.shape(angles)[:-1], 1))], axis=-1))


def map_angles(*others: float) -> np.ndarray:
    """The first two angles on the grid of the map (73, 73, 2 + others), the first along a row."""
    second, first = np.meshgrid(AXIS, AXIS, indexing="ij")
    rest = [np.full(first.shape, other) for other in others]
    return np.stack([first, second, *rest], axis=-1)


def settle(page: Page) -> None:
    """Wait until the next frame is drawn."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def drawn(page: Page) -> dict:
    """What the plot shows of S_d."""
    settle(page)
    return page.evaluate(
        "() => { const { x, y, z, customdata } = document.getElementById('plot').data[0];"
        " return { x, y, z, customdata }; }"
    )


def choose(page: Page, study: str, sample: int = 0, eta: int = 0) -> None:
    page.locator("#study").select_option(label=study)
    page.locator("#sample").select_option(index=sample)
    slide(page, "#eta", eta)


def slide(page: Page, slider: str, steps: int) -> None:
    """Move a slider by the keyboard to so many steps from its left end."""
    page.locator(slider).press("Home")
    for _ in range(steps):
        page.locator(slider).press("ArrowRight")


def angle_slider(page: Page, index: int):
    return page.locator("#angles input").nth(index)


def numbers(text: str) -> list[float]:
    """Numbers of a text of the page, powers of ten included."""
    plain = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
    found = re.findall(r"= (-?[\d.]+)(?:·10(-?\d+))?", plain)
    return [float(f"{digits}e{power or 0}") for digits, power in found]


def test_nothing_but_the_file_is_asked_for(page, opened, results):
    outside = {url for url in opened.requests if not url.startswith(("data:", "blob:"))}
    assert outside == {(results / "report.html").as_uri()}


@pytest.mark.parametrize("sample", [0, 3])
@pytest.mark.parametrize("eta", [0, 2])
def test_map_of_three_spins_is_what_python_computes(page, sample, eta):
    choose(page, "chain", sample, eta)
    shown, angles = drawn(page), map_angles()
    np.testing.assert_allclose(shown["x"], AXIS, atol=1e-14)
    expected = s_d("chain", sample, eta, angles)
    np.testing.assert_allclose(shown["z"], expected, atol=1e-13 * np.abs(expected).max())
    np.testing.assert_allclose(shown["customdata"], chi_of(angles), atol=1e-12)


def test_line_of_two_spins_is_what_python_computes(page):
    choose(page, "pair", 5, 1)
    shown, angles = drawn(page), AXIS[:, None]
    expected = s_d("pair", 5, 1, angles)
    np.testing.assert_allclose(shown["y"], expected, atol=1e-13 * np.abs(expected).max())
    np.testing.assert_allclose(shown["customdata"], chi_of(angles), atol=1e-12)


@pytest.mark.parametrize("step", [0, 25, 72])
def test_slices_of_four_spins_are_what_python_computes(page, step):
    choose(page, "four", 1)
    slice_slider = angle_slider(page, 2)
    slice_slider.press("Home")
    for _ in range(step):
        slice_slider.press("ArrowRight")
    shown, angles = drawn(page), map_angles(AXIS[step])
    expected = s_d("four", 1, 0, angles)
    np.testing.assert_allclose(shown["z"], expected, atol=1e-13 * np.abs(expected).max())
    np.testing.assert_allclose(shown["customdata"], chi_of(angles), atol=1e-12)


def test_eta_moves_by_the_keyboard_and_is_said(page):
    choose(page, "chain")
    slider = page.locator("#eta")
    expect(slider).to_have_attribute("aria-valuetext", "limit η → 0⁺")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "η = 0.001 ω")
    expect(page.locator("#eta-text")).to_have_text("η = 0.001 ω")
    slider.press("End")
    expect(page.locator("#eta-text")).to_have_text("η = 0.5 ω")
    np.testing.assert_allclose(drawn(page)["z"], s_d("chain", 0, 2, map_angles()), atol=1e-15)


def test_marker_moves_by_arrow_keys_and_tells_angles_s_d_and_chi(page):
    choose(page, "chain", 3, 2)
    first, second = angle_slider(page, 0), angle_slider(page, 1)
    for steps, slider in ((7, first), (41, second)):
        slider.press("Home")
        for _ in range(steps):
            slider.press("ArrowRight")
    expect(first).to_have_attribute("aria-valuetext", "φ₁ − φ₃ = −0.306 π")
    angles = np.array([AXIS[7], AXIS[41]])
    marker = page.locator("#marker")
    expect(marker).to_have_attribute("aria-live", "polite")
    *shown, height, chi_value = numbers(marker.inner_text())
    assert shown == pytest.approx(angles / pi, abs=5e-4)
    assert height == pytest.approx(float(s_d("chain", 3, 2, angles)), rel=1e-4)
    assert chi_value == pytest.approx(float(chi_of(angles)), abs=1e-4)
    settle(page)
    drawn_at = page.evaluate(
        "() => { const { x, y } = document.getElementById('plot').data[2]; return [x[0], y[0]]; }"
    )
    assert drawn_at == pytest.approx(angles.tolist())


def test_pointer_tells_angles_s_d_and_chi_and_a_click_moves_the_marker(page):
    choose(page, "chain", 3, 2)
    settle(page)
    page.locator("#plot").scroll_into_view_if_needed()
    box = page.locator("#plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    pointer = page.locator("#pointer")
    expect(pointer).to_contain_text("χ = ")
    *shown, height, chi_value = numbers(pointer.inner_text())
    angles = pi * np.array(shown)
    # The vertical axis points upwards.
    at_pointer = [-pi / 2 + 0.3 * 2 * pi, -pi / 2 + 0.6 * 2 * pi]
    assert angles == pytest.approx(at_pointer, abs=pi / 36)
    assert height == pytest.approx(float(s_d("chain", 3, 2, angles)), rel=0.02)
    assert chi_value == pytest.approx(float(chi_of(angles)), abs=2e-3)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#marker")).to_have_text(pointer.inner_text())
    page.mouse.move(1, 1)
    expect(pointer).to_have_text("not over the plot")


@pytest.mark.parametrize(("study", "sample", "eta"), [("chain", 1, 0), ("pair", 2, 1)])
def test_marker_goes_round_the_maxima(page, study, sample, eta):
    choose(page, study, sample, eta)
    count = int(re.match(r"\d+", page.locator("#about").inner_text())[0])
    solved = [s for etas in BLOCKS[study] for s in rows_of(study, etas)[sample].s_max]
    settle(page)
    maxima = page.evaluate("() => document.getElementById('plot').data[1].x.length")
    assert maxima == count
    seen, heights = set(), []
    for _ in range(count):
        page.locator("#next-maximum").press("Enter")
        text = page.locator("#marker").inner_text()
        seen.add(text)
        heights.append(numbers(text)[-2])
    assert len(seen) == count
    assert max(heights) == pytest.approx(solved[eta], rel=1e-4)
    page.locator("#next-maximum").press("Enter")
    assert page.locator("#marker").inner_text() in seen


def test_rows_without_a_distribution_say_so(page):
    choose(page, "chain", FAILED[0], 1)
    expect(page.locator("#about")).to_have_text("This row failed: it has no Sd.")
    expect(page.locator("#about sub")).to_have_text("d")
    expect(page.locator("#next-maximum")).to_be_disabled()
    settle(page)
    assert page.evaluate("() => document.getElementById('plot').data.length") == 0
    choose(page, "pair", UNIFORM[0], 1)
    expect(page.locator("#about")).to_contain_text("Sd is uniform")
    expect(page.locator("#next-maximum")).to_be_disabled()
    choose(page, "chain", 0, 0)
    expect(page.locator("#next-maximum")).to_be_enabled()
    assert len(drawn(page)["z"]) == 73


def column(page: Page, table: str, index: int) -> list[str]:
    return page.locator(f"#{table} tbody tr td:nth-child({index + 1})").all_inner_texts()


def test_tables_sort_by_number_with_mouse_and_keyboard(page):
    head = page.locator("#chain-summary thead th").nth(0)
    etas = ["0⁺", "0.001", "0.5"]
    assert column(page, "chain-summary", 0) == etas
    head.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    button = head.get_by_role("button")
    button.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(page, "chain-summary", 0) == etas[::-1]
    s_max = page.locator("#chain-summary thead th").filter(has_text="Smax")
    s_max.get_by_role("button").press("Enter")
    expect(s_max).to_have_attribute("aria-sort", "ascending")
    expect(head).not_to_have_attribute("aria-sort", re.compile("."))
    order = page.locator("#chain-summary tbody tr td:nth-last-child(2)").evaluate_all(
        "(cells) => cells.map((cell) => Number(cell.dataset.order))"
    )
    assert order == sorted(order) and len(set(order)) == 3


def test_claims_sort_by_verdict(page):
    head = page.locator("#claims-table thead th").nth(0)
    head.get_by_role("button").press("Enter")
    verdicts = ["agrees", "corrected", "differs", "does not hold"]
    assert column(page, "claims-table", 0) == verdicts


def test_a_reader_without_a_mouse_reaches_everything_and_sees_where_she_is(page):
    page.reload()
    page.locator("#plot .plot-container").wait_for()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    reached = set()
    for _ in range(300):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [e.id || e.download || e.tagName, getComputedStyle(e).outlineStyle]; }"
        )
        if name == "BODY":
            break
        assert outline != "none", name
        reached.add(name)
    assert name == "BODY"
    wanted = {"study", "sample", "eta", "next-maximum", "summary.csv", "CITATION.cff", "SUMMARY"}
    assert wanted <= reached


def test_studies_and_samples_are_chosen_by_the_keyboard(page):
    choose(page, "chain")
    page.locator("#study").press("ArrowDown")
    expect(page.locator("#eta-text")).to_have_text("η = 0.001 J")
    page.locator("#sample").press("ArrowDown")
    expected = s_d("pair", 1, 0, AXIS[:, None])
    np.testing.assert_allclose(drawn(page)["y"], expected, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize("width", [320, 400, 700, 1920])
def test_no_width_needs_scrolling_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for study in BLOCKS:
        choose(page, study)
        settle(page)
        # The plot follows the window a moment later.
        fits = "width => document.documentElement.scrollWidth <= width"
        page.wait_for_function(fits, arg=width, timeout=10_000)
        plot = page.locator("#plot .main-svg").first.bounding_box()
        assert plot["x"] >= 0 and plot["x"] + plot["width"] <= width + 1


@pytest.mark.parametrize("width", [400, 1200])
def test_a_wide_table_is_scrolled_by_the_box_that_takes_the_keys(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    settle(page)
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.scroll')].map((box) =>"
        " [box.clientWidth, box.scrollWidth, box.querySelector('table').offsetWidth])"
    )
    assert len(boxes) > 3
    for shown, scrolled, table in boxes:
        assert scrolled == pytest.approx(max(shown, table), abs=1)
    assert (width == 1200) != any(table > shown + 1 for shown, _, table in boxes)


@pytest.mark.parametrize("width", [400, 1280])
def test_axe_finds_nothing(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(
        "() => document.querySelectorAll('details').forEach((each) => (each.open = true))"
    )
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_data_downloads_as_it_lies_in_the_results(page, results, tmp_path):
    with page.expect_download() as started:
        page.get_by_role("link", name="chain_chi.csv").click()
    assert started.value.suggested_filename == "chain_chi.csv"
    saved = tmp_path / "saved.csv"
    started.value.save_as(saved)
    assert saved.read_bytes() == (results / "figures" / "chain_chi.csv").read_bytes()


def test_nothing_moves_for_those_who_ask_for_that(page):
    motion = "() => getComputedStyle(document.documentElement).scrollBehavior"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(motion) == "smooth"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(motion) == "auto"
