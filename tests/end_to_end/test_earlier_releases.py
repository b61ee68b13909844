"""Releases of versions whose ledger did not name the protection, or that had no coverage, stay readable and usable."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark import open_release
from ctdc_spark.release.contracts import TABLES
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


def test_what_was_proven_before_there_was_coverage_is_published_shown_and_verified_without_it(
    spark: SparkSession, copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings, place, waiting = str(copied / "settings.yaml"), copied / "release", copied / "sensitive" / "r1" / "staged"
    shutil.rmtree(place)
    shutil.rmtree(waiting / "coverage")
    seal = json.loads((waiting / "seal.json").read_text(encoding="utf-8"))
    del seal["digests"]["coverage"]
    proof = json.loads(seal["ledger"]["proof"])
    proof["checks"] = [check for check in proof["checks"] if check["check"] != "coverage"]
    seal["ledger"]["proof"] = json.dumps(proof)
    (waiting / "seal.json").write_text(json.dumps(seal), encoding="utf-8")
    for stage in ("release", "explore", "verify"):
        assert command(stage, settings) == 0
    assert not (place / "coverage").exists()
    assert "numbers of subjects with information" not in capfd.readouterr().out
    assert '"charts":[null' in (place / "r1.html").read_text(encoding="utf-8")
    release = open_release(spark, place)
    assert release.coverage.isEmpty()
    assert {Path(path).stem for path in release.export(copied / "files")} == set(TABLES) - {"coverage", "releases"}
