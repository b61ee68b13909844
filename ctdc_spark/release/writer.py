"""The only writer of published tables.

A table is created once, by its contract, with comments; each release then replaces exactly its own rows. Rows without a
row in `releases` belong to an unfinished run and are replaced by the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from ctdc_spark import files
from ctdc_spark.release.contracts import RELEASE_ID, RELEASES, Contract
from ctdc_spark.release.place import find_release

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.place import Place

SPECIAL_CHARACTERS = set(" ,;{}()\n\t=")
"""Not allowed in a column name of Parquet; tables that need them get Delta's column mapping."""


def create_table(spark: SparkSession, place: Place, contract: Contract) -> None:
    """Create the table if it is not there."""
    if place.exists(spark, contract.name):
        return
    builder = DeltaTable.createIfNotExists(spark).comment(contract.comment).partitionedBy(RELEASE_ID.name)
    builder = (
        builder.tableName(place.quoted(contract.name))
        if place.output_schema
        else builder.location(_location(place.path(contract.name)))
    )
    for column in contract.columns:
        builder = builder.addColumn(column.name, column.type, comment=column.comment)
    if any(set(name) & SPECIAL_CHARACTERS for name in contract.names):
        builder = builder.property("delta.columnMapping.mode", "name")
    builder.execute()


def retract_release(spark: SparkSession, place: Place, release_id: str) -> None:
    """Take a release out of the ledger, before any of its rows is replaced: half replaced it is not complete."""
    if find_release(spark, place, release_id):
        place.delta(spark, RELEASES.name).delete(f"release_id = '{release_id}'")


def write_release_rows(rows: DataFrame, place: Place, contract: Contract, release_id: str) -> None:
    """Replace the rows of one release in one table.

    Args:
        rows: the contract's columns without release_id.
        place: where the table lies.
        contract: the table.
        release_id: the release, only letters, digits, `.`, `-` and `_`.
    """
    from pyspark.sql import functions as F

    spark = rows.sparkSession
    create_table(spark, place, contract)
    complete = rows.select(
        F.lit(release_id).alias(RELEASE_ID.name),
        *(F.col("`" + name.replace("`", "``") + "`") for name in contract.names[1:]),
    )
    writer = (
        complete.write.format("delta")
        .mode("overwrite")
        .option("replaceWhere", f"release_id = '{release_id}'")
        .option("userMetadata", f"ctdc-spark release {release_id}")
    )
    if contract.names != _present_names(spark, place, contract):
        writer = writer.option("mergeSchema", "true")
    if place.output_schema:
        writer.saveAsTable(place.quoted(contract.name))
    else:
        writer.save(place.path(contract.name))


def _present_names(spark: SparkSession, place: Place, contract: Contract) -> list[str]:
    return list(place.read(spark, contract.name).columns)


def _location(path: str) -> str:
    """The builder takes a relative path for a table's name: say where on this machine it is."""
    local = files.local_path(path)
    return path if local is None or local.is_absolute() else str(local.absolute())
