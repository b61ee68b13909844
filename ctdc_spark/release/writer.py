"""The only writer of published tables.

A table is created once, by its contract, with comments; each release then replaces exactly its own rows. Rows without a
row in `releases` belong to an unfinished run and are replaced by the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.release.conflicts import IN_THE_WAY, OVERTAKEN, conflict_names
from ctdc_spark.release.contracts import RELEASE_ID, RELEASES, Contract
from ctdc_spark.release.publication import require_committed, taken_over

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.publication import Publication
    from ctdc_spark.release.table_location import TableLocation

CONSTRAINT = "delta.constraints.ctdc_spark_row"
"""The property in which Delta keeps a CHECK; set with the table, so that no table is ever without it."""

ATTEMPTS = 4
"""Another release that widens the table, or makes it first, gets in the way once or twice; a retry is harmless."""

SKIPPING = "delta.dataSkippingStatsColumns"
"""The property that names the columns of which the log keeps ranges."""

SPECIAL_CHARACTERS = set(" ,;{}()\n\t=")
"""Not allowed in a column name of Parquet; tables that need them get Delta's column mapping."""


def create_table(spark: SparkSession, place: TableLocation, contract: Contract) -> None:
    """Create the table if it is not there."""
    if place.exists(spark, contract.name):
        return
    if not place.output_schema:  # a run that was killed before the table's first commit leaves a log that Delta refuses
        files.remove(files.join(place.path(contract.name), "_delta_log"))
    spark.sql(_definition(place, contract))


def _definition(place: TableLocation, contract: Contract) -> str:
    """The statement that creates a table: the same in a folder and in a schema, with and without Spark Connect."""
    # Spark replaces ${...} in statements, in names too; a column named so comes with the first rows instead
    columns = [column for column in contract.columns if "${" not in column.name]
    named = ", ".join(f"{quote_name(c.name)} {c.type} COMMENT {_quote_text(c.comment)}" for c in columns)
    properties = {CONSTRAINT: contract.check}
    if any(set(name) & SPECIAL_CHARACTERS for name in contract.names):
        properties["delta.columnMapping.mode"] = "name"
    if contract.skipping:
        properties[SKIPPING] = ",".join(contract.skipping)
    written = ", ".join(f"'{key}' = {_quote_text(value)}" for key, value in properties.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {place.in_sql(contract.name)} ({named}) USING delta "
        f"PARTITIONED BY ({RELEASE_ID.name}) COMMENT {_quote_text(contract.comment)} TBLPROPERTIES ({written})"
    )


def _quote_text(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def claim_release(spark: SparkSession, place: TableLocation, publication: Publication) -> None:
    """Take a release out of the ledger and the right to publish it, in one commit, before any of its rows is replaced.

    Raises:
        TakenOverError: another attempt began later.
    """
    schema = ", ".join(f"`{column.name}` {column.type}" for column in RELEASES.columns[1:])
    write_release_rows(spark.createDataFrame([], schema), place, RELEASES, publication)
    require_committed(spark, place, publication)


def write_release_rows(rows: DataFrame, place: TableLocation, contract: Contract, publication: Publication) -> None:
    """Replace the rows of one release in one table.

    Args:
        rows: the contract's columns without release_id.
        place: where the table lies.
        contract: the table.
        publication: the attempt to publish that this belongs to.

    Raises:
        TakenOverError: another attempt wrote to the same release meanwhile.
    """
    complete = rows.select(
        F.lit(publication.release_id).alias(RELEASE_ID.name), *(F.col(quote_name(name)) for name in contract.names[1:])
    )

    def create_and_write() -> None:
        create_table(rows.sparkSession, place, contract)
        _write(complete, place, contract, publication)

    try:
        doing = f"release '{publication.release_id}' was written, which is not complete"
        retry_commit(create_and_write, place.name(contract.name), doing)
    except Exception as error:
        if conflict_names(error) & OVERTAKEN:
            raise taken_over(publication.release_id, place.name(contract.name)) from None
        raise


def retry_commit(commit: Callable[[], object], table: str, doing: str) -> None:
    """Change a table, again if another job changed it in between.

    Args:
        commit: does it.
        table: how a person finds the table.
        doing: what is done, for the message.

    Raises:
        DataError: others got in the way ATTEMPTS times.
        Exception: what else went wrong; also that a later attempt at the same release has begun.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            commit()
        except Exception as error:
            names = conflict_names(error)
            if names & OVERTAKEN or not names & IN_THE_WAY:
                raise
            if not left:
                raise DataError(
                    f"{table}: other jobs changed the table {ATTEMPTS} times while {doing}; run it again when they "
                    "ended"
                ) from None
        else:
            return


def _write(complete: DataFrame, place: TableLocation, contract: Contract, publication: Publication) -> None:
    writer = complete.write.format("delta").mode("overwrite").options(**publication.options)
    if contract.names != _present_names(complete.sparkSession, place, contract):
        writer = writer.option("mergeSchema", "true")
    if place.output_schema:
        writer.saveAsTable(place.quoted(contract.name))
    else:
        writer.save(place.path(contract.name))


def _present_names(spark: SparkSession, place: TableLocation, contract: Contract) -> list[str]:
    return list(place.read(spark, contract.name).columns)
