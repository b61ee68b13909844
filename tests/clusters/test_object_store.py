"""Input, tables, Delta's log, settings and page in an S3-compatible store, through `s3a://`.

Opt-in (`make test-places`): the store is a server of moto in an environment of its own, and Spark needs more jars.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyarrow import fs

from ctdc_spark.engine.session import local_settings
from tests.clusters.conftest import ROOT, free_port
from tests.end_to_end.running import all_tables, child_environment, write_settings
from tests.end_to_end.sample import KEYS, MARKER

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SERVER = os.environ.get("CTDC_SPARK_STORE_SERVER")
"""The program moto_server."""

pytestmark = pytest.mark.skipif(SERVER is None, reason="CTDC_SPARK_STORE_SERVER names no moto_server: make test-places")

HADOOP = "3.5.0"
"""Of Spark 4.2."""
AWS, AWS_PARTS = "2.35.4", ("s3", "s3-transfer-manager", "sts")
"""The client that Hadoop 3.5.0 names, without the bundle of all of Amazon's services."""
NOT_FETCHED = "org.apache.hadoop:hadoop-client*,software.amazon.awssdk:bundle"

KEYS_OF_STORE = {"AWS_ACCESS_KEY_ID": "known-only-to-us", "AWS_SECRET_ACCESS_KEY": "never-to-be-printed"}
BUCKET = "ctdc-bucket"


@dataclass(frozen=True)
class Store:
    """A running store.

    Attributes:
        address: such as 127.0.0.1:5000.
        files: the store as Arrow sees it.
    """

    address: str
    files: fs.S3FileSystem


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    port = free_port()
    with subprocess.Popen([str(SERVER), "-H", "127.0.0.1", "-p", port], stderr=subprocess.DEVNULL) as server:
        for _ in range(100):
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", int(port))) == 0:
                    break
            time.sleep(0.1)
        files = fs.S3FileSystem(
            access_key=KEYS_OF_STORE["AWS_ACCESS_KEY_ID"],
            secret_key=KEYS_OF_STORE["AWS_SECRET_ACCESS_KEY"],
            endpoint_override=f"http://127.0.0.1:{port}",
            allow_bucket_creation=True,
        )
        files.create_dir(BUCKET)
        yield Store(f"127.0.0.1:{port}", files)
        server.terminate()


def spark_options(store: Store) -> list[str]:
    """What an administrator sets for this store; the keys come from the environment."""
    wanted = local_settings()
    wanted["spark.jars.packages"] += f",org.apache.hadoop:hadoop-aws:{HADOOP}"
    wanted["spark.jars.packages"] += "".join(f",software.amazon.awssdk:{part}:{AWS}" for part in AWS_PARTS)
    wanted["spark.jars.excludes"] = wanted["spark.jars.excludes"].replace("org.apache.hadoop:*", NOT_FETCHED)
    wanted |= {
        "spark.hadoop.fs.s3a.endpoint": f"http://{store.address}",
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
        ),
    }
    return [option for key, value in wanted.items() for option in ("--conf", f"{key}={value}")]


def test_a_release_in_a_bucket_is_the_same(spark: SparkSession, store: Store, finished: Path, tmp_path: Path) -> None:
    bucket = f"s3a://{BUCKET}"
    places = {"output_dir": f"{bucket}/release", "sensitive_dir": f"{bucket}/sensitive", "keep_intermediates": False}
    write_settings(tmp_path, f"{bucket}/cases.csv", **{**KEYS, **places})
    for source in (finished / "cases.csv", tmp_path / "settings.yaml"):
        with store.files.open_output_stream(f"{BUCKET}/{source.name}") as written:
            written.write(source.read_bytes())
    submit = [str(Path(sys.executable).parent / "spark-submit"), "--master", "local[2]", *spark_options(store)]
    done = subprocess.run(
        [*submit, str(ROOT / "jobs/run_release.py"), "--settings", f"{bucket}/settings.yaml"],
        cwd=tmp_path,
        env={**child_environment(), **KEYS_OF_STORE, "AWS_ENDPOINT_URL": f"http://{store.address}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in (*KEYS_OF_STORE.values(), MARKER))
    fs.copy_files(f"{BUCKET}/release", str(tmp_path / "copied"), store.files, fs.LocalFileSystem())
    assert all_tables(spark, tmp_path / "copied") == all_tables(spark, finished / "release")
    assert (tmp_path / "copied" / "r1.html").stat().st_size > 10_000
    left = store.files.get_file_info(fs.FileSelector(f"{BUCKET}/sensitive/r1", recursive=False))
    assert {entry.base_name for entry in left} <= {"restricted", ""}
