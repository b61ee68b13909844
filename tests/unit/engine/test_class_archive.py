from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ctdc_spark.engine.class_archive import RECORD_INTO, archive_path, java_options, record_classes
from ctdc_spark.errors import SparkSetupError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(RECORD_INTO, raising=False)
    return tmp_path


def test_without_an_archive_java_is_told_nothing() -> None:
    assert java_options("/usr/bin/java", "a.jar") == []


def test_an_archive_is_used_by_the_java_it_was_made_for(cache: Path) -> None:
    path = archive_path("/usr/bin/java", "a.jar")
    assert path.parent == cache / "ctdc-spark"
    path.parent.mkdir()
    path.touch()
    assert f"-XX:SharedArchiveFile={path}" in java_options("/usr/bin/java", "a.jar")
    assert "-Xshare:auto" in java_options("/usr/bin/java", "a.jar")  # an archive that does not fit is left alone
    assert java_options("/opt/other/bin/java", "a.jar") == []
    assert java_options("/usr/bin/java", "a.jar:b.jar") == []


def test_a_process_that_records_does_not_use_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    archive_path("java", "a.jar").parent.mkdir()
    archive_path("java", "a.jar").touch()
    monkeypatch.setenv(RECORD_INTO, "/scratch/new.jsa")
    assert "-XX:ArchiveClassesAtExit=/scratch/new.jsa" in java_options("java", "a.jar")
    assert not any("SharedArchiveFile" in option for option in java_options("java", "a.jar"))


def test_a_failed_recording_says_why_and_leaves_the_old_archive(cache: Path) -> None:
    path = archive_path("java", "a.jar")
    path.parent.mkdir()
    path.write_text("old")
    with pytest.raises(SparkSetupError, match="No such command 'nonsense'"):
        record_classes("java", "a.jar", ["nonsense"])
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_java_that_writes_no_archive_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(SparkSetupError, match="makes no archive of classes"):
        record_classes("java", "a.jar", [])
