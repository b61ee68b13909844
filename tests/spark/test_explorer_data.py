from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.errors import DataError
from ctdc_spark.explorer import Metric, PageData
from ctdc_spark.explorer.read import read_page_data

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

COLUMNS = ("gender", "work.type", "threats", "debt")
DELIMITER = "|"  # a sign with a meaning in regular expressions
RECORDS: list[tuple[str | None, ...]] = [
    ("Woman", "farm|house", "1", None),
    ("Woman", "house", None, "1"),
    ("Man", "farm|farm|", "1", "1"),
    ("Man", None, None, None),
    (None, "", None, None),
    ("<b>Other</b>", "mine", None, None),
]
ACTUAL = {
    ("gender", "Woman"): 20,
    ("gender", "Man"): 10,
    ("work.type", "farm"): 20,
    ("threats", "1"): 20,
    ("debt", "1"): 10,
}
CODEBOOK = [
    ("gender", "Woman", "Women", "Person", "category"),
    ("gender", "Man", "Men", "Person", "category"),
    ("gender", "<b>Other</b>", "<b>Other</b>", "Person", "category"),
    ("work.type", "farm", "Farm", None, "multi_value"),
    ("work.type", "house", "House", None, "multi_value"),
    ("work.type", "mine", "Mine", None, "multi_value"),
    ("threats", "1", "1", "Means", "flag"),
    ("debt", "1", "1", "Means", "flag"),
]
METRICS: list[tuple[Any, ...]] = [
    ("presence", "reported", 1, None, None, 0.5),
    ("presence", "reported", 1, 10, 20, 0.25),
    ("mean_relative_error", "reported", 2, None, None, float("nan")),
    ("rare", "proof", None, None, None, 0.0),
]
SETTINGS = {"multi_value_columns": {"work.type": DELIMITER}, "column_labels": {"threats": "Threats"}}


def make_tables(spark: SparkSession, **changes: Any) -> dict[str, DataFrame]:
    release = {
        "release_id": "r1",
        "title": "A release",
        "published_at": datetime(2026, 11, 22, 16, 41, tzinfo=timezone.utc),
        "protected_number_of_subjects": 60,
        "number_of_synthetic_records": len(RECORDS),
        "reporting_length": 3,
        "reporting_threshold": 10,
        "reporting_precision": 10,
        "guarantee": "strict",
        "synthesis_mode": "row_seeded",
        "settings": json.dumps(SETTINGS),
        "versions": json.dumps({"spark": "4.2.0"}),
        **changes,
    }
    fields = ", ".join(f"`{name}` string" for name in ("release_id", "record_id", *COLUMNS))
    counts = [([attribute], 1, count) for attribute, count in ACTUAL.items()]
    counts.append(([("gender", "Woman"), ("threats", "1")], 2, 10))
    return {
        "synthetic_microdata": spark.createDataFrame(
            [("r1", str(number), *record) for number, record in enumerate(RECORDS)], fields
        ),
        "aggregate_counts": spark.createDataFrame(
            counts,
            "combination array<struct<column:string,value:string>>, length int, protected_count bigint",
        ),
        "evaluation_metrics": spark.createDataFrame(
            METRICS,
            "metric string, reference string, length int, count_from bigint, count_to bigint, value double",
        ),
        "codebook": spark.createDataFrame(
            CODEBOOK, "column string, value string, label string, group string, kind string"
        ),
        "releases": spark.createDataFrame(
            [tuple(release.values())],
            "release_id string, title string, published_at timestamp, protected_number_of_subjects bigint,"
            " number_of_synthetic_records bigint, reporting_length int, reporting_threshold int,"
            " reporting_precision int, guarantee string, synthesis_mode string, settings string,"
            " versions string",
        ),
    }


@pytest.fixture(scope="module")
def page_data(spark: SparkSession) -> PageData:
    return read_page_data(make_tables(spark))


