"""What a page must say of a combination, by brute force: an actual count first, bounds, an estimate with its range."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

from ctdc_spark.explorer.intervals import Intervals, learn_intervals
from tests.oracles.explorer_sample import Row, Sample

Pair = tuple[str, str]


@dataclass(frozen=True)
class Known:
    """A figure as a page shows it: `value` None if there is none; the truth lies between `low` and `high`."""

    kind: str
    value: int | None
    low: int
    high: int


@lru_cache
def _intervals(sample: Sample) -> Intervals:
    return learn_intervals(sample.data)


def read_known(sample: Sample, combination: Row) -> Known:
    """The figure of a combination on the page of a sample, whose counts a group size protects."""
    release = sample.data.release
    step, k, length = release.precision - 1, release.threshold, release.length
    if not combination:
        assert release.subjects is not None
        return Known("actual", release.subjects, release.subjects, release.subjects + step)
    parts = [
        frozenset(part)
        for size in range(1, min(len(combination), length) + 1)
        for part in itertools.combinations(sorted(combination), size)
    ]
    most = min(sample.actual[part] + step if part in sample.actual else k - 1 for part in parts)
    if len(combination) <= length:
        count = sample.actual.get(combination)
        return Known("withheld", None, 0, most) if count is None else Known("actual", count, count, most)
    if most < k:
        return Known("withheld", None, 0, most)
    synthetic = sample.estimate(set(combination))
    if synthetic == 0:
        return Known("uncounted", None, 0, most)
    found = _intervals(sample).read(synthetic, len(combination), most)
    return Known("estimate", min(max(synthetic, found.low), found.high), found.low, found.high)
