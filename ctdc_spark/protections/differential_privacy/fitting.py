"""The stages after measuring: a model is fitted to the noisy counts, and everything published comes from it.

The case records are used once more, to measure for the sensitive place how far off the counts are; none of that is
published.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_at_once
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.differential_privacy.domain import declared_domain, slots_of
from ctdc_spark.differential_privacy.measuring import NOISY_CELLS
from ctdc_spark.differential_privacy.selection import MeasuredSubset
from ctdc_spark.evaluation.attributes import ATTRIBUTE_METRICS, measure_attributes
from ctdc_spark.evaluation.bootstrap import bootstrap_errors
from ctdc_spark.evaluation.compare import Counts, compare_counts
from ctdc_spark.evaluation.coverage import estimate_coverage
from ctdc_spark.evaluation.evaluate import evaluate_reported, evaluate_restricted, expansion_row, reported_lengths
from ctdc_spark.evaluation.homogeneity import measure_homogeneity
from ctdc_spark.evaluation.metrics import METRICS, row_of
from ctdc_spark.protections.differential_privacy.spending import (
    DpCases,
    DpCombinations,
    DpEvaluation,
    DpRecords,
    noise_scales,
    seal_noise,
)
from ctdc_spark.protections.rows import LedgerTerms, ReleaseRows, ledger_row
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.records.counts import NoisyCounts
from ctdc_spark.release.codebook import list_scopes
from ctdc_spark.synthesis.mixture.drawing import draw_table
from ctdc_spark.synthesis.mixture.members import FittingTask, fit_members
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.protections.context import StageContext


DRAWING = 1_000
"""Keeps the random numbers that draw records apart from those of the model's members."""

MODE = "mixture"
"""How the records are made, in the ledger of releases."""


def draw_records(context: StageContext) -> DpRecords:
    """Fit a mixture to the noisy counts and draw whole records, whose counts are published."""
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
    return DpRecords(made)


def _fitting_task(context: StageContext) -> FittingTask:
    workspace, seed = context.workspace, context.settings.resolved_seed
    cases, measured = workspace.read_result(DpCases), workspace.read_result(DpCombinations)
    deviation = math.sqrt(2) * cases.spent[0].scale  # of the Laplace noise on the number of subjects
    slots = slots_of(workspace.read_dictionary())
    subsets = {length: MeasuredSubset.of(slots, attributes) for length, attributes in measured.subsets.items()}
    return FittingTask(slots, subsets, cases.subjects, deviation, noise_scales(measured.spent), seed)


def compare_records(context: StageContext) -> DpEvaluation:
    """Count the fitted records and compare with the exact counts; that comparison stays in the sensitive place."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("evaluation")
    made, dictionary = workspace.read_result(DpRecords), workspace.read_dictionary()
    measured = workspace.read_result(DpCombinations)
    length = measured.max_length
    for table, lowest in (("fitted", settings.threshold), ("synthetic", 1)):
        records = workspace.read(f"{table}_records", SYNTHETIC_RECORDS)
        workspace.write(f"{table}_counts", count_at_once(records, Limits(lowest, length)))
    fitted, synthetic = (workspace.read(f"{name}_counts", COMBINATION_COUNTS) for name in ("fitted", "synthetic"))
    sensitive = workspace.read("encoded_records", ENCODED_RECORDS)
    workspace.write("combination_counts", count_at_once(sensitive, Limits(settings.threshold, length)))
    frequent = workspace.read("combination_counts", COMBINATION_COUNTS)
    counts = Counts(frequent, fitted.withColumnRenamed("count", "protected_count"), synthetic)
    subjects = workspace.read_result(DpCases).subjects
    singles = count_singles(fitted, len(dictionary), subjects)
    scopes, records = (
        list_scopes(dictionary, range(len(dictionary)), settings),
        workspace.read("fitted_records", SYNTHETIC_RECORDS),
    )
    workspace.write_coverage(estimate_coverage(records, dictionary, scopes, subjects, declared_domain(settings)))
    tallies = compare_counts(counts, (sensitive, singles), dictionary, settings.threshold)
    restricted = evaluate_restricted(tallies, settings.threshold)
    workspace.write_small_restricted("sensitive_metrics", restricted, METRICS)
    workspace.write_small("attribute_metrics", measure_attributes(tallies, dictionary), ATTRIBUTE_METRICS)
    scales = noise_scales(measured.spent).items()
    published = [
        *evaluate_reported(tallies, settings.threshold),
        expansion_row(made.records, subjects),
        *measure_homogeneity(counts.reported, reported_lengths(tallies, below=length)),
        *(("noise_scale", "reported", of_length, None, None, scale) for of_length, scale in scales),
    ]
    if settings.rehearse_noise:
        published += [row_of(row) for row in _bootstrap_errors(context, measured).collect()]
    workspace.write_small("reported_metrics", published, METRICS)
    return DpEvaluation(fitted.count())


def _bootstrap_errors(context: StageContext, measured: DpCombinations) -> DataFrame:
    workspace = context.workspace
    mechanisms = [m for m in measured.spent if m.purpose == "combinations"]
    context.report("           measuring and fitting once more on the fitted records, to see how far off counts are")
    fitted = workspace.read("fitted_records", SYNTHETIC_RECORDS)
    return bootstrap_errors(
        fitted,
        _fitting_task(context),
        (measured.max_attributes, mechanisms),
        context.settings.threshold,
        workspace.materialize,
    )


def count_singles(fitted: DataFrame, attributes: int, subjects: int) -> NoisyCounts:
    """The fitted counts of single attributes; 0 where they are below the reporting threshold.

    Args:
        fitted: COMBINATION_COUNTS of the fitted records.
        attributes: how many there are.
        subjects: their noisy number.
    """
    counts = [0] * attributes
    for row in fitted.where(F.size("combination") == 1).select(F.col("combination")[0].alias("a"), "count").collect():
        counts[row["a"]] = row["count"]
    return NoisyCounts(tuple(counts), subjects)


def name_rows(context: StageContext, name: str) -> ReleaseRows:
    """The rows that readers will get, all of them derived from noisy counts."""
    workspace, dictionary = context.workspace, context.workspace.read_dictionary()
    noise = seal_noise(context)
    cost, found = noise.spent.cost, workspace.read_result(DpEvaluation).combinations
    terms = LedgerTerms(
        protection=name,
        # noise protects this number, so it may be below the threshold
        subjects=workspace.read_result(DpCases).subjects,
        records=workspace.read_result(DpRecords).records,
        length=workspace.read_result(DpCombinations).max_length,
        guarantee=cost.guarantee,
        mode=MODE,
    )
    return ReleaseRows(
        dictionary=dictionary,
        # every value of the domain is public, even one that nobody has
        named=range(len(dictionary)),
        reported=workspace.read("fitted_counts", COMBINATION_COUNTS).withColumnRenamed("count", "protected_count"),
        combinations=found,
        ledger=ledger_row(context, dictionary, terms),
        coverage=workspace.read_coverage(),
        noise=noise,
        figures={"epsilon_spent": cost.epsilon, "delta": cost.delta},
    )
