"""A smallest group, from case records, which are read, prepared, encoded, and counted exactly."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.coverage import COVERED, read_covered
from ctdc_spark.cases.dictionary import count_attributes
from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.cases.pack import PACKED_CASES, PackedCases
from ctdc_spark.cases.plain import pack_plain_files
from ctdc_spark.cases.prepared_input import PreparedInput, prepare_input
from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_combinations, plan_counting
from ctdc_spark.combinations.coverage import protect_coverage
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import protect_combinations, protect_counts
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError
from ctdc_spark.evaluation.k_marginal import score_marginals
from ctdc_spark.forecast.comparison import ComparedForecast, compare_forecast
from ctdc_spark.forecast.measure import foresee_work
from ctdc_spark.forecast.request import refuse_parameters
from ctdc_spark.io import files
from ctdc_spark.proof.guarantees import prove
from ctdc_spark.protections.case_columns import look_at_columns
from ctdc_spark.protections.group_size import CountedCombinations, EncodedCases, GroupSize
from ctdc_spark.protections.plan_words import name_input, name_lengths
from ctdc_spark.protections.reading import remember_reading
from ctdc_spark.protections.shared_pairs import find_shared_pairs
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.release.codebook import list_scopes
from ctdc_spark.settings.settings import longest_combination
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS
from ctdc_spark.verification.group_size import read_case_records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.evaluation.metrics import MetricRow
    from ctdc_spark.forecast.forecast import Forecast
    from ctdc_spark.forecast.request import ForecastRequest
    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.proof.gate import Proof
    from ctdc_spark.proof.guarantees import Promise
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings
    from ctdc_spark.verification.checks import SensitiveSide


class GroupSizeOfRecords(GroupSize):
    """A smallest group, from an input of case records."""

    found = "protection: found k"

    def describe(self, settings: Settings) -> Mapping[str, str]:
        """What each stage up to the proof will do."""
        lengths = name_lengths(settings)
        return {
            "cases": f"read {name_input(settings)}, prepare, encode into distinct weighted records",
            "combinations": f"count combinations of {lengths}, at least {settings.threshold} subjects each",
            **self.describe_rest(settings),
        }

    def check(self, spark: SparkSession, settings: Settings) -> list[str]:
        """Refuse data that a run would refuse; return warnings, and questions for the settings' author."""
        given = prepare_input(spark, settings, check_first=True)
        warnings = look_at_columns(spark, given, settings)
        return warnings + find_shared_pairs(spark, given.cases, settings)

    def read_cases(self, spark: SparkSession, settings: Settings) -> PreparedInput:
        """The case records, one row per subject."""
        return prepare_input(spark, settings)

    def forecast(
        self, open_session: Callable[[], SparkSession], settings: Settings, request: ForecastRequest
    ) -> Forecast | ComparedForecast:
        """Forecast the work: the data are read, but no release is computed and nothing is written."""
        refuse_parameters(
            request, ("subjects",), "found with protection: k, where subjects are counted; allowed with dp"
        )
        cores = request.cores or os.cpu_count() or 1
        forecast = foresee_work(open_session(), settings, times=request.times, cores=cores)
        if request.against is None:
            return forecast
        return ComparedForecast(forecast, tuple(compare_forecast(forecast, request.against)))

    def encode(self, context: StageContext) -> EncodedCases:
        """Read, prepare and encode the case records."""
        settings, workspace = context.settings, context.workspace
        packed = _pack_input(context)
        remember_reading(context, packed)
        dictionary, exact = count_attributes(packed, settings.threshold, settings.precision)
        counts = protect_counts(exact, settings)
        scopes = list_scopes(dictionary, counts.published, settings)
        workspace.write("encoded_records", encode_cases(packed, dictionary, exact.subjects, scopes))
        workspace.discard("packed_cases")  # it held rare values; nothing kept from here on does
        covered = read_covered(workspace.read("encoded_records", COVERED), scopes)
        workspace.write_dictionary(dictionary)
        workspace.write_counts(counts)
        workspace.write_coverage(protect_coverage(covered, counts.subjects, settings))
        return EncodedCases(counts.subjects, len(dictionary))

    def count(self, context: StageContext) -> CountedCombinations:
        """Count all frequent short combinations exactly."""
        settings, workspace = context.settings, context.workspace
        workspace.begin_stage("combinations")
        records = workspace.read("encoded_records", ENCODED_RECORDS)
        limits = Limits(settings.threshold, longest_combination(settings))
        plan = plan_counting(records, limits, settings.max_combinations)
        workspace.write("combination_counts", count_combinations(records, plan))
        counts = workspace.read("combination_counts", COMBINATION_COUNTS)
        found = counts.count()
        if found > settings.max_combinations:
            raise DataError(
                f"max_combinations: found {found:,} combinations; allowed: {settings.max_combinations:,}. "
                "Lower reporting_length, use fewer columns, or raise max_combinations"
            )
        return CountedCombinations(found, _longest_reported(counts, settings))

    def prove_records(self, context: StageContext, allowed: DataFrame, promise: Promise) -> Proof:
        """Prove every record against all case records."""
        workspace = context.workspace
        records = workspace.read("encoded_records", ENCODED_RECORDS)
        return prove(allowed, records, (workspace.read_dictionary(), workspace.read_counts()), promise)

    def score_exactly(self, context: StageContext, dictionary: Dictionary) -> list[MetricRow]:
        """The score against the case records."""
        workspace, seed = context.workspace, context.settings.resolved_seed
        synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
        sensitive = workspace.read("encoded_records", ENCODED_RECORDS)
        return score_marginals(synthetic, sensitive, dictionary, seed)

    def read_sensitive_side(self, spark: SparkSession, settings: Settings, materialize: Materialize) -> SensitiveSide:
        """The case records, read and encoded anew."""
        return read_case_records(spark, settings, materialize)


def _pack_input(context: StageContext) -> PackedCases:
    """Read and prepare the input once and leave it packed; by a shorter way if the files allow it."""
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
    packed = given.pack("packed_cases", workspace.materialize)
    left_out = given.summary().left_out
    if left_out is not None:
        context.report(f"           {left_out}")
    return packed


def _longest_reported(counts: DataFrame, settings: Settings) -> int:
    """The reporting length; if all lengths were requested, that of the longest combination that is reported.

    Not that of the longest record: how much is known of one person is nobody's business.
    """
    if settings.reporting_length != -1:
        return settings.reporting_length
    reported = protect_combinations(counts, settings.threshold, settings.precision)
    return int(reported.agg(F.max(F.size("combination"))).collect()[0][0] or 1)
