"""Cut records to what each unit of work needs: the map side of the counting engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ctdc_spark.combinations.plan import Prefix, Unit
from ctdc_spark.records.records import Records, offsets_of, rows_by_number, runs

NOBODY = -1


class Projection:
    """Knows which unit each attribute belongs to, and cuts records accordingly."""

    def __init__(self, units: Sequence[Unit], attributes: int) -> None:
        self._owners: dict[Prefix, npt.NDArray[np.int64]] = {}
        self._alone: dict[Prefix, npt.NDArray[np.int64]] = {}
        for number, unit in enumerate(units):
            owners = self._alone if unit.alone else self._owners
            owner = owners.setdefault(unit.prefix, np.full(attributes, NOBODY, np.int64))
            owner[unit.low : unit.high] = number

    def cut(self, records: Records) -> Iterator[tuple[int, Records]]:
        """For each unit that needs some of these records: its number and the cut records, condensed.

        A unit gets the records that hold its prefix and an attribute of its range, from the first such attribute on
        (without the prefix); a unit that counts single attributes gets just those.
        """
        # prefixes with the same beginning follow each other, so each level is cut once
        behind: list[tuple[Prefix, Records]] = [((), records)]
        for prefix in sorted({*self._owners, *self._alone}):
            while behind[-1][0] != prefix[: len(behind[-1][0])]:
                behind.pop()
            for attribute in prefix[len(behind[-1][0]) :]:
                behind.append(((*behind[-1][0], attribute), behind_attribute(behind[-1][1], attribute)))
            rest = behind[-1][1]
            if prefix in self._owners:
                yield from _cut_ranges(rest, self._owners[prefix])
            if prefix in self._alone:
                yield from _cut_cells(rest, self._alone[prefix])


def behind_attribute(records: Records, attribute: int) -> Records:
    """The records that hold the attribute, from the cell behind it on."""
    cells = np.flatnonzero(records.attributes == attribute)
    rows = np.searchsorted(records.offsets, cells, side="right") - 1
    return suffixes(records, rows, cells + 1)


def suffixes(records: Records, rows: npt.NDArray[np.intp], cells: npt.NDArray[np.intp]) -> Records:
    """Each given record from the given cell on."""
    lengths = records.offsets[1:][rows] - cells
    return Records(records.attributes[runs(cells, lengths)], offsets_of(lengths), records.weights[rows])


def _cut_ranges(records: Records, owner: npt.NDArray[np.int64]) -> Iterator[tuple[int, Records]]:
    unit = owner[records.attributes]
    row = np.repeat(np.arange(len(records)), records.lengths)
    # the first cell of each (record, unit): units are ranges and attributes ascend, so a unit's cells are adjacent
    first = np.ones(len(unit), np.bool_)
    first[1:] = (unit[1:] != unit[:-1]) | (row[1:] != row[:-1])
    cells = np.flatnonzero(first & (unit != NOBODY))
    for number, mine in _by_unit(unit[cells], cells):
        yield number, suffixes(records, row[mine], mine).condense()


def _cut_cells(records: Records, owner: npt.NDArray[np.int64]) -> Iterator[tuple[int, Records]]:
    unit = owner[records.attributes]
    cells = np.flatnonzero(unit != NOBODY)
    weights = np.repeat(records.weights, records.lengths)
    for number, mine in _by_unit(unit[cells], cells):
        yield number, Records(records.attributes[mine], np.arange(len(mine) + 1), weights[mine]).condense()


def _by_unit(units: npt.NDArray[np.int64], cells: npt.NDArray[np.intp]) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    for number, rows in enumerate(rows_by_number(units)):
        if len(rows):
            yield number, cells[rows]
