"""Parquet files that Spark's reader refuses: read by Arrow, each file as a whole in a task.

pandas writes points in time of nanoseconds, times of day, half precision; some files of a folder may have a column
without values, or of another type. Spark then refuses all of them, whichever columns are wanted. Arrow does not: only
columns that no single type fits cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from ctdc_spark.cases.arrow_types import NOTHING, arrow_type, convert, is_cut, name_type

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FIELDS = "name string, place int, kind string, written string, cut boolean"
"""A column of a file: its name and place there, its type in Spark (null: none) and in the file."""

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_LONGEST = 40


@dataclass(frozen=True)
class ReadByArrow:
    """What the files hold.

    Attributes:
        frame: their columns, in types of Spark; strings without values for those that cannot be used.
        refused: column -> why it cannot be used.
        remarks: what was changed.
    """

    frame: DataFrame
    refused: dict[str, str]
    remarks: tuple[str, ...]


def read_by_arrow(spark: SparkSession, path: str, folders: Sequence[str]) -> ReadByArrow:
    """Read Parquet files of any types.

    Args:
        spark: the session.
        path: the files, as Spark needs it.
        folders: columns whose values stand in the names of folders.
    """
    files = spark.read.format("binaryFile").load(path).select("path", "content")
    rows = [tuple(row) for row in files.mapInArrow(list_fields, FIELDS).distinct().collect()]
    kinds: dict[str, set[str | None]] = {}
    written: dict[str, set[str]] = {}
    for name, _, kind, text, _ in sorted(rows, key=lambda row: (row[1], row[0])):
        kinds.setdefault(name, set()).add(kind)
        written.setdefault(name, set()).add(text)
    refused, schema = {}, {}
    for name, found in kinds.items():
        several = found - {NOTHING}
        if len(several) == 1 and None not in several:
            schema[name] = str(next(iter(several)))
        elif several:
            refused[name] = _refuse(name, sorted(written[name]))
        schema.setdefault(name, "string")
    cut = sorted({name for name, _, _, _, is_cut_off in rows if is_cut_off})
    remarks = (f"points in time of {', '.join(cut)} are cut from nanoseconds to microseconds",) * bool(cut)
    schema |= dict.fromkeys(folders, "string")
    types = ", ".join(f"c{i} {kind}" for i, kind in enumerate(schema.values()))
    reader = WholeFileReader(schema, frozenset(refused), tuple(folders))
    return ReadByArrow(files.mapInArrow(reader, types).toDF(*schema), refused, remarks)


def _refuse(name: str, types: list[str]) -> str:
    if len(types) > 1:
        return (
            f"column {name} has different types in different files: {', '.join(types)}; write them with the same type, "
            "or leave it out with use_columns"
        )
    return f"column {name} is of type {types[0]}, not one value; leave it out with use_columns, or cast it"


def list_fields(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield FIELDS from (path, content) of files."""
    for batch in batches:
        fields = [
            (field.name, place, name_type(field.type), str(field.type)[:_LONGEST], is_cut(field.type))
            for content in batch.column(1)
            for place, field in enumerate(pq.read_schema(pa.BufferReader(content.as_buffer())))
        ]
        columns = zip(*fields, strict=True) if fields else [[]] * 5
        types = (pa.string(), pa.int32(), pa.string(), pa.string(), pa.bool_())
        arrays = [pa.array(list(values), kind) for values, kind in zip(columns, types, strict=True)]
        yield pa.record_batch(arrays, names=["name", "place", "kind", "written", "cut"])


@dataclass(frozen=True)
class WholeFileReader:
    """The kernel: (path, content) of files -> their records, in columns `c<i>`.

    Attributes:
        types: name -> type in Spark, of each column in order.
        refused: those without values.
        folders: those whose values stand in the path.
    """

    types: dict[str, str]
    refused: frozenset[str]
    folders: tuple[str, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file after the other."""
        for batch in batches:
            for path, content in zip(batch.column(0).to_pylist(), batch.column(1), strict=True):
                yield from self._read(path, pa.BufferReader(content.as_buffer()))

    def _read(self, path: str, content: pa.BufferReader) -> Iterator[pa.RecordBatch]:
        file = pq.ParquetFile(content)
        in_path = dict(part.partition("=")[::2] for part in path.split("/")[:-1] if "=" in part)
        there = set(file.schema_arrow.names) - self.refused - set(self.folders)
        for batch in file.iter_batches(columns=[name for name in self.types if name in there]):
            table = pa.Table.from_batches([batch])
            columns = [self._column(table, name, in_path) for name in self.types]
            yield from pa.table(columns, names=[f"c{i}" for i in range(len(columns))]).to_batches()

    def _column(self, table: pa.Table, name: str, in_path: dict[str, str]) -> pa.ChunkedArray:
        kind = arrow_type(self.types[name])
        if name in self.folders:
            value = unquote(in_path.get(name, _NO_VALUE))
            return pa.chunked_array([pa.array([None if value == _NO_VALUE else value] * len(table), kind)])
        if name in table.column_names:
            return convert(table[name], kind)
        return pa.chunked_array([pa.nulls(len(table), kind)])
