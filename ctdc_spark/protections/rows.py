"""The rows that readers will get, and the facts that the ledger says of them."""

from __future__ import annotations

import json
import platform
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

import ctdc_spark
from ctdc_spark.combinations.protect import decode_combinations
from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.evaluation.attributes import ATTRIBUTE_METRICS
from ctdc_spark.protections.context import StageContext
from ctdc_spark.protections.group_size import protected_subjects
from ctdc_spark.release import contracts
from ctdc_spark.release.codebook import codebook_rows
from ctdc_spark.release.microdata import decode_records
from ctdc_spark.release.staged_rows import schema_of
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings


JOINED_DELIMITERS = (";", "|", "¦", "\x1f")
"""Join the values of a column that holds several because several rows were one subject: the first that no value has."""


def effective_delimiters(dictionary: Dictionary, settings: Settings) -> dict[str, str]:
    """What joins the values of each column that may hold several."""
    joined: dict[str, str] = {}
    for index in sorted(dictionary.multi_valued):
        values = (v for c, v in zip(dictionary.column_of, dictionary.values, strict=True) if c == index)
        taken = set("".join(values))
        free = next((mark for mark in JOINED_DELIMITERS if mark not in taken), JOINED_DELIMITERS[-1])
        name = dictionary.columns[index]
        joined[name] = settings.multi_value_columns.get(name, free)
    return joined


def ledger_facts(context: StageContext, dictionary: Dictionary) -> dict[str, Any]:
    """What the ledger will say of the release, but for when it was published and what was proven."""
    settings = context.settings
    asked = {
        **settings.public_settings(),
        "use_columns": list(dictionary.columns),  # the table may have more: those of other releases
        "multi_value_columns": effective_delimiters(dictionary, settings),
    }
    return {
        "protection": settings.protection,
        "title": settings.report_title or "Synthetic case records",
        "protected_number_of_subjects": protected_subjects(dictionary, settings),
        "number_of_synthetic_records": context.workspace.facts("synthesis")["records"],
        "reporting_length": context.workspace.facts("combinations")["max_length"],
        "reporting_threshold": settings.threshold,
        "reporting_precision": settings.precision,
        "guarantee": str(settings.guarantee),
        "synthesis_mode": settings.synthesis_mode,
        "settings": json.dumps(asked, sort_keys=True, ensure_ascii=False),
        "versions": json.dumps(_versions(context), sort_keys=True),
    }


def stage_tables(
    context: StageContext, dictionary: Dictionary, figures: tuple[DataFrame, DataFrame], *, named: Dictionary
) -> None:
    """Write out the rows that readers will get.

    Args:
        context: the workspace they come from and the staging they go to.
        dictionary: the attributes.
        figures: (combination array<int>, protected_count bigint), and the METRICS to be published.
        named: the attributes whose values the codebook may name, with counts of at least the threshold.
    """
    settings, workspace, staging = context.settings, context.workspace, context.staging
    reported, metrics = figures
    synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    delimiters = effective_delimiters(dictionary, settings)
    records = decode_records(synthetic, dictionary, delimiters, settings.resolved_release_id)
    positions = ["record_id", *(f"c{i}" for i in range(len(dictionary.columns)))]
    codebook = context.spark.createDataFrame(codebook_rows(named, settings), schema_of(contracts.CODEBOOK))
    attributes = workspace.read(contracts.ATTRIBUTE_METRICS.name, ATTRIBUTE_METRICS)
    tables = {
        contracts.SYNTHETIC_MICRODATA: records.toDF(*positions),
        contracts.AGGREGATE_COUNTS.name: decode_combinations(reported, dictionary),
        contracts.EVALUATION_METRICS.name: metrics.coalesce(1),
        contracts.ATTRIBUTE_METRICS.name: attributes.coalesce(1),
        contracts.CODEBOOK.name: codebook.coalesce(1),
    }
    run_concurrently([partial(staging.write, name, rows) for name, rows in tables.items()])


def _versions(context: StageContext) -> dict[str, str]:
    versions = {
        "ctdc-spark": ctdc_spark.__version__,
        "spark": context.spark.version,
        "python": platform.python_version(),
    }
    try:
        versions["delta"] = metadata.version("delta-spark")
    except metadata.PackageNotFoundError:
        versions["delta"] = "the cluster's own"
    return versions
