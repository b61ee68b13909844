"""The metrics of a comparison of counts, each with its formula, as Spark aggregates over one table of pairs.

The table of pairs has a row for each combination that is frequent on the reference side or present on the synthetic
side: (length, a, b) with a the reference count, b the synthetic count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

METRICS = "metric string, reference string, length int, count_from bigint, count_to bigint, value double"
"""Long form: one value a row. Null length: all lengths; null bin: all counts, else [count_from, count_to)."""

PAIRS = "length int, a bigint, b bigint"

ONE = 2**32
"""Fractions are added up as whole multiples of 1 / ONE: unlike sums of doubles, these are the same in any order."""


def metric_expressions(threshold: int) -> dict[str, Column]:
    """Each metric as an aggregate over PAIRS; null where it has nothing to average.

    * combinations: frequent combinations, a >= k
    * presence: share of frequent combinations with b > 0
    * suppression: 1 - presence
    * preservation: mean of min(b / a, 1) over combinations that are frequent or synthetic (0 where a = 0)
    * mean_relative_error: mean of |b - a| / a over frequent combinations
    * mean_absolute_error: mean of |b - a| over frequent combinations
    * rare: combinations with 0 < a < k and b > 0
    * leakage: those of them with b < k as well
    * fabrication: combinations with a = 0 and b > 0
    """
    a, b, k = F.col("a"), F.col("b"), F.lit(threshold)
    frequent = a >= k
    error = F.abs(b - a)
    present = F.avg(F.when(frequent, (b > 0).cast("double")))
    rare = (a > 0) & (a < k) & (b > 0)
    # b may be any size where a = 0: such a combination preserves nothing
    kept = F.when(a > 0, F.least(b, a)).otherwise(F.lit(0))
    return {
        "combinations": F.count(F.when(frequent, 1)).cast("double"),
        "presence": present,
        "suppression": 1 - present,
        "preservation": mean_ratio(kept, F.greatest(a, F.lit(1)), frequent | (b > 0)),
        "mean_relative_error": mean_ratio(error, a, frequent),
        "mean_absolute_error": F.avg(F.when(frequent, error.cast("double"))),
        "rare": F.count(F.when(rare, 1)).cast("double"),
        "leakage": F.count(F.when(rare & (b < k), 1)).cast("double"),
        "fabrication": F.count(F.when((a == 0) & (b > 0), 1)).cast("double"),
    }


def mean_ratio(part: Column, whole: Column, where: Column) -> Column:
    """The mean of part / whole, both whole numbers, over the rows that `where` names; null if there are none.

    To within 1 / ONE, and the same however the rows are divided among tasks.
    """
    divisor = F.when(where, whole)  # null elsewhere, where it may be 0
    rest = F.pmod(part, divisor)
    fractions = F.sum(F.round(rest / divisor * ONE).cast("bigint")) / ONE
    return (F.sum(((part - rest) / divisor).cast("bigint")) + fractions) / F.count(divisor)


def bin_start(count: Column, threshold: int) -> Column:
    """Lower edge of a count's bin: k, 2k, 4k, ...; 0 for counts below k."""
    times = F.floor(count / F.lit(threshold))
    doublings = F.length(F.bin(times)) - 1  # digits, not a logarithm: exact at the edges
    start = F.lit(threshold) * F.pow(F.lit(2.0), doublings)
    return F.when(count >= threshold, start.cast("bigint")).otherwise(F.lit(0).cast("bigint"))


def compute_metrics(pairs: DataFrame, threshold: int, reference: str) -> DataFrame:
    """All metrics by length and by (length, bin of a).

    Args:
        pairs: PAIRS.
        threshold: k.
        reference: name of the side that a comes from.

    Returns:
        METRICS.
    """
    expressions = [value.alias(name) for name, value in metric_expressions(threshold).items()]
    binned = pairs.withColumn("count_from", bin_start(F.col("a"), threshold))
    ends = F.when(F.col("count_from") > 0, 2 * F.col("count_from")).otherwise(F.lit(threshold))
    nothing = F.lit(None).cast("bigint")
    by_length = binned.groupBy("length").agg(*expressions)
    by_bin = binned.groupBy("length", "count_from").agg(*expressions)
    both = by_length.withColumns({"count_from": nothing, "count_to": nothing}).unionByName(
        by_bin.withColumn("count_to", ends.cast("bigint"))
    )
    return stack_metrics(both, list(metric_expressions(threshold)), reference)


def stack_metrics(wide: DataFrame, names: list[str], reference: str) -> DataFrame:
    """METRICS from one column a metric; null ones are left out.

    Args:
        wide: (length, count_from, count_to) and a column of each name.
        names: of the metrics.
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
