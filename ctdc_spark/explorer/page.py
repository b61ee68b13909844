"""Write a release's page: one HTML file that carries its data, style and script and makes no request.

A content security policy allows exactly the page's own style and script, by their hashes, and no request. The data
are carried as base64 and as a JSON block that cannot end its element; the script puts them on the page as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from ctdc_spark.explorer.bundle import bundle_script
from ctdc_spark.explorer.data import PageData
from ctdc_spark.explorer.payload import describe_page, encode_json, pack_page
from ctdc_spark.explorer.world import countries_shown

LANGUAGES = ("en", "fr")
"""The first is shown unless the reader's browser prefers another of these."""


def build_page(data: PageData) -> str:
    """Make the page.

    Args:
        data: What it shows.

    Returns:
        A complete HTML document; write it as UTF-8.
    """
    texts = {language: read_texts(language) for language in LANGUAGES}
    style, script = _read_asset("style.css"), bundle_script(read_module)
    packed = pack_page(data)
    payload = {
        **describe_page(data, packed.directory),
        "texts": texts,
        "world": countries_shown(data.layout),
    }
    template = Template(_read_asset("page.html"))
    # One pass: a `$` in the inserted text is not substituted again.
    return template.substitute(
        policy=_write_policy(style, script),
        title=html.escape(data.release.title),
        no_script=html.escape(texts[LANGUAGES[0]]["no_script"]),
        style=style,
        payload=encode_json(payload),
        arrays=packed.text,
        script=script,
    )


def read_texts(language: str) -> dict[str, Any]:
    """The catalogue of one language."""
    texts: dict[str, Any] = json.loads(_read_asset(f"texts.{language}.json"))
    return texts


@cache
def read_module(name: str) -> str:
    """The text of one of the page's modules."""
    return (files("ctdc_spark.explorer") / "page_parts" / name).read_text(encoding="utf-8")


def _write_policy(style: str, script: str) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": _hash_source(script),
        "style-src": _hash_source(style),
        "img-src": "data:",  # the empty icon, a logo, and charts on their way to a PNG
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {source}" for name, source in rules.items())


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _read_asset(name: str) -> str:
    return (files("ctdc_spark.explorer") / "assets" / name).read_text(encoding="utf-8")
