"""What every synthesizer is given, and the form in which it returns its records."""

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
    from ctdc_spark.synthesis.oracle.frequency import FrequencyOracle

SYNTHETIC_RECORDS = RECORD_ROWS
"""Distinct synthetic records: attribute ids ascending, and the number of copies to publish.

A synthesizer may return records of weight 0: they are proven with the others, because the model may be sampled again.
"""

BLOCK_RECORDS = 100_000


@dataclass(frozen=True)
class SynthesisSettings:
    """What a synthesizer needs to know of the settings.

    Attributes:
        threshold: k.
        precision: step between protected counts.
        guarantee: strict, k_synthetic, or a length up to which every combination must be frequent.
        seed: of all random choices.
        target_number_of_records: None: whatever fits best.
    """

    threshold: int
    precision: int
    guarantee: str | int
    seed: int
    target_number_of_records: int | None = None

    @staticmethod
    def of(settings: Settings) -> SynthesisSettings:
        """The part of the settings of a release."""
        return SynthesisSettings(
            settings.threshold,
            settings.precision,
            settings.guarantee,
            settings.resolved_seed,
            settings.target_number_of_records,
        )


@dataclass(frozen=True)
class SynthesisTask:
    """The task of a synthesizer. Everything in it may be published, except the answers of the oracle.

    Attributes:
        dictionary: the attributes.
        reported: (combination array<int>, protected_count bigint), up to `max_length` attributes.
        counts: of single attributes and of all subjects, protected.
        max_length: the reporting length.
        oracle: answers whether at least k subjects hold a set of attributes.
        settings: what was requested.
        materialize: stores an intermediate table in the sensitive place under a name, and reads it back in a schema.
        report: reports progress to a person; publishable figures only.
    """

    dictionary: Dictionary
    reported: DataFrame
    counts: ProtectedCounts
    max_length: int
    oracle: FrequencyOracle
    settings: SynthesisSettings
    materialize: Materialize
    report: Callable[[str], None]


def frame_records(spark: SparkSession, records: Records) -> DataFrame:
    """Records of the driver as SYNTHETIC_RECORDS; they travel as a few rows of bytes."""
    return unpack_rows(frame_pieces(spark, records, 1 + len(records) // BLOCK_RECORDS))
