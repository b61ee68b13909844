"""Small frames for the Spark ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ctdc_spark.cases.blocks import ENCODED_RECORDS, RECORD_ROWS, pack_records
from ctdc_spark.cases.records import Records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def encoded_frame(spark: SparkSession, records: Records, partitions: int = 2) -> DataFrame:
    """RECORD_ROWS of these records, which stand for ENCODED_RECORDS too."""
    rows = [
        (records.attributes[a:b].tolist(), int(weight))
        for a, b, weight in zip(records.offsets[:-1], records.offsets[1:], records.weights, strict=True)
    ]
    return spark.createDataFrame(rows, RECORD_ROWS).repartition(partitions)


def packed_frame(spark: SparkSession, records: Records, blocks: int) -> DataFrame:
    """ENCODED_RECORDS of these records, in so many blocks."""
    parts = np.array_split(np.arange(len(records)), blocks)
    rows = [tuple(pack_records(records.take(part)).to_pylist()[0].values()) for part in parts]
    return spark.createDataFrame(rows, ENCODED_RECORDS)
