"""Parquet, Delta and tables: typed values become the text that a person would have typed."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ctdc_spark.cases import structured
from ctdc_spark.cases.prepare import prepare_cases
from ctdc_spark.cases.source import load_cases, read_cases
from ctdc_spark.engine.reading_settings import ALLOWED
from ctdc_spark.errors import DataError, SparkSetupError
from ctdc_spark.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from tests.conftest import MadeOnce


def asked(path: Path | str, **keys: Any) -> Settings:
    return Settings(sensitive_microdata_path=str(path), output_dir="published", **keys)


def write_parquet(spark: SparkSession, path: Path, schema: str, *rows: tuple[Any, ...]) -> Path:
    spark.createDataFrame(list(rows), schema).write.mode("append").parquet(str(path))
    return path


TYPED = {
    "boolean": ("boolean", [True, False, None], ["1", "0", None]),
    "tinyint": ("tinyint", [3, 0], ["3", "0"]),
    "bigint": ("bigint", [-99, 2**60], ["-99", str(2**60)]),
    "double": (
        "double",
        [3.0, 0.0, -0.0, 2.5, -99.0, 1e14, 1e20, math.nan],
        ["3", "0", "0", "2.5", "-99", "1" + "0" * 14, "1.0E20", None],
    ),
    "float": ("float", [3.0, 0.1], ["3", "0.1"]),
    "decimal": (
        "decimal(10,3)",
        [Decimal("3.000"), Decimal("2.50"), Decimal("100"), Decimal("0"), Decimal("-0.05")],
        ["3", "2.5", "100", "0", "-0.05"],
    ),
    "decimal without places": ("decimal(10,0)", [Decimal(100), Decimal(0)], ["100", "0"]),
    "date": ("date", [dt.date(2020, 2, 29)], ["2020-02-29"]),
    "timestamp": (
        "timestamp_ntz",
        [dt.datetime(2020, 2, 29), dt.datetime(2020, 2, 29, 13, 5, 9, 250000)],
        ["2020-02-29", "2020-02-29T13:05:09.25"],
    ),
    "string": ("string", [" a b ", "", None, "0"], ["a b", "", None, "0"]),
    "nothing at all": ("void", [None], [None]),
}


@pytest.mark.parametrize(("kind", "values", "texts"), TYPED.values(), ids=TYPED)
def test_typed_values_become_text(spark: SparkSession, kind: str, values: list[Any], texts: list[str | None]) -> None:
    spark.createDataFrame([(value,) for value in values], f"v {kind}").createOrReplaceTempView("typed_cases")
    settings = Settings(sensitive_microdata_table="typed_cases", output_dir="published")
    cases, summary = load_cases(spark, settings)
    assert cases.dtypes == [("v", "string")]
    assert [row["v"] for row in cases.collect()] == texts
    assert summary.rows == len(values)


def test_zero_is_absent_in_typed_data_and_in_their_text(spark: SparkSession, tmp_path: Path) -> None:
    frame = pd.DataFrame({"score": [0.0, 1.5, None], "flag": [True, False, True]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    found = {}
    for kind in ("csv", "parquet"):
        settings = asked(tmp_path / f"a.{kind}")
        cases = prepare_cases(load_cases(spark, settings)[0], settings).frame.collect()
        found[kind] = [tuple(row) for row in cases]
    assert [row[0] for row in found["csv"]] == [row[0] for row in found["parquet"]] == [None, "1.5", None]
    assert [row[1] for row in found["csv"]] == ["True", "False", "True"]  # words
    assert [row[1] for row in found["parquet"]] == ["1", None, "1"]


INSTANTS = ["2020-02-29 23:30:00.250001Z", "2020-03-29 00:00:00Z", "1965-12-31 23:00:00.5Z", "0001-01-01 00:00:00Z"]
SHOWN = {
    None: ["2020-02-29T23:30:00.250001", "2020-03-29", "1965-12-31T23:00:00.5", "0001-01-01"],
    "Europe/Zurich": [
        "2020-03-01T00:30:00.250001",
        "2020-03-29T01:00:00",
        "1966-01-01T00:00:00.5",
        "0001-01-01T00:34:08",
    ],
}


@pytest.mark.parametrize("zone", SHOWN, ids=str)
@pytest.mark.parametrize("ansi", ["true", "false"])
@pytest.mark.parametrize("session_zone", ["America/New_York", "UTC"])
def test_points_in_time_are_the_same_in_every_session(
    spark: SparkSession, zone: str | None, ansi: str, session_zone: str
) -> None:
    given = {"spark.sql.session.timeZone": session_zone, "spark.sql.ansi.enabled": ansi}
    kept = {key: str(spark.conf.get(key)) for key in given}
    try:
        for key, value in given.items():
            spark.conf.set(key, value)
        rows = " union all ".join(f"select {i} as i, timestamp'{text}' as v" for i, text in enumerate(INSTANTS))
        spark.sql(f"{rows} union all select 9, null").createOrReplaceTempView("typed_cases")
        cases = read_cases(
            spark, Settings(sensitive_microdata_table="typed_cases", output_dir="published", time_zone=zone)
        )
        found = sorted((row["i"], row["v"]) for row in cases.collect())
    finally:
        for key, value in kept.items():
            spark.conf.set(key, value)
    assert [value for _, value in found] == [*SHOWN[zone], None]


@pytest.mark.parametrize("key", ALLOWED)
def test_a_session_that_reads_other_values_is_refused(spark: SparkSession, key: str) -> None:
    unusual = {"true": "false", "false": "true"}.get(ALLOWED[key][0], "LEGACY")
    kept = spark.conf.get(key)
    try:
        spark.conf.set(key, unusual)
        with pytest.raises(SparkSetupError, match=f"{key}: found {unusual}; allowed: {ALLOWED[key][0]}"):
            read_cases(spark, asked("unused.csv"))
    finally:
        spark.conf.set(key, str(kept))


def test_arrays_are_joined_by_their_delimiter(spark: SparkSession, tmp_path: Path) -> None:
    path = write_parquet(
        spark,
        tmp_path / "a.parquet",
        "id int, means array<string>, years array<double>",
        (1, [" a", "b", None], [2020.0, 2021.5]),
        (2, [], None),
    )
    cases, _ = load_cases(spark, asked(path, multi_value_columns={"means": ";", "years": "|"}))
    assert sorted(tuple(row) for row in cases.collect()) == [("1", "a;b", "2020|2021.5"), ("2", "", None)]


def test_part_of_an_array_that_holds_the_delimiter(spark: SparkSession, tmp_path: Path) -> None:
    path = write_parquet(spark, tmp_path / "a.parquet", "means array<string>", (["a;b"],), (["c", "d"],), (None,))
    expected = r'1 record\(s\) in which a part of column means holds its delimiter ";"; choose another'
    with pytest.raises(DataError, match=expected):
        load_cases(spark, asked(path, multi_value_columns={"means": ";"}))


UNUSABLE = {
    "array without a delimiter": (
        "array<string>",
        r"type array<string>; give it a delimiter in "
        "multi_value_columns",
    ),
    "array of structs": ("array<struct<x:int>>", r"type array<struct<x:int>>, not one value; leave it out"),
    "struct": ("struct<x:int>", r"type struct<x:int>, not one value"),
    "map": ("map<string,int>", r"type map<string,int>, not one value"),
    "binary": ("binary", r"type binary, not one value"),
}


@pytest.mark.parametrize(("kind", "match"), UNUSABLE.values(), ids=UNUSABLE)
def test_column_of_a_type_that_is_not_one_value(spark: SparkSession, tmp_path: Path, kind: str, match: str) -> None:
    path = write_parquet(spark, tmp_path / "a.parquet", f"a int, `b c` {kind}", (1, None))
    with pytest.raises(DataError, match=f"column b c is of {match}"):
        load_cases(spark, asked(path))
    assert load_cases(spark, asked(path, use_columns=["a"]))[1].rows == 1


def test_parquet_files_with_other_columns_are_put_together(spark: SparkSession, tmp_path: Path) -> None:
    path = write_parquet(spark, tmp_path / "a.parquet", "a string, b string", ("1", "x"))
    write_parquet(spark, path, "b string, c string", ("y", "2"))
    cases, _ = load_cases(spark, asked(path, use_columns=["a", "b", "c"]))
    assert sorted((tuple(row) for row in cases.collect()), key=str) == [("1", "x", None), (None, "y", "2")]


def test_partitioned_parquet_keeps_the_column_of_its_folders(spark: SparkSession, tmp_path: Path) -> None:
    rows = spark.createDataFrame([("1", 2020), ("2", 2021)], "a string, year int")
    rows.write.partitionBy("year").parquet(str(tmp_path / "cases"))
    cases, _ = load_cases(spark, asked(tmp_path / "cases", sensitive_microdata_format="parquet"))
    assert sorted(tuple(row) for row in cases.collect()) == [("1", "2020"), ("2", "2021")]


FOLDERS = ["007", "07", "7", "1D", "1.0", "2024-01-01", "NO", "a+b c", "x%3Ay", "__HIVE_DEFAULT_PARTITION__"]


def write_folders(path: Path, values: list[str]) -> Path:
    for value in values:
        folder = path / f"code={value}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"a": ["1"]}), folder / "part.parquet")
    return path


def test_values_in_the_names_of_folders_stay_text_whatever_the_session_infers(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = write_folders(tmp_path / "cases", FOLDERS)
    cases, _ = load_cases(spark, asked(path, sensitive_microdata_format="parquet"))
    assert {row["code"] for row in cases.collect()} == {*FOLDERS[:-2], "x:y", None}


def test_a_reader_that_takes_folders_for_numbers_is_found_out(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_folders(tmp_path / "cases", ["007", "07", "7"])
    monkeypatch.setattr(structured, "_read_parquet", lambda spark, path, _: spark.read.parquet(path))
    with pytest.raises(DataError, match=r"2 record\(s\) whose values of code Spark read otherwise than the names"):
        load_cases(spark, asked(path, sensitive_microdata_format="parquet"))


def test_hostile_names_in_parquet(spark: SparkSession, tmp_path: Path) -> None:
    names = ["a.b", "`c`", "d e", "ünï", "_metadata", "ragged", "c0", "clash1"]
    schema = ", ".join("`" + name.replace("`", "``") + "` int" for name in names)
    path = write_parquet(spark, tmp_path / "a.parquet", schema, tuple(range(8)))
    cases, summary = load_cases(spark, asked(path, record_limit=1))
    assert summary.columns == tuple(names)
    assert [tuple(row) for row in cases.collect()] == [tuple(map(str, range(8)))]


def test_parquet_limit_takes_the_first_records_of_the_files(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(5000).repartition(1).sortWithinPartitions("id").selectExpr("cast(id as string) as a")
    frame.write.parquet(str(tmp_path / "a.parquet"))
    cases, summary = load_cases(spark, asked(tmp_path / "a.parquet", record_limit=7))
    assert [row["a"] for row in cases.collect()] == [str(i) for i in range(7)]
    assert summary.rows == 7


def test_table_limit_depends_on_content_only(spark: SparkSession) -> None:
    settings = Settings(sensitive_microdata_table="limited_cases", output_dir="published", record_limit=20)
    taken = []
    for partitions in (1, 7):
        frame = spark.range(500).repartition(partitions).selectExpr("cast(id as string) as a", "'x' as b")
        frame.createOrReplaceTempView("limited_cases")
        taken.append({row["a"] for row in read_cases(spark, settings).collect()})
    assert taken[0] == taken[1]
    assert len(taken[0]) == 20


@pytest.fixture
def delta_folder(spark: SparkSession, tmp_path: Path) -> Iterator[Path]:
    rows = spark.createDataFrame([("1", 2.0), ("2", 3.5)], "a string, b double")
    rows.coalesce(1).write.format("delta").save(str(tmp_path / "cases"))
    yield tmp_path / "cases"
    spark.sql("drop table if exists cases_of_test")


def test_delta_by_folder_and_by_name(spark: SparkSession, delta_folder: Path) -> None:
    spark.sql(f"create table cases_of_test using delta location '{delta_folder}'")
    by_folder = asked(delta_folder, sensitive_microdata_format="delta")
    by_name = Settings(sensitive_microdata_table="default.cases_of_test", output_dir="published")
    for settings in (by_folder, by_name):
        cases, _ = load_cases(spark, settings)
        assert sorted(tuple(row) for row in cases.collect()) == [("1", "2"), ("2", "3.5")]


@pytest.mark.parametrize("part", ["", "/yr=2020", "/*/*.parquet", "/yr=*", "/yr=2020/part-*.parquet"])
def test_no_part_of_a_delta_table_is_read_as_bare_parquet(spark: SparkSession, made_once: MadeOnce, part: str) -> None:
    def make(folder: Path) -> None:
        rows = spark.createDataFrame([("1", "2020"), ("2", "2021")], "a string, yr string")
        rows.coalesce(1).write.format("delta").partitionBy("yr").save(str(folder / "cases"))

    expected = r"holds files of the Delta table file:.*/cases, which may .*set sensitive_microdata_format: delta"
    with pytest.raises(DataError, match=expected):
        read_cases(spark, asked(f"{made_once('in_years', make)}/cases{part}", sensitive_microdata_format="parquet"))


FOREIGN_TABLES = {"Iceberg": "metadata/v1.metadata.json", "Hudi": ".hoodie/hoodie.properties"}


@pytest.mark.parametrize("kind", FOREIGN_TABLES)
@pytest.mark.parametrize("part", ["data", "data/x, {1}"])
def test_no_part_of_a_table_of_iceberg_or_hudi_is_read_as_bare_parquet(
    spark: SparkSession, tmp_path: Path, kind: str, part: str
) -> None:
    write_folders(tmp_path / "data" / "x, {1}", ["1"])
    sign = tmp_path / FOREIGN_TABLES[kind]
    sign.parent.mkdir()
    sign.write_text("{}")
    with pytest.raises(DataError, match=f"holds files of the {kind} table file:.*sensitive_microdata_table"):
        read_cases(spark, asked(tmp_path / part, sensitive_microdata_format="parquet"))


OTHER_TYPES: dict[str, tuple[pa.Array, list[str | None]]] = {
    "nanoseconds": (
        pa.array([1704067200000000000, 1704112200000500123], pa.timestamp("ns")),
        ["2024-01-01", "2024-01-01T12:30:00.0005"],
    ),
    "nanoseconds with a zone": (pa.array([1704067200000000000], pa.timestamp("ns", "Asia/Tokyo")), ["2024-01-01"]),
    "time of day": (pa.array([dt.time(8), dt.time(8, 0, 0, 500), None]), ["08:00:00", "08:00:00.0005", None]),
    "half precision": (pa.array([np.float16(0.5), np.float16(3)], pa.float16()), ["0.5", "3"]),
    "huge whole numbers": (pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)]),
}


@pytest.mark.parametrize(("values", "texts"), OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_types_that_only_arrow_reads_become_text(
    spark: SparkSession, tmp_path: Path, values: pa.Array, texts: list[str | None]
) -> None:
    # a column of nanoseconds beside it, so that Spark's reader refuses the file
    moments = pa.array([0] * len(values), pa.timestamp("ns"))
    pq.write_table(pa.table({"v": values, "moment": moments}), tmp_path / "a.parquet")
    cases, summary = load_cases(spark, asked(tmp_path / "a.parquet"))
    assert [row["v"] for row in cases.collect()] == texts
    assert "moment are cut from nanoseconds to microseconds" in summary.remarks[0].replace("moment, v", "moment")


def test_a_column_that_nobody_uses_may_be_of_any_type(spark: SparkSession, tmp_path: Path) -> None:
    columns = {"a": ["1"], "span": pa.array([dt.timedelta(1)]), "moment": pa.array([0], pa.timestamp("ns"))}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"column span is of type duration\[us\], not one value; leave it out"):
        load_cases(spark, asked(tmp_path / "a.parquet"))
    assert load_cases(spark, asked(tmp_path / "a.parquet", use_columns=["a"]))[1].rows == 1


def test_files_whose_types_differ_are_read_but_for_those_columns(spark: SparkSession, tmp_path: Path) -> None:
    nothing = pa.array([None], pa.null())
    for name, code, empty in (("a", [7], nothing), ("b", ["007"], ["x"])):
        folder = tmp_path / "cases" / f"part={name}+%2F"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"code": code, "empty": empty}), folder / "f.parquet")
    keys: dict[str, Any] = {"sensitive_microdata_format": "parquet"}
    with pytest.raises(DataError, match="column code has different types in different files: int64, string; write"):
        load_cases(spark, asked(tmp_path / "cases", **keys))
    cases, _ = load_cases(spark, asked(tmp_path / "cases", **keys, use_columns=["empty", "part"]))
    assert {tuple(row) for row in cases.collect()} == {(None, "a+/"), ("x", "b+/")}


WRONG_PLACE = {
    "no table": ({"sensitive_microdata_table": "nowhere.cases"}, "table nowhere.cases is not a table"),
    "no delta": ({"sensitive_microdata_path": "{folder}", "sensitive_microdata_format": "delta"}, "not a Delta table"),
    "no parquet": (
        {"sensitive_microdata_path": "{folder}/a.csv", "sensitive_microdata_format": "parquet"},
        "has a file that is not Parquet",
    ),
    "parquet read as text": ({"sensitive_microdata_path": "{folder}/p"}, "holds Parquet files; set sensitive_micro"),
    "no such folder": (
        {"sensitive_microdata_path": "{folder}/x", "sensitive_microdata_format": "parquet"},
        "does not exist where Spark runs",
    ),
    "empty folder": (
        {"sensitive_microdata_path": "{folder}/e", "sensitive_microdata_format": "parquet"},
        "holds no file of that format",
    ),
}


@pytest.mark.parametrize(("keys", "match"), WRONG_PLACE.values(), ids=WRONG_PLACE)
def test_place_that_holds_something_else(spark: SparkSession, tmp_path: Path, keys: dict[str, str], match: str) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,Xanthippe\n")
    (tmp_path / "e").mkdir()
    write_parquet(spark, tmp_path / "p", "a int", (1,))
    keys = {key: value.format(folder=tmp_path) for key, value in keys.items()}
    with pytest.raises(DataError, match=match) as caught:
        load_cases(spark, Settings(output_dir="published", **keys))
    assert "Xanthippe" not in str(caught.value)
