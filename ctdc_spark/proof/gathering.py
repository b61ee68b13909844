"""How the proof reads records: joined into blocks of bounded size, with equal ones merged. Pure kernels of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.blocks import STORED_CELLS, decode_batches
from ctdc_spark.records.records import Records, concatenate, offsets_of

if TYPE_CHECKING:
    import pyarrow as pa

    from ctdc_spark.records.records import Longs

Row = TypeVar("Row", bound=tuple[Any, ...])

KEY_SEED = 20_121
"""Seed of the random word for each attribute; any words will do."""


def each_unit(rows: Iterable[Row]) -> Iterator[tuple[int, Iterator[Row]]]:
    """The rows of each unit, which is their first value; they must ascend by it.

    Raises:
        RuntimeError: they do not, so that questions would be answered from a part of the records.
    """
    last = -1
    for unit, mine in groupby(rows, key=lambda row: row[0]):
        if unit <= last:
            raise RuntimeError(f"rows of unit {unit} came after those of unit {last}: nothing is proven by such rows")
        last = unit
        yield unit, mine


def gather(batches: Iterable[pa.RecordBatch]) -> Iterator[Records]:
    """The records of ENCODED_RECORDS or RECORD_ROWS joined into blocks of up to STORED_CELLS."""
    joined, cells = list[Records](), 0
    for records in decode_batches(batches):
        if joined and cells + len(records.attributes) > STORED_CELLS:
            yield concatenate(joined)
            joined, cells = [], 0
        joined.append(records)
        cells += len(records.attributes)
    if joined:
        yield concatenate(joined)


def merge_equal(records: Records) -> Records:
    """Equal records merged, with their weights added; in no particular order.

    Records are sorted by a number that equal ones share, and neighbours with the same attributes are merged. Different
    records that share the number by chance may keep equal ones apart: that costs time and changes no count.
    """
    keys = content_keys(records)
    order = np.argsort(keys)
    keys = keys[order]
    if not np.any(keys[1:] == keys[:-1]):
        return records
    ordered = records.take(order)
    starts = np.flatnonzero(~_equals_the_one_before(ordered))
    firsts = ordered.take(starts)
    return Records(firsts.attributes, firsts.offsets, np.add.reduceat(ordered.weights, starts))


def content_keys(records: Records) -> npt.NDArray[np.uint64]:
    """A number for each record, determined by its attributes: the sum of their words. Shape (records,)."""
    width = 1 + int(records.attributes.max(initial=0))
    words = np.random.default_rng(KEY_SEED).integers(1, 1 << 64, width, np.uint64, endpoint=False)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(words[records.attributes])])
    keys: npt.NDArray[np.uint64] = sums[records.offsets[1:]] - sums[records.offsets[:-1]]
    return keys


def from_cells(row: Longs, attribute: Longs, rows: int, width: int) -> Records:
    """Records with weight 1 from their cells, which may be in any order and repeated.

    Args:
        row: the record of each cell. Shape (cells,).
        attribute: its attribute id. Shape (cells,).
        rows: how many records there are.
        width: greater than every attribute id.
    """
    cells = sort_distinct(row * width + attribute)
    lengths = np.bincount(cells // width, minlength=rows)
    return Records((cells % width).astype(np.int32), offsets_of(lengths), np.ones(rows, np.int64))


def sort_distinct(numbers: Longs) -> Longs:
    """The numbers in ascending order, each once."""
    ordered = np.sort(numbers)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _equals_the_one_before(records: Records) -> npt.NDArray[np.bool_]:
    """Whether each record holds the same attributes as the one before it. Shape (records,)."""
    lengths = records.lengths
    equal = np.zeros(len(records), np.bool_)
    equal[1:] = lengths[1:] == lengths[:-1]
    row = np.repeat(np.arange(len(records)), lengths)
    cells = np.flatnonzero(equal[row])
    before = cells - lengths[row[cells]]  # the one before is as long and ends where this one begins
    equal[row[cells[records.attributes[cells] != records.attributes[before]]]] = False
    return equal
