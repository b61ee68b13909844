"""The page requests nothing but itself, and its policy would refuse anything else."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from ctdc_spark.explorer import build_page

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.oracles.explorer_sample import Sample

ELSEWHERE = "http://127.0.0.1:9"
VIEWS = ("explore", "compare", "relations", "evaluate", "report", "about")


def add_requests(html: str) -> str:
    requests = f'<img src="{ELSEWHERE}/image"><link rel="stylesheet" href="{ELSEWHERE}/style">'
    return append_script(html.replace("<body>", f"<body>{requests}"), f"fetch('{ELSEWHERE}/fetch').catch(() => 0);")


def append_script(html: str, act: str) -> str:
    """Add a step to the page's own script and let the page's policy know the new hash."""
    script = html.rsplit("<script>", 1)[1].split("</script>", 1)[0]
    acting = f"{script}\n{act}\n"
    digest = base64.b64encode(hashlib.sha256(acting.encode()).digest()).decode()
    policy = re.sub(r"script-src 'sha256-[^']+'", f"script-src 'sha256-{digest}'", html, count=1)
    return policy.replace(f"<script>{script}</script>", f"<script>{acting}</script>")


def test_no_view_asks_for_anything(open_page: OpenPage, sample: Sample) -> None:
    for view in VIEWS:
        opened = open_page(sample.data, f"#{view}")
        asked = [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert asked == []
        assert len([url for url in opened.requests if url.startswith("file:")]) == 1
        assert opened.console == []


def test_the_policy_refuses_every_request(open_html: OpenPage, sample: Sample) -> None:
    opened = open_html(add_requests(build_page(sample.data)))
    opened.page.wait_for_selector("html[data-ready]")
    refused = [line for line in opened.console if "Content Security Policy" in line]
    assert {path for path in ("image", "style", "fetch") for line in refused if path in line} == {
        "image",
        "style",
        "fetch",
    }


def test_without_the_policy_the_same_requests_would_be_seen(open_html: OpenPage, sample: Sample) -> None:
    html = add_requests(build_page(sample.data)).replace("Content-Security-Policy", "x-none")
    opened = open_html(html)
    opened.page.wait_for_selector("html[data-ready]")
    opened.page.wait_for_timeout(200)
    assert {f"{ELSEWHERE}/{path}" for path in ("image", "style", "fetch")} <= set(opened.requests)


def test_the_policy_refuses_a_script_that_is_not_the_pages_own(open_html: OpenPage, sample: Sample) -> None:
    html = build_page(sample.data).replace("</main>", "</main><script>document.title = 'taken'</script>")
    opened = open_html(html)
    opened.page.wait_for_selector("html[data-ready]")
    assert opened.page.title() == sample.data.release.title
    assert any("inline script" in line for line in opened.console)
