from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.proof.guarantees import Promise, prove
from ctdc_spark.records.counts import ProtectedCounts
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records
from tests.oracles.counting import support
from tests.spark.frames import encoded_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DICTIONARY = Dictionary(("one", "other"), (0, 1, 0, 1), ("a", "b", "c", "d"))
COUNTS = ProtectedCounts((30, 30, 30, 30), 60)

SENSITIVE = Records.from_lists(
    [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3], [0], [0, 1, 2, 3]], [12, 12, 12, 12, 5, 0 + 1]
)
"""Every triple is held by 12 or 13 subjects, all four together by one."""

NOBODY_HOLDS_FOUR = Records.from_lists([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]], [12, 12, 12, 12])
RARE_PAIR = Records.from_lists([[0, 1], [2, 3], [0], [1], [0, 2]], [3, 20, 20, 20, 15])


def is_kept(sensitive: Records, record: list[int], promise: Promise) -> bool:
    """The definitions, by brute force over every subset."""
    rows = [
        sensitive.attributes[a:b].tolist()
        for a, b, weight in zip(sensitive.offsets[:-1], sensitive.offsets[1:], sensitive.weights, strict=True)
        for _ in range(weight)
    ]
    for size in range(1, len(record) + 1):
        for part in combinations(record, size):
            count = support(rows, part)
            short = size <= promise.reporting_length
            allowed = {
                "strict": count >= promise.threshold,
                "k_synthetic": count >= promise.threshold or (count == 0 and not short),
            }.get(str(promise.guarantee), size > int(promise.guarantee) if isinstance(promise.guarantee, int) else True)
            if not (allowed or count >= promise.threshold):
                return False
    return True


CASES = [
    ("all four", SENSITIVE, [[0, 1, 2, 3]]),
    ("four that nobody has", NOBODY_HOLDS_FOUR, [[0, 1, 2, 3]]),
    ("one triple", SENSITIVE, [[0, 1, 2]]),
    ("a rare pair", RARE_PAIR, [[0, 1]]),
    ("a frequent pair", RARE_PAIR, [[2, 3]]),
    ("two that nobody has together", RARE_PAIR, [[1, 3]]),
    ("good ones and a bad one", SENSITIVE, [[0], [0, 1], [0, 1, 2, 3], [1, 2]]),
]


@pytest.mark.parametrize("promised", ["strict", "k_synthetic", 1, 2, 3, 4])
@pytest.mark.parametrize(("name", "sensitive", "made"), CASES, ids=[case[0] for case in CASES])
def test_what_passes_is_what_the_definition_allows(
    spark: SparkSession, name: str, sensitive: Records, made: list[list[int]], promised: str | int
) -> None:
    promise = Promise(promised, 10, 1 if isinstance(promised, int) else 2)
    frames = encoded_frame(spark, Records.from_lists(made)), encoded_frame(spark, sensitive)
    if all(is_kept(sensitive, row, promise) for row in made):
        assert prove(*frames, (DICTIONARY, COUNTS), promise).failed == 0
    else:
        with pytest.raises(PrivacyGateError, match=r"privacy gate: .*fewer than k = 10") as caught:
            prove(*frames, (DICTIONARY, COUNTS), promise)
        assert not any(f"'{value}'" in str(caught.value) for value in DICTIONARY.values)


def test_an_attribute_that_nobody_has_is_refused_under_every_guarantee(spark: SparkSession) -> None:
    wide = Dictionary(("one",) * 5, (0,) * 5, tuple("abcde"))
    counts = ProtectedCounts((30,) * 5, 60)
    frames = encoded_frame(spark, Records.from_lists([[0, 4]])), encoded_frame(spark, SENSITIVE)
    for guarantee in ("strict", "k_synthetic", 1, 3):
        with pytest.raises(PrivacyGateError):
            prove(*frames, (wide, counts), Promise(guarantee, 10, 1))


def test_the_strict_share_of_a_release_under_another_guarantee(spark: SparkSession) -> None:
    made = Records.from_lists([[0, 1, 2, 3], [0, 1]], [3, 2])
    frames = encoded_frame(spark, made), encoded_frame(spark, SENSITIVE)
    assert prove(*frames, (DICTIONARY, COUNTS), Promise(3, 10, 3)).strict_share == np.float64(0.5)
