"""Read published tables as a reader should: the rows of one complete release, never those of an unfinished run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import DataError
from ctdc_spark.release.contracts import LATER, SYNTHETIC_MICRODATA, TABLES
from ctdc_spark.release.ledger import list_releases, published_settings, read_row
from ctdc_spark.release.table_location import open_location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.table_location import TableLocation


def read_release(spark: SparkSession, place: str, table: str, release_id: str | None = None) -> DataFrame:
    """The rows of one table of one complete release, without those columns that only other releases have.

    Args:
        spark: the session.
        place: folder of the published tables, or `schema` or `catalog.schema`.
        table: such as "aggregate_counts".
        release_id: None for the latest complete one.

    Raises:
        DataError: no complete release (of this id) lies in `place`.

    Example:
        >>> counts = read_release(spark, "/data/release", "aggregate_counts")  # doctest: +SKIP
    """
    source = open_location(spark, place)
    return read_table(spark, source, table, choose_release(spark, source, place, release_id))


def read_table(spark: SparkSession, source: TableLocation, table: str, release_id: str) -> DataFrame:
    """The same for a release that is known to be complete, in a place that is open.

    A table that no release in this place has is empty.

    Raises:
        DataError: the table of records lacks columns of the release.
    """
    mine = F.col("release_id") == release_id
    rows = read_or_nothing(spark, source, table).where(mine)
    if table != SYNTHETIC_MICRODATA:
        return rows
    columns = published_settings(read_row(spark, source, release_id)["settings"])["use_columns"]
    missing = len(set(columns) - set(rows.columns))
    if missing:
        raise DataError(
            f"{source.name(SYNTHETIC_MICRODATA)} lacks {missing} of the {len(columns)} columns that the ledger names "
            f"for release '{release_id}': the two do not belong together"
        )
    return rows.select("release_id", "record_id", *map(quote_name, columns))


def release_tables(spark: SparkSession, place: TableLocation, release_id: str) -> dict[str, DataFrame]:
    """The rows of one release in each published table; without a table that no release in this place has."""
    mine = F.col("release_id") == release_id
    return {table: place.read(spark, table).where(mine) for table in TABLES if not lacks(spark, place, table)}


def read_or_nothing(spark: SparkSession, place: TableLocation, table: str) -> DataFrame:
    """All releases' rows of a table; none if no release in this place has it."""
    if not lacks(spark, place, table):
        return place.read(spark, table)
    columns = (f"{quote_name(column.name)} {column.type}" for column in LATER[table].columns)
    return spark.createDataFrame([], ", ".join(columns))


def lacks(spark: SparkSession, place: TableLocation, table: str) -> bool:
    """Whether a table is missing because only earlier versions have published in this place."""
    return table in LATER and not place.exists(spark, table)


def choose_release(spark: SparkSession, source: TableLocation, place: str, release_id: str | None) -> str:
    """The requested release, or the latest complete one.

    Raises:
        DataError: it is not there, or somebody else has written to the ledger.
    """
    known = list_releases(spark, source)
    if not known or (release_id is not None and release_id not in known):
        raise DataError(
            f"release_id: found {release_id or 'none'}; complete releases in {place}: {', '.join(known) or 'none'}",
            parameters=["release_id"],
        )
    return release_id or known[0]
