"""Tests marked `attacks_at_length` run where CTDC_SPARK_ATTACKS=long asks for them."""

from __future__ import annotations

import os

import pytest

AT_LENGTH = os.environ.get("CTDC_SPARK_ATTACKS") == "long"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if AT_LENGTH:
        return
    for item in items:
        if item.get_closest_marker("attacks_at_length"):
            item.add_marker(pytest.mark.skip(reason="only with make test-attacks"))


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The random key of every model is the same one, so that two releases differ in what they say alone."""
    monkeypatch.setattr("ctdc_spark.storage.model_binding.make_key", lambda: bytes(32))
