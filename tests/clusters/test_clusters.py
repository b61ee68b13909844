"""The same release on a cluster of several processes, over Spark Connect and by spark-submit."""

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

STAGES = ["cases", "combinations", "synthesis", "evaluation", "proof", "release", "explore"]


@pytest.mark.at_length("six more Java processes; what Connect has not, no file of the package uses: test_session.py")
def test_over_spark_connect_the_release_is_the_same_though_a_worker_is_killed(
    spark: SparkSession, cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    """The client has no JVM; the server's workers get the package from it; one is killed after the counting."""
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    run = [sys.executable, "-m", "ctdc_spark", "run", settings, "--master", cluster.connect]
    without_java = {**child_environment(), "JAVA_HOME": str(tmp_path)}
    said = []
    with subprocess.Popen(
        run, cwd=tmp_path, env=without_java, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as job:
        assert job.stdout is not None
        for line in job.stdout:
            said.append(line)
            if '"stage": "combinations"' in line:
                os.kill(cluster.process_id("worker-2"), signal.SIGKILL)
    assert job.returncode == 0, "".join(said)
    assert [json.loads(line)["stage"] for line in said] == STAGES
    assert all_tables(spark, tmp_path / "release") == all_tables(spark, finished / "release")
    assert MARKER not in (cluster.folder / "connect.log").read_text()


@pytest.mark.skipif("CTDC_SPARK_PLACES" not in os.environ, reason="a second run on the cluster: make test-places")
def test_a_job_that_is_submitted_with_the_wheel_makes_the_same_release(
    spark: SparkSession, cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    submit = [str(ROOT / "deploy/submit.sh"), "--master", cluster.master, "--settings", settings, "--", *OPTIONS]
    done = subprocess.run(
        submit, cwd=tmp_path, env=child_environment(), capture_output=True, text=True, check=False, timeout=1_200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [json.loads(line)["stage"] for line in done.stdout.splitlines() if line.startswith("{")] == STAGES
    assert all_tables(spark, tmp_path / "release") == all_tables(spark, finished / "release")
