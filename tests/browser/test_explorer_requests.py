from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from explorer_sample import DATA, RELEASE

from ctdc_spark.explorer import build_page

if TYPE_CHECKING:
    from conftest import OpenPage


class _Server(BaseHTTPRequestHandler):
    def __init__(self, asked: list[str], *args: object) -> None:
        self._asked = asked
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine and the paths that were asked of it."""
    asked: list[str] = []
    serving = HTTPServer(("127.0.0.1", 0), partial(_Server, asked))
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}", asked
    serving.shutdown()
    thread.join()
    serving.server_close()


def add_requests(html: str, address: str) -> str:
    requests = f'<img src="{address}/image"><link rel="stylesheet" href="{address}/style">'
    return html.replace("<body>", f"<body>{requests}")


def test_the_policy_refuses_every_request(open_page: OpenPage, server: tuple[str, list[str]]) -> None:
    address, asked = server
    act = f"fetch({address + '/fetch'!r}).catch(() => {{}});"
    opened = open_page(add_requests(build_page(DATA), address), act)
    assert asked == []
    assert sum("Content Security Policy" in line for line in opened.console) >= 3


def test_without_the_policy_the_same_requests_would_be_seen(open_page: OpenPage, server: tuple[str, list[str]]) -> None:
    address, asked = server
    html = build_page(DATA).replace("Content-Security-Policy", "x-none")
    open_page(add_requests(html, address), f"fetch({address + '/fetch'!r}).catch(() => {{}});")
    assert {"/image", "/style", "/fetch"} <= set(asked)


def test_the_policy_refuses_a_script_that_is_not_the_pages_own(open_page: OpenPage) -> None:
    html = build_page(DATA).replace("</main>", "</main><script>document.title = 'taken'</script>")
    opened = open_page(html)
    assert opened.document.only("title").text == RELEASE.title
    assert any("inline script" in line for line in opened.console)
