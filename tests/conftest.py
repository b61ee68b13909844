"""Fixtures shared by all rings: one Spark session for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.commands.options import open_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
"""A query of a test sees few rows; to compile it takes longer. Commands in processes of their own compile theirs."""


@pytest.fixture(scope="session")
def working_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Spark was started: relative paths mean the same to Spark and to a test that works there.

    A server that runs already was started in CTDC_SPARK_TEST_FOLDER.
    """
    given = os.environ.get("CTDC_SPARK_TEST_FOLDER")
    return Path(given) if given else tmp_path_factory.mktemp("working")


@pytest.fixture(scope="session")
def spark(working_folder: Path) -> Iterator[SparkSession]:
    kept = Path.cwd()
    os.chdir(working_folder)
    session = open_session(os.environ.get("CTDC_SPARK_TEST_MASTER", "local[2]"), attach=False)
    os.chdir(kept)
    for key, value in INTERPRETED.items():
        session.conf.set(key, value)
    yield session
    session.stop()
