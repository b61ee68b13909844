"""Count the reported combinations in the synthetic records, level by level below each first attribute.

An *occurrence* is a cell of a record where a prefix of a reported combination ends; the cells behind it extend it.
Prefixes that no reported combination begins with are never examined.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Longs, Records

Positions = npt.NDArray[np.intp]
TABLE_CELLS = 1 << 25
"""Ranks are looked up in a table of at most this many int32 (128 MB), or else by bisection."""


def count_reported(records: Records, combinations: Mapping[int, Ids]) -> dict[int, Longs]:
    """Count combinations in records.

    Args:
        records: Distinct weighted records, attributes ascending within each.
        combinations: By length, shape (m, length): attributes ascending in a row, rows in lexicographic order.

    Returns:
        By length, the weight of the records that hold each combination; shape (m,).
    """
    counts = {length: np.zeros(len(rows), np.int64) for length, rows in combinations.items()}
    if not len(records.attributes) or not any(map(len, combinations.values())):
        return counts
    cells = _Cells(records)
    order = np.argsort(cells.attribute, kind="stable")
    firsts = np.unique(np.concatenate([rows[:, 0] for rows in combinations.values()]))
    starts = np.searchsorted(cells.attribute[order], [firsts, firsts + 1])
    for first, low, high in zip(firsts, *starts, strict=True):
        slices = {
            length: slice(*np.searchsorted(rows[:, 0], [first, first + 1])) for length, rows in combinations.items()
        }
        if 1 in combinations:
            counts[1][slices[1]] = cells.weight[order[low:high]].sum()
        blocks = {length: rows[slices[length]] for length, rows in combinations.items() if length > 1}
        for length, found in _count_below(cells, order[low:high], blocks).items():
            counts[length][slices[length]] = found
    return counts


class _Cells:
    """The cells of the records' flat array, with what is known of each."""

    def __init__(self, records: Records) -> None:
        lengths = records.lengths
        self.attribute = records.attributes.astype(np.intp)
        self.behind = np.repeat(records.offsets[1:], lengths) - np.arange(len(records.attributes)) - 1
        self.weight = np.repeat(records.weights, lengths).astype(np.int64)
        self.width = int(self.attribute.max()) + 1

    def extend(self, prefix: Positions, cell: Positions) -> tuple[Positions, Positions]:
        """Each extension's key, prefix * width + attribute, and its cell. Shapes (extensions,)."""
        behind = self.behind[cell]
        ends = np.cumsum(behind)
        total = int(ends[-1]) if len(ends) else 0
        extending = np.arange(total) + np.repeat(cell + 1 - ends + behind, behind)
        return np.repeat(prefix * self.width, behind) + self.attribute[extending], extending


def _count_below(cells: _Cells, cell: Positions, blocks: dict[int, Ids]) -> dict[int, Longs]:
    """Count combinations that share their first attribute, which these cells hold."""
    found: dict[int, Longs] = {}
    prefix = np.zeros(len(cell), np.intp)
    rank_of = {length: np.zeros(len(rows), np.intp) for length, rows in blocks.items() if len(rows)}
    for level in range(2, max(rank_of, default=1) + 1):
        # a combination with an attribute that no record holds has a key that no extension has
        keys = {
            length: np.where(
                blocks[length][:, level - 1] < cells.width, ranks * cells.width + blocks[length][:, level - 1], -1
            )
            for length, ranks in rank_of.items()
        }
        wanted = np.unique(np.concatenate(list(keys.values())))
        extension, extending = cells.extend(prefix, cell)
        rank = _rank(extension, wanted)
        kept = rank >= 0
        prefix, cell = rank[kept], extending[kept]
        totals = np.bincount(prefix, cells.weight[cell], minlength=len(wanted)).astype(np.int64)
        rank_of = {length: np.searchsorted(wanted, key) for length, key in keys.items()}
        if level in rank_of:
            found[level] = totals[rank_of.pop(level)]
    return found


def _rank(keys: Positions, wanted: Positions) -> Positions:
    """The position of each key in the ascending `wanted`; -1 if it is not there."""
    size = int(wanted[-1]) + 1
    if 0 < size <= TABLE_CELLS:
        table = np.full(size + 1, -1, np.int32)  # the last entry stands for everything beyond
        known = wanted[wanted >= 0]
        table[known] = np.arange(len(wanted) - len(known), len(wanted))
        return table[np.minimum(keys, size)].astype(np.intp)
    at = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    return np.where(wanted[at] == keys, at, -1)
