"""The header of delimited files: what it names, whether it can be used, and which files share it."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ctdc_spark.cases.encodings import REPLACEMENT
from ctdc_spark.cases.first_bytes import require_text
from ctdc_spark.cases.layout import Layout, LineFacts, find_layout, plain_layout
from ctdc_spark.cases.unicode_form import FORM
from ctdc_spark.cases.values_as_names import require_names
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from ctdc_spark.cases.delimited_files import DelimitedFiles
    from ctdc_spark.cases.lines import FirstLine

WHOLE_FILE_BYTES = 16 * 2**20
"""Up to this size, splitting a file gains less than a look at its lines costs."""
MOST_HEADERS = 20
"""The most different headers in one folder; each takes a reading of its own."""
DELIMITERS = (",", ";", "\t", "|")

_MOST_NAMED = 3
_SPACE_FIELDS = 5  # a header of this many words is separated by spaces rather than one long name
LINES_AHEAD = 25
"""Lines of a file that are looked at to tell where its table begins."""
_SEPARATOR_LINE = re.compile("\ufeff?sep=([^\\r\\n])[\\r\\n]*", re.IGNORECASE)
_BYTE_ORDER_MARK = "\ufeff"
_BYTE_ORDER_MARK_BYTES = 4  # at most


@dataclass(frozen=True)
class HeaderGroup:
    """Files that begin with the same header line.

    Attributes:
        layout: what the header names, in the files' order, and where it stands in a record.
        paths: the files, in order; none: all there are.
        multi_line: a quoted value may hold a line break.
        spaced: white space around quoted values is passed over.
        header: the header's fields, where it is not the first line of the files; else none.
    """

    layout: Layout
    paths: tuple[str, ...]
    multi_line: bool
    spaced: bool = False
    header: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the header names."""
        return self.layout.names


@dataclass(frozen=True)
class FoundHeader:
    """The header of a file.

    Attributes:
        layout: what it names, and where that stands in a record.
        is_line: its line is the whole of it.
        fields: what it names, as written and with unnamed fields.
        spaced: there is white space between quotes and delimiters, in the first lines.
    """

    layout: Layout
    is_line: bool
    fields: tuple[str, ...]
    spaced: bool = False


def group_by_header(files: DelimitedFiles) -> tuple[DelimitedFiles, list[HeaderGroup]]:
    """Find the files' headers, and whether the files can be split.

    Returns:
        The files, with the delimiter that a line `sep=` before the header names, and the groups.

    Raises:
        DataError: there is no header, one cannot be used, or the files' columns differ.
    """
    first = files.lines.read_first()
    if first is None:
        raise DataError(f"{files.location.place} is empty: found no line; a header and records are needed")
    named = find_named_delimiter(first.line) if files.lines_are_text else None
    if named is not None:
        files = replace(files, delimiter=files.given_delimiter or named, header_line=files.header_line or 2)
    if files.header_line is not None and files.header_line > 1:
        return files, [_find_later_header(files, first)]
    if files.location.count == 1 and _is_read_whole(files, first):
        found = read_header(files, first)
        return files, [HeaderGroup(found.layout, (), multi_line=True, spaced=found.spaced)]
    groups = _group_several(files, first)
    _require_same_columns(files, groups)
    return files, groups if len(groups) > 1 else [replace(groups[0], paths=())]


def find_named_delimiter(line: bytes) -> str | None:
    r"""Return the delimiter that a first line such as `sep=;` names, as spreadsheets write and read it.

    Example:
        >>> find_named_delimiter(b"sep=;\r\n")
        ';'
    """
    found = _SEPARATOR_LINE.fullmatch(line.decode("utf-8", errors="replace"))
    return found[1] if found else None


