"""The published k-marginal score, computed anew from the published rows; `evaluation` has the formula.

Shares no code with it: the evaluation joins tables of counts and adds up whole numbers; this uses bitmap counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.records.records import Ids, Longs

SIZES, MOST = (2, 3), 500
"""Columns in a set, and sets of each size; if there are more, that many are drawn by a generator seeded with
(0, size)."""

Cells = tuple[int, int, float]
"""Of a set of columns: twice the midpoints of the reported counts, synthetic records, and the sum of |p - q|."""


@dataclass(frozen=True)
class Base:
    """The base of the shares: the ledger's numbers of subjects and of records, and the precision."""

    subjects: int
    records: int
    precision: int

    @property
    def doubled(self) -> int:
        """Twice the midpoint of the range that the number of subjects stands for."""
        return 2 * self.subjects + self.precision - 1


class ColumnSets:
    """The sets of columns whose cells are compared, by number.

    Args:
        dictionary: the attributes.
        base: the base of the shares.
    """

    def __init__(self, dictionary: Dictionary, base: Base) -> None:
        names = sorted(dictionary.columns)
        place = {name: number for number, name in enumerate(names)}
        self._place_of = np.array([place[dictionary.columns[column]] for column in dictionary.column_of], np.int64)
        self._base = base
        self.sets = [chosen for size in SIZES for chosen in _draw(len(names), size)]
        self._number = {chosen: number for number, chosen in enumerate(self.sets)}

    def add_up(self, attributes: Ids, said: Longs, made: Longs) -> dict[int, Cells]:
        """The cells of each set of columns that occurs in some combinations.

        Args:
            attributes: of each combination, all of one length. Shape (combinations, length).
            said: the reported counts.
            made: the synthetic counts.
        """
        if attributes.shape[1] not in SIZES or not len(attributes):
            return {}
        places = np.sort(self._place_of[attributes], axis=1)
        doubled = 2 * said + self._base.precision - 1
        apart = np.abs(doubled / self._base.doubled - made / self._base.records)
        distinct, within = np.unique(places, axis=0, return_inverse=True)
        sums = [_sum(within.ravel(), part, len(distinct)) for part in (doubled, made, apart)]
        cells = {tuple(chosen): row for chosen, row in zip(distinct.tolist(), zip(*sums, strict=True), strict=True)}
        return {
            self._number[chosen]: (round(doubled), round(made), apart)
            for chosen, (doubled, made, apart) in cells.items()
            if chosen in self._number
        }

    def score(self, cells: Mapping[int, Cells]) -> dict[int | None, float]:
        """The score by size, and over all sizes under None; none where there are no cells."""
        distances: dict[int | None, list[float]] = {}
        for number, of_set in cells.items():
            for size in (len(self.sets[number]), None):
                distances.setdefault(size, []).append(self._measure(of_set))
        return {size: 1000 * (1 - sum(found) / len(found)) for size, found in distances.items()}

    def _measure(self, cells: Cells) -> float:
        said, made = cells[0] / self._base.doubled, cells[1] / self._base.records
        rest = abs(max(0.0, 1 - said) - max(0.0, 1 - made))
        return (cells[2] + rest) / (2 * max(1.0, said, made))


def _sum(within: Longs, part: npt.NDArray[np.number], number: int) -> list[float]:
    return [float(total) for total in np.bincount(within, part, number)]


def _draw(columns: int, size: int) -> list[tuple[int, ...]]:
    if comb(columns, size) <= MOST:
        return list(combinations(range(columns), size))
    draw, drawn = np.random.default_rng([0, size]), set[tuple[int, ...]]()
    while len(drawn) < MOST:
        drawn.add(tuple(sorted(int(column) for column in draw.choice(columns, size, replace=False))))
    return sorted(drawn)
