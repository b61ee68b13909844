"""Only what Spark certainly finds where this process finds it is written and read without Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from ctdc_spark.io.locality import here

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Session:
    """A session that runs on this machine, with these settings."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.conf = {"spark.master": "local[2]", **settings}


def find(uri: str, **settings: str) -> Path | None:
    return here(cast("SparkSession", Session({key.replace("__", "."): value for key, value in settings.items()})), uri)


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR", "SPARK_CONF_DIR", "SPARK_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("key", ["spark__hadoop__fs__defaultFS", "fs__defaultFS", "fs__default__name"])
def test_a_path_may_mean_another_file_system(key: str) -> None:
    assert find("/data/release") == Path("/data/release")
    assert find("/data/release", **{key: "file:///"}) == Path("/data/release")
    assert find("/data/release", **{key: "hdfs://name:8020"}) is None
    assert find("file:/data/release", **{key: "hdfs://name:8020"}) == Path("/data/release")


@pytest.mark.parametrize(("name", "below"), [("SPARK_CONF_DIR", "."), ("SPARK_HOME", "conf")])
def test_so_it_may_where_spark_finds_a_file_of_hadoop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, below: str
) -> None:
    monkeypatch.setenv(name, str(tmp_path))
    assert find("/data/release") == Path("/data/release")
    (tmp_path / below).mkdir(exist_ok=True)
    (tmp_path / below / "core-site.xml").touch()
    assert find("/data/release") is None


@pytest.mark.parametrize("master", ["spark://x:7077", "local-cluster[2,1,1024]", "yarn", ""])
def test_nothing_of_a_cluster_is_here(master: str) -> None:
    assert find("/data/release", spark__master=master) is None
