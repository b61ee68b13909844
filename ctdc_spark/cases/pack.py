"""Prepared values in blocks, each with a list of its own values.

The input is read and prepared once; later steps read short codes instead of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ctdc_spark.records.records import pack_numbers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.prepare import PreparedCases

PACKED_CASES = (
    "subjects int, values array<array<string>>, counts array<array<int>>, rows array<binary>, codes array<binary>"
)
"""One row per block of subjects; the arrays have one part per column:

values: the distinct values that occur in the block; counts: subjects of the block that hold each; codes: for each value
that is present, its place in `values`; rows: for each code, the subject within the block; both by `pack_numbers`.
"""

BLOCK_CELLS = 2_000_000
"""Cells (subjects x columns) of a block: text of some tens of megabytes."""

Int32s = npt.NDArray[np.int32]

PackedColumn = tuple[list[str], list[int], bytes, bytes]
"""A column's part of (values, counts, rows, codes) in PACKED_CASES."""


@dataclass(frozen=True)
class PackedCases:
    """Prepared cases as PACKED_CASES.

    Attributes:
        frame: PACKED_CASES.
        columns: the names of the input columns, in order.
        multi_valued: which of them may hold several values of a subject.
    """

    frame: DataFrame
    columns: tuple[str, ...]
    multi_valued: frozenset[int]


def pack_cases(prepared: PreparedCases) -> PackedCases:
    """Pack prepared cases; lazy, nothing is computed yet."""
    return PackedCases(prepared.frame.mapInArrow(pack_batches, PACKED_CASES), prepared.columns, prepared.multi_valued)


def pack_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield PACKED_CASES, one row per block. Pure Arrow kernel; columns are strings or lists of distinct strings."""
    waiting: list[pa.RecordBatch] = []
    cells = 0
    for batch in batches:
        waiting.append(batch)
        cells += batch.num_rows * batch.num_columns
        if cells >= BLOCK_CELLS:
            yield _pack(pa.Table.from_batches(waiting))
            waiting, cells = [], 0
    if cells:
        yield _pack(pa.Table.from_batches(waiting))


def _pack(block: pa.Table) -> pa.RecordBatch:
    return pack_columns(block.num_rows, [_pack_column(column.combine_chunks()) for column in block.columns])


def pack_columns(subjects: int, parts: Sequence[PackedColumn]) -> pa.RecordBatch:
    """PACKED_CASES of one block: this many subjects, and each column's part."""
    values, counts, rows, codes = zip(*parts, strict=True) if parts else ((), (), (), ())
    return pa.record_batch(
        [
            pa.array([subjects], pa.int32()),
            pa.array([list(values)], pa.list_(pa.list_(pa.string()))),
            pa.array([list(counts)], pa.list_(pa.list_(pa.int32()))),
            pa.array([list(rows)], pa.list_(pa.binary())),
            pa.array([list(codes)], pa.list_(pa.binary())),
        ],
        names=["subjects", "values", "counts", "rows", "codes"],
    )


def _pack_column(column: pa.Array) -> PackedColumn:
    """A column of strings or of lists of strings."""
    if isinstance(column, pa.ChunkedArray):  # combine_chunks of no chunks stays chunked in some versions
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())
    if pa.types.is_list(column.type):
        row = np.repeat(np.arange(len(column), dtype="<i4"), np.asarray(pc.fill_null(pc.list_value_length(column), 0)))
        column = column.flatten()
    else:
        row = np.arange(len(column), dtype="<i4")
    encoded = pc.dictionary_encode(column)
    code = np.asarray(pc.fill_null(encoded.indices, -1)).astype("<i4")
    present = code >= 0
    return pack_codes(encoded.dictionary.cast(pa.string()).to_pylist(), row[present], code[present])


def pack_codes(values: list[str], row: Int32s, code: Int32s) -> PackedColumn:
    """A column of these values: each of these rows holds the value with the code beside it; every value occurs."""
    return values, np.bincount(code, minlength=len(values)).tolist(), pack_numbers(row), pack_numbers(code)
