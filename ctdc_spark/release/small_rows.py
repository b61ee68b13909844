"""The small published tables of one release, collected once for all that is made from them: the page and the documents.

What is collected is bounded by the number of published attributes, metrics and lengths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    CODEBOOK,
    COVERAGE,
    EVALUATION_METRICS,
    RELEASES,
    SYNTHETIC_MICRODATA,
)
from ctdc_spark.release.rows import Rows, collect_rows, names_of

Row = dict[str, Any]


@dataclass(frozen=True)
class SmallRows:
    """What was collected from one release.

    Attributes:
        ledger: rows of releases; one, if the release is complete. Their `published_seconds`, since 1970, are the same
            in every session time zone.
        metrics: rows of evaluation_metrics.
        codebook: rows of codebook.
        single: (column, value, count) of each reported attribute.
        coverage: rows of coverage; none in a release without it.
        combinations: how many combinations are reported, by length.
        records: how many rows synthetic_microdata has.
    """

    ledger: list[Row]
    metrics: list[Row]
    codebook: list[Row]
    single: list[Row]
    combinations: dict[int, int]
    records: int
    coverage: list[Row] = field(default_factory=list)


def collect_small_rows(tables: Mapping[str, Rows]) -> SmallRows:
    """Collect them side by side.

    Args:
        tables: the published tables by name, filtered to the release.
    """
    counts, microdata = tables[AGGREGATE_COUNTS.name], tables[SYNTHETIC_MICRODATA]
    ledger, metrics, codebook, coverage, lengths, records = run_concurrently(
        [
            *(partial(_collect, tables[table.name]) for table in (RELEASES, EVALUATION_METRICS, CODEBOOK)),
            partial(_collect, tables.get(COVERAGE.name, pa.table({}))),
            partial(_collect_lengths, counts),
            partial(_count, microdata),
        ]
    )
    return SmallRows(
        ledger,
        metrics,
        codebook,
        single=[attribute for row in lengths for attribute in row["single"]],
        combinations={int(row["length"]): int(row["combinations"]) for row in lengths},
        records=int(records[0]["records"]),
        coverage=coverage,
    )


def _collect(part: Rows) -> list[Row]:
    if "published_at" not in names_of(part):
        return collect_rows(part)
    if isinstance(part, pa.Table):
        return [{**row, "published_seconds": int(row["published_at"].timestamp())} for row in collect_rows(part)]
    return collect_rows(part.withColumn("published_seconds", F.unix_seconds("published_at")))


def _collect_lengths(counts: Rows) -> list[Row]:
    """For each length how many combinations are reported, and the single attributes among them."""
    if isinstance(counts, pa.Table):
        one = counts.filter(pc.field("length") == 1)
        pairs = zip(one["combination"].to_pylist(), one["protected_count"].to_pylist(), strict=True)
        of_one = [{**combination[0], "count": count} for combination, count in pairs]
        number = Counter(counts["length"].to_pylist())
        return [
            {"length": length, "combinations": number[length], "single": of_one if length == 1 else []}
            for length in sorted(number)
        ]
    attribute = F.get("combination", F.lit(0))
    count = F.col("protected_count").alias("count")
    named = F.struct(attribute["column"].alias("column"), attribute["value"].alias("value"), count)
    single = F.collect_list(F.when(F.col("length") == 1, named)).alias("single")
    return _collect(counts.groupBy("length").agg(F.count(F.lit(1)).alias("combinations"), single))


def _count(rows: Rows) -> list[Row]:
    return [{"records": len(rows) if isinstance(rows, pa.Table) else rows.count()}]
