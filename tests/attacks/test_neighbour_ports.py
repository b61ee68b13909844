"""A neighbour on the machine talks to the ports of our Spark: no block of data is given, and no object is read.

The ports are open on the loopback address, which everybody with an account on the machine can reach. Without a secret,
Spark gives every block it holds to whoever asks, and reads Java objects from them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.attacks.spark_client import FETCHED, fetch_block, find_ports

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
PLANTED = "Wilhelmina of the seventh row"
WITHOUT_A_SECRET = f"""
from pyspark.sql import SparkSession
from tests.attacks.test_neighbour_ports import ask_all_ports
keys = ("spark.driver.host", "spark.driver.bindAddress")
spark = SparkSession.builder.master("local[1]").config(map={{key: "127.0.0.1" for key in keys}}).getOrCreate()
answers = ask_all_ports(spark)
assert any(one[:1] == b"\\x01" and b"{PLANTED}" in one for one in answers), answers
assert any(b"ObjectInputStream" in one for one in answers), answers
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="ports are found as Linux lists them")


def ask_all_ports(spark: SparkSession) -> list[bytes]:
    """The answer of each port of a session's JVM to a request for an existing block."""
    frame = spark.createDataFrame([(n, PLANTED) for n in range(7)], "a int, b string").coalesce(1).cache()
    try:
        assert frame.count() == 7
        context = spark.sparkContext
        newest = max(context._jsc.getPersistentRDDs())
        assert context._gateway is not None
        ports = find_ports(context._gateway.proc.pid)
        assert len(ports) >= 2
        return [fetch_block(port, f"rdd_{newest}_0") for port in sorted(ports)]
    finally:
        frame.unpersist()


def test_no_port_gives_a_block_or_reads_an_object(spark: SparkSession) -> None:
    if not hasattr(spark, "sparkContext") or "connect" in type(spark).__module__:
        pytest.skip("the session is a server's")
    answers = ask_all_ports(spark)
    assert not any(PLANTED.encode() in one or one[:1] == bytes([FETCHED]) for one in answers)
    assert not any(b"ObjectInputStream" in one or b"BlockNotFound" in one for one in answers), "asked before let in"
    assert any(b"SaslMessage" in one for one in answers), "a port of Spark was reached, and asked for the secret"


@pytest.mark.at_length("many random inputs")
def test_without_a_secret_the_neighbour_has_both() -> None:
    """The attack is real: on a Spark with default settings it succeeds."""
    run = [sys.executable, "-c", WITHOUT_A_SECRET]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
