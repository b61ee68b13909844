"""The seam: what a way of protecting people does in each stage of a release, and which one the settings choose.

A new protection is a file here and a line in `choose_protection`, with its keys in the settings. It has the methods of
`Protection`, and those of the smaller protocols below if it can do what they say. Nothing outside this folder depends
on which protection, or which kind of input, a release has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ctdc_spark.protections.case_records import GroupSizeOfRecords
from ctdc_spark.protections.differential_privacy.protection import DifferentialPrivacy
from ctdc_spark.protections.reported_counts import GroupSizeOfCounts

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.cases.prepared_input import PreparedInput
    from ctdc_spark.forecast.request import ForecastRequest
    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.proof.findings import Verification
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.protections.rows import ReleaseRows
    from ctdc_spark.settings import Settings
    from ctdc_spark.storage.stage_results import StageResult
    from ctdc_spark.verification.external_files import ExternalFiles
    from ctdc_spark.verification.published import ReleaseTables


class Protection(Protocol):
    """A way of protecting people, from the input to what readers get.

    Each of `encode`, `count`, `synthesize` and `evaluate` is a stage, and may run as a job of its own: it reads what
    earlier stages left in the workspace, calls `workspace.begin_stage` once it is sure that it can run and before it
    writes anything, leaves its tables there, and returns what later stages need to know of them.
    """

    @property
    def name(self) -> str:
        """The value of the key `protection`, and of the ledger's column of that name."""

    @property
    def found(self) -> str:
        """The setting that chose it, for messages on what it cannot do: the key, and what was found."""

    def promise(self, settings: Settings) -> str:
        """What protects people, in a few words."""

    def describe(self, settings: Settings) -> Mapping[str, str]:
        """What each stage up to the proof will do with these settings, by stage."""

    def check(self, spark: SparkSession, settings: Settings) -> list[str]:
        """Refuse data that a run would refuse, without computing a release; return warnings.

        Raises:
            DataError: the data cannot be read or published as requested.
        """

    def encode(self, context: StageContext) -> StageResult:
        """The stage `cases`: read and prepare the input, and number its attributes in the workspace's dictionary."""

    def count(self, context: StageContext) -> StageResult:
        """The stage `combinations`: count or measure combinations of attributes."""

    def synthesize(self, context: StageContext) -> StageResult:
        """The stage `synthesis`: make the table `synthetic_records`."""

    def evaluate(self, context: StageContext) -> StageResult:
        """The stage `evaluation`: make the tables `reported_metrics` and `attribute_metrics`."""

    def rows(self, context: StageContext) -> ReleaseRows:
        """What readers will get, from the workspace."""

    def verify(
        self, spark: SparkSession, settings: Settings, release: ReleaseTables, materialize: Materialize
    ) -> Verification:
        """Verify rows that wait to be published, using nothing that the stages left."""

    def verify_published(self, spark: SparkSession, settings: Settings) -> Verification:
        """Verify the published release that the settings name.

        Raises:
            DataError: there is none, or it was made on other terms.
        """


@runtime_checkable
class Forecasts(Protocol):
    """Can forecast before a run what it will take."""

    def forecast(
        self, open_session: Callable[[], SparkSession], settings: Settings, request: ForecastRequest
    ) -> Foreseen:
        """Forecast what a release will take; a session is opened only if data are read.

        Raises:
            SettingsError: this protection does not forecast something requested; the message names the parameter.
        """


class Foreseen(Protocol):
    """A forecast."""

    def to_dict(self) -> dict[str, object]:
        """Everything, for a program."""

    def describe(self) -> str:
        """Everything, for a person."""


@runtime_checkable
class VerifiesFiles(Protocol):
    """Promises something of each record and count, so that files from any tool can be checked."""

    def verify_files(self, spark: SparkSession, settings: Settings, given: ExternalFiles) -> Verification:
        """Verify files that any tool wrote against the input that the settings name."""


@runtime_checkable
class ReadsCaseRecords(Protocol):
    """Has case records as its input, some of which can be held out."""

    def read_cases(self, spark: SparkSession, settings: Settings) -> PreparedInput:
        """The case records, one row per subject."""


def choose_protection(settings: Settings) -> Protection:
    """The protection that these settings choose."""
    if settings.protection == "dp":
        return DifferentialPrivacy()
    if settings.reported_aggregates_path is not None:
        return GroupSizeOfCounts()
    return GroupSizeOfRecords()
