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
    "equal labels": (
        {"bins": {"age": {"edges": [18, 30], "labels": ["odd", "usual", "odd"]}}},
        "bins: found the same label for several ranges of age; allowed: labels that differ, or .* into_existing",
    ),
    "a letter": ({"thousands_separators": {"age": "x"}}, "allowed: one of"),
}


@pytest.mark.parametrize(("keys", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_way_of_writing_numbers_that_cannot_be_is_refused(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        build_settings(BASE | keys)


def test_ranges_with_equal_labels_are_allowed_where_that_is_meant() -> None:
    bins = {"age": {"edges": [18, 30], "labels": ["odd", "usual", "odd"]}}
    assert build_settings(BASE | {"bins": bins, "into_existing": ["age"]}).bins["age"].labels == bins["age"]["labels"]


NOISY: dict[str, Any] = {
    **BASE,
    "protection": "dp",
    "noise_epsilon": 1.0,
    "domain": {"city": ["Bern", "Elsewhere"]},
    "undeclared_into": "Elsewhere",
}


def test_undeclared_values_do_not_become_a_declared_one_unless_that_is_meant() -> None:
    with pytest.raises(SettingsError, match="undeclared_into: found Elsewhere, which is also a declared value of city"):
        build_settings(NOISY)
    assert build_settings(NOISY | {"into_existing": ["city"]}).undeclared_into == "Elsewhere"


def test_a_decimal_comma_with_points_between_thousands_is_allowed() -> None:
    settings = build_settings(BASE | {"decimal_commas": ["age"], "thousands_separators": {"age": "."}})
    assert settings.fingerprint() != build_settings(BASE).fingerprint()
