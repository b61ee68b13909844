"""A cluster of several processes on this machine, with a Spark Connect server, started as users would."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import finished as finished  # the release that every engine must make
from tests.end_to_end.running import child_environment

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
SCRIPT = str(ROOT / "deploy/standalone.sh")
# Two applications at a time, each with two executors of 1 GB and one core, even when one of the workers is dead.
SIZE = ("--workers", "3", "--cores", "2", "--memory", "2g")
# Spark's usual 200 and Delta's usual 50 tasks would take longer than their work.
FEW_TASKS = ("--conf", "spark.sql.shuffle.partitions=4", "--conf", "spark.databricks.delta.snapshotPartitions=1")
SHARE = ("--conf", "spark.cores.max=2", "--conf", "spark.executor.cores=1", "--conf", "spark.executor.memory=1g")
OPTIONS = (*FEW_TASKS, *SHARE)


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
        folder: its logs and process ids.
        master: such as "spark://127.0.0.1:7077".
        connect: such as "sc://127.0.0.1:15002".
    """

    folder: Path
    master: str
    connect: str

    def process_id(self, name: str) -> int:
        """The process of "master", "connect" or "worker-1"."""
        return int((self.folder / f"{name}.pid").read_text().split()[0])


@pytest.fixture(scope="session")
def cluster(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three workers and a Connect server; `spark` has fetched Delta's jars before."""
    folder = tmp_path_factory.mktemp("standalone")
    place, ports = ("--dir", str(folder)), ("--port", free_port(), "--connect", free_port())
    started = subprocess.run(
        [SCRIPT, "start", *place, *ports, *SIZE, "--", *OPTIONS],
        env=child_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    master, connect = started.stdout.split()
    yield Cluster(folder, master, connect)
    subprocess.run([SCRIPT, "stop", *place], check=True)


def free_port() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])
