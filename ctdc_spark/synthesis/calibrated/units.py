"""Growth in independent units: a seed grows where the records that hold its rarest attribute are.

Every record that holds the seed holds that attribute, so a unit needs no other records. Units, and the order of the
seeds within each, follow from protected counts, so the place of growth changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Records, concatenate
from ctdc_spark.synthesis.calibrated.growth import LONGEST, Gains, grow
from ctdc_spark.synthesis.calibrated.lattice import Lattice
from ctdc_spark.synthesis.calibrated.support import UpToLength
from ctdc_spark.synthesis.oracle.bitmap_support import BitmapSupport
from ctdc_spark.synthesis.oracle.bitmaps import to_bitmaps
from ctdc_spark.synthesis.oracle.questions import SupportOracle
from ctdc_spark.synthesis.oracle.unit_records import hold_unit

UNIT_SUBJECTS = 100_000
"""Attribute occurrences per unit, approximately."""

MOST_UNITS = 64

MOST_SUBJECTS = 2_000_000
"""The most subjects in a unit's bitmaps: 250 kB per attribute.
A larger unit uses a part of its records, see `oracle.unit_records.choose_part`."""

MOST_BYTES = 200_000_000
"""Size limit of a unit's bitmaps: with more than 800 attributes, a unit holds fewer subjects."""


@dataclass(frozen=True)
class GrowthOrder:
    """The order for a round of growth.

    Attributes:
        seeds: attribute ids, padded with -1. Shape (seeds, longest).
        worth: worth of one more copy of each combination. Shape (combinations,).
        key: (seed of the release, round).
    """

    seeds: Ids
    worth: npt.NDArray[np.floating]
    key: tuple[int, ...]


class Grower(Protocol):
    """Turns seeds into candidates, wherever the sensitive records are."""

    def grow(self, order: GrowthOrder) -> Records:
        """Distinct candidates, in an order that depends on their contents alone."""
        ...


def split_units(protected: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """The unit of each attribute, from its protected count: runs of about UNIT_SUBJECTS in all. Shape (attributes,)."""
    total = int(protected.sum())
    size = max(UNIT_SUBJECTS, -(-total // MOST_UNITS))
    number = (np.cumsum(protected) - protected) // size
    _, compact = np.unique(number, return_inverse=True)
    return compact.astype(np.int64)


def share_units(
    protected: npt.NDArray[np.integer], unit_of: npt.NDArray[np.int64], subjects: int
) -> npt.NDArray[np.float64]:
    """The share of its records that each unit may hold, derived from protected counts alone. Shape (units,)."""
    held = np.minimum(np.bincount(unit_of, protected), subjects)
    return np.minimum(1.0, most_subjects(len(protected)) / np.maximum(held, 1.0))


def most_subjects(attributes: int) -> int:
    """The most subjects in a unit's bitmaps of this many attributes."""
    return min(MOST_SUBJECTS, MOST_BYTES * 8 // max(1, attributes))


def split_seeds(seeds: Ids, unit_of: npt.NDArray[np.int64]) -> Iterator[tuple[int, Ids]]:
    """The seeds of each unit that has any, in their original order."""
    nobody = len(unit_of)
    lowest = np.where(seeds < 0, nobody, seeds).min(axis=1) if seeds.size else np.empty(0, np.int64)
    unit = np.append(unit_of, -1)[lowest]
    for number in np.unique(unit[unit >= 0]):
        yield int(number), seeds[unit == number]


class LocalGrower:
    """Growth in this process.

    Args:
        lattice: the reported combinations.
        unit_of: from `split_units`.
        records: sensitive records and k for the strict guarantee; None if the combinations in a record need only be
            reported.
        longest: the most attributes of a candidate, if there are no records.
    """

    def __init__(
        self,
        lattice: Lattice,
        unit_of: npt.NDArray[np.int64],
        records: tuple[Records, int] | None = None,
        longest: int = LONGEST,
    ) -> None:
        self._lattice = lattice
        self._unit_of = unit_of
        self._oracles: dict[int, SupportOracle] = {}
        for unit in np.unique(unit_of):
            self._oracles[int(unit)] = UpToLength(longest)
            if records is not None:
                held = hold_unit(records[0], unit_of, int(unit))
                self._oracles[int(unit)] = BitmapSupport(to_bitmaps(held, len(unit_of)), records[1])

    def grow(self, order: GrowthOrder) -> Records:
        """Grow one unit after the other."""
        gains = Gains(self._lattice, order.worth)
        grown = [
            grow(seeds, gains, self._oracles[unit], (*order.key, unit))
            for unit, seeds in split_seeds(order.seeds, self._unit_of)
        ]
        return merge_grown(grown)


def merge_grown(grown: list[Records]) -> Records:
    """All candidates once, with weight 1."""
    merged = concatenate(grown).distinct()
    return Records(merged.attributes, merged.offsets, np.ones(len(merged), np.int64))
