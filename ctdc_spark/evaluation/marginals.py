"""How far apart two sets of records are in their distributions over sets of columns. Pure kernel.

The distance for one set of columns is the total variation distance: half the sum over all cells of the absolute
difference between the two shares. A cell is what a record has in these columns, which may be nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Longs, Records, mix64

if TYPE_CHECKING:
    from ctdc_spark.records.dictionary import Dictionary

MOST_SETS = 500
"""The most sets of columns of one size that are used; their mean score is within about 5 of 1,000 of that of all."""

DRAW = 0
"""Seed for drawing sets if there are many; public and the same for every release, so anybody can draw them again."""

SIZES = (2, 3)
"""Columns in a set, as in NIST's k-marginal score."""

SIDES = 4
"""Columns of the compared weights: synthetic, sensitive, and the two halves of the sensitive ones."""

MOST_CODES = 1 << 16
"""Up to this many combinations of values of a set of columns are counted in a table, however few the records."""

ONE = 2**32
"""Fractions are added up as whole multiples of 1 / ONE: unlike sums of doubles, these are the same in any order."""

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Cells:
    """Weighted cells of many sets of columns.

    Attributes:
        column_set: which set each cell belongs to. Shape (cells,).
        key: identifies the cell within its set. Shape (cells,).
        weights: the weight of each side there. Shape (cells, SIDES).
    """

    column_set: Longs
    key: Words
    weights: Longs

    def merged(self) -> Cells:
        """Equal cells merged, with their weights added, ordered by set and key."""
        if not len(self.key):
            return self
        order = np.lexsort((self.key, self.column_set))
        column_set, key = self.column_set[order], self.key[order]
        starts = np.flatnonzero(np.concatenate([[True], (column_set[1:] != column_set[:-1]) | (key[1:] != key[:-1])]))
        return Cells(column_set[starts], key[starts], np.add.reduceat(self.weights[order], starts, axis=0))


def choose_column_sets(columns: int) -> list[tuple[int, ...]]:
    """All sets of 2 and of 3 columns, each size sorted; of a size with more, MOST_SETS drawn, always the same ones.

    The seed of a release is secret, so what is published must not depend on it: the sets do not.
    """
    chosen: list[tuple[int, ...]] = []
    for size in SIZES:
        if comb(columns, size) <= MOST_SETS:
            chosen += combinations(range(columns), size)
            continue
        draw = np.random.default_rng([DRAW, size])
        drawn: set[tuple[int, ...]] = set()
        while len(drawn) < MOST_SETS:
            drawn.add(tuple(sorted(map(int, draw.choice(columns, size, replace=False)))))
        chosen += sorted(drawn)
    return chosen


def rank_columns(dictionary: Dictionary) -> Ids:
    """The column of each attribute, numbered by name: the order of the input's columns must not matter."""
    rank = np.argsort(np.argsort(np.array(dictionary.columns)))
    ranked: Ids = rank[np.array(dictionary.column_of)].astype(np.int32)
    return ranked


def split_in_half(records: Records, seed: int) -> tuple[Longs, Longs]:
    """Assign every subject to one of two halves; a function of the seed and the record, not of the partition."""
    copy = np.arange(int(records.weights.sum())) - np.repeat(
        np.cumsum(records.weights) - records.weights, records.weights
    )
    words = np.repeat(mix64(records.content_hash(2) + np.uint64(seed)), records.weights)
    first = (mix64(words + copy.astype(np.uint64)) & np.uint64(1)).astype(np.int64)
    ends = np.concatenate([[0], np.cumsum(first)])[np.concatenate([[0], np.cumsum(records.weights)])]
    half = np.diff(ends)
    return half, records.weights - half


def tabulate(
    records: Records, column_of: npt.NDArray[np.int32], column_sets: list[tuple[int, ...]], weights: Longs
) -> Cells:
    """Count the cells of every set of columns.

    Args:
        records: attribute ids.
        column_of: the column of each attribute.
        column_sets: the sets.
        weights: the weight of each record on each side. Shape (records, SIDES).
    """
    words = _words_by_column(records, column_of, 1 + max((c for chosen in column_sets for c in chosen), default=0))
    coded = {column: np.unique(words[column], return_inverse=True) for column in {c for s in column_sets for c in s}}
    sides = {int(side): weights[:, side].astype(np.float64) for side in np.flatnonzero(weights.any(axis=0))}
    parts = []
    for number, chosen in enumerate(column_sets):
        values, codes = zip(*(coded[column] for column in chosen), strict=True)
        shape = tuple(len(words_there) for words_there in values)
        together: Longs = np.asarray(np.ravel_multi_index(codes, shape), np.int64)
        present, counted = _count_codes(together, prod(shape), sides)
        key = np.zeros(len(present), np.uint64)
        for place, code in enumerate(np.unravel_index(present, shape)):
            key += mix64(values[place][code] + np.uint64(place + 1))
        parts.append(Cells(np.full(len(present), number, np.int64), key, counted))
    return join_cells(parts)


def _count_codes(codes: Longs, number: int, sides: dict[int, npt.NDArray[np.float64]]) -> tuple[Longs, Longs]:
    """The codes below `number` that occur, and their weights by side, below 2^53. Shapes (cells,), (cells, SIDES)."""
    if number <= max(MOST_CODES, len(codes)):
        present = np.flatnonzero(np.bincount(codes, minlength=number))
        place = np.zeros(number, np.intp)
        place[present] = np.arange(len(present))
        within = place[codes]
    else:
        present, within = np.unique(codes, return_inverse=True)
    counted = np.zeros((len(present), SIDES), np.int64)
    for side, weights in sides.items():
        counted[:, side] = np.bincount(within, weights, len(present))
    return present, counted


def join_cells(parts: list[Cells]) -> Cells:
    """Cells of several parts, one after the other."""
    if not parts:
        return Cells(np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros((0, SIDES), np.int64))
    return Cells(
        np.concatenate([part.column_set for part in parts]),
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )


def measure_distances(cells: Cells) -> npt.NDArray[np.float64]:
    """Total variation distances of each set: synthetic from sensitive, and one half from the other. Shape (sets, 2)."""
    starts = np.flatnonzero(np.concatenate([[True], cells.column_set[1:] != cells.column_set[:-1]]))
    totals = np.maximum(np.add.reduceat(cells.weights, starts, axis=0), 1)
    share = cells.weights / np.repeat(totals, np.diff(np.append(starts, len(cells.key))), axis=0)
    apart = np.abs(share[:, [0, 2]] - share[:, [1, 3]])
    distances: npt.NDArray[np.float64] = np.add.reduceat(apart, starts, axis=0) / 2
    return distances


def _words_by_column(records: Records, column_of: npt.NDArray[np.int32], columns: int) -> Words:
    """What each record has in each column as one random word; 0 for nothing. Shape (columns, records)."""
    words = np.zeros((columns, len(records)), np.uint64)
    row = np.repeat(np.arange(len(records)), records.lengths)
    column = column_of[records.attributes]
    kept = column < columns
    np.add.at(words, (column[kept], row[kept]), mix64(records.attributes[kept].astype(np.uint64) + np.uint64(1)))
    return words
