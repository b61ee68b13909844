"""Whether Spark's tasks and this process see the same files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ctdc_spark.io import files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MOUNTED = ("dbfs", "Volumes")
"""Folders below the root through which a platform shows its store: not a file system of this machine."""

_DEFAULT_FILE_SYSTEM = ("spark.hadoop.fs.defaultFS", "spark.hadoop.fs.default.name", "fs.defaultFS", "fs.default.name")
"""The file system of addresses without a scheme: in Spark's configuration, and as a session may set it."""


def here(spark: SparkSession, uri: str) -> Path | None:
    """The path of an address if Spark's tasks run on this machine and find there what this process finds.

    Args:
        spark: the session.
        uri: of a file or folder, which need not exist.

    Returns:
        None on a cluster, over Spark Connect, for a store or a platform's mount, and wherever it is not certain.
    """
    path = files.local_path(uri)
    if path is None or not _runs_here(spark):
        return None
    # where Hadoop is configured, an address without a scheme may mean another file system
    if not uri.lower().startswith("file:") and _may_mean_another(spark):
        return None
    return None if path.is_absolute() and path.parts[1:2] and path.parts[1] in _MOUNTED else path


def settle(spark: SparkSession, uri: str) -> str:
    """The address by which Spark means what this process means: a relative path of this machine is made absolute.

    Spark keeps the folder in which it was started; a notebook may be in another one since.
    """
    path = files.local_path(uri)
    if path is None or path.is_absolute() or here(spark, uri) is None:
        return uri
    return str(path.absolute())


def _may_mean_another(spark: SparkSession) -> bool:
    """Whether Hadoop may be configured, here or in Spark's settings, so that paths are those of another file system."""
    if {"HADOOP_CONF_DIR", "YARN_CONF_DIR"} & os.environ.keys():
        return True
    chosen = (str(spark.conf.get(key, None) or "file:///") for key in _DEFAULT_FILE_SYSTEM)
    if not all(uri.lower().startswith("file:") for uri in chosen):
        return True
    folders = ((os.environ.get("SPARK_CONF_DIR"), "."), (os.environ.get("SPARK_HOME"), "conf"))
    return any(Path(home, below, "core-site.xml").is_file() for home, below in folders if home)


def _runs_here(spark: SparkSession) -> bool:
    if ".connect." in f"{type(spark).__module__}.":
        return False
    return re.fullmatch(r"local(\[.*\])?", str(spark.conf.get("spark.master", ""))) is not None
