"""The packed environment, unpacked elsewhere, makes a release under a plain spark-submit: `make test-environment`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pyspark
import pytest

from ctdc_spark.engine.session import local_settings
from tests.end_to_end.running import write_settings
from tests.end_to_end.sample import KEYS, sample_rows, write_csv

ROOT = Path(__file__).parents[2]
WHEELS = os.environ.get("CTDC_SPARK_PACKED")
SEEN = """\
import json, sys
from pyspark.sql import SparkSession
import ctdc_spark, numpy
def look(batches):
    import ctdc_spark, numpy, pyarrow
    for batch in batches:
        yield pyarrow.record_batch([[sys.prefix], [ctdc_spark.__file__], [numpy.__file__]], names=["a", "b", "c"])
spark = SparkSession.builder.getOrCreate()
worker = spark.range(1, numPartitions=1).mapInArrow(look, "a string, b string, c string").collect()[0]
print(json.dumps({"driver": [sys.prefix, ctdc_spark.__file__, numpy.__file__], "worker": list(worker)}))
"""

pytestmark = pytest.mark.skipif(not WHEELS, reason="make test-environment packs and tries the environment")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the wheel, packed and unpacked in a folder unrelated to this one."""
    folder = tmp_path_factory.mktemp("nodes")
    wheel = max((ROOT / str(WHEELS)).glob("ctdc_spark-*.whl"), key=lambda path: path.stat().st_mtime)
    pack = [sys.executable, str(ROOT / "deploy/emr/pack_environment.py"), "--wheel", str(wheel)]
    subprocess.run([*pack, str(folder / "environment.tar.gz")], check=True, timeout=900)
    with tarfile.open(folder / "environment.tar.gz") as archive:
        archive.extractall(folder / "environment", filter="tar")
    return folder / "environment"


def submit(environment: Path, program: Path, *arguments: str) -> list[str]:
    """The output lines of a job whose driver and workers run the unpacked Python, set by PYSPARK_PYTHON."""
    wanted = local_settings()
    keys = ("spark.sql.extensions", "spark.sql.catalog.spark_catalog", "spark.sql.shuffle.partitions")
    options = [option for key in keys for option in ("--conf", f"{key}={wanted[key]}")]
    command = [str(Path(sys.executable).parent / "spark-submit"), "--master", "local[2]", *options]
    command += ["--packages", wanted["spark.jars.packages"], "--exclude-packages", wanted["spark.jars.excludes"]]
    python = str(environment / "bin" / "python")
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "JAVA_HOME") if key in os.environ}
    done = subprocess.run(
        [*command, str(program), *arguments],
        cwd=environment.parent,
        env={
            **kept,
            "SPARK_HOME": str(Path(pyspark.__file__).parent),
            "PYSPARK_PYTHON": python,
            "PYSPARK_DRIVER_PYTHON": python,
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("{")]


def test_driver_and_workers_run_what_was_packed(environment: Path, tmp_path: Path) -> None:
    program = tmp_path / "seen.py"
    program.write_text(SEEN, encoding="utf-8")
    [line] = submit(environment, program)
    seen = json.loads(line)
    for paths in seen.values():
        assert all(Path(path).is_relative_to(environment) for path in paths), seen


def test_a_release_is_made_with_it(environment: Path, tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_csv(tmp_path / "cases.csv", sample_rows()), **KEYS)
    said = [
        json.loads(line)
        for job in ("prepare", "publish")
        for line in submit(environment, ROOT / "jobs" / f"{job}.py", "--settings", settings)
    ]
    assert [line["stage"] for line in said][-2:] == ["release", "explore"]
    assert {line["status"] for line in said} == {"done"}
    assert len(said) == 7
    assert (tmp_path / "release" / "r1.html").is_file()
