"""Each stage of a release as a function of its context: read from the workspace, call the room's code, write back.

What a stage returns are publishable figures for progress lines: protected or synthetic counts, never exact ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.dictionary import count_attributes
from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.cases.pack import PACKED_CASES, PackedCases
from ctdc_spark.cases.plain import pack_plain_files
from ctdc_spark.cases.prepared_input import prepare_input
from ctdc_spark.cases.reported_counts import number_input, number_input_counts
from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_at_once, count_combinations, plan_counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import protect_combinations, protect_count
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError
from ctdc_spark.evaluation.attributes import measure_attributes
from ctdc_spark.evaluation.evaluate import (
    Counts,
    evaluate_reported,
    evaluate_restricted,
    expansion_row,
    proven_rows,
    require_zeros,
)
from ctdc_spark.evaluation.homogeneity import measure_homogeneity
from ctdc_spark.evaluation.k_marginal import score_marginals
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.evaluation.reported_marginals import Whole, score_reported
from ctdc_spark.io import files
from ctdc_spark.proof.gate import Proof
from ctdc_spark.proof.guarantees import Promise, prove, prove_reported
from ctdc_spark.protections.context import StageContext
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.settings.settings import longest_combination
from ctdc_spark.storage.model_binding import bind_model
from ctdc_spark.storage.workspace import RESTRICTED
from ctdc_spark.synthesis.synthesize import synthesize
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS, SynthesisTask

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.protections.context import StageFigures
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings


RETAINED_TABLES = ("trained_model",)
"""What the synthesizer leaves for `ctdc-spark sample`, in the sensitive place."""


def run_cases(context: StageContext) -> StageFigures:
    """Read, prepare and encode the sensitive data."""
    settings, workspace = context.settings, context.workspace
    if settings.reported_aggregates_path is None:
        packed = _pack_input(context)
        dictionary = count_attributes(packed, settings.threshold, settings.precision)
        workspace.write("encoded_records", encode_cases(packed, dictionary))
        workspace.discard("packed_cases")  # it held rare values; what is kept from here on holds none
    else:
        dictionary = number_input(context.spark, settings)
        workspace.begin_stage("cases")
        workspace.clear("encoded_records", ENCODED_RECORDS)  # there are none
    workspace.write_dictionary(dictionary)
    workspace.finish_stage("cases", {})
    return {"subjects_protected": protected_subjects(dictionary, settings), "attributes": len(dictionary)}


def _pack_input(context: StageContext) -> PackedCases:
    """Read and prepare the input once and leave it packed; the short way if a file allows it."""
    settings, workspace = context.settings, context.workspace
    plain = pack_plain_files(context.spark, settings)
    if plain is not None:
        workspace.begin_stage("cases")
        with explained_failures(files.hide_credentials(str(settings.sensitive_microdata_path))):
            frame = workspace.materialize("packed_cases", plain.packed.frame, PACKED_CASES)
        if plain.is_plain():
            return replace(plain.packed, frame=frame)
    given = prepare_input(context.spark, settings)
    workspace.begin_stage("cases")
    return given.pack("packed_cases", workspace.materialize)


def run_combinations(context: StageContext) -> StageFigures:
    """Count all frequent short combinations exactly."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("combinations")
    if settings.reported_aggregates_path is not None:
        return _take_reported(context)
    records = workspace.read("encoded_records", ENCODED_RECORDS)
    limits = Limits(settings.threshold, longest_combination(settings))
    plan = plan_counting(records, limits, settings.max_combinations)
    workspace.write("combination_counts", count_combinations(records, plan))
    counts = workspace.read("combination_counts", COMBINATION_COUNTS)
    found = counts.count()
    if found > settings.max_combinations:
        raise DataError(
            f"max_combinations: {found:,} combinations were found, allowed are {settings.max_combinations:,}. "
            "Lower reporting_length, use fewer columns, or raise max_combinations"
        )
    workspace.finish_stage("combinations", {"combinations": found, "max_length": _longest_reported(counts, settings)})
    return {"combinations": found}


def _longest_reported(counts: DataFrame, settings: Settings) -> int:
    """The reporting length; where all lengths were asked for, of the longest combination that is reported.

    Not of the longest record: how much is known of one person is nobody's business.
    """
    if settings.reporting_length != -1:
        return settings.reporting_length
    reported = protect_combinations(counts, settings.threshold, settings.precision)
    return int(reported.agg(F.max(F.size("combination"))).collect()[0][0] or 1)


