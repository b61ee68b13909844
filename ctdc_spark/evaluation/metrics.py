"""The metrics of a comparison of counts, each with its formula, in long form: one value per row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from ctdc_spark.evaluation.tallies import Tallies, Tally

METRICS = "metric string, reference string, length int, count_from bigint, count_to bigint, value double"
"""Long form: one value per row. Null length: all lengths; null bin: all counts, else [count_from, count_to)."""

MetricRow = tuple[str, str, "int | None", "int | None", "int | None", float]
"""A row of METRICS."""


def compute_metrics(tallies: Tallies, kind: str, threshold: int, reference: str) -> list[MetricRow]:
    """All metrics by length and by (length, bin of the reference count).

    Args:
        tallies: those of this kind are used.
        kind: EXACT or REPORTED.
        threshold: k.
        reference: stated as what they are computed from.

    Returns:
        Rows of METRICS.
    """
    by_length: dict[int, Tally] = {}
    rows: list[MetricRow] = []
    for (_, length, low), tally in sorted((key, tally) for key, tally in tallies.items() if key[0] == kind):
        by_length[length] = by_length[length] + tally if length in by_length else tally
        rows += _to_rows(tally, reference, (length, low, 2 * low if low else threshold))
    return [
        row for length, tally in by_length.items() for row in _to_rows(tally, reference, (length, None, None))
    ] + rows


def _to_rows(tally: Tally, reference: str, place: tuple[int, int | None, int | None]) -> list[MetricRow]:
    values = metric_values(tally).items()
    return [(metric, reference, *place, value) for metric, value in values if value is not None]


def metric_values(tally: Tally) -> dict[str, float | None]:
    """Each metric of a group of combinations; None if there is nothing to average.

    * combinations: frequent combinations, a >= k
    * presence: share of frequent combinations with b > 0
    * suppression: 1 - presence
    * preservation: mean of min(b / a, 1) over combinations that are frequent or synthetic (0 where a = 0)
    * mean_relative_error: mean of |b - a| / a over frequent combinations
    * mean_absolute_error: mean of |b - a| over frequent combinations
    * rare: combinations with 0 < a < k and b > 0
    * leakage: rare combinations with b < k as well
    * fabrication: combinations with a = 0 and b > 0
    """
    present = tally.presence
    return {
        "combinations": float(tally.frequent),
        "presence": present,
        "suppression": None if present is None else 1 - present,
        "preservation": tally.preservation,
        "mean_relative_error": tally.mean_relative_error,
        "mean_absolute_error": tally.distance / tally.frequent if tally.frequent else None,
        "rare": float(tally.rare),
        "leakage": float(tally.leakage),
        "fabrication": float(tally.fabrication),
    }


def row_of(row: Row) -> MetricRow:
    """A collected row of METRICS as a MetricRow."""
    return row["metric"], row["reference"], row["length"], row["count_from"], row["count_to"], row["value"]


def stack_metrics(wide: DataFrame, names: list[str], reference: str) -> DataFrame:
    """METRICS from one column per metric; nulls are left out.

    Args:
        wide: (length, count_from, count_to) and a column for each name.
        names: the names of the metrics.
        reference: what they were computed from.
    """
    pairs = ", ".join(f"'{name}', {name}" for name in names)
    long = wide.selectExpr("length", "count_from", "count_to", f"stack({len(names)}, {pairs}) as (metric, value)")
    return long.where("value is not null").select(
        "metric",
        F.lit(reference).alias("reference"),
        F.col("length").cast("int"),
        "count_from",
        "count_to",
        "value",
    )
