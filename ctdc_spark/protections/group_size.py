"""Protection by a smallest group: what is published is shared by at least k subjects, whatever it was made from.

Both kinds of input share this module: how records are made, proven and compared, and what readers get. Everything the
stages report on the way is publishable: protected or synthetic counts, never exact ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import COMBINATION_COUNTS, count_at_once
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.combinations.protect import protect_combinations
from ctdc_spark.errors import DataError
from ctdc_spark.evaluation.attributes import ATTRIBUTE_METRICS, measure_attributes
from ctdc_spark.evaluation.compare import Counts, compare_counts
from ctdc_spark.evaluation.evaluate import (
    evaluate_reported,
    evaluate_restricted,
    expansion_row,
    headline,
    proven_rows,
    reported_lengths,
    require_zeros,
)
from ctdc_spark.evaluation.homogeneity import measure_homogeneity
from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.evaluation.reported_marginals import Whole, adder_of, score_sets
from ctdc_spark.evaluation.tallies import sums_of_sets
from ctdc_spark.io import files
from ctdc_spark.proof.gate import Proof
from ctdc_spark.proof.guarantees import Promise
from ctdc_spark.protections.plan_words import name_input, name_lengths
from ctdc_spark.protections.rows import LedgerTerms, ReleaseRows, ledger_row
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.release.ledger import GROUP_SIZE
from ctdc_spark.release.promises import state_promises
from ctdc_spark.settings.modes import BUILT_IN
from ctdc_spark.storage.model_binding import bind_model, name_model
from ctdc_spark.storage.stage_results import StageResult
from ctdc_spark.storage.workspace import RESTRICTED
from ctdc_spark.synthesis.oracle.records_oracle import RecordsOracle
from ctdc_spark.synthesis.synthesize import synthesize
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS, SynthesisSettings, SynthesisTask
from ctdc_spark.verification.group_size import verify_files, verify_release, verify_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.evaluation.metrics import MetricRow
    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.proof.findings import Verification
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings
    from ctdc_spark.storage.stage_results import StageFigures
    from ctdc_spark.verification.checks import SensitiveSide
    from ctdc_spark.verification.external_files import ExternalFiles
    from ctdc_spark.verification.published import ReleaseTables

FAILED_CHECKS: MetricRow = ("failed_checks", "proof", None, None, None, 0.0)
"""How many checks of the proof failed: none, or there is no release. The ledger has each check's numbers."""

RETAINED_TABLES = ("trained_model",)
"""What the synthesizer leaves for `ctdc-spark sample`, in the sensitive place."""


@dataclass(frozen=True)
class EncodedCases(StageResult):
    """Beside `dictionary.json` and `encoded_records`.

    Attributes:
        subjects: their protected number.
        attributes: number of attributes that at least k subjects hold.
    """

    stage: ClassVar[str] = "cases"

    subjects: int
    attributes: int

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {"subjects_protected": self.subjects, "attributes": self.attributes}


@dataclass(frozen=True)
class CountedCombinations(StageResult):
    """Beside `combination_counts`.

    Attributes:
        combinations: how many there are.
        max_length: the reporting length as it was resolved.
    """

    stage: ClassVar[str] = "combinations"

    combinations: int
    max_length: int

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {"combinations": self.combinations}


@dataclass(frozen=True)
class ProvenRecords(StageResult):
    """Beside `synthetic_records` and `allowed_records`.

    Attributes:
        records: how many synthetic records there are.
        proven: distinct records that were proven, including those of weight 0.
        trained_model: the keyed digest of the model that is kept; None if there is none.
    """

    stage: ClassVar[str] = "synthesis"

    records: int
    proven: int
    trained_model: str | None = None

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {"records": self.records, "distinct_records_proven": self.proven}


@dataclass(frozen=True)
class ComparedRecords(StageResult):
    """Beside `reported_metrics` and `attribute_metrics`: the headline by length."""

    stage: ClassVar[str] = "evaluation"

    presence: list[float]
    mean_relative_error: list[float]

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        return {"presence": self.presence, "mean_relative_error": self.mean_relative_error}


