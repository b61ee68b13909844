"""Warnings about synthetic records from which little can be read, at the end of a run; from published figures only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ctdc_spark.release.contracts import EVALUATION_METRICS
from ctdc_spark.release.ledger import read_row
from ctdc_spark.release.rows import collect_rows, read_published

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.table_location import TableLocation

LEAST_PRESERVATION = {1: 0.8, 2: 0.25}
"""Below this preservation of single attributes or of pairs a run ends with a warning."""

MOST_RECORDS_A_SUBJECT = 3.0

_NAMES = {1: "single attributes", 2: "pairs of attributes"}


def find_poor_records(spark: SparkSession, place: TableLocation, release_id: str) -> list[str]:
    """`warn_of_poor_records` of a complete release."""
    metrics = collect_rows(read_published(spark, place, EVALUATION_METRICS.name, release_id))
    return warn_of_poor_records(read_row(spark, place, release_id), metrics)


def warn_of_poor_records(ledger: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a person should know before anybody uses the records.

    Args:
        ledger: the release's row.
        metrics: rows of evaluation_metrics.

    Example:
        >>> row = {"metric": "preservation", "reference": "reported", "length": 2, "count_from": None, "value": 0.04}
        >>> warn_of_poor_records({"number_of_synthetic_records": 9, "protected_number_of_subjects": 10}, [row])[0][:72]
        'the synthetic records keep 4.0% of the counts of pairs of attributes, on'
    """
    said = {
        row["length"]: row["value"]
        for row in metrics
        if row["metric"] == "preservation" and row["count_from"] is None and row["value"] is not None
    }
    warnings = [
        f"the synthetic records keep {said[length]:.1%} of the counts of {_NAMES[length]}, on average: take figures "
        "from the aggregate data alone. More would be kept with fewer columns (use_columns), fewer or wider values "
        "(bins, group_rare_values), a lower reporting_threshold if you may, or another guarantee"
        for length, least in LEAST_PRESERVATION.items()
        if length in said and said[length] < least
    ]
    records, subjects = ledger["number_of_synthetic_records"], ledger["protected_number_of_subjects"]
    if subjects and records > MOST_RECORDS_A_SUBJECT * subjects:
        warnings.append(
            f"there are {records / subjects:.1f} synthetic records for each subject: most describe few of a subject's "
            "attributes, so numbers of records say nothing about numbers of people"
        )
    return warnings
