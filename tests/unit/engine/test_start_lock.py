"""Spark is started once at a time; who waits is told, and does not wait for ever."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from ctdc_spark.engine import start_lock
from ctdc_spark.engine.start_lock import one_start_at_a_time
from ctdc_spark.errors import SparkSetupError


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "ctdc-spark").mkdir()
    return tmp_path / "ctdc-spark" / "start.lock"


def lock_at_once(path: Path) -> None:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_two_processes_do_not_fetch_jars_at_once(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with one_start_at_a_time(), pytest.raises(BlockingIOError):
        lock_at_once(path)
    lock_at_once(path)
    assert capfd.readouterr().err == ""


def test_who_waits_is_told_once_and_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start_lock, "SAID_AFTER", 0.0)
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                fcntl.flock(other, fcntl.LOCK_UN)

        monkeypatch.setattr("time.sleep", pause)
        with one_start_at_a_time():
            assert len(pauses) == 3
    assert capfd.readouterr().err == "waiting: another process of yours is starting Spark\n"


def test_nobody_waits_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_lock, "LONGEST_WAIT", 0.0)
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with (
            pytest.raises(SparkSetupError, match=r"holds .*start\.lock: look for one that hangs"),
            one_start_at_a_time(),
        ):
            pytest.fail("two at once")


def test_without_a_place_for_the_lock_spark_starts_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with one_start_at_a_time():
        pass
