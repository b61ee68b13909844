"""What is measured, as numbered cells: every set of up to three attributes of different slots.

A slot is a run of attributes of which a record holds at most one: a column, or a single value of a column that may hold
several. Attribute ids ascend from slot to slot. Cells of length two and three are kept in dense blocks, one for each
pair of groups of neighbouring slots: a few large arrays instead of one for each marginal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Longs, offsets_of

GROUP_ATTRIBUTES = 12
"""Attributes a group of slots should have: large enough for fast matrix products, small enough to waste few cells."""

LONGEST_MEASURED = 3


@dataclass(frozen=True)
class Block:
    """Dense cells (a, b, c) with a, b and c in these ranges of attributes; shape: the lengths of the ranges.

    For pairs, `first` is None and the cells are (b, c).
    """

    first: tuple[int, int] | None
    second: tuple[int, int]
    third: tuple[int, int]

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The range of attributes of each axis."""
        return (self.second, self.third) if self.first is None else (self.first, self.second, self.third)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of attributes in each range."""
        return tuple(high - low for low, high in self.ranges)


@dataclass(frozen=True)
class Slots:
    """The public shape of the data.

    Attributes:
        sizes: number of attributes of each slot; attribute ids are given in this order.
    """

    sizes: tuple[int, ...]

    @cached_property
    def bounds(self) -> Longs:
        """Slot s holds the attributes `bounds[s]` up to `bounds[s + 1]`."""
        return offsets_of(np.array(self.sizes, np.int64))

    @cached_property
    def slot_of(self) -> Longs:
        """The slot of each attribute."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def attributes(self) -> int:
        """The number of attributes of all slots."""
        return sum(self.sizes)

    def span(self, low: int, high: int) -> tuple[int, int]:
        """The range of attributes of the slots from `low` up to `high`."""
        return int(self.bounds[low]), int(self.bounds[high])

    @cached_property
    def groups(self) -> list[tuple[int, int]]:
        """Ranges of neighbouring slots, each of about GROUP_ATTRIBUTES attributes or of one large slot."""
        edges = [0]
        for slot, size in enumerate(self.sizes):
            if size >= GROUP_ATTRIBUTES and slot > edges[-1]:
                edges.append(slot)
            if self.bounds[slot + 1] - self.bounds[edges[-1]] >= GROUP_ATTRIBUTES:
                edges.append(slot + 1)
        if edges[-1] < len(self.sizes):
            edges.append(len(self.sizes))
        return list(pairwise(edges))

    def count_cells(self, length: int) -> int:
        """The number of sets of this many attributes of different slots (elementary symmetric polynomial)."""
        sums = [1] + [0] * length
        for size in self.sizes:
            for taken in range(length, 0, -1):
                sums[taken] += size * sums[taken - 1]
        return sums[length]


def lengths_of(slots: Slots, longest: int) -> list[int]:
    """The lengths that are measured, derived from the public shape alone."""
    return list(range(1, min(longest, LONGEST_MEASURED, len(slots.sizes)) + 1))


def lay_out(slots: Slots, length: int) -> list[Block]:
    """The blocks that together hold every cell of this length (2 or 3) once, and few cells besides.

    A block is defined by the groups of slots of the first and the second attribute; the third's slots are those behind.
    Within one group, the ranges leave out slots with none before or behind them.
    """
    return [block for _, _, block in _number_blocks(slots, length)]


@lru_cache(maxsize=8)
def _number_blocks(slots: Slots, length: int) -> tuple[tuple[int, int, Block], ...]:
    """The groups of the first and the second attribute of each block, and the block; for pairs, the two are the same.

    Cached, because tasks need it for every block and every batch of counts.
    """
    return tuple(_make_blocks(slots, length))


def _make_blocks(slots: Slots, length: int) -> Iterator[tuple[int, int, Block]]:
    groups, end = slots.groups, len(slots.sizes)
    for i, (first, behind_first) in enumerate(groups):
        for j in range(i, len(groups) if length == 3 else i + 1):
            within = length == 3 and i == j
            second, behind_second = groups[j][0] + within, min(groups[j][1], end - 1)
            if second < behind_second:
                front = slots.span(first, behind_first - within) if length == 3 else None
                yield i, j, Block(front, slots.span(second, behind_second), slots.span(second + 1, end))


def valid_cells(slots: Slots, block: Block) -> npt.NDArray[np.bool_]:
    """Which cells of a block are sets of attributes of ascending slots; same shape as the block."""
    second, third = (slots.slot_of[low:high] for low, high in (block.second, block.third))
    ascending = second[:, None] < third
    if block.first is None:
        return ascending
    first = slots.slot_of[block.first[0] : block.first[1]]
    valid: npt.NDArray[np.bool_] = (first[:, None] < second)[:, :, None] & ascending[None]
    return valid


def most_cells_of_record(held: int, length: int) -> int:
    """Cells of this length to which a record of `held` attributes adds one: their squared L2 sensitivity."""
    return math.comb(held, length)


def locate_cells(slots: Slots, combinations: npt.NDArray[np.integer]) -> tuple[Longs, Longs]:
    """The block of combinations of one length, and their place among its flattened cells.

    Args:
        slots: the shape.
        combinations: ascending attribute ids. Shape (combinations, 2 or 3).

    Returns:
        Index into `lay_out(slots, length)` and flat place of each combination.
    """
    numbered = _number_blocks(slots, combinations.shape[1])
    numbers = np.full((len(slots.groups), len(slots.groups)), -1, np.int64)
    for number, (i, j, _) in enumerate(numbered):
        numbers[i, j] = number
    group = np.repeat(np.arange(len(slots.groups)), np.diff(slots.groups).ravel())[slots.slot_of[combinations]]
    block: Longs = numbers[group[:, 0], group[:, -2]]
    starts = np.array([[low for low, _ in found.ranges] for _, _, found in numbered])
    shapes = np.array([found.shape for _, _, found in numbered])
    inside = combinations - starts[block]
    place = inside[:, 0].astype(np.int64)
    for axis in range(1, inside.shape[1]):
        place = place * shapes[block, axis] + inside[:, axis]
    return block, place
