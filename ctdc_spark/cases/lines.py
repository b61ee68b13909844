"""Delimited files as plain lines: does each stand on its own, does every file begin with the same header?

A line stands on its own when each of its fields is either quoted and closed or does not begin with a quote.
If all lines do, no quoted value holds a line break, and the file may be split anywhere between two lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.layout import LineFacts
from ctdc_spark.cases.row_marks import BLOCK, FILE_PATH, POSITION, mark_order

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from ctdc_spark.cases.location import Location


@dataclass(frozen=True)
class FirstLine:
    """The first line of a file, as bytes, and the file."""

    line: bytes
    path: str
    size: int


@dataclass(frozen=True)
class FileLines:
    """The lines of the files at a path.

    Attributes:
        frame: (value string: a line's bytes, file_path, block, position)
        delimiter: one character of ASCII.
        escape: what stands before a quote within quotes; None: quotes are doubled.
    """

    frame: DataFrame
    delimiter: str
    escape: str | None = None

    def read_first(self, path: str | None = None) -> FirstLine | None:
        """Return the first line of one file, or of any if none is named; None: there is no line."""
        frame = self.frame if path is None else self.frame.where(F.col(FILE_PATH) == path)
        columns = (F.col("value").cast("binary").alias("line"), F.col(FILE_PATH).alias("path"), "size")
        found = frame.where(F.col(BLOCK) == 0).select(*columns).limit(1).collect()
        return FirstLine(bytes(found[0]["line"]), found[0]["path"], found[0]["size"]) if found else None

    def read_line(self, path: str, number: int) -> FirstLine | None:
        """Return a line of a file by its number, from 1 on; None: the file has fewer, or it is far from the first."""
        of_file = self.frame.where((F.col(FILE_PATH) == path) & (F.col(BLOCK) == 0))
        first = of_file.select(POSITION).limit(1).collect()
        if not first:
            return None
        columns = (F.col("value").cast("binary").alias("line"), "size")
        found = of_file.where(F.col(POSITION) == first[0][0] + number - 1).select(*columns).limit(1).collect()
        return FirstLine(bytes(found[0]["line"]), path, found[0]["size"]) if found else None

    def describe_lines(self, path: str, number: int) -> list[LineFacts]:
        """What is known of the first lines of a file, without their text."""
        value = F.regexp_replace("value", r"\r+$", "")
        unquoted = F.regexp_replace(self._unquoted(), r"\r+$", "")
        delimiter = re.escape(self.delimiter)
        facts = self.frame.where((F.col(FILE_PATH) == path) & (F.col(BLOCK) == 0)).select(
            F.when(F.trim(value) == "", 0).otherwise(_count(unquoted, self.delimiter) + 1).alias("fields"),
            value.rlike(f'{delimiter}(?:"")?$').alias("ends_empty"),
            value.rlike(rf'^\s*"?\d+"?\s*{delimiter}').alias("begins_with_number"),
            value.rlike(f'{delimiter}[ \t]+"|"[ \t]+{delimiter}').alias("spaced"),
        )
        return [LineFacts(**row.asDict()) for row in facts.limit(number).collect()]

    def compare_headers(self, header: bytes, paths: list[str] | None = None) -> dict[str, tuple[bool, bool]]:
        """Return for each file with lines: whether it begins with this line; whether a line does not stand alone."""
        frame = self.frame if paths is None else self.frame.where(F.col(FILE_PATH).isin(paths))
        differs = F.when(F.col("value").cast("binary") == F.lit(bytearray(header)), 0).otherwise(1)
        # The smallest position carries the answer for the first line in its last bit: numbers aggregate fast.
        first = F.min(F.when(F.col(BLOCK) == 0, F.col(POSITION) * 2 + differs))
        rows = (
            frame.groupBy(FILE_PATH).agg(first.alias("first"), F.max(~self._stands_alone()).alias("broken")).collect()
        )
        return {row[FILE_PATH]: (row["first"] is not None and row["first"] % 2 == 0, row["broken"]) for row in rows}

    def count_complete(self, fields: int) -> dict[str, tuple[int, bool]]:
        """Return for each file: how many lines look like a whole record; whether its number of quotes is odd."""
        value = F.col("value")
        complete = (
            self._stands_alone() & (_count(self._unquoted(), self.delimiter) == fields - 1) & (F.trim(value) != "")
        )
        rows = self.frame.groupBy(FILE_PATH).agg(
            F.count(F.when(complete, 1)).alias("complete"), F.sum(_count(value, '"')).alias("quotes")
        )
        return {row[FILE_PATH]: (row["complete"], row["quotes"] % 2 == 1) for row in rows.collect()}

    def _unquoted(self) -> Column:
        """The line without its fields that are quoted and closed; their delimiters stay."""
        value, delimiter, space = F.col("value"), re.escape(self.delimiter), self._space
        inside = r'(?:[^"\\]|\\.)*+' if self.escape else '[^"]*+(?:""[^"]*+)*+'
        closed = f'(^|{delimiter}){space}"{inside}"(?=\\s*(?:$|{delimiter}))'
        return F.when(value.contains('"'), F.regexp_replace(value, closed, "$1")).otherwise(value)

    @property
    def _space(self) -> str:
        """White space before a quote that opens a value."""
        return " *" if self.delimiter == "\t" else "[ \t]*"

    def _stands_alone(self) -> Column:
        begin = f'(?:^|{re.escape(self.delimiter)}){self._space}"'
        return ~(F.col("value").contains('"') & self._unquoted().rlike(begin))


def open_lines(spark: SparkSession, location: Location, delimiter: str, escape: str | None = None) -> FileLines:
    """Return the lines of delimited files."""
    frame = spark.read.options(lineSep="\n", **location.options).text(location.path)
    return FileLines(
        frame.select("value", F.col("_metadata.file_size").alias("size"), *mark_order()), delimiter, escape
    )


def _count(text: Column, character: str) -> Column:
    return F.octet_length(text) - F.octet_length(F.replace(text, F.lit(character)))
