"""The published tables: their contracts, several releases in one place, and no rare value in any byte of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ctdc_spark.release import contracts
from ctdc_spark.release.table_location import TableLocation
from tests.conftest import copy_finished
from tests.end_to_end.running import add_release, all_tables, command, file_contents, work_table, write_settings
from tests.end_to_end.sample import COLUMNS, COUNTRY, KEYS, MARKER, RARE_NUMBER, sample_rows, write_csv

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONTRACTS = (
    contracts.microdata_contract(COLUMNS),
    contracts.AGGREGATE_COUNTS,
    contracts.EVALUATION_METRICS,
    contracts.ATTRIBUTE_METRICS,
    contracts.CODEBOOK,
    contracts.COVERAGE,
    contracts.RELEASES,
)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_tables_keep_their_contracts(spark: SparkSession, finished: Path, contract: contracts.Contract) -> None:
    place = TableLocation(str(finished / "release"))
    detail = spark.sql(f"DESCRIBE DETAIL {place.in_sql(contract.name)}").collect()[0]
    assert detail["description"] == contract.comment
    assert detail["partitionColumns"] == ["release_id"]
    fields = place.read(spark, contract.name).schema.fields
    found = [contracts.Column(f.name, f.dataType.simpleString(), f.metadata.get("comment", "")) for f in fields]
    assert found == list(contract.columns)


def test_records_have_names_of_their_own(spark: SparkSession, finished: Path) -> None:
    rows = [json.loads(row) for row in all_tables(spark, finished / "release")["synthetic_microdata"]]
    names = {row["record_id"] for row in rows}
    assert len(names) == len(rows)
    assert {len(name) for name in names} == {32}


def everything_written(folder: Path) -> Iterator[tuple[str, str]]:
    """The text of every file: names, bytes, and what Parquet packs: cells, statistics, schema and metadata."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        yield name, name
        if not path.is_file():
            continue
        yield name, path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            with contextlib.suppress(pa.ArrowInvalid):  # half a file, of a run that was killed
                file = pq.ParquetFile(path)
                yield name, repr(file.read().to_pylist())
                yield name, repr((file.schema, file.metadata.metadata, file.metadata.to_dict()))


def files_with(folder: Path, text: str) -> set[str]:
    """The first folder below this one of every file in which a text occurs."""
    escaped = json.dumps(text)[1:-1]  # as in a Delta log or the page
    return {name.split("/")[0] for name, found in everything_written(folder) if text in found or escaped in found}


NAMING = {"synthetic_microdata", "aggregate_counts", "attribute_metrics", "codebook"}
"""Tables that name values."""


def test_no_rare_value_is_in_anything_published(finished: Path) -> None:
    release = finished / "release"
    places = {*contracts.TABLES, "r1", "r1.html"}
    assert {path.name for path in release.iterdir()} == places
    for rare in (MARKER, RARE_NUMBER):
        assert files_with(release, rare) == set()
        assert not any(rare in path.name for path in finished.rglob("*"))
    # the same search finds what is frequent, so it would have found what is rare
    assert files_with(release, "BB:B") == {*NAMING, "r1", "r1.html"}
    assert files_with(release, "<threats>") >= NAMING
    assert files_with(release, "A release for tests") == {"releases", "r1", "r1.html"}


