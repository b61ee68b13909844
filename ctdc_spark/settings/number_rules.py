"""The rules for columns of numbers: how they are written, and the ranges that they become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ctdc_spark.settings.conflict import Conflict

if TYPE_CHECKING:
    from ctdc_spark.settings.schema import SettingsFields


def check_numbers(settings: SettingsFields) -> Iterator[Conflict]:
    """How numbers are written matters in bins only, a comma cannot be two things, and ranges keep apart."""
    merged = [
        column
        for column, bins in settings.bins.items()
        if len(set(bins.labels or ())) < len(bins.labels or ()) and column not in (settings.into_existing or ())
    ]
    if merged:
        yield Conflict(
            ("bins", "into_existing"),
            f"bins: found the same label for several ranges of {', '.join(merged)}; allowed: labels that differ, or "
            "the columns under into_existing, if those ranges shall become one value",
        )
    commas, separators = set(settings.decimal_commas or ()), settings.thousands_separators or {}
    for key, columns in (("decimal_commas", commas), ("thousands_separators", separators.keys())):
        unbinned = sorted(columns - settings.bins.keys())
        if unbinned:
            yield Conflict((key, "bins"), f"{key}: found {', '.join(unbinned)}; allowed: columns of bins")
    for column, separator in separators.items():
        if separator == ("," if column in commas else "."):
            yield Conflict(
                ("decimal_commas", "thousands_separators"),
                f'thousands_separators: found "{separator}" for {column}, where it stands before decimals; allowed: '
                f"another separator, or {column} {'not in' if column in commas else 'in'} decimal_commas",
            )
