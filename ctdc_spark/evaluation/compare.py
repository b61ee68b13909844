"""Join the counts of the synthetic records with those they are judged against, and tally the results."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import functions as F

from ctdc_spark.combinations.protect import protected
from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.evaluation.tallies import (
    EXACT,
    OUTSIDE,
    SUMS,
    TALLIES,
    Tallier,
    Tallies,
    Tally,
    add_up,
    read_tallies,
)
from ctdc_spark.proof.gate import measure_support

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.combinations.protect import Resolution
    from ctdc_spark.evaluation.reported_marginals import CellAdder
    from ctdc_spark.records.counts import AttributeCounts
    from ctdc_spark.records.dictionary import Dictionary

MOST_COLLECTED = 5_000
"""Up to this many attributes, each task's tallies are collected; with more, they are added up first."""


@dataclass(frozen=True)
class Counts:
    """What is compared.

    Attributes:
        frequent: COMBINATION_COUNTS of the sensitive records, count >= k.
        reported: (combination array<int>, protected_count bigint).
        synthetic: COMBINATION_COUNTS of the synthetic records, count >= 1.
        resolution: how the reported counts follow from the frequent ones; None: they are counts of their own.
    """

    frequent: DataFrame
    reported: DataFrame
    synthetic: DataFrame
    resolution: Resolution | None = None


def compare_counts(
    counts: Counts,
    sensitive: tuple[DataFrame, AttributeCounts],
    dictionary: Dictionary,
    threshold: int,
    *,
    cells: CellAdder | None = None,
) -> Tallies:
    """Compare the synthetic counts with the exact and with the reported ones, in one pass.

    The counting engine determines which combinations are frequent; how rare the synthetic records' other combinations
    are is counted by the code of the proof. So two programs must agree before anything is taken to be frequent.

    Args:
        counts: what is compared.
        sensitive: ENCODED_RECORDS, to count what is not frequent, and counts of any kind, to split that work.
        dictionary: the attributes.
        threshold: k.
        cells: adds up the cells of sets of columns, if requested.

    Returns:
        The tallies. Those of EXACT are sensitive; the others reveal no more than the published tables do.

    Raises:
        PrivacyGateError: the two programs do not agree.
    """
    beside = bring_beside(counts)
    found = tally(beside, dictionary, threshold, cells)
    if OUTSIDE in {kind for kind, _, _ in found}:
        outside = beside.where(F.col("exact").isNull() & F.col("made").isNotNull()).select("combination", "made")
        support = measure_support(outside.select(F.col("combination").alias("attributes")), *sensitive)
        # a combination without support is held by nobody: it must not vanish here
        rare = outside.join(support.toDF("combination", "exact"), "combination", "left").select(
            "combination",
            F.coalesce("exact", F.lit(0)).alias("exact"),
            F.lit(None).cast("bigint").alias("reported"),
            "made",
        )
        of_rare = {key: sums for key, sums in tally(rare, dictionary, threshold).items() if key[0] == EXACT}
        _require_rare(sum(of_rare.values(), Tally()), threshold)
        add_up(found, of_rare)
    return found


def bring_beside(counts: Counts) -> DataFrame:
    """COUNTS, each combination once."""
    nothing = F.lit(None).cast("bigint")

    def side(frame: DataFrame, count: str, name: str) -> DataFrame:
        sides = {"exact": nothing, "reported": nothing, "made": nothing, name: F.col(count)}
        return frame.select("combination", *(value.alias(key) for key, value in sides.items()))

    sides = [side(counts.frequent, "count", "exact"), side(counts.synthetic, "count", "made")]
    if counts.resolution is None:
        sides.append(side(counts.reported, "protected_count", "reported"))
        reported = F.max("reported")
    else:
        reported = protected(F.max("exact"), counts.resolution.threshold, counts.resolution.precision)
    together = reduce(lambda above, below: above.unionByName(below), sides).groupBy("combination")
    return together.agg(F.max("exact").alias("exact"), reported.alias("reported"), F.max("made").alias("made"))


def tally(beside: DataFrame, dictionary: Dictionary, threshold: int, cells: CellAdder | None = None) -> Tallies:
    """Add up COUNTS; what is collected is bounded by attributes and by lengths and bins of counts."""
    rows = beside.mapInArrow(Tallier(threshold, np.array(dictionary.column_of, np.int32), cells), TALLIES)
    if len(dictionary) > MOST_COLLECTED:
        rows = rows.groupBy("kind", "number", "low").agg(*(F.sum(name).alias(name) for name in SUMS))
    return read_tallies(rows.collect())


def _require_rare(of_rare: Tally, threshold: int) -> None:
    if of_rare.frequent:
        raise PrivacyGateError(
            f"privacy gate: found {of_rare.frequent:,} combinations in the synthetic records with at least "
            f"k = {threshold} subjects by the proof's count but fewer by the release's; allowed: none. One of the two "
            "is wrong. Nothing was published"
        )


def pair_with_reported(reported: DataFrame, synthetic: DataFrame) -> DataFrame:
    """Pair protected with synthetic counts; a = 0 where a combination is not reported.

    Args:
        reported: (combination array<int>, protected_count bigint).
        synthetic: COMBINATION_COUNTS of the synthetic records.

    Returns:
        (length int, a bigint, b bigint). It reveals no more than the published tables do.
    """
    reference = reported.select("combination", F.col("protected_count").alias("a"))
    joined = reference.join(synthetic, "combination", "full_outer")
    return joined.select(
        F.size("combination").alias("length"),
        F.coalesce("a", F.lit(0).cast("bigint")).alias("a"),
        F.coalesce("count", F.lit(0).cast("bigint")).alias("b"),
    )
