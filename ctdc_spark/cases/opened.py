"""The form in which every kind of input is opened, before anything is known about the wanted columns."""

from __future__ import annotations

from collections.abc import Mapping
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
        encoding: of delimited files.
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


def trim_space(value: Column) -> Column:
    """Return the value without white space of any script around it."""
    plain = F.octet_length(value) == F.char_length(value)  # the short list of ASCII is several times as fast
    return F.when(plain, F.btrim(value, F.lit(_ASCII_SPACE))).otherwise(
        F.btrim(value, F.lit(_ASCII_SPACE + _OTHER_SPACE))
    )
