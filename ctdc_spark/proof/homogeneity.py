"""How many groups share a further attribute, counted anew from the published counts.

Shares no code with the evaluation: that joins combinations with their parts; this gathers each group's own count and
those of its extensions in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.proof.findings import Finding

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CHECKED = ("homogeneous_groups", "shared_attributes")


def verify_homogeneity(published: DataFrame, reported: DataFrame, length: int) -> Finding:
    """Check the two metrics of each length below the longest.

    Args:
        published: rows of evaluation_metrics.
        reported: (attributes array<int>, protected_count bigint), sound: it contains every part of a combination.
        length: longest combination that is reported.
    """
    rows = published.where(F.col("metric").isin(*CHECKED) & F.col("count_from").isNull()).collect()
    said = {(row["metric"], row["length"]): row["value"] for row in rows}
    right = _count_anew(reported, length)
    wrong = {key[1] for key in said.keys() | right.keys() if said.get(key, 0) != right.get(key, 0)}
    return Finding("homogeneity", len(right), len(wrong), tuple(sorted(wrong)))


def _count_anew(reported: DataFrame, length: int) -> dict[tuple[str, int], float]:
    """The metrics by name and length."""
    position = F.posexplode("attributes").alias("place", "attribute")
    parts = reported.where(F.size("attributes") > 1).select("attributes", "protected_count", position)
    shorter = F.expr("filter(attributes, (a, i) -> i != place)")
    extended = parts.select(shorter.alias("attributes"), F.col("protected_count").alias("extension"))
    own = reported.select("attributes", F.col("protected_count").alias("own"))
    # (group, either its own count or that of an extension)
    both = own.withColumn("extension", F.lit(None).cast("bigint")).unionByName(
        extended.withColumn("own", F.lit(None).cast("bigint"))
    )
    gathered = both.groupBy("attributes").agg(F.max("own").alias("own"), F.collect_list("extension").alias("all"))
    shared = F.size(F.filter("all", lambda count: count == F.col("own")))
    by_length = gathered.select(F.size("attributes").alias("length"), shared.alias("shared")).where(
        F.col("length") < length
    )
    sums = by_length.groupBy("length").agg(F.count(F.when(F.col("shared") > 0, 1)).alias("groups"), F.sum("shared"))
    counted: dict[tuple[str, int], float] = {}
    for size, groups, attributes in sums.collect():
        counted |= {(CHECKED[0], size): float(groups), (CHECKED[1], size): float(attributes)}
    return counted
