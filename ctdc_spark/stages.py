"""Each stage of a release as a function of its context: read from the workspace, call the room's code, write back.

What a stage returns are publishable figures for progress lines: protected or synthetic counts, never exact ones.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

import ctdc_spark
from ctdc_spark import files
from ctdc_spark.cases.dictionary import Dictionary, count_attributes
from ctdc_spark.cases.encode import ENCODED_RECORDS, encode_cases
from ctdc_spark.cases.prepare import PreparedCases, prepare_cases
from ctdc_spark.cases.source import load_cases
from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_combinations, plan_counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import protect_combinations, protect_count, read_combinations
from ctdc_spark.errors import DataError
from ctdc_spark.evaluation.evaluate import (
    Counts,
    evaluate_reported,
    evaluate_restricted,
    expansion_row,
    proven_rows,
)
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.proof.gate import Proof
from ctdc_spark.proof.guarantees import Promise, prove
from ctdc_spark.release import contracts
from ctdc_spark.release.codebook import codebook_rows
from ctdc_spark.release.microdata import read_records
from ctdc_spark.release.place import Place, find_release
from ctdc_spark.release.writer import retract_release, write_release_rows
from ctdc_spark.synthesis.case import SYNTHETIC_RECORDS, Case
from ctdc_spark.synthesis.synthesize import synthesize

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.progress import Facts
    from ctdc_spark.settings import Settings
    from ctdc_spark.workspace import Workspace

ROWS_A_FILE = 1_000_000
"""Rows of one published file: some tens of megabytes."""

ALL_LENGTHS = 1_000
"""Longer than any record: the plan cuts it to the longest one."""

JOINED_DELIMITERS = (";", "|", "¦", "\x1f")
"""Join the values of a column that holds several because several rows were one subject: the first that no value has."""


@dataclass(frozen=True)
class StageContext:
    """What every stage is given."""

    spark: SparkSession
    settings: Settings
    workspace: Workspace
    place: Place
    say: Callable[[str], None]


def run_cases(context: StageContext) -> Facts:
    """Read, prepare and encode the sensitive data."""
    settings, workspace = context.settings, context.workspace
    raw, _ = load_cases(context.spark, settings)
    prepared, dictionary = count_prepared(raw, settings)
    workspace.begin_stage("cases")
    workspace.write("encoded_records", encode_cases(prepared, dictionary))
    workspace.write_dictionary(dictionary)
    facts = {
        "columns": dictionary.columns,
        "subjects": dictionary.subjects,
        "lists": sorted(dictionary.lists),
    }
    workspace.finish_stage("cases", facts)
    return {"subjects_protected": _protected_subjects(dictionary, settings), "attributes": len(dictionary)}


def count_prepared(raw: DataFrame, settings: Settings) -> tuple[PreparedCases, Dictionary]:
    """Prepare the raw rows and count their attributes.

    Raises:
        DataError: nothing can be published from these data with these settings.
    """
    prepared = prepare_cases(raw, settings)
    if settings.reporting_length > len(prepared.columns):
        raise DataError(
            f"reporting_length: found {settings.reporting_length}, but {len(prepared.columns)} columns are used; "
            f"allowed: -1 (all lengths) or 1 to {len(prepared.columns)}"
        )
    return prepared, count_attributes(prepared, settings.threshold)


def run_combinations(context: StageContext) -> Facts:
    """Count all frequent short combinations exactly."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("combinations")
    records = workspace.read("encoded_records", ENCODED_RECORDS)
    length = ALL_LENGTHS if settings.reporting_length == -1 else settings.reporting_length
    plan = plan_counting(records, Limits(settings.threshold, length), settings.max_combinations)
    context.say(f"           plan: {plan.describe()}")
    workspace.write("combination_counts", count_combinations(records, plan))
    counts = workspace.read("combination_counts", COMBINATION_COUNTS)
    found = counts.count()
    if found > settings.max_combinations:
        raise DataError(
            f"max_combinations: {found:,} combinations were found, allowed are {settings.max_combinations:,}. "
            "Lower reporting_length, use fewer columns, or raise max_combinations"
        )
    workspace.finish_stage("combinations", {"combinations": found, "max_length": plan.limits.max_length})
    return {"combinations": found, "units_of_work": len(plan.units)}


