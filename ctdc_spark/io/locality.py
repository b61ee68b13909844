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
    if not uri.lower().startswith("file:") and {"HADOOP_CONF_DIR", "YARN_CONF_DIR"} & os.environ.keys():
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


def _runs_here(spark: SparkSession) -> bool:
    if ".connect." in f"{type(spark).__module__}.":
        return False
    return re.fullmatch(r"local(\[.*\])?", str(spark.conf.get("spark.master", ""))) is not None
