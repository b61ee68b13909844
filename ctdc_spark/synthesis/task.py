"""What every synthesizer is given, and the form in which it gives back its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdc_spark.records.blocks import RECORD_ROWS, frame_pieces, unpack_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.records.counts import ProtectedCounts
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.records.records import Records
    from ctdc_spark.settings import Settings

SYNTHETIC_RECORDS = RECORD_ROWS
"""Distinct synthetic records: attribute ids ascending, and the number of copies to publish.

What a synthesizer returns may hold records of weight 0: proven with the others, because the model may be sampled again.
"""

BLOCK_RECORDS = 100_000


@dataclass(frozen=True)
class SynthesisTask:
    """The task of a synthesizer.

    Attributes:
        records: ENCODED_RECORDS (sensitive); `cases.blocks.unpack_rows` lists them a record a row.
        exact: COMBINATION_COUNTS (sensitive); to be protected before anything is concluded from them.
        counts: of single attributes and of all subjects, protected.
        max_length: the reporting length.
        dictionary: the attributes.
        settings: threshold, precision, guarantee, seed, target_number_of_records.
        materialize: stores an intermediate table in the sensitive place under a name, and reads it back in a schema.
        report: tells a person how it goes; publishable figures only.
    """

    records: DataFrame
    exact: DataFrame
    counts: ProtectedCounts
    max_length: int
    dictionary: Dictionary
    settings: Settings
    materialize: Materialize
    report: Callable[[str], None]


def frame_records(spark: SparkSession, records: Records) -> DataFrame:
    """Records of the driver as SYNTHETIC_RECORDS; they travel as a few rows of bytes."""
    return unpack_rows(frame_pieces(spark, records, 1 + len(records) // BLOCK_RECORDS))
