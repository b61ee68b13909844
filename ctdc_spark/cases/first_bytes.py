"""What a file is by its first bytes, where it is not the text that its name promises."""

from __future__ import annotations

from ctdc_spark.errors import DataError

_KNOWN = {
    b"PAR1": ("Parquet", "set sensitive_microdata_format: parquet"),
    b"PK\x03\x04": (
        "an Excel workbook or another ZIP archive",
        "if it is a workbook, set sensitive_microdata_format: xlsx; otherwise unpack it",
    ),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save it as CSV or Parquet"),
    b"\x1f\x8b": ("compressed with gzip", "give it a name that ends in .gz"),
    b"BZh": ("compressed with bzip2", "give it a name that ends in .bz2"),
    b"\xfd7zXZ": ("compressed with xz, which Spark does not read", "decompress it, or compress it with gzip"),
    b"\x28\xb5\x2f\xfd": ("compressed with Zstandard", "decompress it, or compress it with gzip"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"Rar!": ("a RAR archive", "unpack it"),
    b"ORC": ("ORC", "write it as Parquet, or read it as a table"),
    b"Obj\x01": ("Avro", "write it as Parquet, or read it as a table"),
    b"SQLite format 3": ("an SQLite database", "write its table as CSV or Parquet"),
    b"%PDF": ("a PDF document", "save the table as CSV"),
    b"$FL2": ("an SPSS file", "save it as CSV or Parquet"),
}
"""How files of a kind begin -> what they are, and what to do."""


def require_text(line: bytes, place: str) -> None:
    """Refuse a file that begins like one of another kind.

    Args:
        line: the first line, as far as a reader of text sees one.
        place: for the message.

    Raises:
        DataError: it does; the message says what it is.
    """
    text = b"".join(line.split())
    is_plain = text.isascii() and text.decode("ascii").isprintable()  # PAR1 and the like may be names of columns
    for begin, (kind, advice) in _KNOWN.items():
        if line.startswith(begin) and not is_plain:
            raise DataError(f"{place} is {kind}, by its first bytes; {advice}")
