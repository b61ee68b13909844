"""What all attacks have in common."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every model the same random key, so that two releases differ only in their content."""
    monkeypatch.setattr("ctdc_spark.storage.model_binding.make_key", lambda: bytes(32))
