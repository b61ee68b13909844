"""Look at the data and the output place, and refuse what `run` would refuse, without computing a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.cases.prepared_input import prepare_input
from ctdc_spark.cases.profile import profile_columns, suspicious
from ctdc_spark.cases.reported_counts import number_reported
from ctdc_spark.cases.values_as_names import ask_header, ask_names
from ctdc_spark.differential_privacy.domain import require_domain
from ctdc_spark.io import files
from ctdc_spark.pipeline.identity import look_at_places
from ctdc_spark.pipeline.shared_pairs import find_reported_pairs, find_shared_pairs
from ctdc_spark.release.table_location import TableLocation, require_free_or_ours
from ctdc_spark.settings.noise_rules import ask_declared

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.settings import Settings


def check_data(spark: SparkSession, settings: Settings) -> list[str]:
    """Everything `run` would refuse about the data and the output place, found without computing a release.

    Returns:
        The names that will be published, with the question whether none is a value; warnings about columns that look
        like identifiers or free numbers, about attributes that wholly share another one, and what only the settings'
        author knows.

    Raises:
        CtdcError: the data cannot be read or published as asked, or the output place holds something else.
    """
    files.require_folder(settings.resolved_sensitive_dir, "sensitive_dir")
    require_free_or_ours(spark, TableLocation.of(settings))
    others = look_at_places(settings)
    if settings.reported_aggregates_path is not None:
        dictionary, counts = number_reported(spark, settings)
        return [*others, ask_names(dictionary.columns), *find_reported_pairs(counts, dictionary, settings)]
    given = prepare_input(spark, settings, check_first=True)
    profiles = profile_columns(spark, given.raw, settings)
    asked = [ask_names(given.cases.columns), *ask_header(profiles), *ask_declared(settings)]
    warnings = [*others, *asked, *suspicious(profiles, settings)]
    if settings.protection == "dp":
        require_domain(given.cases, settings)
        return warnings
    return warnings + find_shared_pairs(spark, given.cases, settings)
