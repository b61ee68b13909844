"""How a question is put to the sensitive records, where they are; without Spark.

A synthesizer sends a `Question`. In the task of a unit, it asks a `SupportOracle` about growing sets, batch by batch,
and returns the sets that it made from the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Records


class SupportOracle(Protocol):
    """Answers, for a batch of growing sets, whether a set with one more attribute may become a record.

    Sets are identified by their place in the batch. Only yes and no leave the oracle.
    """

    @property
    def bytes_a_set(self) -> int:
        """How much it remembers of each set of a batch; must not affect an answer."""
        ...

    def begin(self, sets: int) -> None:
        """Start a batch of empty sets."""
        ...

    def add(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:
        """Add an attribute to each given set if the result is allowed; return for which it was."""
        ...

    def keep(self, places: npt.NDArray[np.intp]) -> None:
        """Continue with these sets alone, numbered anew in this order."""
        ...


@dataclass(frozen=True)
class Units:
    """How the attributes are divided into units of work, derived from protected counts alone.

    Attributes:
        unit_of: the unit of each attribute, ascending; attribute a is the dictionary's `first + a`. Shape
            (attributes,).
        shares: the share of its records that each unit may hold: of very many, only a part is used. Shape (units,).
        first: dictionary number of attribute 0; sets with rarer ones are not asked about.
    """

    unit_of: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]
    first: int = 0


class Question(Protocol):
    """What is asked in the task of one unit; it is sent there."""

    def __call__(self, unit: int, support: SupportOracle) -> Records:
        """Sets of attributes made from the answers.

        Args:
            unit: its number.
            support: answers for sets whose rarest attribute is of this unit. If it holds only a part of the records, a
                no may be wrong; a yes never is.
        """
        ...
