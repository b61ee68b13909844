"""A settings file written for one test and loaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import Settings, load_settings

Load = Callable[..., tuple[Settings, list[str]]]
Complain = Callable[..., list[str]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a text, or a mapping as JSON, from a file of the given name."""

    def load_text(
        content: str | Mapping[str, Any],
        name: str = "release.yaml",
        overrides: Mapping[str, object] | None = None,
    ) -> tuple[Settings, list[str]]:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return load_settings(str(path), overrides)

    return load_text


@pytest.fixture
def complain(load: Load) -> Complain:
    """Load a text that is wrong and return the problems."""

    def collect(*args: Any, **kwargs: Any) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load(*args, **kwargs)
        assert str(caught.value) == "\n".join(caught.value.problems)
        assert caught.value.__cause__ is None
        return caught.value.problems

    return collect
