"""Report and downloads: the files hold the numbers of the page, whatever the values are."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from ctdc_spark.io.formulas import quote_text
from tests.oracles.explorer_quantities import read_known
from tests.oracles.explorer_sample import COUNTRY_NAMES, HOSTILE, VALUES, Sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

SVG = "{http://www.w3.org/2000/svg}"
CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HEATMAP = "Year and work"


def save(page: Page, name: str) -> Path:
    button = page.get_by_role("button", name=name, exact=True)
    with page.expect_download() as waiting:
        button.click()
    return Path(waiting.value.path())


def save_chart(page: Page, title: str, kind: str) -> Path:
    page.locator(f"summary[aria-label='{title}: save as a file']:visible").click()
    return save(page, f"{title}: save as {kind}")


def test_the_report_has_a_table_of_every_column(open_page: OpenPage, sample: Sample) -> None:
    opened = open_page(sample.data, "#report")
    report = opened.page.locator("#report")
    assert "As of 22 November 2026" in report.inner_text()
    gender = report.locator(".report-table", has=opened.page.get_by_role("heading", name="gender", exact=False)).first
    assert "of the 640 subjects selected" in gender.inner_text()
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in gender.locator("tbody tr").all()
    }
    count = sample.actual[frozenset({("gender", "Woman")})]
    assert rows["Woman"] == [str(count), "Actual", f"{100 * count / 640:.1f}%"]
    assert report.locator(".report-tables .report-table").count() == len(sample.data.layout.charts)
    assert opened.console == []


def test_small_cells_are_marked(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#report").page
    page.locator("#report select").nth(0).select_option(label="gender")
    page.locator("#report select").nth(1).select_option(label="country")
    page.get_by_role("button", name="Add this table").click()
    table = page.locator(".report-table", has=page.get_by_role("heading", name="gender by country"))
    heads = table.locator("thead th").all_inner_texts()[1:]
    codes = {name: code for code, name in COUNTRY_NAMES.items()}
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()
    }
    for gender, cells in rows.items():
        for country, cell in zip(heads, cells, strict=True):
            actual = sample.actual.get(frozenset({("gender", gender), ("country", codes[country])}))
            assert cell == ("< 10 or none" if actual is None else str(actual))
    table.get_by_role("button", name="Remove").click()
    assert table.count() == 0


def test_the_workbook_is_one_that_can_be_read(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#report").page
    with zipfile.ZipFile(save(page, "All tables as a workbook (XLSX)")) as book:
        assert book.testzip() is None
        parts = {name: ElementTree.fromstring(book.read(name)) for name in book.namelist()}
    names = [sheet.attrib["name"] for sheet in parts["xl/workbook.xml"].iter(f"{CELLS}sheet")]
    assert len(names) == len(set(names)) == 2 + len(sample.data.layout.charts) + 1
    assert all(len(name) <= 31 for name in names)
    [sheet] = [parts[f"xl/worksheets/sheet{i + 1}.xml"] for i, name in enumerate(names) if "gender" in name][:1]
    rows = [
        [cell.findtext(f".//{CELLS}t") or cell.findtext(f"{CELLS}v") for cell in row]
        for row in sheet.iter(f"{CELLS}row")
    ]
    [woman] = [row for row in rows if row and row[0] == "Woman"]
    count = sample.actual[frozenset({("gender", "Woman")})]
    assert woman[1] == "actual"
    assert [float(cell or "nan") for cell in woman[2:5]] == [count, count, count + 4]
    texts = {cell.text for part in parts.values() for cell in part.iter(f"{CELLS}t")}
    assert set(map(quote_text, HOSTILE)) <= texts


def test_the_workbook_has_contents_fixed_heads_and_numbers_as_numbers(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#report").page
    with zipfile.ZipFile(save(page, "All tables as a workbook (XLSX)")) as book:
        parts = {name: ElementTree.fromstring(book.read(name)) for name in book.namelist()}
    names = [sheet.attrib["name"] for sheet in parts["xl/workbook.xml"].iter(f"{CELLS}sheet")]
    assert names[:3] == ["1 About", "2 Contents", "3 Year"], names
    links = [link.attrib["location"] for link in parts["xl/worksheets/sheet2.xml"].iter(f"{CELLS}hyperlink")]
    assert links == [f"'{name}'!A1" for name in names[2:]]
    for number in range(1, len(names) + 1):
        [pane] = parts[f"xl/worksheets/sheet{number}.xml"].iter(f"{CELLS}pane")
        assert (pane.attrib["state"], pane.attrib["ySplit"]) == ("frozen", "3")
    cells = {cell.attrib["r"]: cell for cell in parts["xl/worksheets/sheet3.xml"].iter(f"{CELLS}c")}
    assert float(cells["A4"].findtext(f"{CELLS}v") or "nan") in {float(year) for year in VALUES["year"]}
    formats = [style.attrib["numFmtId"] for style in parts["xl/styles.xml"].find(f"{CELLS}cellXfs") or ()]
    assert formats[int(cells["G4"].attrib["s"])] == "164"
    [percent] = parts["xl/styles.xml"].iter(f"{CELLS}numFmt")
    assert percent.attrib["formatCode"] == "0.0%"
    written = [cell.findtext(f"{CELLS}v") or "" for cell in cells.values()]
    assert max(map(len, written)) <= 8


def test_the_csv_of_a_chart_has_its_figures(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#explore?s=gender%3AWoman").page
    text = save_chart(page, "country", "CSV").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["value"] for row in rows} == {
        a.value for a in sample.data.layout.attributes if sample.data.layout.columns[a.column].name == "country"
    }
    for row in rows:
        combination = {("gender", "Woman"), ("country", row["value"])}
        known = read_known(sample, frozenset(combination))
        assert (row["kind"], row["count"]) == (known.kind, "" if known.value is None else str(known.value))
        assert (int(row["count_low"]), int(row["count_high"])) == (known.low, known.high)
        assert (row["selection"], row["release_id"]) == ("gender:Woman", "demo-1a2b3c4d")


def test_a_spreadsheet_takes_no_value_for_a_formula(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#report").page
    rows = list(csv.reader(io.StringIO(save(page, "All tables as CSV").read_text(encoding="utf-8-sig"))))
    cells = {cell for row in rows for cell in row}
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert "'=1+1" in cells
    assert set(HOSTILE) - {"=1+1"} <= cells


@pytest.mark.parametrize(
    ("fragment", "title"),
    [
        ("#explore", "gender"),
        ("#compare?s=gender%3AWoman&b=gender%3AMan", "country"),
        ("#relations", "country on the map"),
        ("#relations", HEATMAP),
    ],
)
def test_charts_become_pictures(open_page: OpenPage, sample: Sample, fragment: str, title: str) -> None:
    opened = open_page(sample.data, fragment)
    picture = ElementTree.parse(save_chart(opened.page, title, "SVG")).getroot()
    assert picture.tag == f"{SVG}svg"
    opened.page.locator("summary:visible").first.wait_for()
    image = save(opened.page, f"{title}: save as PNG").read_bytes()
    assert image.startswith(b"\x89PNG")
    assert len(image) > 2000
    assert opened.console == []


def test_the_picture_of_a_heatmap_has_its_figures(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#relations").page
    picture = ElementTree.parse(save_chart(page, HEATMAP, "SVG")).getroot()
    shown = page.locator("#heatmap td").all_inner_texts()
    written = [text.text or "" for text in picture.iter(f"{SVG}text")]
    assert shown
    assert [text for text in written if text in set(shown)] == shown


def test_the_picture_of_a_comparison_has_its_figures(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#compare?s=gender%3AWoman&b=gender%3AMan").page
    picture = ElementTree.parse(save_chart(page, "country", "SVG")).getroot()
    written = [text.text or "" for text in picture.iter(f"{SVG}text")]
    shares = page.locator("#compare-cards li[data-column=country] .count [aria-hidden]").all_inner_texts()
    assert [text for text in written if text in set(shares)] == shares
    assert any("gender: Woman" in text for text in written)
    assert any("gender: Man" in text for text in written)


def test_no_cell_that_the_page_saves_is_a_formula(open_page: OpenPage, sample: Sample) -> None:
    hostile = ("=1+1", "'=1+1", "a;@b", "-5", "+cmd|' /C calc'!A0")
    given = [
        replace(a, label=hostile[i]) if i < len(hostile) else a for i, a in enumerate(sample.data.layout.attributes)
    ]
    data = replace(sample.data, layout=replace(sample.data.layout, attributes=tuple(given)))
    page = open_page(data, "#report").page
    text = save(page, "All tables as CSV").read_text(encoding="utf-8-sig")
    with zipfile.ZipFile(save(page, "All tables as a workbook (XLSX)")) as book:
        sheets = [ElementTree.fromstring(book.read(name)) for name in book.namelist() if "/sheet" in name]
    written = {cell for row in csv.reader(io.StringIO(text)) for cell in row}
    shown = {cell.text or "" for sheet in sheets for cell in sheet.iter(f"{CELLS}t")}
    for cells in (written, shown):
        assert {quote_text(label) for label in hostile} <= cells
        assert {"=1+1", "a;@b", "+cmd|' /C calc'!A0"} & cells == set()


def test_the_report_honours_the_selection_of_the_address(open_page: OpenPage, sample: Sample) -> None:
    page = open_page(sample.data, "#report?s=work%3Afarm").page
    table = page.locator(".report-table", has=page.get_by_role("heading", name="gender", exact=False)).first
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()
    }
    count = sample.actual[frozenset({("work", "farm"), ("gender", "Woman")})]
    assert rows["Woman"][:2] == [str(count), "Actual"]
    rows_of_file = list(csv.reader(io.StringIO(save(page, "All tables as CSV").read_text(encoding="utf-8-sig"))))
    assert ["Woman", "actual", str(count)] in [row[:3] for row in rows_of_file]
    assert next(row for row in rows_of_file if row[:1] == ["Woman"])[-3:-1] == ["work:farm", "demo-1a2b3c4d"]
    page.locator("#report .chip").click()
    assert str(sample.actual[frozenset({("gender", "Woman")})]) in table.inner_text()


@pytest.mark.parametrize(
    ("fragment", "title"),
    [
        ("#explore?s=work%3Afarm", "gender"),
        ("#relations?s=work%3Afarm", "country on the map"),
        ("#relations?s=work%3Afarm", "work by Year"),
        ("#relations?s=work%3Afarm", HEATMAP),
    ],
)
def test_a_picture_says_what_it_shows_and_where_it_comes_from(
    open_page: OpenPage, sample: Sample, fragment: str, title: str
) -> None:
    page = open_page(sample.data, fragment).page
    picture = ElementTree.parse(save_chart(page, title, "SVG")).getroot()
    written = [text.text or "" for text in picture.iter(f"{SVG}text")]
    assert title in written
    assert any("work: farm" in text for text in written)
    assert any("release demo-1a2b3c4d" in text for text in written)
    assert "actual count" in written or any(text.startswith("≤ ") for text in written)
