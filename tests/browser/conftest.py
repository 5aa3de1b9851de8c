"""The report of a small results folder, open in headless Chromium from the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from report_results import CITATION, make_results

from syncsweep.report.report_page import ReportRequest, make_report

#: Milliseconds for whatever the browser is asked to do, on a machine that has other things to do.
_PATIENCE = 120_000


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Path:
    """A results folder with the report."""
    folder = tmp_path_factory.mktemp("report") / "results"
    request = ReportRequest.model_validate(make_results(folder))
    make_report(folder, CITATION, request, folder / "report.html")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "there is no chromium: run `make test-browser`"
    # Chromium's own sandbox does not start for root.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags, timeout=_PATIENCE)
        yield browser
        browser.close()


@dataclass
class Opened:
    """The report in a tab, what it asked for, and what its console said."""

    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@contextmanager
def _tab(browser: Browser, results: Path) -> Iterator[Opened]:
    context = browser.new_context(offline=True)
    context.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    tab = Opened(context.new_page())
    tab.page.on("console", lambda said: tab.problems.append(f"{said.type}: {said.text}"))
    tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.page.on("request", lambda request: tab.requests.append(request.url))
    tab.page.goto((results / "report.html").as_uri())
    tab.page.locator("#plot .plot-container").wait_for()
    yield tab
    context.close()


@pytest.fixture(scope="session")
def opened(browser: Browser, results: Path) -> Iterator[Opened]:
    """The report, opened once, because a busy machine needs seconds for it."""
    with _tab(browser, results) as tab:
        yield tab


@pytest.fixture
def open_report(browser: Browser) -> Callable[[Path], AbstractContextManager[Opened]]:
    """Opens the report of a results folder, without a network."""
    return partial(_tab, browser)


@pytest.fixture
def page(opened: Opened) -> Iterator[Page]:
    """The report at a desktop's width, in the state in which the last test left it."""
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    yield opened.page
    assert opened.problems == []
