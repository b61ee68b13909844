"""The k-marginal scores, the restricted and the published one, on records whose distances are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.evaluation.k_marginal import score_marginals
from ctdc_spark.evaluation.reported_marginals import Whole, score_reported
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records
from tests.spark.frames import encoded_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COLUMNS = 10
DICTIONARY = Dictionary(
    tuple(f"c{i}" for i in range(COLUMNS)), tuple(range(COLUMNS)), tuple("v" * COLUMNS), (1,) * COLUMNS, 1
)


def scores(spark: SparkSession, synthetic: Records, sensitive: Records, columns: int = COLUMNS) -> dict[object, float]:
    wanted = Dictionary(DICTIONARY.columns[:columns], DICTIONARY.column_of, DICTIONARY.values, DICTIONARY.counts, 1)
    rows = score_marginals(encoded_frame(spark, synthetic), encoded_frame(spark, sensitive, 3), wanted, 1).collect()
    assert all((row["reference"], row["count_from"]) == ("sensitive", None) for row in rows)
    return {(row["metric"], row["length"]): row["value"] for row in rows}


def test_the_score_is_a_thousand_for_the_same_and_nothing_for_what_has_nothing_in_common(spark: SparkSession) -> None:
    everything = Records.from_lists([list(range(COLUMNS)), [0, 3]], [3_000, 1_000])
    twice = Records(everything.attributes, everything.offsets, 2 * everything.weights)
    same = scores(spark, twice, everything)
    assert same["k_marginal", None] == same["k_marginal", 3] == 1000
    # halves of 4,000 people with three kinds of cells differ by about one in a hundred
    assert 960 <= same["k_marginal_half_split", None] < 1000
    nobody = Records.from_lists([[]], [10])
    apart = scores(spark, nobody, Records.from_lists([list(range(COLUMNS))], [50]))
    assert apart["k_marginal", None] == 0
    assert apart["k_marginal_half_split", None] == 1000


def test_the_score_is_the_mean_over_the_sets(spark: SparkSession) -> None:
    # only column 0 differs, for half of the people: it is in 9 of 45 pairs and 36 of 120 triples
    rest = list(range(1, COLUMNS))
    found = scores(spark, Records.from_lists([rest], [7]), Records.from_lists([rest, [0, *rest]], [60, 60]))
    assert found["k_marginal", None] == pytest.approx(1000 * (1 - np.mean([0.5] * 45 + [0] * 120)))
    assert found["k_marginal", 3] == pytest.approx(1000 * (1 - 0.5 * 36 / 120))


def test_one_column_has_no_score(spark: SparkSession) -> None:
    records = Records.from_lists([[0]], [50])
    assert scores(spark, records, records, columns=1) == {}


def test_the_published_score_is_that_of_the_published_counts(spark: SparkSession) -> None:
    dictionary = Dictionary(("a", "b", "c"), (0, 1, 1, 2), ("x", "y", "z", "w"), (1,) * 4, 1)
    reported = [([0], 90), ([0, 1], 40), ([0, 2], 50), ([1, 2], 10), ([0, 1, 3], 40)]
    synthetic = [([0, 1], 8), ([0, 2], 10), ([0, 1, 3], 4), ([2, 3], 7)]
    frames = (
        spark.createDataFrame(reported, "combination array<int>, protected_count bigint").repartition(3),
        spark.createDataFrame(synthetic, COMBINATION_COUNTS),
    )
    rows = score_reported(*frames, dictionary, Whole(subjects=100, records=20, precision=1)).collect()
    assert {row["metric"] for row in rows} == {"k_marginal"}
    assert {row["reference"] for row in rows} == {"reported"}
    # columns a and b: shares .4, .5, rest .1 in both; a, b and c: .4 against .2; what lies in b twice is no cell
    assert {row["length"]: row["value"] for row in rows} == pytest.approx({2: 1000, 3: 800, None: 900}, abs=1e-6)


def test_nothing_is_scored_where_no_pair_is_reported(spark: SparkSession) -> None:
    dictionary = Dictionary(("a", "b"), (0, 1), ("x", "y"), (1, 1), 1)
    reported = spark.createDataFrame([([0], 90)], "combination array<int>, protected_count bigint")
    synthetic = spark.createDataFrame([([0], 90)], COMBINATION_COUNTS)
    assert score_reported(reported, synthetic, dictionary, Whole(90, 90, 10)).collect() == []
