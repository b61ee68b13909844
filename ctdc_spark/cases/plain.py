"""The short way for plain delimited files: their lines are split, prepared and packed in one kernel.

Most files of coded values are plain: no quotes, one delimiter between any two values. Spark's CSV reader spends most of
its time on what they do not have. So this way takes the files at their word and marks what it cannot vouch for (a
quote, a record of another length, bytes that are not UTF-8, ..); if there is any, everything is read again the usual
way, which says what is wrong. Both ways give the same result, and the tests hold them to it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Observation
from pyspark.sql import functions as F

from ctdc_spark.cases.columns import choose_columns
from ctdc_spark.cases.delimited_files import DelimitedFiles, find_delimited
from ctdc_spark.cases.encodings import REPLACEMENT
from ctdc_spark.cases.extra_rows import END_OF_FILE
from ctdc_spark.cases.headers import find_named_delimiter, read_names
from ctdc_spark.cases.location import guess_format
from ctdc_spark.cases.opened import SPACE, OpenedData
from ctdc_spark.cases.pack import PACKED_CASES, Int32s, PackedCases, PackedColumn, pack_codes, pack_columns
from ctdc_spark.cases.prepare import absent_tokens, require_columns
from ctdc_spark.cases.row_marks import BLOCK, FILE_PATH
from ctdc_spark.cases.source import is_looked_at_before
from ctdc_spark.cases.unicode_form import FORM, is_normalized, normalize_names
from ctdc_spark.cases.values_as_names import require_names
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.records.records import narrow

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.settings import Settings

LINES_A_BLOCK = 50_000
"""Lines split at once."""


@dataclass(frozen=True)
class PlainCases:
    """The cases of plain files, taken at their word.

    Attributes:
        packed: the cases, lazy.
        is_plain: whether all lines were plain, and there were any; to be called once all of `packed` was read.
    """

    packed: PackedCases
    is_plain: Callable[[], bool]


def pack_plain_files(spark: SparkSession, settings: Settings) -> PlainCases | None:
    """Pack the cases of plain files; lazy except for the first line of one.

    Returns:
        The cases, not to be used before they are vouched for; None: the input or the settings need the usual way.

    Raises:
        DataError: the files, their header or the columns cannot be used.
    """
    files = _find_files(spark, settings)
    if files is None:
        return None
    with explained_failures(files.location.place):
        first = files.lines.read_first()
        if first is None:
            return None
        written, is_line = read_names(files, first)
        names = normalize_names(written, settings)
    if not is_line or not all(names) or find_named_delimiter(first.line) is not None:
        return None
    if not files.columns_are_named:
        require_names(names, files.location.place)
    used = choose_columns(OpenedData(files.location.place, names, files.lines.frame), settings).used
    columns = tuple(names[i] for i in used)
    require_columns(columns, settings)
    absent = tuple(tuple(absent_tokens(name, settings)) for name in columns)
    header = first.line.decode(errors="replace")
    columns_read = tuple(zip(used, absent, strict=True))
    kernel = PlainPacker(header, files.delimiter, written, columns_read, normal=is_normalized(settings))
    lines = files.lines.frame.select("value", F.col(BLOCK).cast("bigint"), F.xxhash64(FILE_PATH))
    seen = Observation()
    measures = (F.count("subjects").alias("plain"), F.count(F.lit(1)).alias("blocks"))
    packed = lines.mapInArrow(kernel, PACKED_CASES).observe(seen, *measures)
    return PlainCases(PackedCases(packed, columns, frozenset()), lambda: 0 < seen.get["blocks"] == seen.get["plain"])


def _find_files(spark: SparkSession, settings: Settings) -> DelimitedFiles | None:
    path = settings.sensitive_microdata_path
    joined_or_split = settings.subject_id is not None or settings.multi_value_columns
    written_otherwise = settings.sensitive_microdata_header_line or settings.drop_rows or settings.extra_rows == "keep"
    if path is None or joined_or_split or written_otherwise or is_looked_at_before(settings):
        return None
    if (settings.sensitive_microdata_format or guess_format(path)) != "csv":
        return None
    files = find_delimited(spark, settings)
    return files if files.encoding.name in ("utf-8", "utf-8-sig") and files.delimiter.isascii() else None


@dataclass(frozen=True)
class PlainPacker:
    """The kernel: (a line, where the split it was read from begins, a hash of its file) -> PACKED_CASES.

    Attributes:
        header: the line with which every file begins.
        delimiter: one character of ASCII.
        names: of the fields of every record.
        columns: (position, tokens that mean absent there) of each column that is used.
        normal: values are brought into Unicode's form NFC.
    """

    header: str
    delimiter: str
    names: tuple[str, ...]
    columns: tuple[tuple[int, tuple[str, ...]], ...]
    normal: bool = True

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield PACKED_CASES; a row of nulls stands for lines that are not plain."""
        for lines in _join_lines(self._drop_headers(batches)):
            texts = None if lines is None else _read_plain(lines.cast(pa.string()), self.delimiter)
            if texts is None or len(texts):
                block = None if texts is None else self._split(texts)
                yield block if block is not None else _mark_not_plain()

    def _drop_headers(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Array | None]:
        """The lines without the first one of each file; None where a file begins differently.

        Lines come in order, and the first split of a file, which begins at 0, is read in one go.
        """
        last_file, last_start = -1, -1
        for batch in batches:
            if not batch.num_rows:
                continue
            lines, start, file = batch.columns[0], np.asarray(batch.column(1)), np.asarray(batch.column(2))
            same = (np.append(last_file, file[:-1]) == file) & (np.append(last_start, start[:-1]) == start)
            is_first = (start == 0) & ~same
            last_file, last_start = file[-1], start[-1]
            headers = lines.filter(pa.array(is_first))
            if not all(line == self.header for line in headers.to_pylist()):
                yield None
            yield lines.filter(pa.array(~is_first)) if len(headers) else lines

    def _split(self, lines: pa.Array) -> pa.RecordBatch | None:
        """The block of these lines; None if one has another number of fields."""
        cells = _cut_cells(lines, self.delimiter, len(self.names))
        return None if cells is None else self._pack(cells)

    def _pack(self, cells: pa.Array) -> pa.RecordBatch | None:
        """The block of these cells, record after record; None if a line may be no person.

        Text is looked at once for each distinct cell.
        """
        written = pc.dictionary_encode(cells)
        bare = pc.utf8_rtrim(written.dictionary, self.delimiter)
        if self.normal and not pc.all(pc.string_is_ascii(bare)).as_py():
            bare = pc.utf8_normalize(bare, FORM)
        trimmed = pc.dictionary_encode(pc.utf8_trim(bare, SPACE))
        values, code_of = trimmed.dictionary, narrow(np.asarray(trimmed.indices))
        codes = np.ascontiguousarray(code_of[np.asarray(written.indices)].reshape(-1, len(self.names)).T)
        if self._has_extra_rows(codes, values):
            return None
        columns = [
            _pack_column(codes[position], values, pc.is_in(values, pa.array(absent, pa.string())))
            for position, absent in self.columns
        ]
        return pack_columns(codes.shape[1], columns)

    def _has_extra_rows(self, codes: Int32s, values: pa.Array) -> bool:
        """Whether a line repeats the header, or holds nothing but tags such as #adm1+name.

        Args:
            codes: for each field and line, the number of its value.
            values: trimmed.
        """
        if len(self.names) == 1:
            return False
        names = [unicodedata.normalize(FORM, name) for name in self.names] if self.normal else self.names
        header = np.asarray(pc.fill_null(pc.index_in(pa.array(names, pa.string()), value_set=values), -1))
        if (header >= 0).all() and (codes == header[:, None]).all(axis=0).any():
            return True
        is_tag = np.asarray(pc.starts_with(values, "#"))
        return bool(is_tag.any() and is_tag[codes].any(axis=0).any())


