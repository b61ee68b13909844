"""Runs that fail midway: nothing half done counts as published, and what was published stays as it is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from ctdc_spark.pipeline import publish
from ctdc_spark.protections import case_records, group_size
from ctdc_spark.records.blocks import ENCODED_RECORDS, unpack_rows
from ctdc_spark.release import delta_log
from ctdc_spark.release.ledger import find_release
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import write_release_rows
from ctdc_spark.synthesis.synthesize import synthesize
from tests.end_to_end.running import all_tables, command, file_contents, published, write_settings
from tests.end_to_end.sample import KEYS, MARKER

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.prepare import PreparedCases
    from ctdc_spark.release.contracts import Contract
    from ctdc_spark.release.publication import Publication
    from ctdc_spark.release.rows import Rows
    from ctdc_spark.synthesis.task import SynthesisTask


def said(capfd: pytest.CaptureFixture[str]) -> str:
    """The command's standard error; neither there nor on standard output is a value or a traceback."""
    out, err = capfd.readouterr()
    assert MARKER not in out + err
    assert "Traceback" not in err
    return err


def test_a_complete_release_is_not_touched(finished: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = file_contents(finished)
    assert command("run", str(finished / "settings.yaml")) == 4
    assert re.search(r"'r1' is already complete in .*releases; nothing was changed.*--release-id.*--force", said(capfd))
    assert file_contents(finished) == before


def test_one_rare_record_stops_the_release(
    copied: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def plant_rare_record(mode: str, task: SynthesisTask, records: DataFrame) -> DataFrame:
        longest = unpack_rows(records).orderBy(F.size("attributes").desc(), "weight").select("attributes").limit(1)
        rare = longest.withColumn("weight", F.lit(5).cast("bigint"))
        return synthesize(mode, task, records).unionByName(rare)

    before = file_contents(copied / "release")
    monkeypatch.setattr(group_size, "synthesize", plant_rare_record)
    settings = str(copied / "settings.yaml")
    assert command("run", settings, "--release-id", "r2") == 3
    assert re.search(
        r"privacy gate: guarantee strict: 1 of \d+ distinct synthetic records are shared by fewer than k = 5 subjects "
        r"\(of [78] attributes; columns: age, in years, .*\)\. Nothing was published",
        said(capfd),
    )
    # records that failed the proof are in the sensitive place; no later stage may take them for proven
    for stage in ("evaluation", "proof"):
        assert command(stage, settings, "--release-id", "r2") == 2
        assert "stage 'synthesis' is not complete for this release" in said(capfd)
    assert file_contents(copied / "release") == before


def test_a_record_that_fails_when_proven_again_takes_the_earlier_proof_with_it(
    copied: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_size, "synthesize", lambda _mode, _task, records: unpack_rows(records))
    settings = str(copied / "settings.yaml")
    assert command("synthesis", settings, "--force") == 3
    assert command("proof", settings, "--force") == 2
    assert "stage 'synthesis' is not complete for this release" in said(capfd)


def crash_at_once(*_: object) -> DataFrame:
    raise RuntimeError(f"found {MARKER}")


def crash_in_a_worker(prepared: PreparedCases, *_: object) -> DataFrame:
    def kernel(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            raise ValueError(f"found {batch.to_pylist()}")
        yield from ()

    return prepared.frame.mapInArrow(kernel, ENCODED_RECORDS)


@pytest.mark.parametrize(
    ("crash", "says"),
    [
        (crash_at_once, r"crash: RuntimeError in ctdc_spark\.protections\.\w+\.\w+, line \d+\."),
        (crash_in_a_worker, r"crash: PythonException.* in ctdc_spark\.io\.parquet\.write_parquet, line \d+\."),
    ],
)
def test_a_crash_shows_where_it_was_but_no_value(
    finished: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    crash: object,
    says: str,
) -> None:
    monkeypatch.setattr(case_records, "encode_cases", crash)
    monkeypatch.delenv("CTDC_SPARK_DEBUG", raising=False)
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    assert command("cases", settings) == 1
    assert re.search(says + ".*CTDC_SPARK_DEBUG=1", said(capfd))
    assert command("combinations", settings) == 2
    assert not (tmp_path / "release").exists()


def crash_at(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Make the writing of this published table fail."""

    def write_or_crash(
        spark: SparkSession, rows: Rows, place: TableLocation, contract: Contract, publication: Publication
    ) -> None:
        if contract.name == table:
            raise RuntimeError(MARKER)
        write_release_rows(spark, rows, place, contract, publication)

    monkeypatch.setattr(publish, "write_release_rows", write_or_crash)


@pytest.mark.parametrize("made", [0, 1, 4, 7])
def test_a_publication_that_stops_after_any_commit_does_not_count_and_is_made_whole_by_the_next(
    spark: SparkSession,
    finished: Path,
    finished_tables: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    made: int,
) -> None:
    """Eight commits: the claim in the ledger, six tables side by side, and the ledger's row."""
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    shutil.copytree(finished / "sensitive", tmp_path / "sensitive")
    commit, counted = delta_log.commit, count()

    def stop_after(folder: Path, version: int, actions: Iterable[delta_log.Action]) -> bool:
        if next(counted) >= made:
            raise RuntimeError(MARKER)
        return commit(folder, version, actions)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(delta_log, "commit", stop_after)
        assert command("release", settings) == 1
    assert not find_release(spark, TableLocation(str(tmp_path / "release")), "r1")
    assert command("release", settings) == 0
    assert all_tables(spark, tmp_path / "release") == finished_tables


def test_a_crash_while_publishing_leaves_the_other_releases_as_they_are(
    spark: SparkSession,
    copied: Path,
    finished_tables: dict[str, list[str]],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(copied / "sensitive" / "r1", copied / "sensitive" / "r2")
    crash_at(monkeypatch, "evaluation_metrics")
    assert command("release", str(copied / "settings.yaml"), "--release-id", "r2") == 1
    assert "crash: RuntimeError" in said(capfd)
    after = all_tables(spark, copied / "release")
    assert after["releases"] == finished_tables["releases"]
    assert [row for row in after["aggregate_counts"] if '"r1"' in row] == finished_tables["aggregate_counts"]
    assert command("explore", str(copied / "settings.yaml"), "--release-id", "r2") == 2
    assert "release 'r2' is not complete" in said(capfd)


def test_a_crash_while_replacing_a_release_leaves_none_of_that_name_until_it_is_run_again(
    spark: SparkSession, copied: Path, finished_tables: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = str(copied / "settings.yaml")
    with monkeypatch.context() as crashing:
        crash_at(crashing, "aggregate_counts")
        assert command("release", settings, "--force") == 1
    assert published(spark, copied, "releases").isEmpty()
    assert command("release", settings) == 0
    assert all_tables(spark, copied / "release") == finished_tables


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        ("combinations", "stage 'cases' is not complete for this release in .*run `ctdc-spark cases`"),
        ("synthesis", "stage 'cases' is not complete"),
        ("evaluation", "stage 'cases' is not complete"),
        ("proof", "stage 'cases' is not complete"),
        ("release", "no proven release waits in .*run `ctdc-spark proof`"),
        ("explore", "release 'r1' is not complete in .*run `ctdc-spark release`"),
    ],
)
def test_a_stage_asks_for_those_before_it(
    spark: SparkSession, finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], stage: str, says: str
) -> None:
    assert command(stage, write_settings(tmp_path, finished / "cases.csv", **KEYS)) == 2
    assert re.search(says, said(capfd))
    assert not (tmp_path / "release").exists()


def test_stages_of_other_settings_are_not_mixed(
    spark: SparkSession, copied: Path, finished: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    changed = write_settings(copied, finished / "cases.csv", **{**KEYS, "reporting_resolution": 4})
    assert command("synthesis", changed, "--force") == 2
    assert re.search("stage 'cases' in .* was run with other settings: run it again", said(capfd))


def test_stages_of_other_runs_are_not_mixed(
    spark: SparkSession, copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = str(copied / "settings.yaml")
    assert command("cases", settings, "--force") == 0
    for stage in ("synthesis", "proof"):
        assert command(stage, settings, "--force") == 2
        assert "stage 'combinations' is not complete for this release" in said(capfd)
    assert command("combinations", settings, "--force") == command("synthesis", settings, "--force") == 0
    assert command("combinations", settings, "--force") == 0
    assert command("evaluation", settings, "--force") == 2
    assert re.search("stage 'synthesis' in .* was built on an earlier run .*run it again", said(capfd))


def test_a_value_that_a_view_cannot_cast_is_printed_nowhere(
    spark: SparkSession, finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Spark 4 prints the error of a query, value and all, before anybody can catch it."""
    rows = spark.createDataFrame([(f"{MARKER}{i}",) for i in range(20)], "a string")
    rows.selectExpr("CAST(a AS INT) AS a").createOrReplaceTempView("cannot_be_cast")
    path = Path(write_settings(tmp_path, "unused", use_columns=["a"], reporting_length=1))
    said_of_input = ("sensitive_microdata_path: unused", "sensitive_microdata_table: cannot_be_cast")
    path.write_text(path.read_text(encoding="utf-8").replace(*said_of_input), encoding="utf-8")
    assert command("run", str(path)) == 2
    assert "cannot_be_cast" in said(capfd)
