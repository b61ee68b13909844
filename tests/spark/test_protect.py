from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_combinations, plan_counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import (
    READABLE_COMBINATIONS,
    decode_combinations,
    protect_combinations,
    protect_count,
)
from ctdc_spark.combinations.reporting import report_combinations
from ctdc_spark.records.blocks import frame_pieces
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession


@pytest.mark.parametrize(("threshold", "precision"), [(10, 10), (10, 7), (10, 1), (5, 3), (2, 2)])
def test_the_expression_equals_the_formula(spark: SparkSession, threshold: int, precision: int) -> None:
    counts = spark.range(45).select(F.array(F.col("id").cast("int")).alias("combination"), F.col("id").alias("count"))
    found = protect_combinations(counts, threshold, precision).collect()
    expected = [([i], protect_count(i, threshold, precision)) for i in range(45)]
    assert sorted(map(tuple, found)) == [row for row in expected if row[1] is not None]


def test_nothing_below_the_threshold_is_ever_reported() -> None:
    for threshold in range(2, 15):
        for precision in range(1, threshold + 1):
            for count in range(60):
                reported = protect_count(count, threshold, precision)
                assert reported is None or (reported >= threshold and reported % precision == 0 and reported <= count)
                assert reported is not None or count < threshold + precision


def test_combinations_are_read_in_the_order_of_the_columns_and_quoted(spark: SparkSession) -> None:
    # attribute 0 is the rarest, but its column comes last
    dictionary = Dictionary(("a:b", "m;n"), (1, 0, 1), ("x;y", "p:q", "c\\d"))
    counts = spark.createDataFrame(
        [([0, 1], 10), ([0, 2], 20), ([2], 30)], "combination array<int>, protected_count bigint"
    )
    expected = [
        (2, [("a:b", "p:q"), ("m;n", "x;y")], "a\\:b:p:q;m\\;n:x\\;y", 10),
        (2, [("m;n", "c\\d"), ("m;n", "x;y")], "m\\;n:c\\\\d;m\\;n:x\\;y", 20),
        (1, [("m;n", "c\\d")], "m\\;n:c\\\\d", 30),
    ]
    assert_df_equality(
        decode_combinations(counts, dictionary),
        spark.createDataFrame(expected, READABLE_COMBINATIONS),
        ignore_row_order=True,
        ignore_nullable=True,
    )


@dataclass(frozen=True)
class Asked:
    """A resolution."""

    threshold: int
    precision: int


RESOLUTIONS = (Asked(10, 10), Asked(12, 5), Asked(4, 1))


def rows_of(frame: DataFrame) -> list[Row]:
    """The rows of a frame, in no order."""
    return sorted(frame.collect())


def test_counting_protecting_and_reading_at_once_is_the_same_as_one_after_the_other(spark: SparkSession) -> None:
    rng = np.random.default_rng(3)
    rows = [np.flatnonzero(row).tolist() for row in rng.random((200, 9)) < rng.random(9)]
    frame = frame_pieces(spark, Records.from_lists([row for row in rows if row]), 3)
    dictionary = Dictionary(("a", "b", "c"), (0, 2, 1) * 3, tuple(f"v{i}" for i in range(9)))
    plan = plan_counting(frame, Limits(4, 3, unit_cells=300, least_unit_cost=200))
    assert len(plan.units) > 1
    counted = count_combinations(frame, plan).collect()
    counts = spark.createDataFrame(counted, COMBINATION_COUNTS)
    for asked in RESOLUTIONS:
        steps = decode_combinations(protect_combinations(counts, asked.threshold, asked.precision), dictionary)
        at_once = report_combinations(frame, plan, dictionary, asked)
        assert at_once.schema.simpleString() == steps.schema.simpleString()
        assert rows_of(at_once) == rows_of(steps)
        assert 9 < steps.count() < len(counted) + (asked.threshold == 4)
    two = report_combinations(frame, plan, dictionary, asked, ("protected_count", "combination_text"))
    assert rows_of(two) == rows_of(steps.select("combination_text", "protected_count"))
    with pytest.raises(ValueError, match="found nonsense; allowed: length, "):
        report_combinations(frame, plan, dictionary, asked, ("length", "nonsense"))
