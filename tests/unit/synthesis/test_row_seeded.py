from __future__ import annotations

import numpy as np
import pytest

from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.row_seeded.row_seeded import slots_of, synthesize_rows
from tests.oracles.counting import support
from tests.oracles.random_records import random_records


def rows_of(records: Records) -> list[list[int]]:
    return [records.attributes[a:b].tolist() for a, b in zip(records.offsets[:-1], records.offsets[1:], strict=True)]


@pytest.mark.parametrize("threshold", [2, 3, 10])
@pytest.mark.parametrize("seed", range(40))
def test_every_record_is_strict_and_published_in_multiples_of_k(seed: int, threshold: int) -> None:
    records, written_out = random_records(seed)
    slots = np.arange(int(records.attributes.max(initial=-1)) + 1, dtype=np.int32)
    made = synthesize_rows(records.distinct(), slots, threshold, np.random.default_rng(seed))
    for row, copies in zip(rows_of(made), made.weights.tolist(), strict=True):
        assert support(written_out, row) >= threshold
        assert copies % threshold == 0
        assert copies > 0
        assert row


@pytest.mark.parametrize("seed", range(20))
def test_no_attribute_is_published_more_often_than_it_occurs(seed: int) -> None:
    records, written_out = random_records(seed)
    slots = np.arange(int(records.attributes.max(initial=-1)) + 1, dtype=np.int32)
    made = synthesize_rows(records.distinct(), slots, 3, np.random.default_rng(seed))
    for attribute in range(len(slots)):
        synthetic = sum(int(w) for row, w in zip(rows_of(made), made.weights, strict=True) if attribute in row)
        true = support(written_out, [attribute])
        assert synthetic <= true // 3 * 3


def test_identical_records_come_back_whole() -> None:
    made = synthesize_rows(
        Records.from_lists([[0, 2, 4]], [57]), np.arange(5, dtype=np.int32), 10, np.random.default_rng(0)
    )
    assert rows_of(made) == [[0, 2, 4]]
    assert made.weights.tolist() == [50]


def test_slots_join_the_values_of_single_valued_columns() -> None:
    slots = slots_of(np.array([0, 1, 0, 2, 2]), frozenset({2}))
    assert slots[0] == slots[2]
    assert len({int(slots[0]), int(slots[1]), int(slots[3]), int(slots[4])}) == 4
