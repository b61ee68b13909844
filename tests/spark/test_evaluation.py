from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.evaluation.compare import pair_with_sensitive
from ctdc_spark.evaluation.evaluate import require_zeros
from ctdc_spark.evaluation.metrics import PAIRS, bin_start, compute_metrics
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records
from tests.spark.frames import encoded_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def metrics(spark: SparkSession, pairs: list[tuple[int, int, int]]) -> dict[tuple[str, int, int | None], float]:
    rows = compute_metrics(spark.createDataFrame(pairs, PAIRS), 10, "sensitive").collect()
    return {(row["metric"], row["length"], row["count_from"]): row["value"] for row in rows}


def test_metrics_follow_their_formulas(spark: SparkSession) -> None:
    # (length, sensitive, synthetic): frequent kept, frequent missing, frequent doubled
    found = metrics(spark, [(1, 10, 5), (1, 20, 0), (1, 40, 80)])
    assert found["presence", 1, None] == pytest.approx(2 / 3)
    assert found["suppression", 1, None] == pytest.approx(1 / 3)
    assert found["preservation", 1, None] == pytest.approx((0.5 + 0 + 1) / 3)
    assert found["mean_relative_error", 1, None] == pytest.approx((0.5 + 1 + 1) / 3)
    assert found["mean_absolute_error", 1, None] == pytest.approx((5 + 20 + 40) / 3)
    assert found["combinations", 1, None] == 3
    assert found["rare", 1, None] == found["leakage", 1, None] == found["fabrication", 1, None] == 0


def test_planted_faults_are_counted(spark: SparkSession) -> None:
    # rare but drowned, leaked, fabricated
    found = metrics(spark, [(2, 9, 50), (2, 3, 4), (2, 0, 30), (2, 10, 10)])
    assert found["rare", 2, None] == 2
    assert found["leakage", 2, None] == 1
    assert found["fabrication", 2, None] == 1
    assert found["preservation", 2, None] == pytest.approx((1 + 1 + 0 + 1) / 4)


def test_bins_double_from_k_and_their_edges_are_exact(spark: SparkSession) -> None:
    counts = [0, 9, 10, 19, 20, 39, 40, 79, 80, 10 * 2**20 - 1, 10 * 2**20]
    frame = spark.createDataFrame([(c,) for c in counts], "a bigint")
    found = [row[0] for row in frame.select(bin_start(frame["a"], 10)).collect()]
    assert found == [0, 0, 10, 10, 20, 20, 40, 40, 80, 10 * 2**19, 10 * 2**20]


def test_lengths_and_bins_are_told_apart(spark: SparkSession) -> None:
    found = metrics(spark, [(1, 10, 10), (1, 25, 0), (2, 10, 0)])
    assert found["presence", 1, 10] == 1
    assert found["presence", 1, 20] == 0
    assert found["presence", 1, None] == 0.5
    assert found["presence", 2, None] == 0


def test_exact_counts_are_looked_up_for_what_is_not_frequent(spark: SparkSession) -> None:
    sensitive = Records.from_lists([[0, 1], [0], [2]], [4, 20, 30])
    dictionary = Dictionary(("a", "b", "c"), (1, 0, 2), ("y", "x", "z"), (24, 4, 30), 54)
    frequent = spark.createDataFrame([([0], 24), ([2], 30)], COMBINATION_COUNTS)
    synthetic = spark.createDataFrame([([0], 20), ([0, 1], 3), ([1, 2], 5)], COMBINATION_COUNTS)
    rows = pair_with_sensitive(frequent, synthetic, (encoded_frame(spark, sensitive), dictionary), 10).collect()
    assert sorted(tuple(row) for row in rows) == [(1, 24, 20), (1, 30, 0), (2, 0, 5), (2, 4, 3)]


def test_two_counts_that_contradict_each_other_are_refused(spark: SparkSession) -> None:
    sensitive = Records.from_lists([[0, 1], [0]], [14, 20])
    dictionary = Dictionary(("a", "b"), (1, 0), ("y", "x"), (34, 14), 34)
    frequent = spark.createDataFrame([([0], 34), ([1], 14)], COMBINATION_COUNTS)  # 14 hold both, which was missed
    synthetic = spark.createDataFrame([([0], 20), ([0, 1], 20)], COMBINATION_COUNTS)
    with pytest.raises(PrivacyGateError, match=r"1 combinations .* at least k = 10 .* One of the two is wrong"):
        pair_with_sensitive(frequent, synthetic, (encoded_frame(spark, sensitive), dictionary), 10)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ((2, 9, 50), "privacy gate: found rare 1 at length 2; allowed: 0 each"),
        ((2, 3, 4), "found leakage 1 at length 2, rare 1 at length 2"),
        ((3, 0, 30), "found fabrication 1 at length 3"),
    ],
)
def test_a_planted_fault_closes_the_gate(spark: SparkSession, pair: tuple[int, int, int], message: str) -> None:
    found = compute_metrics(spark.createDataFrame([(1, 10, 10), pair], PAIRS), 10, "sensitive")
    with pytest.raises(PrivacyGateError, match=message):
        require_zeros(found)


def test_without_a_fault_the_gate_is_open(spark: SparkSession) -> None:
    require_zeros(compute_metrics(spark.createDataFrame([(1, 10, 10), (2, 20, 0)], PAIRS), 10, "sensitive"))
