from __future__ import annotations

from pathlib import Path

import pytest

from ctdc_spark.engine.delta_jars import (
    CLASS_PATH,
    EXCLUDES,
    OWN_CONFIGURATION,
    PACKAGES,
    name_fetched,
    remember_fetched,
)

WANTED = {PACKAGES: "io.delta:delta:1", EXCLUDES: "org:*", "spark.ui.enabled": "false"}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in OWN_CONFIGURATION:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def jars(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{name}.jar" for name in ("delta", "storage")]
    for jar in made:
        jar.write_bytes(b"")
    remember_fetched(WANTED, ",".join(f"file://{jar}" for jar in made))
    return made


def test_the_first_start_fetches() -> None:
    assert name_fetched(WANTED) == WANTED


def test_later_starts_have_the_files_on_the_class_path(jars: list[Path]) -> None:
    assert name_fetched(WANTED) == {"spark.ui.enabled": "false", CLASS_PATH: ":".join(map(str, jars))}


def test_other_packages_are_fetched(jars: list[Path]) -> None:
    assert jars
    for key in (PACKAGES, EXCLUDES):
        other = {**WANTED, key: "other"}
        assert name_fetched(other) == other


def test_what_is_gone_is_fetched_again(jars: list[Path]) -> None:
    jars[1].unlink()
    assert name_fetched(WANTED) == WANTED


@pytest.mark.parametrize("name", OWN_CONFIGURATION)
def test_a_configuration_of_the_users_own_is_left_alone(
    jars: list[Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert jars
    monkeypatch.setenv(name, "something")
    assert name_fetched(WANTED) == WANTED


@pytest.mark.parametrize("said", ["", "hdfs://namenode/delta.jar"])
def test_jars_that_are_no_files_here_are_not_remembered(said: str) -> None:
    remember_fetched(WANTED, said)
    assert name_fetched(WANTED) == WANTED


def test_without_a_cache_nothing_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    remember_fetched(WANTED, f"file://{tmp_path / 'file'}")
    assert name_fetched(WANTED) == WANTED
