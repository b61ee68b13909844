"""The stage between measuring and publication, with differential privacy: write out what readers will get, seal it.

There is nothing to prove record by record: all rows come from noisy counts. What the seal adds is all that was spent.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.noisy_stages import noise_scales, run_cost, spent_budget, this_run
from ctdc_spark.proving import ledger_facts, stage_tables
from ctdc_spark.release.noisy import Spent

if TYPE_CHECKING:
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
    fitted = workspace.read("fitted_counts", COMBINATION_COUNTS).withColumnRenamed("count", "protected_count")
    # every value of the domain is public, also one that nobody has
    public = replace(dictionary, counts=(context.settings.threshold,) * len(dictionary))
    stage_tables(context, dictionary, fitted, named=public)
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
