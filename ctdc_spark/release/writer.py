"""The only writer of published tables.

A table is created once, by its contract, with comments; each release then replaces exactly its own rows. Rows without a
row in `releases` belong to an unfinished run and are replaced by the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from delta.exceptions import ConcurrentTransactionException, DeltaConcurrentModificationException
from delta.tables import DeltaTable
from pyspark.sql import functions as F

from ctdc_spark import files
from ctdc_spark.errors import DataError
from ctdc_spark.release.contracts import RELEASE_ID, RELEASES, Contract
from ctdc_spark.release.publication import require_committed, taken_over

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.place import Place
    from ctdc_spark.release.publication import Publication

CONSTRAINT = "delta.constraints.ctdc_spark_row"
"""The property in which Delta keeps a CHECK; set with the table, so that no table is ever without it."""

ATTEMPTS = 4
"""Another release that widens the table, or makes it first, gets in the way once or twice; a retry is harmless."""

SPECIAL_CHARACTERS = set(" ,;{}()\n\t=")
"""Not allowed in a column name of Parquet; tables that need them get Delta's column mapping."""


def create_table(spark: SparkSession, place: Place, contract: Contract) -> None:
    """Create the table if it is not there."""
    if place.exists(spark, contract.name):
        return
    if not place.output_schema:  # a run that was killed before the table's first commit leaves a log that Delta refuses
        files.remove(files.join(place.path(contract.name), "_delta_log"))
    builder = DeltaTable.createIfNotExists(spark).comment(contract.comment).partitionedBy(RELEASE_ID.name)
    builder = (
        builder.tableName(place.quoted(contract.name))
        if place.output_schema
        else builder.location(place.address(contract.name))
    )
    for column in contract.columns:
        builder = builder.addColumn(column.name, column.type, comment=column.comment)
    if any(set(name) & SPECIAL_CHARACTERS for name in contract.names):
        builder = builder.property("delta.columnMapping.mode", "name")
    builder.property(CONSTRAINT, contract.check).execute()


def claim_release(spark: SparkSession, place: Place, publication: Publication) -> None:
    """Take a release out of the ledger and the right to publish it, in one commit, before any of its rows is replaced.

    Raises:
        TakenOverError: another attempt began later.
    """
    schema = ", ".join(f"`{column.name}` {column.type}" for column in RELEASES.columns[1:])
    write_release_rows(spark.createDataFrame([], schema), place, RELEASES, publication)
    require_committed(spark, place, publication)


def write_release_rows(rows: DataFrame, place: Place, contract: Contract, publication: Publication) -> None:
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
        F.lit(publication.release_id).alias(RELEASE_ID.name),
        *(F.col("`" + name.replace("`", "``") + "`") for name in contract.names[1:]),
    )
    for attempt in range(1, ATTEMPTS + 1):
        try:
            create_table(rows.sparkSession, place, contract)
            _write(complete, place, contract, publication)
        except ConcurrentTransactionException:
            raise taken_over(publication.release_id, place.name(contract.name)) from None
        except DeltaConcurrentModificationException:
            if attempt == ATTEMPTS:
                raise DataError(
                    f"{place.name(contract.name)}: other jobs changed the table {ATTEMPTS} times while release "
                    f"'{publication.release_id}' was written. The release is not complete; run it again when they ended"
                ) from None
        else:
            return


def _write(complete: DataFrame, place: Place, contract: Contract, publication: Publication) -> None:
    writer = complete.write.format("delta").mode("overwrite").options(**publication.options)
    if contract.names != _present_names(complete.sparkSession, place, contract):
        writer = writer.option("mergeSchema", "true")
    if place.output_schema:
        writer.saveAsTable(place.quoted(contract.name))
    else:
        writer.save(place.path(contract.name))


def _present_names(spark: SparkSession, place: Place, contract: Contract) -> list[str]:
    return list(place.read(spark, contract.name).columns)
