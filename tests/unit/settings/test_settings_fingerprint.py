"""What identifies a release, and what may be published with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.settings.settings import MARKS

BASE: dict[str, Any] = {
    "sensitive_microdata_path": "hdfs://somebody@bucket/cases.csv",
    "output_dir": "out",
    "use_columns": ["gender", "age"],
    "bins": {"age": {"edges": [18]}},
    "column_labels": {"gender": "Gender", "age": "Age"},
    "value_labels": {"gender": {"X": "Label of a rare value"}},
    "reporting_resolution": 10,
}


FINE: dict[str, Any] = {"reporting_resolution": None, "accept_derivable_counts": True}


def fingerprint(**changes: Any) -> str:
    return build_settings(BASE | changes).fingerprint()


def test_the_fingerprint_is_stable() -> None:
    settings = Settings(sensitive_microdata_path="cases.csv", output_dir="out")
    assert settings.fingerprint() == "7e7765bd627dd3215b530bb8a51b96ade2ba78ed9955cbc21cddfc10674813df"


@pytest.mark.parametrize(
    "changes",
    [
        {"output_dir": "elsewhere"},
        {"output_schema": "main.release"},
        {"sensitive_dir": "hidden"},
        {"release_id": "r1"},
        {"prefix": "ctdc"},
        {"report_title": "Cases"},
        {"staging_dir": "waiting"},
        {"staging_dir": "waiting", "staging_group": "publishers"},
        {"keep_intermediates": True},
        {"accept_derivable_counts": True},
        {"sensitive_columns": ["age"]},
        {"one_row_per_subject": True},
        {"sensitive_microdata_path": "hdfs://another@bucket/cases.csv"},
        {"reporting_resolution": None},
        {"reporting_resolution": None, "reporting_threshold": 10, "reporting_precision": 10},
        {"bins": {"age": {"labels": None, "edges": [18.0]}}},
        {"column_labels": {"age": "Age", "gender": "Gender"}},
    ],
    ids=str,
)
def test_the_fingerprint_stays(changes: dict[str, Any]) -> None:
    assert fingerprint(**changes) == fingerprint()


def test_the_order_of_keys_makes_no_difference() -> None:
    assert build_settings(dict(reversed(BASE.items()))).fingerprint() == fingerprint()


CHANGES: dict[str, Any] = {
    "sensitive_microdata_path": "s3a://bucket/other.csv",
    "sensitive_microdata_table": "cases",
    "reported_aggregates_path": "s3a://bucket/counts.tsv",
    "sensitive_microdata_format": "parquet",
    "sensitive_microdata_delimiter": ";",
    "sensitive_microdata_encoding": "latin-1",
    "subject_id": "id",
    "use_columns": ["age", "gender"],
    "record_limit": 100,
    "multi_value_columns": {"gender": ";"},
    "sensitive_zeros": ["age"],
    "missing_values": ["-99"],
    "column_missing_values": {"age": ["-99"]},
    "bins": {"age": {"edges": [19]}},
    "decimal_commas": ["age"],
    "thousands_separators": {"age": " "},
    "into_existing": ["age"],
    "time_zone": "Europe/Zurich",
    "sensitive_microdata_header_line": 3,
    "sensitive_microdata_escape": "\\",
    "drop_rows": {"age": ["Total"]},
    "extra_rows": "keep",
    "normalize_text": False,
    "sensitive_microdata_sheet": "Cases",
    "group_rare_values": {"gender": {}},
    "column_groups": {"Who": ["age"]},
    "column_labels": {"age": "Years"},
    "value_labels": {},
    "reporting_resolution": 20,
    "reporting_threshold": 11,
    "reporting_precision": 5,
    "reporting_length": 2,
    "guarantee": 3,
    "synthesis_mode": "row_seeded",
    "target_number_of_records": 500,
    "seed": 1,
    "max_combinations": 10,
}


NOISY: dict[str, Any] = BASE | {
    "protection": "dp",
    "noise_epsilon": 1.0,
    "domain": {"gender": ["X"]},
    "private_domain": False,
}
NOISE_CHANGES: dict[str, Any] = {
    "noise_epsilon": 2.0,
    "noise_delta": 1e-7,
    "delta_factor": 10,
    "domain": {"gender": ["X", "Y"]},
    "undeclared_into": "Other",
    "private_domain": True,
    "domain_proportion": 0.1,
    "budget_proportions": [1, 1, 1],
    "number_of_records_epsilon_proportion": 0.1,
    "percentile_percentage": 95.0,
    "percentile_epsilon_proportion": 0.1,
    "privacy_account": "cases",
    "total_epsilon": 4.0,
    "rehearse_noise": False,
}


@pytest.mark.parametrize("key", NOISE_CHANGES)
def test_the_fingerprint_changes_with_the_noise_only_where_there_is_noise(key: str) -> None:
    changes = {key: NOISE_CHANGES[key]}
    assert build_settings(NOISY | changes).fingerprint() != build_settings(NOISY).fingerprint()
    assert fingerprint(**changes) == fingerprint()


@pytest.mark.parametrize("key", CHANGES)
def test_the_fingerprint_changes_with_what_determines_the_result(key: str) -> None:
    changes = {key: CHANGES[key]}
    if key in {"sensitive_microdata_table", "reported_aggregates_path"}:
        changes["sensitive_microdata_path"] = None
    if key == "reported_aggregates_path":
        changes |= {"guarantee": 3, "bins": {}}
    if key in {"reporting_threshold", "reporting_precision"}:
        changes = {
            "reporting_threshold": 10,
            "reporting_precision": 10,
            "reporting_resolution": None,
            "accept_derivable_counts": True,
        } | changes
    assert fingerprint(**changes) != fingerprint()


def test_every_key_is_either_part_of_the_fingerprint_or_not() -> None:
    part = {name for name, mark in MARKS.items() if mark.result}
    assert part == CHANGES.keys() | NOISE_CHANGES.keys() | {"protection"}


def test_what_was_drawn_is_no_part_of_the_fingerprint() -> None:
    asked = build_settings(BASE)
    filled = asked.drawn(seed=7).drawn(release_id="release-1")
    assert filled.fingerprint() == asked.fingerprint() != build_settings(BASE | {"seed": 7}).fingerprint()
    assert (filled.resolved_seed, filled.resolved_release_id) == (7, "release-1")
    assert "seed" not in filled.public_settings()


def test_what_was_not_drawn_is_asked_for_in_vain() -> None:
    with pytest.raises(AssertionError, match="without a release id"):
        _ = build_settings(BASE).resolved_release_id
    with pytest.raises(AssertionError, match="without a seed"):
        _ = build_settings(BASE).resolved_seed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reporting_resolution": 7}, (7, 7)),
        ({"reporting_resolution": None}, (10, 10)),
        ({**FINE, "reporting_threshold": 9, "reporting_precision": 4}, (12, 4)),
    ],
    ids=str,
)
def test_threshold_and_precision(changes: dict[str, Any], expected: tuple[int, int]) -> None:
    settings = build_settings(BASE | changes)
    assert (settings.threshold, settings.precision) == expected


def test_public_settings_hold_no_place_and_no_secret() -> None:
    places = {
        "output_dir": "/private/out",
        "output_schema": "vault.private",
        "sensitive_dir": "/private/hidden",
    }
    settings = build_settings(BASE | places)
    public = settings.public_settings()
    text = json.dumps(public)
    for part in ("secret", "bucket", "private", "vault", "cases.csv", "rare value"):
        assert part not in text
    assert public.keys().isdisjoint({"sensitive_microdata_path", "sensitive_microdata_table", *places})
    table = build_settings(BASE | {"sensitive_microdata_path": None, "sensitive_microdata_table": "vault.cases"})
    assert "vault" not in json.dumps(table.public_settings())


def test_public_settings_tell_how_the_release_was_made() -> None:
    public = build_settings(BASE | {"seed": 3}).public_settings()
    assert "seed" not in public  # whoever has it can replay random choices
    assert public["reporting_threshold"] == public["reporting_precision"] == 10
    assert public["bins"] == {"age": {"edges": [18.0], "quantiles": None, "labels": None}}
    assert public["guarantee"] == "strict"
