"""The small published tables of one release, collected side by side and turned into checked values.

The rows collected are bounded by the number of published attributes, metrics and combination lengths.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.errors import DataError
from ctdc_spark.explorer.charts import CodebookEntry, Pair
from ctdc_spark.explorer.data import Metric, Release
from ctdc_spark.release.ledger import protection_of, require_forms

Row = dict[str, Any]


@dataclass(frozen=True)
class SmallTables:
    """What a page needs beside records and combinations.

    Attributes:
        release: The ledger's row.
        settings: The published settings.
        codebook: The codebook.
        actual: Protected counts of single attributes.
        metrics: Evaluation metrics.
        combinations: How many combinations are reported, by length.
        records: How many rows the table of records has.
    """

    release: Release
    settings: Row
    codebook: list[CodebookEntry]
    actual: dict[Pair, int]
    metrics: tuple[Metric, ...]
    combinations: dict[int, int]
    records: int


def read_small_tables(tables: Mapping[str, DataFrame]) -> SmallTables:
    """Collect the small tables of one release.

    Raises:
        DataError: The ledger does not hold exactly one row, or its number of synthetic records differs from the
            number of rows in `synthetic_microdata`.
    """
    rows = _collect(tables)
    if len(rows["releases"]) != 1:
        raise DataError(
            f"releases: found {len(rows['releases'])} rows, but a page shows exactly one release; "
            "filter the tables to the release_id of one complete release"
        )
    release = _make_release(rows["releases"][0])
    found = rows["synthetic_microdata"][0]["records"]
    if found != release.records:
        raise DataError(
            f"synthetic_microdata: found {found} rows, but releases.number_of_synthetic_records says "
            f"{release.records}; the release is incomplete or mixed with another: publish it again"
        )
    return SmallTables(
        release=release,
        settings={key: json.loads(text) for key, text in release.settings},
        codebook=[_make_codebook_entry(row) for row in rows["codebook"]],
        actual={(row["column"], row["value"]): int(row["count"]) for row in rows["aggregate_counts"]},
        metrics=tuple(_make_metric(row) for row in rows["evaluation_metrics"]),
        combinations={int(row["length"]): int(row["combinations"]) for row in rows["lengths"]},
        records=found,
    )


def _collect(tables: Mapping[str, DataFrame]) -> dict[str, list[Row]]:
    counts = tables["aggregate_counts"]
    attribute = F.get("combination", F.lit(0))
    single = (attribute["column"].alias("column"), attribute["value"].alias("value"))
    parts = {
        "aggregate_counts": counts.where(F.col("length") == 1).select(*single, F.col("protected_count").alias("count")),
        "lengths": counts.groupBy("length").agg(F.count(F.lit(1)).alias("combinations")),
        "codebook": tables["codebook"].select("column", "value", "label", "group", "kind"),
        "evaluation_metrics": tables["evaluation_metrics"].select(
            "metric", "reference", "length", "count_from", "value"
        ),
        "synthetic_microdata": tables["synthetic_microdata"].agg(F.count(F.lit(1)).alias("records")),
        # Seconds since 1970 say the same in every session time zone.
        "releases": tables["releases"].withColumn("published_at", F.unix_seconds("published_at")),
    }
    collected = run_concurrently([partial(_collect_rows, part) for part in parts.values()])
    return dict(zip(parts, collected, strict=True))


def _collect_rows(part: DataFrame) -> list[Row]:
    return [row.asDict() for row in part.collect()]


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
        protection=protection_of(row),
        settings=tuple(
            (key, json.dumps(value, ensure_ascii=False)) for key, value in _read_object(row, "settings").items()
        ),
        versions=tuple((key, str(value)) for key, value in _read_object(row, "versions").items()),
    )


def _read_object(row: Row, key: str) -> Row:
    try:
        found = json.loads(row.get(key) or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DataError(f"releases.{key}: found a JSON {type(found).__name__}, expected a JSON object")
    if key == "settings":
        require_forms(found)
    return found


def _make_codebook_entry(row: Row) -> CodebookEntry:
    value = row.get("value")
    return CodebookEntry(row["column"], value, row.get("label") or value or "", row.get("group"), row["kind"])


def _make_metric(row: Row) -> Metric:
    value = row["value"]
    defined = value is not None and math.isfinite(value)
    return Metric(row["metric"], row["reference"], row["length"], row["count_from"], value if defined else None)
