"""Where a Spark session is made or taken over; everywhere else `spark` is an argument.

`local_session` embeds Spark with Delta in this process for laptops, tests and small data. `attached_session` takes the
session that a cluster, a notebook or spark-submit provides and changes nothing in it. (`connect` has the third kind.)
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ctdc_spark.engine.class_archive import java_options
from ctdc_spark.engine.delta_jars import CLASS_PATH, EXCLUDES, JARS, PACKAGES, name_fetched, remember_fetched
from ctdc_spark.engine.start_lock import one_start_at_a_time
from ctdc_spark.errors import SparkSetupError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17

FEW_CORES = 4

NEEDED_NEXT = "ctdc_spark.pipeline.run"
"""Loads most of what a process needs once its session is up."""

LOCAL_DIRS = "SPARK_LOCAL_DIRS"

_JAVA_OPTIONS = "spark.driver.defaultJavaOptions"

_AUTHENTICATE = "spark.authenticate"
"""In local mode Spark draws a secret for itself. Without one, everybody on the machine can fetch the blocks it
holds, and send it objects, through the ports that it opens on the loopback address."""

_FEW_CORES_OPTIONS = (
    # The simplest collector is the fastest, and starts sooner.
    "-XX:+UseSerialGC",
    # The second tier compiles only code ten times hotter than by default: compiling would take a core from the work.
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
    # The first tier keeps no record of types and branches for the second one: its code is smaller and ready sooner.
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-C1ProfileCalls",
    "-XX:-C1ProfileVirtualCalls",
    "-XX:-C1ProfileInlinedCalls",
    "-XX:-C1ProfileBranches",
    "-XX:-C1ProfileCheckcasts",
)

# Packages that Spark already ships; leaving them out keeps the first download at 27 MB instead of 174 MB.
SHIPPED_WITH_SPARK = (
    "org.apache.hadoop:*",
    "org.apache.logging.log4j:*",
    "org.slf4j:*",
    "org.xerial.snappy:*",
    "com.github.luben:zstd-jni",
    "org.apache.parquet:*",
    "com.fasterxml.jackson.core:*",
    "commons-logging:*",
    "org.roaringbitmap:*",
    "org.locationtech.jts:*",
)


def delta_coordinate(spark_version: str, delta_version: str) -> str:
    """The Maven coordinate of Delta's jar for a Spark version.

    From Delta 4.1 on, the artifact's name carries Spark's minor version; before, only Scala's.

    Args:
        spark_version: such as "4.2.0".
        delta_version: such as "4.4.0".

    Returns:
        Such as "io.delta:delta-spark_4.2_2.13:4.4.0".
    """
    spark = tuple(int(part) for part in spark_version.split(".")[:2])
    delta = tuple(int(part) for part in delta_version.split(".")[:2])
    scala = "2.13" if spark >= (4, 0) else "2.12"
    name = f"delta-spark_{spark[0]}.{spark[1]}_{scala}" if delta >= (4, 1) else f"delta-spark_{scala}"
    return f"io.delta:{name}:{delta_version}"


def local_session(master: str = "local[*]", *, driver_memory: str | None = None) -> SparkSession:
    """A Spark session inside this process, with Delta.

    Args:
        master: a local master, such as "local[2]".
        driver_memory: heap of the JVM, such as "4g"; default: CTDC_SPARK_DRIVER_MEMORY or 3g.

    Raises:
        SparkSetupError: pyspark, Delta or a fitting Java is missing, or the jars cannot be fetched.
    """
    _require_packages()
    java = require_java()
    # Workers run this environment's Python, not the first python3 of the PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # First runs a Java program that only assembles Spark's command line; its code is not worth compiling.
    os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
    from pyspark.sql import SparkSession

    settings = keep_scratch_private(start_settings(java, driver_memory))
    builder = SparkSession.builder.master(master).appName("ctdc-spark")
    if not master.startswith("local-cluster"):  # its executors would have to be given the secret
        settings[_AUTHENTICATE] = "true"
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _loading(NEEDED_NEXT), one_start_at_a_time(), _quiet_jvm() as log:
        try:
            session = builder.getOrCreate()
        except Exception as error:
            raise _explain_start(error, _tail(log)) from None
        if CLASS_PATH not in settings:
            remember_fetched(settings, session.conf.get(JARS, "") or "")
        return session


def start_settings(java: str, driver_memory: str | None = None) -> dict[str, str]:
    """`local_settings`, and what speeds up this machine's later starts: Delta's jars at hand, an archive of classes.

    Args:
        java: path of the Java program.
        driver_memory: heap of the JVM.
    """
    settings = name_fetched(local_settings(driver_memory))
    archive = java_options(java, settings.get(CLASS_PATH, ""))
    return {**settings, _JAVA_OPTIONS: " ".join([*archive, settings[_JAVA_OPTIONS]])}


def local_settings(driver_memory: str | None = None) -> dict[str, str]:
    """Spark's settings for the embedded session, each with its reason.

    Args:
        driver_memory: heap of the JVM.
    """
    from pyspark.version import __version__ as spark_version

    cores = os.cpu_count() or 2
    return {
        PACKAGES: delta_coordinate(spark_version, metadata.version("delta-spark")),
        EXCLUDES: ",".join(SHIPPED_WITH_SPARK),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.driver.memory": driver_memory or os.environ.get("CTDC_SPARK_DRIVER_MEMORY", "3g"),
        _JAVA_OPTIONS: " ".join(_FEW_CORES_OPTIONS if cores <= FEW_CORES else ()),
        # Between two tasks a worker would look through all objects of its libraries for garbage.
        "spark.python.daemon.module": "ctdc_spark.engine.python_daemon",
        # Workers keep freed memory for their next arrays: getting it from the system again takes longer than using it.
        "spark.executorEnv.MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "spark.executorEnv.MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
        # Nothing listens beyond this machine: the data are sensitive.
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        # A machine's own defaults may ask for a log of plans, and for listeners that see them: not for these plans.
        "spark.eventLog.enabled": "false",
        "spark.extraListeners": "",
        "spark.plugins": "",
        "spark.sql.queryExecutionListeners": "",
        # Spark's own log may print rows; errors reach us as exceptions all the same.
        "spark.log.level": os.environ.get("CTDC_SPARK_LOG_LEVEL", "OFF"),
        "spark.ui.showConsoleProgress": "false",
        # A small machine: 200 shuffle partitions and 50 snapshot tasks would cost more than the work. Delta reads the
        # log several times for each commit: one task instead of two takes a seventh off it.
        "spark.sql.shuffle.partitions": str(max(2, 2 * cores)),
        "spark.databricks.delta.snapshotPartitions": "1",
        # Delta's VACUUM lists a table's files in as many tasks as this says, however few there are: 10,000 by default.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(max(2, 2 * cores)),
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
    }


def keep_scratch_private(settings: dict[str, str]) -> dict[str, str]:
    """The settings with a folder of this process's own for what Spark spills and shuffles, which nobody else may enter.

    It lies where SPARK_LOCAL_DIRS says, or else with other temporary files; it is removed when the process ends.
    Everybody on the machine could read Spark's own folders there.
    """
    above = [place for place in os.environ.get(LOCAL_DIRS, "").split(",") if place.strip()]
    folders = [tempfile.mkdtemp(prefix="ctdc-spark-", dir=place) for place in above or [tempfile.gettempdir()]]
    for folder in folders:  # of mode 700, as mkdtemp makes them
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if above:  # takes precedence over the setting
        os.environ[LOCAL_DIRS] = ",".join(folders)
    options = settings[_JAVA_OPTIONS]
    if not re.search(r"\s", folders[0]):
        options = f"{options} -Djava.io.tmpdir={folders[0]}".strip()
    return {**settings, "spark.local.dir": ",".join(folders), _JAVA_OPTIONS: options}


def attached_session() -> SparkSession:
    """The session of the cluster, notebook or spark-submit that runs us; its settings are left alone."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkSetupError(
            "pyspark is not installed. On a cluster use spark-submit; on a laptop: pip install 'ctdc-spark[local]'"
        ) from None
    return SparkSession.getActiveSession() or SparkSession.builder.appName("ctdc-spark").getOrCreate()


