"""What readers will get: the rows of a release as a protection supplies them, and the ledger's entry for them."""

from __future__ import annotations

import json
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ctdc_spark.combinations.protect import decode_combinations
from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.evaluation.attributes import ATTRIBUTE_METRICS
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.release import contracts
from ctdc_spark.release.codebook import codebook_rows, coverage_rows
from ctdc_spark.release.direct_tables import arrow_schema
from ctdc_spark.release.microdata import RecordDecoder, decode_records
from ctdc_spark.release.rows import MOST_AT_HAND
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS
from ctdc_spark.version import __version__

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.records.coverage import Coverage
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.release.codebook import CodebookRow, CoverageRow
    from ctdc_spark.release.dp_tables import SealedNoise
    from ctdc_spark.settings import Settings
    from ctdc_spark.storage.stage_results import StageFigures


JOINED_DELIMITERS = (";", "|", "¦", "\x1f")
"""Delimiters for a column with several values because a subject had several rows: the first that no value contains."""


@dataclass(frozen=True)
class LedgerTerms:
    """What a protection states of its release in the ledger.

    Attributes:
        protection: its name.
        subjects: their number, in publishable form.
        records: how many synthetic records there are.
        length: attributes of the longest combination that is reported.
        guarantee: what holds for the records.
        mode: how the records were made.
    """

    protection: str
    subjects: int
    records: int
    length: int
    guarantee: str
    mode: str


@dataclass(frozen=True)
class ReleaseRows:
    """What a release consists of, beside tables of the workspace: the synthetic records, and metrics of two kinds.

    Attributes:
        dictionary: the attributes.
        named: the attributes whose values the codebook may name.
        reported: (combination array<int>, protected_count bigint).
        combinations: about how many rows `reported` has.
        ledger: the ledger's row, without the time of publication and what was proven.
        proof: what the ledger states of the proof beside its checks.
        coverage: of the columns, as far as it is known.
        noise: with differential privacy, what was spent and how much noise the counts have.
        figures: what a progress line shows beside the number of checks.
    """

    dictionary: Dictionary
    named: Collection[int]
    reported: DataFrame
    combinations: int
    ledger: Mapping[str, Any]
    proof: Mapping[str, Any] = field(default_factory=dict)
    coverage: Sequence[Coverage] = ()
    noise: SealedNoise | None = None
    figures: StageFigures = field(default_factory=dict)


def effective_delimiters(dictionary: Dictionary, settings: Settings) -> dict[str, str]:
    """The delimiter of each column that may hold several values."""
    joined: dict[str, str] = {}
    for index in sorted(dictionary.multi_valued):
        values = (v for c, v in zip(dictionary.column_of, dictionary.values, strict=True) if c == index)
        taken = set("".join(values))
        free = next((mark for mark in JOINED_DELIMITERS if mark not in taken), JOINED_DELIMITERS[-1])
        name = dictionary.columns[index]
        joined[name] = settings.multi_value_columns.get(name, free)
    return joined


def ledger_row(context: StageContext, dictionary: Dictionary, terms: LedgerTerms) -> dict[str, Any]:
    """The ledger's row for the release, without the time of publication and what was proven."""
    settings = context.settings
    published = {
        **settings.public_settings(),
        "use_columns": list(dictionary.columns),  # the table may have more: those of other releases
        "multi_value_columns": effective_delimiters(dictionary, settings),
    }
    return {
        "title": settings.report_title or "Synthetic case records",
        "protected_number_of_subjects": terms.subjects,
        "number_of_synthetic_records": terms.records,
        "reporting_length": terms.length,
        "reporting_threshold": settings.threshold,
        "reporting_precision": settings.precision,
        "guarantee": terms.guarantee,
        "synthesis_mode": terms.mode,
        "settings": json.dumps(published, sort_keys=True, ensure_ascii=False),
        "versions": json.dumps(_versions(context), sort_keys=True),
        "protection": terms.protection,
    }


