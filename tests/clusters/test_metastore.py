"""A release from and to tables of a Hive metastore, which outlives the session, by three-part names.

Opt-in (`make test-places`): two more sessions of Spark have to start.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clusters.conftest import ROOT
from tests.end_to_end.running import all_tables, child_environment
from tests.end_to_end.sample import KEYS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.skipif("CTDC_SPARK_PLACES" not in os.environ, reason="two more sessions: make test-places")

PROGRAM = """
import json, sys
from pyspark.sql import SparkSession
from ctdc_spark.engine.session import local_settings
from tests.end_to_end.running import all_tables, command

builder = SparkSession.builder.master("local[2]").enableHiveSupport()
for key, value in local_settings().items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
assert spark.conf.get("spark.sql.catalogImplementation") == "hive"
settings, action = sys.argv[1:]
if action == "run":
    spark.sql("CREATE SCHEMA received")
    spark.sql("CREATE SCHEMA published")
    cases = spark.read.option("header", True).option("escape", '"').csv("cases.csv")
    cases.write.format("delta").option("delta.columnMapping.mode", "name").saveAsTable("received.cases")
    assert command("run", settings) == 0
else:
    assert command("run", settings) == 4
    print("TABLES " + json.dumps(all_tables(spark, "spark_catalog.published")))
spark.stop()
"""


def test_a_hive_metastore_holds_the_same_release(spark: SparkSession, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_bytes((finished / "cases.csv").read_bytes())
    places = {"output_schema": "spark_catalog.published", "sensitive_dir": str(tmp_path / "sensitive")}
    settings = {**KEYS, **places, "sensitive_microdata_table": "spark_catalog.received.cases", "release_id": "r1"}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    for action in ("run", "read again"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "settings.json", action],
            cwd=tmp_path,
            env={**child_environment(), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    (said,) = (line.removeprefix("TABLES ") for line in done.stdout.splitlines() if line.startswith("TABLES "))
    assert json.loads(said) == all_tables(spark, finished / "release")
