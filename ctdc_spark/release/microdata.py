"""From synthetic records of attribute ids to rows with the columns of the input."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import literal_pattern, quote_name
from ctdc_spark.records.records import Records, mix64

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.records.dictionary import Dictionary

ROWS_A_BATCH = 20_000
"""Rows written out at a time, so that a record published a million times does not fill a worker's memory."""


def decode_records(
    synthetic: DataFrame, dictionary: Dictionary, delimiters: Mapping[str, str], release_id: str
) -> DataFrame:
    """Write out every synthetic record as often as it is published.

    Args:
        synthetic: SYNTHETIC_RECORDS.
        dictionary: the attributes.
        delimiters: the text that joins the values of each multi-value column.
        release_id: makes the record ids of two releases unrelated.

    Returns:
        (record_id string, one string column for each input column), null where absent.
    """
    names = ", ".join("`" + name.replace("`", "``") + "` string" for name in dictionary.columns)
    return synthetic.mapInArrow(RecordDecoder(dictionary, delimiters, release_id), f"record_id string, {names}")


def read_values(name: str, delimiter: str | None) -> Column:
    """A column of written records as prepared cases have it: a string, or with a delimiter an array of them."""
    value = F.col(quote_name(name))
    if delimiter is None:
        return value
    return F.coalesce(F.array_distinct(F.split(value, literal_pattern(delimiter))), F.array().cast("array<string>"))


class RecordDecoder:
    """The kernel of `decode_records`."""

    def __init__(self, dictionary: Dictionary, delimiters: Mapping[str, str], release_id: str) -> None:
        self._columns = dictionary.columns
        self._column_of = np.array(dictionary.column_of, np.int32)
        self._values = dictionary.values
        self._lists = dictionary.multi_valued
        self._delimiters = {
            i: delimiters[name] for i, name in enumerate(dictionary.columns) if i in dictionary.multi_valued
        }
        self._salt = np.frombuffer(hashlib.sha256(release_id.encode()).digest()[:16], np.uint64)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield rows of the published columns."""
        values = pa.array([*self._values, None], pa.string())
        for batch in batches:
            records = Records.from_arrow(batch.column(0), batch.column(1))
            ends = np.cumsum(records.weights)
            for start in range(0, int(ends[-1]) if len(ends) else 0, ROWS_A_BATCH):
                at = np.arange(start, min(start + ROWS_A_BATCH, int(ends[-1])))
                row = np.searchsorted(ends, at, side="right")
                copy = at - (ends[row] - records.weights[row])
                part = records.take(np.arange(row[0], row[-1] + 1))
                columns = [
                    self._column(part, index, values).take(pa.array(row - row[0]))
                    for index in range(len(self._columns))
                ]
                ids = self._record_ids(part, row - row[0], copy)
                yield pa.record_batch([ids, *columns], names=["record_id", *self._columns])

    def _column(self, records: Records, index: int, values: pa.Array) -> pa.Array:
        """The value of one column for each distinct record."""
        cells = np.flatnonzero(self._column_of[records.attributes] == index)
        row = np.searchsorted(records.offsets, cells, side="right") - 1
        if index not in self._lists:
            chosen = np.full(len(records), len(values) - 1, np.int64)
            chosen[row] = records.attributes[cells]
            return values.take(pa.array(chosen))
        parts: list[list[str]] = [[] for _ in range(len(records))]
        for at, cell in zip(row, cells, strict=True):
            parts[at].append(self._values[records.attributes[cell]])
        joined = [self._delimiters[index].join(sorted(values)) if values else None for values in parts]
        return pa.array(joined, pa.string())

    def _record_ids(self, records: Records, row: npt.NDArray[np.integer], copy: npt.NDArray[np.integer]) -> pa.Array:
        """128 bits that depend on the release, the record and the number of the copy; shape (rows,)."""
        words = np.empty((len(row), 2), ">u8")
        for stream in (0, 1):
            content = mix64(records.content_hash(stream) ^ self._salt[stream])
            words[:, stream] = mix64(content[row] + copy.astype(np.uint64))
        text = words.tobytes().hex()
        return pa.array([text[i : i + 32] for i in range(0, len(text), 32)], pa.string())
