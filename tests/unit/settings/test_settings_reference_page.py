"""The reference page of settings says what the code does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ctdc_spark.settings import Bins, GroupRare, Settings
from ctdc_spark.settings.explain import KEYS_ARE_LISTED_IN
from ctdc_spark.settings.peer import PEER_DEFAULTS, PEER_ONLY_KEYS
from ctdc_spark.settings.reading import read_mapping
from ctdc_spark.settings.schema import SettingsFields
from ctdc_spark.settings.written import shape_mapping

PAGE = (Path(__file__).parents[3] / "docs/reference/settings.md").read_text(encoding="utf-8")
OURS, PEERS = PAGE.split("## Coming from Synthetic Data Showcase")

Load = Callable[..., tuple[Settings, list[str]]]


def read_tables(text: str, head: str) -> dict[str, list[str]]:
    """Return the rows of all tables with a header, by the key in their first cell."""
    rows: dict[str, list[str]] = {}
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        inside = bool(cells) and (inside or cells[0] == head)
        if inside and re.fullmatch(r"`\w+`", cells[0]):
            assert cells[0].strip("`") not in rows
            rows[cells[0].strip("`")] = cells
    return rows


KEYS = read_tables(OURS, "Key")
NESTED = read_tables(OURS, "Key of a column")
DESCRIBED: list[tuple[str, type[BaseModel], list[str]]] = [
    *((key, SettingsFields, row) for key, row in KEYS.items()),
    *((key, Bins if key in Bins.model_fields else GroupRare, row) for key, row in NESTED.items()),
]


def shape(model: type[BaseModel], key: str, cell: str) -> Any:
    written, problems = read_mapping(f"{key}: {cell.strip('`')}", "page.yaml")
    assert not problems
    return shape_mapping(written, model)[key]


def test_every_key_is_on_the_page_and_no_other() -> None:
    assert set(KEYS) == set(Settings.model_fields)
    assert set(NESTED) == set(Bins.model_fields) | set(GroupRare.model_fields)


def test_every_key_is_described_in_the_code() -> None:
    for model in (SettingsFields, Bins, GroupRare):
        assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize(("key", "model", "row"), DESCRIBED, ids=lambda value: str(value)[:30])
def test_the_default_on_the_page_is_the_default(key: str, model: type[BaseModel], row: list[str]) -> None:
    assert shape(model, key, row[2]) == model.model_fields[key].default


@pytest.mark.parametrize(("key", "model", "row"), DESCRIBED, ids=lambda value: str(value)[:30])
def test_the_example_on_the_page_is_accepted(key: str, model: type[BaseModel], row: list[str]) -> None:
    needed = {"edges": [1, 2, 3]} if key == "labels" else {}
    model.model_validate(needed | {key: shape(model, key, row[4])})


def test_the_example_at_the_top_loads(load: Load) -> None:
    text = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    settings, warnings = load(text[0])
    assert len(text) == 1
    assert settings.resolved_sensitive_dir == "/data/release_sensitive"
    assert warnings == []


def test_every_key_of_synthetic_data_showcase_is_on_the_page() -> None:
    rows = read_tables(PEERS, "Its key")
    assert set(rows) >= PEER_ONLY_KEYS
    assert set(rows) - PEER_ONLY_KEYS <= set(Settings.model_fields)
    for key, default in PEER_DEFAULTS.items():
        assert f"`{default}` when missing" in rows[key][1]


def test_messages_point_to_this_page() -> None:
    assert (Path(__file__).parents[3] / KEYS_ARE_LISTED_IN).is_file()
