"""The advice of `check` can be followed with the settings as they are."""

from __future__ import annotations

from typing import Any

from ctdc_spark.cases.profile import ColumnProfile, suspicious
from ctdc_spark.settings import build_settings

PROFILES = [
    ColumnProfile("age", "number", 90, 1.0, 1.0, 0.05, 0.0, 0.0),
    ColumnProfile("place", "category", 400, 1.0, 0.0, 0.05, 0.5, 0.0),
    ColumnProfile("country", "category", 40, 1.0, 0.0, 0.05, 0.5, 0.0),
]
KEYS: dict[str, Any] = {"sensitive_microdata_path": "a.csv", "output_dir": "out"}
NOISY = {"protection": "dp", "noise_epsilon": 1.0, "private_domain": True, "domain": {"country": ["NO", "SE"]}}


def test_advice_under_noise_is_allowed_there() -> None:
    settings = build_settings({**KEYS, **NOISY})
    age, place = suspicious(PROFILES, settings, noisy=True)  # a declared column is as intended
    assert 'bins: {"age": {edges: [...]}}, chosen without a look at the data, or leave it out' in age
    assert "Declare those that matter (domain) and put the others under undeclared_into" in place
    assert "quantiles" not in age + place
    assert "group_rare_values" not in age + place


def test_advice_under_a_smallest_group_stays() -> None:
    age, place, country = suspicious(PROFILES, build_settings(KEYS))
    assert 'bins: {"age": {quantiles: 5}}, or leave it out' in age
    assert 'group_rare_values: {"place": {into: Other}}' in place
    assert "group_rare_values" in country