def run_synthesis(context: StageContext) -> Facts:
    """Make synthetic records and prove every one of them."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("synthesis")
    dictionary = workspace.read_dictionary()
    sensitive = workspace.read("encoded_records", ENCODED_RECORDS)

    def keep(table: str, frame: DataFrame, schema: str) -> DataFrame:
        workspace.write(table, frame)
        return workspace.read(table, schema)

    case = Case(
        records=sensitive,
        counts=workspace.read("combination_counts", COMBINATION_COUNTS),
        max_length=workspace.facts("combinations")["max_length"],
        dictionary=dictionary,
        settings=settings,
        keep=keep,
        say=context.say,
    )
    synthetic = keep("synthetic_records", synthesize(case), SYNTHETIC_RECORDS)
    proof = prove(synthetic, sensitive, dictionary, Promise.of(settings, case.max_length))
    made = synthetic.agg(F.sum("weight")).collect()[0][0] or 0
    if not made:
        raise DataError("no synthetic record could be made: no record's attributes are shared by k subjects")
    workspace.finish_stage("synthesis", {"records": made, "proven": proof.asked})
    return {"records": made, "distinct_records_proven": proof.asked}


def run_evaluation(context: StageContext) -> Facts:
    """Count the synthetic records' combinations with the same engine and compare."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("evaluation")
    made = workspace.facts("synthesis")
    dictionary = workspace.read_dictionary()
    sensitive = workspace.read("encoded_records", ENCODED_RECORDS)
    synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    length = workspace.facts("combinations")["max_length"]
    workspace.write("synthetic_counts", count_combinations(synthetic, plan_counting(synthetic, Limits(1, length))))
    frequent = workspace.read("combination_counts", COMBINATION_COUNTS)
    counts = Counts(
        frequent=frequent,
        reported=protect_combinations(frequent, settings.threshold, settings.precision),
        synthetic=workspace.read("synthetic_counts", COMBINATION_COUNTS),
    )
    workspace.write("sensitive_metrics", evaluate_restricted(counts, sensitive, dictionary, settings.threshold))
    restricted = workspace.read("sensitive_metrics", METRICS)
    # the synthesis stage ends only if nothing failed
    proof = Proof(asked=made["proven"], failed=0) if settings.guarantee == "strict" else None
    published = (
        evaluate_reported(counts, settings.threshold)
        .unionByName(proven_rows(restricted, proof))
        .unionByName(expansion_row(restricted, made["records"], _protected_subjects(dictionary, settings)))
    )
    workspace.write("reported_metrics", published)
    workspace.finish_stage("evaluation", {})
    return _headline(workspace.read("reported_metrics", METRICS))


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
    codebook = context.spark.createDataFrame(codebook_rows(dictionary, settings), _schema(contracts.CODEBOOK))
    tables = [
        (
            contracts.microdata_contract(dictionary.columns),
            _spread(read_records(synthetic, dictionary, delimiters, release_id), made, "record_id"),
        ),
        (contracts.AGGREGATE_COUNTS, _spread(read_combinations(reported, dictionary), found, *by_length)),
        (contracts.EVALUATION_METRICS, workspace.read("reported_metrics", METRICS).coalesce(1)),
        (contracts.CODEBOOK, codebook),
    ]
    retract_release(context.spark, place, release_id)
    for contract, rows in tables:
        _publish(context, rows, contract)
    ledger = [_ledger_row(context, dictionary, made)]
    _publish(context, context.spark.createDataFrame(ledger, _schema(contracts.RELEASES)), contracts.RELEASES)
    return {"synthetic_records": made, "place": place.name("<table>")}


def run_explore(context: StageContext) -> Facts:
    """Write the page from the published tables alone.

    Raises:
        DataError: the release is not complete.
    """
    from ctdc_spark.explorer.page import build_page
    from ctdc_spark.explorer.read import read_page_data

    path = page_path(context.settings)
    if path is None:
        context.say("no page: the settings name an output_schema but no output_dir")
        return {"page": None}
    release_id = context.settings.resolved_release_id
    if not find_release(context.spark, context.place, release_id):
        raise DataError(
            f"release '{release_id}' is not complete in {context.place.name(contracts.RELEASES.name)}: "
            "run `ctdc-spark release` or `ctdc-spark run` first"
        )
    tables = {
        table: context.place.read(context.spark, table).where(F.col("release_id") == release_id)
        for table in contracts.TABLES
    }
    files.write_text(path, build_page(read_page_data(tables)))
    return {"page": path}


def page_path(settings: Settings) -> str | None:
    """Where the page of a release lies; None without an output folder."""
    if settings.output_dir is None:
        return None
    return files.join(settings.output_dir, f"{settings.resolved_release_id}.html")


def effective_delimiters(dictionary: Dictionary, settings: Settings) -> dict[str, str]:
    """What joins the values of each column that may hold several."""
    values: dict[int, list[str]] = {i: [] for i in sorted(dictionary.lists)}
    for column, value in zip(dictionary.column_of, dictionary.values, strict=True):
        if column in values:
            values[column].append(value)
    free = {i: [d for d in JOINED_DELIMITERS if not any(d in value for value in values[i])] for i in values}
    return {
        dictionary.columns[i]: settings.multi_value_columns.get(dictionary.columns[i])
        or (free[i] or JOINED_DELIMITERS)[0]
        for i in values
    }


def _protected_subjects(dictionary: Dictionary, settings: Settings) -> int:
    return protect_count(dictionary.subjects, settings.threshold, settings.precision) or 0


def _publish(context: StageContext, rows: DataFrame, contract: contracts.Contract) -> None:
    write_release_rows(rows, context.place, contract, context.settings.resolved_release_id)


def _spread(rows: DataFrame, number: int, *order: Any) -> DataFrame:
    """Sorted rows in files of bounded size; the order says nothing of how they were made."""
    parts = 1 + number // ROWS_A_FILE
    spread = rows.repartition(1) if parts == 1 else rows.repartitionByRange(parts, *order)
    return spread.sortWithinPartitions(*order)


def _schema(contract: contracts.Contract) -> str:
    return ", ".join(f"`{column.name}` {column.type}" for column in contract.columns[1:])


def _ledger_row(context: StageContext, dictionary: Dictionary, made: int) -> tuple[object, ...]:
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
        _protected_subjects(dictionary, settings),
        made,
        context.workspace.facts("combinations")["max_length"],
        settings.threshold,
        settings.precision,
        str(settings.guarantee),
        settings.synthesis_mode,
        json.dumps(asked, sort_keys=True, ensure_ascii=False),
        json.dumps(versions, sort_keys=True),
    )


def _headline(metrics: DataFrame) -> Facts:
    shown = ("presence", "mean_relative_error")
    rows = metrics.where(F.col("count_from").isNull() & F.col("metric").isin(*shown)).orderBy("length").collect()
    return {name: [round(row["value"], 4) for row in rows if row["metric"] == name] for name in shown}
