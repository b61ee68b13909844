"""Releases of earlier versions next to new ones in the same tables.

Whoever adds a column or a table to the contracts keeps the previous version (see `kept_releases`), adds it to VERSIONS
and, if readers conclude something from the new column, states here what they conclude from null.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.release.contracts import COVERAGE, RELEASES, TABLES
from ctdc_spark.release.reading import read_release
from tests.end_to_end.kept_releases import DP_KEYS, dp_rows, keep, lay_down, read_kept
from tests.end_to_end.running import command, file_contents, write_settings, write_table
from tests.end_to_end.sample import COUNTRY, KEYS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

VERSIONS = ("0.1.0",)
NEWER = {"0.1.0": {COVERAGE.name}}
"""Tables that came after a version."""

RELEASE_IDS = ("kept-k", "kept-dp")

Rows = list[dict[str, Any]]


def of_release(kept: dict[str, dict[str, Any]], release_id: str) -> dict[str, Rows]:
    """Its rows in each table, without nulls; tables without such rows are left out."""
    rows = {name: [row for row in table["rows"] if row["release_id"] == release_id] for name, table in kept.items()}
    return {name: found for name, found in rows.items() if found}


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def place(spark: SparkSession, version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables as the version left them; read only."""
    folder = tmp_path_factory.mktemp(f"kept_{version}")
    lay_down(spark, version, folder)
    return folder


@pytest.fixture(scope="module")
def beside(spark: SparkSession, version: str, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables of the version, which also hold release r1 of today's sample and a new dp release.

    The sample's release is published from the proven results that its run left in the sensitive place.
    """
    folder = tmp_path_factory.mktemp(f"beside_{version}")
    lay_down(spark, version, folder / "release")
    (folder / "release" / "kept-k.html").write_text("the page of an earlier version", encoding="utf-8")
    shutil.copytree(finished / "sensitive", folder / "sensitive")
    settings = write_settings(folder, finished / "cases.csv", **KEYS)
    for stage in ("release", "explore"):
        assert command(stage, settings) == 0
    (folder / "dp").mkdir()
    data = write_table(folder / "dp" / "cases.tsv", dp_rows())
    where = {"release_id": "new-dp", "output_dir": str(folder / "release")}
    assert command("run", write_settings(folder / "dp", data, **{**DP_KEYS, **where})) == 0
    return folder


def test_what_is_laid_down_is_what_was_kept(spark: SparkSession, version: str, place: Path) -> None:
    kept = read_kept(version)
    assert set(kept) == {*TABLES, "privacy_budget"} - NEWER[version]
    assert keep(spark, place) == kept


@pytest.mark.parametrize("release_id", RELEASE_IDS)
def test_every_table_is_read(spark: SparkSession, version: str, place: Path, release_id: str) -> None:
    for table, rows in of_release(read_kept(version), release_id).items():
        found = read_release(spark, str(place), table, release_id)
        assert found.count() == len(rows) > 0
        assert {key for row in rows for key in row} <= set(found.columns)
    for newer in NEWER[version]:
        assert read_release(spark, str(place), newer, release_id).count() == 0
    records = read_release(spark, str(place), "synthetic_microdata", release_id)
    assert ("region" in records.columns) == (release_id == "kept-dp")  # the other release's columns are left out
    assert (COUNTRY in records.columns) == (release_id == "kept-k")


@pytest.mark.parametrize("release_id", RELEASE_IDS)
def test_a_page_is_made_of_the_tables_alone(place: Path, tmp_path: Path, release_id: str) -> None:
    assert command("explore", str(place), "--release-id", release_id, "-o", str(tmp_path / "page.html")) == 0
    title = {"kept-k": "A release for tests", "kept-dp": "Noisy counts for tests"}[release_id]
    assert f"<title>{title}" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("release_id", RELEASE_IDS)
def test_files_are_made_of_the_tables_alone(version: str, place: Path, tmp_path: Path, release_id: str) -> None:
    target = tmp_path / "files"
    asked = ("--release", str(place), "--release-id", release_id, "--to", str(target), "--format", "csv", "--plain")
    assert command("export", *asked) == 0
    assert not any((target / f"{newer}.csv").exists() for newer in NEWER[version])
    with (target / "aggregate_counts.csv").open(encoding="utf-8", newline="") as file:
        found = {(row["combination_text"], int(row["protected_count"])) for row in csv.DictReader(file)}
    rows = of_release(read_kept(version), release_id)["aggregate_counts"]
    assert found == {(row["combination_text"], row["protected_count"]) for row in rows}


@pytest.mark.at_length("the gate makes a package of a release of today")
def test_a_package_is_made_of_an_earlier_release(version: str, place: Path, tmp_path: Path) -> None:
    target = tmp_path / "package"
    asked = ("--release", str(place), "--release-id", "kept-dp", "--to", str(target), "--format", "package")
    assert command("export", *asked) == 0
    tables = {path.stem for path in (target / "data").glob("*.parquet")}
    assert tables == set(TABLES) - {RELEASES.name} - NEWER[version]
    assert json.loads((target / "schema.json").read_text(encoding="utf-8")).keys() == tables
    assert "Differential privacy with " in (target / "README.md").read_text(encoding="utf-8")
    assert not (target / "LICENCE.txt").exists()


@pytest.mark.at_length("two releases beside the kept ones, one of them a run with differential privacy")
def test_earlier_releases_stay_as_they_are_where_new_ones_are_published(
    spark: SparkSession, version: str, beside: Path
) -> None:
    before, after = read_kept(version), keep(spark, beside / "release")
    for release_id in RELEASE_IDS:
        assert of_release(after, release_id) == of_release(before, release_id)  # columns that are new have null
    for new in ("r1", "new-dp"):
        assert set(of_release(after, new)) >= set(TABLES)
    for name, table in before.items():
        columns = [column for column, _, _ in after[name]["columns"]]
        assert columns[: len(table["columns"])] == [column for column, _, _ in table["columns"]]
    assert (beside / "release" / "kept-k.html").read_text(encoding="utf-8") == "the page of an earlier version"


@pytest.mark.at_length("two releases beside the kept ones, one of them a run with differential privacy")
def test_new_releases_beside_earlier_ones_are_verified(beside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for settings in (beside / "settings.yaml", beside / "dp" / "settings.yaml"):
        assert command("verify", str(settings)) == 0, capfd.readouterr().out


@pytest.mark.at_length("two releases beside the kept ones, one of them a run with differential privacy")
def test_an_earlier_release_is_compared_with_a_new_one(beside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for earlier, later in (("kept-k", "r1"), ("kept-dp", "new-dp")):
        assert command("compare", earlier, later, "--release", str(beside / "release")) == 0
        said = capfd.readouterr().out
        assert earlier in said
        assert later in said


def test_commands_that_read_change_nothing(place: Path, tmp_path: Path) -> None:
    before = file_contents(place)
    assert command("explore", str(place), "-o", str(tmp_path / "page.html")) == 0
    assert command("compare", *RELEASE_IDS, "--release", str(place)) == 0
    assert file_contents(place) == before


def test_the_ledger_says_which_version_made_a_release(version: str) -> None:
    for row in read_kept(version)[RELEASES.name]["rows"]:
        assert json.loads(row["versions"])["ctdc-spark"] == version
