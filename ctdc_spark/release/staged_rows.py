"""The rows of a release as they wait in staging: under the names they will be published with, and with their digests.

A digest says which rows there are, whatever their order and their files. It serves to compare published rows with
sealed ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.combinations.protect import READABLE_COMBINATIONS
from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.release import contracts

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.storage.staging import Staging

NAMING_VALUES = (contracts.ATTRIBUTE_METRICS, contracts.CODEBOOK)
"""Small tables that are staged as they will be published."""

BUCKET_DIGITS = 2
"""Hex digits of a row's hash by which rows are gathered: 256 buckets, of some 25 MB at 100 million rows."""


MOST_COLLECTED = 200_000
"""The most rows whose hashes are collected: some 30 MB while they are sorted."""

_Bucket = tuple[str, str, int, str]
"""A table, the beginning of its rows' hashes, how many rows begin so, and the hash of all of them."""


def staged_tables(staging: Staging, columns: Sequence[str]) -> dict[str, DataFrame]:
    """The staged rows under the names of their published columns."""
    names = ", ".join(["record_id string", *(f"c{i} string" for i in range(len(columns)))])
    positions = staging.read(contracts.SYNTHETIC_MICRODATA, names)
    named = [F.col(f"c{i}").alias(name) for i, name in enumerate(columns)]
    return {
        contracts.SYNTHETIC_MICRODATA: positions.select("record_id", *named),
        contracts.AGGREGATE_COUNTS.name: staging.read(contracts.AGGREGATE_COUNTS.name, READABLE_COMBINATIONS),
        contracts.EVALUATION_METRICS.name: staging.read(contracts.EVALUATION_METRICS.name, METRICS),
        **{table.name: staging.read(table.name, schema_of(table)) for table in NAMING_VALUES},
    }


def schema_of(contract: contracts.Contract) -> str:
    """The schema of a published table without the release's id."""
    return ", ".join(f"{quote_name(column.name)} {column.type}" for column in contract.columns[1:])


def digest_rows(tables: Mapping[str, DataFrame], rows: int | None = None) -> dict[str, str]:
    """The digest of each table: SHA-256 over its rows as a multiset.

    Each row is hashed; the hashes are gathered by their beginning, sorted within each bucket and hashed once more. All
    tables are read in one job. For few rows the hashes themselves are collected, which needs no shuffle; for many, one
    hash for each table and bucket. The digest is the same.

    Args:
        tables: rows by name; their columns by name are part of the digest, the columns' order is not.
        rows: about how many rows they have together; None: any number.

    Returns:
        "<number of rows> <SHA-256 in hex>" for each name.
    """
    hashed = reduce(
        lambda above, below: above.unionByName(below),
        (
            rows.select(F.lit(name).alias("table"), F.sha2(_written(rows), 256).alias("row"))
            for name, rows in sorted(tables.items())
        ),
    )
    few = rows is not None and rows <= MOST_COLLECTED
    buckets = _collect_hashes(hashed) if few else _collect_buckets(hashed)
    found: dict[str, str] = {}
    for name in tables:
        mine = sorted((bucket, number, digest) for table, bucket, number, digest in buckets if table == name)
        text = "\n".join(f"{bucket} {number} {digest}" for bucket, number, digest in mine)
        found[name] = f"{sum(number for _, number, _ in mine)} {hashlib.sha256(text.encode()).hexdigest()}"
    return found


def _collect_buckets(hashed: DataFrame) -> list[_Bucket]:
    # (table, row) -> (table, bucket, rows, hash of the bucket's ordered hashes)
    buckets = hashed.groupBy("table", F.substring("row", 1, BUCKET_DIGITS).alias("bucket")).agg(
        F.count(F.lit(1)).alias("rows"), F.sha2(F.concat_ws("", F.sort_array(F.collect_list("row"))), 256)
    )
    return [(table, bucket, number, digest) for table, bucket, number, digest in buckets.collect()]


def _collect_hashes(hashed: DataFrame) -> list[_Bucket]:
    """The same, put together on the driver."""
    gathered: dict[tuple[str, str], list[str]] = {}
    for table, row in hashed.collect():
        gathered.setdefault((table, row[:BUCKET_DIGITS]), []).append(row)
    return [
        (table, bucket, len(mine), hashlib.sha256("".join(sorted(mine)).encode()).hexdigest())
        for (table, bucket), mine in gathered.items()
    ]


def _written(rows: DataFrame) -> Column:
    """A row as one text that no different row has: its columns by name, without those that are null."""
    columns = []
    for name, kind in sorted(rows.dtypes):
        value = F.col(quote_name(name))
        if kind == "double":  # Java's versions write some numbers differently; this is a bijection of the 64 bits
            value = F.when(value.isNotNull(), F.xxhash64(value))
        columns.append(value.alias(name))
    return F.to_json(F.struct(*columns))
