"""Rows of published tables, as Spark has them or at hand: what both can do, under one name.

At hand are few rows of a release on this machine. A release then takes no second of Spark's for its small tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.io import files
from ctdc_spark.release.contracts import RELEASE_ID
from ctdc_spark.release.direct_tables import read_directly

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.table_location import TableLocation

Rows: TypeAlias = "DataFrame | pa.Table"
"""Rows of a table, as one or the other has them."""

MOST_AT_HAND = 200_000
"""The most rows of a release that this process reads and writes itself."""

ROWS_A_FILE = 1_000_000
"""Rows of one published file: some tens of megabytes."""

Order = Sequence[tuple[str, str]]
"""Columns to sort by, each with "ascending" or "descending"."""


def read_published(spark: SparkSession, place: TableLocation, table: str, release_id: str) -> Rows:
    """The rows of one release in one table: at hand if they are few and on this machine.

    Args:
        spark: the session.
        place: where the tables lie.
        table: its name.
        release_id: the release, complete or not.

    Raises:
        DataError: a file cannot be read.
    """
    folder = place.here(spark, table)
    if folder is not None:
        with files.explained("cannot read", place.path(table)):
            found = read_directly(folder, release_id)
        if found is not None:
            return found.add_column(0, RELEASE_ID.name, pa.array([release_id] * len(found), pa.string()))
    return place.read(spark, table).where(F.col(RELEASE_ID.name) == release_id)


def collect_rows(rows: Rows) -> list[dict[str, Any]]:
    """Few rows, as mappings from their columns' names."""
    if isinstance(rows, pa.Table):
        collected: list[dict[str, Any]] = rows.to_pylist()
        return collected
    return [row.asDict(recursive=True) for row in rows.collect()]


def is_empty(rows: Rows) -> bool:
    """Whether there are none."""
    return not len(rows) if isinstance(rows, pa.Table) else rows.isEmpty()


def names_of(rows: Rows) -> list[str]:
    """The names of the columns, in order."""
    return list(rows.column_names if isinstance(rows, pa.Table) else rows.columns)


def select(rows: Rows, names: Sequence[str]) -> Rows:
    """These columns alone, by name."""
    if isinstance(rows, pa.Table):
        return rows.select(list(names))
    return rows.select(*(F.col(quote_name(name)).alias(name) for name in names))


def spread(rows: Rows, number: int, order: Order) -> Rows:
    """Sorted rows in files of bounded size; neither the files nor the order reveal how the rows were made.

    The file of a row follows from the last column of the order, which no two rows share: file boundaries estimated from
    samples would depend on how counting was split, and so on exact counts.

    Args:
        rows: of one table.
        number: about how many there are.
        order: the columns to sort by; the last one names a row.
    """
    if isinstance(rows, pa.Table):
        return rows.sort_by(list(order))
    parts = 1 + number // ROWS_A_FILE
    parted = rows.coalesce(1) if parts == 1 else rows.repartition(parts, order[-1][0])
    return parted.sortWithinPartitions(*(F.desc(name) if way == "descending" else F.col(name) for name, way in order))


def sort_all(rows: Rows) -> Rows:
    """A small table in one file, in the order of its columns."""
    if isinstance(rows, pa.Table):
        return rows.sort_by([(name, "ascending") for name in rows.column_names])
    return rows.coalesce(1).sortWithinPartitions(*map(quote_name, rows.columns))
