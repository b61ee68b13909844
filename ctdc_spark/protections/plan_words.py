"""Words for the plan that is shown before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.cases.dataframe import NAME, is_dataframe
from ctdc_spark.io import files

if TYPE_CHECKING:
    from ctdc_spark.settings import Settings


def name_input(settings: Settings) -> str:
    """Where the input lies, without credentials."""
    if is_dataframe(settings):
        return NAME
    named = (settings.sensitive_microdata_path, settings.sensitive_microdata_table, settings.reported_aggregates_path)
    return files.hide_credentials(next((name for name in named if name is not None), "nothing"))


def name_lengths(settings: Settings) -> str:
    """Up to how many attributes are counted together."""
    return "all lengths" if settings.reporting_length == -1 else f"up to {settings.reporting_length} attributes"
