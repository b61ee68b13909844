"""What the synthetic counts should be, from protected counts alone, and what a deviation costs.

A protected count p means that the true one lies in [p, p + precision). Aiming at p itself would shrink every
combination; aiming at the true count would reveal it. The target is the *expected* true count given only what is
published: within its bucket, the density of counts is taken to be exponential, with the slope seen in the published
numbers of combinations in the neighbouring buckets (small counts are usually more numerous, so the expectation lies
below the middle of the bucket).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ctdc_spark.synthesis.calibrated.lattice import EMPTY, Lattice

Doubles: TypeAlias = npt.NDArray[np.float64]
Counts: TypeAlias = "npt.NDArray[np.integer] | npt.NDArray[np.floating]"

WINDOW_GROWTH = 1.5
"""Buckets are joined into windows that widen by this factor: smooth enough for a slope, narrow enough to follow it."""


@dataclass(frozen=True)
class Prices:
    """How errors are weighed against each other; one set for all data.

    Attributes:
        absolute: weight of the absolute error relative to the relative one. Either alone can be gamed.
        by_length: weight of combinations of length 1, 2, ...; the last applies to all longer ones.
        records: price of as many records as there are subjects, if no number of records is requested.
        excess: added to that for records beyond `room` times the number of subjects.
        room: records per subject that cost no more than `records`.
        asked_records: price of a relative deviation of 1 from the requested number of records.
        presence: how much more the first copy of a combination counts, as a share of its relative error: at first, and
            at most. Training raises it while too few combinations are present.
        enough_present: the price is high enough when this share is present, at the length where most are missing.
    """

    absolute: float = 0.66
    by_length: tuple[float, ...] = (3.0, 0.7, 1.0)
    records: float = 0.003
    excess: float = 0.0
    room: float = 1.04
    asked_records: float = 20.0
    presence: tuple[float, float] = (0.05, 0.4)
    enough_present: float = 0.7


def choose_prices(guarantee: str | int) -> Prices:
    """The weights of a guarantee; none depends on the data.

    If combinations need be frequent only up to a length, records can be nearly as long as the subjects' own. Then as
    many records as subjects are enough, and pairs are the hardest to fit.
    """
    return Prices(absolute=0.3, by_length=(5.0, 1.2, 1.0), excess=1.6) if isinstance(guarantee, int) else Prices()


@dataclass(frozen=True)
class Objective:
    """The sum of the costs of combinations, each a function of its synthetic count with a kink at its target.

    All arrays have one entry for each combination of a lattice, the empty one (the number of records) first.

    Attributes:
        target: the count aimed at.
        over: cost of each copy above the target; not negative.
        under: cost of each copy below it; may be negative, down to -over, where fewer are better anyway.
        absence: cost added where there is no copy, falling to zero at the first.
    """

    target: Doubles
    over: Doubles
    under: Doubles
    absence: Doubles

    def each(self, synthetic: Counts) -> Doubles:
        """What each combination contributes. Shape (combinations,)."""
        difference = synthetic - self.target
        found: Doubles = np.where(difference > 0, self.over, -self.under) * difference
        found += np.maximum(0.0, 1.0 - synthetic) * self.absence
        return found

    def with_presence(self, factor: float) -> Objective:
        """The same with absence `factor` times as expensive."""
        return replace(self, absence=self.absence * factor)

    def value(self, synthetic: Counts) -> float:
        """The objective at these synthetic counts."""
        return float(self.each(synthetic).sum())


def expect_counts(protected: npt.NDArray[np.integer], precision: int) -> Doubles:
    """The expected true counts given protected counts of combinations of one length.

    Args:
        protected: multiples of precision. Shape (combinations,).
        precision: width of a bucket.

    Returns:
        Values in [p, p + precision - 1]. Shape (combinations,).
    """
    if precision == 1 or not len(protected):
        return protected.astype(np.float64)
    buckets, inverse, sizes = np.unique(protected // precision, return_inverse=True, return_counts=True)
    rate = _slopes(buckets.astype(np.int64), sizes)[:, None] / precision
    within = np.arange(precision)[None, :]
    density = np.exp(rate * within)
    offset = (density * within).sum(axis=1) / density.sum(axis=1)
    found: Doubles = protected + offset[inverse.ravel()]
    return found


def _slopes(buckets: npt.NDArray[np.int64], sizes: npt.NDArray[np.integer]) -> Doubles:
    """Change of the logarithm of the density from one bucket to the next, at each bucket; between -2 and 0."""
    first, last = int(buckets[0]), int(buckets[-1])
    if not first:
        return np.zeros(len(buckets))
    steps = 2 + math.ceil(math.log(last / first, WINDOW_GROWTH))  # one edge beyond the last bucket suffices
    widening = np.ceil(first * WINDOW_GROWTH ** np.arange(1, steps + 1)).astype(np.int64)
    edges = np.unique(np.append(widening, first))
    edges = edges[: np.searchsorted(edges, last, side="right") + 1]
    if len(edges) < 3:
        return np.zeros(len(buckets))
    window = np.searchsorted(edges, buckets, side="right") - 1
    totals = np.bincount(window, sizes, minlength=len(edges) - 1) + 0.5  # no window is empty: its logarithm is taken
    slopes = np.gradient(np.log(totals / np.diff(edges)), (edges[1:] + edges[:-1]) / 2)
    found: Doubles = np.clip(slopes, -2.0, 0.0)[window]
    return found


def make_objective(lattice: Lattice, target: Doubles, prices: Prices, records: int | None = None) -> Objective:
    """The objective, composed of each length's mean relative and mean absolute error.

    For length l with F combinations and targets t, a deviation of one costs
    weight_l * (1 / (F t) + absolute / sum of t): the mean relative error plus `absolute` times the mean absolute error
    over the mean target. Combinations without a target (0) cost nothing: they only limit what may be a record.

    Args:
        lattice: the combinations.
        target: expected count of each, the number of subjects first.
        prices: weights.
        records: the requested number of records; None: whatever fits best.
    """
    cost = np.zeros(len(lattice))
    absence = np.zeros(len(lattice))
    aims = target.copy()
    for length in range(1, lattice.max_length + 1):
        mine = np.flatnonzero((lattice.length == length) & (target > 0))
        if len(mine):
            weight = prices.by_length[min(length, len(prices.by_length)) - 1]
            cost[mine] = weight * (1 / (len(mine) * target[mine]) + prices.absolute / target[mine].sum())
            absence[mine] = prices.presence[0] * weight / len(mine)
    under = cost.copy()
    if records is None:
        aims[EMPTY] = target[EMPTY] * prices.room
        cost[EMPTY] = (prices.records + prices.excess) / target[EMPTY]
        under[EMPTY] = -prices.records / target[EMPTY]
    else:
        aims[EMPTY] = records
        cost[EMPTY] = under[EMPTY] = prices.asked_records / records
    return Objective(aims, cost, under, absence)
