"""What must be counted to check a list of reported combinations: these, and all that could be missing. Pure kernel.

A frequent combination's parts are frequent, so if anything is missing from a list, the shortest missing combination has
all its parts in it. Each candidate therefore joins two listed combinations that differ only in their last attribute
(the candidate generation of Apriori, Agrawal and Srikant 1994). A combination listed without all its parts is an
orphan: not a candidate, but a fault by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ctdc_spark.proof.terms import NOT_REPORTED
from ctdc_spark.records.records import Ids, Longs, Records


@dataclass(frozen=True)
class Level:
    """Reported combinations of one length, in lexicographic order.

    Attributes:
        sets: attribute ids, ascending. Shape (rows, length).
        fan: number of later rows that differ only in the last attribute; each makes a candidate. Shape (rows,).
        first: number of the first candidate of each row, within the level. Shape (rows,).
        keys: (rank of all but the last attribute, last attribute) as one number, ascending. Shape (rows,).
        start: number of the level's first candidate among all.
    """

    sets: Ids
    fan: Longs
    first: Longs
    keys: Longs
    start: int

    @property
    def size(self) -> int:
        """How many candidates follow from this level."""
        return int(self.fan.sum())


@dataclass(frozen=True)
class Candidates:
    """Combinations to count, numbered level by level in lexicographic order.

    Attributes:
        levels: of length 1, 2, ...; a row and one of its followers make a candidate that is one longer.
        expected: the reported count of each candidate, or NOT_REPORTED. Shape (candidates,).
        orphans: reported combinations without all their parts, by length.
        repeated: reported combinations that have occurred before, by length.
    """

    levels: tuple[Level, ...]
    expected: Longs
    orphans: dict[int, int]
    repeated: dict[int, int]

    def __len__(self) -> int:
        """The number of candidates."""
        return len(self.expected)

    def sets_of(self, numbers: Longs) -> Iterator[tuple[npt.NDArray[np.bool_], Ids]]:
        """For each length: which given candidates have it, and their attributes; shapes (numbers,), (some, length)."""
        for level in self.levels:
            mine = (numbers >= level.start) & (numbers < level.start + level.size)
            at = numbers[mine] - level.start
            row = np.searchsorted(level.first, at, side="right") - 1
            last = level.sets[row + 1 + at - level.first[row], -1]
            yield mine, np.column_stack([level.sets[row], last])

    def attributes_of(self, numbers: Longs) -> tuple[Longs, Ids]:
        """The lengths of the given candidates, and the distinct attributes that occur in them."""
        lengths, found = np.zeros(len(numbers), np.int64), [np.zeros(0, np.int32)]
        for mine, sets in self.sets_of(numbers):
            lengths[mine] = sets.shape[1]
            found.append(sets.ravel())
        return lengths, np.unique(np.concatenate(found)).astype(np.int32)


def list_candidates(reported: Records, max_length: int, width: int, roots: range | None = None) -> Candidates:
    """List what must be counted.

    Args:
        reported: combinations with their reported counts as weights; ids ascending, all single attributes among them.
        max_length: longest combination that is reported.
        width: number of attributes.
        roots: lowest attributes to consider; `reported` holds all longer combinations that begin with them.

    Returns:
        The candidates of 2 to `max_length` attributes.
    """
    levels: list[Level] = []
    expected: list[Longs] = []
    orphans: dict[int, int] = {}
    repeated: dict[int, int] = {}
    for length in range(1, max_length + 1):
        rows = np.flatnonzero(reported.lengths == length)
        sets = reported.attributes[reported.offsets[rows][:, None] + np.arange(length)]
        counts = reported.weights[rows]
        above, known = _rank(sets[:, :-1], levels, width)
        if length > 1:
            beside, also = _rank(np.delete(sets, -2, axis=1), levels, width)
            known &= also
            orphans[length] = int((~known).sum())
            sets, counts, above, beside = sets[known], counts[known], above[known], beside[known]
            expected[-1][levels[-1].first[above] + beside - above - 1] = counts
        keys, at = np.unique(above * width + sets[:, -1], return_index=True)
        repeated[length] = len(sets) - len(keys)
        if length < max_length:
            start = levels[-1].start + levels[-1].size if levels else 0
            levels.append(_make_level(sets[at], keys, keys // width, start))
            if length == 1 and roots is not None:
                levels = [_limit(levels[0], roots)]
            expected.append(np.full(levels[-1].size, NOT_REPORTED, np.int64))
    return Candidates(tuple(levels), np.concatenate([np.zeros(0, np.int64), *expected]), orphans, repeated)


def _make_level(sets: Ids, keys: Longs, family: Longs, start: int) -> Level:
    fan = np.searchsorted(family, family, side="right") - np.arange(len(family)) - 1
    return Level(sets, fan, np.cumsum(fan) - fan, keys, start)


def _limit(singles: Level, roots: range) -> Level:
    """Single attributes, of which only `roots` begin candidates."""
    inside = (singles.sets[:, 0] >= roots.start) & (singles.sets[:, 0] < roots.stop)
    fan = np.where(inside, singles.fan, 0)
    return replace(singles, fan=fan, first=np.cumsum(fan) - fan)


def _rank(sets: Ids, levels: list[Level], width: int) -> tuple[Longs, npt.NDArray[np.bool_]]:
    """The position of each set in the level of its length, and whether it is there at all."""
    rank = np.zeros(len(sets), np.int64)
    known = np.ones(len(sets), np.bool_)
    for level, attribute in zip(levels, sets.T, strict=False):
        if not len(level.keys):
            return rank, np.zeros(len(sets), np.bool_)
        key = rank * width + attribute
        rank = np.minimum(np.searchsorted(level.keys, key), len(level.keys) - 1)
        known &= level.keys[rank] == key
    return rank, known
