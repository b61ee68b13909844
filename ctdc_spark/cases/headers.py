"""The header of delimited files: what it names, whether it can be used, and which files share it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ctdc_spark.cases.encodings import REPLACEMENT
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
_BYTE_ORDER_MARK = "\ufeff"
_BYTE_ORDER_MARK_BYTES = 4  # at most


@dataclass(frozen=True)
class HeaderGroup:
    """Files that begin with the same header line.

    Attributes:
        names: what the header names, in the files' order.
        paths: the files, in order; none: all there are.
        multi_line: a quoted value may hold a line break.
    """

    names: tuple[str, ...]
    paths: tuple[str, ...]
    multi_line: bool


def group_by_header(files: DelimitedFiles) -> list[HeaderGroup]:
    """Find the files' headers, and whether the files can be split.

    Raises:
        DataError: there is no header, one cannot be used, or the files' columns differ.
    """
    first = files.lines.read_first()
    if first is None:
        raise DataError(f"{files.location.place} is empty: found no line; a header and records are needed")
    if files.location.count == 1 and _is_read_whole(files, first):
        return [HeaderGroup(read_names(files, first)[0], (), multi_line=True)]
    groups = _group_several(files, first)
    _require_same_columns(files, groups)
    return groups if len(groups) > 1 else [replace(groups[0], paths=())]


def split_header(text: str, delimiter: str) -> tuple[str, ...]:
    """Return the names in a header, without white space around them.

    Example:
        >>> split_header('gender,"age, in years"', ",")
        ('gender', 'age, in years')
    """
    text = text.removeprefix(_BYTE_ORDER_MARK).rstrip("\r\n")
    fields = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
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
        names, is_line = read_names(files, first)
        found = files.lines.compare_headers(first.line, remaining)
        # Where the header continues in the next line, files with the same line may still differ.
        same = {path for path, (same_line, _) in found.items() if same_line and is_line} | {first.path}
        broken = any(found[path][1] for path in same)
        groups.append(HeaderGroup(names, tuple(sorted(same)), broken or not files.lines_are_text))
        if len(groups) > MOST_HEADERS:
            raise DataError(
                f"{files.location.place}: found more than {MOST_HEADERS} different headers among its files; "
                "rewrite the files with the same columns in the same order"
            )
        remaining = sorted(found.keys() - same)
    return sorted(groups, key=lambda group: group.paths)


def read_names(files: DelimitedFiles, first: FirstLine) -> tuple[tuple[str, ...], bool]:
    """Return the names in the header of a file, and whether its first line is the whole of it.

    Raises:
        DataError: it cannot be read, or looks like a record and the settings do not name the columns.
    """
    text = first.line.decode(files.encoding.name, errors="replace")
    whole = files.lines_are_text and text.strip() != "" and text.count('"') % 2 == 0
    if not whole:
        text = files.read_first_record(first.path) or ""
        size = len(text.encode(files.encoding.name, errors="replace"))
        whole = first.line.strip(b"\r\n\0 ") != b"" and size <= len(first.line) + _BYTE_ORDER_MARK_BYTES
    _require_readable(text, files)
    names = split_header(text, files.delimiter)
    if not files.columns_are_named:
        require_names(names, files.location.place)
    return names, whole


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
    if "\r" in text.rstrip("\r\n"):
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
