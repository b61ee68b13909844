"""The Python workers of the tests' own session, which is one of `local_session`."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from ctdc_spark.engine.connect import SCHEME

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Garbage:
    """Refers to itself, so that nothing but a collection removes it."""

    def __init__(self) -> None:
        self.itself = self


def look(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    left = sum(isinstance(one, Garbage) for one in gc.get_objects())
    list(batches)
    for _ in range(100):
        Garbage()
    yield pa.RecordBatch.from_pydict({"pid": [os.getpid()], "frozen": [gc.get_freeze_count()], "left": [left]})


def test_workers_set_their_libraries_aside_once_and_still_collect_garbage(spark: SparkSession) -> None:
    if os.environ.get("CTDC_SPARK_TEST_MASTER", "").startswith(SCHEME):
        pytest.skip("the server's workers are not ours")
    looks: dict[int, list[tuple[int, int]]] = {}
    for _ in range(12):
        seen = spark.range(1, numPartitions=1).mapInArrow(look, "pid long, frozen long, left long").collect()
        looks.setdefault(seen[0]["pid"], []).append((seen[0]["frozen"], seen[0]["left"]))
    again = max(looks.values(), key=len)[1:]
    assert again, "no worker was used twice"
    frozen = {count for count, _ in again}
    assert min(frozen) > 10_000
    assert len(frozen) == 1
    assert all(left <= 100 for _, left in again)
