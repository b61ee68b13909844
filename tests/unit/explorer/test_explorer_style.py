"""Colours keep the contrast that WCAG 2.2 AA requires: 4.5 for text, 3 for bars, borders and focus."""

from __future__ import annotations

import re

import pytest

from ctdc_spark.explorer.page import _read_asset

TEXT = [
    ("ink", "paper"),
    ("ink", "ground"),
    ("ink", "chosen"),
    ("soft", "chosen"),
    ("soft", "paper"),
    ("soft", "ground"),
    ("accent", "paper"),
    ("accent", "ground"),
    ("on-band", "band"),
    ("on-band-soft", "band"),
    ("good", "good-ground"),
    ("bad", "bad-ground"),
]
GRAPHICS = [
    ("estimated", "paper"),
    ("actual", "paper"),
    ("share", "track"),
    ("accent", "chosen"),
    ("edge", "paper"),
    ("focus", "paper"),
    ("focus", "ground"),
]
PAIRS = [(*pair, 4.5) for pair in TEXT] + [(*pair, 3.0) for pair in GRAPHICS]


def read_colours(theme: str) -> dict[str, str]:
    """Colours of :root; the dark ones are those of the first block under prefers-color-scheme."""
    blocks = re.findall(r":root \{(.*?)\}", _read_asset("style.css"), re.DOTALL)
    block = blocks[0 if theme == "light" else 1]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(theme: str, front: str, back: str, least: float) -> None:
    colours = read_colours(theme)
    darker, lighter = sorted([luminance(colours[front]), luminance(colours[back])])
    assert (lighter + 0.05) / (darker + 0.05) >= least
