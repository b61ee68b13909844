"""Establish every promise of published rows against the sensitive data, with both sides opened."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from pyspark.sql import functions as F

from ctdc_spark.cases.pack import PACKED_CASES, PackedCases
from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.proof.aggregates import verify_aggregates, verify_named_values, verify_taken_counts
from ctdc_spark.proof.encoding import encode_anew
from ctdc_spark.proof.findings import Finding, Verification
from ctdc_spark.proof.guarantees import Promise, examine, examine_reported
from ctdc_spark.proof.homogeneity import verify_homogeneity
from ctdc_spark.proof.marginals import Base
from ctdc_spark.proof.metrics import measure_anew, verify_attribute_metrics, verify_metrics
from ctdc_spark.proof.published import code_combinations, find_unknown_values
from ctdc_spark.proof.terms import NOT_REPORTED, Terms
from ctdc_spark.records.blocks import RECORD_ROWS, unpack_rows
from ctdc_spark.release.contracts import ATTRIBUTE_METRICS, EVALUATION_METRICS
from ctdc_spark.verification.coverage import check_coverage, check_no_coverage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.records.counts import ExactCounts, ProtectedCounts
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings


@dataclass(frozen=True)
class RecordsSide:
    """Case records, which published rows are checked against.

    Attributes:
        dictionary: the attributes that at least k subjects hold.
        counts: how many hold each.
        records: ENCODED_RECORDS.
        materialize: a place for intermediate tables, which are sensitive.
        packed: their values, rare ones included.
    """

    dictionary: Dictionary
    counts: ExactCounts
    records: DataFrame
    materialize: Materialize
    packed: PackedCases


@dataclass(frozen=True)
class ReportedSide:
    """Reported counts, which published rows are checked against where they are the only input.

    Attributes:
        dictionary: the attributes that have a reported count.
        counts: these counts.
        combinations: COMBINATION_COUNTS, of the reported counts.
        materialize: a place for intermediate tables.
    """

    dictionary: Dictionary
    counts: ProtectedCounts
    combinations: DataFrame
    materialize: Materialize


SensitiveSide: TypeAlias = "RecordsSide | ReportedSide"


@dataclass(frozen=True)
class PublishedSide:
    """What is verified; None where a kind is missing.

    Attributes:
        microdata: published records, with the dictionary's columns in its order.
        aggregates: (length int, combination array<struct<column,value>>, protected_count bigint).
        beside: rows of the other published tables, by name.
        facts: protected_number_of_subjects and number_of_synthetic_records, as the ledger says.
    """

    microdata: PackedCases | None = None
    aggregates: DataFrame | None = None
    beside: Mapping[str, DataFrame] = field(default_factory=dict)
    facts: Mapping[str, Any] | None = None

    @property
    def figures(self) -> Mapping[str, Any]:
        """The facts, for checks that need them."""
        assert self.facts is not None
        return self.facts


@dataclass(frozen=True)
class EncodedRecords:
    """Published records, with the sensitive data's attributes by number.

    Attributes:
        packed: their values.
        frame: RECORD_ROWS; values that have no number are left out.
        number: how many records there are.
    """

    packed: PackedCases
    frame: DataFrame
    number: int


@dataclass(frozen=True)
class Evidence:
    """What a check looks at.

    Attributes:
        sensitive: what published rows are checked against.
        published: what is verified.
        promise: of the synthetic records.
        terms: of the reported counts.
    """

    sensitive: SensitiveSide
    published: PublishedSide
    promise: Promise
    terms: Terms
    encoded: EncodedRecords | None = None

    @property
    def records(self) -> EncodedRecords:
        """The published records, for checks that need them."""
        assert self.encoded is not None
        return self.encoded

    @property
    def aggregates(self) -> DataFrame:
        """The published counts, for checks that need them."""
        assert self.published.aggregates is not None
        return self.published.aggregates


@dataclass(frozen=True)
class Check:
    """One question about the published rows, or several that are answered together.

    Attributes:
        look: finds the answers.
        needs: parts of the published side that have to be there.
        last: asked only if nothing else failed: figures about wrong rows say nothing more.
    """

    look: Callable[[Evidence], list[Finding]]
    needs: tuple[str, ...]
    last: bool = False

    def can_be_asked(self, published: PublishedSide) -> bool:
        """Whether all it needs is there."""
        return all(getattr(published, part) is not None for part in self.needs)


def verify(
    sensitive: SensitiveSide, published: PublishedSide, settings: Settings, checks: Collection[str] | None = None
) -> Verification:
    """Establish every promise of a release, for every record and every length.

    Args:
        sensitive: the input, read anew.
        published: a release, or files of another tool.
        settings: what was promised.
        checks: some of CHECKS; all of them unless given.
    """
    chosen = [check for name, check in CHECKS.items() if checks is None or name in checks]
    chosen = [check for check in chosen if check.can_be_asked(published)]
    evidence = gather_evidence(sensitive, published, settings)
    if published.microdata is not None and any("microdata" in check.needs for check in chosen):
        encoded = encode_published(published.microdata, sensitive.dictionary, sensitive.materialize)
        evidence = replace(evidence, encoded=encoded)
    findings = run_checks([partial(check.look, evidence) for check in chosen if not check.last])
    if not any(finding.failed for finding in findings):
        findings += run_checks([partial(check.look, evidence) for check in chosen if check.last])
    return Verification(tuple(findings))


def gather_evidence(sensitive: SensitiveSide, published: PublishedSide, settings: Settings) -> Evidence:
    """Both sides, and what was promised up to the requested length."""
    length = find_length(sensitive, published, settings)
    # a combination missing from a list of all lengths may be one longer than the longest in it
    counted = length + (settings.reporting_length == -1)
    terms = Terms(settings.threshold, settings.precision, counted)
    return Evidence(sensitive, published, Promise.of(settings, length), terms)


def find_length(sensitive: SensitiveSide, published: PublishedSide, settings: Settings) -> int:
    """The reporting length; where all lengths were requested, that of the longest reported combination.

    The length of the longest record would show in the published number of combinations looked at. It is used only where
    there are no reported combinations, for files from elsewhere.
    """
    if settings.reporting_length != -1:
        return settings.reporting_length
    if published.aggregates is not None:
        longest = published.aggregates.agg(F.max(F.size("combination"))).collect()[0][0]
    elif isinstance(sensitive, ReportedSide):
        longest = sensitive.combinations.agg(F.max(F.size("combination"))).collect()[0][0]
    else:
        longest = unpack_rows(sensitive.records).agg(F.max(F.size("attributes"))).collect()[0][0]
    return int(longest or 1)


def run_checks(checks: Sequence[Callable[[], list[Finding]]]) -> list[Finding]:
    """The findings of checks that do not depend on each other, run side by side."""
    return [finding for findings in run_concurrently(checks) for finding in findings]


def encode_published(microdata: PackedCases, dictionary: Dictionary, materialize: Materialize) -> EncodedRecords:
    """Published records as attribute numbers, kept for several checks."""
    packed = replace(microdata, frame=materialize("published_packed", microdata.frame, PACKED_CASES))
    number = count_published(packed)
    encoded = encode_anew(packed, dictionary, number)
    return EncodedRecords(packed, materialize("published_records", unpack_rows(encoded), RECORD_ROWS), number)


def count_published(packed: PackedCases) -> int:
    """The number of published records."""
    return int(packed.frame.agg(F.sum("subjects")).collect()[0][0] or 0)


def verify_microdata(evidence: Evidence) -> list[Finding]:
    """Check that every value is known and every record keeps the promise."""
    sensitive, records, promise = evidence.sensitive, evidence.records, evidence.promise
    dictionary = sensitive.dictionary
    unknown = find_unknown_values(records.packed, dictionary)
    filled = records.frame.where(F.size("attributes") > 0)
    if isinstance(sensitive, ReportedSide):
        proof = examine_reported(filled, sensitive.combinations, promise)
    else:
        proof = examine(filled, sensitive.records, sensitive.counts, promise)
    columns = tuple(proof.columns(dictionary))
    return [unknown, Finding("records", proof.checked, proof.failed, proof.lengths, columns, proof.sets)]


def verify_counts(evidence: Evidence) -> list[Finding]:
    """Check reported combinations against the case records, or against reported counts where these are the input."""
    sensitive, aggregates, terms = evidence.sensitive, evidence.aggregates, evidence.terms
    if isinstance(sensitive, ReportedSide):
        return verify_taken_counts(aggregates, sensitive.combinations, sensitive.dictionary, terms)
    return verify_aggregates(aggregates, sensitive.records, (sensitive.dictionary, sensitive.counts), terms)


def verify_named(evidence: Evidence) -> list[Finding]:
    """Check that no table besides the counts names a value that has no count."""
    return verify_named_values(evidence.published.beside, evidence.aggregates)


def verify_covered(evidence: Evidence) -> list[Finding]:
    """Check how many subjects are said to have information in each column."""
    sensitive, tables = evidence.sensitive, evidence.published.beside
    if isinstance(sensitive, ReportedSide):
        return check_no_coverage(tables)
    known = sensitive.packed, sensitive.dictionary, sensitive.counts.subjects
    return check_coverage(tables, evidence.published.figures, known, evidence.terms)


def verify_subjects(evidence: Evidence) -> list[Finding]:
    """Check the ledger's number of subjects."""
    right = int(evidence.terms.protect(np.array([evidence.sensitive.counts.subjects]))[0])
    right = 0 if right == NOT_REPORTED else right
    said = int(evidence.published.figures["protected_number_of_subjects"])
    return [Finding("subjects", 1, int(said != right))]


