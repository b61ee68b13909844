from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ctdc_spark.engine import session
from ctdc_spark.errors import SparkSetupError


@pytest.mark.parametrize(
    ("spark", "delta", "coordinate"),
    [
        ("4.2.0", "4.4.0", "io.delta:delta-spark_4.2_2.13:4.4.0"),
        ("4.0.1", "4.0.0", "io.delta:delta-spark_2.13:4.0.0"),
        ("3.5.7", "3.3.2", "io.delta:delta-spark_2.12:3.3.2"),
    ],
)
def test_the_jar_fits_spark_and_delta(spark: str, delta: str, coordinate: str) -> None:
    assert session.delta_coordinate(spark, delta) == coordinate


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("command not found", None),
    ],
)
def test_java_versions_are_read(text: str, version: int | None) -> None:
    assert session.java_version(text) == version


def test_an_old_java_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'java version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkSetupError, match=r"Java 11 was found .*Spark needs Java 17 or newer: install one"):
        session.local_session()


def test_a_missing_java_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkSetupError, match="Java was not found, but Spark needs Java 17"):
        session.local_session()


def test_a_missing_pyspark_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SparkSetupError, match=r"not installed: pyspark, delta\. .*ctdc-spark\[local\]"):
        session.local_session()


WITHOUT_SPARK = (
    "settings",
    "records.records",
    "combinations.kernel",
    "combinations.plan",
    "combinations.projection",
    "records.blocks",
    "synthesis.row_seeded.row_seeded",
    "synthesis.calibrated.training",
    "synthesis.calibrated.units",
    "proof.subsets",
    "proof.intersections",
    "proof.support",
    "explorer.page",
    "release.contracts",
)


def test_settings_and_kernels_know_no_spark() -> None:
    """In one process: the first module that loads Spark is named."""
    lines = ["import importlib, sys"]
    for module in WITHOUT_SPARK:
        lines.append(f"importlib.import_module('ctdc_spark.{module}')")
        lines.append(f"if 'pyspark' in sys.modules: sys.exit('{module}')")
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_workers_load_needs_none_of_the_drivers_packages() -> None:
    """A kernel is loaded with its module, on machines that may have only numpy, pyarrow and pandas."""
    package = Path(session.__file__).parents[1]
    with_kernels = [f for f in package.rglob("*.py") if ".mapInArrow(" in f.read_text(encoding="utf-8")]
    with_kernels.remove(package / "assessment" / "assess.py")  # its kernel needs the libraries of the extra anyway
    names = [".".join(f.relative_to(package.parent).with_suffix("").parts) for f in with_kernels]
    assert len(names) > 20
    program = (
        f"import sys, {', '.join(names)}; "
        "sys.exit(' '.join({'click', 'pydantic', 'rich', 'scipy', 'yaml'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_no_file_uses_what_spark_connect_has_not() -> None:
    package = Path(session.__file__).parents[1]
    forbidden = re.compile(r"\.rdd\b|[sS]parkContext|\._(?:jvm|jdf|sc)\b|\.(?:cache|persist)\(|\bDeltaTable\b")
    modules = sorted(package.rglob("*.py"))
    found = {str(f.relative_to(package)): forbidden.findall(f.read_text(encoding="utf-8")) for f in modules}
    assert len(found) == len(modules) > 200
    assert not {name: words for name, words in found.items() if words}
    assert forbidden.findall("frame.cache() ; self._sc.x ; frame.rdd.map") == [".cache(", "._sc", ".rdd"]
