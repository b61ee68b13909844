"""The demo data's schema: complete, without contradictions, real country codes."""

from __future__ import annotations

import re

import yaml

from ctdc_spark.demo import schema
from ctdc_spark.demo.countries import (
    CITIZENSHIPS,
    COUNTRY_NAMES,
    DESTINATIONS,
    EXPLOITATION_COUNTRIES,
    ORIGINS,
    ROUTES,
)
from ctdc_spark.demo.release import write_settings_text
from ctdc_spark.settings import build_settings


def test_columns_are_those_of_the_field_in_its_order() -> None:
    assert schema.COLUMNS[:7] == (
        "yearOfRegistration",
        "gender",
        "ageBroad",
        "citizenship",
        "CountryOfExploitation",
        "traffickMonths",
        "isForcedLabour",
    )
    assert schema.COLUMNS[-1] == "typeOfSexPornography"
    assert len(schema.COLUMNS) == len(set(schema.COLUMNS)) == 27


def test_years_run_from_2002_to_2022() -> None:
    assert (schema.YEARS[0], schema.YEARS[-1], len(schema.YEARS)) == ("2002", "2022", 21)


def test_every_column_has_values_a_label_and_one_group() -> None:
    grouped = [name for names in schema.COLUMN_GROUPS.values() for name in names]
    assert set(schema.ALLOWED_VALUES) == set(schema.COLUMN_LABELS) == set(schema.COLUMNS)
    assert sorted(grouped) == sorted(schema.COLUMNS)


def test_only_the_year_is_never_unknown() -> None:
    never = [name for name, values in schema.ALLOWED_VALUES.items() if schema.UNKNOWN not in values]
    assert never == ["yearOfRegistration"]


def test_value_labels_name_known_values() -> None:
    for column, labels in schema.VALUE_LABELS.items():
        assert set(labels) == set(schema.CATEGORIES[column]), column


def test_countries_are_about_sixty_and_fifty_and_mostly_shared() -> None:
    citizenships, countries = set(CITIZENSHIPS), set(EXPLOITATION_COUNTRIES)
    assert len(citizenships) == 60
    assert len(countries) == 50
    assert len(citizenships & countries) > 30


def test_country_codes_have_three_letters_and_a_name() -> None:
    assert all(re.fullmatch("[A-Z]{3}", code) for code in COUNTRY_NAMES)
    assert set(COUNTRY_NAMES) == set(CITIZENSHIPS) | set(EXPLOITATION_COUNTRIES)
    assert len(set(COUNTRY_NAMES.values())) == len(COUNTRY_NAMES)


def test_routes_join_regions_that_exist() -> None:
    for route in ROUTES.values():
        assert route.origin in ORIGINS
        assert route.destination in DESTINATIONS
        assert 0 < route.at_home < 1


def test_the_settings_of_the_demo_release_name_every_column() -> None:
    settings = build_settings(yaml.safe_load(write_settings_text("cases.tsv", "demo")))
    assert settings.column_labels == schema.COLUMN_LABELS
    assert set(settings.value_labels["traffickMonths"]) == set(schema.MONTHS)
