"""One real Chromium for all browser tests; each page is opened from a file, and its console output is kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.explorer import PageData, build_page
from tests.oracles.explorer_sample import Sample, make_sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "CTDC_SPARK_BROWSER_TESTS"
"""Set to `required` if a missing browser is a failure, not a reason to skip."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"browser tests need one of {', '.join(NAMES)} on the PATH"
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        # it opens our own file, and the sandbox cannot start as root in a container
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Opened:
    """A page, its console output, and every address it requested other than its own."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


OpenPage = Callable[..., Opened]


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """A browser profile for all tests with the same options: a new one costs more than a page.

    Whatever a page stores in it is removed when its test ends.
    """
    return {}


@pytest.fixture
def open_html(browser: Browser, contexts: dict[str, BrowserContext], tmp_path: Path) -> Iterator[OpenPage]:
    """Open HTML from a file, at a fragment, with options of a browser context."""
    pages: list[Page] = []

    def open_(html: str, fragment: str = "", **options: object) -> Opened:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        asked: dict[str, Any] = DESKTOP | options
        name = json.dumps(asked, sort_keys=True)
        if name not in contexts:
            contexts[name] = browser.new_context(**asked)
        opened = Opened(contexts[name].new_page())
        pages.append(opened.page)
        opened.page.set_default_timeout(10_000)
        opened.page.on("console", lambda message: opened.console.append(message.text))
        opened.page.on("pageerror", lambda error: opened.console.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(f"{file.as_uri()}{fragment}")
        return opened

    yield open_
    for page in pages:
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        page.close()


@pytest.fixture
def open_page(open_html: OpenPage) -> OpenPage:
    """Open the page of some data and wait until it can be used."""

    def open_(data: PageData, fragment: str = "", **options: Any) -> Opened:
        opened = open_html(build_page(data), fragment, **options)
        opened.page.wait_for_selector("html[data-ready]")
        return opened

    return open_


@pytest.fixture(scope="session")
def sample() -> Sample:
    return make_sample()
