"""The same conflict is recognized in the form that each kind of session gives it."""

from __future__ import annotations

import pytest

from ctdc_spark.release.conflicts import IN_THE_WAY, OVERTAKEN, conflict_names


class ConcurrentTransactionException(Exception):  # noqa: N818 - its own name
    """As Delta's Python package names it."""


class SparkConnectGrpcException(Exception):  # noqa: N818 - its own name
    """As Spark Connect brings it without that package."""

    def getErrorClass(self) -> str:  # noqa: N802 - pyspark's own name
        return str(self.args[0])


OTHERS = [
    SparkConnectGrpcException("DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT"),
    Exception("An error occurred: org.apache.spark.sql.delta.MetadataChangedException: The metadata has changed"),
]


@pytest.mark.parametrize(
    "error",
    [
        ConcurrentTransactionException(),
        SparkConnectGrpcException("DELTA_CONCURRENT_TRANSACTION"),
        Exception("An error occurred: io.delta.exceptions.ConcurrentTransactionException: [DELTA_...]"),
    ],
)
def test_being_overtaken_is_recognised(error: Exception) -> None:
    assert conflict_names(error) & OVERTAKEN


@pytest.mark.parametrize("error", OTHERS)
def test_other_conflicts_are_worth_another_attempt(error: Exception) -> None:
    assert conflict_names(error) & IN_THE_WAY
    assert not conflict_names(error) & OVERTAKEN


@pytest.mark.parametrize("error", [ValueError("DELTA_CONCURRENT_WRITE"), SparkConnectGrpcException("DIVIDE_BY_ZERO")])
def test_anything_else_is_none(error: Exception) -> None:
    assert not conflict_names(error) & IN_THE_WAY
