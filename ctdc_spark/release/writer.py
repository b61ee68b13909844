"""The only writer of published tables.

A table is created once, by its contract, with comments; each release then replaces exactly its own rows. Rows without a
row in `releases` belong to an unfinished run and are replaced by the next one. In a folder the first release's rows
come with the commit that creates their table; in a schema, whose catalog may require more, the table comes first.
Few rows that are at hand, for a folder of this machine, are written without Spark.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.release.conflicts import IN_THE_WAY, OVERTAKEN, conflict_names
from ctdc_spark.release.contracts import RELEASE_ID, RELEASES, Contract
from ctdc_spark.release.direct_tables import Outcome, arrow_schema, write_directly
from ctdc_spark.release.publication import require_committed, taken_over

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.publication import Publication
    from ctdc_spark.release.table_location import TableLocation

CONSTRAINT = "delta.constraints.ctdc_spark_row"
"""The property in which Delta keeps a CHECK; set with the table, so that no table is ever without it."""

ATTEMPTS = 4
"""Another release that widens the table, or makes it first, gets in the way once or twice; a retry is harmless."""

ALREADY_THERE = frozenset(
    {
        "TABLE_OR_VIEW_ALREADY_EXISTS",
        "DELTA_TABLE_ALREADY_EXISTS",
        "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION",
        "TableAlreadyExistsException",
    }
)
"""Another job has just created the table, or left files: it was killed before its commit, or is about to commit."""

COMMIT = re.compile(r"\d{20}\.json")
"""The name of a commit in the log."""

SKIPPING = "delta.dataSkippingStatsColumns"
"""The property that names the columns whose ranges the log keeps."""

SPECIAL_CHARACTERS = set(" ,;{}()\n\t=")
"""Not allowed in a column name of Parquet; tables that need them get Delta's column mapping."""


def create_table(spark: SparkSession, place: TableLocation, contract: Contract) -> None:
    """Create the table if it is not there."""
    if place.exists(spark, contract.name):
        return
    _remove_empty_log(place, contract)
    spark.sql(_definition(place, contract))


def _remove_empty_log(place: TableLocation, contract: Contract) -> None:
    """A run that was killed before the table's first commit leaves a log that Delta refuses.

    On this machine a first commit that another job makes meanwhile stays: a folder that is not empty is not removed.
    """
    if place.output_schema:
        return
    log = files.join(place.path(contract.name), "_delta_log")
    local = files.local_path(log)
    if local is None:
        files.remove(log)
        return
    with contextlib.suppress(OSError):
        for path in local.iterdir():
            if not COMMIT.fullmatch(path.name):
                path.unlink()
        local.rmdir()


def _definition(place: TableLocation, contract: Contract) -> str:
    """The statement that creates a table: the same in a folder and in a schema, with and without Spark Connect."""
    # Spark replaces ${...} in statements, in names too; a column named so comes with the first rows instead
    columns = [column for column in contract.columns if "${" not in column.name]
    named = ", ".join(f"{quote_name(c.name)} {c.type} COMMENT {_quote_text(c.comment)}" for c in columns)
    written = ", ".join(f"'{key}' = {_quote_text(value)}" for key, value in _properties(contract).items())
    return (
        f"CREATE TABLE IF NOT EXISTS {place.in_sql(contract.name)} ({named}) USING delta "
        f"PARTITIONED BY ({RELEASE_ID.name}) COMMENT {_quote_text(contract.comment)} TBLPROPERTIES ({written})"
    )


def _properties(contract: Contract) -> dict[str, str]:
    """What Delta is told about a table when it is created."""
    properties = {CONSTRAINT: contract.check}
    if any(set(name) & SPECIAL_CHARACTERS for name in contract.names):
        properties["delta.columnMapping.mode"] = "name"
    if contract.skipping:
        properties[SKIPPING] = ",".join(contract.skipping)
    return properties