class GroupSize(ABC):
    """A smallest group of k subjects; subclasses do what depends on the input."""

    name = GROUP_SIZE

    def promise(self, settings: Settings) -> str:
        """What protects people, in a few words."""
        return f"smallest groups of k = {settings.threshold}"

    def describe_rest(self, settings: Settings) -> dict[str, str]:
        """What those stages do that are the same for both kinds of input."""
        return {
            "synthesis": f"make {settings.guarantee} records, {settings.synthesis_mode}; prove every one",
            "evaluation": f"compare with the aggregates by length of {name_lengths(settings)} and by count",
            "proof": f"verify what will be published against {name_input(settings)}, read anew",
        }

    @abstractmethod
    def prove_records(self, context: StageContext, allowed: DataFrame, promise: Promise) -> Proof:
        """Prove SYNTHETIC_RECORDS against what the input allows.

        Raises:
            PrivacyGateError: a record breaks the promise.
        """

    @abstractmethod
    def read_sensitive_side(self, spark: SparkSession, settings: Settings, materialize: Materialize) -> SensitiveSide:
        """The input, read anew, independently of what the stages of a release left."""

    def score_exactly(self, context: StageContext, dictionary: Dictionary) -> list[MetricRow]:
        """Further rows of METRICS for the sensitive place; none unless a subclass has some."""
        del context, dictionary
        return []

    def synthesize(self, context: StageContext) -> ProvenRecords:
        """Make synthetic records and prove every one of them."""
        settings, workspace = context.settings, context.workspace
        workspace.begin_stage("synthesis")
        bound: dict[str, str] = {}

        def materialize(table: str, frame: DataFrame, schema: str) -> DataFrame:
            # nothing states that all that other models can draw was proven: `sample` must not assume it
            if table not in RETAINED_TABLES or settings.synthesis_mode not in BUILT_IN:
                return workspace.materialize(table, frame, schema)
            kept = workspace.write_restricted(table, frame, schema)
            bound[table] = bind_model(kept, files.join(workspace.root, RESTRICTED, table))
            return kept

        exact = workspace.read("combination_counts", COMBINATION_COUNTS)
        records = workspace.read("encoded_records", ENCODED_RECORDS)
        task = SynthesisTask(
            dictionary=workspace.read_dictionary(),
            reported=protect_combinations(exact, settings.threshold, settings.precision),
            counts=workspace.read_counts(),
            max_length=workspace.read_result(CountedCombinations).max_length,
            oracle=RecordsOracle(records, settings.threshold, settings.max_combinations, materialize),
            settings=SynthesisSettings.of(settings),
            materialize=materialize,
            report=context.report,
        )
        made_of = synthesize(settings.synthesis_mode, task, records)
        allowed = materialize("allowed_records", made_of, SYNTHETIC_RECORDS)
        proof = self.prove_records(context, allowed, Promise.of(settings, task.max_length))
        synthetic = materialize("synthetic_records", allowed.where("weight > 0"), SYNTHETIC_RECORDS)
        made = synthetic.agg(F.sum("weight")).collect()[0][0] or 0
        if not made:
            raise DataError("no synthetic record could be made: no record's attributes are shared by k subjects")
        return ProvenRecords(made, proof.checked, **bound)

    def evaluate(self, context: StageContext) -> ComparedRecords:
        """Count the synthetic records' combinations with the same engine and compare."""
        settings, workspace = context.settings, context.workspace
        workspace.begin_stage("evaluation")
        made, length = workspace.read_result(ProvenRecords), workspace.read_result(CountedCombinations).max_length
        dictionary, subjects = workspace.read_dictionary(), workspace.read_result(EncodedCases).subjects
        synthetic = workspace.read("synthetic_records", SYNTHETIC_RECORDS)
        workspace.write("synthetic_counts", count_at_once(synthetic, Limits(1, length)))
        frequent = workspace.read("combination_counts", COMBINATION_COUNTS)
        counts = Counts(
            frequent=frequent,
            reported=protect_combinations(frequent, settings.threshold, settings.precision),
            synthetic=workspace.read("synthetic_counts", COMBINATION_COUNTS),
            resolution=settings,
        )
        whole = Whole(subjects, made.records, settings.precision)
        sensitive = workspace.read("encoded_records", ENCODED_RECORDS), workspace.read_counts()
        cells = adder_of(dictionary, whole)
        tallies = compare_counts(counts, sensitive, dictionary, settings.threshold, cells=cells)
        restricted = [*evaluate_restricted(tallies, settings.threshold), *self.score_exactly(context, dictionary)]
        workspace.write_small_restricted("sensitive_metrics", restricted, METRICS)
        require_zeros(restricted)
        # the synthesis stage ends only if nothing failed
        proof = Proof(checked=made.proven, failed=0) if settings.guarantee == "strict" else None
        published = [
            *evaluate_reported(tallies, settings.threshold),
            *proven_rows(restricted, proof),
            expansion_row(whole.records, whole.subjects),
            *score_sets(sums_of_sets(tallies), len(dictionary.columns), whole),
            *measure_homogeneity(counts.reported, reported_lengths(tallies, below=length)),
            FAILED_CHECKS,
        ]
        workspace.write_small("attribute_metrics", measure_attributes(tallies, dictionary), ATTRIBUTE_METRICS)
        workspace.write_small("reported_metrics", published, METRICS)
        return ComparedRecords(**headline(published))

    def rows(self, context: StageContext) -> ReleaseRows:
        """The rows that readers will get, and the ledger's entry for them."""
        settings, workspace = context.settings, context.workspace
        dictionary, counted = workspace.read_dictionary(), workspace.read_result(CountedCombinations)
        made = workspace.read_result(ProvenRecords)
        counts = workspace.read("combination_counts", COMBINATION_COUNTS)
        terms = LedgerTerms(
            protection=self.name,
            subjects=workspace.read_result(EncodedCases).subjects,
            records=made.records,
            length=counted.max_length,
            guarantee=str(settings.guarantee),
            mode=settings.synthesis_mode,
        )
        ledger = ledger_row(context, dictionary, terms)
        return ReleaseRows(
            dictionary=dictionary,
            named=workspace.read_counts().published,
            reported=protect_combinations(counts, settings.threshold, settings.precision),
            combinations=counted.combinations,
            ledger=ledger,
            proof={"promises": state_promises(ledger)} | name_model(made.trained_model),
            coverage=workspace.read_coverage(),
            figures={"failed": 0},
        )

    def verify(
        self, spark: SparkSession, settings: Settings, release: ReleaseTables, materialize: Materialize
    ) -> Verification:
        """Verify every promise about rows that wait to be published against the input, read anew."""
        return verify_rows(spark, settings, release, (self.read_sensitive_side, materialize))

    def verify_published(self, spark: SparkSession, settings: Settings) -> Verification:
        """Verify the same of the published release that the settings name."""
        return verify_release(spark, settings, self.name, self.read_sensitive_side)

    def verify_files(self, spark: SparkSession, settings: Settings, given: ExternalFiles) -> Verification:
        """Verify the same of files that any tool wrote."""
        return verify_files(spark, settings, given, self.read_sensitive_side)
