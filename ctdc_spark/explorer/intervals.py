"""Within which range an estimate usually lies, learnt from the combinations that have both numbers.

For every reported combination there are the actual count and the number of synthetic records that hold it. Within each
length, and each class of that number (a factor of two wide), the 10th and the 90th percentile of their ratio give the
interval of an estimate of that size. Where the cross-check finds more or fewer than four in five actual counts inside,
another pair of percentiles of that length is taken. An actual count stands for several numbers of subjects: the low end
is learnt from the smallest of them, the high end from the largest.

Longer combinations than those counted have no actual counts to learn from: their ratios are continued, class by class,
as they changed over the last two lengths, and are marked as such. All of this follows from published tables alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ctdc_spark.explorer.data import PageData, Reported

Floats = npt.NDArray[np.float64]

TAILS = (0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18)
"""Shares left out at either end; the one whose cross-check comes closest to COVERED is used."""
USUAL_TAIL = 0.1
COVERED = 0.8
PARTS = 3
"""Each third of the combinations is checked by what the other two teach."""
LEAST_IN_CLASS = 40
"""A class with fewer combinations joins the one below: percentiles of fewer say little."""
MOST_LEARNT = 100_000
"""Of more combinations of a length than this, so many are learnt from: percentiles need no more."""
LEAST_TO_CHECK = 120
"""With fewer combinations of a length the usual tails are taken and no share is stated."""
LEAST_DRIFT = 0.02
"""Past the counted lengths either end moves outwards by at least this share with each attribute: records may be fitted
to all that was counted, so that its errors tell little of what was not. Measured: benchmarks/results/intervals.md."""
BEYOND = 6
"""How many lengths past those counted are extrapolated; longer ones are read like the last."""
GOOD, ROUGH = 1.5, 5.0
"""An estimate is good if the ends of its interval differ by no more than this factor, rough up to the second, and
not to be used beyond."""


@dataclass(frozen=True)
class SizeClass:
    """One class of estimates.

    Attributes:
        start: The smallest number of synthetic records it holds.
        low: 10th percentile of actual count / synthetic records; so the interval's low end is that times an estimate.
        high: 90th percentile.
        learnt: From how many combinations; 0 where extrapolated.
    """

    start: int
    low: float
    high: float
    learnt: int


@dataclass(frozen=True)
class LengthIntervals:
    """The intervals of combinations of one length.

    Attributes:
        classes: Ascending by `start`; the first also holds smaller numbers, the last larger ones.
        extrapolated: Whether the length has no actual counts.
        checked: Of the combinations kept out of the learning, the share whose actual count lay inside; None if there
            were too few, or none.
    """

    classes: tuple[SizeClass, ...]
    extrapolated: bool
    checked: float | None


@dataclass(frozen=True)
class Interval:
    """Where the number of subjects usually lies, and how far that can be relied on: `good`, `rough`, `useless`."""

    low: int
    high: int
    grade: str


@dataclass(frozen=True)
class Intervals:
    """The intervals of all lengths, 1 first; none if nothing was reported.

    Attributes:
        lengths: By length.
        floor: No estimate's interval begins below this: under a guarantee of group size a combination in the
            synthetic records is held by at least so many subjects.
    """

    lengths: tuple[LengthIntervals, ...]
    floor: int

    def read(self, synthetic: int, length: int, bound: int | None = None) -> Interval:
        """The interval of an estimate.

        Args:
            synthetic: How many synthetic records hold the combination; above 0.
            length: Its number of attributes.
            bound: The most subjects there can be, if known.
        """
        most = bound if bound is not None else 2**53
        if not self.lengths:
            return Interval(0, most, "useless")
        classes = self.lengths[min(length, len(self.lengths)) - 1].classes
        at = max(0, sum(found.start <= synthetic for found in classes) - 1)
        # An interval that reaches past the bound begins at the latest half its width (in factors) below it.
        latest = most / math.sqrt(classes[at].high / max(classes[at].low, 1e-6))
        high = min(most, max(self.floor, math.ceil(synthetic * classes[at].high)))
        low = min(high, max(self.floor, math.floor(min(synthetic * classes[at].low, latest))))
        apart = high / max(1, low)
        return Interval(low, high, "good" if apart <= GOOD else "rough" if apart <= ROUGH else "useless")


def learn_intervals(data: PageData) -> Intervals:
    """Learn the intervals of a page from its own combinations; see the module."""
    release = data.release
    noisy = release.noisy
    learnt = []
    for block in data.reported:
        found = _learn_length(block, 0 if noisy else release.precision - 1)
        if found is None:
            break  # the parts of a reported combination are reported too, so longer ones have none either
        learnt.append(found)
    floor = release.threshold if not noisy and release.guarantee == "strict" else 0
    return Intervals((*learnt, *_extrapolate(learnt)), floor)


@dataclass(frozen=True)
class _Pairs:
    """Combinations with both numbers: an actual count stands for `least` to `most` subjects. Shapes (m,)."""

    synthetic: Floats
    least: Floats
    most: Floats

    def where(self, chosen: npt.NDArray[np.bool_]) -> _Pairs:
        return _Pairs(self.synthetic[chosen], self.least[chosen], self.most[chosen])


def _learn_length(block: Reported, step: int) -> LengthIntervals | None:
    held = np.flatnonzero(block.estimated > 0)
    if not len(held):
        return None
    if len(held) > MOST_LEARNT:
        held = np.sort(np.random.default_rng(len(held)).choice(held, MOST_LEARNT, replace=False))
    least = block.actual[held].astype(np.float64)
    pairs = _Pairs(block.estimated[held].astype(np.float64), least, least + step)
    if len(least) < LEAST_TO_CHECK:
        return LengthIntervals(_learn_classes(pairs, USUAL_TAIL), False, None)
    part = np.random.default_rng(len(least)).integers(0, PARTS, len(least))
    shares = {tail: _cross_check(pairs, part, tail) for tail in TAILS}
    tail = min(TAILS, key=lambda candidate: (abs(shares[candidate] - COVERED), abs(candidate - USUAL_TAIL)))
    return LengthIntervals(_learn_classes(pairs, tail), False, round(shares[tail], 4))


def _cross_check(pairs: _Pairs, part: npt.NDArray[np.int64], tail: float) -> float:
    """The share inside, of combinations that the classes were not learnt from: each part by what the others teach."""
    shares = [
        _share_inside(_learn_classes(pairs.where(part != one), tail), pairs.where(part == one)) * np.mean(part == one)
        for one in np.unique(part)
    ]
    return float(sum(shares))


def _learn_classes(pairs: _Pairs, tail: float) -> tuple[SizeClass, ...]:
    """Classes of estimates, from the smallest numbers up, with percentiles of the ratio to either end of a count."""
    powers = np.floor(np.log2(pairs.synthetic)).astype(np.int64)
    classes = []
    for first, last in _group_powers(np.bincount(powers)):
        inside = pairs.where((powers >= first) & (powers <= last))
        low = float(np.quantile(inside.least / inside.synthetic, tail))
        high = float(np.quantile(inside.most / inside.synthetic, 1 - tail))
        classes.append(SizeClass(2**first, round(low, 4), round(high, 4), len(inside.least)))
    return tuple(classes)


def _group_powers(sizes: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    """Ranges of powers of two with at least LEAST_IN_CLASS combinations each, as long as there are so many in all."""
    groups: list[tuple[int, int]] = []
    first, number = -1, 0
    for power in np.flatnonzero(sizes).tolist():
        first = power if first < 0 else first
        number += int(sizes[power])
        if number >= LEAST_IN_CLASS:
            groups.append((first, power))
            first, number = -1, 0
    if first >= 0:
        groups[-1:] = [(groups[-1][0] if groups else first, len(sizes) - 1)]
    return groups


def _share_inside(classes: Sequence[SizeClass], pairs: _Pairs) -> float:
    """The share of combinations for which everything that the actual count stands for lies inside."""
    starts = np.array([found.start for found in classes])
    at = np.maximum(np.searchsorted(starts, pairs.synthetic, side="right") - 1, 0)
    low, high = (np.array([getattr(found, end) for found in classes])[at] for end in ("low", "high"))
    inside = (pairs.least >= np.floor(pairs.synthetic * low)) & (pairs.most <= np.ceil(pairs.synthetic * high))
    return float(inside.mean())


def _extrapolate(learnt: Sequence[LengthIntervals]) -> list[LengthIntervals]:
    """The lengths past the counted ones: each ratio changes as over the last two lengths, but always outwards."""
    if not learnt:
        return []
    last = learnt[-1].classes
    before = learnt[-2].classes if len(learnt) > 1 else last
    beyond = []
    for step in range(1, BEYOND + 1):
        classes = []
        for found in last:
            known = before[max(0, sum(other.start <= found.start for other in before) - 1)]
            low = found.low * min(1 - LEAST_DRIFT, found.low / max(known.low, 1e-6)) ** step
            high = found.high * max(1 + LEAST_DRIFT, found.high / max(known.high, 1e-6)) ** step
            classes.append(SizeClass(found.start, round(low, 4), round(high, 4), 0))
        beyond.append(LengthIntervals(tuple(classes), True, None))
    return beyond
