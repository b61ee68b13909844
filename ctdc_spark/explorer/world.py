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
        `width`, `height` and `paths` by code, and `columns`: positions of the columns that hold countries.
    """
    world = _read_world()
    columns = [i for i in range(len(layout.columns)) if _holds_countries(layout, i, world["paths"])]
    return {**world, "columns": columns} if columns else None


def _holds_countries(layout: Layout, column: int, paths: dict[str, str]) -> bool:
    values = [attribute.value for attribute in layout.attributes if attribute.column == column]
    on_map = sum(value in paths for value in values)
    return on_map > 1 and on_map >= MOSTLY * len(values)


@cache
def _read_world() -> dict[str, Any]:
    text = (files("ctdc_spark.explorer") / "assets" / "world.json").read_text(encoding="utf-8")
    world: dict[str, Any] = json.loads(text)
    return world
