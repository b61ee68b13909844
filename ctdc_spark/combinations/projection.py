"""Cut records to what each unit of work needs of them: the map side of the counting engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ctdc_spark.cases.records import Records, offsets_of
from ctdc_spark.combinations.plan import Unit


class Projection:
    """Knows for every attribute which unit it belongs to, and cuts records accordingly."""

    def __init__(self, units: Sequence[Unit], attributes: int) -> None:
        self._owner = np.full(attributes + 1, -1, np.int64)
        self._second: dict[int, npt.NDArray[np.int64]] = {}
        for number, unit in enumerate(units):
            if not unit.prefix:
                self._owner[unit.low : unit.high] = number
                continue
            owner = self._second.setdefault(unit.prefix[0], np.full(attributes + 1, -1, np.int64))
            owner[unit.low : unit.high] = number

    def cut(self, records: Records) -> Iterator[tuple[int, Records]]:
        """For each unit that these records concern: its number and the distinct cut records.

        For a unit without prefix: all records that hold an attribute of its range, from the first such attribute on.
        With a prefix: the records that hold it too, from the first attribute of the range on (the prefix left out).
        """
        yield from self._cut(records, self._owner)
        for prefix, owner in self._second.items():
            yield from self._cut(_behind(records, prefix), owner)

    def _cut(self, records: Records, owner: npt.NDArray[np.int64]) -> Iterator[tuple[int, Records]]:
        if not len(records.attributes):
            return
        unit = owner[records.attributes]
        row = np.repeat(np.arange(len(records)), records.lengths)
        # the first cell of each (record, unit): units are ranges and attributes ascend, so a unit's cells adjoin
        first = np.ones(len(unit), np.bool_)
        first[1:] = (unit[1:] != unit[:-1]) | (row[1:] != row[:-1])
        cell = np.flatnonzero(first & (unit >= 0))
        cell = cell[np.argsort(unit[cell], kind="stable")]
        numbers, starts = np.unique(unit[cell], return_index=True)
        for number, low, high in zip(numbers, starts, [*starts[1:], len(cell)], strict=True):
            mine = cell[low:high]
            yield int(number), suffixes(records, row[mine], mine).distinct()


def suffixes(records: Records, rows: npt.NDArray[np.intp], cells: npt.NDArray[np.intp]) -> Records:
    """Each named record from the named cell on."""
    lengths = records.offsets[1:][rows] - cells
    offsets = offsets_of(lengths)
    at = np.arange(offsets[-1]) + np.repeat(cells - offsets[:-1], lengths)
    return Records(records.attributes[at], offsets, records.weights[rows])


def _behind(records: Records, attribute: int) -> Records:
    """The records that hold the attribute, from the cell behind it on."""
    cells = np.flatnonzero(records.attributes == attribute)
    rows = np.searchsorted(records.offsets, cells, side="right") - 1
    return suffixes(records, rows, cells + 1)
