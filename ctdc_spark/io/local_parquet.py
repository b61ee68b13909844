"""Tables of a few rows in folders of this machine, written and read without Spark; it reads and writes them as well."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ctdc_spark.io import files

ARROW_TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
"""Types of columns, as Spark's schemas and as Arrow name them."""

_COLUMN = re.compile(r"`?(\w+)`? (\w+)(?:, |$)")


def table_of(rows: Iterable[tuple[Any, ...]], schema: str) -> pa.Table:
    """Rows as a table.

    Args:
        rows: a value for each column.
        schema: such as "metric string, value double".

    Example:
        >>> table_of([("a", 1)], "name string, number int").to_pylist()
        [{'name': 'a', 'number': 1}]
    """
    fields = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in _COLUMN.findall(schema)])
    return pa.Table.from_pylist([dict(zip(fields.names, row, strict=True)) for row in rows], schema=fields)


def write_rows(uri: str, rows: pa.Table) -> None:
    """Replace a table by these rows.

    Args:
        uri: its folder, on this machine.
        rows: they become one file.

    Raises:
        DataError: the place cannot be written.
    """
    with files.explained("cannot write", uri):
        folder = _folder(uri)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True)
        pq.write_table(rows, folder / "part-00000.snappy.parquet", compression="snappy")


def read_rows(uri: str) -> pa.Table:
    """All rows of a table.

    Args:
        uri: its folder, on this machine.

    Raises:
        DataError: it cannot be read.
    """
    with files.explained("cannot read", uri):
        parts = sorted(
            path for path in _folder(uri).iterdir() if path.suffix == ".parquet" and path.name[0] not in "._"
        )
        return pa.concat_tables([pq.read_table(path, partitioning=None) for path in parts])


def _folder(uri: str) -> Path:
    path = files.local_path(uri)
    if path is None:
        raise FileNotFoundError(uri)
    return path
