"""The one rule of every figure, "actual first", in Python: what a release's page says of a combination.

An actual count where one is published; else what is certain (a part of the combination that is withheld); else an
estimate from the synthetic records with the interval in which such estimates usually lie. The page computes the same in
`page_parts/data/quantity.js`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ctdc_spark.explorer.intervals import Intervals, learn_intervals

if TYPE_CHECKING:
    from ctdc_spark.explorer.data import PageData

DEVIATIONS_95 = 1.96
"""Standard deviations within which 95 % of a normal distribution lie."""
MOST_PARTS = 600
"""More parts of a combination than this are not looked at for bounds."""


@dataclass(frozen=True)
class Quantity:
    """How many subjects hold a combination, as far as the published tables tell.

    Attributes:
        kind: `actual`, `estimate`, `withheld` (fewer than k, or none) or `uncounted` (neither counted nor in the
            synthetic records).
        value: The figure; None if there is none.
        low: The number lies between this,
        high: and this: usually for an estimate, otherwise always, under noise in 95 % of cases.
        grade: Of an estimate: `good`, `rough` or `useless`; `good` for all others that are counted.
        synthetic: How many synthetic records hold it; None where that was not needed.
    """

    kind: str
    value: int | None
    low: int
    high: int
    grade: str
    synthetic: int | None = None


class Quantities:
    """The figures of one page.

    Args:
        data: What the page shows.
    """

    def __init__(self, data: PageData) -> None:
        self._data, self._reach = data, len(data.reported)
        self._noisy = data.release.noisy
        self._margins = {
            metric.length: math.ceil(DEVIATIONS_95 * metric.value)
            for metric in data.metrics
            if metric.metric == "noise_scale" and metric.length is not None and metric.value is not None
        }

    @cached_property
    def intervals(self) -> Intervals:
        """Within which range estimates lie."""
        return learn_intervals(self._data)

    def read(self, combination: Sequence[int]) -> Quantity:
        """The figure of a combination of attribute ids; none for all subjects."""
        ids = sorted(set(combination))
        release = self._data.release
        bound = self._bound(ids)
        if len(ids) <= self._reach or not ids:
            actual = self._find(ids) if ids else release.subjects
            return self._read_count(actual, len(ids), bound)
        if not self._noisy and bound < release.threshold:
            return Quantity("withheld", None, 0, int(bound), "good")
        synthetic = self.count_synthetic(ids)
        if synthetic == 0:
            return Quantity("uncounted", None, 0, int(min(bound, 2**53)), "useless", 0)
        found = self.intervals.read(synthetic, len(ids), int(min(bound, 2**53)))
        value = min(max(synthetic, found.low), found.high)
        return Quantity("estimate", value, found.low, found.high, found.grade, synthetic)

    def count_synthetic(self, combination: Sequence[int]) -> int:
        """How many synthetic records hold a combination, scaled up if the page has a sample of them."""
        records = self._data.records
        shown = int(records.weights.sum())
        if not shown:
            return 0
        held = np.isin(records.attributes, np.asarray(combination, np.int64))
        record = np.repeat(np.arange(len(records)), records.lengths)
        number = np.bincount(record[held], minlength=len(records))
        count = int(records.weights[number == len(combination)].sum())
        # half up, as the page's script rounds
        return math.floor(count * (self._data.release.records / shown) + 0.5)

    def _read_count(self, actual: int | None, length: int, bound: float) -> Quantity:
        if actual is None:
            return Quantity("withheld", None, 0, int(min(self._high(None, length), bound)), "good")
        low = max(0, actual - self._margin(length)) if self._noisy else actual
        high = max(actual, int(min(self._high(actual, length), bound)))
        return Quantity("actual", actual, low, high, "good")

    def _margin(self, length: int) -> int:
        return self._margins.get(length or 1, 0)  # the number of subjects: as noisy as single attributes

    def _high(self, actual: int | None, length: int) -> int:
        """The most subjects that a published count, or its absence, allows."""
        release = self._data.release
        margin = self._margin(length) if self._noisy else 0
        if actual is None:
            return release.threshold - 1 + margin
        return actual + (margin if self._noisy else release.precision - 1)

    def _bound(self, ids: Sequence[int]) -> float:
        """The most subjects that the counts of its parts allow; see the page's `boundOf`."""
        subjects = self._data.release.subjects
        bound: float = self._high(subjects, 0) if ids and subjects is not None else math.inf
        if len(ids) <= self._reach:
            sizes = list(range(1, len(ids)))
        else:
            size = self._reach
            while size > 1 and math.comb(len(ids), size) > MOST_PARTS:
                size -= 1
            sizes = [size] if size else []
        for size in sizes:
            for part in itertools.combinations(ids, size):
                bound = min(bound, self._high(self._find(part), size))
        return bound

    def _find(self, combination: Sequence[int]) -> int | None:
        """The published count of an ascending combination, by bisection in the sorted ones."""
        block = self._data.reported[len(combination) - 1]
        low, high = 0, len(block.actual)
        for position, attribute in enumerate(combination):
            column = block.combinations[low:high, position]
            low, high = (low + int(np.searchsorted(column, attribute, side)) for side in ("left", "right"))
            if low == high:
                return None
        return int(block.actual[low])