def java_version(text: str) -> int | None:
    """The major version in what `java -version` prints, or None.

    Example:
        >>> java_version('openjdk version "17.0.15" 2025-04-15')
        17
        >>> java_version('java version "1.8.0_392"')
        8
    """
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found.group(1)) if found else None


def _require_packages() -> None:
    missing = [name for name in ("pyspark", "delta") if importlib.util.find_spec(name) is None]
    if missing:
        raise SparkSetupError(f"not installed: {', '.join(missing)}. For local mode: pip install 'ctdc-spark[local]'")


def require_java() -> str:
    """The path of the Java program that Spark will use.

    Raises:
        SparkSetupError: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    found = _ask_java(java) if java else None
    if java and found is not None and found >= OLDEST_JAVA:
        return java
    what = "Java was not found" if found is None else f"Java {found} was found"
    where = f" (JAVA_HOME is {home})" if home else ""
    raise SparkSetupError(
        f"{what}{where}, but Spark needs Java {OLDEST_JAVA} or newer: install one (Debian: apt-get install "
        "openjdk-17-jre-headless) and set JAVA_HOME to it"
    )


def _ask_java(java: str) -> int | None:
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - the user's own Java
    except (OSError, subprocess.TimeoutExpired):
        return None
    return java_version(done.stderr)


@contextlib.contextmanager
def _loading(module: str) -> Iterator[None]:
    """Import a module in a second thread, while this one waits for Java.

    The import is done when the block is left. If it fails, the code that needs the module will say so.
    """

    def load() -> None:
        with contextlib.suppress(Exception):
            importlib.import_module(module)

    loader = threading.Thread(target=load)
    loader.start()
    try:
        yield
    finally:
        loader.join()


@contextlib.contextmanager
def _quiet_jvm() -> Iterator[IO[bytes]]:
    """Let the JVM inherit a scratch file as standard error: its start prints pages nobody asked for."""
    with tempfile.TemporaryFile() as log:
        sys.stderr.flush()
        kept = os.dup(2)
        try:
            os.dup2(log.fileno(), 2)
            yield log
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _tail(log: IO[bytes], size: int = 4000) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - size))
    return log.read().decode(errors="replace")


def _explain_start(error: Exception, log: str) -> SparkSetupError:
    if "unresolved dependency" in log or "download failed" in log.lower():
        return SparkSetupError(
            "Delta's jars could not be fetched from Maven Central. They are needed once; afterwards they stay in the "
            "local Ivy cache. Check the network, or point spark.jars.ivySettings in spark-defaults.conf to a mirror"
        )
    return SparkSetupError(f"Spark could not start ({type(error).__name__}).\n{log.strip()[-1500:]}")
