"""Counts of attributes, apart from the attributes themselves."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from ctdc_spark.combinations.protect import protect_counts
from ctdc_spark.records.counts import ExactCounts, ProtectedCounts
from ctdc_spark.records.dictionary import Dictionary


@dataclass(frozen=True)
class At:
    """A resolution."""

    threshold: int
    precision: int


@pytest.mark.parametrize(
    ("resolution", "protected", "published"),
    [
        (At(10, 10), ProtectedCounts((0, 10, 30), 40), [1, 2]),
        (At(10, 7), ProtectedCounts((0, 0, 35), 42), [2]),  # 10 rounds to 7, which is below the threshold
        (At(10, 1), ProtectedCounts((0, 10, 37), 46), [1, 2]),
        (At(50, 10), ProtectedCounts((0, 0, 0), 0), []),
    ],
)
def test_what_may_be_published_of_exact_counts(
    resolution: At, protected: ProtectedCounts, published: list[int]
) -> None:
    assert protect_counts(ExactCounts((9, 10, 37), 46), resolution) == protected
    assert protected.published == published


def test_a_dictionary_has_no_counts() -> None:
    assert {field.name for field in fields(Dictionary)} == {"columns", "column_of", "values", "multi_valued"}
