"""Weighted records of attribute ids, in one compact array: the form in which every numeric kernel takes its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ids: TypeAlias = npt.NDArray[np.int32]
Longs: TypeAlias = npt.NDArray[np.int64]

SAMPLED_HASHES = np.uint64(1 << 60)
"""Hashes below this, one in sixteen, show how many records are alike: all records of one hash are seen, or none."""


@dataclass(frozen=True)
class Records:
    """Records in compressed sparse row form.

    Attributes:
        attributes: all attribute ids, record after record, ascending and distinct within a record. Shape (cells,).
        offsets: record i holds `attributes[offsets[i]:offsets[i + 1]]`. Shape (records + 1,).
        weights: how many subjects each record stands for. Shape (records,).
    """

    attributes: Ids
    offsets: Longs
    weights: Longs

    def __len__(self) -> int:
        """The number of records, each counted once."""
        return len(self.weights)

    @property
    def lengths(self) -> Longs:
        """Attributes of each record. Shape (records,)."""
        return np.diff(self.offsets)

    @staticmethod
    def empty() -> Records:
        """No records at all."""
        return Records(np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.int64))

    @staticmethod
    def from_lists(rows: list[list[int]], weights: list[int] | None = None) -> Records:
        """Records from plain lists of ascending ids; for tests and small inputs."""
        return Records(
            np.array([attribute for row in rows for attribute in row], np.int32),
            np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)]).astype(np.int64),
            np.array([1] * len(rows) if weights is None else weights, np.int64),
        )

    @staticmethod
    def from_arrow(attributes: pa.Array | pa.ChunkedArray, weights: pa.Array | pa.ChunkedArray) -> Records:
        """Records from an Arrow list<int32> column and its column of weights."""
        lists = attributes.combine_chunks() if isinstance(attributes, pa.ChunkedArray) else attributes
        if isinstance(lists, pa.ChunkedArray):  # combine_chunks of no chunks stays chunked in some versions
            return Records.empty()
        lengths = np.asarray(lists.value_lengths()).astype(np.int64)
        flat = np.asarray(lists.flatten()).astype(np.int32, copy=False)
        return Records(flat, offsets_of(lengths), np.asarray(weights).astype(np.int64, copy=False))

    def to_arrow(self) -> pa.ListArray:
        """The attribute ids as an Arrow list<int32> array, one list per record."""
        return pa.ListArray.from_arrays(pa.array(self.offsets.astype(np.int32)), pa.array(self.attributes))

    def take(self, rows: npt.NDArray[np.intp]) -> Records:
        """The named records, in the order named."""
        lengths = self.lengths[rows]
        offsets = offsets_of(lengths)
        return Records(self.attributes[runs(self.offsets[:-1][rows], lengths)], offsets, self.weights[rows])

    def distinct(self) -> Records:
        """Identical records as one, with their weights added; the order is a function of the contents alone."""
        return self if len(self) < 2 else self._merge(self._hashes())

    def condense(self) -> Records:
        """Identical records as one if that shortens them by a fifth or more, judging by one hash in sixteen.

        The later savings must pay for the sorting. The records stay the same weighted set in either case.
        """
        if len(self) < 2:
            return self
        hashes = self._hashes()
        seen = np.sort(hashes[hashes < SAMPLED_HASHES])
        repeated = np.count_nonzero(seen[1:] == seen[:-1])
        return self._merge(hashes) if repeated * 5 >= len(seen) else self

    def _hashes(self) -> npt.NDArray[np.uint64]:
        return self.content_hash(0) ^ mix64(self.lengths.astype(np.uint64))

    def _merge(self, hashes: npt.NDArray[np.uint64]) -> Records:
        order = np.argsort(hashes)
        ordered = hashes[order]
        alike = 1 + np.flatnonzero(ordered[1:] == ordered[:-1])
        if not self._all_equal(order[alike - 1], order[alike]):  # different records of one hash: one in 2**64 pairs
            return self._distinct_by_content()
        is_first = np.ones(len(self), np.bool_)
        is_first[alike] = False
        starts = np.flatnonzero(is_first)
        firsts = self.take(order[starts])
        return Records(firsts.attributes, firsts.offsets, np.add.reduceat(self.weights[order], starts))

    def _distinct_by_content(self) -> Records:
        """The same without hashes: slower, and always right."""
        weights: dict[tuple[int, ...], int] = {}
        for start, end, weight in zip(self.offsets[:-1], self.offsets[1:], self.weights.tolist(), strict=True):
            record = tuple(self.attributes[start:end].tolist())
            weights[record] = weights.get(record, 0) + weight
        rows = sorted(weights)
        return Records.from_lists([list(row) for row in rows], [weights[row] for row in rows])

    def _all_equal(self, some: npt.NDArray[np.intp], others: npt.NDArray[np.intp]) -> bool:
        """Whether each of some records has the attributes of its counterpart."""
        lengths = self.lengths
        if not np.array_equal(lengths[some], lengths[others]):
            return False
        return np.array_equal(self.take(some).attributes, self.take(others).attributes)

    def content_hash(self, stream: int) -> npt.NDArray[np.uint64]:
        """A 64-bit hash of each record's set of attributes: the wrapping sum of one random word per attribute."""
        if not len(self.attributes):
            return np.zeros(len(self), np.uint64)
        width = int(self.attributes.max()) + 1
        salt = np.uint64(1 + (stream << 32))
        if width < len(self.attributes):  # a word is looked up faster than made
            words = mix64(np.arange(width, dtype=np.uint64) + salt)[self.attributes]
        else:
            words = mix64(self.attributes.astype(np.uint64) + salt)
        sums = np.zeros(len(words) + 1, np.uint64)
        np.cumsum(words, out=sums[1:])
        hashes: npt.NDArray[np.uint64] = sums[self.offsets[1:]] - sums[self.offsets[:-1]]
        return hashes


