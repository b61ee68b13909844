"""The views for dashboards run as they are, and the dashboard uses only what they and the tables have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.spark.test_explorer_data import ACTUAL, COLUMNS, RECORDS, make_tables, values_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FOLDER = Path(__file__).parents[2] / "deploy/dashboards"
VIEWS = ("record_attributes", "attribute_counts_compared", "pair_counts_compared", "measures_by_length")


@pytest.fixture(scope="module")
def views(spark: SparkSession) -> Iterator[SparkSession]:
    """The views over the tables of the explorer's test, all of them temporary."""
    tables = make_tables(spark)
    for name, frame in tables.items():
        if "release_id" not in frame.columns:
            frame = frame.selectExpr("'r1' as release_id", "*")
        if name == "aggregate_counts":
            frame = frame.selectExpr("*", "concat_ws(';', combination.value) as combination_text")
        frame.createOrReplaceTempView(name)
    statements = (FOLDER / "views.sql").read_text(encoding="utf-8").split(";\n")
    for statement in statements:
        if "CREATE" in statement:
            spark.sql(statement.replace("OR REPLACE VIEW", "OR REPLACE TEMPORARY VIEW"))
    yield spark
    for name in (*VIEWS, *tables):
        spark.catalog.dropTempView(name)


def test_estimated_and_actual_stand_side_by_side(views: SparkSession) -> None:
    rows = {(row["column"], row["value"]): row for row in views.table("attribute_counts_compared").collect()}
    for (column, value), row in rows.items():
        assert row["estimated"] == sum(value in values_of(record, column) for record in RECORDS)
        assert row["records_with_information"] == sum(bool(values_of(record, column)) for record in RECORDS)
        assert row["actual"] == ACTUAL.get((column, value))
        assert (row["actual_text"] == "fewer than 10, or none") == (row["actual"] is None)
    assert {column for column, _ in rows} == set(COLUMNS)


def test_pairs_have_their_estimates(views: SparkSession) -> None:
    [row] = views.table("pair_counts_compared").collect()
    assert (row["value_1"], row["value_2"], row["actual"], row["estimated"]) == ("Woman", "1", 10, 1)


def test_measures_leave_out_ranges_of_counts(views: SparkSession) -> None:
    assert views.table("measures_by_length").where("metric = 'presence'").count() == 1


def test_every_query_of_the_dashboard_runs_and_has_the_fields_of_its_widgets(views: SparkSession) -> None:
    dashboard = json.loads((FOLDER / "release.lvdash.json").read_text(encoding="utf-8"))
    columns = {d["name"]: set(views.sql("".join(d["queryLines"])).columns) for d in dashboard["datasets"]}
    widgets = [item["widget"] for page in dashboard["pages"] for item in page["layout"]]
    asked = [query["query"] for widget in widgets for query in widget.get("queries", [])]
    assert {query["datasetName"] for query in asked} == set(columns)
    for query in asked:
        named = {part for field in query["fields"] for part in field["expression"].split("`")[1::2]}
        assert named - {"associative_filter_predicate_group"} <= columns[query["datasetName"]]
