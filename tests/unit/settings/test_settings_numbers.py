"""How the numbers of a column are written."""

from __future__ import annotations

from typing import Any

import pytest

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import build_settings

BASE: dict[str, Any] = {"sensitive_microdata_path": "a.csv", "output_dir": "out", "bins": {"age": {"edges": [18]}}}

REFUSED = {
    "no bins": ({"decimal_commas": ["income"]}, "decimal_commas: found income; allowed: columns of bins"),
    "two points": ({"thousands_separators": {"age": "."}}, "where it stands before decimals; allowed: another"),
    "two commas": (
        {"decimal_commas": ["age"], "thousands_separators": {"age": ","}},
        "where it stands before decimals; allowed: another separator, or age not in decimal_commas",
    ),
    "a letter": ({"thousands_separators": {"age": "x"}}, "allowed: one of"),
}


@pytest.mark.parametrize(("keys", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_way_of_writing_numbers_that_cannot_be_is_refused(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        build_settings(BASE | keys)


def test_a_decimal_comma_with_points_between_thousands_is_allowed() -> None:
    settings = build_settings(BASE | {"decimal_commas": ["age"], "thousands_separators": {"age": "."}})
    assert settings.fingerprint() != build_settings(BASE).fingerprint()
