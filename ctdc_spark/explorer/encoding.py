"""From published rows to ascending attribute ids: Arrow batches in, blocks of records out, without Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.explorer.data import Layout
from ctdc_spark.records.blocks import pack_block
from ctdc_spark.records.records import Records, offsets_of, runs

Numbers = npt.NDArray[np.int64]
ArrowKernel = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def records_encoder(layout: Layout, delimiters: Sequence[str | None]) -> ArrowKernel:
    """A kernel from rows of published records to UNIT_BLOCKS of distinct weighted records.

    A value that the layout does not know becomes the id `len(layout.attributes) + column`, so that errors can name its
    column.

    Args:
        layout: The page's columns and attributes.
        delimiters: What joins several values in one cell, by column; None if a cell holds one value.
    """
    ids = _ids_by_column(layout)
    known = len(layout.attributes)

    def encode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            cells = [
                _encode_column(batch.column(i), _splitter(ids[i], delimiter, known + i))
                for i, delimiter in enumerate(delimiters)
            ]
            yield pack_block(0, _gather(cells, batch.num_rows).distinct())

    return encode


def combinations_encoder(layout: Layout) -> ArrowKernel:
    """A kernel from (combination, protected_count) to UNIT_BLOCKS, the counts as weights; unknown values as above."""
    ids = _ids_by_column(layout)
    position = {column.name: i for i, column in enumerate(layout.columns)}
    known = len(layout.attributes)

    def look_up(column: str, value: str) -> int:
        at = position[column]
        return ids[at].get(value, known + at)

    def encode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            lengths = np.asarray(batch.column(0).value_lengths()).astype(np.int64)
            pairs = batch.column(0).flatten()
            columns, values = (pairs.field(i).dictionary_encode() for i in (0, 1))
            # each distinct (column, value) is looked up once
            code = np.asarray(columns.indices).astype(np.int64) * len(values.dictionary) + np.asarray(values.indices)
            distinct, inverse = np.unique(code, return_inverse=True)
            names, texts = columns.dictionary.to_pylist(), values.dictionary.to_pylist()
            found = [look_up(names[c // len(texts)], texts[c % len(texts)]) for c in distinct.tolist()]
            attributes = np.array(found, np.int64)[inverse]
            row = np.repeat(np.arange(len(lengths)), lengths)
            ordered = attributes[np.lexsort((attributes, row))].astype(np.int32)
            counts = np.asarray(batch.column(1)).astype(np.int64)
            yield pack_block(0, Records(ordered, offsets_of(lengths), counts))

    return encode


def _ids_by_column(layout: Layout) -> list[dict[str, int]]:
    ids: list[dict[str, int]] = [{} for _ in layout.columns]
    for number, attribute in enumerate(layout.attributes):
        ids[attribute.column][attribute.value] = number
    return ids


def _splitter(ids: dict[str, int], delimiter: str | None, unknown: int) -> Callable[[str], list[int]]:
    def split(text: str) -> list[int]:
        parts = [text] if delimiter is None else text.split(delimiter)
        return sorted({ids.get(part, unknown) for part in parts if part != ""})

    return split


def _encode_column(column: pa.Array, split: Callable[[str], list[int]]) -> tuple[Numbers, Numbers]:
    """The (row, attribute id) of every value in a column of text."""
    encoded = column.dictionary_encode()
    lists = [split(text) for text in encoded.dictionary.to_pylist()]
    starts = offsets_of(np.array([len(ids) for ids in lists], np.int64))
    flat = np.array([i for ids in lists for i in ids], np.int64)
    rows = np.flatnonzero(np.asarray(column.is_valid()))
    codes = np.asarray(encoded.indices.drop_null()).astype(np.int64)
    sizes = starts[codes + 1] - starts[codes]
    return np.repeat(rows, sizes), flat[runs(starts[codes], sizes)]


def _gather(cells: Sequence[tuple[Numbers, Numbers]], number: int) -> Records:
    """Records from the (row, id) of all columns; ids ascending within each."""
    if not cells:
        return Records(np.empty(0, np.int32), np.zeros(number + 1, np.int64), np.ones(number, np.int64))
    rows, ids = (np.concatenate(parts) for parts in zip(*cells, strict=True))
    order = np.lexsort((ids, rows))
    lengths = np.bincount(rows, minlength=number)
    return Records(ids[order].astype(np.int32), offsets_of(lengths), np.ones(number, np.int64))
