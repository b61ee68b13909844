"""The files in jobs/ under a real spark-submit, with the wheel, from an unrelated folder."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.engine.delta_jars import CLASS_PATH, name_fetched
from ctdc_spark.engine.session import local_settings
from tests.end_to_end.running import all_tables, child_environment, file_contents, write_settings
from tests.end_to_end.sample import KEYS, MARKER
from tests.end_to_end.test_release_tables import files_with

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
STAGES = ("cases", "combinations", "synthesis", "evaluation", "proof", "release", "explore")
VERSION = "99.0"
"""The wheel's version, to tell it from the installed package in the ledger."""


@dataclass(frozen=True)
class Submitted:
    """The output of spark-submit, which joins the two streams of a Python job into its standard output."""

    code: int
    lines: list[dict[str, object]]
    said: list[str]
    log: str


@dataclass(frozen=True)
class Cluster:
    """How jobs are submitted to this cluster."""

    folder: Path
    wheel: Path
    options: tuple[str, ...]

    def submit(self, job: str, *arguments: str) -> Submitted:
        command = [str(Path(sys.executable).parent / "spark-submit"), "--master", "local[1]", *self.options]
        command += ["--py-files", str(self.wheel), str(ROOT / "jobs" / f"{job}.py"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=child_environment(), capture_output=True, text=True, timeout=300, check=False
        )
        printed = done.stdout.splitlines()
        lines = [json.loads(line) for line in printed if line.startswith("{")]
        return Submitted(done.returncode, lines, [line for line in printed if not line.startswith("{")], done.stderr)


def build_wheel(folder: Path) -> Path:
    """The wheel of this source tree, with a version of its own."""
    source = folder / "source"
    shutil.copytree(ROOT / "ctdc_spark", source / "ctdc_spark", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    module = source / "ctdc_spark" / "version.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text[: text.index("__version__")] + f'__version__ = "{VERSION}"\n', encoding="utf-8")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def cluster(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """A cluster that fetches Delta's jars by their coordinate."""
    folder = tmp_path_factory.mktemp("cluster")
    wanted = local_settings()
    packages, excluded = wanted["spark.jars.packages"], wanted["spark.jars.excludes"]
    options = ["--packages", packages, "--exclude-packages", excluded, *delta_options(wanted)]
    return Cluster(folder, build_wheel(folder), tuple(options))


@pytest.fixture(scope="module")
def cluster_with_jars(spark: SparkSession, cluster: Cluster) -> Cluster:
    """A cluster whose administrator has put Delta's jars at hand."""
    assert spark.version  # a session was started, and with it the jars fetched
    jars = name_fetched(local_settings())[CLASS_PATH].replace(":", ",")
    return Cluster(cluster.folder, cluster.wheel, ("--jars", jars, *delta_options(local_settings())))


def delta_options(wanted: dict[str, str]) -> list[str]:
    own = ("spark.sql.extensions", "spark.sql.catalog.spark_catalog")
    alone = ("spark.ui.enabled", "spark.driver.host")
    small = ("spark.sql.shuffle.partitions", "spark.databricks.delta.snapshotPartitions")
    return [option for key in (*own, *alone, *small) for option in ("--conf", f"{key}={wanted[key]}")]


def test_two_jobs_on_one_core_make_the_release_and_the_one_that_publishes_needs_nothing_sensitive(
    spark: SparkSession,
    cluster: Cluster,
    cluster_with_jars: Cluster,
    finished: Path,
    finished_tables: dict[str, list[str]],
) -> None:
    """Each has the wheel; one runs on a cluster that fetches Delta and the other on one that has it."""
    assert spark.conf.get("spark.master") != "local[1]"  # what made the finished release
    place = cluster.folder / "halves"
    place.mkdir()
    cases = shutil.copy(finished / "cases.csv", place)
    keys = {**KEYS, "staging_dir": str(place / "staging"), "keep_intermediates": False}
    settings = write_settings(place, cases, **keys)
    prepared = cluster.submit("prepare", "--settings", settings)
    assert prepared.code == 0, prepared.log
    assert files_with(place / "staging", MARKER) == set()
    assert files_with(place / "staging", "BB:B") != set()
    assert {path.name for path in (place / "sensitive" / "r1").iterdir()} == {"restricted"}
    for sensitive in ("sensitive", "cases.csv"):
        (place / sensitive).rename(place / f"{sensitive}, out of reach")
    published = cluster_with_jars.submit("publish", "--settings", settings)
    assert published.code == 0, published.log
    assert [line["stage"] for line in (*prepared.lines, *published.lines)] == list(STAGES)
    assert prepared.said == published.said == []
    assert not (place / "sensitive").exists()
    assert not any((place / "staging").rglob("*.parquet"))
    require_same(spark, place, finished_tables)


def test_exit_codes_pass_through_spark_submit(cluster_with_jars: Cluster) -> None:
    refused = cluster_with_jars.submit("cases", "--settings", "nothing.yaml")
    assert (refused.code, refused.lines) == (2, [])
    assert re.match("error: settings file: cannot read nothing.yaml: there is no such file", "\n".join(refused.said))


def require_same(spark: SparkSession, place: Path, expected: dict[str, list[str]]) -> None:
    """The release of the wheel's version, and else that of this process."""
    made = all_tables(spark, place / "release")
    (ledger,) = map(json.loads, made.pop("releases"))
    assert json.loads(ledger["versions"])["ctdc-spark"] == VERSION
    assert made == {name: rows for name, rows in expected.items() if name != "releases"}
    assert (place / "release" / "r1.html").stat().st_size > 10_000


@dataclass(frozen=True)
class Releases:
    """The same release made by one job and by one job per stage."""

    whole: Submitted
    whole_settings: str
    stages: Sequence[Submitted]


@pytest.fixture(scope="module")
def releases(finished: Path, cluster: Cluster, cluster_with_jars: Cluster) -> Releases:
    places = {name: cluster.folder / name for name in ("whole", "stages")}
    settings = {}
    for name, place in places.items():
        place.mkdir()
        settings[name] = write_settings(place, finished / "cases.csv", **KEYS)
    with ThreadPoolExecutor(2) as pool:
        whole = pool.submit(cluster.submit, "run_release", "--settings", settings["whole"])
        stages = pool.submit(
            lambda: [cluster_with_jars.submit(stage, "--settings", settings["stages"]) for stage in STAGES]
        )
        return Releases(whole.result(), settings["whole"], stages.result())


more_jobs = pytest.mark.at_length("nine starts of Spark; the gate submits a release as two jobs")


@more_jobs
def test_one_job_makes_the_whole_release(
    spark: SparkSession, cluster: Cluster, releases: Releases, finished_tables: dict[str, list[str]]
) -> None:
    assert releases.whole.code == 0, releases.whole.log
    assert [line["stage"] for line in releases.whole.lines] == list(STAGES)
    assert releases.whole.said == []
    assert all(line["status"] == "done" and line["release_id"] == "r1" for line in releases.whole.lines)
    require_same(spark, cluster.folder / "whole", finished_tables)


@more_jobs
def test_one_job_a_stage_makes_the_same_release(spark: SparkSession, cluster: Cluster, releases: Releases) -> None:
    assert [done.code for done in releases.stages] == [0] * len(STAGES), [done.log for done in releases.stages]
    assert [[line["stage"] for line in done.lines] for done in releases.stages] == [[stage] for stage in STAGES]
    stages, whole = (all_tables(spark, cluster.folder / name / "release") for name in ("stages", "whole"))
    assert stages == whole
    pages = [cluster.folder / name / "release" / "r1.html" for name in ("stages", "whole")]
    assert pages[0].exists() == pages[1].exists()


@more_jobs
def test_a_job_for_a_release_that_is_complete_changes_nothing(cluster_with_jars: Cluster, releases: Releases) -> None:
    before = file_contents(cluster_with_jars.folder / "whole")
    again = cluster_with_jars.submit("run_release", "--settings", releases.whole_settings)
    assert (again.code, again.lines) == (4, [])
    assert re.match("error: release 'r1' is already complete", "\n".join(again.said))
    assert file_contents(cluster_with_jars.folder / "whole") == before
