"""Expected errors of noisy counts, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.evaluation.bootstrap import compare_rehearsed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_inventions_gaps_and_errors_are_counted_by_length(spark: SparkSession) -> None:
    true = spark.createDataFrame(
        [([0], 50), ([1], 30), ([2], 4), ([0, 1], 20), ([0, 2], 12), ([1, 2], 3)], COMBINATION_COUNTS
    )
    # [2] is published though it is rare, [0, 2] is hidden, [3] and [0, 3] are invented; [1, 3] is below the floor
    published = spark.createDataFrame(
        [([0], 47), ([1], 35), ([2], 11), ([3], 10), ([0, 1], 24), ([0, 2], 9), ([0, 3], 13), ([1, 3], 2)],
        COMBINATION_COUNTS,
    )
    rows = compare_rehearsed(true, published, floor=10).collect()
    assert {(row["metric"], row["length"]): row["value"] for row in rows} == {
        ("expected_absolute_error", 1): pytest.approx((3 + 5 + 7 + 10) / 4),
        ("expected_fabrication", 1): pytest.approx(1 / 4),
        ("expected_suppression", 1): 0,
        ("expected_absolute_error", 2): pytest.approx((4 + 13) / 2),
        ("expected_fabrication", 2): pytest.approx(1 / 2),
        ("expected_suppression", 2): pytest.approx(1 / 2),
    }
    assert {(row["reference"], row["count_from"], row["count_to"]) for row in rows} == {("reported", None, None)}
