"""The same data, settings and seed give the same tables, however the data are laid out and whatever computes them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from ctdc_spark.cases.binning import learn_edges
from ctdc_spark.release.staged_rows import staged_tables
from ctdc_spark.settings import Bins
from ctdc_spark.storage.staging import Staging
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS
from tests.end_to_end.running import all_tables, child_environment, command, work_table, write_settings
from tests.end_to_end.sample import COLUMNS, KEYS, sample_rows, write_csv

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PARTITIONS = "spark.sql.shuffle.partitions"
PREPARING = ("cases", "combinations", "synthesis", "evaluation", "proof")


@pytest.fixture
def shuffle_partitions(spark: SparkSession, request: pytest.FixtureRequest) -> Iterator[int]:
    """Set the number of tasks behind every shuffle, and let no optimiser join them again."""
    kept = {key: spark.conf.get(key) for key in (PARTITIONS, "spark.sql.adaptive.coalescePartitions.enabled")}
    spark.conf.set(PARTITIONS, request.param)
    spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    yield request.param
    for key, value in kept.items():
        spark.conf.set(key, str(value))


def waiting(spark: SparkSession, folder: Path) -> dict[str, list[str]]:
    """The rows of every table that wait to be published as release r1, and what the ledger will say.

    Published rows are these: the seal holds their digests.
    """
    root = folder / "sensitive" / "r1" / "staged"
    seal = json.loads((root / "seal.json").read_text(encoding="utf-8"))
    staged = staged_tables(Staging(spark, str(root), ""), seal["columns"])
    rows = {name: [row.asDict(recursive=True) for row in frame.collect()] for name, frame in staged.items()}
    proof = json.loads(seal["ledger"]["proof"])
    del proof["trained_model"]  # its key is random
    rows["releases"] = [{**seal["ledger"], "proof": proof}]
    return {name: sorted(json.dumps(row, sort_keys=True) for row in found) for name, found in rows.items()}


def without_order(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """The tables with combinations and columns as sets, as these are in the input's column order."""
    rows = [json.loads(row) for row in tables["aggregate_counts"]]
    for row in rows:
        row["combination"].sort(key=lambda pair: (pair["column"], pair["value"]))
        row["combination_text"] = ""
    ledger = [json.loads(row) for row in tables["releases"]]
    for row in ledger:
        settings = json.loads(row["settings"])
        row["settings"] = {**settings, "use_columns": sorted(settings["use_columns"])}
    sets = {"aggregate_counts": rows, "releases": ledger}
    return {**tables, **{name: sorted(json.dumps(row, sort_keys=True) for row in sets[name]) for name in sets}}


@pytest.mark.parametrize(
    ("files", "shuffle_partitions", "columns"),
    [
        pytest.param(3, 1, COLUMNS, marks=pytest.mark.at_length("five stages; the next one differs in more")),
        (7, 7, tuple(sorted(COLUMNS, reverse=True))),
    ],
    ids=["3 files, 1 partition", "7 files, 7 partitions, other column order"],
    indirect=["shuffle_partitions"],
)
def test_files_rows_columns_and_partitions_make_no_difference(
    spark: SparkSession, finished: Path, tmp_path: Path, files: int, shuffle_partitions: int, columns: tuple[str, ...]
) -> None:
    rows = sample_rows()
    random.Random(files).shuffle(rows)
    for number in range(files):
        write_csv(tmp_path / "cases" / f"part-{number}.csv", rows[number::files], columns)
    settings = write_settings(tmp_path, tmp_path / "cases", **KEYS)
    assert [command(stage, settings) for stage in PREPARING] == [0] * len(PREPARING)
    once, again = waiting(spark, finished), waiting(spark, tmp_path)
    for table in once:
        assert without_order(again)[table] == without_order(once)[table], table
    if columns == COLUMNS:
        assert again == once


@pytest.mark.at_length("a whole release in a process of its own; the gate makes one as two jobs on one core")
def test_another_process_on_one_core_makes_the_same_tables(
    spark: SparkSession, finished: Path, finished_tables: dict[str, list[str]], tmp_path: Path
) -> None:
    assert spark.conf.get("spark.master") != "local[1]"  # what made the finished release
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    run = [sys.executable, "-m", "ctdc_spark", "run", settings, "--master", "local[1]"]
    done = subprocess.run(run, cwd=tmp_path, env=child_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    stages = [*PREPARING, "release", "explore"]
    assert [(line["stage"], line["status"]) for line in lines] == [(stage, "done") for stage in stages]
    assert all_tables(spark, tmp_path / "release") == finished_tables


def synthetic_records(spark: SparkSession, folder: Path) -> list[tuple[tuple[int, ...], int]]:
    rows = spark.read.schema(SYNTHETIC_RECORDS).parquet(work_table(folder, "synthetic_records")).collect()
    return sorted((tuple(row["attributes"]), row["weight"]) for row in rows)


def test_another_seed_makes_other_records(spark: SparkSession, finished: Path, tmp_path: Path) -> None:
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS, seed=1)
    assert [command(stage, settings) for stage in ("cases", "combinations", "synthesis")] == [0, 0, 0]
    assert synthetic_records(spark, tmp_path) != synthetic_records(spark, finished)  # whose seed is 0


def test_quantiles_do_not_depend_on_how_rows_are_divided(spark: SparkSession) -> None:
    numbers = spark.range(60_000).select(F.exp(F.randn(5) * 2).cast("string").alias("c0")).toPandas()
    bins, names = {"c0": Bins(quantiles=100)}, {"c0": "income"}
    edges = []
    for parts in (1, 3, 7):
        shuffled = spark.createDataFrame(numbers.sample(frac=1, random_state=parts)).repartition(parts)
        edges.append(learn_edges(shuffled, bins, names, (10, 10))["c0"])
    assert edges[0] == edges[1] == edges[2]
    assert len(edges[0]) > 40
