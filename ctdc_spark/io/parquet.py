"""Intermediate tables: stored as Parquet in a folder under a name, and read back with their contract's schema.

They are sensitive: on the machine's own file system nobody but the owner may read them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ctdc_spark.io import files
from ctdc_spark.io.file_modes import close_off, make_private_folder
from ctdc_spark.io.locality import settle

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

BLOCKS_A_FILE = 8
"""Rows per file, for blocks of up to some ten megabytes: Parquet's reader holds up to 4,096 rows at once."""

Materialize = Callable[[str, "DataFrame", str], "DataFrame"]
"""Stores a table under a name, in place of an earlier one, and reads it back with a schema."""


def write_parquet(frame: DataFrame, path: str) -> None:
    """Store a table in place of an earlier one, so that a reader with little memory can read it.

    Rows with binary columns are blocks; a file has few of them.
    """
    writer = frame.write.mode("overwrite")
    if any("binary" in kind for _, kind in frame.dtypes):
        writer = writer.option("maxRecordsPerFile", BLOCKS_A_FILE)
    writer.parquet(path)


def materialize_below(spark: SparkSession, root: str) -> Materialize:
    """A function that stores tables in a folder."""
    folder = settle(spark, root)

    def materialize(table: str, frame: DataFrame, schema: str) -> DataFrame:
        path = files.join(folder, table)
        make_private_folder(folder, within=True)
        write_parquet(frame, path)
        close_off(path)
        return spark.read.schema(schema).parquet(path)

    return materialize
