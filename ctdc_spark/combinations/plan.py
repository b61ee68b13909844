"""Split the counting into many units of about equal cost and bounded size, from counts measured beforehand.

A unit of work counts all combinations that begin with a *prefix* and continue with an attribute of a range. Without a
prefix, these are the combinations whose lowest attribute lies in the range, counted over the records that hold such an
attribute, cut to what comes behind it. Units partition the combinations, so nothing is merged afterwards. An attribute
that alone costs more than a unit may, or whose records do not fit into one, becomes a prefix itself and is split by the
attributes behind it, and so on: an attribute held by nearly all records does not make one task do all the work.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Longs

Prefix = tuple[int, ...]

LEAST_UNIT_COST = 16_000_000
"""The fewest extensions a unit should examine: about 0.2 s of one core, well above the cost of starting a task.

Work that is not a multiple of it is cut into equal, somewhat smaller units.
"""

MOST_UNIT_COST = 100_000_000
"""The most: about 1 s of one core, so that a lost task costs little and many cores share the work evenly."""

ENOUGH_UNITS = 64
"""Between these two, the work is cut into about this many units."""

MOST_UNITS = 20_000
"""If there would be more units than this even at the largest size, units grow: the scheduler has to hold them all."""

UNIT_CELLS = 3_000_000
"""The most cells of the records that one unit is given; see `unit_memory`."""

MOST_WAYS = 1e30
"""More is as good as endless: no table has so many records, no cluster does so much work."""
_FEW = 8

HEAVY = 1.5
"""An attribute is split further when it alone exceeds a unit by this factor."""


@dataclass(frozen=True)
class Unit:
    """Count the combinations prefix + (attribute in [low, high)) + anything behind it.

    With `alone`, nothing behind it: only prefix + one attribute.
    """

    prefix: Prefix
    low: int
    high: int
    alone: bool = False


@dataclass(frozen=True)
class Measured:
    """What is known of the records that hold a prefix, cut to what comes behind it.

    Attributes:
        records: records[a, s] is the number of records that hold attribute a with s attributes behind it.
        subjects: the same, with each record counted by its weight. Both of shape (attributes, longest record).
    """

    records: Longs
    subjects: Longs

    def times(self, factor: int) -> Measured:
        """The same for data `factor` times as large."""
        return Measured(self.records * factor, self.subjects * factor)

    def __add__(self, other: Measured) -> Measured:
        """The measurements of both sets of records together."""
        shape = np.maximum(self.records.shape, other.records.shape)
        added = Measured(np.zeros(shape, np.int64), np.zeros(shape, np.int64))
        for part in (self, other):
            corner = tuple(map(slice, part.records.shape))
            added.records[corner] += part.records
            added.subjects[corner] += part.subjects
        return added


@dataclass(frozen=True)
class Limits:
    """What is counted, and how large a unit may be."""

    threshold: int
    max_length: int
    unit_cells: int = UNIT_CELLS
    least_unit_cost: float = LEAST_UNIT_COST


@dataclass(frozen=True)
class CountingPlan:
    """How one counting job will run.

    Attributes:
        units: the units of work; their order is their number.
        limits: what is counted.
        attributes: number of attributes.
        records: number of distinct records.
        cost: extensions to examine in all, before rare prefixes are pruned.
        largest_unit: cells of the largest unit's records.
        cells: cells of all units' records, before identical ones are joined: the most that is shuffled.
        at_most: upper bounds of the numbers of combinations of length 1, 2, ...
    """

    units: tuple[Unit, ...]
    limits: Limits
    attributes: int
    records: int
    cost: float
    largest_unit: int
    cells: int = 0
    at_most: tuple[int, ...] = field(default=())

    @property
    def memory(self) -> int:
        """Bytes that the worker of the largest unit needs, as in `unit_memory`."""
        return unit_memory(self.largest_unit, self.limits.max_length)


def plan_units(
    whole: Measured, records: int, limits: Limits, measure: Callable[[Sequence[Prefix]], Mapping[Prefix, Measured]]
) -> CountingPlan:
    """Cut the combinations into units.

    Args:
        whole: measured on all records.
        records: number of records.
        limits: what is counted and how large a unit may be.
        measure: measures the prefixes that have to be split; called at most `max_length` - 1 times.

    Returns:
        The plan; no unit's records have more than HEAVY * `limits.unit_cells` cells.
    """
    total = float(expected_cost(whole, limits.max_length).sum())
    unit_cost = max(min(total / ENOUGH_UNITS, MOST_UNIT_COST), limits.least_unit_cost, total / MOST_UNITS)
    unit_cost = total / max(1, math.ceil(total / unit_cost))  # equal units, with no small remainder
    units: list[Unit] = []
    largest, cells = 0.0, 0.0
    pending: Mapping[Prefix, Measured] = {(): whole}
    while pending:
        heavy: list[Prefix] = []
        for prefix, measured in pending.items():
            found = _split(prefix, measured, limits, unit_cost)
            units += found.units
            heavy += [(*prefix, attribute) for attribute in found.further]
            largest, cells = max(largest, found.largest), cells + found.cells
        pending = measure(heavy) if heavy else {}
    bounds = tuple(int(bound) for bound in bound_by_attribute(whole, limits).sum(axis=1))
    return CountingPlan(tuple(units), limits, len(whole.records), records, total, int(largest), int(cells), bounds)


def unit_memory(cells: int, max_length: int) -> int:
    """Bytes a worker needs for a unit whose records have this many cells.

    100 bytes per cell while blocks are joined and indexed; and for each length, a group of GROUP_CELLS extensions with
    what is kept of it, at 64 bytes each (see `kernel`).
    """
    from ctdc_spark.combinations.kernel import GROUP_CELLS

    return 100 * cells + 64 * GROUP_CELLS * min(max_length, 8)


def count_ways(number: int, chosen: int) -> float:
    """Ways to choose some of a number of things; MOST_WAYS if there are more, as in records of hundreds of attributes.

    Example:
        >>> count_ways(5, 2), count_ways(2000, 300)
        (10.0, 1e+30)
    """
    few = min(chosen, number - chosen)
    if few <= _FEW:
        return min(float(math.comb(number, chosen)), MOST_WAYS)
    ways = math.comb(number - few + _FEW, _FEW)
    for i in range(_FEW + 1, few + 1):
        if ways > MOST_WAYS:
            return MOST_WAYS
        ways = ways * (number - few + i) // i
    return min(float(ways), MOST_WAYS)


def bound_by_attribute(whole: Measured, limits: Limits) -> npt.NDArray[np.float64]:
    """Upper bounds of the number of frequent combinations by length and lowest attribute. Shape (lengths, attributes).

    Of the combinations whose lowest attribute is a, no more can be frequent than there are sets of attributes behind a,
    nor than their occurrences divided by the threshold.
    """
    attributes, sizes = whole.records.shape
    bounds = np.zeros((min(limits.max_length, sizes), attributes))
    for index in range(len(bounds)):
        occurrences = whole.subjects @ np.array([count_ways(s, index) for s in range(sizes)])
        sets = np.array([count_ways(attributes - 1 - a, index) for a in range(attributes)])
        bounds[index] = np.minimum(occurrences // limits.threshold, sets)
    return bounds


def expected_cost(measured: Measured, max_length: int) -> npt.NDArray[np.float64]:
    """Extensions to examine for each lowest attribute: sum over 1 <= j < max_length of C(attributes behind, j)."""
    sizes = measured.records.shape[1]
    ways = np.array([1.0 + sum(count_ways(s, j) for j in range(1, max_length)) for s in range(sizes)])
    return np.asarray(measured.records @ ways, np.float64)


def distinct_cells(measured: Measured) -> npt.NDArray[np.float64]:
    """The most cells of the records that hold each attribute, cut to it and what is behind it. Shape (attributes,).

    Identical cut records are joined, so there are no more than sets of attributes behind it: few are left of the
    records with one of the most frequent attributes, however many these are.
    """
    attributes, sizes = measured.records.shape
    sets = np.array([[count_ways(attributes - 1 - a, s) for s in range(sizes)] for a in range(attributes)])
    return np.asarray(np.minimum(measured.records, sets) @ np.arange(1, sizes + 1), np.float64)


@dataclass(frozen=True)
class _Split:
    """How the work behind a prefix is divided: `further` attributes become prefixes themselves.

    `largest`: cells of the largest unit's records after joining; `cells`: the most of all units, as shuffled.
    """

    units: list[Unit]
    further: list[int]
    largest: float
    cells: float


def _split(prefix: Prefix, measured: Measured, limits: Limits, unit_cost: float) -> _Split:
    remaining = limits.max_length - len(prefix)
    attributes, sizes = measured.records.shape
    if remaining == 1:
        return _Split([Unit(prefix, 0, attributes, alone=True)], [], attributes, attributes)
    cost = expected_cost(measured, remaining)
    cells = distinct_cells(measured)
    extensible = measured.records[:, 1:].any(axis=1)
    heavy = extensible & ((cost > HEAVY * unit_cost) | (cells > HEAVY * limits.unit_cells))
    units: list[Unit] = []
    low, spent, held, largest = 0, 0.0, 0.0, 0.0
    present = np.flatnonzero(measured.records.any(axis=1))
    for attribute in present.tolist():
        enough = spent + cost[attribute] / 2 > unit_cost  # the place nearest to where a unit should end
        full = held + cells[attribute] > limits.unit_cells
        if held and (enough or full or heavy[attribute]):
            units.append(Unit(prefix, low, attribute))
            low, spent, held = attribute, spent - unit_cost if enough else 0.0, 0.0
        if heavy[attribute]:
            units.append(Unit(prefix, attribute, attribute + 1, alone=True))
            low = attribute + 1
            continue
        spent, held = spent + cost[attribute], held + max(cells[attribute], 1.0)
        largest = max(largest, held)
    if held:
        units.append(Unit(prefix, low, attributes))
    travelling = measured.records[~heavy] @ np.arange(1, sizes + 1)
    return _Split(units, np.flatnonzero(heavy).tolist(), largest, float(travelling.sum() + heavy.sum()))
