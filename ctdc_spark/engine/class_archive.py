"""An archive of the classes that a local release loads, so that the JVM maps them instead of reading them from jars.

Java calls this application class data sharing (JEP 350): when a first process exits it records the classes it loaded,
and later ones map the record. It is made from artificial records only, by `ctdc-spark warm-up`; without it, or when it
does not fit the Java or the jars in use, everything works the same, only the start takes longer.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from ctdc_spark.errors import SparkSetupError

RECORD_INTO = "CTDC_SPARK_RECORD_CLASSES"
"""Environment variable: the JVM of this process records its classes into this file when it exits."""

# Java writes remarks on single classes to standard output unless told not to.
_QUIET = "-Xlog:disable"


def cache_folder() -> Path:
    """The folder for what this package can make again, within the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ctdc-spark"


def archive_path(java: str, class_path: str) -> Path:
    """The path of the archive for this Spark, this Java and these jars.

    Args:
        java: path of the Java program.
        class_path: the jars that are not Spark's own.
    """
    spark = importlib.util.find_spec("pyspark")
    parts = [str(spark and spark.origin), str(Path(java).resolve()), class_path]
    parts += [metadata.version(name) for name in ("pyspark", "delta-spark")]
    return cache_folder() / f"classes-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}.jsa"


def java_options(java: str, class_path: str) -> list[str]:
    """The options of the JVM: to record, to use the archive if there is one, or none.

    Args:
        java: path of the Java program.
        class_path: the jars that are not Spark's own; Java uses no archive that was made with other jars.
    """
    recorded = os.environ.get(RECORD_INTO)
    if recorded:
        return [_QUIET, f"-XX:ArchiveClassesAtExit={recorded}"]
    path = archive_path(java, class_path)
    return [_QUIET, f"-XX:SharedArchiveFile={path}", "-Xshare:auto"] if path.exists() else []


def record_classes(java: str, class_path: str, command: list[str]) -> Path:
    """Run a command of ours in a process of its own and keep the classes that its JVM loaded.

    Args:
        java: path of the Java program.
        class_path: the jars that are not Spark's own, with which the command will start.
        command: arguments of `ctdc-spark`.

    Raises:
        SparkSetupError: the command failed, or Java made no archive.
    """
    path = archive_path(java, class_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}")
    try:
        # The JVM holds our end of the pipe until it has written the archive, and so `run` waits for it.
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "ctdc_spark", *command],
            env={**os.environ, RECORD_INTO: str(scratch)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SparkSetupError(done.stderr.strip().removeprefix("error: ") or "the JVM could not be started")
        if not scratch.exists():
            raise SparkSetupError("this Java makes no archive of classes (Java 17 of OpenJDK does)")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path
