"""Look at the data and the output place, and refuse what `run` would refuse, without computing a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        the settings' author can answer.

    Raises:
        CtdcError: the data cannot be read or published as requested, or the output place holds something else.
    """
    files.require_folder(settings.resolved_sensitive_dir, "sensitive_dir")
    require_free_or_ours(spark, TableLocation.of(settings))
    others = look_at_places(settings)
    return [*others, *choose_protection(settings).check(spark, settings)]
