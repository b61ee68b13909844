"""From a settings file to checked settings, with everything that is wrong reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io import files
from ctdc_spark.settings.limits import MOST_BYTES
from ctdc_spark.settings.peer import is_peer_config, translate_peer_config
from ctdc_spark.settings.places import lies_inside
from ctdc_spark.settings.problems import find_problems
from ctdc_spark.settings.reading import read_mapping
from ctdc_spark.settings.schema import SettingsFields
from ctdc_spark.settings.settings import Settings
from ctdc_spark.settings.written import shape_mapping

# Keys that say the same in several ways: overriding one way drops the others.
_WAYS: tuple[tuple[set[str], ...], ...] = (
    ({"sensitive_microdata_path"}, {"sensitive_microdata_table"}, {"reported_aggregates_path"}),
    ({"reporting_resolution"}, {"reporting_threshold", "reporting_precision"}),
)


def load_settings(
    path: str, overrides: Mapping[str, object] | None = None, *, needs_input: bool = True
) -> tuple[Settings, list[str]]:
    """Read and check a settings file: YAML, JSON, or a configuration of Synthetic Data Showcase.

    Args:
        path: local path or address of the file.
        overrides: keys with values that replace those of the file. None leaves the file's value as it is.
            Overriding one kind of input drops the others of the file; likewise the resolution, or threshold and
            precision.
        needs_input: False where the input is a DataFrame, which no key names.

    Returns:
        The settings, and warnings for the user: what in the file has no effect, and what deserves a second look.

    Raises:
        SettingsError: with every problem found, one line each.

    Example:
        >>> settings, warnings = load_settings("release.yaml", {"seed": 7})  # doctest: +SKIP
    """
    written, problems = read_mapping(_read_file(path), path)
    keys = shape_mapping(written, SettingsFields)
    warnings: list[str] = []
    if is_peer_config(keys, path):
        keys, warnings, refusals = translate_peer_config(keys)
        problems += refusals
    keys = _override(keys, overrides or {})
    try:
        settings = build_settings(keys, needs_input=needs_input)
    except SettingsError as error:
        raise SettingsError(problems + error.problems) from None
    if problems:
        raise SettingsError(problems)
    return settings, warnings + find_warnings(settings)


def build_settings(keys: Mapping[str, object], *, needs_input: bool = True) -> Settings:
    """Check keys with values and return them as settings.

    Args:
        keys: the keys with their values.
        needs_input: False where the input is a DataFrame, which no key names.

    Raises:
        SettingsError: with every problem found, one line each: wrong values and unknown keys first, then
            conflicts between keys that are valid by themselves.
    """
    problems = find_problems(keys, needs_input=needs_input)
    if problems:
        raise SettingsError(problems)
    return Settings(**keys)


def find_warnings(settings: Settings) -> list[str]:
    """Return what is allowed but deserves a second look."""
    warnings = []
    path, output = settings.sensitive_microdata_path, settings.output_dir
    if path is not None and output is not None and lies_inside(re.split(r"[*?\[{]", path)[0], output):
        warnings.append(
            "sensitive_microdata_path lies inside output_dir: whoever is given that folder is given the "
            "sensitive data; keep them apart"
        )
    requested = settings.reporting_threshold
    if requested is not None and requested != settings.threshold:
        warnings.append(
            f"reporting_threshold: {requested} is not a multiple of reporting_precision {settings.precision}; the "
            f"smallest count that can be reported is {settings.threshold}, which is k throughout the release"
        )
    if settings.has_derivable_counts:
        warnings.append(
            f"accept_derivable_counts: with a reporting_precision of {settings.precision}, below k = "
            f"{settings.threshold}, how many people share a combination that is withheld can often be worked out from "
            "the published counts, in many cases exactly; the release says so"
        )
    return warnings


def _read_file(path: str) -> str:
    try:
        return files.read_text(path, MOST_BYTES)
    except DataError as error:
        raise SettingsError(f"settings file: {error}; give the path of a YAML or JSON file") from None


def _override(keys: Mapping[str, Any], overrides: Mapping[str, object]) -> dict[str, Any]:
    given = {key: value for key, value in overrides.items() if value is not None}
    dropped: set[str] = set()
    for ways in _WAYS:
        chosen = [way for way in ways if way & given.keys()]
        if len(chosen) == 1:
            dropped |= set().union(*ways) - chosen[0]
    return {key: value for key, value in keys.items() if key not in dropped} | given
