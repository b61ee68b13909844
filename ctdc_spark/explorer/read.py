"""Read what a page shows from the published tables of one release: the only Spark of this room.

Two Spark actions. The first collects the small tables (ledger row, codebook, metrics, counts of single
attributes); the second counts the synthetic records by attribute. The rows collected are bounded by the
number of published attributes plus a few per chart and per combination length, never by the number of
records.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import partial, reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ctdc_spark.errors import DataError
from ctdc_spark.explorer.charts import Attribute, CodebookEntry, Counts, fill_charts, plan_charts
from ctdc_spark.explorer.data import Chart, Metric, PageData, Release

KEY_COLUMNS = ("release_id", "record_id")
Row = dict[str, Any]


def read_page_data(tables: Mapping[str, DataFrame]) -> PageData:
    """Read the numbers of one release.

    Args:
        tables: The published tables by name (`synthetic_microdata`, `aggregate_counts`, `evaluation_metrics`,
            `codebook`, `releases`), each already filtered to one release_id.

    Returns:
        What the page shows.

    Raises:
        DataError: If the ledger does not hold exactly one row, or its number of synthetic records differs
            from the number of rows in `synthetic_microdata`.
    """
    small = _collect_small_tables(tables)
    if len(small["releases"]) != 1:
        raise DataError(
            f"releases: found {len(small['releases'])} rows, but a page shows exactly one release; "
            "filter the tables to the release_id of one complete release"
        )
    release = _make_release(small["releases"][0])
    settings = {key: json.loads(text) for key, text in release.settings}
    labels = settings.get("column_labels") or {}
    codebook = [_make_codebook_entry(row) for row in small["codebook"]]
    present = [name for name in tables["synthetic_microdata"].columns if name not in KEY_COLUMNS]
    columns = settings.get("use_columns") or present  # the table may have more: those of other releases
    charts = plan_charts(columns, codebook, labels)
    delimiters = settings.get("multi_value_columns") or {}
    estimated, information, records = _count_records(tables["synthetic_microdata"], charts, delimiters)
    if records != release.records:
        raise DataError(
            f"synthetic_microdata: found {records} rows, but releases.number_of_synthetic_records says "
            f"{release.records}; the release is incomplete or mixed with another: publish it again"
        )
    actual = {(row["column"], row["value"]): int(row["count"]) for row in small["aggregate_counts"]}
    counts = Counts(estimated, actual, information)
    metrics = tuple(_make_metric(row) for row in small["evaluation_metrics"])
    return PageData(release, fill_charts(charts, counts, codebook, labels), metrics)


def _collect_small_tables(tables: Mapping[str, DataFrame]) -> dict[str, list[Row]]:
    """One action over four tables: rows travel as (table, row as JSON), so that one union holds them all."""
    metrics, releases = tables["evaluation_metrics"], tables["releases"]
    attribute = F.get("combination", F.lit(0))
    parts = {
        "aggregate_counts": tables["aggregate_counts"]
        .where(F.col("length") == 1)
        .select(
            attribute["column"].alias("column"),
            attribute["value"].alias("value"),
            F.col("protected_count").alias("count"),
        ),
        "codebook": tables["codebook"].select("column", "value", "label", "group", "kind"),
        "evaluation_metrics": metrics.where(F.col("count_from").isNull() & F.col("count_to").isNull()).select(
            "metric", "reference", "length", "value"
        ),
        # Seconds since 1970 say the same in every session time zone.
        "releases": releases.withColumn("published_at", F.unix_seconds("published_at")),
    }
    rows = [
        part.select(F.lit(name).alias("table"), F.to_json(F.struct("*")).alias("row")) for name, part in parts.items()
    ]
    collected: dict[str, list[Row]] = {name: [] for name in parts}
    for table, row in reduce(lambda one, other: one.unionByName(other), rows).collect():  # (table, row as JSON)
        collected[table].append(json.loads(row))
    return collected


def _count_records(
    records: DataFrame, charts: Sequence[Chart], delimiters: Mapping[str, str]
) -> tuple[dict[Attribute, int], dict[int, int], int]:
    """One aggregate over (column, value).

    Each record becomes its attributes, and beside them (null, position) for every chart in which it has
    information and (null, null) for itself.
    """
    keys = [_make_key(None, None)]
    lists = []
    for position, chart in enumerate(charts):
        values = [_read_values(column, delimiters.get(column)) for column in chart.columns]
        has_any = reduce(operator.or_, [F.size(value) > 0 for value in values])
        keys.append(F.when(has_any, _make_key(None, F.lit(str(position)))))
        lists += [
            F.transform(value, partial(_make_key, column)) for column, value in zip(chart.columns, values, strict=True)
        ]
    keys_of_record = F.concat(F.array_compact(F.array(*keys)), *lists)
    counted = (
        records.select(F.explode(keys_of_record).alias("key"))  # one row per attribute of a record
        .select("key.column", "key.value")
        .groupBy("column", "value")
        .agg(F.count(F.lit(1)).alias("records"))
    )
    estimated: dict[Attribute, int] = {}
    information: dict[int, int] = {}
    total = 0
    for column, value, number in counted.collect():
        if column is not None:
            estimated[column, value] = number
        elif value is not None:
            information[int(value)] = number
        else:
            total = number
    return estimated, information, total


def _make_key(column: str | None, value: Column | None) -> Column:
    missing = F.lit(None).cast("string")
    name = missing if column is None else F.lit(column).cast("string")
    return F.struct(name.alias("column"), (missing if value is None else value).alias("value"))


def _read_values(column: str, delimiter: str | None) -> Column:
    """The distinct values of a record in one column, as an array; empty where absent."""
    text = F.col("`" + column.replace("`", "``") + "`")
    parts = F.array(text) if delimiter is None else F.split(text, re.escape(delimiter))
    present = F.filter(parts, lambda part: part.isNotNull() & (part != ""))
    return F.coalesce(F.array_distinct(present), F.array().cast("array<string>"))


def _make_release(row: Row) -> Release:
    seconds = row.get("published_at")
    instant = None if seconds is None else datetime.fromtimestamp(int(seconds), timezone.utc)
    return Release(
        release_id=row["release_id"],
        title=row.get("title") or row["release_id"],
        published_at=None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
        subjects=row.get("protected_number_of_subjects"),
        records=row["number_of_synthetic_records"],
        length=row["reporting_length"],
        threshold=row["reporting_threshold"],
        precision=row["reporting_precision"],
        guarantee=row["guarantee"],
        mode=row["synthesis_mode"],
        settings=tuple(
            (key, json.dumps(value, ensure_ascii=False)) for key, value in _read_object(row, "settings").items()
        ),
        versions=tuple((key, str(value)) for key, value in _read_object(row, "versions").items()),
    )


def _read_object(row: Row, key: str) -> Row:
    found = json.loads(row.get(key) or "{}")
    if not isinstance(found, dict):
        raise DataError(f"releases.{key}: found a JSON {type(found).__name__}, expected a JSON object")
    return found


def _make_codebook_entry(row: Row) -> CodebookEntry:
    value = row.get("value")
    return CodebookEntry(row["column"], value, row.get("label") or value or "", row.get("group"), row["kind"])


def _make_metric(row: Row) -> Metric:
    value = float(row["value"]) if row.get("value") is not None else math.nan  # Spark writes "NaN" as a string
    return Metric(row["metric"], row["reference"], row.get("length"), value if math.isfinite(value) else None)
