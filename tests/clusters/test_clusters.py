"""The same release on a cluster of several processes, by spark-submit and over Spark Connect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clusters.conftest import OPTIONS, ROOT, Cluster
from tests.end_to_end.running import all_tables, child_environment, write_settings
from tests.end_to_end.sample import KEYS, MARKER

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow

STAGES = ["cases", "combinations", "synthesis", "evaluation", "proof", "release", "explore"]


def test_over_spark_connect_the_release_is_the_same(
    spark: SparkSession, cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    """The client has no JVM; the server's workers get the package from it."""
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    run = [sys.executable, "-m", "ctdc_spark", "run", settings, "--master", cluster.connect]
    without_java = {**child_environment(), "JAVA_HOME": str(tmp_path)}
    done = subprocess.run(run, cwd=tmp_path, env=without_java, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert [json.loads(line)["stage"] for line in done.stdout.splitlines()] == STAGES
    assert all_tables(spark, tmp_path / "release") == all_tables(spark, finished / "release")
    assert MARKER not in (cluster.folder / "connect.log").read_text()


def test_a_worker_that_is_killed_midway_changes_nothing(
    spark: SparkSession, cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    """Last in this file: the cluster has one worker less afterwards."""
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    submit = [ROOT / "deploy/submit.sh", "--master", cluster.master, "--settings", settings, "--", *OPTIONS]
    with subprocess.Popen(
        submit, cwd=tmp_path, env=child_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as job:
        assert job.stdout is not None
        said = []
        for line in job.stdout:
            said.append(line)
            if line.startswith('{"stage": "combinations"'):
                os.kill(cluster.process_id("worker-2"), signal.SIGKILL)
    assert job.returncode == 0, "".join(said)
    assert [json.loads(line)["stage"] for line in said if line.startswith("{")] == STAGES
    assert all_tables(spark, tmp_path / "release") == all_tables(spark, finished / "release")