def _cut_cells(lines: pa.Array, delimiter: str, fields: int) -> pa.Array | None:
    """The cells of all lines, each followed by the delimiter; None if a line has another number of them.

    The text stays where it is: cells are defined by offsets alone.
    """
    begins = np.frombuffer(lines.buffers()[1], "<i4")[lines.offset : lines.offset + len(lines) + 1]
    found = np.flatnonzero(_bytes_of(lines) == ord(delimiter))
    if len(found) != len(lines) * (fields - 1):
        return None
    offsets = np.empty(len(lines) * fields + 1, "<i4")
    starts = offsets[:-1].reshape(len(lines), fields)
    starts[:, 0], offsets[-1] = begins[:-1], begins[-1]
    np.add(found.reshape(len(lines), fields - 1), begins[0] + 1, out=starts[:, 1:], casting="unsafe")
    if fields > 1 and ((starts[:, 1] <= begins[:-1]).any() or (starts[:, -1] > begins[1:]).any()):
        return None
    return pa.StringArray.from_buffers(len(lines) * fields, pa.py_buffer(offsets), lines.buffers()[2])


def _bytes_of(lines: pa.Array) -> npt.NDArray[np.uint8]:
    """The text of all lines, one after the other."""
    begins = np.frombuffer(lines.buffers()[1], "<i4")[lines.offset : lines.offset + len(lines) + 1]
    text = lines.buffers()[2]
    return np.frombuffer(text, np.uint8)[begins[0] : begins[-1]] if text is not None else np.empty(0, np.uint8)


