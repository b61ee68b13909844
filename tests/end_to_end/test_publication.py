"""What waits to be published and who publishes it: nothing that failed the proof, and one of several runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.cases import prepared_input, source
from ctdc_spark.pipeline import publish
from ctdc_spark.protections import group_size
from ctdc_spark.release.contracts import RELEASES
from ctdc_spark.release.publication import Publication
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.release.writer import claim_release, write_release_rows
from ctdc_spark.storage.workspace import Workspace
from ctdc_spark.synthesis.synthesize import synthesize
from tests.end_to_end.running import all_tables, command, file_contents, write_settings
from tests.end_to_end.sample import KEYS, MARKER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.source import ObservedCases
    from ctdc_spark.release.contracts import Contract
    from ctdc_spark.release.rows import Rows
    from ctdc_spark.settings import Settings
    from ctdc_spark.synthesis.task import SynthesisTask


def test_what_fails_the_proof_is_not_left_to_be_published(
    finished: Path, copied: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The input has changed since earlier stages read it, so their counts are no longer true."""
    lines = (finished / "cases.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copied / "changed.csv").write_text("".join(lines[:-40]), encoding="utf-8")
    read = source.load_cases_once

    def read_changed(spark: SparkSession, settings: Settings) -> ObservedCases:
        return read(spark, settings.model_copy(update={"sensitive_microdata_path": str(copied / "changed.csv")}))

    monkeypatch.setattr(prepared_input, "load_cases_once", read_changed)
    settings = str(copied / "settings.yaml")
    published = file_contents(copied / "release")
    assert command("proof", settings, "--force") == 3
    said = capfd.readouterr()
    assert "privacy gate: verification found" in said.err
    assert "reported counts that are not the protected true count" in said.err
    assert MARKER not in said.err + said.out
    assert not (copied / "sensitive" / "r1" / "staged").exists()
    assert command("release", settings, "--force") == 2
    assert file_contents(copied / "release") == published


@pytest.mark.usefixtures("by_spark")
def test_a_release_that_spark_stages_and_publishes_has_the_same_rows(
    spark: SparkSession, finished: Path, finished_tables: dict[str, list[str]], tmp_path: Path
) -> None:
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    assert command("run", settings) == 0
    assert all_tables(spark, tmp_path / "release") == finished_tables
    page = (tmp_path / "release" / "r1.html").read_text(encoding="utf-8")
    assert len(page) == len((finished / "release" / "r1.html").read_text(encoding="utf-8"))


def test_a_publisher_that_is_overtaken_says_so_and_changes_nothing_more(
    spark: SparkSession,
    copied: Path,
    finished_tables: dict[str, list[str]],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, place = str(copied / "settings.yaml"), TableLocation(str(copied / "release"))

    def write_late(
        spark: SparkSession, rows: Rows, place: TableLocation, contract: Contract, publication: Publication
    ) -> None:
        if contract.name == "evaluation_metrics":
            claim_release(spark, place, replace(publication, number=publication.number + 1_000_000))
        write_release_rows(spark, rows, place, contract, publication)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(publish, "write_release_rows", write_late)
        assert command("release", settings, "--force") == 5
    assert "another run of release 'r1' began later and took it over" in capfd.readouterr().err
    assert place.read(spark, RELEASES.name).isEmpty()
    monkeypatch.setattr(Publication, "begin", lambda name: Publication(name, 2**62))
    assert command("release", settings) == 0
    assert all_tables(spark, copied / "release") == finished_tables


def test_a_run_that_is_overtaken_stops_at_the_next_stage(
    finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(mode: str, task: SynthesisTask, records: DataFrame) -> DataFrame:
        made = synthesize(mode, task, records)
        Workspace(records.sparkSession, str(tmp_path / "sensitive" / "r1"), "").begin_run()
        return made

    monkeypatch.setattr(group_size, "synthesize", overtaken)
    assert command("run", write_settings(tmp_path, finished / "cases.csv", **KEYS)) == 5
    assert "another run of this release began later" in capfd.readouterr().err
    assert not (tmp_path / "release").exists()


def test_a_release_that_became_complete_meanwhile_is_left_alone(copied: Path) -> None:
    before = file_contents(copied / "release")
    assert command("release", str(copied / "settings.yaml")) == 4
    assert file_contents(copied / "release") == before
