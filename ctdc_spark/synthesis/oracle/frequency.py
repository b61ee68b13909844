"""The one question a synthesizer may ask of the sensitive records: do at least k subjects hold this set of attributes?

The answer is yes or no. It is given where the records are: a synthesizer sends a question, which runs in the tasks that
hold the records of a unit, and gets back the sets that the question made from the answers. No count leaves a task.
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
        """The sets that the question made in each of these units, in no particular order."""
        ...


class FrequencyOracle(Protocol):
    """The only access to the sensitive records that a synthesizer has."""

    def list_frequent(self, beyond: int, up_to: int) -> DataFrame:
        """Every combination of more than `beyond` and up to `up_to` attributes that at least k subjects hold.

        Returns:
            (combination array<int>).
        """
        ...

    def divide(self, units: Units) -> UnitOracle:
        """Divide the records into units that can be asked any number of times."""
        ...
