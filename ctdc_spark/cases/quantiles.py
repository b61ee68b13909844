"""Quantiles of numbers that are published as edges of bins: from protected counts alone.

Candidates are the numbers of two significant digits (... 9.9, 10, 11, ... 99, 100, 110, ...), whatever the data. For
each it is known how many subjects have a number below it, rounded down to a multiple of the precision, or nothing if
that is below k. A quantile is the candidate at which this count comes closest to the share that it stands for. So one
more person changes an edge only if a protected count of subjects below a round number changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.records.records import Longs

Doubles = npt.NDArray[np.float64]

LARGEST_POWER = 307
"""Of ten; all two-digit numbers up to it fit into a double."""

COUNTED = "place int, below int, subjects bigint"
"""Subjects of a column whose number lies below this candidate, and not below the one before."""


@lru_cache(maxsize=1)
def list_candidates() -> Doubles:
    """All numbers of two significant digits, ascending, and 0."""
    powers = range(-LARGEST_POWER, LARGEST_POWER)
    positive = np.array([float(f"{digits}e{power - 1}") for power in powers for digits in range(10, 100)])
    return np.concatenate([-positive[::-1], [0.0], positive])


def middle_number(number: Column) -> Column:
    """An aggregate over the rows of a subject: between the least and the greatest of its numbers; null if none."""
    return F.min(number) / 2 + F.max(number) / 2


def find_quantiles(
    numbers: DataFrame, shares: Mapping[str, Sequence[float]], resolution: tuple[int, int]
) -> dict[str, list[float]]:
    """The quantiles of each column, in the order of their shares; none where fewer than k subjects have a number.

    Args:
        numbers: a double column for each key of `shares`, finite or null; one row per subject.
        shares: which quantiles of each column, above 0 and below 1. What is collected is bounded by the number of
            candidates.
        resolution: threshold and precision.
    """
    counted = numbers.select(*shares).mapInArrow(count_below, COUNTED)
    found: dict[int, list[tuple[int, int]]] = {place: [] for place in range(len(shares))}
    for row in counted.groupBy("place", "below").agg(F.sum("subjects").alias("subjects")).collect():
        found[row["place"]].append((row["below"], row["subjects"]))
    return {
        column: choose_quantiles(found[place], of_column, resolution)
        for place, (column, of_column) in enumerate(shares.items())
    }


def count_below(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield COUNTED of each batch of double columns. Pure kernel."""
    candidates = list_candidates()
    for batch in batches:
        for place, column in enumerate(batch.columns):
            number = np.asarray(column.drop_null()).astype(np.float64)
            below, subjects = np.unique(np.searchsorted(candidates, number, side="right"), return_counts=True)
            columns = [pa.array(np.full(len(below), place, np.int32)), pa.array(below.astype(np.int32))]
            columns.append(pa.array(subjects.astype(np.int64)))
            yield pa.record_batch(columns, names=["place", "below", "subjects"])


def choose_quantiles(
    counted: Sequence[tuple[int, int]], shares: Sequence[float], resolution: tuple[int, int]
) -> list[float]:
    """The candidate for each share.

    Args:
        counted: (candidate, subjects) as in COUNTED, of one column.
        shares: of the subjects that have a number.
        resolution: threshold and precision.

    Example:
        >>> below_31, below_41 = (int(np.searchsorted(list_candidates(), number)) for number in (31, 41))
        >>> choose_quantiles([(below_31, 50), (below_41, 50)], [0.5], (10, 10))
        [31.0]
    """
    below, subjects = (np.array(part, np.int64) for part in zip(*sorted(counted), strict=True)) if counted else _NOBODY
    known = _protect(np.cumsum(subjects), resolution)
    if not len(known) or not known[-1]:
        return []
    return [_choose(below, known, share, resolution[1]) for share in shares]


_NOBODY: tuple[Longs, Longs] = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _protect(counts: Longs, resolution: tuple[int, int]) -> Longs:
    threshold, precision = resolution
    rounded = counts // precision * precision
    return np.where(rounded >= threshold, rounded, 0)


def _choose(below: Longs, known: Longs, share: float, precision: int) -> float:
    """The candidate where a protected count reaches the share, or the one before it, whichever is nearer.

    A protected count is taken as the middle of the range that it stands for. Never a candidate below which nobody is
    known to be, nor one below which all are: that edge would divide nothing.
    """
    half = (precision - 1) / 2
    wanted = share * (known[-1] + half)
    at = int(np.flatnonzero((known > 0) & ((known + half >= wanted) | (known == known[-1])))[0])
    candidates = list_candidates()
    above, before = min(int(below[at]), len(candidates) - 1), int(below[at]) - 1
    known_before = int(known[at - 1]) if at else 0
    divides = 0 < int(known[at]) < int(known[-1])
    is_nearer = int(known[at]) + half - wanted < wanted - (known_before + half)
    return float(candidates[above if divides and (is_nearer or not known_before) else max(before, 0)])
