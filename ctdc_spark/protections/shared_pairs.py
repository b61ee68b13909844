"""For `check`: which attributes wholly share another one, from protected counts of pairs, before there is a release.

Pairs are few and are counted in one pass; longer groups are left to the release, which counts them anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.dictionary import count_attributes
from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.cases.pack import PACKED_CASES, PackedCases, pack_cases
from ctdc_spark.combinations.counting import count_at_once
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import decode_combinations, protect_combinations
from ctdc_spark.evaluation.homogeneity import find_shared, name_shared
from ctdc_spark.verification.published import scratch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.prepare import PreparedCases
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings

REPORTED_PAIRS = "combination array<struct<column:string,value:string>>, protected_count bigint"

PAIRS = 2

NAMED = 10
"""Groups that `check` names, the largest first."""


def find_shared_pairs(spark: SparkSession, prepared: PreparedCases, settings: Settings) -> list[str]:
    """Count pairs as a release would publish them, and describe which attributes wholly share another one.

    Args:
        spark: the session.
        prepared: the cases.
        settings: with protection: k.

    Returns:
        Sentences; they name only values that would be published.

    Raises:
        DataError: no attribute is held by enough subjects.
    """
    with scratch(spark, settings) as materialize:
        packed = pack_cases(prepared)
        kept = PackedCases(
            materialize("packed_checked", packed.frame, PACKED_CASES), packed.columns, packed.multi_valued
        )
        dictionary, exact = count_attributes(kept, settings.threshold, settings.precision)
        if settings.reporting_length == 1:
            return []
        counts = count_at_once(encode_cases(kept, dictionary, exact.subjects), Limits(settings.threshold, PAIRS))
        named = decode_combinations(protect_combinations(counts, settings.threshold, settings.precision), dictionary)
        pairs = materialize("pairs_checked", named.select("combination", "protected_count"), REPORTED_PAIRS)
        return describe_shared(pairs, settings)


def find_reported_pairs(counts: DataFrame, dictionary: Dictionary, settings: Settings) -> list[str]:
    """Like `find_shared_pairs`, where reported counts are the only input.

    Args:
        counts: COMBINATION_COUNTS of the reported counts.
        dictionary: names their attributes.
        settings: names the columns that are sensitive.
    """
    pairs = counts.where(F.size("combination") <= PAIRS).withColumnRenamed("count", "protected_count")
    return describe_shared(decode_combinations(pairs, dictionary).select("combination", "protected_count"), settings)


def describe_shared(pairs: DataFrame, settings: Settings) -> list[str]:
    """Sentences on reported combinations of one and two attributes.

    Args:
        pairs: REPORTED_PAIRS.
        settings: names the columns that are sensitive.
    """
    groups = find_shared(pairs).select("combination").distinct().count()
    if not groups:
        return []
    every = pairs.where(F.size("combination") == 1).count()
    hint = "" if settings.sensitive_columns else "; name the columns that could do harm in sensitive_columns"
    said = [
        f"{groups:,} of {every:,} attributes wholly share another one, as far as protected counts of pairs tell "
        f"(longer groups are counted by the release): whoever is known to have one is known to have the other{hint}"
    ]
    for shared in name_shared(pairs, settings.sensitive_columns)[:NAMED]:
        said.append(f"sensitive_columns: {shared.describe(settings.precision)}")
    return said
