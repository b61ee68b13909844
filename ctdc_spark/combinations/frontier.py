"""The state of the search for frequent combinations: prefixes of one length and the cells where they end.

An *occurrence* is a cell of a record where a prefix ends. Occurrences with the same number of cells behind them are
kept together as a *block*: the cells behind all of them then form a rectangle, which is processed row by row as whole
arrays, without a loop over records and without index arrays for runs of different lengths.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Longs, Records, narrow, rows_by_number

Places = npt.NDArray[np.intp]

Ways: TypeAlias = Callable[[int], int]
"""In how many ways an occurrence with a number of cells behind it can be extended."""


@dataclass(frozen=True)
class Counted:
    """Combinations of one length with their counts: `combinations` has shape (m, length), `counts` shape (m,)."""

    combinations: Ids
    counts: Longs


@dataclass(frozen=True)
class Block:
    """Occurrences with equally many cells behind them.

    Attributes:
        behind: cells behind each occurrence, at least 1.
        prefix_of: number of the prefix that ends at each occurrence. Shape (occurrences,).
        cell: where it ends. Shape (occurrences,).
    """

    behind: int
    prefix_of: Places
    cell: Places

    def extensions(self, ways: Ways) -> int:
        """In how many ways all occurrences can be extended."""
        return ways(self.behind) * len(self.cell)

    def take(self, which: Places | slice) -> Block:
        """The occurrences at the given places."""
        return Block(self.behind, self.prefix_of[which], self.cell[which])


@dataclass(frozen=True)
class Frontier:
    """Frequent prefixes of one length, shape (prefixes, length), and all their occurrences that can be extended."""

    prefixes: Ids
    blocks: Sequence[Block]

    def extensions(self, ways: Ways) -> Longs:
        """In how many ways the occurrences of each prefix can be extended. Shape (prefixes,)."""
        number = len(self.prefixes)
        found = np.zeros(number, np.int64)
        for block in self.blocks:
            found += ways(block.behind) * np.bincount(block.prefix_of, minlength=number)
        return found

    def select(self, chosen: npt.NDArray[np.bool_]) -> Frontier:
        """The prefixes at which `chosen` is true, with their occurrences."""
        if chosen.all():
            return self
        number = np.cumsum(chosen) - 1
        kept = [block.take(np.flatnonzero(chosen[block.prefix_of])) for block in self.blocks]
        blocks = [Block(block.behind, number[block.prefix_of], block.cell) for block in kept if len(block.cell)]
        return Frontier(self.prefixes[chosen], blocks)


class Cells:
    """The cells of the records' flat array, with what is known of each."""

    def __init__(self, records: Records) -> None:
        self.attribute = records.attributes
        self.width = int(self.attribute.max()) + 1 if len(self.attribute) else 0
        self._extension = self.attribute.astype(np.intp)  # the type of keys: converting costs more than bytes
        self._ends = np.repeat(records.offsets[1:], records.lengths)
        self._heavy = bool(np.any(records.weights != 1))
        # few bytes per cell, since it is looked up for every occurrence
        self._beyond = np.repeat(narrow(records.weights - 1), records.lengths if self._heavy else 0)

    def behind(self, cell: Places) -> Places:
        """How many cells of the same record follow each of the given ones."""
        return np.asarray(self._ends[cell] - cell - 1, np.intp)

    def look_behind(self, block: Block, rows: Places) -> None:
        """Fill rows 0, 1, ... with the attributes one, two, ... cells behind. Shape (behind, occurrences)."""
        for step, row in enumerate(rows, start=1):
            self._extension[step:].take(block.cell, out=row, mode="clip")  # unlike "raise", writes directly to the row

    def count(self, keys: Places, blocks: Sequence[Block], ways: Ways, size: int) -> Longs:
        """The weights of the blocks' extensions, added up by key; exact below 2^53 subjects.

        The keys come block after block, each in shape (ways, occurrences).

        Each key counts once, and any weight beyond one is added separately: most records have none.
        """
        counts = np.bincount(keys, minlength=size)
        if not self._heavy:
            return counts
        heavy_keys, beyond = list[Places](), list[npt.NDArray[np.integer]]()
        at = 0
        for block in blocks:
            more = self._beyond.take(block.cell)
            heavy = np.flatnonzero(more)
            end = at + block.extensions(ways)
            if len(heavy):
                heavy_keys.append(keys[at:end].reshape(ways(block.behind), -1)[:, heavy].ravel())
                beyond.append(np.tile(more[heavy], ways(block.behind)))
            at = end
        if heavy_keys:
            counts += np.bincount(np.concatenate(heavy_keys), np.concatenate(beyond), size).astype(np.int64)
        return counts

    def count_cells(self, cell: Places) -> Longs:
        """The weights of the records at the given cells, added up by attribute. Shape (width,)."""
        counts = np.bincount(self.attribute[cell], minlength=self.width)
        if self._heavy:
            counts += np.bincount(self.attribute[cell], self._beyond[cell], self.width).astype(np.int64)
        return counts


def block_by_behind(prefix_of: Places, cell: Places, behind: Places) -> list[Block]:
    """Blocks of occurrences; those with nothing behind them cannot be extended and are left out."""
    rows_of = enumerate(rows_by_number(behind))
    return [Block(size, prefix_of[rows], cell[rows]) for size, rows in rows_of if size and len(rows)]


def split_prefixes(frontier: Frontier, work: Longs, most: int) -> Iterator[Frontier]:
    """Split into runs of prefixes whose total work stays near `most`.

    A prefix that alone exceeds it is a run of its own; a run without occurrences is left out.
    """
    if not frontier.blocks:
        return
    filled = np.cumsum(work) // most
    if filled[-1] == filled[0]:
        yield frontier
        return
    starts, run = np.unique(filled, return_index=True, return_inverse=True)[1:]
    edges = [*starts.tolist(), len(frontier.prefixes)]
    parts = [_part_by_run(block, run, len(starts)) for block in frontier.blocks]
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        mine = [(block, ends[i], ends[i + 1]) for block, ends in parts if ends[i] < ends[i + 1]]
        blocks = [Block(b.behind, b.prefix_of[first:last] - low, b.cell[first:last]) for b, first, last in mine]
        if blocks:
            yield Frontier(frontier.prefixes[low:high], blocks)


def _part_by_run(block: Block, run: Places, runs: int) -> tuple[Block, list[int]]:
    """The block's occurrences in the order of their prefixes' runs, and where each run's begin and the last end."""
    of_occurrence = run.astype(np.min_scalar_type(runs))[block.prefix_of]  # few bits: a radix sort
    ends = np.cumsum(np.bincount(of_occurrence, minlength=runs))
    return block.take(np.argsort(of_occurrence, kind="stable")), [0, *ends.tolist()]


def batch_blocks(blocks: Sequence[Block], ways: Ways, most: int) -> Iterator[list[Block]]:
    """Cut the blocks into lists of about `most` extensions or fewer: one prefix alone may have more than that."""
    batch: list[Block] = []
    held = 0
    for block in blocks:
        step = max(1, most // ways(block.behind))
        for low in range(0, len(block.cell), step):
            piece = block if len(block.cell) <= step else block.take(slice(low, low + step))
            if held and held + piece.extensions(ways) > 2 * most:
                yield batch
                batch, held = [], 0
            batch.append(piece)
            held += piece.extensions(ways)
    yield batch
