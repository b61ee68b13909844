"""Which columns hold countries, and the outlines of the world map (Natural Earth, public domain)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from ctdc_spark.explorer.data import Layout

MOSTLY = 0.7
"""A column holds countries if at least this share of its values are codes on the map; small states are not on it."""


def countries_shown(layout: Layout) -> dict[str, Any] | None:
    """The map, and the columns it can show; None if no column holds ISO-3166 alpha-3 codes.

    Returns:
        `width`, `height` and `paths` by code; `columns`: positions of the columns that hold countries; `codes`: the
        alpha-2 codes of the countries in them, by which browsers know their names in every language.
    """
    world = _read_asset("world.json")
    columns = [i for i in range(len(layout.columns)) if _holds_countries(layout, i, world["paths"])]
    if not columns:
        return None
    shown = {attribute.value for attribute in layout.attributes if attribute.column in columns}
    codes = {code: short for code, short in _read_asset("countries.json").items() if code in shown}
    return {**world, "columns": columns, "codes": codes}


def _holds_countries(layout: Layout, column: int, paths: dict[str, str]) -> bool:
    values = [attribute.value for attribute in layout.attributes if attribute.column == column]
    on_map = sum(value in paths for value in values)
    return on_map > 1 and on_map >= MOSTLY * len(values)


@cache
def _read_asset(name: str) -> dict[str, Any]:
    text = (files("ctdc_spark.explorer") / "assets" / name).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
