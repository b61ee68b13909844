"""The small published tables of one release, turned into checked values."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ctdc_spark.errors import DataError
from ctdc_spark.explorer.charts import CodebookEntry, Pair
from ctdc_spark.explorer.data import Covered, Metric, Release
from ctdc_spark.release.ledger import protection_of, require_forms

if TYPE_CHECKING:
    from ctdc_spark.release.small_rows import SmallRows

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
        coverage: How many subjects have information, by column and group; without a column: any flag of the group.
        combinations: How many combinations are reported, by length.
        records: How many rows the table of records has.
    """

    release: Release
    settings: Row
    codebook: list[CodebookEntry]
    actual: dict[Pair, int]
    metrics: tuple[Metric, ...]
    coverage: dict[tuple[str | None, str | None], Covered]
    combinations: dict[int, int]
    records: int


def read_small_tables(rows: SmallRows) -> SmallTables:
    """Check the collected rows of one release.

    Raises:
        DataError: The ledger does not hold exactly one row, or its number of synthetic records differs from the
            number of rows in `synthetic_microdata`.
    """
    if len(rows.ledger) != 1:
        raise DataError(
            f"releases: found {len(rows.ledger)} rows, but a page shows exactly one release; "
            "filter the tables to the release_id of one complete release"
        )
    release = _make_release(rows.ledger[0])
    if rows.records != release.records:
        raise DataError(
            f"synthetic_microdata: found {rows.records} rows, but releases.number_of_synthetic_records says "
            f"{release.records}; the release is incomplete or mixed with another: publish it again"
        )
    return SmallTables(
        release=release,
        settings={key: json.loads(text) for key, text in release.settings},
        codebook=[_make_codebook_entry(row) for row in rows.codebook],
        actual={(row["column"], row["value"]): int(row["count"]) for row in rows.single},
        metrics=tuple(_make_metric(row) for row in rows.metrics),
        coverage={(row["column"], row["group"]): _make_covered(row) for row in rows.coverage},
        combinations=rows.combinations,
        records=rows.records,
    )


def _make_release(row: Row) -> Release:
    seconds = row.get("published_seconds")
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


def _make_covered(row: Row) -> Covered:
    return Covered(**{field.name: row[field.name] for field in fields(Covered)})


def _make_metric(row: Row) -> Metric:
    value = row["value"]
    defined = value is not None and math.isfinite(value)
    return Metric(row["metric"], row["reference"], row["length"], row["count_from"], value if defined else None)
