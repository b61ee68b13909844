"""Demo records on Spark: the same on any partitions, labelled, written as files that read back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from ctdc_spark.demo import cases as demo
from ctdc_spark.demo.cases import demo_cases, write_demo_cases
from ctdc_spark.demo.profiles import BLOCK_ROWS, generate_block
from ctdc_spark.demo.schema import COLUMNS
from ctdc_spark.errors import DataError, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RECORDS = 2 * BLOCK_ROWS + 500


def expected(records: int, seed: int) -> pa.Table:
    blocks = [(block, min(BLOCK_ROWS, records - block * BLOCK_ROWS)) for block in range(-(-records // BLOCK_ROWS))]
    return pa.Table.from_batches([generate_block(block, rows, seed) for block, rows in blocks])


def read(path: Path, file_format: str) -> pa.Table:
    """Read a file with Arrow, every column as a string and the empty string as itself."""
    if file_format == "parquet":
        return pa.parquet.ParquetFile(path).read().replace_schema_metadata(None)
    return pa.csv.read_csv(
        path,
        parse_options=pa.csv.ParseOptions(delimiter="\t" if file_format == "tsv" else ",", quote_char=False),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=False
        ),
    )


def same(table: pa.Table, other: pa.Table) -> bool:
    """Compare names and values; Spark marks its string fields with metadata of its own."""
    return bool(table.column_names == other.column_names and table.to_pydict() == other.to_pydict())


@pytest.mark.parametrize("partitions", [1, 3, 7, None])
def test_records_are_the_same_on_any_partitions(spark: SparkSession, partitions: int | None) -> None:
    rows = demo_cases(spark, RECORDS, seed=4, partitions=partitions).collect()
    assert [tuple(row) for row in rows] == list(zip(*expected(RECORDS, 4).to_pydict().values(), strict=True))


def test_first_records_of_a_larger_set_are_the_smaller_set(spark: SparkSession) -> None:
    larger = demo_cases(spark, RECORDS, seed=4, partitions=2).collect()
    assert demo_cases(spark, 12_345, seed=4, partitions=2).collect() == larger[:12_345]


def test_table_has_27_string_columns_and_says_it_is_artificial(spark: SparkSession) -> None:
    schema = demo_cases(spark, 1_000, seed=4).schema
    assert [(field.name, field.dataType.simpleString()) for field in schema] == [(c, "string") for c in COLUMNS]
    assert schema.fields[0].metadata == {
        "ctdc_spark_demo": {"artificial": True, "records": 1_000, "seed": 4, "generator_version": 1}
    }


@pytest.mark.parametrize("file_format", ["csv", "tsv", "parquet"])
def test_path_with_an_ending_becomes_one_file(spark: SparkSession, tmp_path: Path, file_format: str) -> None:
    target = tmp_path / "new folder" / f"demo.{file_format}"
    write_demo_cases(demo_cases(spark, RECORDS, seed=4, partitions=3), str(target), file_format)
    assert same(read(target, file_format), expected(RECORDS, 4))
    note = target.with_name(f"demo.{file_format}.README.txt")
    assert sorted(target.parent.iterdir()) == [target, note]
    text = note.read_text(encoding="utf-8")
    assert text.startswith("THESE CASE RECORDS ARE ARTIFICIAL.")
    assert all(line in text for line in (f"records   {RECORDS}", "seed      4", "generator version 1"))


def test_file_address_becomes_one_file(spark: SparkSession, tmp_path: Path) -> None:
    write_demo_cases(demo_cases(spark, 1_000), f"file://{tmp_path}/demo.csv", "csv")
    assert same(read(tmp_path / "demo.csv", "csv"), expected(1_000, 0))


def test_relative_path_is_taken_from_this_process(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_demo_cases(demo_cases(spark, 1_000), "demo.tsv", "tsv")
    assert same(read(tmp_path / "demo.tsv", "tsv"), expected(1_000, 0))


def test_path_without_ending_becomes_a_folder_that_reads_as_the_records_alone(
    spark: SparkSession, tmp_path: Path
) -> None:
    target = tmp_path / "demo"
    write_demo_cases(demo_cases(spark, RECORDS, seed=4, partitions=2), str(target), "csv")
    assert len(list(target.glob("part-*"))) == 2
    assert "ARTIFICIAL" in (target / "_README.txt").read_text(encoding="utf-8")
    read_back = spark.read.csv(str(target), header=True, nullValue="").fillna("")
    assert sorted(read_back.collect()) == sorted(demo_cases(spark, RECORDS, seed=4).collect())


def test_too_many_records_for_one_file_become_a_folder(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "ONE_FILE_RECORDS", 1_000)
    write_demo_cases(demo_cases(spark, 1_001), str(tmp_path / "demo.parquet"), "parquet")
    assert (tmp_path / "demo.parquet" / "_README.txt").is_file()
    assert spark.read.parquet(str(tmp_path / "demo.parquet")).count() == 1_001


def test_parquet_keeps_the_label(spark: SparkSession, tmp_path: Path) -> None:
    write_demo_cases(demo_cases(spark, 1_000, seed=9), str(tmp_path / "demo.parquet"), "parquet")
    field = spark.read.parquet(str(tmp_path / "demo.parquet")).schema.fields[0]
    assert field.metadata["ctdc_spark_demo"]["seed"] == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"records": 999}, "^records: found 999; allowed: 1,000 to 10,000,000"),
        ({"records": 10_000_001}, "^records: found 10000001; allowed: 1,000 to 10,000,000"),
        ({"records": 1_000, "seed": -1}, "^seed: found -1"),
        ({"records": 1_000, "seed": 2**63}, "^seed: found 9223372036854775808"),
        ({"records": 1_000, "partitions": 0}, "^partitions: found 0"),
    ],
)
def test_arguments_out_of_bounds_are_refused(spark: SparkSession, arguments: dict[str, int], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        demo_cases(spark, **arguments)


def test_all_problems_are_told_at_once(spark: SparkSession) -> None:
    with pytest.raises(SettingsError) as caught:
        demo_cases(spark, 5, seed=-1, partitions=0)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "records",
        "seed",
        "partitions",
    ]


@pytest.mark.parametrize("name", ["demo.csv", "demo"])
def test_existing_path_is_refused_and_kept(spark: SparkSession, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"^path: found .*, which exists already"):
        write_demo_cases(demo_cases(spark, 1_000), str(tmp_path / name), "csv")
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("name", "file_format", "message"),
    [
        ("demo.xlsx", "xlsx", "^format: found 'xlsx'; allowed: csv, tsv, parquet"),
        ("demo.csv", "tsv", r"^format: found 'tsv' for .*demo\.csv, whose ending says csv"),
    ],
)
def test_format_that_cannot_be_is_refused(
    spark: SparkSession, tmp_path: Path, name: str, file_format: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        write_demo_cases(demo_cases(spark, 1_000), str(tmp_path / name), file_format)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_made_is_told(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="cannot make the folder"):
        write_demo_cases(demo_cases(spark, 1_000), str(tmp_path / "file" / "below" / "demo.csv"), "csv")


def test_table_of_other_origin_is_not_labelled_as_artificial(spark: SparkSession, tmp_path: Path) -> None:
    other = demo_cases(spark, 1_000).select(*COLUMNS[:-1])
    with pytest.raises(DataError, match="found a table that `demo_cases` did not make"):
        write_demo_cases(other, str(tmp_path / "demo.csv"), "csv")
    assert list(tmp_path.iterdir()) == []


def test_failed_write_leaves_nothing_behind(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_write_parts", lambda *_: None)  # as if the workers wrote on another machine
    for name in ("demo.csv", "demo"):
        with pytest.raises(DataError, match="do not share that file system"):
            write_demo_cases(demo_cases(spark, 1_000), str(tmp_path / name), "csv")
    assert list(tmp_path.iterdir()) == []
