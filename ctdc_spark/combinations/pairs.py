"""Count the extensions of a prefix by one and by two attributes in one table: the last two steps of the search at once.

The cells behind the occurrences of a block form a rectangle. A row paired with itself is an extension by one attribute,
a row paired with a later one an extension by two; their keys come from adding whole rows. Nothing is pruned between the
two steps and nothing is looked up again for the second, which is faster unless the table is nearly empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ctdc_spark.combinations.frontier import Block, Cells, Counted, Frontier, Places, batch_blocks, split_prefixes
from ctdc_spark.records.records import Ids, Longs, offsets_of

FILLED = 4
"""Extensions per table entry from which a table pays; at one per entry it does not always."""


def ways_in_pairs(behind: int) -> int:
    """Extensions of an occurrence by one or two of the cells behind it."""
    return behind * (behind + 1) // 2


class PairTables:
    """A square table for each prefix, over the attributes behind its last one, all in one flat array.

    The entry (b, b) is the extension by b; (b, c), b < c, the extension by both.
    """

    def __init__(self, prefixes: Ids, width: int) -> None:
        self._prefixes = prefixes
        self._beyond = prefixes[:, -1].astype(np.int64) + 1
        self._side = width - self._beyond
        self._starts = offsets_of(self._side**2)

    @property
    def sizes(self) -> Longs:
        """Entries of each prefix's table. Shape (prefixes,)."""
        return np.diff(self._starts)

    def key(self, blocks: Sequence[Block], cells: Cells) -> Places:
        """Where each extension is counted: block after block, each in shape (ways, occurrences)."""
        keys = np.empty(sum(block.extensions(ways_in_pairs) for block in blocks), np.intp)
        at = 0
        first = self._starts[:-1] - self._beyond * (self._side + 1)
        for block in blocks:
            rows = np.empty((block.behind, len(block.cell)), np.intp)
            cells.look_behind(block, rows)
            upper = rows * self._side.take(block.prefix_of)
            upper += first.take(block.prefix_of)
            for row in range(block.behind):
                end = at + rows[row:].size
                np.add(upper[row], rows[row:], out=keys[at:end].reshape(-1, len(block.cell)))
                at = end
        return keys

    def read(self, counts: Longs, threshold: int) -> Iterator[Counted]:
        """The extensions with at least `threshold` subjects: those by one attribute, then those by two."""
        found = np.flatnonzero(counts >= threshold)
        owner = np.searchsorted(self._starts, found, side="right") - 1
        pair = np.divmod(found - self._starts[owner], self._side[owner]) + self._beyond[owner]
        single = pair[0] == pair[1]
        for which, added in ((single, pair[:1]), (~single, pair)):
            if not which.any():
                return  # an extension that is rare with one attribute is rare with two
            combinations = np.column_stack([self._prefixes[owner[which]], *added[:, which].astype(np.int32)])
            yield Counted(combinations, counts[found[which]])


def pays_in_pairs(frontier: Frontier, cells: Cells, most: int) -> npt.NDArray[np.bool_]:
    """Which prefixes have a table of at most `most` entries, and FILLED extensions for each. Shape (prefixes,)."""
    sizes = PairTables(frontier.prefixes, cells.width).sizes
    return sizes <= np.minimum(frontier.extensions(ways_in_pairs) // FILLED, most)


def count_in_pairs(frontier: Frontier, cells: Cells, threshold: int, most: int) -> Iterator[Counted]:
    """Count all extensions of the prefixes by one attribute and by two.

    Args:
        frontier: prefixes and their occurrences.
        cells: the records.
        threshold: smallest count to report.
        most: extensions keyed at a time. Tables are filled together up to most / 8 entries, to stay in the processor's
            cache, and up to 8 x most extensions; a table that alone has more is filled alone.

    Yields:
        The frequent ones, in blocks of one length.
    """
    extensions, sizes = frontier.extensions(ways_in_pairs), PairTables(frontier.prefixes, cells.width).sizes
    for group in split_prefixes(frontier, np.maximum(extensions, 64 * sizes), 8 * most):
        tables = PairTables(group.prefixes, cells.width)
        size = int(tables.sizes.sum())
        counts = np.zeros(size, np.int64)
        for batch in batch_blocks(group.blocks, ways_in_pairs, most):
            counts += cells.count(tables.key(batch, cells), batch, ways_in_pairs, size)
        yield from tables.read(counts, threshold)
