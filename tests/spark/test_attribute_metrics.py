"""The metrics of single attributes and columns, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.evaluation.attributes import measure_attributes
from ctdc_spark.records.dictionary import Dictionary

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DICTIONARY = Dictionary(("sex", "means"), (0, 1, 1), ("f", "debt", "lies"), (50, 30, 20), 60, frozenset({1}))


def test_what_was_lost_and_distorted_is_told_by_attribute_and_by_column(spark: SparkSession) -> None:
    reported = spark.createDataFrame(
        [([0], 50), ([1], 30), ([2], 20), ([0, 1], 20), ([0, 2], 10), ([1, 2], 10), ([0, 1, 2], 10)],
        "combination array<int>, protected_count bigint",
    )
    synthetic = spark.createDataFrame([([0], 60), ([1], 30), ([0, 1], 10), ([1, 2], 10)], COMBINATION_COUNTS)
    rows = measure_attributes(reported, synthetic, DICTIONARY).collect()
    found = {(row["column"], row["value"]): tuple(row)[2:] for row in rows}
    assert found == {
        ("sex", "f"): (50, 60, 3, pytest.approx(1 / 3), pytest.approx((0.5 + 1 + 1) / 3)),
        ("means", "debt"): (30, 30, 3, pytest.approx(2 / 3), pytest.approx((0.5 + 0 + 1) / 3)),
        ("means", "lies"): (20, 0, 3, pytest.approx(1 / 3), pytest.approx((1 + 0 + 1) / 3)),
        ("sex", None): (None, None, 3, pytest.approx(1 / 3), pytest.approx((0.5 + 1 + 1) / 3)),
        # each combination once, also where it holds two values of the column
        ("means", None): (None, None, 4, pytest.approx(2 / 4), pytest.approx((0.5 + 1 + 0 + 1) / 4)),
    }
