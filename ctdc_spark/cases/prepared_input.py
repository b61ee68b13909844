"""The case records of a release, read and prepared: the one way from what the settings name to one row per subject."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ctdc_spark.cases.pack import PACKED_CASES, PackedCases, pack_cases
from ctdc_spark.cases.prepare import PreparedCases, prepare_cases, require_columns
from ctdc_spark.cases.source import ObservedCases, load_cases, load_cases_once

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.checks import CasesSummary
    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.settings import Settings


@dataclass(frozen=True)
class PreparedInput:
    """Case records that are ready to be used.

    Attributes:
        raw: the records as `read_cases` gives them.
        cases: one row per subject.
        checked: a context; the action that reads all of `cases` belongs inside, and leaving it raises what
            `load_cases` raises.
        summary: what that check found; to be called when the context was left.
    """

    raw: DataFrame
    cases: PreparedCases
    checked: Callable[[], AbstractContextManager[None]]
    summary: Callable[[], CasesSummary]

    def pack(self, table: str, materialize: Materialize) -> PackedCases:
        """The cases packed and stored under a name, read and checked in this one pass.

        Raises:
            DataError: the data cannot be read or used.
        """
        packed = pack_cases(self.cases)
        with self.checked():
            return replace(packed, frame=materialize(table, packed.frame, PACKED_CASES))


def prepare_input(spark: SparkSession, settings: Settings, *, check_first: bool = False) -> PreparedInput:
    """Read the case records that the settings name, and give every value its meaning.

    Args:
        spark: any session, also of Spark Connect.
        settings: where the records are and how they are used.
        check_first: check all records before anything else, for callers that will not use them all or use them often.

    Raises:
        DataError: the data cannot be read or used, as far as that is known without reading them all.
    """
    if check_first:
        frame, summary = load_cases(spark, settings)
        read = ObservedCases(frame, nullcontext, lambda: summary)
    else:
        read = load_cases_once(spark, settings)
    cases = prepare_cases(read.frame, settings)
    require_columns(cases.columns, settings)
    return PreparedInput(read.frame, cases, read.checked, read.summary)
