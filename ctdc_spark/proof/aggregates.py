"""Everything promised of reported combinations, checked against the sensitive records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.proof.findings import Finding
from ctdc_spark.proof.published import code_combinations
from ctdc_spark.proof.reported import Fault, check_reported, check_singles

NAMING_VALUES = ("codebook", "attribute_metrics")
"""Tables whose columns `column` and `value` name values; a null value names none."""

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.proof.terms import Terms
    from ctdc_spark.records.counts import ExactCounts
    from ctdc_spark.records.dictionary import Dictionary


def verify_aggregates(
    aggregates: DataFrame, sensitive: DataFrame, known: tuple[Dictionary, ExactCounts], terms: Terms
) -> list[Finding]:
    """Check form, protection, exactness and completeness of reported combinations.

    Args:
        aggregates: (length int, combination array<struct<column,value>>, protected_count bigint).
        sensitive: ENCODED_RECORDS.
        known: the attributes that at least k subjects hold, and how many hold each.
        terms: how counts are protected.

    Returns:
        One finding for each check.
    """
    dictionary, counts = known
    coded = code_combinations(aggregates, dictionary)
    by_row = check_rows(coded, terms)
    sound = coded.where(F.col("known") & _is_formed(terms)).select("attributes", "protected_count")
    faults, found = check_singles(sound, counts, terms), check_reported(sound, sensitive, dictionary, terms)
    both = {kind: fault + faults.get(kind, Fault()) for kind, fault in found.faults.items()}
    asked = dict.fromkeys(both, by_row[0].checked) | {"complete": found.checked + len(dictionary)}
    return by_row + [_to_finding(kind, asked[kind], fault, dictionary) for kind, fault in both.items()]


def verify_taken_counts(
    aggregates: DataFrame, reported: DataFrame, dictionary: Dictionary, terms: Terms
) -> list[Finding]:
    """Check that counts taken from reported ones, where there are no case records, are the same.

    Args:
        aggregates: as in `verify_aggregates`.
        reported: COMBINATION_COUNTS of the input.
        dictionary: the attributes of the input.
        terms: how counts are protected.
    """
    coded = code_combinations(aggregates, dictionary)
    ours = coded.where("known").select("attributes", "protected_count")
    theirs = reported.select(F.col("combination").alias("attributes"), F.col("count").alias("taken"))
    said, taken = F.col("protected_count"), F.col("taken")
    row = (
        ours.join(theirs, "attributes", "full_outer")
        .agg(
            F.count(said).alias("checked"),
            F.count(taken).alias("all"),
            F.count(F.when(said.isNotNull() & ~said.eqNullSafe(taken), 1)).alias("counts"),
            F.count(F.when(said.isNull(), 1)).alias("complete"),
        )
        .collect()[0]
    )
    by_row = check_rows(coded, terms)
    return [*by_row, Finding("counts", row["checked"], row["counts"]), Finding("complete", row["all"], row["complete"])]


def verify_named_values(beside: Mapping[str, DataFrame], aggregates: DataFrame) -> list[Finding]:
    """Check that tables beside the counts name only values that are reported by themselves.

    Args:
        beside: published tables by name; those in NAMING_VALUES are checked.
        aggregates: as in `verify_aggregates`.
    """
    named_values = reduce(lambda a, b: a.union(b), (beside[name].select("column", "value") for name in NAMING_VALUES))
    pair = F.col("combination")[0]
    single = aggregates.where(F.size("combination") == 1).select(
        pair["column"].alias("column"), pair["value"].alias("value"), F.lit(1).alias("reported")
    )
    named = named_values.where(F.col("value").isNotNull()).distinct()
    unknown = F.col("reported").isNull()
    row = (
        named.join(single.distinct(), ["column", "value"], "left")
        .agg(
            F.count(F.lit(1)).alias("checked"),
            F.count(F.when(unknown, 1)).alias("failed"),
            F.collect_set(F.when(unknown, F.col("column"))).alias("columns"),
        )
        .collect()[0]
    )
    return [Finding("named_values", row["checked"], row["failed"], columns=tuple(sorted(row["columns"])))]


def check_rows(coded: DataFrame, terms: Terms) -> list[Finding]:
    """Check each row by itself; names of columns that the data do not have are not repeated."""
    failed = {
        "reported_values": ~F.col("known"),
        "form": ~_is_formed(terms),
        "precision": F.pmod(F.col("protected_count"), F.lit(terms.precision)) != 0,
        "threshold": F.col("protected_count") < terms.threshold,
    }
    row = coded.agg(
        F.count(F.lit(1)).alias("checked"),
        *(F.count(F.when(F.coalesce(bad, F.lit(True)), 1)).alias(check) for check, bad in failed.items()),
        *(F.sort_array(F.collect_set(F.when(bad, F.col("length")))).alias(f"{c}_at") for c, bad in failed.items()),
    ).collect()[0]
    return [Finding(check, row["checked"], row[check], tuple(row[f"{check}_at"])) for check in failed]


def _is_formed(terms: Terms) -> Column:
    """Whether the length is as stated and allowed, and no attribute occurs twice."""
    size = F.size("attributes")
    distinct = F.size(F.array_distinct("attributes")) == size
    return F.col("length").eqNullSafe(size) & (size >= 1) & (size <= terms.reporting_length) & distinct


def _to_finding(check: str, asked: int, fault: Fault, dictionary: Dictionary) -> Finding:
    columns = sorted({dictionary.columns[dictionary.column_of[a]] for a in fault.attributes})
    return Finding(check, asked, fault.failed, fault.lengths, tuple(columns))
