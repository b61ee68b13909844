"""A run whose records say little ends with a warning, and one whose records are good without."""

from __future__ import annotations

from typing import Any

import pytest

from ctdc_spark.release.poor_records import warn_of_poor_records


def preservation(length: int, value: float | None, count_from: int | None = None) -> dict[str, Any]:
    return {"metric": "preservation", "length": length, "count_from": count_from, "value": value}


def ledger(records: int, subjects: int) -> dict[str, Any]:
    return {"number_of_synthetic_records": records, "protected_number_of_subjects": subjects}


def test_good_records_need_no_warning() -> None:
    metrics = [preservation(1, 1.0), preservation(2, 0.489), preservation(3, 0.01), preservation(2, 0.0, 10)]
    assert warn_of_poor_records(ledger(180, 100), metrics) == []
    assert warn_of_poor_records(ledger(10, 0), [preservation(2, None)]) == []


@pytest.mark.parametrize(
    ("release", "metrics", "said"),
    [
        (ledger(100, 100), [preservation(1, 1.0), preservation(2, 0.04)], "keep 4.0% of the counts of pairs"),
        (
            ledger(100, 100),
            [preservation(1, 0.5), preservation(2, 0.5)],
            "keep 50.0% of the counts of single",
        ),
        (ledger(1_200, 100), [preservation(1, 1.0)], "12.0 synthetic records for each subject"),
    ],
)
def test_poor_records_are_said(release: dict[str, Any], metrics: list[dict[str, Any]], said: str) -> None:
    (warning,) = warn_of_poor_records(release, metrics)
    assert said in warning
