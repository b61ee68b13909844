"""Which subjects hold each attribute, as one bitmap per attribute; and how these bitmaps travel between workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.records.records import Records, runs

Words: TypeAlias = npt.NDArray[np.uint64]
"""Bitmaps over subjects, 64 to a word. Shape (attributes, words)."""

BITMAPS = "unit int, words int, bitmaps binary"
"""Some subjects of a unit of growth: number of words per bitmap, and the bitmaps, concatenated and compressed."""

PART_BYTES = 1 << 23
"""Size of the bitmaps in one row, before compression."""

CODEC = "zstd"
"""Few bits are ones, and neighbours are alike: the rows compress well, and unpack at a gigabyte per second."""


@dataclass(frozen=True)
class Packed:
    """A row of BITMAPS without its unit."""

    words: int
    bitmaps: pa.Buffer


def split_subjects(records: Records, most: int) -> Iterator[Records]:
    """The records in parts of at most `most` subjects; those of identical records may be in several parts."""
    ends = np.cumsum(records.weights)
    starts = ends - records.weights
    for low in range(0, int(records.weights.sum()), most):
        high = low + most
        rows = np.arange(np.searchsorted(ends, low, side="right"), np.searchsorted(starts, high, side="left"))
        within = np.minimum(ends[rows], high) - np.maximum(starts[rows], low)
        yield replace(records.take(rows), weights=within)


def to_bitmaps(records: Records, attributes: int) -> Words:
    """One bitmap per attribute over subjects, with identical records written out; spare bits are zero."""
    words = (int(records.weights.sum()) + 63) // 64
    bits = np.zeros((attributes, words * 8), np.uint8)
    row = np.repeat(np.arange(len(records)), records.lengths)
    order = np.argsort(records.attributes, kind="stable")
    attribute, row = records.attributes[order], row[order]
    edges = np.searchsorted(attribute, np.arange(attributes + 1))
    starts = np.cumsum(records.weights) - records.weights
    for number in range(attributes):
        mine = row[edges[number] : edges[number + 1]]
        holds = np.zeros(words * 64, np.uint8)
        holds[runs(starts[mine], records.weights[mine])] = 1
        bits[number] = np.packbits(holds, bitorder="little")
    return bits.view(np.uint64)


def pack_bitmaps(unit: int, records: Records, attributes: int) -> Iterator[pa.RecordBatch]:
    """Rows of BITMAPS, one per batch, of at most PART_BYTES before compression."""
    for part in split_subjects(records, max(64, PART_BYTES * 8 // attributes)):
        bitmaps = to_bitmaps(part, attributes)
        packed = pa.compress(pa.py_buffer(bitmaps), codec=CODEC, asbytes=True)
        columns = {"unit": ([unit], pa.int32()), "words": ([bitmaps.shape[1]], pa.int32())}
        arrays = [pa.array(*column) for column in columns.values()]
        yield pa.record_batch([*arrays, pa.array([packed], pa.binary())], names=[*columns, "bitmaps"])


def unpack_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Packed]]:
    """The unit and the rest of each row of BITMAPS, still compressed."""
    for batch in batches:
        unit, words, bitmaps = batch.columns
        for row in range(batch.num_rows):
            yield unit[row].as_py(), Packed(words[row].as_py(), bitmaps[row].as_buffer())


def join_bitmaps(parts: Sequence[Packed], attributes: int) -> Words:
    """The bitmaps over the subjects of all parts."""
    joined = np.empty((attributes, sum(part.words for part in parts)), np.uint64)
    low = 0
    for part in parts:
        unpacked = pa.decompress(part.bitmaps, decompressed_size=attributes * part.words * 8, codec=CODEC)
        joined[:, low : low + part.words] = np.frombuffer(unpacked, np.uint64).reshape(attributes, part.words)
        low += part.words
    return joined
