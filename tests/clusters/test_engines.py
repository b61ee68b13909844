"""Every claimed version of Spark and Python makes the same release, each in an environment of its own.

Opt-in (`make test-matrix`): the environments take gigabytes and minutes to make.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.running import all_tables, write_settings
from tests.end_to_end.sample import KEYS
from tools.engines import ENGINES, Engine, environment, make_environment

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.skipif("CTDC_SPARK_MATRIX" not in os.environ, reason="environments to make: make test-matrix")


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    make_environment(request.param)
    return request.param  # type: ignore[no-any-return]


of_each_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name, indirect=True)


@of_each_engine
def test_the_release_is_the_same(spark: SparkSession, finished: Path, tmp_path: Path, engine: Engine) -> None:
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    run = [str(engine.program), "-m", "ctdc_spark", "run", settings, "--master", "local[2]"]
    done = subprocess.run(run, cwd=tmp_path, env=environment(engine), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made, expected = all_tables(spark, tmp_path / "release"), all_tables(spark, finished / "release")
    (ledger,) = map(json.loads, made.pop("releases"))
    versions = json.loads(ledger["versions"])
    assert (versions["spark"], versions["delta"]) == (engine.spark, engine.delta)
    assert versions["python"].startswith(f"{engine.python}.")
    assert made == {name: rows for name, rows in expected.items() if name != "releases"}
    assert (tmp_path / "release" / "r1.html").stat().st_size > 10_000


@of_each_engine
def test_what_needs_no_spark_passes(engine: Engine) -> None:
    unit = [str(engine.program), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit"]
    done = subprocess.run(unit, env=environment(engine), stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
