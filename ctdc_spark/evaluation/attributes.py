"""Which attributes were kept, lost or distorted: the metrics of each, over all reported combinations that hold it.

Computed from reported and synthetic counts alone, so it tells no more than the published tables do. A column's own row
is over the combinations that hold any of its attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.evaluation.metrics import mean_ratio

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.dictionary import Dictionary

ATTRIBUTE_METRICS = (
    "`column` string, value string, protected_count bigint, synthetic_count bigint, combinations bigint, "
    "presence double, mean_relative_error double"
)
"""One row an attribute, and one a column (value null); but for the counts, over combinations of at least two."""


def measure_attributes(reported: DataFrame, synthetic: DataFrame, dictionary: Dictionary) -> DataFrame:
    """Measure each attribute and each column.

    Args:
        reported: (combination array<int>, protected_count bigint).
        synthetic: COMBINATION_COUNTS of the synthetic records.
        dictionary: names the attributes.

    Returns:
        ATTRIBUTE_METRICS.
    """
    pairs = reported.select("combination", F.col("protected_count").alias("a")).join(synthetic, "combination", "left")
    pairs = pairs.select("combination", "a", F.coalesce("count", F.lit(0).cast("bigint")).alias("b"))
    names = [
        (i, column, dictionary.columns[column], value)
        for i, (column, value) in enumerate(zip(dictionary.column_of, dictionary.values, strict=True))
    ]
    named = reported.sparkSession.createDataFrame(names, "attribute int, place int, `column` string, value string")
    # (combination, a, b) -> one row an attribute of it: (column, value, length, a, b)
    held = pairs.select(F.explode("combination").alias("attribute"), F.size("combination").alias("length"), "a", "b")
    of_attribute = held.join(F.broadcast(named), "attribute")
    of_column = (
        pairs.select(F.monotonically_increasing_id().alias("id"), "combination", "a", "b")
        .select("id", F.explode("combination").alias("attribute"), F.size("combination").alias("length"), "a", "b")
        .join(F.broadcast(named.select("attribute", "place", "column")), "attribute")
        .dropDuplicates(["id", "place"])  # a list may hold several attributes of the column
    )
    return _summarize(of_attribute, ["place", "column", "value"]).unionByName(
        _summarize(of_column.withColumn("value", F.lit(None).cast("string")), ["place", "column", "value"])
    )


def _summarize(held: DataFrame, keys: list[str]) -> DataFrame:
    longer, single = F.col("length") > 1, (F.col("length") == 1) & F.col("value").isNotNull()
    error = F.abs(F.col("b") - F.col("a"))
    return (
        held.groupBy(*keys)
        .agg(
            F.sum(F.when(single, F.col("a"))).alias("protected_count"),
            F.sum(F.when(single, F.col("b"))).alias("synthetic_count"),
            F.count(F.when(longer, 1)).alias("combinations"),
            F.avg(F.when(longer, (F.col("b") > 0).cast("double"))).alias("presence"),
            mean_ratio(error, F.col("a"), longer).alias("mean_relative_error"),
        )
        .drop("place")
    )
