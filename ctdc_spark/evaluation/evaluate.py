"""Two evaluations of one release: against the exact counts (restricted) and against the reported ones (publishable)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.evaluation.compare import pair_with_reported, pair_with_sensitive
from ctdc_spark.evaluation.metrics import METRICS, compute_metrics

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.proof.gate import Proof
    from ctdc_spark.records.dictionary import Dictionary

PROVEN_COUNTS = ("rare", "leakage", "fabrication")
"""Metrics that must be 0; their zeros are established against the exact counts and may be published."""


@dataclass(frozen=True)
class Counts:
    """What is compared.

    Attributes:
        frequent: COMBINATION_COUNTS of the sensitive records, count >= k.
        reported: (combination array<int>, protected_count bigint).
        synthetic: COMBINATION_COUNTS of the synthetic records, count >= 1.
    """

    frequent: DataFrame
    reported: DataFrame
    synthetic: DataFrame


def evaluate_restricted(counts: Counts, sensitive: DataFrame, dictionary: Dictionary, threshold: int) -> DataFrame:
    """METRICS against the exact counts; they stay in the sensitive place."""
    pairs = pair_with_sensitive(counts.frequent, counts.synthetic, (sensitive, dictionary), threshold)
    return compute_metrics(pairs, threshold, "sensitive")


def evaluate_reported(counts: Counts, threshold: int) -> DataFrame:
    """METRICS against the reported counts; they tell no more than the published tables do.

    What is not reported may be rare or frequent, so the proven counts are left out here and come from `proven_rows`.
    """
    metrics = compute_metrics(pair_with_reported(counts.reported, counts.synthetic), threshold, "reported")
    return metrics.where(~F.col("metric").isin(*PROVEN_COUNTS))


def require_zeros(restricted: DataFrame) -> None:
    """Refuse a release in which a rare or an absent combination was found.

    It should be impossible after the proof of every record, and is asked of the counts all the same.

    Raises:
        PrivacyGateError: naming the metric, the length and how many.
    """
    total = F.col("metric").isin(*PROVEN_COUNTS) & F.col("count_from").isNull() & (F.col("value") != 0)
    found = restricted.where(total).select("metric", "length", "value").orderBy("metric", "length").collect()
    if found:
        named = ", ".join(f"{metric} {value:,.0f} at length {length}" for metric, length, value in found)
        raise PrivacyGateError(
            f"privacy gate: found {named}; allowed: 0 each. The synthetic records hold combinations that too few "
            "subjects share. Nothing was published"
        )


def proven_rows(restricted: DataFrame, proof: Proof | None) -> DataFrame:
    """The rows of METRICS that state the proof's outcome: zeros by length, and the share of strict records.

    Args:
        restricted: METRICS against the exact counts.
        proof: of the strict guarantee; None if another was proven, which speaks of no strict share.
    """
    zeros = restricted.where(F.col("metric").isin(*PROVEN_COUNTS) & F.col("count_from").isNull())
    if proof is None:
        return zeros.withColumn("reference", F.lit("proof"))
    share = (proof.asked - proof.failed) / max(1, proof.asked)
    strict = restricted.sparkSession.createDataFrame([("strict_share", "proof", None, None, None, share)], METRICS)
    return zeros.withColumn("reference", F.lit("proof")).unionByName(strict)


def expansion_row(reported: DataFrame, synthetic_records: int, protected_subjects: int) -> DataFrame:
    """The row of METRICS that says how many records were made: synthetic / protected number of subjects - 1."""
    value = synthetic_records / protected_subjects - 1
    row = [("record_expansion", "reported", None, None, None, value)]
    return reported.sparkSession.createDataFrame(row, METRICS)
