"""Write a release's page: one HTML file that carries its data, style and scripts and makes no request.

A content security policy allows exactly the page's own style and script, by their hashes, and no request. The
data travel as a JSON block that cannot end its element, and the scripts put them on the page as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from ctdc_spark.explorer.data import PageData

# In this order: each file uses only what stands before it.
SCRIPTS = ("dom.js", "bars.js", "cards.js", "explore.js", "quality.js", "about.js", "views.js")


def build_page(data: PageData) -> str:
    """Make the page.

    Args:
        data: What it shows.

    Returns:
        A complete HTML document; write it as UTF-8.
    """
    texts = json.loads(_read_asset("texts.en.json"))
    style, script = _read_asset("style.css"), _join_scripts()
    template = Template(_read_asset("page.html"))
    # One pass: a `$` in what is filled in is not looked at again.
    return template.substitute(
        language=texts["language"],
        direction=texts["direction"],
        policy=_write_policy(style, script),
        title=html.escape(data.release.title),
        no_script=html.escape(texts["no_script"]),
        style=style,
        payload=encode_payload({**asdict(data), "texts": texts}),
        script=script,
    )


def encode_payload(payload: dict[str, Any]) -> str:
    """Write JSON that is safe inside a script element.

    ASCII only, so that no encoding can be mistaken and a lone surrogate stays writable; without `<`, `>` and
    `&`, so that neither `</script>` nor `<!--` can occur whatever the values hold.
    """
    text = json.dumps(payload, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _write_policy(style: str, script: str) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": _hash_source(script),
        "style-src": _hash_source(style),
        "img-src": "data:",  # the empty icon, which keeps a browser from asking a server for one
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {source}" for name, source in rules.items())


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _join_scripts() -> str:
    """All scripts in one function, so that they share names with each other and with nothing else."""
    body = "\n".join(_read_asset(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{body}\n}})();\n'


@cache
def _read_asset(name: str) -> str:
    return (files("ctdc_spark.explorer") / "assets" / name).read_text(encoding="utf-8")
