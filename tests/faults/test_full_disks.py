"""Disks that fill up while a release is made, as small file systems in memory; with CTDC_SPARK_FAULTS, and as root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.running import all_tables, command, write_settings
from tests.end_to_end.sample import KEYS, MARKER
from tests.faults.test_killed_runs import check_readers

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.skipif("CTDC_SPARK_FAULTS" not in os.environ, reason="only with make test-faults"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system"),
]

Disk = Callable[[Path, str], None]


@pytest.fixture
def small_disk() -> Iterator[Disk]:
    """Makes a folder a file system of its own, of a given size; calling it again changes the size."""
    mounted: list[Path] = []

    def resize(folder: Path, size: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        how = f"remount,size={size}" if folder in mounted else f"size={size}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(folder)], check=True)
        mounted.append(folder)

    yield resize
    for folder in {*mounted}:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    ("place", "size"),
    [("sensitive", "40k"), ("sensitive", "200k"), ("release", "40k"), ("release", "160k")],
)
def test_a_full_disk_is_named_and_the_next_run_makes_the_release(
    spark: SparkSession,
    finished: Path,
    tmp_path: Path,
    small_disk: Disk,
    capfd: pytest.CaptureFixture[str],
    place: str,
    size: str,
) -> None:
    expected = all_tables(spark, finished / "release")
    settings = write_settings(tmp_path, finished / "cases.csv", **{**KEYS, "keep_intermediates": False})
    small_disk(tmp_path / place, size)
    code = command("run", settings)
    said = capfd.readouterr().err
    assert code in (1, 2)
    assert "no space left on a device" in said.lower()
    assert MARKER not in said
    assert not check_readers(spark, tmp_path, expected)

    small_disk(tmp_path / place, "64m")
    assert command("run", settings) == 0
    assert check_readers(spark, tmp_path, expected)
    assert {path.name for path in (tmp_path / "sensitive" / "r1").iterdir()} == {"restricted"}
