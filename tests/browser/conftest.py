"""Open pages in a real headless Chromium, which prints the rendered document and its console."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser_document import Element, parse_document

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--headless",
    "--no-sandbox",  # it opens our own file, and the sandbox cannot start as root in a container
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
)


@dataclass(frozen=True)
class Opened:
    """A page after its scripts have run: its document and what the browser said about it on its console."""

    document: Element
    console: tuple[str, ...]


OpenPage = Callable[..., Opened]


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"browser tests need one of {', '.join(NAMES)} on the PATH")
    return found


@pytest.fixture
def open_page(chromium: str, tmp_path: Path) -> OpenPage:
    """Open HTML from a file; `act` is JavaScript to run after its own, `switches` go to the browser."""

    def open_(html: str, act: str = "", fragment: str = "", switches: tuple[str, ...] = ()) -> Opened:
        file = tmp_path / "page.html"
        file.write_text(append_script(html, act) if act else html, encoding="utf-8")
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        finished = subprocess.run(
            [chromium, *SWITCHES, profile, *switches, "--dump-dom", f"{file.as_uri()}{fragment}"],
            capture_output=True,
            timeout=120,
            check=True,
        )
        lines = finished.stderr.decode(errors="replace").splitlines()
        console = tuple(line for line in lines if ":CONSOLE" in line)
        return Opened(parse_document(finished.stdout.decode(errors="replace")), console)

    return open_


def append_script(html: str, act: str) -> str:
    """Add a step to the page's own script and let the page's policy know the new hash."""
    script = html.rsplit("<script>", 1)[1].split("</script>", 1)[0]
    acting = f"{script}\n{act}\n"
    policy = re.sub(r"script-src 'sha256-[^']+'", f"script-src {hash_source(acting)}", html, count=1)
    return policy.replace(f"<script>{script}</script>", f"<script>{acting}</script>")


def hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
