"""Small frames for the Spark ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.records.blocks import RECORD_ROWS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.records.records import Records


def encoded_frame(spark: SparkSession, records: Records, partitions: int = 2) -> DataFrame:
    """RECORD_ROWS of these records, which stand for ENCODED_RECORDS too."""
    rows = [
        (records.attributes[a:b].tolist(), int(weight))
        for a, b, weight in zip(records.offsets[:-1], records.offsets[1:], records.weights, strict=True)
    ]
    return spark.createDataFrame(rows, RECORD_ROWS).repartition(partitions)
