"""How a question is asked of the sensitive records, where they are: without Spark.

A synthesizer sends a `Question`. In the task of a unit it asks a `SupportOracle` of growing sets, one batch after the
other, and gives back the sets that it made of the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Records


class SupportOracle(Protocol):
    """Answers, for a batch of growing sets, whether a set with one attribute more may become a record.

    Sets are told apart by their place in the batch. Only yes and no leave the oracle.
    """

    @property
    def bytes_a_set(self) -> int:
        """What it remembers of each set of a batch; must not change an answer."""
        ...

    def begin(self, sets: int) -> None:
        """Start a batch of empty sets."""
        ...

    def add(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:
        """Add an attribute to each named set where the result is allowed; say for which it was."""
        ...

    def keep(self, places: npt.NDArray[np.intp]) -> None:
        """Go on with these sets alone, numbered anew in this order."""
        ...


@dataclass(frozen=True)
class Units:
    """How the attributes are divided into units of work, by protected counts alone.

    Attributes:
        unit_of: the unit of each attribute, ascending; attribute a is the dictionary's `first + a`. Shape
            (attributes,).
        shares: the share of its records that each unit may hold: of very many, a part is asked. Shape (units,).
        first: dictionary number of attribute 0; sets with rarer ones are not asked about.
    """

    unit_of: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]
    first: int = 0


class Question(Protocol):
    """What is asked in the task of one unit; travels there."""

    def __call__(self, unit: int, support: SupportOracle) -> Records:
        """Sets of attributes that were made of the answers.

        Args:
            unit: its number.
            support: answers for sets whose rarest attribute is of this unit. Where it holds a part of the records, a
                no may be wrong, and a yes never is.
        """
        ...
