"""The stage between measuring and publication, with differential privacy: write out what readers will get, seal it.

There is nothing to prove record by record: all rows come from noisy counts. What the seal adds is all that was spent.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.combinations.protect import read_combinations
from ctdc_spark.evaluation.attributes import ATTRIBUTE_METRICS
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.noisy_stages import noise_scales, run_cost, spent_budget, this_run
from ctdc_spark.proving import effective_delimiters, ledger_facts, schema_of
from ctdc_spark.release import contracts
from ctdc_spark.release.codebook import codebook_rows
from ctdc_spark.release.microdata import read_records
from ctdc_spark.release.noisy import Spent
from ctdc_spark.synthesis.case import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from ctdc_spark.cases.dictionary import Dictionary
    from ctdc_spark.progress import Facts
    from ctdc_spark.stages import StageContext

MODE = "mixture"
"""How the records are made, in the ledger of releases."""


NOTHING_PROVEN = "{}"
"""What the ledger says of checks: noise is not proved by looking at the records."""


def run_proof(context: StageContext) -> Facts:
    """Stage the rows to be published and seal them with what they cost."""
    workspace, staging = context.workspace, context.staging
    combinations = workspace.facts("evaluation")["combinations"]
    staging.remove()
    dictionary, cost = workspace.read_dictionary(), run_cost(context)
    _stage_tables(context, dictionary)
    spent = Spent(this_run(context), cost, spent_budget(context))
    made = {"guarantee": cost.guarantee, "synthesis_mode": MODE, "proof": NOTHING_PROVEN}
    workspace.require_claim()
    staging.seal(
        {
            "columns": list(dictionary.columns),
            "combinations": combinations,
            "ledger": ledger_facts(context, dictionary) | made,
            "noise": {"scales": noise_scales(context), **asdict(spent)},
        }
    )
    if not context.settings.keep_intermediates:
        workspace.remove()
    return {"epsilon_spent": cost.epsilon, "delta": cost.delta}


def _stage_tables(context: StageContext, dictionary: Dictionary) -> None:
    settings, workspace, staging = context.settings, context.workspace, context.staging
    synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    delimiters = effective_delimiters(dictionary, settings)
    records = read_records(synthetic, dictionary, delimiters, settings.resolved_release_id)
    fitted = workspace.read("fitted_counts", COMBINATION_COUNTS).withColumnRenamed("count", "protected_count")
    # every value of the domain is public, also one that nobody has
    public = replace(dictionary, counts=(settings.threshold,) * len(dictionary))
    codebook = context.spark.createDataFrame(codebook_rows(public, settings), schema_of(contracts.CODEBOOK))
    staging.write(
        contracts.SYNTHETIC_MICRODATA, records.toDF("record_id", *(f"c{i}" for i in range(len(dictionary.columns))))
    )
    staging.write(contracts.AGGREGATE_COUNTS.name, read_combinations(fitted, dictionary))
    staging.write(contracts.EVALUATION_METRICS.name, workspace.read("reported_metrics", METRICS).coalesce(1))
    attributes = workspace.read(contracts.ATTRIBUTE_METRICS.name, ATTRIBUTE_METRICS)
    staging.write(contracts.ATTRIBUTE_METRICS.name, attributes.coalesce(1))
    staging.write(contracts.CODEBOOK.name, codebook.coalesce(1))
