"""Count all frequent combinations of a block of records, exactly: the kernel of the counting engine.

The search extends frequent combinations to longer ones (counts are anti-monotone, so extensions of a rare combination
are never examined) and handles many prefixes at once: the extensions of a prefix's occurrence are the cells behind it
in the same record, and one `bincount` over (prefix, extending attribute) counts them all. Prefixes are taken depth
first in groups whose extensions fit a fixed number of cells, so memory is bounded by `max_length` groups whatever the
data. The last two steps are combined where that pays (see `pairs`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ctdc_spark.combinations.frontier import (
    Block,
    Cells,
    Counted,
    Frontier,
    Places,
    batch_blocks,
    block_by_behind,
    split_prefixes,
)
from ctdc_spark.combinations.pairs import count_in_pairs, pays_in_pairs
from ctdc_spark.records.records import Records

GROUP_CELLS = 1 << 19
"""Extensions examined in one step. A step holds about 60 bytes for each: 30 MB."""


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
        Blocks of combinations of one length, attributes ascending; no combination occurs twice.
    """
    cells = Cells(records)
    if not cells.width:
        return
    lowest, behind_last = first or (0, cells.width)
    starts = np.flatnonzero((cells.attribute >= lowest) & (cells.attribute < behind_last))
    counts = cells.count_cells(starts)
    frequent = counts >= threshold
    ids = np.flatnonzero(frequent)
    if not len(ids):
        return
    prefixes = ids.astype(np.int32)[:, None]
    yield Counted(prefixes, counts[ids])
    if max_length == 1:
        return
    starts = starts[frequent[cells.attribute[starts]]]
    number = np.cumsum(frequent) - 1
    stack = [Frontier(prefixes, block_by_behind(number[cells.attribute[starts]], starts, cells.behind(starts)))]
    while stack:
        frontier = stack.pop()
        if frontier.prefixes.shape[1] == max_length - 2:
            paired = pays_in_pairs(frontier, cells, GROUP_CELLS)
            yield from count_in_pairs(frontier.select(paired), cells, threshold, GROUP_CELLS)
            frontier = frontier.select(~paired)
        work = np.maximum(frontier.extensions(_ways), cells.width)
        for group in split_prefixes(frontier, work, GROUP_CELLS):
            counted, deeper = _extend(group, cells, threshold, max_length)
            if len(counted.counts):
                yield counted
            if deeper.blocks:
                stack.append(deeper)


def _ways(behind: int) -> int:
    """Extensions of an occurrence by one of the cells behind it."""
    return behind


def _extend(frontier: Frontier, cells: Cells, threshold: int, max_length: int) -> tuple[Counted, Frontier]:
    """Count all extensions of the prefixes by one attribute; keep the frequent ones as the next frontier."""
    size = len(frontier.prefixes) * cells.width
    batches = list(batch_blocks(frontier.blocks, _ways, GROUP_CELLS))
    keys = _key_extensions(batches[0], cells)
    counts = cells.count(keys, batches[0], _ways, size)
    for batch in batches[1:]:
        counts += cells.count(_key_extensions(batch, cells), batch, _ways, size)
    frequent = counts >= threshold
    found = np.flatnonzero(frequent)
    parents, attributes = np.divmod(found, cells.width)
    combinations = np.column_stack([frontier.prefixes[parents], attributes.astype(np.int32)])
    counted = Counted(combinations, counts[found])
    if combinations.shape[1] >= max_length or not len(found):
        return counted, Frontier(combinations, [])
    longer = _Longer(frequent)
    for index, batch in enumerate(batches):
        longer.add(batch, keys if index == 0 else _key_extensions(batch, cells))
    return counted, Frontier(combinations, longer.blocks())


def _key_extensions(blocks: Sequence[Block], cells: Cells) -> Places:
    """The key, prefix * width + attribute, of every extension: block after block, (behind, occurrences) each."""
    keys = np.empty(sum(block.extensions(_ways) for block in blocks), np.intp)
    at = 0
    for block in blocks:
        end = at + block.extensions(_ways)
        rows = keys[at:end].reshape(block.behind, -1)
        cells.look_behind(block, rows)
        rows += block.prefix_of * cells.width
        at = end
    return keys


class _Longer:
    """Gathers the occurrences of frequent extensions as blocks of the next frontier."""

    def __init__(self, frequent: npt.NDArray[np.bool_]) -> None:
        self._frequent = frequent
        self._number = np.cumsum(frequent) - 1
        self._found: dict[int, list[tuple[Places, Places]]] = defaultdict(list)

    def add(self, blocks: Sequence[Block], keys: Places) -> None:
        """Keep the frequent extensions that can be extended again; `keys` are those of the blocks' extensions."""
        at = 0
        for block in blocks:
            size = len(block.cell)
            for step in range(1, block.behind):
                key = keys[at + (step - 1) * size : at + step * size]
                kept = np.flatnonzero(self._frequent.take(key))
                if len(kept):
                    places = self._number.take(key.take(kept)), block.cell.take(kept) + step
                    self._found[block.behind - step].append(places)
            at += block.extensions(_ways)

    def blocks(self) -> list[Block]:
        """What was kept."""
        joined = {behind: zip(*parts, strict=True) for behind, parts in self._found.items()}
        return [Block(behind, *map(np.concatenate, parts)) for behind, parts in joined.items()]
