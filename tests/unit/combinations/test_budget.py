from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest

from ctdc_spark.combinations import budget as module
from ctdc_spark.combinations.budget import check_budget
from ctdc_spark.combinations.kernel import count_frequent
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.errors import DataError
from ctdc_spark.records.records import Longs, Records
from tests.unit.combinations.test_plan import measure


def correlated_records(rows: int = 4000, columns: int = 12) -> Records:
    rng = np.random.default_rng(5)
    profile = rng.integers(0, 6, rows)
    values = np.where(rng.random((rows, columns)) < 0.8, profile[:, None] % 4, rng.integers(0, 4, (rows, columns)))
    return Records.from_lists((np.arange(columns) * 4 + values).tolist()).distinct()


def count_by_length(records: Records, limits: Limits, lowest: Sequence[int] | None = None) -> Longs:
    found = np.zeros(limits.max_length, np.int64)
    for first in [None] if lowest is None else [(a, a + 1) for a in lowest]:
        for block in count_frequent(records, limits.threshold, limits.max_length, first):
            found[block.combinations.shape[1] - 1] += len(block.counts)
    return found


def test_what_fits_by_its_bounds_is_not_counted_at_all() -> None:
    records = correlated_records()

    def refuse(lowest: Sequence[int], limits: Limits) -> Longs:
        raise AssertionError("nothing should be sampled")

    check_budget(measure(records, [()])[()], Limits(10, 2), 10_000, refuse)


def test_too_many_combinations_are_refused_with_an_estimate_and_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    records, limits = correlated_records(), Limits(10, 5)
    true = count_by_length(records, limits)
    monkeypatch.setattr(module, "SAMPLE_COST", 400_000)
    allowed = int(true[:3].sum() * 1.6)
    assert allowed < true.sum()
    with pytest.raises(DataError, match=r"reporting_length: .* allowed: [\d,]+ \(max_combinations\)") as caught:
        check_budget(measure(records, [()])[()], limits, allowed, lambda a, lim: count_by_length(records, lim, a))
    text = str(caught.value)
    assert "the largest reporting_length that fits is 3" in text
    (estimate,) = (int(n.replace(",", "")) for n in re.findall(r"found about ([\d,]+)", text))
    assert true.sum() / 2 < estimate < true.sum() * 2


def test_an_estimate_that_fits_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    records, limits = correlated_records(), Limits(10, 5)
    monkeypatch.setattr(module, "SAMPLE_COST", 400_000)
    sampled: list[int] = []

    def count(lowest: Sequence[int], asked: Limits) -> Longs:
        sampled.extend(lowest)
        return count_by_length(records, asked, lowest)

    check_budget(measure(records, [()])[()], limits, int(count_by_length(records, limits).sum() * 1.7), count)
    assert 0 < len(set(sampled)) < 48


def test_hopeless_lengths_are_refused_without_counting_them() -> None:
    rows = [list(range(60)) for _ in range(20)]
    for row in rows:
        row.remove(int(np.random.default_rng(len(row)).integers(60)))
    records = Records.from_lists(rows)
    counted: list[int] = []

    def count(lowest: Sequence[int], limits: Limits) -> Longs:
        counted.append(limits.max_length)
        return count_by_length(records, limits, lowest)

    with pytest.raises(DataError, match=r"found about [^;]* combinations of up to 59 attributes;"):
        check_budget(measure(records, [()])[()], Limits(10, 59), 1_000_000, count)
    assert all(length < 10 for length in counted)
