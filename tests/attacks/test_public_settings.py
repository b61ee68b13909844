"""A key of the settings is published only because it is marked so, not because nobody thought of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import Field, create_model

from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.settings.marks import Mark, UnderNoise, marks_of, setting
from ctdc_spark.settings.schema import SettingsFields
from ctdc_spark.settings.settings import MARKS

MARKED = "marked-4711"

PUBLIC = {
    "sensitive_microdata_format",
    "sensitive_microdata_delimiter",
    "sensitive_microdata_encoding",
    "subject_id",
    "use_columns",
    "multi_value_columns",
    "sensitive_zeros",
    "missing_values",
    "column_missing_values",
    "bins",
    "group_rare_values",
    "decimal_commas",
    "thousands_separators",
    "into_existing",
    "time_zone",
    "sensitive_microdata_header_line",
    "sensitive_microdata_escape",
    "extra_rows",
    "drop_rows",
    "normalize_text",
    "one_row_per_subject",
    "column_groups",
    "column_labels",
    "sensitive_columns",
    "accept_derivable_counts",
    "reporting_threshold",
    "reporting_precision",
    "reporting_length",
    "guarantee",
    "synthesis_mode",
    "target_number_of_records",
    "max_combinations",
    "prefix",
    "report_title",
    "report_pages",
    "description",
    "publisher",
    "contact",
    "licence",
    "doi",
    "url",
    "period",
    "places",
}
"""The settings that a release under a smallest group publishes; for a new key, decide here too."""


def test_every_key_declares_what_it_is() -> None:
    assert MARKS.keys() == SettingsFields.model_fields.keys()


@pytest.mark.parametrize("extra", [None, {"mark": "ANYTHING"}, {"other": "READING"}], ids=str)
def test_a_key_without_a_mark_is_no_key(extra: Any) -> None:
    forgotten = create_model("forgotten", name=(str, Field("x", json_schema_extra=extra)))
    with pytest.raises(TypeError, match="the key name does not declare what it is"):
        marks_of(forgotten.model_fields)
    right = create_model("right", name=(str, setting(Mark.LOOK, "x", description="A name.")))
    assert marks_of(right.model_fields) == {"name": Mark.LOOK}


def test_only_keys_that_say_so_are_published() -> None:
    settings = Settings(sensitive_microdata_path="cases.csv", output_dir="out")
    assert settings.public_settings().keys() == PUBLIC


def test_keys_of_noise_are_published_where_there_is_noise() -> None:
    noisy = Settings(
        sensitive_microdata_path="cases.csv",
        output_dir="out",
        protection="dp",
        noise_epsilon=1.0,
        use_columns=["a", "b", "c"],
        private_domain=True,
    )
    noise = {name for name, mark in MARKS.items() if mark.under_noise is UnderNoise.ONLY}
    assert noisy.public_settings().keys() == (PUBLIC | noise) - {"guarantee", "synthesis_mode"}  # not what was done


def test_no_place_and_no_secret_is_published() -> None:
    settings = build_settings(
        {
            "sensitive_microdata_path": f"s3a://{MARKED}/cases.csv",
            "output_dir": f"/{MARKED}/out",
            "output_schema": f"`{MARKED}`.release",
            "sensitive_dir": f"/{MARKED}/hidden",
            "staging_dir": f"/{MARKED}/staged",
            "report_logo": f"{MARKED}.png",
            "value_labels": {"gender": {"X": MARKED}},
            "use_columns": ["gender", "age", "place"],
            "seed": 4711,
        }
    )
    text = json.dumps(settings.public_settings())
    assert MARKED not in text
    assert "4711" not in text
