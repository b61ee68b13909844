"""The form in which every kind of input is opened, before anything is known about the wanted columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.cases.lines import FileLines


_ASCII_SPACE = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
_OTHER_SPACE = "\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
SPACE = _ASCII_SPACE + _OTHER_SPACE
"""White space of any script."""


@dataclass(frozen=True)
class OpenedData:
    """Input that is opened and not yet read.

    Attributes:
        place: the path or table, as messages name it.
        names: the columns' names, in order.
        frame: a trimmed string column `c<i>` for each name; `ragged` and `broken_line` (boolean: the record
            has another number of fields than the header; one of its values has a line break), `file_name`,
            and where the input has an order of its own `file_path`, `block`, `position`, which sort it;
            `clash<i>` for each of `joined`.
        ordered: the frame has the columns that sort it.
        refused: position of a column -> why it cannot be used.
        undelimited: positions of those arrays among them that a delimiter would make usable.
        joined: positions of array columns that were joined to text; `clash<i>` says that a part holds the
            delimiter.
        in_folders: columns whose values stand in the names of folders; `misread` (boolean) says that one was read
            otherwise than it is written there.
        lines: the text lines of delimited files in which a quoted value may hold a line break.
        encoding: of delimited files; their frame has a column `extra` (string): why a line is no person, or null; and
            `trailing` (boolean): there is something after the last delimiter of lines that end with one.
        remarks: what was passed over, to be told.
        trailing: lines end with a delimiter.
    """

    place: str
    names: tuple[str, ...]
    frame: DataFrame
    ordered: bool = False
    refused: Mapping[int, str] = field(default_factory=dict)
    undelimited: tuple[int, ...] = ()
    joined: tuple[int, ...] = ()
    in_folders: tuple[str, ...] = ()
    lines: FileLines | None = None
    encoding: str | None = None
    remarks: tuple[str, ...] = ()
    trailing: bool = False

    @property
    def records(self) -> DataFrame:
        """The frame without lines that are no people."""
        return self.frame if self.encoding is None else self.frame.where(F.col("extra").isNull())


def trim_sql(name: str) -> str:
    """`trim_space` of a column in SQL, whose name needs no quotes: one call to Spark instead of a dozen.

    White space stands in the text as it is: no sign of it has a meaning there.
    """
    short, long = f"btrim({name}, '{_ASCII_SPACE}')", f"btrim({name}, '{SPACE}')"
    return f"case when octet_length({name}) = char_length({name}) then {short} else {long} end"


def join_sql(between: str, names: Iterable[str]) -> Column:
    """The texts of columns, whose names need no quotes, with a text between two; nulls are passed over."""
    return F.expr(f"concat_ws('{between}', {', '.join(names)})")


def trim_space(value: Column) -> Column:
    """Return the value without white space of any script around it."""
    plain = F.octet_length(value) == F.char_length(value)  # the short list of ASCII is several times as fast
    return F.when(plain, F.btrim(value, F.lit(_ASCII_SPACE))).otherwise(
        F.btrim(value, F.lit(_ASCII_SPACE + _OTHER_SPACE))
    )
