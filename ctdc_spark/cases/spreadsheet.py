"""Open Excel workbooks: each is read as a whole in a task, its first sheet or the one that the settings name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.addresses import hide_credentials
from ctdc_spark.cases.extra_rows import BETWEEN, CELLS, EXTRA, classify_rows
from ctdc_spark.cases.headers import name_file
from ctdc_spark.cases.location import list_files
from ctdc_spark.cases.opened import OpenedData, join_sql, trim_sql
from ctdc_spark.cases.row_marks import BLOCK, BROKEN_LINE, FILE_NAME, FILE_PATH, POSITION, RAGGED, TRAILING
from ctdc_spark.cases.unicode_form import FORM, is_normalized, list_lookalikes
from ctdc_spark.cases.values_as_names import require_names
from ctdc_spark.cases.workbook import read_rows
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings

HEADERS = "path string, names array<string>, problem string"
ROWS_A_BATCH = 10_000


def open_xlsx(spark: SparkSession, settings: Settings) -> OpenedData:
    """Open workbooks: a file, those of a folder, or those that match a pattern.

    Raises:
        DataError: there are none, one cannot be read, or their columns differ.
    """
    path = str(settings.sensitive_microdata_path)
    place = hide_credentials(path)
    sheet = Sheet(
        settings.sensitive_microdata_sheet, settings.sensitive_microdata_header_line or 1, is_normalized(settings)
    )
    with explained_failures(place):
        actual, _ = list_files(spark, path)
        files = spark.read.format("binaryFile").load(actual).select("path", "content")
        names = _read_names(files.mapInArrow(HeaderKernel(sheet), HEADERS), place)
    if not settings.use_columns:
        require_names(names, place)
    cells = [f"c{i}" for i in range(len(names))]
    schema = ", ".join(
        [*(f"{cell} string" for cell in cells), f"{RAGGED} boolean, {FILE_PATH} string, {POSITION} bigint"]
    )
    rows = files.mapInArrow(RowKernel(sheet, names), schema)
    texts = rows.select(
        *(F.expr(trim_sql(cell)).alias(cell) for cell in cells),
        RAGGED,
        FILE_PATH,
        POSITION,
        join_sql(BETWEEN, cells).alias(CELLS),
        F.lit(None).cast("string").alias("raw"),
        F.lit(False).alias(BROKEN_LINE),
        F.lit(False).alias(TRAILING),
        F.element_at(F.split(FILE_PATH, "/"), -1).alias(FILE_NAME),
        F.lit(0).cast("bigint").alias(BLOCK),
    )
    marked = texts.select("*", classify_rows(names, "\t", settings).alias(EXTRA)).drop("raw", CELLS)
    return OpenedData(place, names, marked, ordered=True, encoding="utf-8", remarks=tuple(list_lookalikes(names)))


def _read_names(headers: DataFrame, place: str) -> tuple[str, ...]:
    found = sorted((row["path"], tuple(row["names"] or ()), row["problem"]) for row in headers.collect())
    problems = [f"{name_file(path)} {problem}" for path, _, problem in found if problem]
    if problems:
        raise DataError(f"{place}: {'; '.join(problems[:3])}")
    if not found:
        raise DataError(f"{place} is empty: found no workbook")
    first = found[0][1]
    others = [name_file(path) for path, names, _ in found if sorted(names) != sorted(first)]
    if others:
        raise DataError(f"{place}: {', '.join(others[:3])} has other columns than {name_file(found[0][0])}")
    return first


@dataclass(frozen=True)
class Sheet:
    """Which sheet is read, where its table begins, and whether names are brought into Unicode's form NFC."""

    name: str | None
    header_line: int
    normal: bool

    def read(self, content: bytes) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str | None]]]]:
        """The names of the columns, and the rows below with their numbers.

        Raises:
            DataError: it is no workbook, or has no such sheet or no header.
        """
        rows = (row for row in read_rows(content, self.name) if row[0] >= self.header_line)
        header = next(rows, None)
        if header is None:
            raise DataError("has no header in the sheet; a header and records are needed")
        names = [(name or "").strip() for name in header[1]]
        while names and not names[-1]:
            names.pop()
        return tuple(unicodedata.normalize(FORM, n) for n in names) if self.normal else tuple(names), rows


@dataclass(frozen=True)
class HeaderKernel:
    """The kernel: (path, content) of workbooks -> HEADERS."""

    sheet: Sheet

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield a row for each workbook; `problem` says why one cannot be read."""
        for path, content in _each(batches):
            names: tuple[str, ...] = ()
            problem = None
            try:
                names, _ = self.sheet.read(content)
            except DataError as error:
                problem = str(error)
            kinds = (pa.string(), pa.list_(pa.string()), pa.string())
            columns = [pa.array([value], kind) for value, kind in zip((path, list(names), problem), kinds, strict=True)]
            yield pa.record_batch(columns, names=["path", "names", "problem"])


@dataclass(frozen=True)
class RowKernel:
    """The kernel: (path, content) of workbooks -> their records, `c<i>` for each of `names`."""

    sheet: Sheet
    names: tuple[str, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the records of one workbook after the other."""
        for path, content in _each(batches):
            names, rows = self.sheet.read(content)
            places = [names.index(name) for name in self.names]
            while some := list(islice(rows, ROWS_A_BATCH)):
                cells = [pa.array([row[i] if i < len(row) else None for _, row in some], pa.string()) for i in places]
                ragged = pa.array([any(row[len(names) :]) for _, row in some], pa.bool_())
                marks = [ragged, pa.array([path] * len(some)), pa.array([number for number, _ in some], pa.int64())]
                yield pa.record_batch(
                    [*cells, *marks], names=[*(f"c{i}" for i in range(len(cells))), RAGGED, FILE_PATH, POSITION]
                )


def _each(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, bytes]]:
    for batch in batches:
        for path, content in zip(batch.column(0), batch.column(1), strict=True):
            yield path.as_py(), content.as_py()
