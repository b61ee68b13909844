"""An assessment from the settings file to its report, on the awkward sample."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.assessment import assess as assessing
from ctdc_spark.pipeline.run import run_stages
from ctdc_spark.protections.case_records import GroupSizeOfRecords
from tests.end_to_end.running import command, write_settings
from tests.end_to_end.sample import AGE, KEYS, MARKER, MEANS, sample_rows, write_csv

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PEOPLE = 500
ASKED = ("--attack", "membership", "--attempts", "100", "--holdout", "0.3")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("assessed")
    return write_settings(
        folder, write_csv(folder / "cases.csv", sample_rows(PEOPLE)), **KEYS, synthesis_mode="row_seeded"
    )


def test_an_assessment_reports_shares_and_leaves_nothing_else(
    spark: SparkSession, settings: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    used: list[int] = []

    def count_and_run(session: SparkSession, training: Any, *args: Any, **kwargs: Any) -> None:
        used.append(spark.read.parquet(training.sensitive_microdata_path).count())
        (parts,) = Path(training.sensitive_microdata_path).parent.glob("parts")
        held_out = spark.read.parquet(str(parts)).where("held_out").count()
        assert held_out + used[0] == PEOPLE
        run_stages(session, training, *args, **kwargs)

    monkeypatch.setattr(assessing, "run_stages", count_and_run)
    assert command("assess", settings, *ASKED, "--target", AGE, "--target", "sex", "--json") == 0
    assert used[0] == pytest.approx(0.7 * PEOPLE, abs=45)

    said = capfd.readouterr()
    found = json.loads(said.out)
    assert (found["release_id"], found["share"]) == ("r1", 0.3)
    (attack,) = found["figures"]["attacks"]
    assert attack["attack"] == "membership"
    assert attack["attempts"] == min(100, found["figures"]["held_out"] // 2)  # as many again to learn from
    assert 0 <= attack["risk_low"] <= attack["risk"] <= attack["risk_high"] <= 1
    assert attack["risk_low"] < 0.5  # every record is shared by five people or more
    assert {score["target"] for score in found["figures"]["scores"]} == {AGE, "sex"}
    assert all(0 < score["accuracy"] <= 1 for score in found["figures"]["scores"])
    assert all(found["figures"][part] % 5 == 0 for part in ("training", "held_out", "synthetic"))

    folder = Path(settings).parent
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    reports = [f"sensitive/r1/restricted/assessment.{kind}" for kind in ("json", "md")]
    assert left == ["cases.csv", *reports, "settings.yaml"]
    assert json.loads((folder / reports[0]).read_text(encoding="utf-8")) == found
    assert MARKER not in said.out + said.err + (folder / reports[1]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--holdout", "0.02"], "too few records to assess: at least 100 each"),
        (["--target", MEANS], "--target: found means.of `control`; allowed: columns with one value per subject: sex, "),
    ],
    ids=["too few", "several values"],
)
@pytest.mark.usefixtures("spark")
def test_what_cannot_be_assessed_is_refused_before_records_are_made(
    settings: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], asked: list[str], says: str
) -> None:
    monkeypatch.setattr(assessing, "run_stages", None)
    assert command("assess", settings, "--attack", "membership", *asked) == 2
    said = capfd.readouterr().err
    assert re.search(says, said), said
    assert not (Path(settings).parent / "sensitive/r1/assessing").exists()


def test_a_missing_library_is_named_before_anything_is_read(
    spark: SparkSession, settings: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(GroupSizeOfRecords, "read_cases", None)
    monkeypatch.setitem(sys.modules, "anonymeter", None)
    assert command("assess", settings) == 2
    assert "need the package anonymeter, which is not installed here" in capfd.readouterr().err
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert command("assess", settings, "--attack", "membership") == 2
    assert "pip install 'ctdc-spark[assess]'" in capfd.readouterr().err
