from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from ctdc_spark.cases.dictionary import Dictionary
from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.combinations.protect import (
    READABLE_COMBINATIONS,
    protect_combinations,
    protect_count,
    read_combinations,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.mark.parametrize(("threshold", "precision"), [(10, 10), (10, 7), (10, 1), (5, 3), (2, 2)])
def test_the_expression_equals_the_formula(spark: SparkSession, threshold: int, precision: int) -> None:
    rows = [([i], i) for i in range(45)]
    frame = protect_combinations(spark.createDataFrame(rows, COMBINATION_COUNTS), threshold, precision)
    expected = [([i], protect_count(i, threshold, precision)) for i in range(45)]
    assert_df_equality(
        frame,
        spark.createDataFrame([row for row in expected if row[1] is not None], frame.schema),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_nothing_below_the_threshold_is_ever_reported() -> None:
    for threshold in range(2, 15):
        for precision in range(1, threshold + 1):
            for count in range(60):
                reported = protect_count(count, threshold, precision)
                assert reported is None or (reported >= threshold and reported % precision == 0 and reported <= count)
                assert reported is not None or count < threshold + precision


def test_combinations_are_read_in_the_order_of_the_columns_and_quoted(spark: SparkSession) -> None:
    # attribute 0 is the rarest, but its column comes last
    dictionary = Dictionary(("a:b", "m;n"), (1, 0, 1), ("x;y", "p:q", "c\\d"), (10, 20, 30), 99)
    counts = spark.createDataFrame(
        [([0, 1], 10), ([0, 2], 20), ([2], 30)], "combination array<int>, protected_count bigint"
    )
    expected = [
        (2, [("a:b", "p:q"), ("m;n", "x;y")], "a\\:b:p:q;m\\;n:x\\;y", 10),
        (2, [("m;n", "c\\d"), ("m;n", "x;y")], "m\\;n:c\\\\d;m\\;n:x\\;y", 20),
        (1, [("m;n", "c\\d")], "m\\;n:c\\\\d", 30),
    ]
    assert_df_equality(
        read_combinations(counts, dictionary),
        spark.createDataFrame(expected, READABLE_COMBINATIONS),
        ignore_row_order=True,
        ignore_nullable=True,
    )
