"""The stages of a release with differential privacy, beside those of `stages`.

Every number that leaves the executors has its noise already, and every use of the records is written down as a
mechanism. What follows the measuring reads noisy counts alone.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.sql import functions as F

from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_at_once
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.budget import (
    Mechanism,
    choose_delta,
    kept_delta,
    most_delta,
    plan_combinations,
    plan_domain,
    plan_record_lengths,
    plan_reserved,
    plan_subjects,
    rho_left,
    total_cost,
)
from ctdc_spark.differential_privacy.cells import lengths_of
from ctdc_spark.differential_privacy.domain import (
    count_subjects,
    declared_domain,
    name_values,
    number_attributes,
    read_declared,
    refuse_undeclared,
    require_declared,
    slots_of,
)
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.differential_privacy.measuring import (
    NOISY_CELLS,
    choose_max_attributes,
    count_lengths,
    measure_subsets,
    truncate_records,
)
from ctdc_spark.differential_privacy.noise import load_opendp
from ctdc_spark.differential_privacy.selection import MeasuredSubset, are_whole, choose_subsets, whole_subsets
from ctdc_spark.evaluation.attributes import measure_attributes
from ctdc_spark.evaluation.bootstrap import bootstrap_errors
from ctdc_spark.evaluation.evaluate import Counts, evaluate_reported, evaluate_restricted, expansion_row
from ctdc_spark.evaluation.homogeneity import measure_homogeneity
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.release.dp_tables import Cost, Run, published_runs, require_budget
from ctdc_spark.synthesis.mixture.drawing import draw_table
from ctdc_spark.synthesis.mixture.members import Task, fit_members
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.differential_privacy.cells import Slots
    from ctdc_spark.differential_privacy.domain import Domain
    from ctdc_spark.protections.context import StageContext, StageFigures
    from ctdc_spark.records.dictionary import Dictionary


DRAWING = 1_000
"""Keeps the draws of records apart from those of the members."""


def run_cases(context: StageContext) -> StageFigures:
    """Read and encode the records by a domain that is declared or named by noise; count the subjects with noise.

    What can be refused before anything is drawn is; what is drawn is charged to the account before, and the account is
    asked in between.
    """
    settings, workspace = context.settings, context.workspace
    load_opendp()
    request, draw = read_budget_request(settings), Draw.begin(settings.privacy_account)
    most = most_delta(request)
    _require_budget(context, most)
    packed = _pack_input(context)
    refuse_undeclared(packed, declared_domain(settings))
    counting = plan_subjects(request)
    draw = _charge(context, most, draw, counting)
    subjects = count_subjects(packed, counting)
    delta = choose_delta(request, subjects)
    _require_budget(context, delta, draw)
    draws, domain = _find_domain(context, packed, (delta, draw))
    dictionary = number_attributes(packed, domain, subjects)
    workspace.write("encoded_records", encode_cases(packed, dictionary))
    workspace.discard("packed_cases")
    workspace.write_dictionary(dictionary)
    spent = [mechanism.facts() for draw in draws for mechanism in draw.mechanisms]
    workspace.finish_stage("cases", {"delta": delta, "draw": draws[-1].name, "spent": spent})
    return {"subjects_noisy": dictionary.subjects, "attributes": len(dictionary)}


def _charge(context: StageContext, delta: float, draw: Draw, *mechanisms: Mechanism) -> Draw:
    """Charge what a new draw is about to draw, and then ask the account; where it refuses, nothing was charged.

    In this order one of two runs at the same time sees what the other has charged, whoever of them is first.

    Raises:
        DataError: the account does not allow it, or cannot be written.
    """
    account = DrawnAccount.of(context.settings)
    charged = account.charge(draw, *mechanisms)
    try:
        _require_budget(context, delta, charged)
    except BaseException:
        account.withdraw(charged)
        raise
    return charged


def _require_budget(context: StageContext, delta: float, *own: Draw) -> None:
    """Refuse a whole run at this delta that the account does not allow, beside what others have drawn.

    Raises:
        DataError: it is not allowed, or nothing would be left for the counts of combinations.
    """
    request, names = read_budget_request(context.settings), {name for draw in own for name in (draw.name, draw.follows)}
    coming = Cost(rho_left(request, delta) + plan_subjects(request).rho, kept_delta(request, delta), request.epsilon)
    if context.settings.total_epsilon is None:
        return
    beside = _unpublished_draws(context, names)
    require_budget(context.spark, context.place, context.settings, coming, unpublished=beside)


def _unpublished_draws(context: StageContext, own: Collection[str]) -> list[Draw]:
    """What was drawn for the account without a release, `own` draws and those they follow apart.

    Raises:
        DataError: the account in the sensitive place cannot be read.
    """
    name = context.settings.privacy_account
    published = published_runs(context.spark, context.place, name)
    return DrawnAccount.of(context.settings).unpublished(name, {*published, *own})


def _pack_input(context: StageContext) -> PackedCases:
    settings, workspace = context.settings, context.workspace
    given = read_declared(context.spark, settings)
    require_declared(given.cases, settings)
    workspace.begin_stage("cases")
    return given.pack("packed_cases", workspace.materialize)


def _find_domain(context: StageContext, packed: PackedCases, known: tuple[float, Draw]) -> tuple[list[Draw], Domain]:
    """The declared domain, and the named values of columns without one; the draws so far, and what that costs."""
    declared, (delta, draw) = declared_domain(context.settings), known
    open_columns = [i for i, name in enumerate(packed.columns) if name not in declared]
    if not open_columns:
        return [draw], declared
    mechanism, threshold = plan_domain(read_budget_request(context.settings), delta, len(open_columns))
    # a draw of its own: the one before may have been published by another run, and then counts as it was
    naming = _charge(context, delta, Draw.begin(draw.account, draw.name), mechanism)
    return [draw, naming], {**declared, **name_values(packed, open_columns, mechanism, threshold)}


def run_combinations(context: StageContext) -> StageFigures:
    """Count all short combinations with noise; where the account does not allow it, an earlier count stays."""
    settings, workspace = context.settings, context.workspace
    before, account = workspace.facts("cases"), DrawnAccount.of(settings)
    delta, request = before["delta"], read_budget_request(settings)
    by_length, reserved = plan_record_lengths(request, delta), plan_reserved(request, delta)
    draw = _charge(context, delta, Draw.begin(settings.privacy_account, before["draw"]), by_length, reserved)
    workspace.begin_stage("combinations")
    slots = slots_of(workspace.read_dictionary())
    records = workspace.read("encoded_records", ENCODED_RECORDS)
    max_attributes = choose_max_attributes(
        count_lengths(records, slots, by_length.scale), settings.percentile_percentage
    )
    mechanisms = plan_combinations(request, delta, max_attributes, lengths_of(slots, settings.reporting_length))
    draw = account.charge(draw.without_reserved(), *mechanisms)
    subsets = _measure(context, truncate_records(records, max_attributes), slots, mechanisms)
    facts = {
        "run": draw.name,
        "max_attributes": max_attributes,
        "max_length": settings.reporting_length,
        "spent": [m.facts() for m in draw.mechanisms],
        "subsets": {length: subset.attributes for length, subset in subsets.items()},
    }
    workspace.finish_stage("combinations", facts)
    return {
        "attributes_kept_of_a_record": max_attributes,
        "attributes_measured": [len(subset.attributes) for subset in subsets.values()],
        "noise": [round(m.scale, 1) for m in mechanisms],
    }


def _measure(
    context: StageContext, records: DataFrame, slots: Slots, mechanisms: list[Mechanism]
) -> dict[int, MeasuredSubset]:
    """Write NOISY_CELLS and say what was measured; where not all can be, the single counts come first and choose."""
    workspace, lengths = context.workspace, [int(mechanism.length or 0) for mechanism in mechanisms]
    subsets = whole_subsets(slots, lengths)
    if are_whole(slots, lengths):
        workspace.write("noisy_cells", measure_subsets(records, slots, subsets, mechanisms))
        return subsets
    single = workspace.materialize(
        "noisy_singles", measure_subsets(records, slots, subsets, mechanisms[:1]), NOISY_CELLS
    )
    subsets = choose_subsets(slots, np.frombuffer(bytes(single.collect()[0]["counts"]), np.int64), lengths)
    workspace.write("noisy_cells", single.unionByName(measure_subsets(records, slots, subsets, mechanisms[1:])))
    return subsets


def spent_budget(context: StageContext) -> list[Mechanism]:
    """Every mechanism of this run."""
    both = (context.workspace.facts(stage)["spent"] for stage in ("cases", "combinations"))
    return [Mechanism(**facts) for spent in both for facts in spent]


def run_cost(context: StageContext) -> Cost:
    """What this run costs, from its mechanisms and not from what was wished."""
    delta = context.workspace.facts("cases")["delta"]
    rho, epsilon = total_cost(spent_budget(context), delta)
    return Cost(rho, delta, epsilon)


def this_run(context: StageContext) -> Run:
    """The name of this run, new whenever noise was drawn anew, and its account."""
    return Run(context.workspace.facts("combinations")["run"], context.settings.privacy_account)


def drawn_before(context: StageContext) -> list[Draw]:
    """What was drawn for the account without a release, this run apart."""
    own = {context.workspace.facts("cases")["draw"], this_run(context).name}
    return _unpublished_draws(context, own)


def run_synthesis(context: StageContext) -> StageFigures:
    """Fit a mixture to the noisy counts and draw whole records; their counts are what is published."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("synthesis")
    mixture = fit_members(workspace.read("noisy_cells", NOISY_CELLS), _fitting_task(context))
    fitted = round(mixture.records)
    made = settings.target_number_of_records or fitted
    workspace.write("fitted_records", draw_table(context.spark, mixture, fitted, (settings.resolved_seed, DRAWING)))
    if made == fitted:
        workspace.write("synthetic_records", workspace.read("fitted_records", SYNTHETIC_RECORDS))
    else:
        workspace.write(
            "synthetic_records", draw_table(context.spark, mixture, made, (settings.resolved_seed, DRAWING + 1))
        )
    workspace.finish_stage("synthesis", {"records": made})
    return {"records": made}