def _find_later_header(files: DelimitedFiles, first: FirstLine) -> HeaderGroup:
    """The header that is not the first line; all files must have it."""
    number = files.header_line or 0
    line = files.lines.read_line(first.path, number)
    if line is None:
        raise DataError(f"{files.location.place}: found no line {number}; check sensitive_microdata_header_line")
    found = read_header(files, line, number)
    if not found.is_line:
        raise DataError(
            f"{files.location.place}: the header in line {number} is not a whole line; give a header in one"
        )
    whole = files.location.count == 1 and _is_read_whole(files, first)
    broken = whole or any(is_broken for _, is_broken in files.lines.compare_headers(line.line).values())
    multi_line = broken or not files.lines_are_text
    return HeaderGroup(found.layout, (), multi_line, found.spaced, found.fields)


def split_header(text: str, delimiter: str, escape: str | None = None) -> tuple[str, ...]:
    """Return the names in a header, without white space around them.

    Example:
        >>> split_header('gender,"age, in years"', ",")
        ('gender', 'age, in years')
    """
    text = text.removeprefix(_BYTE_ORDER_MARK).rstrip("\r\n")
    lines = io.StringIO(text, newline="")
    quoting = {"doublequote": escape is None, "escapechar": escape, "skipinitialspace": True}
    fields = next(csv.reader(lines, delimiter=delimiter, **quoting), [])  # type: ignore[arg-type]
    return tuple(name.strip() for name in fields)


def find_other_delimiter(text: str, delimiter: str) -> str | None:
    """Return the delimiter that splits a header into the most names, if the one in use does not split it."""
    if len(split_header(text, delimiter)) != 1:
        return None
    parts = {other: len(split_header(text, other)) for other in DELIMITERS if other != delimiter}
    best = max(parts, key=lambda other: parts[other])
    if parts[best] > 1:
        return best
    return " " if delimiter != " " and len(text.split()) >= _SPACE_FIELDS else None


def _is_read_whole(files: DelimitedFiles, first: FirstLine) -> bool:
    compressed = re.search(r"\.(gz|bz2)$", first.path, re.IGNORECASE) is not None
    return first.size <= WHOLE_FILE_BYTES or compressed or not files.lines_are_text


def _group_several(files: DelimitedFiles, first: FirstLine) -> list[HeaderGroup]:
    groups: list[HeaderGroup] = []
    remaining: list[str] | None = None  # all
    while remaining is None or remaining:
        if remaining is not None:
            first = files.lines.read_first(remaining[0]) or first
        header = read_header(files, first)
        found = files.lines.compare_headers(first.line, remaining)
        # Where the header continues in the next line, files with the same line may still differ.
        same = {path for path, (same_line, _) in found.items() if same_line and header.is_line} | {first.path}
        broken = any(found[path][1] for path in same)
        groups.append(
            HeaderGroup(header.layout, tuple(sorted(same)), broken or not files.lines_are_text, header.spaced)
        )
        if len(groups) > MOST_HEADERS:
            raise DataError(
                f"{files.location.place}: found more than {MOST_HEADERS} different headers among its files; "
                "rewrite the files with the same columns in the same order"
            )
        remaining = sorted(found.keys() - same)
    return sorted(groups, key=lambda group: group.paths)


def read_header(files: DelimitedFiles, first: FirstLine, number: int = 1) -> FoundHeader:
    """Return the names in the header of a file, where they stand, and whether its line is the whole of it.

    Args:
        files: the files.
        first: the line of the header.
        number: of this line.

    Raises:
        DataError: it cannot be read, or looks like a record and the settings do not name the columns.
    """
    fields, whole = read_names(files, first)
    names = tuple(unicodedata.normalize(FORM, name) for name in fields) if files.normal else fields
    layout, spaced = plain_layout(names), False
    if files.lines_are_text and whole:
        lines = files.lines.describe_lines(first.path, number + LINES_AHEAD)
        following = lines[number:]
        _require_table(files, names, following, number)
        layout, spaced = find_layout(names, following), any(line.spaced for line in lines)
    if not files.columns_are_named:
        require_names(layout.names, files.location.place)
    return FoundHeader(layout, whole, fields, spaced)


