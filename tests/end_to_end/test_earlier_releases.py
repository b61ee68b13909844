"""Releases of versions whose ledger did not name the protection stay readable next to new ones in the same tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.running import add_release, command, published

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_a_release_without_the_column_is_verified_compared_shown_and_sampled(
    spark: SparkSession, copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings, place = str(copied / "settings.yaml"), copied / "release"
    add_release(spark, copied, "r0")
    rows = published(spark, copied, "releases").collect()
    assert {row["protection"] for row in rows} == {"k"}
    before = spark.createDataFrame(rows, published(spark, copied, "releases").schema).drop("protection")
    before.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(str(place / "releases"))
    assert "protection" not in published(spark, copied, "releases").columns

    assert command("verify", settings) == 0
    assert command("explore", str(place), "--release-id", "r0") == 0
    assert command("release", settings, "--force") == 0
    said = {row["release_id"]: row["protection"] for row in published(spark, copied, "releases").collect()}
    assert said == {"r0": None, "r1": "k"}
    capfd.readouterr()
    assert command("compare", "r0", "r1", "--release", str(place)) == 0
    assert "guarantee" not in capfd.readouterr().out  # the same terms
    model = str(copied / "sensitive/r1")
    drawn = ("--release", str(place), "--release-id", "r0", "--model", model, "--output", str(copied / "more.csv"))
    assert command("sample", *drawn, "--records", "20") == 0
