"""Count all frequent combinations of a block of records, exactly: the kernel of the counting engine.

The search goes from frequent combinations to longer ones (count is anti-monotone, so what extends a rare combination is
never looked at) and handles many prefixes at once: an *occurrence* is a cell of a record where a prefix ends, its
extensions are the cells behind it in the same record, and one `bincount` over (prefix, extending attribute) counts them
all. Prefixes are taken in groups whose extensions fit a fixed number of cells, depth first, so that memory is bounded
by `max_length` groups whatever the data.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.cases.records import Ids, Longs, Records

GROUP_CELLS = 1 << 20
"""Extensions looked at in one step. A step holds about 60 bytes for each: 60 MB."""


@dataclass(frozen=True)
class Counted:
    """Combinations of one length with their counts: `combinations` has shape (m, length), `counts` shape (m,)."""

    combinations: Ids
    counts: Longs


@dataclass(frozen=True)
class _Frontier:
    """Frequent prefixes of one length and all their occurrences."""

    prefixes: Ids  # (prefixes, length)
    prefix_of: npt.NDArray[np.intp]  # (occurrences,)
    cell: npt.NDArray[np.intp]  # (occurrences,): where the prefix's last attribute stands


class _Cells:
    """What is known of each cell of the records' flat array."""

    def __init__(self, records: Records) -> None:
        lengths = records.lengths
        self.attribute = records.attributes.astype(np.intp)
        self.behind = np.repeat(records.offsets[1:], lengths) - np.arange(len(records.attributes)) - 1
        self.weight = None if np.all(records.weights == 1) else np.repeat(records.weights, lengths).astype(np.float64)
        self.width = int(self.attribute.max()) + 1 if len(self.attribute) else 0

    def count(self, keys: npt.NDArray[np.intp], cells: npt.NDArray[np.intp], size: int) -> Longs:
        """The weight of the records at `cells`, added up by key; exact below 2^53 subjects."""
        weights = None if self.weight is None else self.weight[cells]
        return np.bincount(keys, weights, minlength=size).astype(np.int64)


def count_frequent(
    records: Records, threshold: int, max_length: int, first: tuple[int, int] | None = None
) -> Iterator[Counted]:
    """Count every combination with at least `threshold` subjects and at most `max_length` attributes.

    Args:
        records: distinct weighted records, attributes ascending within each.
        threshold: smallest count to report, at least 1.
        max_length: largest number of attributes, at least 1.
        first: only combinations whose lowest attribute lies in [first[0], first[1]); default: all.

    Yields:
        Blocks of combinations of one length, attributes ascending; no combination comes twice.
    """
    cells = _Cells(records)
    if not cells.width:
        return
    lowest, behind_last = first or (0, cells.width)
    starts = np.flatnonzero((cells.attribute >= lowest) & (cells.attribute < behind_last))
    counts = cells.count(cells.attribute[starts], starts, cells.width)
    frequent = counts >= threshold
    ids = np.flatnonzero(frequent)
    if not len(ids):
        return
    prefixes = ids.astype(np.int32)[:, None]
    yield Counted(prefixes, counts[ids])
    if max_length == 1:
        return
    number = np.cumsum(frequent) - 1
    starts = starts[frequent[cells.attribute[starts]]]
    stack = [_Frontier(prefixes, number[cells.attribute[starts]], starts)]
    while stack:
        for group in _groups(stack.pop(), cells):
            counted, deeper = _extend(group, cells, threshold, max_length)
            if len(counted.counts):
                yield counted
            if deeper is not None:
                stack.append(deeper)


def _groups(frontier: _Frontier, cells: _Cells) -> Iterator[_Frontier]:
    """Split the prefixes into runs whose extensions, and whose table of counts, stay below GROUP_CELLS."""
    work = np.bincount(frontier.prefix_of, cells.behind[frontier.cell], minlength=len(frontier.prefixes))
    group = (np.cumsum(np.maximum(work, cells.width)) // GROUP_CELLS).astype(np.intp)
    if group[-1] == group[0]:
        yield frontier
        return
    of_occurrence = group[frontier.prefix_of]
    for number in np.unique(group):
        low, high = np.searchsorted(group, [number, number + 1])
        mine = np.flatnonzero(of_occurrence == number)
        yield _Frontier(frontier.prefixes[low:high], frontier.prefix_of[mine] - low, frontier.cell[mine])


def _extend(frontier: _Frontier, cells: _Cells, threshold: int, max_length: int) -> tuple[Counted, _Frontier | None]:
    """Count all extensions of the prefixes by one attribute; keep the frequent ones as the next frontier."""
    size = len(frontier.prefixes) * cells.width
    pieces = list(_pieces(frontier, cells))
    extensions = [_extensions(frontier, piece, cells) for piece in pieces[:1]]
    counts = cells.count(*extensions[0], size)
    for piece in pieces[1:]:
        counts += cells.count(*_extensions(frontier, piece, cells), size)
    frequent = counts >= threshold
    found = np.flatnonzero(frequent)
    parents, attributes = np.divmod(found, cells.width)
    combinations = np.column_stack([frontier.prefixes[parents], attributes.astype(np.int32)])
    counted = Counted(combinations, counts[found])
    if combinations.shape[1] >= max_length or not len(found):
        return counted, None
    number = np.cumsum(frequent) - 1
    kept_prefixes, kept_cells = [], []
    for index, piece in enumerate(pieces):
        key, cell = extensions[0] if index == 0 else _extensions(frontier, piece, cells)
        kept = np.flatnonzero(frequent[key])
        kept_prefixes.append(number[key[kept]])
        kept_cells.append(cell[kept])
    return counted, _Frontier(combinations, np.concatenate(kept_prefixes), np.concatenate(kept_cells))


def _pieces(frontier: _Frontier, cells: _Cells) -> Iterator[slice]:
    """Runs of occurrences with at most about GROUP_CELLS extensions: one prefix alone may have more than that."""
    ends = np.cumsum(cells.behind[frontier.cell])
    if not len(ends) or ends[-1] <= 2 * GROUP_CELLS:
        yield slice(0, len(ends))
        return
    cuts = np.searchsorted(ends, np.arange(GROUP_CELLS, ends[-1], GROUP_CELLS))
    edges = np.unique(np.concatenate([[0], cuts, [len(ends)]]))
    yield from (slice(int(low), int(high)) for low, high in itertools.pairwise(edges))


def _extensions(frontier: _Frontier, piece: slice, cells: _Cells) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Each extension's key, prefix * width + attribute, and its cell. Shapes (extensions,)."""
    at = frontier.cell[piece]
    behind = cells.behind[at]
    ends = np.cumsum(behind)
    total = int(ends[-1]) if len(ends) else 0
    cell = np.arange(total) + np.repeat(at + 1 - ends + behind, behind)
    key = np.repeat(frontier.prefix_of[piece] * cells.width, behind) + cells.attribute[cell]
    return key, cell
