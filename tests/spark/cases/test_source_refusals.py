"""Data that must be refused, each with a message that says what was found and what to do, and shows no value."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.cases import headers
from ctdc_spark.cases.proposal import propose_settings
from ctdc_spark.cases.source import load_cases, read_cases
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PERSON = "Xanthippe"


def asked(path: Path | str, **keys: Any) -> Settings:
    return Settings(sensitive_microdata_path=str(path), output_dir="published", **keys)


def refuse(spark: SparkSession, path: Path | str, **keys: Any) -> str:
    with pytest.raises(DataError) as caught:
        load_cases(spark, asked(path, **keys))
    message = str(caught.value)
    assert PERSON not in message
    assert str(path) in message
    assert caught.value.exit_code == 2
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


BAD_FILES = {
    "empty": (b"", "is empty"),
    "empty when unpacked": (gzip.compress(b""), "is empty"),
    "blank lines only": (b"\n  \n\n", "found no header, only blank lines"),
    "header only": (b"a,b\n", "found no records, only a header"),
    "header and blank lines": (b"a,b\n\n  \n", "found no records, only a header"),
    "too few fields": (b"a,b\n1,Xanthippe\nXanthippe\n", r"found 1 record\(s\) that do not have 2 fields"),
    "too many fields": (b"a,b\n1,2,Xanthippe\n1,2,\n3,4\n", r"found 2 record\(s\) that do not have 2 fields"),
    "quote never closed": (b'a,b\n1,2\n3,"Xanthippe\n4,5\n6,7\n', "a quote that is opened and never closed"),
    "quote never closed in front": (
        b'a,b\n1,2\n"Xanthippe,3\n4,5\n',
        r"1 record\(s\) that do not have 2 "
        "fields",
    ),
    "repeated column": (b"a,b,a\n1,2,3\n", "columns of the same name: a, a; rename"),
    "repeated column but for case": (b"Age,b,AGE\n1,2,3\n", "columns of the same name: Age, AGE"),
    "column without a name": (b",b, \n0,2,3\n", "found no name for column 1, 3 of 3"),
    "text above the names": (
        b"Xanthippe\n\na,b\n1,2\n",
        "line 1, which .* line 3 has 2.*sensitive_microdata_header_line: 3",
    ),
    "something after the last column": (b"a,b,\n1,2,\n3,4,Xanthippe\n", r"1 record\(s\) with something after the last"),
    "semicolons": (b"a;b;c\n1;2;3\n", 'found only one column .* 3 with ";"; set sensitive_microdata_delimiter: ";"'),
    "tabs": (b"a\tb\n1\t2\n", r'2 with "\\t"; set sensitive_microdata_delimiter: "\\t"'),
    "spaces": (b"a b c d e\n1 2 3 4 5\n", '5 with " "'),
    "windows header": ("größe,b\n1,2\n".encode("cp1252"), "the header cannot be decoded as utf-8; .*windows-1252"),
    "windows values": (
        "a,b\nä,é\n1,é\n".encode("cp1252"),
        r"cannot be decoded as utf-8: a \(1\), b \(2\); set sensitive_microdata_encoding .*windows-1252",
    ),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "NUL characters in the header, as when UTF-16 is read as utf-8"),
    "utf-16 without mark": ("a,b\n1,2\n".encode("utf-16-le"), "sensitive_microdata_encoding to utf-16"),
    "old macintosh": (b"a,b\r1,2\r3,4\r", "end with a carriage return only"),
    "reserved name": (b"a,Record_ID\n1,2\n", "column Record_ID has a name that the published tables need"),
}


@pytest.mark.parametrize(("content", "match"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_file(spark: SparkSession, tmp_path: Path, content: bytes, match: str) -> None:
    name = "a.csv.gz" if content[:2] == b"\x1f\x8b" else "a.csv"
    assert re.search(match, refuse(spark, write(tmp_path / name, content)))


@pytest.mark.parametrize(
    "content",
    [b'a,b\n1,2\n3,"Xanthippe\n4,5\n6,7\n', b"a,b\n1,2\nXanthippe\n", b"a,b\n1,\xe4\n", b"a,b\n"],
    ids=["quote never closed", "too few fields", "not utf-8", "header only"],
)
def test_bad_file_is_refused_as_well_when_it_is_long(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = write(tmp_path / "a.csv", content)
    short = refuse(spark, path)
    monkeypatch.setattr(headers, "WHOLE_FILE_BYTES", 0)
    assert refuse(spark, path) == short


@pytest.mark.parametrize("name", ["nothing.csv", "nowhere/", "*.csv", "a[b].csv", "deep/er/x.parquet"])
def test_missing_path(spark: SparkSession, tmp_path: Path, name: str) -> None:
    expected = "matches no file" if re.search(r"[*\[]", name) else "does not exist where Spark runs"
    assert f"{expected}; check sensitive_microdata_path" in refuse(spark, tmp_path / name)


def test_credentials_of_an_address_are_not_shown(spark: SparkSession) -> None:
    raw = asked("a.csv").model_copy(update={"sensitive_microdata_path": "s3a://key:Xanthippe@bucket/a.csv"})
    with pytest.raises(DataError, match=r"s3a://bucket/a\.csv needs a file system .*install its jar") as caught:
        read_cases(spark, raw)
    assert PERSON not in str(caught.value)


@pytest.mark.parametrize("ending", ["xls", "json", "zip", "sav"])
def test_format_that_is_not_read(spark: SparkSession, tmp_path: Path, ending: str) -> None:
    message = refuse(spark, write(tmp_path / f"a.{ending}", "PK"))
    assert "which is not read; save it as CSV or Parquet" in message


OTHER_CONTENT = {
    "a workbook": (b"PK\x03\x04\x14\0\x06\0", "a.csv", "is an Excel workbook or another ZIP archive"),
    "gzip": (gzip.compress(b"a,b\n1,2\n"), "a.csv", "is compressed with gzip, by its first bytes; give it a name"),
    "xz": (b"\xfd7zXZ\0\0\x04", "a.csv.xz", "is compressed with xz, which Spark does not read"),
    "parquet": (
        b"PAR1\x15\x04\x15\0",
        "a.csv",
        "is Parquet, by its first bytes; set sensitive_microdata_format: parquet",
    ),
    "text": (b"a,b\n1,Xanthippe\n", "a.csv.gz", "ends in .gz or .bz2, but is not compressed in this way"),
}


@pytest.mark.parametrize(("content", "name", "says"), OTHER_CONTENT.values(), ids=OTHER_CONTENT)
def test_content_that_is_not_what_the_name_says(
    spark: SparkSession, tmp_path: Path, content: bytes, name: str, says: str
) -> None:
    path = write(tmp_path / name, content)
    assert says in refuse(spark, path)
    with pytest.raises(DataError, match=re.escape(says)):
        propose_settings(spark, str(path))


def test_a_header_may_begin_like_another_kind_of_file(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "PAR1,BZh,ORC\n1,2,3\n")
    assert load_cases(spark, asked(path))[1].columns == ("PAR1", "BZh", "ORC")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("_cases.csv", "begins with _ or a dot, and Spark passes over such files; rename it"),
        (".cases.csv", "begins with _ or a dot"),
        ("export_2024-01-01T10:30:00.csv", "has a colon in the name of a file or folder"),
    ],
)
def test_names_that_hadoop_does_not_read(spark: SparkSession, tmp_path: Path, name: str, says: str) -> None:
    assert says in refuse(spark, write(tmp_path / name, "a,b\n1,2\n"))


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("https://example.org/cases.csv", "is an address of the web, which Spark does not read"),
        ("C:\\Users\\me\\cases.csv", "is a path of Windows"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet", "delta"])
def test_addresses_that_spark_does_not_read(spark: SparkSession, path: str, says: str, kind: str) -> None:
    assert says in refuse(spark, path, sensitive_microdata_format=kind)


def test_folder_without_delimited_files(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "part-00000", "a,b\n1,2\n")
    write(tmp_path / "README.txt", "read me\n")
    message = refuse(spark, tmp_path)
    assert "no file whose name ends in .csv" in message
    assert f"{tmp_path}/part-*" in message
    assert load_cases(spark, asked(tmp_path / "part-*"))[1].rows == 1


def test_folder_divided_into_subfolders(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "year=2020" / "a.csv", "a,b\n1,2\n")
    assert "is divided into subfolders by year" in refuse(spark, tmp_path)


def test_folder_whose_files_have_other_columns(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "1.csv", "a,b\n1,2\n")
    write(tmp_path / "2 .csv", "b,a,c\n1,2,3\n")
    write(tmp_path / "3.csv", "a,d\n1,2\n")
    message = refuse(spark, tmp_path)
    assert "its files have different columns. Compared with 1.csv, " in message
    assert "2 .csv also has c; 3.csv lacks b and also has d. Rewrite them" in message


def test_folder_names_the_files_with_ragged_records(spark: SparkSession, tmp_path: Path) -> None:
    for i in range(6):
        write(tmp_path / f"part {i}.csv", "a,b\n1,2\n" + ("Xanthippe\n" if i else ""))
    message = refuse(spark, tmp_path)
    assert "found 5 record(s)" in message
    assert "(in part 1.csv, part 2.csv, part 3.csv)" in message


def test_no_header_where_it_is_said_to_be(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "c" / "1.csv", "Of 2024\na,b\n1,Xanthippe\n")
    write(tmp_path / "c" / "2.csv", "a,b\n1,Xanthippe\n")
    assert "found no line 9" in refuse(spark, tmp_path / "c" / "1.csv", sensitive_microdata_header_line=9)
    write(tmp_path / "c" / "3.csv", "a,c\n1,Xanthippe\n")
    message = refuse(spark, tmp_path / "c", sensitive_microdata_header_line=2)
    assert "found no header like that of the first file in 3.csv" in message


def test_rows_are_left_out_of_csv_files_only(spark: SparkSession, tmp_path: Path) -> None:
    assert "drop_rows names c, which is not a column" in refuse(
        spark, write(tmp_path / "a.csv", "a,b\n1,2\n"), drop_rows={"c": ["Total"]}
    )
    with pytest.raises(DataError, match="drop_rows: found with parquet; allowed: with csv files"):
        load_cases(spark, asked(tmp_path / "a.parquet", drop_rows={"a": ["Total"]}))


def test_file_that_was_changed_after_hadoop_wrote_its_checksum(spark: SparkSession, tmp_path: Path) -> None:
    spark.createDataFrame([("1",)], "a string").coalesce(1).write.option("header", True).csv(str(tmp_path / "c"))
    (part,) = (tmp_path / "c").glob("part-*.csv")
    part.write_text("a\nXanthippe\n")
    assert "remove that .crc file" in refuse(spark, part)


def test_damaged_archive(spark: SparkSession, tmp_path: Path) -> None:
    message = refuse(spark, write(tmp_path / "a.csv.gz", b"not an archive"))
    assert "could not be read" in message or "damaged" in message


def test_encoding_that_spark_does_not_read(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b\n1,日本\n".encode("shift_jis"))
    message = refuse(spark, path, sensitive_microdata_encoding="shift_jis")
    assert "is in an encoding that this Spark does not read; save it as UTF-8" in message


def test_subjects_without_id(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,a\n1,x\n  ,Xanthippe\n,y\n")
    message = refuse(spark, path, subject_id="id")
    assert "found 2 record(s) without a value in the subject_id id" in message


def test_column_not_used_may_be_anything(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"a,b,record_id\n1,\xe4,3\n")
    assert load_cases(spark, asked(path, use_columns=["a"]))[1].columns == ("a",)


def test_unknown_columns_of_all_keys_at_once(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "gender,ageBroad,country\n1,2,3\n")
    keys: dict[str, Any] = {
        "use_columns": ["gendr", "age_broad"],
        "multi_value_columns": {"gendr": ";"},
        "sensitive_zeros": ["gendr"],
        "column_missing_values": {"gendr": ["x"]},
        "bins": {"age_broad": {"edges": [1.0]}},
        "group_rare_values": {"gendr": {}},
        "column_groups": {"g": ["gendr"]},
        "column_labels": {"gendr": "Gender"},
        "value_labels": {"gendr": {"1": "w"}},
    }
    message = refuse(spark, path, subject_id="zzz", **keys)
    for key in [*keys, "subject_id"]:
        assert f": {key} names " in message
    assert "use_columns names gendr, which is not a column of the data; did you mean gender?" in message
    assert "bins names age_broad, which is not a column of the data; did you mean ageBroad?" in message
    assert "subject_id names zzz, which is not a column of the data; it has gender, ageBroad, country" in message
    assert len(message.splitlines()) == 11


def test_sparks_own_words_are_withheld(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(PERSON,)], "a string").selectExpr("cast(a as int)")
    expected = r"^the data could not be read by Spark \("
    with pytest.raises(DataError, match=expected) as caught, explained_failures("the data"):
        frame.collect()
    assert PERSON not in str(caught.value)
    assert caught.value.__suppress_context__


def test_our_own_defects_are_not_hidden() -> None:
    with pytest.raises(KeyError), explained_failures("the data"):
        raise KeyError
