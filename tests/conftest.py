"""Fixtures shared by all rings: one Spark session for the whole run, and one release of each sample.

A release is made once and only read; tests that change something take a copy.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.cli.options import open_session
from ctdc_spark.io import locality
from ctdc_spark.settings import modes
from ctdc_spark.synthesis import synthesize
from tests.end_to_end import noisy_sample, random_sample
from tests.end_to_end.running import all_tables, command, worker_python, write_settings, write_table
from tests.end_to_end.sample import KEYS, sample_rows, write_csv

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


MadeOnce = Callable[[str, Callable[[Path], None]], Path]

FEW_ROWS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
}
"""A test's query sees few rows: compiling it, and replanning it after every shuffle, takes longer than running it.
Commands in processes of their own have the usual settings."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need Spark or a browser by their fixtures, so that `make test-fast` need not name files."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        for fixture, marker in (("spark", pytest.mark.jvm), ("browser", pytest.mark.browser)):
            if fixture in asked:
                item.add_marker(marker)


@pytest.fixture(autouse=True)
def _forget_synthesizers(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_synthesizers(monkeypatch)


def forget_synthesizers(patch: pytest.MonkeyPatch) -> None:
    """What is registered from now on is gone when the patch is undone: the tests of a process share one registry."""
    patch.setattr(modes, "_registered", list(modes._registered))
    patch.setattr(synthesize, "SYNTHESIZERS", dict(synthesize.SYNTHESIZERS))


@pytest.fixture(scope="session")
def working_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Spark was started: relative paths mean the same to Spark and to a test that works there.

    A server that is already running was started in CTDC_SPARK_TEST_FOLDER.
    """
    given = os.environ.get("CTDC_SPARK_TEST_FOLDER")
    return Path(given) if given else tmp_path_factory.mktemp("working")


@pytest.fixture(scope="session")
def spark(working_folder: Path) -> Iterator[SparkSession]:
    kept = Path.cwd()
    os.chdir(working_folder)
    os.environ.setdefault("PYSPARK_PYTHON", worker_python())
    session = open_session(os.environ.get("CTDC_SPARK_TEST_MASTER", "local[2]"), attach=False)
    os.chdir(kept)
    for key, value in FEW_ROWS.items():
        session.conf.set(key, value)
    yield session
    session.stop()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Makes a folder once in a test run: the first process to need it makes it; the others wait and use it.

    It is shared by all of them: a test that changes something takes a copy.
    """
    base = tmp_path_factory.getbasetemp()
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make_or_wait(name: str, make: Callable[[Path], None]) -> Path:
        folder = common / "golden" / name
        folder.parent.mkdir(exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                making = folder.with_suffix(".making")
                shutil.rmtree(making, ignore_errors=True)  # of a process that failed here
                folder.mkdir()
                try:
                    make(folder)
                except BaseException:
                    folder.rename(making)
                    raise
        return folder

    return make_or_wait


@pytest.fixture(scope="session")
def finished(spark: SparkSession, made_once: MadeOnce) -> Path:
    """A folder with cases.csv, settings.yaml, release and sensitive: the finished release r1 of the sample."""

    def make(folder: Path) -> None:
        data = write_csv(folder / "cases.csv", sample_rows())
        assert command("run", write_settings(folder, data, **KEYS)) == 0

    return made_once("finished", make)


@pytest.fixture(scope="session")
def finished_with_noise(spark: SparkSession, made_once: MadeOnce) -> Path:
    """The same with cases.tsv: the finished release r1 of the noisy sample, with differential privacy."""

    def make(folder: Path) -> None:
        data = write_table(folder / "cases.tsv", noisy_sample.sample_rows())
        assert command("run", write_settings(folder, data, **noisy_sample.KEYS)) == 0

    return made_once("finished_with_noise", make)


@pytest.fixture(scope="session")
def finished_at_random(spark: SparkSession, made_once: MadeOnce) -> Path:
    """The same with cases.tsv: the finished release r1 of a random table that brute force can count."""

    def make(folder: Path) -> None:
        data = write_table(folder / "cases.tsv", random_sample.random_rows(random_sample.SEED))
        assert command("run", write_settings(folder, data, **random_sample.KEYS)) == 0

    return made_once("finished_at_random", make)


@pytest.fixture
def by_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are staged, published and read by Spark, as on a cluster, though they are few and on this machine."""
    monkeypatch.setattr(locality, "_runs_here", lambda _: False)


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished release that may be changed; its settings are `tmp_path / "settings.yaml"`."""
    return copy_finished(finished, tmp_path)


def copy_finished(finished: Path, folder: Path) -> Path:
    """Copy the finished release, with settings of its own."""
    for part in ("release", "sensitive"):
        shutil.copytree(finished / part, folder / part)
    write_settings(folder, finished / "cases.csv", **KEYS)
    return folder


@pytest.fixture(scope="session")
def finished_tables(spark: SparkSession, finished: Path) -> dict[str, list[str]]:
    """Every published table of the finished release, read once and only compared."""
    return all_tables(spark, finished / "release")
