"""Everything that is wrong with the keys of the settings, at once and in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings.explain import explain_errors
from ctdc_spark.settings.rules import find_conflicts, find_missing_input
from ctdc_spark.settings.schema import SettingsFields


def require_input(settings: SettingsFields) -> None:
    """Refuse settings without an input, where one is read.

    Raises:
        SettingsError: none is named, and there is no DataFrame.
    """
    missing = find_missing_input(settings)
    if missing:
        raise SettingsError([f"{conflict}, or a DataFrame with Publisher.from_dataframe" for conflict in missing])


def find_problems(keys: Mapping[str, object], *, needs_input: bool) -> list[str]:
    """One line for each problem: wrong values and unknown keys first, then conflicts between valid keys.

    Args:
        keys: the keys with their values.
        needs_input: whether naming no input is a problem.
    """
    problems: list[str] = []
    wrong: set[str] = set()
    try:
        fields = SettingsFields.model_validate(dict(keys))
    except ValidationError as error:
        problems = explain_errors(error, SettingsFields)
        wrong = {str(details["loc"][0]) for details in error.errors()}
        fields = SettingsFields.model_validate({key: keys[key] for key in keys if key not in wrong})
    conflicts = [*(find_missing_input(fields) if needs_input else []), *find_conflicts(fields)]
    return problems + [str(conflict) for conflict in conflicts if not wrong.intersection(conflict.keys)]
