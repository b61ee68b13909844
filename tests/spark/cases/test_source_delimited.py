"""Delimited files as people have them: what is read is what a person sees in the file."""

from __future__ import annotations

import bz2
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.cases import headers
from ctdc_spark.cases.encodings import find_encoding
from ctdc_spark.cases.source import load_cases, read_cases
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Rows = list[tuple[str | None, ...]]


def asked(path: Path | str, **keys: Any) -> Settings:
    return Settings(sensitive_microdata_path=str(path), output_dir="published", **keys)


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def load(spark: SparkSession, settings: Settings) -> tuple[list[str], Rows]:
    cases, summary = load_cases(spark, settings)
    rows = [tuple(row) for row in cases.collect()]
    assert summary.rows == len(rows)
    assert all(kind == "string" for _, kind in cases.dtypes)
    return cases.columns, rows


PLAIN: Rows = [("1", "x"), ("2", "y")]

WRITTEN: dict[str, tuple[str, bytes, dict[str, Any], Rows]] = {
    "plain": ("a.csv", b"a,b\n1,x\n2,y\n", {}, PLAIN),
    "no line end at the end": ("a.csv", b"a,b\n1,x\n2,y", {}, PLAIN),
    "windows line ends": ("a.csv", b"a,b\r\n1,x\r\n2,y\r\n", {}, PLAIN),
    "windows line ends, quoted": ("a.csv", b'"a","b"\r\n"1","x"\r\n"2","y"\r\n', {}, PLAIN),
    "mixed line ends": ("a.csv", b"a,b\r\n1,x\n2,y\r\n", {}, PLAIN),
    "byte order mark": ("a.csv", b"\xef\xbb\xbfa,b\n1,x\n2,y\n", {}, PLAIN),
    "white space around": ("a.csv", "a , b\n 1,x\t\n2\u00a0,\u3000y\n".encode(), {}, PLAIN),
    "blank lines": ("a.csv", b"\n\na,b\n\n1,x\r\n   \n\r\n2,y\n\n", {}, PLAIN),
    "tab by ending": ("a.tsv", b"a\tb\n1\tx\n2\ty\n", {}, PLAIN),
    "pipe by ending": ("a.psv", b"a|b\n1|x\n2|y\n", {}, PLAIN),
    "ending in capitals": ("A.TSV", b"a\tb\n1\tx\n2\ty\n", {}, PLAIN),
    "text file": ("a.txt", b"a,b\n1,x\n2,y\n", {}, PLAIN),
    "no ending": ("cases", b"a,b\n1,x\n2,y\n", {}, PLAIN),
    "semicolon": ("a.csv", b"a;b\n1;x\n2;y\n", {"sensitive_microdata_delimiter": ";"}, PLAIN),
    "dot as delimiter": ("a.csv", b"a.b\n1.x\n2.y\n", {"sensitive_microdata_delimiter": "."}, PLAIN),
    "gzip": ("a.csv.gz", gzip.compress(b"a,b\n1,x\n2,y\n"), {}, PLAIN),
    "gzip of tabs": ("a.tsv.gz", gzip.compress(b"a\tb\n1\tx\n2\ty\n"), {}, PLAIN),
    "bzip2": ("a.csv.bz2", bz2.compress(b"a,b\n1,x\n2,y\n"), {}, PLAIN),
    "quoted line break": ("a.csv", b'a,b\n1,"x\ny"\n2,z\n', {}, [("1", "x\ny"), ("2", "z")]),
    "quoted delimiter and quotes": ("a.csv", b'a,b\n1,"x, ""y"""\n', {}, [("1", 'x, "y"')]),
    "backslash is a letter": ("a.csv", b'a,b\n\\n,"\\"\n', {}, [("\\n", "\\")]),
    "hash is a letter": ("a.csv", b"a,b\n#1,x\n", {}, [("#1", "x")]),
    "inches": ("a.csv", b'a,b\n5" pipe,x\n', {}, [('5" pipe', "x")]),
    "inches and a line break": ("a.csv", b'a,b\n5" pipe,"x\ny"\n1,2\n', {}, [('5" pipe', "x\ny"), ("1", "2")]),
    "nothing in a field": ("a.csv", b'a,b\n,\n"",2\n', {}, [(None, "2")]),
    "lines of delimiters": ("a.csv", b"a,b\n1,x\n,\n , \n2,y\n,,,\r\n", {}, PLAIN),
    "lines of delimiters that are kept": (
        "a.csv",
        b"a,b\n1,x\n,\n",
        {"extra_rows": "keep"},
        [("1", "x"), (None, None)],
    ),
    "the header again": ("a.csv", b"\xef\xbb\xbfa,b\n1,x\n\xef\xbb\xbfa , b\n2,y\n", {}, PLAIN),
    "a tag row": ("a.csv", b"a,b\n#meta+a,#adm1 +name\n1,x\n2,y\n", {}, PLAIN),
    "one tag is text": ("a.csv", b"a,b\n#metoo,\n", {}, [("#metoo", None)]),
    "the end of a file of DOS": ("a.csv", b"a,b\r\n1,x\r\n2,y\r\n\x1a", {}, PLAIN),
    "a total that is named": ("a.csv", b"a,b\n1,x\n2,y\nTotal,2\n", {"drop_rows": {"a": ["Total"]}}, PLAIN),
    "a note that is named": ("a.csv", b"a,b\n1,x\n2,y\n\nNote: 2024\n", {"drop_rows": {"a": ["Note: 2024"]}}, PLAIN),
    "sep line": ("a.csv", b"sep=;\r\na;b\r\n1;x\r\n2;y\r\n", {}, PLAIN),
    "sep line of tabs in front of a mark": ("a.csv", b"\xef\xbb\xbfSEP=\t\na\tb\n1\tx\n2\ty\n", {}, PLAIN),
    "sep line and one column": ("a.csv", b"sep=,\na\n1\n2\n", {}, [("1",), ("2",)]),
    "text above": ("a.csv", b"Of 2024\n\na,b\n1,x\n2,y\n", {"sensitive_microdata_header_line": 3}, PLAIN),
    "trailing delimiter in the header": ("a.csv", b"a,b,\n1,x\n2,y\n", {}, PLAIN),
    "trailing delimiters": ("a.csv", b"a,b,\n1,x,\n2,y,\n", {}, PLAIN),
    "trailing delimiters but in the header": ("a.csv", b"a,b\n1,x,\n2,y,\n", {}, PLAIN),
    "row names of R": ("a.csv", b'"a","b"\n"0",1,x\n"1",2,y\n', {}, PLAIN),
    "row numbers of pandas": ("a.csv", b",a,b\n0,1,x\n1,2,y\n", {}, PLAIN),
    "quotes after a space": ("a.csv", b'a, "b"\n1, "x"\n2 , "y" \n', {}, PLAIN),
    "line break in quotes after a space": ("a.csv", b'a, b\n1, "x\ny"\n2, z\n', {}, [("1", "x\ny"), ("2", "z")]),
    "quotes after a backslash": (
        "a.csv",
        b'a,b\n1,"say \\"no\\", twice"\n',
        {"sensitive_microdata_escape": "\\"},
        [("1", 'say "no", twice')],
    ),
    "one column": ("a.csv", b"a\n1\n\n2\r\n\r\n", {}, [("1",), ("2",)]),
    "other names for nothing stay": ("a.csv", b"a,b\nNULL,NaN\n", {}, [("NULL", "NaN")]),
    "name with glob characters": ("cases [final] {1}.csv", b"a,b\n1,x\n2,y\n", {}, PLAIN),
    "name with spaces and percent": ("my cases 100%20.csv", b"a,b\n1,x\n2,y\n", {}, PLAIN),
}


