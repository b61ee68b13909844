"""What all attacks have in common."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The random key of every model is the same one, so that two releases differ in what they say alone."""
    monkeypatch.setattr("ctdc_spark.storage.model_binding.make_key", lambda: bytes(32))
