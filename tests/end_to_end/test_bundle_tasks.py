"""Each task of the Databricks bundle, with its exact entry point and parameters, on the tests' session."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.engine.sql_names import quote_name
from tests.deploy.bundle import read_bundle
from tests.end_to_end.running import all_tables, write_settings
from tests.end_to_end.sample import COLUMNS, KEYS, sample_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def schemas(spark: SparkSession) -> Iterator[None]:
    """Where the case records are, and where the release goes."""
    for name in ("victims", "ctdc"):
        spark.sql(f"CREATE SCHEMA {name}")
    rows = [{name: value or None for name, value in row.items()} for row in sample_rows()]
    cases = spark.createDataFrame(rows).select(*map(quote_name, COLUMNS))
    cases.write.format("parquet").saveAsTable("victims.cases")
    yield
    for name in ("victims", "ctdc"):
        spark.sql(f"DROP SCHEMA {name} CASCADE")


def settings_without_places(folder: Path) -> str:
    path = Path(write_settings(folder, "unused.csv", **KEYS))
    places = ("sensitive_microdata_path", "output_dir", "sensitive_dir", "release_id", "keep_intermediates")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(places)), encoding="utf-8")
    return str(path)


def run_task(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a Python wheel task does: look up the entry point of the package and call it; any exit is a failure."""
    entry_point = metadata.distribution("ctdc_spark").entry_points["ctdc-spark"].load()
    monkeypatch.setattr(sys, "argv", ["python", *command])
    entry_point()


def test_the_tasks_make_a_release_and_those_that_publish_need_nothing_sensitive(
    spark: SparkSession,
    schemas: None,
    finished_tables: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = read_bundle(
        "dev",
        {
            "settings": settings_without_places(tmp_path),
            "input_table": "spark_catalog.victims.cases",
            "catalog": "spark_catalog",
            "explorer_volume": str(tmp_path / "explorer"),
            "sensitive_volume": str(tmp_path / "work"),
            "staging_volume": str(tmp_path / "proven"),
        },
    )
    for command in bundle.commands("prepare_serverless", {"release_id": "r1"}).values():
        run_task(command, monkeypatch)
    (tmp_path / "work").rename(tmp_path / "out of reach")
    (tmp_path / "work").write_text("not to be looked at", encoding="utf-8")
    spark.sql("ALTER TABLE victims.cases RENAME TO victims.out_of_reach")
    publish = bundle.commands("publish_serverless", {"release_id": "r1"})
    for command in publish.values():
        run_task(command, monkeypatch)
    assert (tmp_path / "work").is_file()
    page, folder = tmp_path / "explorer" / "r1.html", tmp_path / "explorer" / "r1"
    assert page.stat().st_size > 10_000
    assert {path.name for path in folder.iterdir()} >= {"summary.md", "codebook.csv"}
    made, expected = all_tables(spark, "spark_catalog.ctdc"), dict(finished_tables)
    for tables in (made, expected):
        [ledger] = map(json.loads, tables["releases"])
        tables["releases"] = [json.dumps({**ledger, "settings": None}, sort_keys=True)]
    assert made == expected
    with pytest.raises(SystemExit) as again:
        run_task(publish["release"], monkeypatch)
    assert again.value.code == 4
