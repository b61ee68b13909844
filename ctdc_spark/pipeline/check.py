"""Look at the data and the output place, and refuse what `run` would refuse, without computing a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.pipeline.identity import look_at_places
from ctdc_spark.protections.protection import choose_protection
from ctdc_spark.release.table_location import TableLocation, require_free_or_ours

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.settings import Settings


def check_data(spark: SparkSession, settings: Settings) -> list[str]:
    """Everything `run` would refuse about the data and the output place, found without computing a release.

    Returns:
        The names that will be published, with the question whether any of them is a value; warnings about columns that
        look like identifiers or free numbers, about attributes that wholly share another one, and questions that only
        the settings' author can answer; a licence or a contact that is missing.

    Raises:
        CtdcError: the data cannot be read or published as requested, or the output place holds something else.
    """
    require_page_inputs(settings)
    files.require_folder(settings.resolved_sensitive_dir, "sensitive_dir")
    require_free_or_ours(spark, TableLocation.of(settings))
    others = look_at_places(settings)
    return [*others, *choose_protection(settings).check(spark, settings), *ask_terms(settings)]


def ask_terms(settings: Settings) -> list[str]:
    """What whoever gets the release will look for, where the settings do not say it."""
    asked = {
        "licence": "nobody can tell what they may do with the data; give a name such as CC-BY-4.0, an address or words",
        "contact": "nobody can ask about the data or report a mistake; give an e-mail or web address",
    }
    return [f"{key}: found nothing: {why}" for key, why in asked.items() if getattr(settings, key) is None]


def require_page_inputs(settings: Settings) -> None:
    """Refuse what the page could not be made from: it is read last, when everything else is published.

    Raises:
        DataError: the logo cannot be read.
        SettingsError: it is not an image, or too large.
    """
    if settings.report_logo is not None and settings.output_dir is not None:
        from ctdc_spark.explorer.logo import read_logo

        try:
            read_logo(settings.report_logo)
        except DataError as error:
            raise DataError(f"report_logo: {error}") from None
