"""The stage that publishes: the tables of a release by their contracts, and the ledger's row that makes it complete."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

import ctdc_spark
from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.combinations.protect import protect_combinations, read_combinations
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.release import contracts
from ctdc_spark.release.codebook import codebook_rows
from ctdc_spark.release.microdata import read_records
from ctdc_spark.release.writer import retract_release, write_release_rows
from ctdc_spark.stages import StageContext, protected_subjects
from ctdc_spark.synthesis.case import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.dictionary import Dictionary
    from ctdc_spark.progress import Facts
    from ctdc_spark.settings import Settings

ROWS_A_FILE = 1_000_000
"""Rows of one published file: some tens of megabytes."""

JOINED_DELIMITERS = (";", "|", "¦", "\x1f")
"""Join the values of a column that holds several because several rows were one subject: the first that no value has."""


def run_release(context: StageContext) -> Facts:
    """Publish the tables; the ledger's row comes last and makes the release complete."""
    settings, workspace, place = context.settings, context.workspace, context.place
    workspace.facts("evaluation")
    dictionary = workspace.read_dictionary()
    made = workspace.facts("synthesis")["records"]
    release_id = settings.resolved_release_id
    delimiters = effective_delimiters(dictionary, settings)

    synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    counted = workspace.read("combination_counts", COMBINATION_COUNTS)
    reported = protect_combinations(counted, settings.threshold, settings.precision)
    found = workspace.facts("combinations")["combinations"]
    by_length = ("length", F.desc("protected_count"), "combination_text")
    codebook = context.spark.createDataFrame(codebook_rows(dictionary, settings), schema_of(contracts.CODEBOOK))
    tables = [
        (
            contracts.microdata_contract(dictionary.columns),
            spread_rows(read_records(synthetic, dictionary, delimiters, release_id), made, "record_id"),
        ),
        (contracts.AGGREGATE_COUNTS, spread_rows(read_combinations(reported, dictionary), found, *by_length)),
        (contracts.EVALUATION_METRICS, workspace.read("reported_metrics", METRICS).coalesce(1)),
        (contracts.CODEBOOK, codebook),
    ]
    retract_release(context.spark, place, release_id)
    for contract, rows in tables:
        publish_rows(context, rows, contract)
    complete_release(context, dictionary, Made(made, str(settings.guarantee), settings.synthesis_mode))
    return {"synthetic_records": made, "place": place.name("<table>")}


@dataclass(frozen=True)
class Made:
    """What the ledger says of how the records were made."""

    records: int
    guarantee: str
    mode: str


def complete_release(context: StageContext, dictionary: Dictionary, made: Made) -> None:
    """Write the ledger's row."""
    ledger = [_ledger_row(context, dictionary, made)]
    publish_rows(context, context.spark.createDataFrame(ledger, schema_of(contracts.RELEASES)), contracts.RELEASES)


def effective_delimiters(dictionary: Dictionary, settings: Settings) -> dict[str, str]:
    """What joins the values of each column that may hold several."""
    joined: dict[str, str] = {}
    for index in sorted(dictionary.lists):
        values = (v for c, v in zip(dictionary.column_of, dictionary.values, strict=True) if c == index)
        taken = set("".join(values))
        free = next((mark for mark in JOINED_DELIMITERS if mark not in taken), JOINED_DELIMITERS[-1])
        name = dictionary.columns[index]
        joined[name] = settings.multi_value_columns.get(name, free)
    return joined


def publish_rows(context: StageContext, rows: DataFrame, contract: contracts.Contract) -> None:
    """Replace this release's rows of one table."""
    write_release_rows(rows, context.place, contract, context.settings.resolved_release_id)


def spread_rows(rows: DataFrame, number: int, *order: Any) -> DataFrame:
    """Sorted rows in files of bounded size; the order says nothing of how they were made."""
    parts = 1 + number // ROWS_A_FILE
    spread = rows.repartition(1) if parts == 1 else rows.repartitionByRange(parts, *order)
    return spread.sortWithinPartitions(*order)


def schema_of(contract: contracts.Contract) -> str:
    """The contract's columns without release_id, for rows made on the driver."""
    return ", ".join(f"`{column.name}` {column.type}" for column in contract.columns[1:])


def _ledger_row(context: StageContext, dictionary: Dictionary, made: Made) -> tuple[object, ...]:
    settings = context.settings
    asked = {
        **settings.public_settings(),
        "use_columns": list(dictionary.columns),  # the table may have more: those of other releases
        "multi_value_columns": effective_delimiters(dictionary, settings),
    }
    versions = {
        "ctdc-spark": ctdc_spark.__version__,
        "spark": context.spark.version,
        "python": platform.python_version(),
    }
    try:
        versions["delta"] = metadata.version("delta-spark")
    except metadata.PackageNotFoundError:
        versions["delta"] = "the cluster's own"
    return (
        settings.report_title or "Synthetic case records",
        datetime.now(timezone.utc),
        protected_subjects(dictionary, settings),
        made.records,
        context.workspace.facts("combinations")["max_length"],
        settings.threshold,
        settings.precision,
        made.guarantee,
        made.mode,
        json.dumps(asked, sort_keys=True, ensure_ascii=False),
        json.dumps(versions, sort_keys=True),
    )