@pytest.mark.parametrize(("name", "content", "keys", "rows"), WRITTEN.values(), ids=WRITTEN)
def test_file_is_read_as_written(
    spark: SparkSession, tmp_path: Path, name: str, content: bytes, keys: dict[str, Any], rows: Rows
) -> None:
    columns, found = load(spark, asked(write(tmp_path / name, content), **keys))
    assert columns == ["a", "b"][: len(rows[0])]
    assert found == rows


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("windows-1252", "windows-1252"),
        ("latin-1", "latin-1"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("iso-8859-15", "iso-8859-15"),
        ("cp850", "cp850"),
    ],
)
def test_encoding_is_honoured(spark: SparkSession, tmp_path: Path, encoding: str, written: str) -> None:
    path = write(tmp_path / "a.csv", "größe,b\nä,é\n\xa0Ö ,z\n", written)
    columns, rows = load(spark, asked(path, sensitive_microdata_encoding=encoding))
    assert columns == ["größe", "b"]
    assert rows == [("ä", "é"), ("Ö", "z")]


def test_encoding_with_other_letters_and_delimiter_beyond_ascii(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "\u043f\u043e\u043b§b\n\u0436§€\n", "cp1251")
    keys = {"sensitive_microdata_encoding": "cp1251", "sensitive_microdata_delimiter": "§"}
    assert load(spark, asked(path, **keys)) == (["\u043f\u043e\u043b", "b"], [("\u0436", "€")])


