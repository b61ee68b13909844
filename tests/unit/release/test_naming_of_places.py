"""An unusable place is named as it was given: by an option, or by an argument."""

from __future__ import annotations

import importlib

import pytest

from ctdc_spark.cli.main import cli
from ctdc_spark.errors import SettingsError

PLACE = "s3a://KEY:SECRET@bucket/release"


@pytest.mark.parametrize(
    ("module", "arguments", "named"),
    [
        ("explore", ["explore", PLACE], "RELEASE"),
        ("tidy", ["tidy", PLACE], "PLACE"),
        ("published", ["compare", "a", "b", "--release", PLACE], "--release"),
    ],
)
def test_messages_name_what_was_given(
    monkeypatch: pytest.MonkeyPatch, module: str, arguments: list[str], named: str
) -> None:
    commands = importlib.import_module(f"ctdc_spark.cli.{module}")
    monkeypatch.setattr(commands, "open_session", lambda *_, **__: None)  # refused before Spark is asked
    with pytest.raises(SettingsError, match=f"^{named}: found "):
        cli.main(arguments, standalone_mode=False)
