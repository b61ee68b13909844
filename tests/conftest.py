"""Fixtures shared by all rings: one Spark session for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def working_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Spark was started: relative paths mean the same to Spark and to a test that works there."""
    return tmp_path_factory.mktemp("working")


@pytest.fixture(scope="session")
def spark(working_folder: Path) -> Iterator[SparkSession]:
    from ctdc_spark.session import local_session

    kept = Path.cwd()
    os.chdir(working_folder)
    session = local_session("local[2]")
    os.chdir(kept)
    yield session
    session.stop()
