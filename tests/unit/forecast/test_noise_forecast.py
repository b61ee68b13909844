from __future__ import annotations

from itertools import combinations
from math import prod
from typing import Any

import pytest

from ctdc_spark.errors import SettingsError
from ctdc_spark.forecast import noise
from ctdc_spark.forecast.noise import foresee_noise
from ctdc_spark.settings import Settings

DOMAIN = {"region": ["north", "south", "east"], "age": ["0-17", "18+"], "means": ["debt", "force"]}


def make_settings(**keys: Any) -> Settings:
    given = {
        "sensitive_microdata_path": "cases.csv",
        "output_dir": "out",
        "protection": "dp",
        "noise_epsilon": 1.0,
        "domain": DOMAIN,
        "multi_value_columns": {"means": ";"},
    }
    return Settings.model_validate({**given, **keys})


def test_counts_are_all_combinations_of_declared_values() -> None:
    foreseen = foresee_noise(make_settings(), 10_000)
    slots = [3, 2, 1, 1]  # a column of several values is a slot for each
    assert [one.cells for one in foreseen.lengths] == [
        sum(prod(chosen) for chosen in combinations(slots, length)) for length in (1, 2, 3)
    ]
    assert (foreseen.attributes, foreseen.held) == (7, 4)


def test_no_more_counts_than_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "MOST_CELLS", 9)
    assert [one.cells for one in foresee_noise(make_settings(), 10_000).lengths] == [7, 9, 9]


def test_noise_falls_with_epsilon_and_hardly_with_the_number_of_subjects() -> None:
    scales = {
        (epsilon, subjects): [
            one.scale for one in foresee_noise(make_settings(noise_epsilon=epsilon), subjects).lengths
        ]
        for epsilon in (1.0, 4.0)
        for subjects in (1_000, 1_000_000)
    }
    for length in range(3):
        assert scales[4.0, 1_000][length] < scales[1.0, 1_000][length] < scales[1.0, 1_000_000][length]
        assert scales[1.0, 1_000_000][length] < 2 * scales[1.0, 1_000][length]


def test_a_count_is_legible_where_the_noise_is_a_tenth_of_it() -> None:
    foreseen = foresee_noise(make_settings(), 10_000)
    first = foreseen.lengths[0]
    assert first.legible == pytest.approx(10 * 1.96 * first.scale)
    assert f"{first.legible:,.0f}" in foreseen.describe()


def test_columns_without_declared_values_are_named() -> None:
    declared = {"domain": {"region": ["north"]}, "multi_value_columns": {}}
    settings = make_settings(private_domain=True, use_columns=["region", "work"], **declared)
    with pytest.raises(SettingsError, match="found no values for work"):
        foresee_noise(settings, 10_000)
