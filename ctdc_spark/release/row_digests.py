"""Digests of rows: which rows a table has, whatever their order and their files.

They serve to compare published rows with sealed ones. Few rows that are at hand are hashed here, all others by Spark;
the digest is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

BUCKET_DIGITS = 2
"""Hex digits of a row's hash by which rows are gathered: 256 buckets, of some 25 MB at 100 million rows."""

MOST_COLLECTED = 200_000
"""The most rows whose hashes are collected: some 30 MB while they are sorted."""

_Words = npt.NDArray[np.uint64]

_Bucket = tuple[str, int, str]
"""The beginning of rows' hashes, how many rows begin so, and the hash of all of them."""

_ESCAPES = {code: f"\\u{code:04X}" for code in range(32)} | {
    ord(character): "\\" + letter
    for character, letter in {"\b": "b", "\t": "t", "\n": "n", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}.items()
}
"""How Spark's `to_json` writes characters that JSON does not allow in a text."""


def digest_rows(tables: Mapping[str, DataFrame | pa.Table], rows: int | None = None) -> dict[str, str]:
    """The digest of each table: SHA-256 over its rows as a multiset.

    Each row is hashed; the hashes are gathered by their beginning, sorted within each bucket and hashed once more. All
    tables that Spark reads are read in one job. For few rows the hashes themselves are collected, which needs no
    shuffle; for many, one hash for each table and bucket. The digest is the same.

    Args:
        tables: rows by name; their columns by name are part of the digest, the columns' order is not.
        rows: about how many rows they have together; None: any number.

    Returns:
        "<number of rows> <SHA-256 in hex>" for each name.
    """
    here = {name: table for name, table in tables.items() if isinstance(table, pa.Table)}
    there = {name: table for name, table in tables.items() if not isinstance(table, pa.Table)}
    buckets = {name: _gather(_hash_here(table)) for name, table in here.items()}
    if there:
        hashed = _hash_there(there)
        few = rows is not None and rows <= MOST_COLLECTED
        buckets |= _collect_hashes(hashed, there) if few else _collect_buckets(hashed, there)
    return {name: _close(buckets[name]) for name in tables}


def _close(buckets: list[_Bucket]) -> str:
    text = "\n".join(f"{bucket} {number} {digest}" for bucket, number, digest in sorted(buckets))
    return f"{sum(number for _, number, _ in buckets)} {hashlib.sha256(text.encode()).hexdigest()}"


def _gather(hashes: Iterable[str]) -> list[_Bucket]:
    gathered: dict[str, list[str]] = {}
    for row in hashes:
        gathered.setdefault(row[:BUCKET_DIGITS], []).append(row)
    return [
        (bucket, len(mine), hashlib.sha256("".join(sorted(mine)).encode()).hexdigest())
        for bucket, mine in gathered.items()
    ]


def _hash_there(tables: Mapping[str, DataFrame]) -> DataFrame:
    """(table, hash of a row) for all rows."""
    return reduce(
        lambda above, below: above.unionByName(below),
        (
            rows.select(F.lit(name).alias("table"), F.sha2(_written(rows), 256).alias("row"))
            for name, rows in sorted(tables.items())
        ),
    )


def _collect_buckets(hashed: DataFrame, tables: Iterable[str]) -> dict[str, list[_Bucket]]:
    # (table, row) -> (table, bucket, rows, hash of the bucket's ordered hashes)
    buckets = hashed.groupBy("table", F.substring("row", 1, BUCKET_DIGITS).alias("bucket")).agg(
        F.count(F.lit(1)).alias("rows"), F.sha2(F.concat_ws("", F.sort_array(F.collect_list("row"))), 256)
    )
    found: dict[str, list[_Bucket]] = {name: [] for name in tables}
    for table, bucket, number, digest in buckets.collect():
        found[table].append((bucket, number, digest))
    return found


def _collect_hashes(hashed: DataFrame, tables: Iterable[str]) -> dict[str, list[_Bucket]]:
    """The same, put together on the driver."""
    hashes: dict[str, list[str]] = {name: [] for name in tables}
    for table, row in hashed.collect():
        hashes[table].append(row)
    return {name: _gather(mine) for name, mine in hashes.items()}


def _written(rows: DataFrame) -> Column:
    """A row as one text that no different row has: its columns by name, without those that are null."""
    columns = []
    for name, kind in sorted(rows.dtypes):
        value = F.col(quote_name(name))
        if kind == "double":  # Java's versions write some numbers differently; this is a bijection of the 64 bits
            value = F.when(value.isNotNull(), F.xxhash64(value))
        columns.append(value.alias(name))
    return F.to_json(F.struct(*columns))


def _hash_here(rows: pa.Table) -> Iterable[str]:
    """The hash of each row, as `_written` has it."""
    pieces = _name_values({name: rows[name].combine_chunks() for name in sorted(rows.column_names)}, len(rows))
    return (hashlib.sha256(f"{{{text}}}".encode()).hexdigest() for text in pieces.to_pylist())


def _name_values(columns: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """`"name":value` of all columns of a row, joined by commas, without those that are null; shape (rows,)."""
    named = [
        pc.binary_join_element_wise(_quote(name) + ":", _write_values(values), "") for name, values in columns.items()
    ]
    if not named:
        return pa.array([""] * rows, pa.string())
    return pc.binary_join_element_wise(*named, ",", null_handling="skip")


def _write_values(values: pa.Array) -> pa.Array:
    """The JSON of each value; null where it is null."""
    kind = values.type
    if pa.types.is_string(kind):
        distinct = values.dictionary_encode()
        written = pa.array([_quote(text) for text in distinct.dictionary.to_pylist()], pa.string())
        return written.take(distinct.indices)
    if pa.types.is_float64(kind):
        return pc.cast(_hash_doubles(values), pa.string())
    if pa.types.is_integer(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_list(kind):
        elements = pa.ListArray.from_arrays(values.offsets, _write_values(values.values))
        return pc.binary_join_element_wise("[", pc.binary_join(elements, ","), "]", "")
    if pa.types.is_struct(kind):
        fields = {kind.field(i).name: values.field(i) for i in range(kind.num_fields)}
        return pc.binary_join_element_wise("{", _name_values(fields, len(values)), "}", "")
    raise TypeError(f"no published table has values of type {kind}")


def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _hash_doubles(values: pa.Array) -> pa.Array:
    """Spark's `xxhash64` of doubles (XXH64 of 8 bytes with seed 42); null where they are null.

    The algorithm: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
    """
    numbers = pc.fill_null(values, 0.0).to_numpy(zero_copy_only=False) + 0.0  # + 0.0: there is no -0.0
    word = np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64)
    p1, p2, p3, p4, p5 = (
        np.uint64(prime)
        for prime in (
            0x9E3779B185EBCA87,
            0xC2B2AE3D27D4EB4F,
            0x165667B19E3779F9,
            0x85EBCA77C2B2AE63,
            0x27D4EB2F165667C5,
        )
    )
    with np.errstate(over="ignore"):
        state = np.uint64(42) + p5 + np.uint64(8)
        state = _rotate(state ^ (_rotate(word * p2, 31) * p1), 27) * p1 + p4
        state = (state ^ (state >> np.uint64(33))) * p2
        state = (state ^ (state >> np.uint64(29))) * p3
        state ^= state >> np.uint64(32)
    return pc.if_else(pc.is_valid(values), pa.array(state.view(np.int64)), pa.scalar(None, pa.int64()))


def _rotate(word: _Words, bits: int) -> _Words:
    turned: _Words = (word << np.uint64(bits)) | (word >> np.uint64(64 - bits))
    return turned
