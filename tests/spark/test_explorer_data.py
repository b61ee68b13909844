from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ctdc_spark.errors import DataError
from ctdc_spark.explorer import PageData, limits
from ctdc_spark.explorer.data import Covered, Metric
from ctdc_spark.explorer.read import read_page_data
from ctdc_spark.release.contracts import COVERAGE

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
SETTINGS = {
    "multi_value_columns": {"work.type": DELIMITER},
    "column_labels": {"threats": "Threats"},
    "report_pages": {"First": ["Means"]},
}


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


def names_of(page_data: PageData) -> list[tuple[str, str]]:
    """The (column, value) of each attribute id."""
    layout = page_data.layout
    return [(layout.columns[attribute.column].name, attribute.value) for attribute in layout.attributes]


def test_records_are_those_published(page_data: PageData) -> None:
    names, records = names_of(page_data), page_data.records
    lists = np.split(records.attributes, records.offsets[1:-1])
    found = Counter({frozenset(names[i] for i in ids): int(n) for ids, n in zip(lists, records.weights, strict=True)})
    wanted = (frozenset((c, v) for c in COLUMNS for v in values_of(record, c)) for record in RECORDS)
    assert found == Counter(wanted)


def test_reported_combinations_have_their_counts_and_estimates(page_data: PageData) -> None:
    names = names_of(page_data)
    singles, pairs, triples = page_data.reported
    actual = {names[i]: n for (i,), n in zip(singles.combinations, singles.actual, strict=True)}
    assert actual == ACTUAL
    for (i,), estimate in zip(singles.combinations, singles.estimated, strict=True):
        column, value = names[i]
        assert estimate == sum(value in values_of(record, column) for record in RECORDS)
    assert [[names[i] for i in row] for row in pairs.combinations] == [[("gender", "Woman"), ("threats", "1")]]
    assert (pairs.actual.tolist(), pairs.estimated.tolist()) == ([10], [1])
    assert len(triples.combinations) == 0  # they were counted, and none is reported


def test_charts_and_labels_come_from_the_codebook_and_the_settings(page_data: PageData) -> None:
    layout = page_data.layout
    assert [(chart.title, chart.kind) for chart in layout.charts] == [
        ("Gender", "category"),
        ("work.type", "multi_value"),
        ("Means", "flag"),
    ]
    labels = dict(zip(names_of(page_data), (attribute.label for attribute in layout.attributes), strict=True))
    assert labels["gender", "Woman"] == "Women"
    assert labels["threats", "1"] == "Threats"
    assert labels["debt", "1"] == "Debt"
    assert page_data.pages == (("First", ("Means",)),)


def test_metrics_keep_their_bins_and_undefined_ones_have_no_value(page_data: PageData) -> None:
    assert set(page_data.metrics) == {
        Metric("presence", "reported", 1, None, 0.5),
        Metric("presence", "reported", 1, 10, 0.25),
        Metric("mean_relative_error", "reported", 2, None, None),
        Metric("rare", "proof", None, None, 0.0),
    }


def test_coverage_is_found_for_columns_and_for_flags_together(spark: SparkSession, page_data: PageData) -> None:
    assert page_data.coverage is None  # there is no such table
    rows = [
        ("gender", "Person", 50, 40, 10, 10),
        ("debt", "Means", 10, 10, 50, None),
        (None, "Means", 20, 20, 40, None),
    ]
    schema = ", ".join(f"`{column.name}` {column.type}" for column in COVERAGE.columns[1:])
    coverage = read_page_data({**make_tables(spark), "coverage": spark.createDataFrame(rows, schema)}).coverage
    assert coverage is not None
    names = [column.name for column in page_data.layout.columns]
    of_column = dict(zip(names, coverage.columns, strict=True))
    assert of_column["gender"] == Covered(50, 40, 10, 10)
    assert of_column["debt"] == Covered(10, 10, 50, None)
    assert of_column["work.type"] is None
    of_chart = {chart.columns: one for chart, one in zip(page_data.layout.charts, coverage.charts, strict=True)}
    assert of_chart[names.index("threats"), names.index("debt")] == Covered(20, 20, 40, None)
    assert of_chart[names.index("gender"),] == Covered(50, 40, 10, 10)
    assert of_chart[names.index("work.type"),] is None


def test_a_value_that_nothing_published_names_is_refused_by_its_column(spark: SparkSession) -> None:
    tables = make_tables(spark)
    tables["codebook"] = tables["codebook"].where("value <> 'mine'")
    with pytest.raises(DataError, match=r"synthetic_microdata: found values in the columns work\.type"):
        read_page_data(tables)


def test_more_records_than_a_page_holds_become_a_sample(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORDS", 300)
    monkeypatch.setattr(limits, "MAX_COMBINATIONS", 5)
    tables = make_tables(spark, number_of_synthetic_records=1200)
    many = spark.range(1200).selectExpr(
        "md5(cast(id as string)) as record_id", "'Woman' as gender", "'farm' as `work.type`"
    )
    tables["synthetic_microdata"] = many.selectExpr("'r1' as release_id", "*", "null as threats", "null as debt")
    page_data = read_page_data(tables)
    shown = int(page_data.records.weights.sum())
    assert 240 < shown < 360
    assert len(page_data.reported) == 1
    names = names_of(page_data)
    estimates = {
        names[i]: n for (i,), n in zip(page_data.reported[0].combinations, page_data.reported[0].estimated, strict=True)
    }
    assert estimates["gender", "Woman"] == 1200
    assert estimates["gender", "Man"] == 0


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
