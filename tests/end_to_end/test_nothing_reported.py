"""A release without any published count is valid: every command that reads it says so, and none crashes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from tests.end_to_end.noisy_sample import DOMAIN, KEYS
from tests.end_to_end.running import command, published, write_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EMPTY: dict[str, Any] = {
    **KEYS,
    "release_id": "r2",
    "use_columns": ["region", "work"],
    "domain": {name: DOMAIN[name] for name in ("region", "work")},
    "multi_value_columns": {},
    "reporting_length": 2,
    "reporting_resolution": 1_000_000,
    "privacy_account": "rehearsal",
}
FOLDER = Path(__file__).parents[2] / "deploy/dashboards"


@pytest.fixture(scope="module")
def empty(spark: SparkSession, finished_with_noise: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two releases, r1 with some published counts and r2 without any."""
    folder = tmp_path_factory.mktemp("nothing")
    shutil.copytree(finished_with_noise, folder, dirs_exist_ok=True)
    assert command("run", write_settings(folder, folder / "cases.tsv", **EMPTY)) == 0
    assert published(spark, folder, "aggregate_counts").where("release_id = 'r2'").isEmpty()
    return folder


def test_the_page_opens_and_the_summary_says_it(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Formerly, `explore` crashed, and the run with it."""
    page = empty / "release" / "r2.html"
    page.unlink()
    assert command("explore", str(empty / "settings.yaml")) == 0
    assert '"shown_length":2' in page.read_text(encoding="utf-8")
    summary = (empty / "release" / "r2" / "summary.md").read_text(encoding="utf-8")
    assert "**No count.** No combination of attributes has a published count of 1000000 or more." in summary
    assert "About 0 people" not in summary
    assert "No count" not in (empty / "release" / "r1" / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["csv", "parquet", "sds"])
def test_it_is_exported_in_every_form(empty: Path, tmp_path: Path, form: str) -> None:
    place = ["--release", str(empty / "release"), "--release-id", "r2", "--to", str(tmp_path / form)]
    assert command("export", *place, "--format", form) == 0
    (counts,) = (path for path in (tmp_path / form).iterdir() if "aggregate" in path.name)
    if form == "parquet":
        assert pq.read_table(counts).num_rows == 0
    else:
        lines = counts.read_text(encoding="utf-8").splitlines()
        assert "protected_count" in lines[0]
        assert len(lines) == 1 + (form == "sds")  # tab-separated files are written as those with commas are


def test_it_is_verified(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("verify", str(empty / "settings.yaml")) == 0
    assert "FAILED" not in capsys.readouterr().out


def test_check_asks_where_the_values_came_from(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("check", str(empty / "settings.yaml")) == 0
    said = capsys.readouterr().err
    assert "warning: domain: were these values of region, work chosen without a look at the data?" in said
    assert "group_rare_values" not in said  # which is refused here


def test_it_is_compared(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for one, other in (("r2", "r1"), ("r1", "r2"), ("r2", "r2")):
        assert command("compare", one, other, "--release", str(empty / "release")) == 0
        assert one in capsys.readouterr().out


def test_it_has_no_model_to_draw_from(empty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--release", str(empty / "release"), "--release-id", "r2", "--model", str(empty / "sensitive" / "r2")]
    assert command("sample", *place, "-o", str(tmp_path / "more.csv")) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_views_for_dashboards_are_empty_or_estimates(spark: SparkSession, empty: Path) -> None:
    names = []
    for table in ("releases", "synthetic_microdata", "aggregate_counts", "evaluation_metrics", "codebook"):
        published(spark, empty, table).where("release_id = 'r2'").createOrReplaceTempView(table)
        names.append(table)
    published(spark, empty, "attribute_metrics").where("release_id = 'r2'").createOrReplaceTempView("attribute_metrics")
    try:
        for statement in (FOLDER / "views.sql").read_text(encoding="utf-8").split(";\n"):
            if "CREATE" in statement:
                spark.sql(statement.replace("OR REPLACE VIEW", "OR REPLACE TEMPORARY VIEW"))
        compared = spark.table("attribute_counts_compared").collect()
        assert {row["actual"] for row in compared} == {None}
        assert {(row["column"], row["value"]) for row in compared} >= {("region", "north"), ("work", "farm")}
        assert spark.table("pair_counts_compared").isEmpty()
        assert spark.table("measures_by_length").where("metric = 'combinations' and value > 0").isEmpty()
    finally:
        for name in (*names, "attribute_metrics", "record_attributes", "attribute_counts_compared"):
            spark.catalog.dropTempView(name)
        for name in ("pair_counts_compared", "measures_by_length"):
            spark.catalog.dropTempView(name)