def verify_records_made(evidence: Evidence) -> list[Finding]:
    """Check the ledger's number of records."""
    return [verify_number(evidence.records, evidence.published.figures)]


def verify_number(records: EncodedRecords, facts: Mapping[str, Any]) -> Finding:
    """Check that the ledger says how many records there are."""
    return Finding("number_of_records", 1, int(facts["number_of_synthetic_records"] != records.number))


def verify_metrics_of(evidence: Evidence) -> list[Finding]:
    """Check the published metrics, with the k-marginal score."""
    facts, terms = evidence.published.figures, evidence.terms
    base = Base(facts["protected_number_of_subjects"], facts["number_of_synthetic_records"], terms.precision)
    known = (evidence.sensitive.dictionary, terms.reporting_length)
    return verify_figures(evidence.records, evidence.aggregates, evidence.published.beside, known, base=base)


def verify_figures(
    records: EncodedRecords,
    aggregates: DataFrame,
    beside: Mapping[str, DataFrame],
    known: tuple[Dictionary, int],
    *,
    base: Base | None = None,
) -> list[Finding]:
    """Compute the published metrics again; known: the attributes, and the reporting length; base: of the score."""
    dictionary, length = known
    coded = code_combinations(aggregates, dictionary).select("attributes", "protected_count")
    right = measure_anew(coded, records.frame, dictionary, length, base=base)
    return [
        verify_attribute_metrics(beside[ATTRIBUTE_METRICS.name], right, dictionary),
        verify_metrics(beside[EVALUATION_METRICS.name], right),
        verify_homogeneity(beside[EVALUATION_METRICS.name], coded, length),
    ]


RELEASE = ("microdata", "aggregates", "facts")
"""What a whole release has and files of other tools lack."""

CHECKS = {
    "records": Check(verify_microdata, ("microdata",)),
    "counts": Check(verify_counts, ("aggregates",)),
    "named_values": Check(verify_named, RELEASE),
    "subjects": Check(verify_subjects, RELEASE),
    "coverage": Check(verify_covered, RELEASE),
    "number_of_records": Check(verify_records_made, RELEASE),
    "metrics": Check(verify_metrics_of, RELEASE, last=True),
}
"""All that is asked, by name: each question has its own findings, which are named in `proof.findings.SENTENCES`."""
