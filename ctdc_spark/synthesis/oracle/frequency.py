"""The one question a synthesizer may ask of the sensitive records: is this set of attributes held by at least k?

The answers are yes and no. They are given where the records are: a synthesizer sends a question, which is asked in the
tasks that hold the records of a unit, and gets back the sets that it made of the answers. No count leaves a task.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.records import Records
    from ctdc_spark.synthesis.oracle.questions import Question, Units


class UnitOracle(Protocol):
    """The records, divided into units and ready to be asked."""

    def ask(self, question: Question, units: Collection[int]) -> list[Records]:
        """The sets that the question made in each of these units, in no order."""
        ...


class FrequencyOracle(Protocol):
    """All that a synthesizer is given of the sensitive records."""

    def list_frequent(self, beyond: int, up_to: int) -> DataFrame:
        """Every combination of more than `beyond` and up to `up_to` attributes that at least k subjects hold.

        Returns:
            (combination array<int>).
        """
        ...

    def divide(self, units: Units) -> UnitOracle:
        """Make the records ready to be asked in units, as often as is wanted."""
        ...
