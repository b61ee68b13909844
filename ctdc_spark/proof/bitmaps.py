"""Count many combinations at once by bitmaps: one row per attribute, one bit per record. Pure kernel.

Shares no code with the counting engine: that one carries records down a tree of prefixes, this one intersects columns.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ctdc_spark.proof.candidates import Candidates, Level
from ctdc_spark.records.records import Longs, Records

TABLE_CELLS = 1 << 25
"""Cells of the membership table held at once (one byte each)."""

STEP_BYTES = 1 << 24
"""Bytes of bitmaps intersected in one step."""

Bits = npt.NDArray[np.uint64]
Held = npt.NDArray[np.bool_]

# NumPy has counted bits since 2.0; earlier versions use a table of all 16-bit words
_BITS_OF_WORD = np.array([bin(word).count("1") for word in range(1 << 16)], np.uint8)


def count_candidates(records: Records, candidates: Candidates) -> Longs:
    """Count the subjects that hold each candidate.

    Args:
        records: weighted records.
        candidates: what to count.

    Returns:
        Shape (candidates,).
    """
    counts = np.zeros(len(candidates), np.int64)
    if not candidates.levels or not len(records):
        return counts
    singles = candidates.levels[0].sets[:, 0]
    width = 1 + int(max(singles.max(initial=0), records.attributes.max(initial=0)))
    for holds, weights in _tables(records, width):
        for root in singles[candidates.levels[0].fan > 0]:
            rows = np.flatnonzero(holds[:, root])
            if len(rows):
                _count_root(_WeightedBits(holds[rows], weights[rows]), int(root), candidates, counts)
    return counts


class _WeightedBits:
    """The columns of a membership table as bitmaps, and the weights of its rows bit by bit."""

    def __init__(self, holds: Held, weights: Longs) -> None:
        order = np.argsort(-weights, kind="stable")  # heavy rows first: the higher planes of weights are short
        self.columns = _pack(holds[order].T)
        heavy = weights[order]
        self._planes = [
            (1 << bit, _pack(((heavy[: np.count_nonzero(heavy >> bit)] >> bit) & 1)[None, :])[0])
            for bit in range(int(heavy[0]).bit_length())
        ]

    def weigh(self, bitmaps: Bits) -> Longs:
        """Add up the weights of the rows in each bitmap. Shape (bitmaps,)."""
        total = np.zeros(len(bitmaps), np.int64)
        for value, plane in self._planes:
            total += value * _count_bits(bitmaps[:, : len(plane)] & plane)
        return total


def _count_root(table: _WeightedBits, root: int, candidates: Candidates, counts: Longs) -> None:
    """Add the counts of all candidates whose lowest attribute is `root`."""
    for level in candidates.levels:
        low, high = np.searchsorted(level.sets[:, 0], [root, root + 1])
        for some in _steps(level, int(low), int(high), table.columns.shape[1]):
            fan = level.fan[some]
            row = np.repeat(np.arange(some.start, some.stop), fan)
            follower = row + 1 + np.arange(len(row)) - np.repeat(np.cumsum(fan) - fan, fan)
            shared = table.columns[level.sets[row, 0]]
            for place in range(1, level.sets.shape[1]):
                shared &= table.columns[level.sets[row, place]]
            shared &= table.columns[level.sets[follower, -1]]
            first = level.start + int(level.first[some.start])
            counts[first : first + len(row)] += table.weigh(shared)


def _steps(level: Level, low: int, high: int, words: int) -> Iterator[slice]:
    """Runs of at least one row whose candidates' bitmaps fit into STEP_BYTES."""
    total = np.cumsum(level.fan[low:high])
    most = max(1, STEP_BYTES // (8 * words))
    start = 0
    while start < len(total):
        done = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, done + most, side="right")))
        yield slice(low + start, low + stop)
        start = stop


def _tables(records: Records, width: int) -> Iterator[tuple[Held, Longs]]:
    step = max(1, TABLE_CELLS // width)
    for low in range(0, len(records), step):
        part = records.take(np.arange(low, min(low + step, len(records))))
        holds = np.zeros((len(part), width), np.bool_)
        holds[np.repeat(np.arange(len(part)), part.lengths), part.attributes] = True
        yield holds, part.weights


def _pack(rows: npt.NDArray[np.generic]) -> Bits:
    """Bitmaps of 64-bit words. Shape (rows, words)."""
    packed = np.packbits(rows.astype(np.bool_, copy=False), axis=1)
    padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def _count_bits(bitmaps: Bits) -> Longs:
    if hasattr(np, "bitwise_count"):
        counted: Longs = np.bitwise_count(bitmaps).sum(axis=1, dtype=np.int64)
        return counted
    words = np.ascontiguousarray(bitmaps).view(np.uint16)
    looked_up: Longs = _BITS_OF_WORD[words].sum(axis=1, dtype=np.int64)
    return looked_up