def _quote_text(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def claim_release(spark: SparkSession, place: TableLocation, publication: Publication) -> None:
    """Remove a release from the ledger and claim its publication, in one commit, before any of its rows is replaced.

    Raises:
        TakenOverError: another attempt began later.
    """
    write_to_ledger(spark, arrow_schema(RELEASES).empty_table(), place, publication)


def write_to_ledger(spark: SparkSession, rows: pa.Table, place: TableLocation, publication: Publication) -> None:
    """Replace the row of a release in the ledger, and make sure that it arrived there.

    Args:
        spark: the session.
        rows: RELEASES without release_id: one row, or none.
        place: where the tables lie.
        publication: the attempt to publish that this belongs to.

    Raises:
        TakenOverError: another attempt began later.
    """
    outcome = _write_here(spark, rows, place, RELEASES, publication)
    if outcome is Outcome.SKIPPED:
        raise taken_over(publication.release_id, place.name(RELEASES.name))
    if outcome is Outcome.LEFT:
        created = _write_by_spark(_to_frame(spark, rows, RELEASES), place, RELEASES, publication)
        if not created:  # nobody else can have claimed anything in a ledger that this very commit has created
            require_committed(spark, place, publication)


def write_release_rows(
    spark: SparkSession, rows: DataFrame | pa.Table, place: TableLocation, contract: Contract, publication: Publication
) -> None:
    """Replace the rows of one release in one table.

    Args:
        spark: the session.
        rows: the contract's columns without release_id; few rows may be at hand as a table of Arrow.
        place: where the table lies.
        contract: the table.
        publication: the attempt to publish that this belongs to.

    Raises:
        TakenOverError: another attempt wrote to the same release meanwhile.
    """
    if isinstance(rows, pa.Table):
        if _write_here(spark, rows, place, contract, publication) is not Outcome.LEFT:
            return
        rows = _to_frame(spark, rows, contract)
    _write_by_spark(rows, place, contract, publication)


def _write_here(
    spark: SparkSession, rows: pa.Table, place: TableLocation, contract: Contract, publication: Publication
) -> Outcome:
    folder = place.here(spark, contract.name)
    if folder is None:
        return Outcome.LEFT
    with files.explained("cannot write", place.path(contract.name)):
        return write_directly(folder, contract, _properties(contract), rows, publication)


def _to_frame(spark: SparkSession, rows: pa.Table, contract: Contract) -> DataFrame:
    values = [tuple(row.values()) for row in rows.select(contract.names[1:]).to_pylist()]
    return spark.createDataFrame(values, contract.schema).coalesce(1)


def _write_by_spark(rows: DataFrame, place: TableLocation, contract: Contract, publication: Publication) -> bool:
    """Replace the rows; return whether the table was created with them."""
    comments = {column.name: {"comment": column.comment} for column in contract.columns}
    complete = rows.select(
        F.lit(publication.release_id).alias(RELEASE_ID.name, metadata=comments[RELEASE_ID.name]),
        *(F.col(quote_name(name)).alias(name, metadata=comments[name]) for name in contract.names[1:]),
    )
    created = False

    def write() -> None:
        nonlocal created
        created = _create_with(complete, place, contract, publication)
        if not created:
            _replace(complete, place, contract, publication)

    try:
        doing = f"release '{publication.release_id}', which is not complete, was being written"
        retry_commit(write, place.name(contract.name), doing)
    except Exception as error:
        if conflict_names(error) & OVERTAKEN:
            raise taken_over(publication.release_id, place.name(contract.name)) from None
        raise
    return created


def _create_with(complete: DataFrame, place: TableLocation, contract: Contract, publication: Publication) -> bool:
    """Create a table together with its first rows, in one commit, if it is not there; return whether that was done."""
    spark = complete.sparkSession
    if place.exists(spark, contract.name):
        return False
    if place.output_schema:
        create_table(spark, place, contract)
        return False
    _remove_empty_log(place, contract)
    writer = complete.writeTo(place.in_sql(contract.name)).using("delta").partitionedBy(F.col(RELEASE_ID.name))
    for key, value in {"comment": contract.comment, **_properties(contract)}.items():
        writer = writer.tableProperty(key, value)
    try:
        writer.options(**publication.options_of_creation).create()
    except Exception as error:
        if not conflict_names(error) & ALREADY_THERE:
            raise
        if place.exists(spark, contract.name):
            return False
        _create_among_leftovers(complete, place, contract, publication)
    return True


def _create_among_leftovers(
    complete: DataFrame, place: TableLocation, contract: Contract, publication: Publication
) -> None:
    """The same in two commits, among files of no table: they stay, as another job may be about to add them."""
    writer = complete.write.format("delta").mode("overwrite").partitionBy(RELEASE_ID.name)
    writer.options(**_properties(contract), **publication.options).save(
        place.for_spark(complete.sparkSession, contract.name)
    )
    complete.sparkSession.sql(f"COMMENT ON TABLE {place.in_sql(contract.name)} IS {_quote_text(contract.comment)}")


def retry_commit(commit: Callable[[], object], table: str, doing: str) -> None:
    """Change a table, and try again if another job changed it in between.

    Args:
        commit: makes the change.
        table: how a person finds the table.
        doing: what is done, for the message.

    Raises:
        DataError: others got in the way ATTEMPTS times.
        Exception: anything else that went wrong; also that a later attempt at the same release has begun.
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
                    "have ended"
                ) from None
        else:
            return


def _replace(complete: DataFrame, place: TableLocation, contract: Contract, publication: Publication) -> None:
    writer = complete.write.format("delta").mode("overwrite").options(**publication.options)
    if contract.names != _present_names(complete.sparkSession, place, contract):
        writer = writer.option("mergeSchema", "true")
    if place.output_schema:
        writer.saveAsTable(place.quoted(contract.name))
    else:
        writer.save(place.for_spark(complete.sparkSession, contract.name))


def _present_names(spark: SparkSession, place: TableLocation, contract: Contract) -> list[str]:
    return list(place.read(spark, contract.name).columns)
