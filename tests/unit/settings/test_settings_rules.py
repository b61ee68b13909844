"""The rules that tie several keys together, and problems reported all at once."""

from __future__ import annotations

from typing import Any

import pytest

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import build_settings

NEEDED: dict[str, Any] = {"sensitive_microdata_path": "cases.csv", "output_dir": "out"}
USED = {"use_columns": ["age", "gender"]}

CONFLICTS = {
    "path and table": (
        {"sensitive_microdata_table": "cases"},
        "sensitive_microdata_path, sensitive_microdata_table, reported_aggregates_path: found "
        "sensitive_microdata_path, sensitive_microdata_table; allowed: exactly one of them",
    ),
    "neither path nor table": (
        {"sensitive_microdata_path": None},
        "sensitive_microdata_path, sensitive_microdata_table, reported_aggregates_path: found none; allowed: exactly",
    ),
    "a column twice": (
        {"use_columns": ["age", "Age"]},
        "use_columns: found age 2 times; allowed: each column once (upper and lower case are the same)",
    ),
    "subject among the columns": (
        {"use_columns": ["id", "age"], "subject_id": "ID"},
        "use_columns: found ID, which is the subject_id; allowed: columns to publish, so take it out",
    ),
    "reserved column in use": (
        {"use_columns": ["record_id"]},
        "use_columns: found record_id; allowed: any other column name, because the published table has a",
    ),
    "reserved column in a rule": (
        {"bins": {"Release_ID": {"quantiles": 4}}},
        "bins: found Release_ID; allowed: any other column name, because the published table has a",
    ),
    "multi_value_columns not in use": (
        USED | {"multi_value_columns": {"agee": ";"}},
        "multi_value_columns: found agee, not in use_columns; allowed: columns named in use_columns; did",
    ),
    "sensitive_zeros not in use": (
        USED | {"sensitive_zeros": ["x"]},
        "sensitive_zeros: found x, not in use_columns; allowed: columns named in use_columns",
    ),
    "column_missing_values not in use": (
        USED | {"column_missing_values": {"x": []}},
        "column_missing_values: found x, not in use_columns",
    ),
    "bins not in use": (USED | {"bins": {"x": {"quantiles": 2}}}, "bins: found x, not in use_columns"),
    "group_rare_values not in use": (
        USED | {"group_rare_values": {"x": {}}},
        "group_rare_values: found x, not in use_columns",
    ),
    "column_groups not in use": (
        USED | {"column_groups": {"g": ["age", "x"]}},
        "column_groups: found x, not in use_columns",
    ),
    "column_labels not in use": (
        USED | {"column_labels": {"x": "X"}},
        "column_labels: found x, not in use_columns",
    ),
    "sensitive_columns not in use": (
        USED | {"sensitive_columns": ["x"]},
        "sensitive_columns: found x, not in use_columns",
    ),
    "value_labels not in use": (
        USED | {"value_labels": {"x": {"1": "Yes"}}},
        "value_labels: found x, not in use_columns",
    ),
    "two groups for a column": (
        {"column_groups": {"Who": ["age"], "When": ["year", "age"]}},
        "column_groups: found age in Who and in When; allowed: one group for each column",
    ),
    "resolution and threshold": (
        {"reporting_resolution": 10, "reporting_threshold": 10, "reporting_precision": 5},
        "reporting_resolution: found together with reporting_threshold or reporting_precision; allowed:",
    ),
    "resolution and precision": (
        {"reporting_resolution": 10, "reporting_precision": 5},
        "reporting_resolution: found together with",
    ),
    "threshold alone": (
        {"reporting_threshold": 10},
        "reporting_threshold: found without reporting_precision; allowed: both, or reporting_resolution",
    ),
    "precision alone": (
        {"reporting_precision": 10},
        "reporting_precision: found without reporting_threshold; allowed: both, or reporting_resolution",
    ),
    "precision above threshold": (
        {"reporting_threshold": 10, "reporting_precision": 11},
        "reporting_precision: found 11; allowed: a whole number from 1 to the reporting_threshold, 10",
    ),
    "precision below threshold": (
        {"reporting_threshold": 10, "reporting_precision": 5},
        "reporting_precision: found 5 with a reporting_threshold of 10; allowed: 10, or reporting_resolution: 10",
    ),
    "no output": (
        {"output_dir": None},
        "output_dir, output_schema: found neither; allowed: at least one of them",
    ),
    "schema without a sensitive place": (
        {"output_dir": None, "output_schema": "main.release"},
        "sensitive_dir: found nothing; allowed: a folder, which must be given when there is no output_dir",
    ),
    "output that has no beside": (
        {"output_dir": "s3://bucket/"},
        "sensitive_dir: found nothing; allowed: a folder, which must be given because none can be made "
        "beside s3://bucket/",
    ),
    "sensitive inside output": (
        {"sensitive_dir": "out/sensitive"},
        "sensitive_dir: found out/sensitive, which is not apart from output_dir out; allowed: a folder",
    ),
    "output inside sensitive": (
        {"sensitive_dir": ".", "output_dir": "out"},
        "sensitive_dir: found ., which is not apart from output_dir out",
    ),
    "sensitive is output": (
        {"sensitive_dir": "s3://bucket/out/", "output_dir": "s3a://bucket/./out"},
        "sensitive_dir: found s3://bucket/out/, which is not apart from output_dir s3a://bucket/./out",
    ),
}


@pytest.mark.parametrize(("keys", "problem"), CONFLICTS.values(), ids=CONFLICTS)
def test_a_conflict_is_refused(keys: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build_settings(NEEDED | keys)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)
    assert "secret" not in caught.value.problems[0].replace("sensitive", "")


@pytest.mark.parametrize(
    "keys",
    [
        {"bins": {"age": {"quantiles": 4}}, "sensitive_zeros": ["age"], "column_labels": {"age": "Age"}},
        {"subject_id": "record_id"},
        USED | {"subject_id": "id", "column_groups": {"Who": ["age", "gender"]}},
        {"sensitive_dir": "out_sensitive"},
        {"sensitive_dir": "outer"},
        {"output_dir": "s3://bucket/out", "sensitive_dir": "s3://bucket2/out"},
        {"output_dir": "s3://bucket/out", "sensitive_dir": "s3://bucket/out2"},
        {"output_schema": "main.release"},
    ],
    ids=str,
)
def test_no_conflict_where_there_is_none(keys: dict[str, Any]) -> None:
    build_settings(NEEDED | keys)


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        build_settings(
            {
                "sensitive_microdata_path": "a.csv",
                "sensitive_microdata_table": "cases",
                "reporting_length": 0,
                "reporting_threshold": 5,
                "report_lenght": 3,
                "bins": {"age": {"edge": [1]}, "size": {"quantiles": 1}},
            }
        )
    starts = [problem.partition(": ")[0] for problem in caught.value.problems]
    assert starts == [
        "bins.age.edge",
        "bins.size.quantiles",
        "reporting_length",
        "report_lenght",
        "sensitive_microdata_path, sensitive_microdata_table, reported_aggregates_path",
        "reporting_threshold",
        "output_dir, output_schema",
    ]


def test_a_wrong_key_brings_no_conflict_in_its_train() -> None:
    with pytest.raises(SettingsError) as caught:
        build_settings({"sensitive_microdata_path": 5, "output_dir": 5, "reporting_threshold": 10})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "sensitive_microdata_path",
        "output_dir",
        "reporting_threshold",
    ]
