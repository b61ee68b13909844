"""The small published tables of one release, collected once for all that is made from them: the page and the documents.

What is collected is bounded by the number of published attributes, metrics and lengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    CODEBOOK,
    EVALUATION_METRICS,
    RELEASES,
    SYNTHETIC_MICRODATA,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class SmallRows:
    """What was collected from one release.

    Attributes:
        ledger: rows of releases; one, if the release is complete. Their `published_seconds`, since 1970, are the same
            in every session time zone.
        metrics: rows of evaluation_metrics.
        codebook: rows of codebook.
        single: (column, value, count) of each reported attribute.
        combinations: how many combinations are reported, by length.
        records: how many rows synthetic_microdata has.
    """

    ledger: Rows
    metrics: Rows
    codebook: Rows
    single: Rows
    combinations: dict[int, int]
    records: int


def collect_small_rows(tables: Mapping[str, DataFrame]) -> SmallRows:
    """Collect them side by side.

    Args:
        tables: the published tables by name, filtered to the release.
    """
    attribute = F.get("combination", F.lit(0))
    count = F.col("protected_count").alias("count")
    named = F.struct(attribute["column"].alias("column"), attribute["value"].alias("value"), count)
    single = F.collect_list(F.when(F.col("length") == 1, named)).alias("single")
    of_length = (F.count(F.lit(1)).alias("combinations"), single)
    parts = (
        tables[RELEASES.name].withColumn("published_seconds", F.unix_seconds("published_at")),
        tables[EVALUATION_METRICS.name],
        tables[CODEBOOK.name],
        tables[AGGREGATE_COUNTS.name].groupBy("length").agg(*of_length),
        tables[SYNTHETIC_MICRODATA].agg(F.count(F.lit(1)).alias("records")),
    )
    ledger, metrics, codebook, lengths, records = run_concurrently([partial(_collect, part) for part in parts])
    return SmallRows(
        ledger,
        metrics,
        codebook,
        single=[attribute for row in lengths for attribute in row["single"]],
        combinations={int(row["length"]): int(row["combinations"]) for row in lengths},
        records=int(records[0]["records"]),
    )


def _collect(part: DataFrame) -> Rows:
    return [row.asDict(recursive=True) for row in part.collect()]
