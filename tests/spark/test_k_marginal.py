"""The restricted k-marginal score on records whose distances are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ctdc_spark.evaluation.k_marginal import score_marginals
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records
from tests.spark.frames import encoded_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COLUMNS = 10
DICTIONARY = Dictionary(tuple(f"c{i}" for i in range(COLUMNS)), tuple(range(COLUMNS)), tuple("v" * COLUMNS))


def scores(spark: SparkSession, synthetic: Records, sensitive: Records, columns: int = COLUMNS) -> dict[object, float]:
    wanted = Dictionary(DICTIONARY.columns[:columns], DICTIONARY.column_of, DICTIONARY.values)
    rows = score_marginals(encoded_frame(spark, synthetic), encoded_frame(spark, sensitive, 3), wanted, 1)
    assert all((reference, low) == ("sensitive", None) for _, reference, _, low, *_ in rows)
    return {(metric, length): value for metric, _, length, *_, value in rows}


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