@pytest.mark.parametrize(
    "case", ["the header again", "sep line", "text above", "row names of R", "trailing delimiters"]
)
def test_several_files_are_read_like_one(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    _, content, keys, rows = WRITTEN[case]
    for number in range(3):
        write(tmp_path / "cases" / f"{number}.csv", content)
    monkeypatch.setattr(headers, "WHOLE_FILE_BYTES", 0)
    columns, found = load(spark, asked(tmp_path / "cases", **keys))
    assert (columns, sorted(found, key=str)) == (["a", "b"], sorted(rows * 3, key=str))


REMARKS = {
    "lines of delimiters": r"3 line\(s\) of delimiters only, which are taken for no people",
    "the header again": r"1 line\(s\) that repeat the header",
    "a tag row": r"1 line\(s\) of tags \(HXL\)",
    "a total that is named": r"1 line\(s\) with a text that drop_rows names",
    "trailing delimiters": "lines end with a delimiter after the last column",
    "row names of R": "the first field of each record has no name",
}


@pytest.mark.parametrize(("case", "expected"), REMARKS.items(), ids=REMARKS)
def test_what_is_left_out_is_counted_and_told(spark: SparkSession, tmp_path: Path, case: str, expected: str) -> None:
    name, content, keys, _ = WRITTEN[case]
    (remark,) = load_cases(spark, asked(write(tmp_path / name, content), **keys))[1].remarks
    assert re.search(expected, remark)


ASKED = {
    "total": (b"a,b\n1,x\nGrand total:,2\n", r"1 record\(s\) that begin with a word for a total.*drop_rows"),
    "quotes": (b'a,b\n1,"say \\"no\\" twice"\n', r"1 record\(s\) with quotes that .*sensitive_microdata_escape"),
    "quoted twice": (b'a,b\n1,"""x"""\n', r"1 record\(s\) with quotes that are read as part of a value"),
}


@pytest.mark.parametrize(("content", "expected"), ASKED.values(), ids=ASKED)
def test_what_may_be_no_record_is_asked_about(
    spark: SparkSession, tmp_path: Path, content: bytes, expected: str
) -> None:
    (remark,) = load_cases(spark, asked(write(tmp_path / "a.csv", content)))[1].remarks
    assert re.search(expected, remark)


@pytest.mark.parametrize("name", ["shift_jis", "gbk", "euc_jp", "big5", "iso2022_jp", "cp037", "utf-7"])
def test_encoding_of_several_bytes_is_not_taken_for_single_bytes(name: str) -> None:
    assert find_encoding(name).high_characters is None
    assert not find_encoding(name).keeps_ascii


HOSTILE = ("a.b", "`c`", "d e", "ünï 日本", "_metadata", "raw", "c0", "ragged", 'q,"r', "x\ny", "select *")


@pytest.mark.parametrize("many", [False, True], ids=["one file", "a folder"])
def test_hostile_column_names(spark: SparkSession, tmp_path: Path, *, many: bool) -> None:
    header = ",".join('"' + name.replace('"', '""') + '"' for name in HOSTILE)
    record = ",".join(str(i) for i in range(len(HOSTILE)))
    for i in range(1 + many):
        write(tmp_path / f"{i}.csv", f"{header}\n{record}\n")
    columns, rows = load(spark, asked(tmp_path / "*.csv", subject_id="c0", record_limit=9))
    assert columns == [name for name in HOSTILE if name != "c0"] + ["c0"]
    assert rows == [("0", "1", "2", "3", "4", "5", "7", "8", "9", "10", "6")] * (1 + many)


def test_columns_come_in_the_order_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b,c,id\n1,2,3,4\n")
    cases = read_cases(spark, asked(path, use_columns=["c", "a"], subject_id="id"))
    assert cases.columns == ["c", "a", "id"]
    assert [tuple(row) for row in cases.collect()] == [("3", "1", "4")]


def test_frame_can_be_counted_and_pruned(spark: SparkSession, tmp_path: Path) -> None:
    cases, _ = load_cases(spark, asked(write(tmp_path / "a.csv", 'a,b\n1,"x\ny"\n2,z\n')))
    assert cases.count() == 2
    assert sorted(row[0] for row in cases.select("b").collect()) == ["x\ny", "z"]


def test_folder_leaves_other_files_and_subfolders_alone(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "part-0.csv", "a,b\n1,x\n")
    write(tmp_path / "part-1.CSV.gz", gzip.compress(b"a,b\n2,y\n"))
    for name in ("_SUCCESS", ".part-0.csv.crc", "README.txt", "notes.md", "old/part-0.csv", "empty.csv"):
        write(tmp_path / name, "" if name == "empty.csv" else "a,b\nno,no\n")
    assert sorted(load(spark, asked(tmp_path))[1]) == PLAIN


def test_folder_whose_name_ends_like_a_file(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "out.csv" / "part-0.csv", "a,b\n1,x\n2,y\n")
    write(tmp_path / "out.csv" / "README.txt", "read me\n")
    assert load(spark, asked(tmp_path / "out.csv"))[1] == PLAIN


def test_folder_with_glob_characters_in_its_name(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "cases [1]" / "part-0.csv", "a,b\n1,x\n2,y\n")
    write(tmp_path / "cases [1]" / "README.txt", "read me\n")
    assert load(spark, asked(tmp_path / "cases [1]"))[1] == PLAIN


def test_pattern_reads_what_it_matches(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "2020.csv", "a,b\n1,x\n")
    write(tmp_path / "2021.csv", "a,b\n2,y\n")
    write(tmp_path / "draft.csv", "c\n9\n")
    assert sorted(load(spark, asked(tmp_path / "20*.csv"))[1]) == PLAIN


def test_columns_of_other_order_in_other_files_are_put_in_place(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "1.csv", "a,b\n1,x\n")
    write(tmp_path / "2.csv", "b,a\ny,2\n")
    write(tmp_path / "3.csv", '"a",b\r\n3,"z\nz"\n')
    write(tmp_path / "4.csv", "b,a\nw,4\n")
    columns, rows = load(spark, asked(tmp_path))
    assert columns == ["a", "b"]
    assert sorted(rows) == [("1", "x"), ("2", "y"), ("3", "z\nz"), ("4", "w")]


@pytest.mark.parametrize("whole", [0, headers.WHOLE_FILE_BYTES], ids=["lines looked at", "read as a whole"])
@pytest.mark.parametrize("text", ["plain", "line\nbreak", 'say ""hm""', "a, b\nc, d\n\ne"])
def test_long_file_gives_every_record_however_it_is_split(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, whole: int, text: str
) -> None:
    monkeypatch.setattr(headers, "WHOLE_FILE_BYTES", whole)
    lines = [f'{i},"{text}",{i % 7}' for i in range(2000)]
    path = write(tmp_path / "a.csv", "\r\n".join(["id,text,seven", *lines]) + "\r\n")
    expected = [(str(i), text.replace('""', '"'), str(i % 7)) for i in range(2000)]
    assert sorted(load(spark, asked(path))[1]) == sorted(expected)


def test_limit_takes_the_first_records_whatever_the_partitions(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headers, "WHOLE_FILE_BYTES", 0)
    write(tmp_path / "1.csv", "a\n" + "".join(f"{i}\n" for i in range(1000)))
    write(tmp_path / "2.csv", "a\n" + "".join(f"{i}\n" for i in range(1000, 20_000)))
    taken = []
    for size in ("128m", "8k", "1k"):
        spark.conf.set("spark.sql.files.maxPartitionBytes", size)
        try:
            taken.append(load(spark, asked(tmp_path, record_limit=1500))[1])
        finally:
            spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert taken == [[(str(i),) for i in range(1500)]] * 3


def test_summary_does_not_show_the_number_of_records(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,id\n" + "1,2\n" * 137)
    _, summary = load_cases(spark, asked(path, subject_id="id"))
    assert (summary.rows, summary.columns, summary.subject_id) == (137, ("a",), "id")
    assert "137" not in repr(summary)
