"""Answers in place of the records, for a guarantee up to a length: from the reported combinations alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids


class UpToLength:
    """No sensitive records at all: what the reported combinations allow is allowed (a guarantee up to a length).

    Args:
        longest: the most attributes of a set. If no combination of the guaranteed length is reported, no set of that
            length may be made.
    """

    bytes_a_set = 8

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._sizes = np.zeros(0, np.int64)

    def begin(self, sets: int) -> None:
        """Every set is empty."""
        self._sizes = np.zeros(sets, np.int64)

    def add(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:  # noqa: ARG002
        """Add while there is room."""
        allowed: npt.NDArray[np.bool_] = self._sizes[places] < self._longest
        self._sizes[places[allowed]] += 1
        return allowed

    def keep(self, places: npt.NDArray[np.intp]) -> None:
        """Forget the other sets."""
        self._sizes = self._sizes[places]
