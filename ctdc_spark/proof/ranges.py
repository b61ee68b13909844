"""The work of the proof split into ranges of attributes, each with the records it needs. Pure kernels of its own.

A set of attributes is checked in the range of its lowest attribute, against records cut to start at their first
attribute in that range.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ctdc_spark.records.records import Records, offsets_of

if TYPE_CHECKING:
    from ctdc_spark.records.records import Longs

RANGE_SUBJECTS = 500_000
"""Attribute occurrences a range should gather: about 10 MB of cut records."""

MOST_RANGES = 1_024


def split_attributes(counts: Sequence[int]) -> Longs:
    """Edges of ranges of attributes with about RANGE_SUBJECTS occurrences each: range i is edges[i] to edges[i + 1]."""
    size = max(RANGE_SUBJECTS, sum(counts) / MOST_RANGES)
    number = (np.cumsum(counts) // size).astype(np.int64)
    return np.concatenate([[0], 1 + np.flatnonzero(np.diff(number)), [len(counts)]]).astype(np.int64)


def place_by_lowest(records: Records, edges: Longs) -> Iterator[tuple[int, Records]]:
    """The records of each range, by their lowest attribute; every record has at least one."""
    number = np.searchsorted(edges, records.attributes[records.offsets[:-1]], side="right") - 1
    for found in np.unique(number):
        yield int(found), records.take(np.flatnonzero(number == found))


def cut_to_ranges(records: Records, edges: Longs) -> Iterator[tuple[int, Records]]:
    """The records that hold an attribute of each range, from the first such attribute on."""
    number = np.repeat(np.arange(len(edges) - 1), np.diff(edges))[records.attributes]
    row = np.repeat(np.arange(len(records)), records.lengths)
    enters = np.ones(len(number), np.bool_)
    enters[1:] = (np.diff(number) != 0) | (np.diff(row) != 0)
    cells = np.flatnonzero(enters)
    cells = cells[np.argsort(number[cells], kind="stable")]
    borders = np.flatnonzero(np.diff(number[cells])) + 1
    for mine in np.split(cells, borders) if len(cells) else []:
        yield int(number[mine[0]]), _from_cell_on(records, row[mine], mine)


def _from_cell_on(records: Records, rows: Longs, cells: Longs) -> Records:
    """Each given record from the given cell on."""
    lengths = records.offsets[rows + 1] - cells
    offsets = offsets_of(lengths)
    kept = np.arange(offsets[-1]) + np.repeat(cells - offsets[:-1], lengths)
    return Records(records.attributes[kept], offsets, records.weights[rows])
