from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctdc_spark.combinations.counting import count_combinations, plan_counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.records.blocks import frame_pieces
from ctdc_spark.records.records import Records
from tests.oracles.counting import count_all
from tests.oracles.random_records import random_records
from tests.spark.frames import encoded_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def counted(frame: DataFrame, limits: Limits) -> dict[frozenset[int], int]:
    rows = count_combinations(frame, plan_counting(frame, limits)).collect()
    found = {frozenset(row["combination"]): row["count"] for row in rows}
    assert len(found) == len(rows), "a combination was counted twice"
    return found


@pytest.mark.parametrize(("seed", "threshold", "length"), [(0, 2, 3), (1, 3, 2), (3, 1, 4), (4, 10, 1)])
def test_counts_equal_brute_force(spark: SparkSession, seed: int, threshold: int, length: int) -> None:
    records, written_out = random_records(seed)
    expected = {s: c for s, c in count_all(written_out, length).items() if c >= threshold}
    assert counted(encoded_frame(spark, records), Limits(threshold, length)) == expected


def test_records_in_blocks_count_as_records_in_rows(spark: SparkSession) -> None:
    records, written_out = random_records(2)
    expected = {s: c for s, c in count_all(written_out, 3).items() if c >= 2}
    assert counted(frame_pieces(spark, records, 3), Limits(2, 3)) == expected


def test_many_small_units_count_the_same(spark: SparkSession) -> None:
    records, written_out = random_records(3)  # its last attribute is held by nearly all records
    frame = encoded_frame(spark, records, partitions=3)
    limits = Limits(2, 4, unit_cells=8, least_unit_cost=5)
    assert len(plan_counting(frame, limits).units) > 10
    assert any(len(unit.prefix) == 2 for unit in plan_counting(frame, limits).units)
    assert counted(frame, limits) == {s: c for s, c in count_all(written_out, 4).items() if c >= 2}


def test_all_lengths(spark: SparkSession) -> None:
    records, written_out = random_records(6)
    longest = max(len(row) for row in written_out)
    expected = {s: c for s, c in count_all(written_out, longest).items() if c >= 4}
    assert counted(encoded_frame(spark, records), Limits(4, 1_000)) == expected


def test_subjects_without_attributes_count_for_nothing(spark: SparkSession) -> None:
    records = Records.from_lists([[], [0]], [100, 5])
    assert counted(encoded_frame(spark, records), Limits(1, 2)) == {frozenset({0}): 5}
