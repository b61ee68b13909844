"""How a file of unknown origin is probably written: its format, delimiter and encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.cases.encodings import find_encoding
from ctdc_spark.cases.first_bytes import require_text
from ctdc_spark.cases.headers import DELIMITERS, find_named_delimiter, find_other_delimiter, split_header
from ctdc_spark.cases.lines import open_lines
from ctdc_spark.cases.location import (
    Location,
    find_delimited_files,
    guess_format,
    is_delta_table,
    list_files,
)
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def guess_input(spark: SparkSession, path: str, delimiter: str | None = None) -> dict[str, str]:
    """Return the settings that say where the data are and how they are written.

    Args:
        spark: the session.
        path: a file, a folder or a pattern.
        delimiter: one character, if it is known.

    Raises:
        DataError: nothing is there, or it is empty.
    """
    kind = _guess_kind(spark, path)
    place = {"sensitive_microdata_path": path, "sensitive_microdata_format": kind}
    if kind != "csv":
        return place
    location = find_delimited_files(spark, path)
    header, encoding = _read_header(spark, location)
    named = find_named_delimiter(header.encode())
    return {
        **place,
        "sensitive_microdata_delimiter": delimiter or named or guess_delimiter(header, location.usual_delimiter),
        "sensitive_microdata_encoding": encoding,
    }


def guess_delimiter(header: str, usual: str = ",") -> str:
    """Return the delimiter that splits a header into the most names; the usual one where none is better.

    Example:
        >>> guess_delimiter("gender;age;means, if known")
        ';'
    """
    best = max((usual, *DELIMITERS), key=lambda delimiter: len(split_header(header, delimiter)))
    return find_other_delimiter(header, best) or best


def guess_encoding(line: bytes) -> str:
    """Return the encoding of a first line, as far as the line tells.

    Example:
        >>> guess_encoding("Geschlecht,Größe".encode("windows-1252"))
        'windows-1252'
    """
    if line[:2] in _BYTE_ORDER_MARKS:
        return _BYTE_ORDER_MARKS[line[:2]]
    if b"\0" in line:
        return "utf-16-be" if line[:1] == b"\0" else "utf-16-le"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _guess_kind(spark: SparkSession, path: str) -> str:
    actual, files = list_files(spark, path, partitioned=True)
    if is_delta_table(spark, actual):
        return "delta"
    if files and all(name.lower().endswith(".parquet") for name in files):
        return "parquet"
    return guess_format(path)


def _read_header(spark: SparkSession, location: Location) -> tuple[str, str]:
    with explained_failures(location.place):
        first = open_lines(spark, location, location.usual_delimiter).read_first()
    if first is None:
        raise DataError(f"{location.place} is empty: found no line; a header and records are needed")
    require_text(first.line, location.place)
    encoding = guess_encoding(first.line)
    return first.line.decode(find_encoding(encoding).name, errors="replace"), encoding
