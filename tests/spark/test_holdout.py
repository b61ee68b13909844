"""Who is held out follows from the data and the seed alone, and nobody is lost or duplicated."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from ctdc_spark.assessment.holdout import HELD_OUT, hold_out
from ctdc_spark.cases.prepare import PreparedCases

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SUBJECTS = 3_000


@pytest.fixture(scope="module")
def prepared(spark: SparkSession) -> PreparedCases:
    """One record that 1,000 subjects share, and others."""
    rows = [("f", ["a", "b"]) if i < 1_000 else (f"{i % 700}", [str(i % 3)] * (i % 2)) for i in range(SUBJECTS)]
    return PreparedCases(spark.createDataFrame(rows, "c0 string, c1 array<string>"), ("sex", "means"), frozenset({1}))


def sides(marked: DataFrame) -> Counter[tuple[str, tuple[str, ...], bool]]:
    return Counter((row["c0"], tuple(row["c1"]), row[HELD_OUT]) for row in marked.collect())


def test_each_subject_is_on_one_side_whatever_the_order_and_the_partitions(prepared: PreparedCases) -> None:
    found = sides(hold_out(prepared, 0.2, 7))
    shuffled = prepared.frame.orderBy(F.rand(3)).repartition(7).withColumn("c1", F.reverse("c1"))
    assert sides(hold_out(PreparedCases(shuffled, prepared.columns, prepared.multi_valued), 0.2, 7)) == found
    assert found.total() == SUBJECTS
    held_out = sum(number for (_, _, held), number in found.items() if held)
    assert held_out == pytest.approx(0.2 * SUBJECTS, abs=90)  # four standard deviations


def test_equal_records_fall_on_both_sides_and_another_seed_chooses_others(prepared: PreparedCases) -> None:
    found, other = (sides(hold_out(prepared, 0.2, seed)) for seed in (7, 8))
    assert found["f", ("a", "b"), True] == pytest.approx(200, abs=51)
    assert found != other
