from __future__ import annotations

import re
from itertools import combinations, pairwise
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
    from pyspark.sql import DataFrame, SparkSession

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
    ("an attribute that nobody has", Records.from_lists([[0, 1, 2]], [12]), [[0, 3]]),
    ("good ones and a bad one", SENSITIVE, [[0], [0, 1], [0, 1, 2, 3], [1, 2]]),
]


SIDE_BY_SIDE = Dictionary(
    tuple(name for name, _, _ in CASES), tuple(n // 4 for n in range(4 * len(CASES))), ("a", "b", "c", "d") * len(CASES)
)
"""Four attributes of its own for each case, in a column that has its name: what is refused says which case it is."""


def side_by_side(parts: list[tuple[int, Records]]) -> Records:
    """One table of all cases; no record has attributes of two."""
    rows, weights = [], []
    for place, records in parts:
        ends = records.offsets.tolist()
        rows += [[4 * place + a for a in records.attributes[low:high].tolist()] for low, high in pairwise(ends)]
        weights += records.weights.tolist()
    return Records.from_lists(rows, weights)


def refused_of(made: DataFrame, sensitive: DataFrame, promise: Promise) -> list[str]:
    """The cases that the gate refuses these records for."""
    counts = ProtectedCounts((30,) * len(SIDE_BY_SIDE.values), 60)
    try:
        proof = prove(made, sensitive, (SIDE_BY_SIDE, counts), promise)
    except PrivacyGateError as error:
        text = str(error)
    else:
        assert proof.failed == 0
        return []
    said = re.search(r"privacy gate: .*fewer than k = 10 subjects \(of .* attributes; columns: (.*)\)", text)
    assert said, text
    assert not any(f"'{value}'" in text for value in SIDE_BY_SIDE.values)
    return said.group(1).split(", ")


@pytest.mark.parametrize("promised", ["strict", "k_synthetic", 1, 2, 3, 4])
def test_what_passes_is_what_the_definition_allows(spark: SparkSession, promised: str | int) -> None:
    """All cases at once; what is refused is taken out until the rest passes."""
    promise = Promise(promised, 10, 1 if isinstance(promised, int) else 2)
    sensitive = encoded_frame(spark, side_by_side([(n, case[1]) for n, case in enumerate(CASES)]))
    left = dict(enumerate(CASES))
    while left:
        made = side_by_side([(n, Records.from_lists(records)) for n, (_, _, records) in left.items()])
        refused = refused_of(encoded_frame(spark, made), sensitive, promise)
        if not refused:
            break
        assert {*refused} <= {case[0] for case in left.values()}
        left = {n: case for n, case in left.items() if case[0] not in refused}
    allowed = [name for name, held, rows in CASES if all(is_kept(held, row, promise) for row in rows)]
    assert [name for name, _, _ in left.values()] == allowed


def test_the_strict_share_of_a_release_under_another_guarantee(spark: SparkSession) -> None:
    made = Records.from_lists([[0, 1, 2, 3], [0, 1]], [3, 2])
    frames = encoded_frame(spark, made), encoded_frame(spark, SENSITIVE)
    assert prove(*frames, (DICTIONARY, COUNTS), Promise(3, 10, 3)).strict_share == np.float64(0.5)
