"""Housekeeping of tables with a later release, an earlier one and an unfinished one."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.errors import DataError
from ctdc_spark.release.contracts import CODEBOOK, RELEASES
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import ATTEMPTS, create_table, retry_commit
from tests.end_to_end.running import command

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="module")
def place(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> TableLocation:
    """Two of the tables, with their pages; each release was written in two files."""
    place = TableLocation(str(tmp_path_factory.mktemp("tidied")))
    ledger: dict[str, Any] = {"protected_number_of_subjects": 10, "number_of_synthetic_records": 1}
    ledger |= {"reporting_length": 1, "reporting_threshold": 10, "reporting_precision": 10, "guarantee": "strict"}
    complete = [
        {**ledger, "release_id": f"r{year}", "published_at": datetime(year, 1, 1, tzinfo=timezone.utc)}
        for year in (2025, 2026)
    ]
    rows = [
        {"release_id": name, "column": "sex", "value": value, "kind": "category"}
        for name in ("r2025", "r2026", "r2027", "../r2024")
        for value in ("f", "m")
    ]
    for contract, found in ((RELEASES, complete), (CODEBOOK, rows)):
        create_table(spark, place, contract)
        schema = place.read(spark, contract.name).schema
        values = [tuple(row.get(name) for name in contract.names) for row in found]
        frame = spark.createDataFrame(values, schema).repartition(2)
        frame.write.format("delta").mode("append").save(place.path(contract.name))
    for name in ("r2025", "r2026"):
        Path(place.path(f"{name}.html")).write_text("page", encoding="utf-8")
        Path(place.path(name)).mkdir()
    return place


def release_ids(spark: SparkSession, place: TableLocation, table: str) -> list[str]:
    return sorted(row["release_id"] for row in place.read(spark, table).select("release_id").distinct().collect())


def test_nothing_is_changed_when_it_is_only_asked_for(
    spark: SparkSession, place: TableLocation, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("tidy", str(place.output_dir), "--keep", "1", "--unfinished", "--dry-run") == 0
    assert capfd.readouterr().out == "would remove release r2025\nwould remove release r2027\n"
    assert command("tidy", str(place.output_dir), "--dry-run") == 0
    assert capfd.readouterr().out == "would remove no release\n"
    assert release_ids(spark, place, "releases") == ["r2025", "r2026"]


def test_all_but_the_latest_releases_are_removed_with_their_files(
    spark: SparkSession, place: TableLocation, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = str(place.output_dir)
    assert command("tidy", folder, "--keep", "1", "--unfinished", "--retain-hours", "0") == 0
    assert "removed release r2025" in capfd.readouterr().err
    assert release_ids(spark, place, "releases") == ["r2026"]
    assert release_ids(spark, place, "codebook") == ["../r2024", "r2026"]  # no name that we give is left alone
    assert sorted(path.name for path in Path(folder).glob("r20*")) == ["r2026", "r2026.html"]
    files = [len(list(Path(folder, "codebook", f"release_id={name}").glob("*.parquet"))) for name in ("r2025", "r2026")]
    assert files == [0, 1]
    assert spark.conf.get("spark.databricks.delta.retentionDurationCheck.enabled") == "true"


class MetadataChangedException(Exception):  # noqa: N818 - its own name
    """As Delta's Python package names it."""


def test_a_table_that_others_keep_changing_is_tried_again_and_then_said_so() -> None:
    tried: list[int] = []

    def hindered(times: int) -> None:
        tried.append(times)
        if len(tried) < times:
            raise MetadataChangedException("rows of a table")

    retry_commit(lambda: hindered(ATTEMPTS), "codebook", "it was compacted")
    assert len(tried) == ATTEMPTS
    tried.clear()
    with pytest.raises(DataError, match=f"codebook: other jobs changed the table {ATTEMPTS} times"):
        retry_commit(lambda: hindered(ATTEMPTS + 1), "codebook", "it was compacted")
    assert len(tried) == ATTEMPTS
