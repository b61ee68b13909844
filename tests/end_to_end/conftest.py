"""One release of the sample, made once and only looked at; tests that change something take a copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.running import command, write_settings
from tests.end_to_end.sample import KEYS, sample_rows, write_csv

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def finished(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cases.csv, settings.yaml, release and sensitive: the finished release r1 of the sample."""
    folder = tmp_path_factory.mktemp("finished")
    data = write_csv(folder / "cases.csv", sample_rows())
    assert command("run", write_settings(folder, data, **KEYS)) == 0
    return folder


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished release that may be changed; its settings are `tmp_path / "settings.yaml"`."""
    for part in ("release", "sensitive"):
        shutil.copytree(finished / part, tmp_path / part)
    write_settings(tmp_path, finished / "cases.csv", **KEYS)
    return tmp_path
