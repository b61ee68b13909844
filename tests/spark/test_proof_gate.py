from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.proof import ranges
from ctdc_spark.proof.gate import measure_support
from ctdc_spark.proof.guarantees import Promise, prove
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records
from tests.oracles.counting import support
from tests.oracles.random_records import random_records
from tests.spark.frames import encoded_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


STRICT = Promise("strict", 10, 3)


def counts_of(records: Records) -> ExactCounts:
    counts = np.bincount(records.attributes, np.repeat(records.weights, records.lengths))
    return ExactCounts(tuple(counts.astype(int).tolist()), int(records.weights.sum()))


@pytest.mark.parametrize("seed", [1, 3, 8])
def test_support_equals_brute_force_over_many_units(
    spark: SparkSession, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "RANGE_SUBJECTS", 3)
    records, written_out = random_records(seed)
    asked = sorted({tuple(row) for row in written_out if row} | {(0,)})
    frame = encoded_frame(spark, Records.from_lists([list(row) for row in asked]))
    rows = measure_support(frame.select("attributes"), encoded_frame(spark, records, 3), counts_of(records)).collect()
    assert {tuple(row["attributes"]): row["subjects"] for row in rows} == {
        row: support(written_out, row) for row in asked
    }
    assert len(rows) == len(asked)


def test_one_rare_record_among_good_ones_is_caught_without_naming_values(spark: SparkSession) -> None:
    sensitive = Records.from_lists([[0, 1, 2], [0, 1], [3]], [9, 20, 40])
    dictionary = Dictionary(("age", "place"), (0, 1, 0, 1), ("v0", "v1", "v2", "v3"))
    known = dictionary, counts_of(sensitive)
    good = encoded_frame(spark, Records.from_lists([[0, 1], [3]], [20, 40]))
    assert prove(good, encoded_frame(spark, sensitive), known, STRICT).failed == 0
    bad = encoded_frame(spark, Records.from_lists([[0, 1], [0, 1, 2], [3]], [20, 10, 40]))
    with pytest.raises(
        PrivacyGateError,
        match=r"1 of 3 distinct synthetic records .* k = 10 .*3 attributes; columns: age, place",
    ) as caught:
        prove(bad, encoded_frame(spark, sensitive), known, STRICT)
    assert not any(value in str(caught.value) for value in dictionary.values)


def test_a_record_that_no_sensitive_record_holds_is_caught(spark: SparkSession) -> None:
    sensitive = Records.from_lists([[0], [1]], [50, 50])
    dictionary = Dictionary(("a", "b"), (0, 1), ("x", "y"))
    fabricated = encoded_frame(spark, Records.from_lists([[0, 1]], [10]))
    with pytest.raises(PrivacyGateError, match="1 of 1"):
        prove(fabricated, encoded_frame(spark, sensitive), (dictionary, counts_of(sensitive)), STRICT)
