"""The stage between the sensitive side and publication: write out what readers will get, verify it, seal it.

The verifier reads the staged rows and the input, and nothing that the stages before have left. What fails is removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.combinations.protect import protect_combinations
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.protections.context import StageContext
from ctdc_spark.protections.rows import ledger_facts, stage_tables
from ctdc_spark.release.promises import add_promises
from ctdc_spark.release.seal import Seal
from ctdc_spark.release.staged_rows import digest_rows, staged_tables
from ctdc_spark.storage.model_binding import add_model
from ctdc_spark.verification.checks import verify
from ctdc_spark.verification.group_size import read_published_side, read_sensitive_side

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.proof.findings import Verification
    from ctdc_spark.protections.context import StageFigures


def run_proof(context: StageContext) -> StageFigures:
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
    proven = ledger | {"proof": _write_proof(context, verification, ledger)}
    Seal(tuple(columns), workspace.facts("combinations")["combinations"], digests, proven).close(staging)
    if not context.settings.keep_intermediates:
        workspace.remove()
    return {"checks": len(verification.findings), "failed": 0}


def _verify_staged(context: StageContext, ledger: dict[str, Any]) -> Verification:
    workspace = context.workspace
    try:
        sensitive = read_sensitive_side(context.spark, context.settings, workspace.materialize)
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