def offsets_of(lengths: npt.NDArray[np.integer]) -> Longs:
    """Where each run begins when runs of these lengths follow each other; one more entry than runs."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def runs(starts: Longs, sizes: Longs) -> Longs:
    """start, start + 1, ... of this many numbers each, one run after the other."""
    offsets = offsets_of(sizes)
    return np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], sizes)


def concatenate(parts: list[Records]) -> Records:
    """All records of the parts, one after the other."""
    if not parts:
        return Records.empty()
    return Records(
        np.concatenate([part.attributes for part in parts]),
        offsets_of(np.concatenate([part.lengths for part in parts])),
        np.concatenate([part.weights for part in parts]),
    )


def narrow(numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """The same numbers in the smallest type that holds them; with a negative one among them as 64-bit integers."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    return numbers.astype(np.min_scalar_type(high) if low >= 0 else np.int64)


def rows_by_number(numbers: npt.NDArray[np.integer], least: int = 0) -> list[npt.NDArray[np.intp]]:
    """For 0, 1, ... up to the highest number, and for at least `least` of them: the rows that hold it, ascending."""
    order = np.argsort(narrow(numbers), kind="stable")  # few bits: a radix sort
    return np.split(order, np.cumsum(np.bincount(numbers, minlength=least))[:-1])


def pack_numbers(numbers: npt.NDArray[np.integer]) -> bytes:
    """The numbers in as few bytes as the largest needs, followed by the letter of their type."""
    narrowed = narrow(numbers)
    return narrowed.tobytes() + narrowed.dtype.char.encode()


def unpack_numbers(packed: bytes | memoryview) -> npt.NDArray[np.integer]:
    """The numbers that `pack_numbers` packed, in their packed type."""
    return np.frombuffer(memoryview(packed)[:-1], np.dtype(chr(packed[-1])))


def mix64(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread 64-bit words over all 64-bit words, one to one (the finaliser of SplitMix64, Steele et al. 2014)."""
    z = words + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed
