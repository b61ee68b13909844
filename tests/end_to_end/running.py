"""Run the command line inside the test's own process, on the shared session, and read what it published."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pyspark.sql import functions as F

from ctdc_spark.cli.exit_codes import exit_code_of
from ctdc_spark.cli.main import cli
from ctdc_spark.pipeline.jobs import STAGE_NAMES
from ctdc_spark.release.contracts import TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


_CONNECTED = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "SPARK_LOCAL_REMOTE")
"""Variables that pyspark leaves in the environment of a process with a session on a server."""


def command(*arguments: str) -> int:
    """The exit code of `ctdc-spark ARGUMENTS --attach`: on the tests' session, whose settings stay as they are."""
    attach = [] if {"--help", "--version"} & {*arguments} else ["--attach"]
    return exit_code_of(lambda: cli.main([*arguments, *attach], "ctdc-spark", standalone_mode=False))


def run_without_page(settings: str) -> None:
    """Make a whole release, but for its page and summary."""
    for stage in STAGE_NAMES[:-1]:
        assert command(stage, settings) == 0, stage


COVERAGE = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""If one of these is set, a Python that starts records which lines it runs."""


@cache
def worker_python() -> str:
    """The Python of Spark's workers: this one, but without recording which lines it runs, which takes too long."""
    if not any(name in os.environ for name in COVERAGE):
        return sys.executable
    script = Path(tempfile.mkdtemp()) / "python"
    atexit.register(shutil.rmtree, script.parent, ignore_errors=True)
    script.write_text(f'#!/bin/sh\nunset {" ".join(COVERAGE)}\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def child_environment() -> dict[str, str]:
    """The environment of another process: this Python, and a JVM that is tuned for a short life.

    With only the first compiler, the JVM reserves little room for its code, and says so on standard output when full.
    The other process ignores whether the tests' own session is on a Spark Connect server.
    """
    here = {name: value for name, value in os.environ.items() if name not in _CONNECTED}
    python = {"PYSPARK_PYTHON": worker_python(), "PYSPARK_DRIVER_PYTHON": sys.executable}
    return {**here, **python, "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"}


def write_settings(folder: Path, data: Path | str, **keys: object) -> str:
    """A settings file in `folder` for these data; the release goes to folder/release, its id is `r1`, its seed 0."""
    settings = {
        "sensitive_microdata_path": str(data),
        "output_dir": str(folder / "release"),
        "sensitive_dir": str(folder / "sensitive"),
        "release_id": "r1",
        "seed": 0,
        "keep_intermediates": True,  # tests look at them
        **keys,
    }
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return str(path)


def write_table(path: Path, rows: list[dict[str, str | None]], delimiter: str = "\t") -> Path:
    """A delimited file of these rows; None is written as nothing."""
    names = list(rows[0])
    lines = [delimiter.join(names), *(delimiter.join(row[n] or "" for n in names) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def work_table(folder: Path, table: str) -> str:
    """Where an intermediate table of release r1 lies."""
    (path,) = (folder / "sensitive" / "r1" / "work").glob(f"*/{table}")
    return str(path)


def add_release(spark: SparkSession, folder: Path, release_id: str) -> None:
    """Another complete release in the tables of release r1: its rows and files under another name."""
    for table in TABLES:
        rows = published(spark, folder, table).where("release_id = 'r1'").withColumn("release_id", F.lit(release_id))
        rows.write.format("delta").mode("append").save(str(folder / "release" / table))
    shutil.copytree(folder / "release" / "r1", folder / "release" / release_id)
    shutil.copy(folder / "release" / "r1.html", folder / "release" / f"{release_id}.html")


def published(spark: SparkSession, folder: Path, table: str) -> DataFrame:
    """A published table."""
    return spark.read.format("delta").load(str(folder / "release" / table))


def aggregates(spark: SparkSession, folder: Path) -> dict[frozenset[tuple[str, str]], int]:
    """The published aggregates as {set of (column, value): protected count}."""
    rows = published(spark, folder, "aggregate_counts").collect()
    found = {frozenset((p["column"], p["value"]) for p in row["combination"]): row["protected_count"] for row in rows}
    assert len(found) == len(rows)
    assert all(len(s) == row["length"] for s, row in zip(found, rows, strict=True))
    return found


def microdata(
    spark: SparkSession, folder: Path, multi: dict[str, str] | None = None
) -> list[frozenset[tuple[str, str]]]:
    """The published records as sets of (column, value)."""
    records = []
    for row in published(spark, folder, "synthetic_microdata").drop("release_id", "record_id").collect():
        attributes = set()
        for column, value in row.asDict().items():
            if value is not None:
                parts = value.split((multi or {})[column]) if column in (multi or {}) else [value]
                attributes |= {(column, part) for part in parts}
        records.append(frozenset(attributes))
    return records


def all_tables(spark: SparkSession, place: Path | str) -> dict[str, list[str]]:
    """Every published table of a folder or schema as sorted rows, each column by its name.

    Without the time, and without the digest of the trained model, whose key is random.
    """
    found = {}
    for table in TABLES:
        schema = isinstance(place, str)
        frame = spark.read.table(f"{place}.{table}") if schema else spark.read.format("delta").load(f"{place}/{table}")
        rows = [row.asDict(recursive=True) for row in frame.drop("published_at").collect()]
        for row in rows if table == "releases" else ():
            row["proof"] = {key: said for key, said in json.loads(row["proof"]).items() if key != "trained_model"}
        found[table] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    return found


def file_contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with a digest of its bytes: if two are equal, nothing was touched."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).digest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