def _fitting_task(context: StageContext) -> Task:
    dictionary = context.workspace.read_dictionary()
    deviation = math.sqrt(2) * spent_budget(context)[0].scale  # of the Laplace noise on the number of subjects
    slots, measured = slots_of(dictionary), context.workspace.facts("combinations")["subsets"]
    subsets = {int(length): MeasuredSubset.of(slots, attributes) for length, attributes in measured.items()}
    return Task(slots, subsets, dictionary.subjects, deviation, noise_scales(context), context.settings.resolved_seed)


def noise_scales(context: StageContext) -> dict[int, float]:
    """The scale of the noise on the counts of each measured length."""
    return {int(m.length or 0): m.scale for m in spent_budget(context) if m.purpose == "combinations"}


def run_evaluation(context: StageContext) -> StageFigures:
    """Count the fitted records; compare with the exact counts, for the sensitive place alone."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("evaluation")
    made, dictionary = workspace.facts("synthesis"), workspace.read_dictionary()
    length = workspace.facts("combinations")["max_length"]
    for table, lowest in (("fitted", settings.threshold), ("synthetic", 1)):
        records = workspace.read(f"{table}_records", SYNTHETIC_RECORDS)
        workspace.write(f"{table}_counts", count_at_once(records, Limits(lowest, length)))
    fitted, synthetic = (workspace.read(f"{name}_counts", COMBINATION_COUNTS) for name in ("fitted", "synthetic"))
    sensitive = workspace.read("encoded_records", ENCODED_RECORDS)
    workspace.write("combination_counts", count_at_once(sensitive, Limits(settings.threshold, length)))
    counts = Counts(
        frequent=workspace.read("combination_counts", COMBINATION_COUNTS),
        reported=fitted.withColumnRenamed("count", "protected_count"),
        synthetic=synthetic,
    )
    exact = evaluate_restricted(counts, sensitive, with_fitted_counts(dictionary, fitted), settings.threshold)
    workspace.write_restricted("sensitive_metrics", exact, METRICS)
    workspace.write("attribute_metrics", measure_attributes(counts.reported, synthetic, dictionary))
    published = (
        evaluate_reported(counts, settings.threshold)
        .unionByName(expansion_row(fitted, made["records"], dictionary.subjects))
        .unionByName(measure_homogeneity(counts.reported, length))
        .unionByName(_noise_rows(context))
    )
    if settings.rehearse_noise:
        published = published.unionByName(_bootstrap_errors(context))
    workspace.write("reported_metrics", published)
    found = fitted.count()
    workspace.finish_stage("evaluation", {"combinations": found})
    return {"combinations": found}


def _bootstrap_errors(context: StageContext) -> DataFrame:
    workspace = context.workspace
    max_attributes = workspace.facts("combinations")["max_attributes"]
    mechanisms = [m for m in spent_budget(context) if m.purpose == "combinations"]
    context.report("           measuring and fitting the fitted records once more, to see how far off the counts are")
    fitted = workspace.read("fitted_records", SYNTHETIC_RECORDS)
    return bootstrap_errors(
        fitted,
        _fitting_task(context),
        (max_attributes, mechanisms),
        context.settings.threshold,
        workspace.materialize,
    )


def _noise_rows(context: StageContext) -> DataFrame:
    rows: list[tuple[Any, ...]] = [
        ("noise_scale", "reported", length, None, None, scale) for length, scale in noise_scales(context).items()
    ]
    return context.spark.createDataFrame(rows, METRICS)


def with_fitted_counts(dictionary: Dictionary, fitted: DataFrame) -> Dictionary:
    """The dictionary with the fitted counts of its attributes; 0 where they are below the reporting threshold."""
    counts = [0] * len(dictionary)
    for row in fitted.where(F.size("combination") == 1).select(F.col("combination")[0].alias("a"), "count").collect():
        counts[row["a"]] = row["count"]
    return replace(dictionary, counts=tuple(counts))