def _take_reported(context: StageContext) -> StageFigures:
    """Instead of counting: the reported counts of the input, up to the reporting length."""
    settings, workspace = context.settings, context.workspace
    counts = number_input_counts(context.spark, settings, workspace.read_dictionary())
    workspace.write("combination_counts", counts)
    found = workspace.read("combination_counts", COMBINATION_COUNTS).count()
    workspace.finish_stage("combinations", {"combinations": found, "max_length": settings.reporting_length})
    return {"combinations": found}


def run_synthesis(context: StageContext) -> StageFigures:
    """Make synthetic records and prove every one of them."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("synthesis")
    dictionary = workspace.read_dictionary()
    sensitive = workspace.read("encoded_records", ENCODED_RECORDS)

    bound: dict[str, str] = {}

    def materialize(table: str, frame: DataFrame, schema: str) -> DataFrame:
        if table not in RETAINED_TABLES:
            return workspace.materialize(table, frame, schema)
        kept = workspace.write_restricted(table, frame, schema)
        bound[table] = bind_model(kept, files.join(workspace.root, RESTRICTED, table))
        return kept

    task = SynthesisTask(
        records=sensitive,
        counts=workspace.read("combination_counts", COMBINATION_COUNTS),
        max_length=workspace.facts("combinations")["max_length"],
        dictionary=dictionary,
        settings=settings,
        materialize=materialize,
        report=context.report,
    )
    allowed = materialize("allowed_records", synthesize(task), SYNTHETIC_RECORDS)
    promise = Promise.of(settings, task.max_length)
    if settings.reported_aggregates_path is None:
        proof = prove(allowed, sensitive, dictionary, promise)
    else:
        proof = prove_reported(allowed, task.counts, dictionary, promise)
    synthetic = materialize("synthetic_records", allowed.where("weight > 0"), SYNTHETIC_RECORDS)
    made = synthetic.agg(F.sum("weight")).collect()[0][0] or 0
    if not made:
        raise DataError("no synthetic record could be made: no record's attributes are shared by k subjects")
    workspace.finish_stage("synthesis", {"records": made, "proven": proof.asked, **bound})
    return {"records": made, "distinct_records_proven": proof.asked}


def run_evaluation(context: StageContext) -> StageFigures:
    """Count the synthetic records' combinations with the same engine and compare."""
    settings, workspace = context.settings, context.workspace
    workspace.begin_stage("evaluation")
    made = workspace.facts("synthesis")
    dictionary = workspace.read_dictionary()
    sensitive = workspace.read("encoded_records", ENCODED_RECORDS)
    synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
    length = workspace.facts("combinations")["max_length"]
    workspace.write("synthetic_counts", count_at_once(synthetic, Limits(1, length)))
    frequent = workspace.read("combination_counts", COMBINATION_COUNTS)
    counts = Counts(
        frequent=frequent,
        reported=protect_combinations(frequent, settings.threshold, settings.precision),
        synthetic=workspace.read("synthetic_counts", COMBINATION_COUNTS),
    )
    workspace.write("attribute_metrics", measure_attributes(counts.reported, counts.synthetic, dictionary))
    exact = evaluate_restricted(counts, sensitive, dictionary, settings.threshold)
    if settings.reported_aggregates_path is None:  # else there are no case records to compare with
        exact = exact.unionByName(score_marginals(synthetic, sensitive, dictionary, settings.resolved_seed))
    restricted = workspace.write_restricted("sensitive_metrics", exact, METRICS)
    require_zeros(restricted)
    # the synthesis stage ends only if nothing failed
    proof = Proof(asked=made["proven"], failed=0) if settings.guarantee == "strict" else None
    whole = Whole(protected_subjects(dictionary, settings), made["records"], settings.precision)
    published = (
        evaluate_reported(counts, settings.threshold)
        .unionByName(proven_rows(restricted, proof))
        .unionByName(expansion_row(restricted, whole.records, whole.subjects))
        .unionByName(score_reported(counts.reported, counts.synthetic, dictionary, whole))
        .unionByName(measure_homogeneity(counts.reported, length))
    )
    workspace.write("reported_metrics", published)
    workspace.finish_stage("evaluation", {})
    return _headline(workspace.read("reported_metrics", METRICS))


def protected_subjects(dictionary: Dictionary, settings: Settings) -> int:
    """The number of subjects as it may be published."""
    return protect_count(dictionary.subjects, settings.threshold, settings.precision) or 0


def _headline(metrics: DataFrame) -> StageFigures:
    shown = ("presence", "mean_relative_error")
    rows = metrics.where(F.col("count_from").isNull() & F.col("metric").isin(*shown)).orderBy("length").collect()
    return {name: [round(row["value"], 4) for row in rows if row["metric"] == name] for name in shown}
