"""The stage that publishes a release with differential privacy: what was spent comes first, the ledger's row last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.combinations.protect import read_combinations
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.noisy_stages import noise_scales, run_cost, spent_budget, this_run
from ctdc_spark.publishing import (
    Made,
    complete_release,
    effective_delimiters,
    publish_rows,
    schema_of,
    spread_rows,
)
from ctdc_spark.release import contracts
from ctdc_spark.release.codebook import codebook_rows
from ctdc_spark.release.microdata import read_records
from ctdc_spark.release.noisy import (
    NOISY_AGGREGATES,
    PRIVACY_BUDGET,
    budget_rows,
    publish_budget,
    require_budget,
    with_noise_scale,
)
from ctdc_spark.release.writer import retract_release
from ctdc_spark.synthesis.case import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from ctdc_spark.progress import Facts
    from ctdc_spark.stages import StageContext

MODE = "mixture"
"""How the records are made, in the ledger of releases."""


def run_release(context: StageContext) -> Facts:
    """Publish the budget, then the tables; the ledger's row comes last and makes the release complete."""
    settings, workspace, place = context.settings, context.workspace, context.place
    workspace.facts("evaluation")
    release_id, cost, run = settings.resolved_release_id, run_cost(context), this_run(context)
    require_budget(context.spark, place, settings, cost, run.name)
    spent = budget_rows(spent_budget(context), run, cost)
    publish_budget(place, release_id, context.spark.createDataFrame(spent, schema_of(PRIVACY_BUDGET)))
    retract_release(context.spark, place, release_id)
    _publish_tables(context)
    made = workspace.facts("synthesis")["records"]
    complete_release(context, workspace.read_dictionary(), Made(made, cost.guarantee, MODE))
    return {"synthetic_records": made, "place": place.name("<table>"), "epsilon_spent": cost.epsilon}


def _publish_tables(context: StageContext) -> None:
    settings, workspace = context.settings, context.workspace
    dictionary, made = workspace.read_dictionary(), workspace.facts("synthesis")["records"]
    synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    delimiters = effective_delimiters(dictionary, settings)
    records = read_records(synthetic, dictionary, delimiters, settings.resolved_release_id)
    fitted = workspace.read("fitted_counts", COMBINATION_COUNTS).withColumnRenamed("count", "protected_count")
    counts = with_noise_scale(read_combinations(fitted, dictionary), noise_scales(context))
    by_length = ("length", F.desc("protected_count"), "combination_text")
    # every value of the domain is public, also one that nobody has
    public = replace(dictionary, counts=(settings.threshold,) * len(dictionary))
    codebook = context.spark.createDataFrame(codebook_rows(public, settings), schema_of(contracts.CODEBOOK))
    tables = [
        (contracts.microdata_contract(dictionary.columns), spread_rows(records, made, "record_id")),
        (NOISY_AGGREGATES, spread_rows(counts, workspace.facts("evaluation")["combinations"], *by_length)),
        (contracts.EVALUATION_METRICS, workspace.read("reported_metrics", METRICS).coalesce(1)),
        (contracts.CODEBOOK, codebook),
    ]
    for contract, rows in tables:
        publish_rows(context, rows, contract)
