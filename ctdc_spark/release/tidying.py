"""Housekeeping of published tables: remove old releases, compact small files, delete files nobody needs.

A release leaves the ledger first: from then on readers ignore what is left of it. If the call is stopped, what remains
is an unfinished release, as any run may leave, and can be removed as such. The ledger of the privacy budget is never
touched: what was spent stays spent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ctdc_spark.io import files
from ctdc_spark.release.contracts import RELEASE_ID, RELEASES, TABLES
from ctdc_spark.release.dp_tables import PRIVACY_BUDGET
from ctdc_spark.release.ledger import list_releases
from ctdc_spark.release.names import is_release_name
from ctdc_spark.release.writer import retry_commit

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession

    from ctdc_spark.release.table_location import TableLocation

RETAINED_HOURS = 168
"""What Delta keeps by default: a week, in which readers of an old version may go on reading."""

ROWS = tuple(table for table in TABLES if table != RELEASES.name)
"""The tables that hold the content of a release."""

CHECKED = "spark.databricks.delta.retentionDurationCheck.enabled"


@dataclass(frozen=True)
class Tidying:
    """What is to be done.

    Attributes:
        keep: how many of the latest releases stay; None: all of them.
        unfinished: remove the rows of releases that are not in the ledger; no run may be publishing meanwhile.
        retained_hours: files that no version of the last hours needs are deleted.
    """

    keep: int | None = None
    unfinished: bool = False
    retained_hours: int = RETAINED_HOURS


def list_superfluous(spark: SparkSession, place: TableLocation, request: Tidying) -> list[str]:
    """The complete releases beyond the latest ones, oldest first, and the unfinished ones if requested.

    Rows under a name that is not in the ledger and that ctdc-spark does not give stay: such a name must not name a file
    to remove.

    Raises:
        DataError: the ledger itself holds such a name.
    """
    complete = list_releases(spark, place)
    superfluous = [] if request.keep is None else complete[request.keep :][::-1]
    if request.unfinished:
        found = {row[0] for table in ROWS if place.exists(spark, table) for row in _release_ids(spark, place, table)}
        superfluous += sorted(name for name in found - {*complete} if is_release_name(name))
    return superfluous


def _release_ids(spark: SparkSession, place: TableLocation, table: str) -> list[Row]:
    return place.read(spark, table).select(RELEASE_ID.name).distinct().collect()


def tidy(spark: SparkSession, place: TableLocation, request: Tidying, report: Callable[[str], None]) -> list[str]:
    """Remove superfluous releases, then compact and vacuum every table.

    Returns:
        The ids of the releases that were removed.

    Raises:
        DataError: other jobs kept changing a table.
    """
    removed = list_superfluous(spark, place, request)
    for release_id in removed:
        remove_release(spark, place, release_id)
        report(f"removed release {release_id}")
    for table in (*TABLES, PRIVACY_BUDGET.name):
        if place.exists(spark, table):
            retry_commit(partial(compact, spark, place, table), place.name(table), "it was being compacted")
            vacuum(spark, place, table, request.retained_hours)
            report(f"tidied {place.name(table)}")
    return removed


def remove_release(spark: SparkSession, place: TableLocation, release_id: str) -> None:
    """Remove one release: its row in the ledger first, then all its rows, its page and its documents."""
    for table in (RELEASES.name, *ROWS):
        if place.exists(spark, table):
            # Delta binds no parameters here; the name is one of ours, which need no quoting
            statement = f"DELETE FROM {place.in_sql(table)} WHERE {RELEASE_ID.name} = '{release_id}'"  # noqa: S608
            delete = partial(spark.sql, statement)
            retry_commit(delete, place.name(table), f"release '{release_id}' was being removed")
    if place.output_dir is not None:
        files.remove(files.join(place.output_dir, f"{release_id}.html"))
        files.remove(files.join(place.output_dir, release_id))


def compact(spark: SparkSession, place: TableLocation, table: str) -> None:
    """Compact the small files of a table; readers notice nothing."""
    spark.sql(f"OPTIMIZE {place.in_sql(table)}")


def vacuum(spark: SparkSession, place: TableLocation, table: str, hours: int) -> None:
    """Delete files that no version of the last hours needs; below a week Delta requires its own check to be off."""
    before = spark.conf.get(CHECKED, "true")
    try:
        if hours < RETAINED_HOURS:
            spark.conf.set(CHECKED, "false")
        spark.sql(f"VACUUM {place.in_sql(table)} RETAIN {hours} HOURS")
    finally:
        spark.conf.set(CHECKED, str(before))
