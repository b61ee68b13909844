from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ctdc_spark.records import records as module
from ctdc_spark.records.records import Records, mix64, narrow
from tests.oracles.random_records import random_records


def as_counter(records: Records) -> Counter[tuple[int, ...]]:
    counted: Counter[tuple[int, ...]] = Counter()
    for i, weight in enumerate(records.weights.tolist()):
        counted[tuple(records.attributes[records.offsets[i] : records.offsets[i + 1]].tolist())] += weight
    return counted


@pytest.mark.parametrize("seed", range(30))
def test_distinct_adds_weights_of_identical_records(seed: int) -> None:
    records, _ = random_records(seed)
    distinct = records.distinct()
    assert as_counter(distinct) == as_counter(records)
    assert len(distinct) == len(as_counter(records))


@pytest.mark.parametrize("seed", range(10))
def test_distinct_is_exact_when_hashes_collide(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    records, _ = random_records(seed)
    monkeypatch.setattr(module, "mix64", lambda words: np.ones_like(words))
    assert as_counter(records.distinct()) == as_counter(records)


@pytest.mark.parametrize("seed", range(10))
def test_distinct_order_does_not_depend_on_the_order_of_records(seed: int) -> None:
    records, _ = random_records(seed)
    shuffled = records.take(np.random.default_rng(seed).permutation(len(records)))
    assert shuffled.distinct().attributes.tolist() == records.distinct().attributes.tolist()
    assert shuffled.distinct().weights.tolist() == records.distinct().weights.tolist()


def make_records(number: int, kinds: int) -> Records:
    """Records of five attributes each, of a number of different kinds."""
    of_kind = np.random.default_rng(kinds).integers(0, 1 << 20, (kinds, 5)).cumsum(axis=1)
    chosen = of_kind[np.arange(number) % kinds].astype(np.int32)
    return Records(chosen.ravel(), np.arange(number + 1) * 5, np.ones(number, np.int64))


@pytest.mark.parametrize(("kinds", "left"), [(100, 100), (5_000, 5_000), (7_000, 7_000), (9_500, 10_000)])
def test_condensing_merges_only_where_many_records_are_alike(kinds: int, left: int) -> None:
    records = make_records(10_000, kinds)
    condensed = records.condense()
    assert len(condensed) == left
    assert as_counter(condensed) == as_counter(records)


@pytest.mark.parametrize(
    ("numbers", "size"), [([], 1), ([0, 255], 1), ([256], 2), ([70_000], 4), ([1 << 40, 3], 8), ([-1, 3], 8)]
)
def test_narrowed_numbers_are_the_same_in_fewer_bytes(numbers: list[int], size: int) -> None:
    narrowed = narrow(np.array(numbers, np.int64))
    assert narrowed.tolist() == numbers
    assert narrowed.dtype.itemsize == size


def test_arrow_round_trip() -> None:
    import pyarrow as pa

    records = Records.from_lists([[1, 3], [], [0]], [2, 1, 5])
    again = Records.from_arrow(records.to_arrow(), pa.array(records.weights))
    assert as_counter(again) == as_counter(records)


def test_mix64_is_pinned() -> None:
    # SplitMix64's first output for seed 0 (reference implementation by S. Vigna)
    assert int(mix64(np.zeros(1, np.uint64))[0]) == 0xE220A8397B1DCDAF
