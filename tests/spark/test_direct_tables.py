"""Tables that are written without Spark are, to every reader and later writer, those that Spark writes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from ctdc_spark.errors import TakenOverError
from ctdc_spark.io import locality
from ctdc_spark.release import contracts
from ctdc_spark.release.direct_tables import Outcome, arrow_schema, read_directly, write_directly
from ctdc_spark.release.dp_tables import NOISY_AGGREGATES, PRIVACY_BUDGET
from ctdc_spark.release.publication import Publication, require_committed
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import _properties, claim_release, write_release_rows, write_to_ledger
from tests.spark.test_table_contracts import MICRODATA, ROWS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES = {contract.name: (contract, sound) for contract, sound, _ in ROWS.values()}


def make_rows(contract: contracts.Contract, sound: dict[str, Any], number: int = 3) -> pa.Table:
    return pa.Table.from_pylist([sound] * number, schema=arrow_schema(contract))


def describe(spark: SparkSession, place: TableLocation, table: str) -> tuple[Any, ...]:
    """What Delta says of a table but its names of mapped columns, which are random."""
    detail = spark.sql(f"DESCRIBE DETAIL {place.in_sql(table)}").collect()[0]
    fields = place.read(spark, table).schema.fields
    known = ("description", "partitionColumns", "minReaderVersion", "minWriterVersion", "properties")
    return (
        {name: detail[name] for name in known},
        sorted(detail["tableFeatures"]),
        [(field.name, field.dataType.json(), field.nullable, field.metadata["comment"]) for field in fields],
    )


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_whoever_writes_it(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    contract, sound = TABLES[name]
    rows, publication = make_rows(contract, sound), Publication.begin("r1")
    direct, by_spark = TableLocation(str(tmp_path / "direct")), TableLocation(str(tmp_path / "by spark"))
    write_release_rows(spark, rows, direct, contract, publication)
    assert "ctdc-spark/" in direct.history(spark, name, 1).collect()[0]["engineInfo"]
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(locality, "_runs_here", lambda _: False)
        write_release_rows(spark, rows, by_spark, contract, publication)
    assert describe(spark, direct, name) == describe(spark, by_spark, name)
    found, expected = (place.read(spark, name).collect() for place in (direct, by_spark))
    assert found == expected
    assert len(found) == 3
    folder = direct.here(spark, name)
    assert folder is not None
    assert read_directly(folder, "r1") == rows


@pytest.mark.parametrize("contract", [contracts.CODEBOOK, MICRODATA], ids=["plain", "mapped"])
def test_each_continues_what_the_other_began(spark: SparkSession, tmp_path: Path, contract: contracts.Contract) -> None:
    place, sound = TableLocation(str(tmp_path)), TABLES[contract.name][1]
    folder, publication = tmp_path / contract.name, Publication.begin("r1")

    def write(by: str, release_id: str, number: int, rows: int) -> None:
        at_hand = make_rows(contract, sound, rows)
        schema = ", ".join(f"`{column.name}` {column.type}" for column in contract.columns[1:])
        frame = spark.createDataFrame([tuple(row.values()) for row in at_hand.to_pylist()], schema)
        attempt = replace(publication, release_id=release_id, number=publication.number + number)
        write_release_rows(spark, at_hand if by == "hand" else frame, place, contract, attempt)

    def count(release_id: str) -> int:
        mine = place.read(spark, contract.name).where(f"release_id = '{release_id}'").count()
        at_hand = read_directly(folder, release_id)
        assert at_hand == make_rows(contract, sound, mine)
        return mine

    write("hand", "r1", 0, 1)
    write("spark", "r1", 1, 2)
    write("spark", "r2", 1, 3)
    assert (count("r1"), count("r2")) == (2, 3)
    write("hand", "r1", 2, 4)
    assert (count("r1"), count("r2")) == (4, 3)
    write("hand", "r1", 1, 5)  # an earlier attempt: Spark skips it, and so do we
    write("spark", "r1", 1, 5)
    assert (count("r1"), count("r2")) == (4, 3)
    write("spark", "r1", 3, 0)
    assert (count("r1"), count("r2")) == (0, 3)
    spark.sql(f"OPTIMIZE {place.in_sql(contract.name)}")
    write("hand", "r1", 4, 1)
    assert (count("r1"), count("r2")) == (1, 3)
    bad = spark.createDataFrame(
        [("r3", *[None] * (len(contract.columns) - 1))], place.read(spark, contract.name).schema
    )
    with pytest.raises(Exception, match=r"(?i)CHECK constraint ctdc_spark_row"):
        bad.write.format("delta").mode("append").save(place.path(contract.name))


def test_a_claim_is_seen_by_spark_and_one_of_spark_here(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, first = TableLocation(str(tmp_path)), Publication.begin("r1")
    later = replace(first, number=first.number + 10)
    claim_release(spark, place, first)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(locality, "_runs_here", lambda _: False)
        claim_release(spark, place, later)
    row = make_rows(contracts.RELEASES, TABLES["releases"][1], 1)
    with pytest.raises(TakenOverError):
        write_to_ledger(spark, row, place, first.next())
    assert place.read(spark, "releases").isEmpty()
    write_to_ledger(spark, row, place, later.next())
    require_committed(spark, place, later.next())
    assert place.read(spark, "releases").count() == 1
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(locality, "_runs_here", lambda _: False)
        with pytest.raises(TakenOverError):
            claim_release(spark, place, first)


def test_releases_that_are_written_at_once_all_arrive(spark: SparkSession, tmp_path: Path) -> None:
    contract, sound = TABLES["codebook"]
    rows, folder = make_rows(contract, sound), tmp_path / contract.name

    def write(number: int) -> Outcome:
        return write_directly(folder, contract, _properties(contract), rows, Publication(f"r{number}", 1))

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(write, range(6)))
    assert sorted(outcome.name for outcome in outcomes) == ["CREATED"] + ["REPLACED"] * 5
    found = TableLocation(str(tmp_path)).read(spark, contract.name).groupBy("release_id").count().collect()
    assert {row["release_id"]: row["count"] for row in found} == {f"r{number}": 3 for number in range(6)}
    counted = {json.loads(line)["add"]["path"] for line in _lines(folder) if '{"add"' in line}
    assert len(list(folder.glob("release_id=*/*.parquet"))) == len(counted)  # lost attempts left no file


def _lines(folder: Path) -> list[str]:
    return [line for path in (folder / "_delta_log").glob("*.json") for line in path.read_text().splitlines()]


@pytest.mark.parametrize("begun", [contracts.AGGREGATE_COUNTS, NOISY_AGGREGATES], ids=["narrower", "wider"])
def test_a_table_of_other_columns_is_left_to_spark(
    spark: SparkSession, tmp_path: Path, begun: contracts.Contract
) -> None:
    other = NOISY_AGGREGATES if begun is contracts.AGGREGATE_COUNTS else contracts.AGGREGATE_COUNTS
    place, sound = TableLocation(str(tmp_path)), TABLES["aggregate_counts"][1]
    write_release_rows(spark, make_rows(begun, sound), place, begun, Publication("r1", 1))
    folder, rows = tmp_path / begun.name, make_rows(other, sound, 2)
    assert write_directly(folder, other, _properties(other), rows, Publication("r2", 1)) is Outcome.LEFT
    write_release_rows(spark, rows, place, other, Publication("r2", 1))
    found = place.read(spark, begun.name)
    assert set(found.columns) == set(NOISY_AGGREGATES.names)
    assert found.groupBy("release_id").count().orderBy("release_id").collect() == [("r1", 3), ("r2", 2)]
    for release_id, written in (("r1", begun), ("r2", other)):
        at_hand = read_directly(folder, release_id)
        assert at_hand is not None
        assert set(at_hand.column_names) == {*NOISY_AGGREGATES.names[1:]}
        mine = at_hand.select(written.names[1:])
        assert mine == make_rows(written, sound, len(mine))
        if written is contracts.AGGREGATE_COUNTS:
            assert at_hand["noise_scale"].null_count == len(at_hand)


def test_a_place_that_cannot_link_files_is_left_to_spark(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    contract, sound = TABLES[PRIVACY_BUDGET.name]
    place = TableLocation(str(tmp_path))
    write_release_rows(spark, make_rows(contract, sound), place, contract, Publication("r1", 1))
    assert place.read(spark, contract.name).count() == 3
    assert "Delta-Lake" in place.history(spark, contract.name, 1).collect()[0]["engineInfo"]
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []
