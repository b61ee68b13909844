"""A logo as part of the page: an image file becomes a `data:` address, in which no script of an SVG can run."""

from __future__ import annotations

import base64

from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files

KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
LARGEST = 300_000
"""Bytes; a header needs no more, and every copy of the page carries it."""


def read_logo(path: str) -> str:
    """The image as a `data:` address.

    Raises:
        DataError: The file cannot be read.
        SettingsError: It is not an image of a known kind, or it is too large.
    """
    shown = files.hide_credentials(path)
    kind = next((kind for ending, kind in KINDS.items() if path.lower().endswith(ending)), None)
    if kind is None:
        raise SettingsError(f"report_logo: found {shown}; allowed: a file that ends in {', '.join(KINDS)}")
    content = files.read_bytes(path)
    if len(content) > LARGEST:
        raise SettingsError(f"report_logo: {shown} has {len(content):,} bytes; allowed: at most {LARGEST:,}")
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