def read_names(files: DelimitedFiles, first: FirstLine) -> tuple[tuple[str, ...], bool]:
    """Return the names in the line of a header, unnamed fields included, and whether this line is the whole of it.

    Raises:
        DataError: it cannot be read.
    """
    require_text(first.line, files.location.place)
    text = first.line.decode(files.encoding.name, errors="replace")
    whole = files.lines_are_text and text.strip() != "" and text.count('"') % 2 == 0
    if not whole:
        text = files.read_first_record(first.path) or ""
        size = len(text.encode(files.encoding.name, errors="replace"))
        whole = first.line.strip(b"\r\n\0 ") != b"" and size <= len(first.line) + _BYTE_ORDER_MARK_BYTES
    _require_readable(text, files)
    return split_header(text, files.delimiter, files.escape), whole


def _require_table(files: DelimitedFiles, names: Sequence[str], following: Sequence[LineFacts], number: int) -> None:
    """Refuse text above the header, which would be taken for it."""
    wide = [i for i, line in enumerate(following) if line.fields > 1]
    if len(names) != 1 or len(wide) < 2:
        return
    header = number + 1 + wide[0]
    raise DataError(
        f"{files.location.place}: line {number}, which should name the columns, has one field, and line {header} has "
        f"{following[wide[0]].fields}. If the names stand there, below other text, set "
        f"sensitive_microdata_header_line: {header}"
    )


def _require_readable(text: str, files: DelimitedFiles) -> None:
    place, encoding = files.location.place, files.encoding.name
    if "\0" in text:
        raise DataError(
            f"{place}: found NUL characters in the header, as when UTF-16 is read as {encoding}; set "
            "sensitive_microdata_encoding to utf-16 (or utf-16-le, utf-16-be where the file has no byte "
            "order mark)"
        )
    if not text.strip():
        raise DataError(f"{place}: found no header, only blank lines; the first line must name the columns")
    if REPLACEMENT in text:
        raise DataError(f"{place}: the header cannot be decoded as {encoding}; {suggest_encoding(encoding)}")
    if "\r" in re.sub('"[^"]*"', "", text).rstrip("\r\n"):
        raise DataError(
            f"{place}: its lines end with a carriage return only, as on old Macintosh computers; save the "
            "file with line feeds (Unix) or both (Windows)"
        )
    other = find_other_delimiter(text, files.delimiter)
    if other is not None:
        raise DataError(
            f"{place}: found only one column with the delimiter {json.dumps(files.delimiter)}, but "
            f"{len(split_header(text, other))} with {json.dumps(other)}; set sensitive_microdata_delimiter: "
            f"{json.dumps(other)}"
        )


def suggest_encoding(encoding: str) -> str:
    """Return what to try when text cannot be decoded."""
    others = "windows-1252 (the usual one of Windows and Excel), or utf-16" if encoding == "utf-8" else "utf-8"
    return f"set sensitive_microdata_encoding to the encoding it was saved in, such as {others}"


def _require_same_columns(files: DelimitedFiles, groups: Sequence[HeaderGroup]) -> None:
    first, *others = groups
    problems = [
        f"{name_file(group.paths[0])} {said}" for group in others if (said := _compare(group.names, first.names))
    ]
    if problems:
        raise DataError(
            f"{files.location.place}: its files have different columns. Compared with {name_file(first.paths[0])}, "
            f"{_list_some(problems, '; ')}. Rewrite them with the same columns in any order, or select those that "
            "belong together by a pattern"
        )


def _compare(names: Sequence[str], expected: Sequence[str]) -> str:
    missing = [name for name in expected if name not in names]
    more = [name for name in names if name not in expected]
    said = [f"lacks {_list_some(missing)}"] * bool(missing) + [f"also has {_list_some(more)}"] * bool(more)
    if not said and len(names) != len(expected):
        said = ["repeats a column"]
    return " and ".join(said)


def _list_some(names: Sequence[str], between: str = ", ") -> str:
    more = [f"and {len(names) - _MOST_NAMED} more"] * (len(names) > _MOST_NAMED)
    return between.join([*names[:_MOST_NAMED], *more])


def name_file(path: str) -> str:
    """Return the name of a file, from its address as Spark writes it."""
    return unquote(path.rpartition("/")[2])
