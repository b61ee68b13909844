"""Every unit of work on a partition of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pyspark.sql import functions as F

from ctdc_spark.engine.partitioning import MOST_PLACED, keys_of, murmur3, partition_by_unit

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_the_hash_is_that_of_spark(spark: SparkSession) -> None:
    rows = spark.range(1_000).select(F.hash(F.col("id").cast("int")).alias("hash")).collect()
    assert murmur3(np.arange(1_000, dtype=np.uint32)).tolist() == [row["hash"] for row in rows]


@pytest.mark.parametrize("units", [1, 2, 14, 64, MOST_PLACED])
def test_each_unit_is_alone_on_its_partition(spark: SparkSession, units: int) -> None:
    rows = spark.range(3 * units).select((F.col("id") % units).cast("int").alias("unit"))
    placed = partition_by_unit(rows, units).select("unit", F.spark_partition_id().alias("partition")).collect()
    assert len(placed) == 3 * units
    assert all(row["unit"] == row["partition"] for row in placed)
    assert len(set(keys_of(units))) == units


def test_many_units_are_spread_by_chance_and_kept_together(spark: SparkSession) -> None:
    units = MOST_PLACED + 1
    rows = spark.range(2 * units).select((F.col("id") % units).cast("int").alias("unit"))
    placed = partition_by_unit(rows, units).select("unit", F.spark_partition_id().alias("partition"))
    assert placed.distinct().count() == units