def values_of(record: tuple[str | None, ...], column: str) -> set[str]:
    text = record[COLUMNS.index(column)] or ""
    parts = text.split(DELIMITER) if column == "work.type" else [text]
    return {part for part in parts if part}


def test_estimated_counts_equal_those_counted_in_python(page_data: PageData) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for record in RECORDS:
        expected.update((column, value) for column in COLUMNS for value in values_of(record, column))
    bars = [bar for chart in page_data.charts for bar in chart.bars]
    assert {(bar.column, bar.value): bar.estimated for bar in bars} == expected


def test_actual_counts_are_the_published_ones_and_none_where_nothing_is_published(
    page_data: PageData,
) -> None:
    bars = [bar for chart in page_data.charts for bar in chart.bars]
    assert {(bar.column, bar.value): bar.actual for bar in bars if bar.actual is not None} == ACTUAL


def test_information_counts_records_with_any_value_in_the_charts_columns(page_data: PageData) -> None:
    for chart in page_data.charts:
        expected = sum(any(values_of(record, column) for column in chart.columns) for record in RECORDS)
        assert chart.information == expected


def test_charts_and_labels_come_from_the_codebook_and_the_settings(page_data: PageData) -> None:
    assert [(chart.title, chart.kind, chart.columns) for chart in page_data.charts] == [
        ("gender", "category", ("gender",)),
        ("work.type", "multi_value", ("work.type",)),
        ("Means", "flag", ("threats", "debt")),
    ]
    labels = {(bar.column, bar.value): bar.label for chart in page_data.charts for bar in chart.bars}
    assert labels["gender", "Woman"] == "Women"
    assert labels["threats", "1"] == "Threats"
    assert labels["debt", "1"] == "debt"


def test_metrics_are_those_over_all_counts_and_undefined_ones_have_no_value(page_data: PageData) -> None:
    assert set(page_data.metrics) == {
        Metric("presence", "reported", 1, 0.5),
        Metric("mean_relative_error", "reported", 2, None),
        Metric("rare", "proof", None, 0.0),
    }


def test_the_ledger_row_is_read_whole(page_data: PageData) -> None:
    release = page_data.release
    assert release.published_at == "2026-11-22T16:41:00Z"
    assert (release.subjects, release.records) == (60, len(RECORDS))
    assert (release.length, release.threshold, release.precision) == (3, 10, 10)
    assert dict(release.versions) == {"spark": "4.2.0"}
    assert {key: json.loads(text) for key, text in release.settings} == SETTINGS


def test_an_instant_is_told_in_utc_whatever_the_sessions_zone(spark: SparkSession) -> None:
    before = spark.conf.get("spark.sql.session.timeZone")
    tables = make_tables(spark)
    try:
        spark.conf.set("spark.sql.session.timeZone", "Asia/Kathmandu")
        assert read_page_data(tables).release.published_at == "2026-11-22T16:41:00Z"
    finally:
        spark.conf.set("spark.sql.session.timeZone", before or "UTC")


def test_a_release_without_title_subjects_and_date_is_readable(spark: SparkSession) -> None:
    tables = make_tables(spark, title=None, published_at=None, protected_number_of_subjects=None, versions=None)
    release = read_page_data(tables).release
    assert (release.title, release.published_at, release.subjects, release.versions) == ("r1", None, None, ())


def test_two_releases_at_once_are_refused(spark: SparkSession) -> None:
    tables = make_tables(spark)
    tables["releases"] = tables["releases"].unionByName(tables["releases"])
    with pytest.raises(DataError, match=r"releases: found 2 rows.*exactly one release"):
        read_page_data(tables)


def test_records_that_the_ledger_does_not_know_are_refused(spark: SparkSession) -> None:
    tables = make_tables(spark, number_of_synthetic_records=5)
    with pytest.raises(DataError, match=r"synthetic_microdata: found 6 rows.*says 5"):
        read_page_data(tables)
