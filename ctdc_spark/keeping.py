"""Intermediate tables: stored as Parquet in a folder under a name, and read back in their contract's schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ctdc_spark import files

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Keep = Callable[[str, "DataFrame", str], "DataFrame"]
"""Stores a table under a name, in place of an earlier one, and reads it back in a schema."""


def keep_below(spark: SparkSession, root: str) -> Keep:
    """What keeps tables in a folder."""

    def keep(table: str, frame: DataFrame, schema: str) -> DataFrame:
        path = files.join(root, table)
        frame.write.mode("overwrite").parquet(path)
        return spark.read.schema(schema).parquet(path)

    return keep
