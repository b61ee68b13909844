"""Split the counting into many units of about equal cost, from counts that are already known.

A unit of work is a range of attributes: all frequent combinations whose lowest attribute lies in it, counted over the
records that hold such an attribute, cut to what comes behind it. The ranges partition the combinations, so nothing has
to be merged afterwards. An attribute that alone costs more than a unit is split once more, by the second attribute.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.cases.records import Longs

UNIT_COST = 4_000_000
"""Extensions a unit should look at: about 0.1 s of one core, well above the cost of a task's start."""

MOST_UNITS = 4_096


@dataclass(frozen=True)
class Unit:
    """Count the combinations `prefix` + (lowest attribute in [low, high)) + ...; `prefix` has no or one attribute."""

    prefix: tuple[int, ...]
    low: int
    high: int


@dataclass(frozen=True)
class CountingPlan:
    """How one counting job will run.

    Attributes:
        units: the units of work; their order is their number.
        attributes: number of attributes.
        threshold: smallest count that is kept.
        max_length: largest number of attributes in a combination.
        weights: subjects that hold each attribute. Shape (attributes,).
        cost: extensions to look at in all, before pruning; the unit of the plan.
    """

    units: tuple[Unit, ...]
    attributes: int
    threshold: int
    max_length: int
    weights: Longs
    cost: float


def plan_units(
    behind: Longs, weights: Longs, subjects: int, limits: tuple[int, int], unit_cost: float = UNIT_COST
) -> CountingPlan:
    """Cut the attributes into units of about `unit_cost`.

    Args:
        behind: behind[a, s] is the number of records that hold attribute a with s attributes behind it.
            Shape (attributes, longest record).
        weights: subjects that hold each attribute. Shape (attributes,).
        subjects: number of subjects.
        limits: (threshold, max_length).
        unit_cost: extensions a unit may look at.

    Returns:
        The plan; a record of s attributes behind its first one has sum over j < max_length of C(s, j) extensions.
    """
    threshold, max_length = limits
    cost = behind @ _extensions(behind.shape[1], max_length)
    unit_cost = max(unit_cost, float(cost.sum()) / MOST_UNITS)
    units: list[Unit] = []
    low, spent = 0, 0.0
    for attribute in range(len(weights)):
        if cost[attribute] > 1.5 * unit_cost and max_length > 1:
            if low < attribute:
                units.append(Unit((), low, attribute))
            share = min(1.0, weights[attribute] / max(1, subjects))
            second = share * (behind @ _extensions(behind.shape[1], max_length - 1))
            units.extend(Unit((attribute,), a, b) for a, b in _ranges(second, attribute + 1, unit_cost))
            low, spent = attribute + 1, 0.0
            continue
        if spent + cost[attribute] > unit_cost and low < attribute:
            units.append(Unit((), low, attribute))
            low, spent = attribute, 0.0
        spent += cost[attribute]
    if low < len(weights):
        units.append(Unit((), low, len(weights)))
    return CountingPlan(tuple(units), len(weights), threshold, max_length, weights, float(cost.sum()))


def _ranges(cost: npt.NDArray[np.float64], start: int, unit_cost: float) -> list[tuple[int, int]]:
    if start >= len(cost):
        return []
    number = (np.cumsum(cost[start:]) // unit_cost).astype(np.int64)
    edges = start + np.concatenate([[0], 1 + np.flatnonzero(np.diff(number)), [len(number)]])
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges)]


def _extensions(sizes: int, max_length: int) -> npt.NDArray[np.float64]:
    """For s = 0, 1, .. attributes behind a prefix: in how many ways it extends to at most max_length attributes."""
    return np.array([float(sum(math.comb(s, j) for j in range(1, max_length))) for s in range(sizes)])
