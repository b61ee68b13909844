"""A DataFrame as the input of a release: a view that only its session knows, as long as the session lasts.

The view has a random name and does not count as requested: the settings keep the fingerprint that they have without an
input. So nothing that may be published follows from the DataFrame, and a publisher under another identity, without the
DataFrame, finds the release with the same settings. Two DataFrames with the same settings therefore have the same
release id: the second is refused as already published, unless it is given another name.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from uuid import uuid4

from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import ArgumentError, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings

VIEW = "ctdc_spark_dataframe_"
"""How the names of our views begin."""

NAME = "the DataFrame"
"""Its name in messages and plans."""

INPUTS = ("sensitive_microdata_path", "sensitive_microdata_table", "reported_aggregates_path")


def take_dataframe(spark: SparkSession, cases: DataFrame, settings: Settings) -> Settings:
    """The settings with a DataFrame as their input.

    Args:
        spark: the session of the DataFrame.
        cases: the case records, with the columns of the data.
        settings: without an input.

    Raises:
        ArgumentError: `cases` is not a DataFrame of this session that can be read twice, or two columns share a name.
        SettingsError: the settings name an input as well.
    """
    given = [key for key in INPUTS if getattr(settings, key) is not None]
    if given:
        raise SettingsError(f"{given[0]}: found together with a DataFrame; allowed: settings without an input")
    if not hasattr(cases, "createOrReplaceTempView"):
        kind = f"{type(cases).__module__.partition('.')[0]}.{type(cases).__name__}"
        raise ArgumentError(f"cases: found a {kind}; allowed: a Spark DataFrame, such as spark.createDataFrame(...)")
    if cases.isStreaming:
        raise ArgumentError(
            "cases: found a stream, which cannot be read twice; allowed: a DataFrame that is not a stream"
        )
    twice = [name for name, times in Counter(map(str.casefold, cases.columns)).items() if times > 1]
    if twice:
        raise ArgumentError(
            f"cases: found several columns with the same name ({len(twice)} names, such as {twice[0]!r:.60}); allowed: "
            "names that differ in more than upper and lower case"
        )
    view = f"{VIEW}{uuid4().hex}"
    with explained_failures(NAME):
        cases.createOrReplaceTempView(view)
        known = spark.catalog.tableExists(view)
    if not known:
        raise ArgumentError("cases: found a DataFrame of another session; allowed: one of the given session")
    return settings.drawn(sensitive_microdata_table=view)


def is_dataframe(settings: Settings) -> bool:
    """Whether the input is a DataFrame."""
    return (settings.sensitive_microdata_table or "").startswith(VIEW)
