from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctdc_spark.cases.reported_counts import NAMED_COUNTS, number_attributes, number_combinations, open_reported
from ctdc_spark.errors import DataError
from ctdc_spark.records.counts import ProtectedCounts
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

Pair = tuple[str, str]

COUNTS: dict[tuple[Pair, ...], int] = {
    (("means", "debt"),): 30,
    (("means", "threats"),): 20,
    (("age", "18--20"),): 40,
    (("means", "debt"), ("means", "threats")): 10,
    (("means", "debt"), ("age", "18--20")): 20,
}


def frame(spark: SparkSession, counts: dict[tuple[Pair, ...], int] = COUNTS) -> DataFrame:
    return spark.createDataFrame([(list(pairs), count) for pairs, count in counts.items()], NAMED_COUNTS)


def test_attributes_are_numbered_by_count_and_columns_with_several_values_are_found(spark: SparkSession) -> None:
    dictionary, counts = number_attributes(frame(spark), 50, [])
    assert dictionary.columns == ("age", "means")
    assert dictionary.values == ("threats", "debt", "18--20")
    assert counts == ProtectedCounts((20, 30, 40), 50)
    assert dictionary.multi_valued == {1}
    found = number_combinations(frame(spark), dictionary).collect()
    assert {tuple(row["combination"]): row["count"] for row in found} == {
        (0,): 20, (1,): 30, (2,): 40, (0, 1): 10, (1, 2): 20
    }  # fmt: skip


def test_columns_that_are_not_used_take_their_combinations_with_them(spark: SparkSession) -> None:
    dictionary, _ = number_attributes(frame(spark), 50, ["age"])
    assert dictionary.values == ("18--20",)
    assert [row["combination"] for row in number_combinations(frame(spark), dictionary).collect()] == [[0]]


def test_values_may_hold_colons(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "counts.tsv"
    file.write_text("selections\tprotected_count\nrecord_count\t50\na:b:c\t20\na:b:c;d:1\t10\nd:1\t10\n")
    settings = Settings(reported_aggregates_path=str(file), output_dir=str(tmp_path), guarantee=3)
    reported, subjects = open_reported(spark, settings)
    assert subjects == 50
    assert (("a", "b:c"), ("d", "1")) in {tuple(map(tuple, row["combination"])) for row in reported.collect()}


def test_an_attribute_reported_twice_is_refused(spark: SparkSession) -> None:
    twice = frame(spark).unionByName(frame(spark))
    with pytest.raises(DataError, match="3 of them twice"):
        number_attributes(twice, 50, [])


def test_a_number_of_subjects_that_nobody_rounded_is_rounded_down(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "counts.tsv"
    settings = Settings(reported_aggregates_path=str(file), output_dir=str(tmp_path), guarantee=3)
    for said, subjects in ((57, 50), (9, 0)):
        file.write_text(f"selections\tprotected_count\nrecord_count\t{said}\na:1\t20\n")
        assert open_reported(spark, settings)[1] == subjects
