"""Pair the counts of the synthetic records with those they are judged against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.proof.gate import measure_support

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.dictionary import Dictionary


def pair_with_reported(reported: DataFrame, synthetic: DataFrame) -> DataFrame:
    """Pair protected with synthetic counts; a = 0 where a combination is not reported.

    Args:
        reported: (combination array<int>, protected_count bigint).
        synthetic: COMBINATION_COUNTS of the synthetic records.

    Returns:
        PAIRS. Nothing in it tells more than the published tables do.
    """
    return _pair(reported.select("combination", F.col("protected_count").alias("a")), synthetic)


def pair_with_sensitive(
    frequent: DataFrame, synthetic: DataFrame, sensitive: tuple[DataFrame, Dictionary], threshold: int
) -> DataFrame:
    """Pair exact with synthetic counts, also where a combination of the synthetic records is rare or absent.

    Which ones are frequent is the counting engine's word; how rare the others are is counted as the proof counts. So
    two programs must agree before anything passes for frequent.

    Args:
        frequent: COMBINATION_COUNTS of the sensitive records, all with count >= k.
        synthetic: COMBINATION_COUNTS of the synthetic records.
        sensitive: ENCODED_RECORDS, asked for what is not frequent, and the attributes.
        threshold: k.

    Returns:
        PAIRS.

    Raises:
        PrivacyGateError: the two do not agree.
    """
    outside = synthetic.join(frequent, "combination", "left_anti").select(F.col("combination").alias("attributes"))
    exact = frequent.select("combination", F.col("count").alias("a"))
    if not outside.isEmpty():
        found = measure_support(outside, *sensitive)
        _require_rare(found, threshold)
        exact = exact.unionByName(found.toDF("combination", "a"))
    return _pair(exact, synthetic)


def _require_rare(support: DataFrame, threshold: int) -> None:
    denied = support.where(F.col("subjects") >= threshold).count()
    if denied:
        raise PrivacyGateError(
            f"privacy gate: {denied:,} combinations of the synthetic records have at least k = {threshold} subjects as "
            "the proof counts, and fewer as they were counted for the release; allowed: none. One of the two is wrong. "
            "Nothing was published"
        )


def _pair(reference: DataFrame, synthetic: DataFrame) -> DataFrame:
    # (combination, a), (combination, count) -> (length, a, b)
    joined = reference.join(synthetic, "combination", "full_outer")
    return joined.select(
        F.size("combination").alias("length"),
        F.coalesce("a", F.lit(0).cast("bigint")).alias("a"),
        F.coalesce("count", F.lit(0).cast("bigint")).alias("b"),
    )