def test_exact_counts_and_places_stay_in_the_sensitive_place(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == {"cases.csv", "settings.yaml", "release", "sensitive"}
    assert files_with(finished / "release", str(finished / "sensitive")) == set()
    assert files_with(finished / "release", "cases.csv") == set()
    assert {path.name for path in (finished / "sensitive").iterdir()} == {"r1"}


def of_release(tables: dict[str, list[str]], release_id: str) -> dict[str, list[dict[str, object]]]:
    """The rows of one release, without absent values."""
    rows = {table: [json.loads(row) for row in found] for table, found in tables.items()}
    return {
        table: [{k: v for k, v in row.items() if v is not None} for row in found if row["release_id"] == release_id]
        for table, found in rows.items()
    }


OTHER_COLUMNS = {"sex", "année (début)", COUNTRY}


@pytest.fixture(scope="module")
def replaced(spark: SparkSession, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished release, beside which stands a release r2 that was replaced by one of other columns."""
    folder = copy_finished(finished, tmp_path_factory.mktemp("replaced"))
    add_release(spark, folder, "r2")
    rows = [{**row, "année (début)": str(2020 + i % 3)} for i, row in enumerate(sample_rows())]
    frame = spark.createDataFrame(rows).select(*(f"`{column}`" for column in sorted(OTHER_COLUMNS)))
    frame.coalesce(1).write.parquet(str(folder / "other.parquet"))
    keys = {"release_id": "r2", "reporting_resolution": 20, "reporting_length": 1}
    settings = write_settings(folder, folder / "other.parquet", **keys)
    assert command("run", settings) == 4
    assert command("run", settings, "--force") == 0
    return folder


def test_a_release_with_other_columns_leaves_the_first_as_it_is(
    spark: SparkSession, finished: Path, replaced: Path
) -> None:
    tables = all_tables(spark, replaced / "release")
    before, first = (of_release(found, "r1") for found in (all_tables(spark, finished / "release"), tables))
    assert first == before
    second = of_release(tables, "r2")
    names = {key for row in second["synthetic_microdata"] for key in row}
    assert names == {"release_id", "record_id", *OTHER_COLUMNS}
    assert {len(found) for found in (before["releases"], second["releases"])} == {1}
    assert files_with(replaced / "release", MARKER) == set()


def test_force_replaces_a_release_whole(spark: SparkSession, replaced: Path) -> None:
    tables = of_release(all_tables(spark, replaced / "release"), "r2")
    names = {key for row in tables["synthetic_microdata"] for key in row}
    assert names <= {"release_id", "record_id", *OTHER_COLUMNS}
    assert {row["column"] for row in tables["codebook"]} == OTHER_COLUMNS
    assert {row["length"] for row in tables["aggregate_counts"]} == {1}
    assert [row["reporting_threshold"] for row in tables["releases"]] == [20]
    assert "means.of" not in (replaced / "release" / "r2.html").read_text(encoding="utf-8")


@pytest.fixture
def schemas(spark: SparkSession, tmp_path: Path) -> Iterator[None]:
    """Schemas for the input and for the published tables."""
    for name in ("received", "published"):
        spark.sql(f"create schema {name} location '{tmp_path / name}'")
    yield
    for name in ("received", "published"):
        spark.sql(f"drop schema {name} cascade")


@pytest.mark.at_length("a whole release; test_bundle_tasks makes one from a table into a schema")
@pytest.mark.usefixtures("schemas")
def test_tables_of_a_catalog_are_read_and_written(spark: SparkSession, finished: Path, tmp_path: Path) -> None:
    spark.createDataFrame(sample_rows()).select(*(f"`{c.replace('`', '``')}`" for c in COLUMNS)).write.format(
        "delta"
    ).option("delta.columnMapping.mode", "name").saveAsTable("received.cases")
    settings = json.loads(
        json.dumps({**KEYS, "sensitive_microdata_table": "received.cases", "release_id": "r1", "seed": 0})
    )
    settings |= {"output_schema": "`published`", "sensitive_dir": str(tmp_path / "sensitive")}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    assert command("run", str(tmp_path / "settings.json")) == 0
    assert all_tables(spark, "published") == all_tables(spark, finished / "release")
    assert command("run", str(tmp_path / "settings.json")) == 4
    assert command("export", "--release", "published", "--format", "csv", "--to", str(tmp_path / "csv")) == 0
    assert (
        command("export", "--release", str(finished / "release"), "--format", "csv", "--to", str(tmp_path / "c")) == 0
    )
    assert file_contents(tmp_path / "csv") == file_contents(tmp_path / "c")


@pytest.mark.parametrize(
    "kind", ["parquet", "delta", pytest.param("tsv", marks=pytest.mark.at_length("the oracles read such a file"))]
)
def test_other_formats_are_the_same_cases(spark: SparkSession, finished: Path, tmp_path: Path, kind: str) -> None:
    data = tmp_path / f"cases.{kind}"
    if kind == "tsv":
        write_csv(data, sample_rows(), delimiter="\t")
    else:
        frame = spark.createDataFrame(sample_rows()).select(*(f"`{c.replace('`', '``')}`" for c in COLUMNS))
        frame.write.format(kind).option("delta.columnMapping.mode", "name").save(str(data))
    assert (
        command("cases", write_settings(tmp_path, data, **KEYS, sensitive_microdata_format={"delta": kind}.get(kind)))
        == 0
    )
    places = (finished, tmp_path)
    once, again = (Path(work_table(folder, "dictionary.json")).read_text(encoding="utf-8") for folder in places)
    assert again == once
    records, records_again = (
        sorted(map(str, spark.read.parquet(work_table(folder, "encoded_records")).collect())) for folder in places
    )
    assert records_again == records
