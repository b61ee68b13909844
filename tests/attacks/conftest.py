"""What all attacks have in common, and the stages that draw noise without Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.attacks.drawing_stages import count_without_spark, measure_without_spark, settings_below

if TYPE_CHECKING:
    from ctdc_spark.settings import Settings


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every model the same random key, so that two releases differ only in their content."""
    monkeypatch.setattr("ctdc_spark.storage.model_binding.make_key", lambda: bytes(32))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_below(tmp_path)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return count_without_spark(monkeypatch)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return measure_without_spark(monkeypatch)
