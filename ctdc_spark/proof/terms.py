"""How counts are protected, as the proof understands the definition; written anew, for the proof alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ctdc_spark.records.records import Longs

NOT_REPORTED = -1
"""Stands in place of a reported count."""


@dataclass(frozen=True)
class Terms:
    """How counts are protected: threshold, precision, and the longest combination that is reported."""

    threshold: int
    precision: int
    reporting_length: int

    def protect(self, true: Longs) -> Longs:
        """What may be reported of true counts: each rounded down to the precision, or NOT_REPORTED. Same shape.

        Example:
            >>> Terms(10, 10, 3).protect(np.array([9, 10, 37])).tolist()
            [-1, 10, 30]
        """
        below = true - np.mod(true, self.precision)
        right: Longs = np.where(below < self.threshold, NOT_REPORTED, below)  # a count is at least what is below it
        return right
