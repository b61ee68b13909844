"""Excel workbooks, as Excel and other programs write them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest

from ctdc_spark.cases.proposal import propose_settings
from ctdc_spark.cases.source import load_cases
from ctdc_spark.cases.workbook import read_rows
from ctdc_spark.errors import DataError
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PERSON = "Xanthippe"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="[Red]0.00&quot; days&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)
TEXTS = f"<sst {MAIN}><si><t>sex</t></si><si><r><t>F</t></r><r><t>em</t></r><rPh><t>x</t></rPh></si></sst>"


def write_book(path: Path, sheets: dict[str, str], *, of_mac: bool = False) -> Path:
    """A workbook of these sheets, whose rows are given as XML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(sheets, 1))
    targets = "".join(f'<Relationship Id="rId{i}" Target="worksheets/s{i}.xml"/>' for i in range(1, len(sheets) + 1))
    with zipfile.ZipFile(path, "w") as book:
        mac = '<workbookPr date1904="1"/>' * of_mac
        book.writestr("xl/workbook.xml", f"<workbook {MAIN} {LINKS}>{mac}<sheets>{names}</sheets></workbook>")
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{targets}</Relationships>")
        book.writestr("xl/sharedStrings.xml", TEXTS)
        book.writestr("xl/styles.xml", STYLES)
        for i, rows in enumerate(sheets.values(), 1):
            book.writestr(f"xl/worksheets/s{i}.xml", f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>")
    return path


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def table(*rows: tuple[str, ...]) -> str:
    return "".join(
        row(i, *(text(f"{chr(65 + j)}{i}", v) for j, v in enumerate(some) if v)) for i, some in enumerate(rows, 1)
    )


CELLS = {
    "shared text in parts": ('<c r="A1" t="s"><v>1</v></c>', "Fem"),
    "whole number": ('<c r="A1"><v>7.0</v></c>', "7"),
    "number": ('<c r="A1"><v>0.1</v></c>', "0.1"),
    "date": ('<c r="A1" s="1"><v>43890</v></c>', "2020-02-29"),
    "date and time": ('<c r="A1" s="2"><v>43890.5625</v></c>', "2020-02-29T13:30:00"),
    "time": ('<c r="A1" s="2"><v>0.25</v></c>', "06:00:00"),
    "number with a unit": ('<c r="A1" s="3"><v>2.5</v></c>', "2.5"),
    "true": ('<c r="A1" t="b"><v>1</v></c>', "1"),
    "text of a formula": ('<c r="A1" t="str"><f>A2</f><v>x</v></c>', "x"),
    "leading zeros": (text("A1", "007"), "007"),
}


@pytest.mark.parametrize(("cell", "expected"), CELLS.values(), ids=CELLS)
def test_cells_become_the_text_that_a_person_sees(tmp_path: Path, cell: str, expected: str) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": row(1, cell)})
    assert list(read_rows(path.read_bytes(), None)) == [(1, [expected])]


def test_errors_and_empty_cells_are_nothing_and_gaps_stay(tmp_path: Path) -> None:
    cells = ('<c r="A2" t="e"><v>#N/A</v></c>', '<c r="C2"/>', text("AA2", "x"))
    path = write_book(tmp_path / "a.xlsx", {"S": row(1, '<c r="A1"/>') + row(2, *cells)})
    assert list(read_rows(path.read_bytes(), None)) == [(2, [None] * 26 + ["x"])]


def test_dates_of_old_macintosh_workbooks(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"S": row(1, '<c r="A1" s="1"><v>42428</v></c>')}, of_mac=True)
    assert list(read_rows(path.read_bytes(), None)) == [(1, ["2020-02-29"])]


def load(spark: SparkSession, path: Path | str, **keys: Any) -> tuple[list[str], list[tuple[str | None, ...]]]:
    cases, _ = load_cases(spark, Settings(sensitive_microdata_path=str(path), output_dir="published", **keys))
    return cases.columns, [tuple(row) for row in cases.collect()]


def test_the_first_sheet_is_read_or_the_one_that_is_named(spark: SparkSession, tmp_path: Path) -> None:
    first = table(("sex", " land "), ("f", "A"), ("", ""), ("m", ""), ("sex", "land"))
    second = table(("Of 2024",), ("a", "b"), ("1", "2"))
    path = write_book(tmp_path / "cases.xlsx", {"Cases": first, "Ä & B": second})
    assert load(spark, path) == (["sex", "land"], [("f", "A"), ("m", None)])
    named = load(spark, path, sensitive_microdata_sheet="Ä & B", sensitive_microdata_header_line=2)
    assert named == (["a", "b"], [("1", "2")])
    assert load(spark, path, drop_rows={"sex": ["m"]}, record_limit=5)[1] == [("f", "A")]
    assert 'sensitive_microdata_format: "xlsx"' in propose_settings(spark, str(path))


def test_several_workbooks_are_put_together_by_name(spark: SparkSession, tmp_path: Path) -> None:
    write_book(tmp_path / "c" / "1.xlsx", {"S": table(("a", "b"), ("1", "2"))})
    write_book(tmp_path / "c" / "2.xlsx", {"S": table(("b", "a"), ("4", "3"))})
    columns, rows = load(spark, tmp_path / "c" / "*.xlsx")
    assert (columns, sorted(rows)) == (["a", "b"], [("1", "2"), ("3", "4")])


REFUSED: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "no workbook": (b"PK\x03\x04no", {}, "is no Excel workbook"),
    "no such sheet": (table(("a",), ("1",)), {"sensitive_microdata_sheet": "T"}, "has no sheet T; it has S; check"),
    "nothing": ("", {}, "has no header in the sheet"),
    "header only": (table(("a", "b")), {}, "found no records"),
    "cells beyond the header": (table(("a",), ("1", PERSON)), {}, r"1 record\(s\) that do not have 1 fields"),
    "values for names": (table(("12", "34"), ("1", PERSON)), {}, "the first line must name the columns"),
}


@pytest.mark.parametrize(("content", "keys", "says"), REFUSED.values(), ids=REFUSED)
def test_workbook_that_cannot_be_used(
    spark: SparkSession, tmp_path: Path, content: str | bytes, keys: dict[str, Any], says: str
) -> None:
    path = tmp_path / "a.xlsx"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        write_book(path, {"S": content})
    with pytest.raises(DataError, match=says) as caught:
        load(spark, path, **keys)
    assert PERSON not in str(caught.value)
