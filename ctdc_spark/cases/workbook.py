"""The rows of a sheet of an Excel workbook (.xlsx) as text. Pure kernel: bytes in, rows out; it knows no Spark.

A workbook is a ZIP archive of XML. A cell holds a number, a text or a place in a list of texts; whether a number is a
date follows from the cell's style.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, iterparse

from ctdc_spark.errors import DataError

Row = list[str | None]

_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')  # of a number format: text, a letter as it is, a colour or condition
_FIRST_DAY = dt.datetime(1899, 12, 30)  # Excel counts a 29 February 1900
_FIRST_DAY_OF_MAC = dt.datetime(1904, 1, 1)
_MOST_BYTES = 2**30  # of one part, unpacked


def read_rows(content: bytes, sheet: str | None) -> Iterator[tuple[int, Row]]:
    """The rows of a sheet that hold anything, each as long as its last cell, with their numbers from 1 on.

    Args:
        content: of the file.
        sheet: its name; None: the first one.

    Raises:
        DataError: it is no workbook, or has no such sheet.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        path, first_day = _find_sheet(archive, sheet)
        texts, dates = list(_read_texts(archive)), _find_dates(archive)
    except (zipfile.BadZipFile, KeyError, ValueError, SyntaxError):
        raise DataError("is no Excel workbook (.xlsx), or a damaged or protected one") from None
    number = 0
    with _open(archive, path) as part:
        for element in _elements(part, "row"):
            number = int(element.get("r") or number + 1)
            row: Row = []
            for cell in (child for child in element if _name(child) == "c"):
                place = _column_of(cell.get("r"), len(row))
                row += [None] * (place - len(row))
                row.append(_read_cell(cell, texts, dates, first_day))
            if any(row):
                yield number, row
            element.clear()


def _find_sheet(archive: zipfile.ZipFile, wanted: str | None) -> tuple[str, dt.datetime]:
    """The path of a sheet in the archive, and the day that its dates count from."""
    sheets: dict[str, str] = {}
    first_day = _FIRST_DAY
    with _open(archive, "xl/workbook.xml") as part:
        for element in _elements(part, "sheet", "workbookPr"):
            if _name(element) == "workbookPr" and element.get("date1904") in ("1", "true"):
                first_day = _FIRST_DAY_OF_MAC
            elif _name(element) == "sheet":
                link = next(value for key, value in element.attrib.items() if key.endswith("}id"))
                sheets[str(element.get("name"))] = link
    if wanted is not None and wanted not in sheets:
        raise DataError(f"has no sheet {wanted}; it has {', '.join(sheets)}; check sensitive_microdata_sheet")
    link = sheets[wanted] if wanted is not None else next(iter(sheets.values()))
    with _open(archive, "xl/_rels/workbook.xml.rels") as part:
        targets = {element.get("Id"): str(element.get("Target")) for element in _elements(part, "Relationship")}
    target = targets[link]
    return (target.lstrip("/") if target.startswith("/") else f"xl/{target}"), first_day


def _read_texts(archive: zipfile.ZipFile) -> Iterator[str]:
    """The list of texts that cells point into."""
    if "xl/sharedStrings.xml" in archive.namelist():
        with _open(archive, "xl/sharedStrings.xml") as part:
            for element in _elements(part, "si"):
                yield _text_of(element)
                element.clear()


def _find_dates(archive: zipfile.ZipFile) -> list[bool]:
    """For each style of cells, whether its numbers are dates or times."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    formats: dict[int, str] = {}
    found: list[bool] = []
    with _open(archive, "xl/styles.xml") as part:
        for element in _elements(part, "numFmt", "cellXfs"):
            if _name(element) == "numFmt":
                formats[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
            else:
                numbers = [int(style.get("numFmtId", "0")) for style in element]
                found = [_is_date(number, formats.get(number)) for number in numbers]
    return found


def _is_date(number: int, code: str | None) -> bool:
    if code is None:
        return number in _BUILT_IN_DATES
    return bool(re.search("[ymdhs]", _QUOTED.sub("", code), re.IGNORECASE)) and "general" not in code.lower()


def _read_cell(cell: Element, texts: list[str], dates: list[bool], first_day: dt.datetime) -> str | None:
    kind, style = cell.get("t", "n"), int(cell.get("s", "0"))
    if kind == "inlineStr":
        return _text_of(cell) or None
    value = next((child.text for child in cell if _name(child) == "v"), None)
    if value is None or kind == "e":  # an error such as #N/A is nothing
        return None
    if kind == "s":
        return texts[int(value)] or None
    if kind != "n":
        return value
    if style < len(dates) and dates[style]:
        return _write_date(float(value), first_day)
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _write_date(days: float, first_day: dt.datetime) -> str:
    """A date, or a date and time, or a time alone where there is no day; to the millisecond, as Excel keeps it."""
    moment = first_day + dt.timedelta(milliseconds=round(days * 86_400_000))
    time = moment.time().isoformat(timespec="milliseconds").removesuffix(".000")
    if 0 <= days < 1:
        return time
    return moment.date().isoformat() + ("" if time == "00:00:00" else f"T{time}")


def _text_of(element: Element) -> str:
    """All text of a cell or of an entry of the list, without reading aids."""
    reading_aids = {id(text) for part in element.iter() if _name(part) == "rPh" for text in part.iter()}
    return "".join(part.text or "" for part in element.iter() if _name(part) == "t" and id(part) not in reading_aids)


def _column_of(reference: str | None, following: int) -> int:
    """The number of a cell's column, from 0 on: `C7` is 2; cells without a name follow each other."""
    letters = re.match("[A-Z]+", reference or "")
    if letters is None:
        return following
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _open(archive: zipfile.ZipFile, path: str) -> IO[bytes]:
    if archive.getinfo(path).file_size > _MOST_BYTES:
        raise DataError("has a sheet of more than 1 GB; save it as CSV or Parquet")
    return archive.open(path)


def _elements(part: IO[bytes], *names: str) -> Iterator[Element]:
    for _, element in iterparse(part):  # noqa: S314 - expat expands no bombs
        if _name(element) in names:
            yield element


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
