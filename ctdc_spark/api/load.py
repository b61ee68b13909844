"""A settings file, for programs and notebooks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from ctdc_spark.api.paths import AnyPath, path_text
from ctdc_spark.settings import loading
from ctdc_spark.settings.settings import Settings


def load_settings(path: AnyPath, overrides: Mapping[str, object] | None = None) -> Settings:
    """Read and check a settings file: YAML, JSON, or a configuration of Synthetic Data Showcase.

    What is allowed but deserves a second look is reported as a Python warning. A file for `Publisher.from_dataframe`
    names no input.

    Args:
        path: local path or address of the file.
        overrides: keys with values that take precedence over those of the file; None leaves the file's value as it is.

    Raises:
        SettingsError: with every problem found, one line each.

    Example:
        >>> settings = ctdc.load_settings("settings.yaml", {"seed": 7})  # doctest: +SKIP
    """
    settings, found = loading.load_settings(path_text(path, "path"), overrides, needs_input=False)
    for warning in found:
        warnings.warn(warning, stacklevel=2)
    return settings
