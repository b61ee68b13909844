"""Groups whose members, as far as the published counts tell, all share a further attribute.

    combination with its count --each attribute taken out--> (group, attribute, count of both)
    those where the group by itself has the same count: whoever belongs to the group has the attribute

Computed from protected counts alone, so it reveals no more than they do: with a precision of 10, up to 9 members of a
group may lack the attribute. With differential privacy, the counts are estimates, and so is this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pyspark.sql import DataFrame

    from ctdc_spark.evaluation.metrics import MetricRow

GROUPS = "homogeneous_groups"
"""The metric: reported combinations of a length that share at least one further attribute."""

SHARED = "shared_attributes"
"""The metric: attributes that they share, each counted for each group."""

MOST_NAMED = 20
"""The most groups that are named, the largest first."""


def find_shared(reported: DataFrame) -> DataFrame:
    """Find for each reported combination the further attributes that all its members share.

    Args:
        reported: (combination array, protected_count bigint), each combination with all its parts; the attributes are
            numbers or structs.

    Returns:
        (combination, protected_count, shared): a row for each group and attribute.
    """
    longer = reported.where(F.size("combination") > 1)
    each = longer.select("combination", "protected_count", F.explode("combination").alias("shared"))
    # (group, attribute, count of both), once for each attribute of a combination
    without = each.select(F.expr("array_remove(combination, shared)").alias("combination"), "protected_count", "shared")
    alone = reported.select("combination", "protected_count")
    return without.join(alone, ["combination", "protected_count"], "left_semi")


def measure_homogeneity(reported: DataFrame, lengths: Collection[int]) -> list[MetricRow]:
    """Count groups that share a further attribute, by their length.

    Args:
        reported: (combination array<int>, protected_count bigint).
        lengths: those of which combinations are reported, except the reporting length, of which this cannot be known.

    Returns:
        Rows of METRICS: GROUPS and SHARED, computed from reported counts.
    """
    # a group has one count: grouping by it as well keeps the rows of a group together
    groups = find_shared(reported).groupBy("combination", "protected_count").agg(F.count(F.lit(1)).alias("shared"))
    sums = groups.groupBy(F.size("combination")).agg(F.count(F.lit(1)), F.sum("shared"))
    found = {length: (number, shared) for length, number, shared in sums.collect()}
    return [
        (metric, "reported", length, None, None, float(found.get(length, (0, 0))[place]))
        for length in sorted(lengths)
        for place, metric in enumerate((GROUPS, SHARED))
    ]


@dataclass(frozen=True)
class SharedAttribute:
    """A group whose members all share an attribute, as far as the published counts tell.

    Attributes:
        group: the attributes that make the group, as `column:value;column:value`.
        shared: what its members share, as `column:value`.
        count: the protected count of both.
    """

    group: str
    shared: str
    count: int

    def describe(self, precision: int) -> str:
        """One line of text; a precision of 1 is exact."""
        but = f", except for at most {precision - 1}" if precision > 1 else ""
        return f"those with {self.group} (reported: {self.count:,}) all have {self.shared}{but}"


def name_shared(aggregates: DataFrame, columns: Sequence[str]) -> list[SharedAttribute]:
    """The largest groups whose members all share an attribute of one of these columns.

    Args:
        aggregates: (combination array<struct<column,value>>, protected_count bigint).
        columns: the columns that matter, such as those that the settings call sensitive.

    Returns:
        At most MOST_NAMED; among groups with the same count, the shorter first.
    """
    if not columns:
        return []
    shared = find_shared(aggregates.select("combination", "protected_count"))
    members = F.transform("combination", lambda a: F.concat_ws(":", a["column"], a["value"]))
    told = shared.where(F.col("shared")["column"].isin(list(columns))).select(
        F.array_join(members, ";").alias("group"),
        F.concat_ws(":", F.col("shared")["column"], F.col("shared")["value"]).alias("attribute"),
        "protected_count",
        F.size("combination").alias("length"),
    )
    rows = told.orderBy(F.desc("protected_count"), "length", "group", "attribute").limit(MOST_NAMED).collect()
    return [SharedAttribute(row["group"], row["attribute"], int(row["protected_count"])) for row in rows]
