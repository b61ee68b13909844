"""Edges from protected counts: close to true quantiles, and not a function of anything finer."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.cases.quantiles import choose_quantiles, count_below, list_candidates
from tests.seeds import seeds

K = 10


def quantiles(numbers: list[float], shares: list[float], resolution: tuple[int, int] = (K, K)) -> list[float]:
    batches = [pa.record_batch([pa.array(part, pa.float64())], names=["c0"]) for part in np.array_split(numbers, 3)]
    counted: dict[int, int] = {}
    for batch in count_below(batches):
        for row in batch.to_pylist():
            counted[row["below"]] = counted.get(row["below"], 0) + row["subjects"]
    return choose_quantiles(list(counted.items()), shares, resolution)


def protected_below(numbers: list[float]) -> list[int]:
    """What may be known: for every candidate, the protected number of people below it."""
    below = np.searchsorted(np.sort(numbers), list_candidates(), side="left")
    return [int(n) for n in below // K * K]


def test_candidates_have_two_digits_and_are_all_there() -> None:
    candidates = list_candidates()
    assert (np.diff(candidates) > 0).all()
    digits = {len(Decimal(repr(float(n))).normalize().as_tuple().digits) for n in candidates.tolist()}
    assert digits <= {1, 2}
    assert {0.0, 0.0012, 9.9, 10.0, 99.0, 100.0, 110.0, -47.0} <= set(candidates.tolist())


def test_ranges_are_about_even() -> None:
    rng = np.random.default_rng(1)
    for numbers in (rng.lognormal(8, 1, 5_000), rng.normal(0, 50, 5_000), rng.integers(0, 90, 5_000).astype(float)):
        edges = quantiles(numbers.tolist(), [0.25, 0.5, 0.75])
        shares = np.histogram(numbers, [-np.inf, *edges, np.inf])[0] / len(numbers)
        assert shares == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("seed", seeds(40, in_gate=10))  # ten: as many remainders by K
def test_one_person_more_changes_nothing_unless_a_protected_count_changes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers = np.round(rng.lognormal(3, 1, 95 + seed), 2).tolist()
    before, shares = protected_below(numbers), [i / 10 for i in range(1, 10)]
    same = 0
    for more in np.round(rng.lognormal(3, 2, 30), 2).tolist():
        if protected_below([*numbers, more]) == before:
            same += 1
            assert quantiles([*numbers, more], shares) == quantiles(numbers, shares)
    assert same or len(numbers) % K == K - 1


def test_an_edge_has_people_on_both_sides_where_numbers_differ() -> None:
    assert quantiles([1.0] * 60 + [2.0] * 40, [0.1, 0.5, 0.9]) == [1.1, 1.1, 2.0]
    assert quantiles([5.0] * 50, [0.5]) == [5.0]
    assert quantiles([5.0] * 9, [0.5]) == []
    assert quantiles([], [0.5]) == []
