"""A DataFrame that gives different rows when it is read again is refused before anything is proven.

The release is made from the first reading and proven against a second. Both readings of a table or of files are the
same unless somebody writes there, but a DataFrame may draw its values anew each time it is read. So the cases stage
leaves a digest of its reading beside its tables, in the sensitive place, and the proof compares its own with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.cases.dataframe import NAME, is_dataframe
from ctdc_spark.cases.reading_digest import digest_cases
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.file_modes import write_private_text
from ctdc_spark.verification.published import PACKED_AGAIN

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.protections.context import StageContext

READING = "reading.txt"


def remember_reading(context: StageContext, packed: PackedCases) -> None:
    """Leave a digest of the cases for the proof, where they come from a DataFrame."""
    if is_dataframe(context.settings):
        write_private_text(context.workspace.path(READING), digest_cases(packed.frame))


def same_reading(context: StageContext) -> Materialize:
    """A function that stores the tables of the proof, and refuses cases that differ from the first reading.

    Raises:
        DataError: on storing cases that differ.
    """

    def materialize(table: str, frame: DataFrame, schema: str) -> DataFrame:
        kept = context.workspace.materialize(table, frame, schema)
        if table == PACKED_AGAIN and is_dataframe(context.settings):
            _require_same(kept, files.read_text(context.workspace.path(READING)))
        return kept

    return materialize


def _require_same(packed: DataFrame, digest: str) -> None:
    if digest_cases(packed) != digest:
        raise DataError(
            f"{NAME} gave other rows when it was read again for the proof: it draws values anew each time it is read "
            "(rand, uuid, now or a function that is not deterministic), or its source has changed meanwhile. "
            "Nothing was published. Write the rows to a table first and use that as the input; caching the "
            "DataFrame does not help, as Spark may compute it again at any time"
        )
