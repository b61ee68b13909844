"""A smallest group, from previously reported counts: there are no case records, and none are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ctdc_spark.cases.reported_counts import number_input_counts, number_reported
from ctdc_spark.cases.values_as_names import ask_names
from ctdc_spark.combinations.counting import COMBINATION_COUNTS
from ctdc_spark.proof.guarantees import prove_reported
from ctdc_spark.protections.group_size import CountedCombinations, EncodedCases, GroupSize
from ctdc_spark.protections.plan_words import name_input, name_lengths
from ctdc_spark.protections.shared_pairs import find_reported_pairs
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.verification.group_size import read_reported_counts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.proof.gate import Proof
    from ctdc_spark.proof.guarantees import Promise
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.settings import Settings
    from ctdc_spark.verification.checks import SensitiveSide


class GroupSizeOfCounts(GroupSize):
    """A smallest group, from an input of reported counts."""

    found = "reported_aggregates_path: found reported counts as the only input"

    def describe(self, settings: Settings) -> Mapping[str, str]:
        """What each stage up to the proof will do."""
        return {
            "cases": f"read {name_input(settings)}, number the attributes",
            "combinations": f"take the reported counts of {name_lengths(settings)}",
            **self.describe_rest(settings),
        }

    def check(self, spark: SparkSession, settings: Settings) -> list[str]:
        """Refuse counts that a run would refuse; return warnings, and questions for the settings' author."""
        given = number_reported(spark, settings)
        pairs = find_reported_pairs(given.combinations, given.dictionary, settings)
        return [ask_names(given.dictionary.columns), *pairs]

    def encode(self, context: StageContext) -> EncodedCases:
        """Number the attributes that occur in reported counts."""
        settings, workspace = context.settings, context.workspace
        given = number_reported(context.spark, settings)
        workspace.begin_stage("cases")
        workspace.clear("encoded_records", ENCODED_RECORDS)  # there are none
        workspace.write_dictionary(given.dictionary)
        workspace.write_counts(given.counts)
        workspace.write_coverage(())  # reported counts do not say who has any value of a column
        return EncodedCases(given.counts.subjects, len(given.dictionary))

    def count(self, context: StageContext) -> CountedCombinations:
        """Take the reported counts of the input, up to the reporting length."""
        settings, workspace = context.settings, context.workspace
        workspace.begin_stage("combinations")
        counts = number_input_counts(context.spark, settings, workspace.read_dictionary())
        found = workspace.materialize("combination_counts", counts, COMBINATION_COUNTS).count()
        return CountedCombinations(found, settings.reporting_length)

    def prove_records(self, context: StageContext, allowed: DataFrame, promise: Promise) -> Proof:
        """Prove every record against the reported counts."""
        counts = context.workspace.read("combination_counts", COMBINATION_COUNTS)
        return prove_reported(allowed, counts, context.workspace.read_dictionary(), promise)

    def read_sensitive_side(self, spark: SparkSession, settings: Settings, materialize: Materialize) -> SensitiveSide:
        """The reported counts, read anew."""
        return read_reported_counts(spark, settings, materialize)
