"""One real Chromium for all browser tests; each page is opened from a file, and what it says on its console is kept."""

from __future__ import annotations

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
    from playwright.sync_api import Browser, Page

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "CTDC_SPARK_BROWSER_TESTS"
"""Set to `required` where a missing browser is a failure, not a reason to skip."""


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
    """A page, what it wrote on its console, and every address it asked for beside its own."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


OpenPage = Callable[..., Opened]


@pytest.fixture
def open_html(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Open HTML from a file, at a fragment, with options of a browser context."""
    contexts = []

    def open_(html: str, fragment: str = "", **options: Any) -> Opened:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(**(DESKTOP | options))
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.set_default_timeout(10_000)
        opened.page.on("console", lambda message: opened.console.append(message.text))
        opened.page.on("pageerror", lambda error: opened.console.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(f"{file.as_uri()}{fragment}")
        return opened

    yield open_
    for context in contexts:
        context.close()


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
