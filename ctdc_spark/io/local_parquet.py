"""Tables of a few rows in folders of this machine, written and read without Spark; it reads and writes them as well."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterable, Sequence
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
        if not parts:
            raise FileNotFoundError(uri)
        try:
            return pa.concat_tables([read_part(path) for path in parts])
        except pa.ArrowException:
            raise OSError(errno.EBADMSG, "its files have different columns") from None


def read_conforming(uri: str, names: Sequence[str], schema: pa.Schema) -> pa.Table:
    """All rows of a table in this schema; see `conform`.

    Raises:
        DataError: it cannot be read, or has a column of another kind.
    """
    rows = read_rows(uri)
    with files.explained("cannot read", uri):
        try:
            return conform(rows, names, schema)
        except pa.ArrowException:
            raise OSError(errno.EBADMSG, "it has a column of another kind than was written") from None


def read_part(path: Path) -> pa.Table:
    """One file of a table.

    Raises:
        OSError: it cannot be read, or is not Parquet.
    """
    try:
        return pq.read_table(path, partitioning=None)
    except (pa.ArrowException, ValueError):
        raise OSError(errno.EBADMSG, f"{path.name} is damaged, or not a file of Parquet") from None


def conform(rows: pa.Table, names: Sequence[str], schema: pa.Schema) -> pa.Table:
    """Rows in this schema: their columns of these names, null where there is none.

    Spark writes partition columns into files as well where it replaces rows, and leaves out columns that came later.

    Raises:
        pa.ArrowException: a column is of another kind, or there twice.
    """
    arrays = []
    for name, kind in zip(names, schema.types, strict=True):
        places = rows.schema.get_all_field_indices(name)
        if len(places) > 1:
            raise pa.ArrowInvalid(f"{name} is there {len(places)} times")
        arrays.append(rows.column(places[0]).cast(kind) if places else pa.nulls(len(rows), kind))
    return pa.table(arrays, schema=schema)


def _folder(uri: str) -> Path:
    path = files.local_path(uri)
    if path is None:
        raise FileNotFoundError(uri)
    return path
