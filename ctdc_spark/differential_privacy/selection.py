"""Which attributes are measured together if all of them have too many cells: those that most subjects hold.

The choice reads noisy counts of single attributes, which are measured in any case, so it costs no budget. It leaves out
cells that few subjects can be in: a set of attributes has no more subjects than the rarest of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.records.records import Longs

MOST_CELLS = 10_000_000
"""The most cells of one length that are measured: each fitted member holds about 20 bytes per cell."""


@dataclass(frozen=True)
class MeasuredSubset:
    """Attributes whose cells of one length are measured.

    Attributes:
        attributes: their ids, ascending.
        slots: their shape, in which they are numbered anew; slots with no chosen attribute are left out.
    """

    attributes: tuple[int, ...]
    slots: Slots

    @cached_property
    def ids(self) -> Longs:
        """The attributes as an array."""
        return np.array(self.attributes, np.int64)

    @staticmethod
    def of(slots: Slots, attributes: Iterable[int]) -> MeasuredSubset:
        """The subset of a shape with these attributes."""
        chosen = tuple(sorted(attributes))
        sizes = np.bincount(slots.slot_of[list(chosen)], minlength=len(slots.sizes))
        return MeasuredSubset(chosen, Slots(tuple(sizes[sizes > 0].tolist())))


MeasuredSubsets = Mapping[int, MeasuredSubset]
"""The subset that is measured of each length."""


def whole_subsets(slots: Slots, lengths: Iterable[int]) -> dict[int, MeasuredSubset]:
    """All attributes for each length."""
    return dict.fromkeys(lengths, MeasuredSubset.of(slots, range(slots.attributes)))


def are_whole(slots: Slots, lengths: Iterable[int]) -> bool:
    """Whether all cells of these lengths are few enough to be measured; decided from the public shape alone."""
    return all(_fits(slots, length) for length in lengths)


def choose_subsets(slots: Slots, counts: npt.NDArray[np.integer], lengths: Sequence[int]) -> dict[int, MeasuredSubset]:
    """For each length, the attributes with the largest counts, as many as give no more than MOST_CELLS cells.

    Args:
        slots: the whole shape.
        counts: protected; shape (attributes,).
        lengths: those that are measured; all attributes are kept for length 1.
    """
    largest_first = np.argsort(-counts, kind="stable").tolist()
    chosen = {}
    for length in lengths:
        fits_not = partial(_fits_not, slots, largest_first, length)
        number = bisect_right(range(slots.attributes + 1), 0, key=fits_not) - 1
        chosen[length] = MeasuredSubset.of(slots, largest_first[:number])
    return chosen


def _fits(slots: Slots, length: int) -> bool:
    return length == 1 or slots.count_cells(length) <= MOST_CELLS


def _fits_not(slots: Slots, largest_first: Sequence[int], length: int, number: int) -> bool:
    return not _fits(MeasuredSubset.of(slots, largest_first[:number]).slots, length)
