"""Small frames for the Spark ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.cases.encode import ENCODED_RECORDS
from ctdc_spark.cases.records import Records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def encoded_frame(spark: SparkSession, records: Records, partitions: int = 2) -> DataFrame:
    """ENCODED_RECORDS of these records."""
    rows = [
        (records.attributes[a:b].tolist(), int(weight))
        for a, b, weight in zip(records.offsets[:-1], records.offsets[1:], records.weights, strict=True)
    ]
    return spark.createDataFrame(rows, ENCODED_RECORDS).repartition(partitions)
