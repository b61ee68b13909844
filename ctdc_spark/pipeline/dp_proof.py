"""The stage between measuring and publication, with differential privacy: write out, verify, seal.

No record is proven to be anybody's: all rows come from noisy counts. What is verified is that the artifacts agree,
which reads nothing but them; what the seal adds is all that was spent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.proof.findings import Verification
from ctdc_spark.protections.differential_privacy import drawn_before, noise_scales, run_cost, spent_budget, this_run
from ctdc_spark.protections.rows import ledger_facts, stage_tables
from ctdc_spark.release.dp_tables import SealedNoise, Spent
from ctdc_spark.release.seal import Seal
from ctdc_spark.release.staged_rows import digest_rows, staged_tables
from ctdc_spark.verification.differential_privacy import verify_agreement

if TYPE_CHECKING:
    from ctdc_spark.protections.context import StageContext, StageFigures

MODE = "mixture"
"""How the records are made, in the ledger of releases."""


def run_proof(context: StageContext) -> StageFigures:
    """Stage the rows to be published, verify that they agree, and seal them with what they cost.

    Raises:
        PrivacyGateError: records, counts, codebook and metrics do not agree; the staged rows are removed.
    """
    workspace, staging = context.workspace, context.staging
    combinations = workspace.facts("evaluation")["combinations"]
    staging.begin()
    dictionary, cost = workspace.read_dictionary(), run_cost(context)
    fitted = workspace.read("fitted_counts", COMBINATION_COUNTS).withColumnRenamed("count", "protected_count")
    # every value of the domain is public, also one that nobody has
    public = replace(dictionary, counts=(context.settings.threshold,) * len(dictionary))
    stage_tables(context, dictionary, (fitted, workspace.read("reported_metrics", METRICS)), named=public)
    spent = Spent(this_run(context), cost, spent_budget(context), drawn_before(context))
    # noise protects the number of subjects: it may be below the threshold too
    noisy = {"protected_number_of_subjects": dictionary.subjects, "guarantee": cost.guarantee, "synthesis_mode": MODE}
    ledger = ledger_facts(context, dictionary) | noisy
    with staging.removed_unless_proven():
        tables = staged_tables(staging, list(dictionary.columns))
        digests = digest_rows(tables)  # before they are verified: what is proven is this
        verification = Verification(tuple(verify_agreement(tables, ledger, context.settings, workspace.materialize)))
        verification.require()
    workspace.require_claim()
    proven, noise = ledger | {"proof": verification.to_json()}, SealedNoise(noise_scales(context), spent)
    Seal(dictionary.columns, combinations, digests, proven, noise).close(staging)
    if not context.settings.keep_intermediates:
        workspace.remove()
    return {"checks": len(verification.findings), "epsilon_spent": cost.epsilon, "delta": cost.delta}
