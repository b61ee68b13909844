"""Differential privacy behind the seam: the functions of this folder as the methods of a protection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ctdc_spark.cases.prepared_input import PreparedInput, prepare_input
from ctdc_spark.differential_privacy.domain import require_domain
from ctdc_spark.errors import SettingsError
from ctdc_spark.forecast.noise import foresee_noise
from ctdc_spark.forecast.request import refuse_parameters
from ctdc_spark.proof.findings import Verification
from ctdc_spark.protections.case_columns import look_at_columns
from ctdc_spark.protections.differential_privacy.fitting import compare_records, draw_records, name_rows
from ctdc_spark.protections.differential_privacy.measure import measure_cases, measure_combinations
from ctdc_spark.protections.plan_words import name_input, name_lengths
from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY
from ctdc_spark.settings.noise_rules import ask_declared
from ctdc_spark.verification.differential_privacy import verify_agreement, verify_dp_release

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.forecast.noise import NoiseForecast
    from ctdc_spark.forecast.request import ForecastRequest
    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.protections.differential_privacy.spending import DpCases, DpCombinations, DpEvaluation, DpRecords
    from ctdc_spark.protections.rows import ReleaseRows
    from ctdc_spark.settings import Settings
    from ctdc_spark.verification.published import ReleaseTables


class DifferentialPrivacy:
    """Protection by noise; no record is proven to be shared by anybody."""

    name = DIFFERENTIAL_PRIVACY
    found = "protection: found dp"

    def promise(self, settings: Settings) -> str:  # noqa: ARG002 - others name k
        """What protects people, in a few words."""
        return "differential privacy"

    def describe(self, settings: Settings) -> Mapping[str, str]:
        """What each stage up to the proof will do."""
        lengths = name_lengths(settings)
        return {
            "cases": f"read {name_input(settings)}, prepare, encode into distinct weighted records",
            "combinations": f"count combinations of {lengths} with noise, epsilon {settings.noise_epsilon:g} in all",
            "synthesis": "fit a model to the noisy counts and draw records from it",
            "evaluation": f"compare with the aggregates by length of {lengths} and by count",
            "proof": "verify that what will be published agrees, seal it with all that was spent from the budget",
        }

    def check(self, spark: SparkSession, settings: Settings) -> list[str]:
        """Refuse data that a run would refuse; return warnings and questions. No noise is drawn."""
        given = prepare_input(spark, settings, check_first=True)
        warnings = look_at_columns(spark, given, settings, questions=ask_declared(settings), noisy=True)
        require_domain(given.cases, settings)
        return warnings

    def read_cases(self, spark: SparkSession, settings: Settings) -> PreparedInput:
        """The case records, one row per subject."""
        return prepare_input(spark, settings)

    def forecast(
        self,
        open_session: Callable[[], SparkSession],  # noqa: ARG002 - reading data would cost budget
        settings: Settings,
        request: ForecastRequest,
    ) -> NoiseForecast:
        """Forecast the noise of the counts from the settings alone."""
        why = "found with protection: dp, whose run time is not forecast; allowed with protection: k"
        refuse_parameters(request, ("times", "cores", "against"), why)
        if request.subjects is None:
            raise SettingsError(
                "subjects: missing; with protection: dp the data are not read, so state about how many subjects "
                "there are, such as 50000",
                parameters=["subjects"],
            )
        return foresee_noise(settings, request.subjects)

    def encode(self, context: StageContext) -> DpCases:
        """Read and encode the records by a domain that is declared or whose values are chosen with noise."""
        return measure_cases(context)

    def count(self, context: StageContext) -> DpCombinations:
        """Count all short combinations with noise."""
        return measure_combinations(context)

    def synthesize(self, context: StageContext) -> DpRecords:
        """Fit a model to the noisy counts and draw records from it."""
        return draw_records(context)

    def evaluate(self, context: StageContext) -> DpEvaluation:
        """Count the fitted records; these counts are published."""
        return compare_records(context)

    def rows(self, context: StageContext) -> ReleaseRows:
        """What readers will get."""
        return name_rows(context, self.name)

    def verify(
        self,
        spark: SparkSession,  # noqa: ARG002 - the input is not read again
        settings: Settings,
        release: ReleaseTables,
        materialize: Materialize,
    ) -> Verification:
        """Verify that records, counts, codebook and metrics agree."""
        return Verification(tuple(verify_agreement(release, settings, materialize)))

    def verify_published(self, spark: SparkSession, settings: Settings) -> Verification:
        """Verify the same, the budget, and that the counts are not the exact ones."""
        return verify_dp_release(spark, settings)
