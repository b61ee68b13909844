"""For `check`: what the columns of case records look like, and questions that only the settings' author can answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdc_spark.cases.profile import describe_lost, profile_columns, suspicious
from ctdc_spark.cases.values_as_names import ask_header, ask_names

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.cases.prepared_input import PreparedInput
    from ctdc_spark.settings import Settings


def look_at_columns(
    spark: SparkSession, given: PreparedInput, settings: Settings, *, questions: Sequence[str] = (), noisy: bool = False
) -> list[str]:
    """The names that will be published, questions, and warnings about columns that look like identifiers or numbers.

    Args:
        spark: the session.
        given: the case records.
        settings: what is known of their columns.
        questions: further questions.
        noisy: give only advice that may be followed without looking at the data.

    Raises:
        DataError: the data cannot be read.
    """
    profiles = profile_columns(spark, given.raw, settings)
    remarks = [ask_names(given.cases.columns), *ask_header(profiles), *given.summary().remarks, *questions]
    lost = [] if noisy else describe_lost(profiles, settings)
    return [*remarks, *lost, *suspicious(profiles, settings, noisy=noisy)]
