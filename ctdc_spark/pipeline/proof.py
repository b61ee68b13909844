"""The stage between the sensitive side and publication: write out what readers will get, verify it, seal it.

The verifier reads the staged rows and the input, and nothing that the stages before have left. What fails is removed.
"""

from __future__ import annotations

import json
import platform
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

import ctdc_spark
from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.combinations.protect import protect_combinations, read_combinations
from ctdc_spark.engine.concurrency import run_together
from ctdc_spark.evaluation.attributes import ATTRIBUTE_METRICS
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.protections.group_size import StageContext, protected_subjects
from ctdc_spark.release import contracts
from ctdc_spark.release.codebook import codebook_rows
from ctdc_spark.release.microdata import read_records
from ctdc_spark.release.promises import add_promises
from ctdc_spark.release.staged_rows import digest_rows, schema_of, staged_tables
from ctdc_spark.storage.model_binding import add_model
from ctdc_spark.synthesis.case import SYNTHETIC_RECORDS
from ctdc_spark.verification.checks import verify
from ctdc_spark.verification.group_size import read_published_side, read_sensitive_side

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.pipeline.progress import Facts
    from ctdc_spark.proof.findings import Verification
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings

JOINED_DELIMITERS = (";", "|", "¦", "\x1f")
"""Join the values of a column that holds several because several rows were one subject: the first that no value has."""


def run_proof(context: StageContext) -> Facts:
    """Stage the rows to be published, verify them against the input, and seal them.

    Raises:
        PrivacyGateError: a promise is broken; the staged rows are removed.
    """
    workspace, staging = context.workspace, context.staging
    workspace.facts("evaluation")
    staging.begin()
    dictionary = workspace.read_dictionary()
    counted = workspace.read("combination_counts", COMBINATION_COUNTS)
    reported = protect_combinations(counted, context.settings.threshold, context.settings.precision)
    stage_tables(context, dictionary, (reported, _with_proof(context)), named=dictionary)
    ledger, columns = ledger_facts(context, dictionary), list(dictionary.columns)
    with staging.removed_unless_proven():
        digests = digest_rows(staged_tables(staging, columns))  # before they are verified: what is proven is this
        verification = _verify_staged(context, ledger)
        verification.require()
    workspace.require_claim()
    staging.seal(
        {
            "columns": columns,
            "combinations": workspace.facts("combinations")["combinations"],
            "digests": digests,
            "ledger": ledger | {"proof": _write_proof(context, verification, ledger)},
        }
    )
    if not context.settings.keep_intermediates:
        workspace.remove()
    return {"checks": len(verification.findings), "failed": 0}


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


def ledger_facts(context: StageContext, dictionary: Dictionary) -> dict[str, Any]:
    """What the ledger will say of the release, but for when it was published and what was proven."""
    settings = context.settings
    asked = {
        **settings.public_settings(),
        "use_columns": list(dictionary.columns),  # the table may have more: those of other releases
        "multi_value_columns": effective_delimiters(dictionary, settings),
    }
    return {
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
    records = read_records(synthetic, dictionary, delimiters, settings.resolved_release_id)
    positions = ["record_id", *(f"c{i}" for i in range(len(dictionary.columns)))]
    codebook = context.spark.createDataFrame(codebook_rows(named, settings), schema_of(contracts.CODEBOOK))
    attributes = workspace.read(contracts.ATTRIBUTE_METRICS.name, ATTRIBUTE_METRICS)
    tables = {
        contracts.SYNTHETIC_MICRODATA: records.toDF(*positions),
        contracts.AGGREGATE_COUNTS.name: read_combinations(reported, dictionary),
        contracts.EVALUATION_METRICS.name: metrics.coalesce(1),
        contracts.ATTRIBUTE_METRICS.name: attributes.coalesce(1),
        contracts.CODEBOOK.name: codebook.coalesce(1),
    }
    run_together([partial(staging.write, name, rows) for name, rows in tables.items()])


def _verify_staged(context: StageContext, ledger: dict[str, Any]) -> Verification:
    workspace = context.workspace
    try:
        sensitive = read_sensitive_side(context.spark, context.settings, workspace.keep)
        columns = list(sensitive.dictionary.columns)
        published = read_published_side(staged_tables(context.staging, columns), ledger, columns)
        return verify(sensitive, published, context.settings)
    finally:
        workspace.discard("packed_again")  # it held rare values


def _with_proof(context: StageContext) -> DataFrame:
    """The metrics, and how many checks failed: 0, or they are not published. The ledger has each check's numbers."""
    rows = [("failed_checks", "proof", None, None, None, 0.0)]
    metrics = context.workspace.read("reported_metrics", METRICS)
    return metrics.unionByName(context.spark.createDataFrame(rows, METRICS))


def _write_proof(context: StageContext, verification: Verification, ledger: dict[str, Any]) -> str:
    """What the ledger says of the proof, and of the model whose records were proven."""
    proof = add_promises(verification.to_json(), ledger)
    return add_model(proof, context.workspace.facts("synthesis").get("trained_model"))


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
