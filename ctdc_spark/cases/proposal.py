"""A first settings file for data that nobody has described yet: `ctdc-spark init`.

The text holds names of columns, rounded numbers of values and rounded edges of ranges; no value of the
data.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdc_spark.addresses import hide_credentials
from ctdc_spark.cases.columns import require_usable_names
from ctdc_spark.cases.guess import guess_input
from ctdc_spark.cases.profile import profile_columns
from ctdc_spark.cases.proposal_text import LEFT_OUT, Proposal, write_proposal
from ctdc_spark.cases.proposed_bins import propose_edges
from ctdc_spark.cases.source import load_cases, open_cases
from ctdc_spark.errors import DataError
from ctdc_spark.io.files import require_no_credentials
from ctdc_spark.settings import build_settings
from ctdc_spark.settings.rules import RESERVED_COLUMNS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ARRAY_DELIMITER = "|"
"""Joins the parts of an array; rarely part of a value."""


@dataclass(frozen=True)
class _Loaded:
    keys: dict[str, object]
    unusable: dict[str, str]
    cases: DataFrame


def propose_settings(
    spark: SparkSession,
    path: str,
    *,
    delimiter: str | None = None,
    output_dir: str = "release",
    sensitive_dir: str = "release_sensitive",
) -> str:
    """Look at data and return settings for them, as YAML with comments.

    Args:
        spark: the session.
        path: a file, a folder or a pattern.
        delimiter: of delimited text; default: guessed from the header.
        output_dir: folder to publish into.
        sensitive_dir: folder of sensitive intermediate results.

    Raises:
        DataError: the data cannot be read, or no column of them could be published.
        SettingsError: the address holds credentials.
    """
    require_no_credentials(path, "DATA")
    try:
        guessed: dict[str, object] = {**guess_input(spark, path, delimiter)}
    except DataError as error:  # there is no settings file yet
        raise DataError(str(error).removesuffix("; check sensitive_microdata_path")) from None
    guessed |= {"output_dir": output_dir, "sensitive_dir": sensitive_dir}
    loaded = _load_guessed(spark, guessed)
    settings = build_settings(loaded.keys)
    profiles = profile_columns(spark, loaded.cases, settings)
    numbers = [profile.name for profile in profiles if profile.kind == "number" and profile.numeric == 1]
    edges = propose_edges(loaded.cases, numbers, settings)
    proposal = Proposal(loaded.keys, profiles, loaded.unusable, edges)
    if not proposal.used:
        reasons = "; ".join(f"{profile.name} {LEFT_OUT[profile.kind]}" for profile in profiles)
        raise DataError(f"{hide_credentials(path)}: found no column that could be published: {reasons}")
    return write_proposal(proposal)


def _load_guessed(spark: SparkSession, guessed: dict[str, object]) -> _Loaded:
    """Load with the guessed encoding, or with that of Windows if only so the text can be read."""
    try:
        return _load(spark, guessed)
    except DataError as error:
        if guessed.get("sensitive_microdata_encoding") != "utf-8":
            raise
        with suppress(DataError):
            return _load(spark, guessed | {"sensitive_microdata_encoding": "windows-1252"})
        raise error from None


def _load(spark: SparkSession, guessed: dict[str, object]) -> _Loaded:
    opened = open_cases(spark, build_settings(guessed))
    require_usable_names(opened)
    arrays = [opened.names[i] for i in opened.undelimited]
    unusable = {opened.names[i]: "is of a type that is not one value" for i in opened.refused}
    unusable |= {
        name: "has a name that the published tables need"
        for name in opened.names
        if name.casefold() in RESERVED_COLUMNS
    }
    usable = [name for name in opened.names if name not in unusable or name in arrays]
    if not usable:
        raise DataError(f"{opened.place}: found no column that can be used")
    keys = guessed | {"use_columns": usable, "multi_value_columns": dict.fromkeys(arrays, ARRAY_DELIMITER)}
    cases, _ = load_cases(spark, build_settings(keys))
    return _Loaded(keys, {name: why for name, why in unusable.items() if name not in usable}, cases)
