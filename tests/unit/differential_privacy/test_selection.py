from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ctdc_spark.differential_privacy import selection as subsets
from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.differential_privacy.measuring import LEFT_OUT, renumber
from ctdc_spark.differential_privacy.selection import MeasuredSubset, are_whole, choose_subsets, whole_subsets
from ctdc_spark.records.records import Records

SLOTS = Slots((3, 1, 4, 2, 5))


def count_sets(slots: Slots, attributes: tuple[int, ...], length: int) -> int:
    return sum(len({int(slots.slot_of[a]) for a in chosen}) == length for chosen in combinations(attributes, length))


@pytest.mark.parametrize("most", [1, 7, 40, 90, 200, 10_000])
def test_as_many_attributes_as_fit_are_measured_together_the_largest_first(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subsets, "MOST_CELLS", most)
    counts = np.random.default_rng(1).permutation(SLOTS.attributes) - 4  # noisy counts may be below 0
    chosen = choose_subsets(SLOTS, counts, [1, 2, 3])
    assert chosen[1].attributes == tuple(range(SLOTS.attributes))
    for length in (2, 3):
        kept = chosen[length].attributes
        assert count_sets(SLOTS, kept, length) == chosen[length].slots.count_cells(length) <= most
        left = sorted(set(range(SLOTS.attributes)) - set(kept), key=lambda a: -counts[a])
        if left:
            assert min(counts[list(kept)]) > counts[left[0]]
            assert count_sets(SLOTS, (*kept, left[0]), length) > most
    assert are_whole(SLOTS, [1, 2, 3]) == (chosen == whole_subsets(SLOTS, [1, 2, 3])) == (most == 10_000)


def test_a_subset_keeps_who_is_in_a_slot_together() -> None:
    subset = MeasuredSubset.of(SLOTS, [9, 0, 2, 5])
    assert subset.attributes == (0, 2, 5, 9)
    assert subset.slots == Slots((2, 1, 1))  # the second and the last slot have none


def test_records_keep_what_is_measured_under_its_number_in_the_part() -> None:
    draw = np.random.default_rng(2)
    rows = [sorted(draw.choice(15, draw.integers(0, 6), replace=False).tolist()) for _ in range(200)]
    weights = draw.integers(1, 9, 200).tolist()
    kept = [1, 4, 5, 11, 14]
    numbers = np.full(15, LEFT_OUT, np.int32)
    numbers[kept] = range(5)
    found = renumber(Records.from_lists(rows, weights), numbers)
    expected = Records.from_lists([[kept.index(a) for a in row if a in kept] for row in rows], weights)
    assert found.to_arrow().to_pylist() == expected.to_arrow().to_pylist()
    assert found.weights.tolist() == weights