def stage_tables(context: StageContext, rows: ReleaseRows) -> None:
    """Write the rows that readers will get to the staging place."""
    made = rows.ledger["number_of_synthetic_records"] + rows.combinations
    if made <= MOST_AT_HAND and context.staging.is_here and context.workspace.is_here:
        _stage_at_hand(context, rows)
    else:
        _stage_by_spark(context, rows)


def _stage_by_spark(context: StageContext, rows: ReleaseRows) -> None:
    settings, workspace, dictionary = context.settings, context.workspace, rows.dictionary
    synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    delimiters = effective_delimiters(dictionary, settings)
    records = decode_records(synthetic, dictionary, delimiters, settings.resolved_release_id)
    codebook = context.spark.createDataFrame(_codebook(context, rows), contracts.CODEBOOK.schema)
    coverage = context.spark.createDataFrame(_coverage(context, rows), contracts.COVERAGE.schema)
    tables = {
        contracts.SYNTHETIC_MICRODATA: records.toDF(*_positions(dictionary)),
        contracts.AGGREGATE_COUNTS.name: decode_combinations(rows.reported, dictionary),
        contracts.EVALUATION_METRICS.name: workspace.read("reported_metrics", METRICS).coalesce(1),
        contracts.ATTRIBUTE_METRICS.name: workspace.read("attribute_metrics", ATTRIBUTE_METRICS).coalesce(1),
        contracts.CODEBOOK.name: codebook.coalesce(1),
        contracts.COVERAGE.name: coverage.coalesce(1),
    }
    run_concurrently([partial(context.staging.write, name, frame) for name, frame in tables.items()])


def _stage_at_hand(context: StageContext, rows: ReleaseRows) -> None:
    """The same for few rows on this machine, of which only the protected counts need Spark: exact ones stay there."""
    settings, workspace, staging, dictionary = context.settings, context.workspace, context.staging, rows.dictionary
    staging.write(contracts.AGGREGATE_COUNTS.name, decode_combinations(rows.reported, dictionary).coalesce(1))
    delimiters = effective_delimiters(dictionary, settings)
    decoder = RecordDecoder(dictionary, delimiters, settings.resolved_release_id)
    schema = pa.schema([(name, pa.string()) for name in ("record_id", *dictionary.columns)])
    records = pa.Table.from_batches(decoder(workspace.read_rows("synthetic_records").to_batches()), schema)
    tables = {
        contracts.SYNTHETIC_MICRODATA: records.rename_columns(_positions(dictionary)),
        contracts.EVALUATION_METRICS.name: workspace.read_rows("reported_metrics"),
        contracts.ATTRIBUTE_METRICS.name: workspace.read_rows("attribute_metrics"),
        contracts.CODEBOOK.name: _at_hand(contracts.CODEBOOK, _codebook(context, rows)),
        contracts.COVERAGE.name: _at_hand(contracts.COVERAGE, _coverage(context, rows)),
    }
    for name, table in tables.items():
        staging.write_rows(name, table)


def _codebook(context: StageContext, rows: ReleaseRows) -> list[CodebookRow]:
    return codebook_rows(rows.dictionary, rows.named, context.settings)


def _coverage(context: StageContext, rows: ReleaseRows) -> list[CoverageRow]:
    return coverage_rows(rows.coverage, rows.dictionary.columns, context.settings)


def _at_hand(contract: contracts.Contract, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows of a table without the release's id."""
    named = [dict(zip(contract.names[1:], row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=arrow_schema(contract))


def _positions(dictionary: Dictionary) -> list[str]:
    """The columns of staged microdata, named by position."""
    return ["record_id", *(f"c{i}" for i in range(len(dictionary.columns)))]


def _versions(context: StageContext) -> dict[str, str]:
    versions = {
        "ctdc-spark": __version__,
        "spark": context.spark.version,
        "python": platform.python_version(),
    }
    try:
        versions["delta"] = metadata.version("delta-spark")
    except metadata.PackageNotFoundError:
        versions["delta"] = "the cluster's own"
    return versions