def _pack_column(code: Int32s, values: pa.Array, is_absent: pa.Array) -> PackedColumn:
    """A column in which each row has one of these values, except the absent ones."""
    occurs = np.bincount(code, minlength=len(values)) > 0
    present = occurs & ~np.asarray(is_absent)
    (row,) = np.nonzero(present[code])
    number = (np.cumsum(present) - 1).astype("<i4")
    return pack_codes(values.filter(pa.array(present)).to_pylist(), row.astype("<i4"), number[code[row]])


def _read_plain(lines: pa.Array, delimiter: str) -> pa.Array | None:
    """The lines that are not empty, without the carriage returns of Windows; None if any is not plain."""
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        return None  # not UTF-8
    ends = pc.utf8_rtrim(lines, "\r") if _has(lines, "\r") else lines
    blank = pc.and_(pc.equal(pc.utf8_trim(ends, SPACE + delimiter), ""), pc.not_equal(ends, ""))
    odd = any(_has(ends, sign) for sign in ('"', "\r", END_OF_FILE, REPLACEMENT))
    return None if odd or pc.any(blank).as_py() else ends.filter(pc.not_equal(ends, ""))


def _has(lines: pa.Array, sign: str) -> bool:
    """Whether a sign is in any line; its first byte is looked for first, which is fast."""
    if not (_bytes_of(lines) == sign.encode()[0]).any():
        return False
    return bool(pc.any(pc.match_substring(lines, sign)).as_py())


def _join_lines(parts: Iterable[pa.Array | None]) -> Iterator[pa.Array | None]:
    waiting: list[pa.Array] = []
    for part in parts:
        if part is None:
            yield None
            continue
        waiting.append(part)
        if sum(map(len, waiting)) >= LINES_A_BLOCK:
            yield pa.concat_arrays(waiting)
            waiting = []
    if any(map(len, waiting)):
        yield pa.concat_arrays(waiting)


def _mark_not_plain() -> pa.RecordBatch:
    texts, numbers, parts = pa.list_(pa.list_(pa.string())), pa.list_(pa.list_(pa.int32())), pa.list_(pa.binary())
    types: Sequence[pa.DataType] = (pa.int32(), texts, numbers, parts, parts)
    return pa.record_batch(
        [pa.array([None], kind) for kind in types], names=["subjects", "values", "counts", "rows", "codes"]
    )
