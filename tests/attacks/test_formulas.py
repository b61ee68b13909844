"""No cell of a written file is a formula to a spreadsheet, and the escaping is undone when the file is read."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ctdc_spark.explorer.page as page_module
from ctdc_spark.cases.reported_counts import number_reported
from ctdc_spark.io.formulas import FORMULA, quote_text, unquote_text
from ctdc_spark.release.documents import list_codebook, write_codebook_csv
from ctdc_spark.release.plain_files import write_file
from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.verification.external_files import ExternalFiles, read_aggregates_file, read_microdata_file

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
COLUMNS = ("=HYPERLINK(1)", "'+a", "@b;-c", "plain", "means")
HOSTILE = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil","x")',
    "+1+1",
    "-2+3",
    "-5--3",
    "@SUM(1)",
    "'=1+1",
    "''=1+1",
    "'-5",
    "'@",
    "\uff1d1+1",
    "-",
    "a,=1+1",
    "a;=1+1;'=2",
    "a,'-b",
    "'",
    "''",
    "'quoted'",
    'q"=1',
    '"=1+1"',
    "a\t=1",
    "-5",
    "+5",
    "-5.25",
    "-1e-7",
    "-5,3",
    "x-5",
    "1=1",
    "9--17",
    "Geschäft",
    "\x01control",
)
LETTERS = "=+-@\uff1d'',;\t\r\n\"a5.e \\:|"


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may take the cell, or any part it is split into, for a formula; plain numbers are not."""
    number = r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
    parts = re.split(r"[,;\t\r\n]", cell)
    return cell[:1] in {"\t", "\r", "\n"} or any(
        part[:1] in set(SIGNS) and re.fullmatch(number, part) is None for part in parts if part
    )


def make_hostile(number: int) -> list[str]:
    draw = random.Random(16)
    return ["".join(draw.choices(LETTERS, k=draw.randint(0, 8))) for _ in range(number)]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_no_formula_and_can_be_read_back(text: str) -> None:
    assert not is_formula(quote_text(text))
    assert unquote_text(quote_text(text)) == text


CELLS = {
    "=1+1": "'=1+1",
    "'=1+1": "''=1+1",
    "a;=1+1;'=2": "a;'=1+1;''=2",
    "-5--3": "'-5--3",
    "-": "'-",
    "'-5": "''-5",
    "\tx": "'\tx",
    "x": "x",
    "9--17": "9--17",
    "'quoted'": "'quoted'",
    **{number: number for number in ("-5", "+5", "-5.25", "-1e-7", "-5,3", "a;-5")},
}


@pytest.mark.parametrize("text", CELLS)
def test_what_becomes_of_a_text(text: str) -> None:
    assert quote_text(text) == CELLS[text]


def test_any_text_can_be_read_back_and_no_two_become_one() -> None:
    texts = make_hostile(20_000)
    cells = [quote_text(text) for text in texts]
    assert not any(map(is_formula, cells))
    assert [unquote_text(cell) for cell in cells] == texts
    assert sum(cell != text for cell, text in zip(cells, texts, strict=True)) > 5_000


def test_the_page_has_the_same_rule() -> None:
    script = (Path(page_module.__file__).parent / "page_parts/files/formulas.js").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"const FORMULA =\s*/(.*)/g;", script)
    assert pattern == FORMULA


def test_the_codebook_has_no_formula() -> None:
    rows = [
        {"column": "means", "value": value, "label": f"={value}", "group": "@g", "kind": "category"}
        for value in HOSTILE
    ]
    text = write_codebook_csv(list_codebook(rows, {"use_columns": ["means"], "column_labels": {"means": "+1+1"}}))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert len(cells) > 6 * len(HOSTILE)
    assert not any(map(is_formula, cells))


def ask(**keys: object) -> Settings:
    multi = {"means": ";"}
    return build_settings(
        {"sensitive_microdata_path": "cases.csv", "output_dir": "out", "multi_value_columns": multi, **keys}
    )


def read_cells(path: str, file_format: str) -> list[list[str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="," if file_format == "csv" else "\t"))


@pytest.mark.parametrize(("file_format", "plain"), [("csv", False), ("tsv", False), ("csv", True), ("parquet", False)])
def test_records_are_read_back_as_they_were(spark: SparkSession, tmp_path: Path, file_format: str, plain: bool) -> None:
    rows = [(*(HOSTILE[(i + j) % len(HOSTILE)] for j in range(4)), f"{text};-b;=c") for i, text in enumerate(HOSTILE)]
    frame = spark.createDataFrame(rows, ", ".join(f"c{i} string" for i in range(5))).toDF(*COLUMNS)
    path = write_file(frame, tmp_path / f"records.{file_format}", file_format, plain=plain)
    if file_format != "parquet":
        cells = [cell for row in read_cells(path, file_format) for cell in row]
        assert any(map(is_formula, cells)) == plain
    expected = [Counter(column) for column in list(zip(*rows, strict=True))[:4]]
    expected.append(Counter(part for row in rows for part in {part.strip() for part in row[4].split(";")}))
    packed = read_microdata_file(spark, ExternalFiles(path, None, plain), ask(), COLUMNS)
    found = [Counter[str]() for _ in COLUMNS]
    for block in packed.frame.select("values", "counts").collect():
        for column, values, counts in zip(found, block["values"], block["counts"], strict=True):
            column.update(dict(zip(values, counts, strict=True)))
    assert found == expected


@pytest.mark.parametrize("file_format", ["csv", "tsv"])
def test_counts_are_read_back_as_they_were(spark: SparkSession, tmp_path: Path, file_format: str) -> None:
    texts = [f"{column}:{value}" for column in ("=x", "'+a", "plain") for value in ("=1", "y", "a\\;=b")]
    frame = spark.createDataFrame([(1, text, 20) for text in texts], "length int, combination_text string, n bigint")
    counts = frame.withColumnRenamed("n", "protected_count")
    path = write_file(counts, tmp_path / f"counts.{file_format}", file_format, plain=False)
    assert not any(is_formula(cell) for row in read_cells(path, file_format) for cell in row)
    rows = read_aggregates_file(spark, ExternalFiles(None, path), ask(), []).collect()
    found = {(pair["column"], pair["value"]) for row in rows for pair in row["combination"]}
    assert found == {(column, value) for column in ("=x", "'+a", "plain") for value in ("=1", "y", "a;=b")}


def test_reported_counts_as_the_input_are_read_back(spark: SparkSession, tmp_path: Path) -> None:
    names = ("=x", "'+a", "plain")
    rows = [("record_count", 50), *((f"{column}:{value}", 20) for column in names for value in ("=1", "-5", "'=1"))]
    frame = spark.createDataFrame(rows, "selections string, protected_count bigint")
    path = write_file(frame, tmp_path / "reported.tsv", "sds", plain=False)
    assert not any(is_formula(cell) for row in read_cells(path, "sds") for cell in row)
    asked = ask(
        sensitive_microdata_path=None,
        reported_aggregates_path=path,
        reporting_length=1,
        guarantee=1,
        multi_value_columns={},
    )
    dictionary = number_reported(spark, asked).dictionary
    assert sorted(dictionary.columns) == sorted(names)
    assert {dictionary.values[i] for i in range(len(dictionary))} == {"=1", "-5", "'=1"}
