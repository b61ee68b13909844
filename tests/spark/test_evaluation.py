"""Joined counts, and exact counts of what is not frequent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.evaluation.compare import Counts, bring_beside, compare_counts
from ctdc_spark.evaluation.tallies import EXACT
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records
from tests.spark.frames import encoded_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REPORTED = "combination array<int>, protected_count bigint"


@dataclass(frozen=True)
class Ten:
    threshold: int = 10
    precision: int = 10


def test_counts_of_a_combination_stand_beside_each_other(spark: SparkSession) -> None:
    frequent = spark.createDataFrame([([0], 24), ([0, 2], 30)], COMBINATION_COUNTS)
    synthetic = spark.createDataFrame([([0], 20), ([1], 3)], COMBINATION_COUNTS)
    reported = spark.createDataFrame([([0], 25), ([3], 10)], REPORTED)
    derived = bring_beside(Counts(frequent, reported, synthetic, Ten())).collect()
    assert sorted(tuple(row) for row in derived if row["exact"]) == [([0], 24, 20, 20), ([0, 2], 30, 30, None)]
    assert [tuple(row) for row in derived if not row["exact"]] == [([1], None, None, 3)]
    own = bring_beside(Counts(frequent, reported, synthetic)).collect()
    assert {tuple(row["combination"]): tuple(row)[1:] for row in own} == {
        (0,): (24, 25, 20),
        (0, 2): (30, None, None),
        (1,): (None, None, 3),
        (3,): (None, 10, None),
    }


def test_exact_counts_are_looked_up_for_what_is_not_frequent(spark: SparkSession) -> None:
    sensitive = Records.from_lists([[0, 1], [0], [2]], [4, 20, 30])
    dictionary, held = Dictionary(("a", "b", "c"), (1, 0, 2), ("y", "x", "z")), ExactCounts((24, 4, 30), 54)
    frequent = spark.createDataFrame([([0], 24), ([2], 30)], COMBINATION_COUNTS)
    synthetic = spark.createDataFrame([([0], 20), ([0, 1], 3), ([1, 2], 5)], COMBINATION_COUNTS)
    counts = Counts(frequent, spark.createDataFrame([], REPORTED), synthetic, Ten())
    found = compare_counts(counts, (encoded_frame(spark, sensitive), held), dictionary, 10)
    exact = {(length, low): sums for (kind, length, low), sums in found.items() if kind == EXACT}
    assert {key: sums.frequent for key, sums in exact.items()} == {(1, 20): 2, (2, 0): 0}
    assert (exact[2, 0].rare, exact[2, 0].leakage, exact[2, 0].fabrication) == (1, 1, 1)


def test_two_counts_that_contradict_each_other_are_refused(spark: SparkSession) -> None:
    sensitive = Records.from_lists([[0, 1], [0]], [14, 20])
    dictionary, held = Dictionary(("a", "b"), (1, 0), ("y", "x")), ExactCounts((34, 14), 34)
    frequent = spark.createDataFrame([([0], 34), ([1], 14)], COMBINATION_COUNTS)  # 14 hold both, which was missed
    synthetic = spark.createDataFrame([([0], 20), ([0, 1], 20)], COMBINATION_COUNTS)
    counts = Counts(frequent, spark.createDataFrame([], REPORTED), synthetic, Ten())
    with pytest.raises(PrivacyGateError, match=r"1 combinations .* at least k = 10 .* One of the two is wrong"):
        compare_counts(counts, (encoded_frame(spark, sensitive), held), dictionary, 10)
