"""Settings given beside the file, as KEY=VALUE on a command line: those that differ by environment, such as places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings.explain import read_type_of, strip_type
from ctdc_spark.settings.reading import read_mapping
from ctdc_spark.settings.schema import SettingsFields
from ctdc_spark.settings.written import shape_mapping


def read_given(pairs: Sequence[str]) -> dict[str, Any]:
    """Read KEY=VALUE pairs; text is taken literally, everything else is written as in a settings file.

    Raises:
        SettingsError: with every pair that cannot be used, one line each.

    Example:
        >>> read_given(["output_schema=main.ctdc", "use_columns=[gender, ageBroad]", "seed=7"])
        {'output_schema': 'main.ctdc', 'use_columns': ['gender', 'ageBroad'], 'seed': 7}
    """
    problems: list[str] = []
    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key or not value:
            problems.append(f"--set: found {key or 'no key'} without a value; allowed: KEY=VALUE, such as seed=7")
        elif key in given:
            problems.append(f"--set: found {key} twice; allowed: once")
        elif key not in SettingsFields.model_fields:
            problems.append(f"--set: found {key}, which is not a settings key (docs/reference/settings.md)")
        else:
            given[key] = _read_value(key, value, problems)
    if problems:
        raise SettingsError(problems)
    return given


def _read_value(key: str, value: str, problems: list[str]) -> Any:
    if strip_type(read_type_of(SettingsFields, key)) is str:
        return value
    written, found = read_mapping(f"{key}: {value}", "--set")
    problems += found
    return shape_mapping(written, SettingsFields)[key]
