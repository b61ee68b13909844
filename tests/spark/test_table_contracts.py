"""Delta itself refuses rows that no release can have, from the moment a table exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from ctdc_spark.errors import DataError
from ctdc_spark.release import contracts
from ctdc_spark.release.dp_tables import PRIVACY_BUDGET
from ctdc_spark.release.publication import Publication
from ctdc_spark.release.table_location import TableLocation, require_free_or_ours
from ctdc_spark.release.writer import CONSTRAINT, claim_release, create_table, write_release_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MICRODATA = contracts.microdata_contract(("sex", "age, in years"))
ROWS: dict[str, tuple[contracts.Contract, dict[str, Any], list[dict[str, Any]]]] = {
    "microdata": (MICRODATA, {"release_id": "r1", "record_id": "x"}, [{"record_id": None}]),
    "aggregates": (
        contracts.AGGREGATE_COUNTS,
        {"length": 1, "combination": [{"column": "sex", "value": "f"}], "protected_count": 10},
        [{"protected_count": 0}, {"length": 2}, {"protected_count": None}],
    ),
    "metrics": (
        contracts.EVALUATION_METRICS,
        {"release_id": "r1", "metric": "presence", "reference": "proof", "value": 1.0},
        [{"reference": "guessed"}, {"metric": None}],
    ),
    "attribute metrics": (
        contracts.ATTRIBUTE_METRICS,
        {"release_id": "r1", "column": "sex", "presence": 1.0},
        [{"presence": 1.5}, {"protected_count": 0}, {"synthetic_count": -1}, {"column": None}],
    ),
    "codebook": (
        contracts.CODEBOOK,
        {"release_id": "r1", "column": "sex", "value": "f", "kind": "flag"},
        [{"kind": "guess"}, {"value": None}, {"release_id": None}],
    ),
    "coverage": (
        contracts.COVERAGE,
        {"release_id": "r1", "column": "sex", "with_information": 20, "not_recorded": 10},
        [{"with_information": -10}, {"withheld_as_too_rare": -10}, {"not_recorded": -1}, {"release_id": None}],
    ),
    "ledger": (
        contracts.RELEASES,
        {
            "release_id": "r1",
            "published_at": datetime(2026, 1, 1, tzinfo=timezone.utc),
            "reporting_threshold": 10,
            "reporting_precision": 10,
            "number_of_synthetic_records": 1,
            "guarantee": "strict",
        },
        [{"reporting_threshold": 0}, {"guarantee": None}, {"number_of_synthetic_records": -1}, {"published_at": None}],
    ),
    "budget": (
        PRIVACY_BUDGET,
        {"release_id": "r1", "run": "a", "mechanism": "discrete Laplace", "scale": 2.0, "sensitivity": 1.0}
        | {"rho": 0.1, "delta": 0.0},
        [{"rho": -0.1}, {"scale": 0.0}, {"run": None}],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_sound_row_passes_and_each_bad_one_is_refused(spark: SparkSession, name: str) -> None:
    contract, sound, faults = ROWS[name]
    schema = ", ".join(f"`{column.name}` {column.type}" for column in contract.columns)
    rows = [dict.fromkeys(contract.names) | sound | fault for fault in ({}, *faults)]
    frame = spark.createDataFrame([tuple(row[column] for column in contract.names) for row in rows], schema)
    passes = F.coalesce(F.expr(contract.check), F.lit(False))
    assert [row[0] for row in frame.select(passes).collect()] == [True] + [False] * len(faults)


def test_a_table_has_its_condition_from_its_first_commit(spark: SparkSession, tmp_path: Path) -> None:
    place = TableLocation(str(tmp_path))
    create_table(spark, place, contracts.CODEBOOK)
    assert place.history(spark, contracts.CODEBOOK.name, 9).count() == 1
    detail = spark.sql(f"DESCRIBE DETAIL {place.in_sql(contracts.CODEBOOK.name)}")
    assert CONSTRAINT in detail.select(F.map_keys("properties")).collect()[0][0]
    schema = place.read(spark, contracts.CODEBOOK.name).schema
    row = spark.createDataFrame([("r1", "sex", "f", "f", None, "guess")], schema)
    with pytest.raises(Exception, match=r"(?i)CHECK constraint ctdc_spark_row"):
        row.write.format("delta").mode("append").save(place.path(contracts.CODEBOOK.name))


def make_codebook(spark: SparkSession) -> DataFrame:
    schema = ", ".join(f"`{column.name}` {column.type}" for column in contracts.CODEBOOK.columns[1:])
    return spark.createDataFrame([("sex", "f", "Woman", None, "flag")], schema)


def describe(spark: SparkSession, place: TableLocation) -> tuple[str, dict[str, str], dict[str, str]]:
    """The comment of the codebook, its properties, and the comments of its columns."""
    detail = spark.sql(f"DESCRIBE DETAIL {place.in_sql(contracts.CODEBOOK.name)}").collect()[0]
    fields = place.read(spark, contracts.CODEBOOK.name).schema.fields
    comments = {field.name: field.metadata["comment"] for field in fields}
    return detail["description"], dict(detail["properties"]), comments


def test_the_first_rows_come_with_the_commit_that_creates_their_table(spark: SparkSession, tmp_path: Path) -> None:
    place, before = TableLocation(str(tmp_path / "new")), TableLocation(str(tmp_path / "made"))
    publication = Publication.begin("r1")
    write_release_rows(spark, make_codebook(spark), place, contracts.CODEBOOK, publication)
    assert place.history(spark, contracts.CODEBOOK.name, 9).count() == 1
    create_table(spark, before, contracts.CODEBOOK)
    assert describe(spark, place) == describe(spark, before)
    # an earlier attempt is ignored, a later one replaces the rows
    earlier = replace(publication, number=publication.number - 1)
    write_release_rows(spark, make_codebook(spark).limit(0), place, contracts.CODEBOOK, earlier)
    assert place.read(spark, contracts.CODEBOOK.name).count() == 1
    write_release_rows(spark, make_codebook(spark).limit(0), place, contracts.CODEBOOK, publication.next())
    assert place.read(spark, contracts.CODEBOOK.name).count() == 0


def test_files_of_a_run_that_was_killed_before_its_first_commit_are_in_nobodys_way(
    spark: SparkSession, tmp_path: Path
) -> None:
    place, publication = TableLocation(str(tmp_path)), Publication.begin("r1")
    left = tmp_path / contracts.CODEBOOK.name / "release_id=r1" / "part-00000.c000.snappy.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a file")
    with pytest.raises(DataError, match="codebook holds files that are not a table of ctdc-spark"):
        require_free_or_ours(spark, place)
    claim_release(spark, place, publication)
    require_free_or_ours(spark, place)
    write_release_rows(spark, make_codebook(spark), place, contracts.CODEBOOK, publication)
    assert [row["value"] for row in place.read(spark, contracts.CODEBOOK.name).collect()] == ["f"]
    assert left.exists()
    comment, properties, _ = describe(spark, place)
    assert comment == contracts.CODEBOOK.comment
    assert CONSTRAINT in properties
