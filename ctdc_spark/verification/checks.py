"""Establish every promise of published rows against the sensitive data, both sides opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings


@dataclass(frozen=True)
class SensitiveSide:
    """What published rows are held against.

    Attributes:
        dictionary: the attributes that at least k subjects hold.
        records: ENCODED_RECORDS; none where reported counts are the only input.
        materialize: a place for intermediate tables, which are sensitive.
        reported: COMBINATION_COUNTS of the reported counts that are the only input, or None.
    """

    dictionary: Dictionary
    records: DataFrame
    materialize: Materialize
    reported: DataFrame | None = None


@dataclass(frozen=True)
class PublishedSide:
    """What is verified; None where there is none of a kind.

    Attributes:
        microdata: published records, with the dictionary's columns in its order.
        aggregates: (length int, combination array<struct<column,value>>, protected_count bigint).
        beside: rows of the published tables beside these, by name.
        facts: protected_number_of_subjects and number_of_synthetic_records, as the ledger says.
    """

    microdata: PackedCases | None = None
    aggregates: DataFrame | None = None
    beside: Mapping[str, DataFrame] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EncodedRecords:
    """Published records in the numbers of the sensitive data's attributes.

    Attributes:
        packed: their values.
        frame: RECORD_ROWS; values that have no number are left out.
    """

    packed: PackedCases
    frame: DataFrame


def verify(sensitive: SensitiveSide, published: PublishedSide, settings: Settings) -> Verification:
    """Establish every promise of a release, for every record and every length."""
    length = find_length(sensitive, published, settings)
    # what is missing from a list of all lengths may be longer than all that is there, by one
    counted = length + (settings.reporting_length == -1)
    terms = Terms(settings.threshold, settings.precision, counted)
    checks: list[Callable[[], list[Finding]]] = []
    records = None
    if published.microdata is not None:
        records = encode_published(published.microdata, sensitive.dictionary, sensitive.materialize)
        checks.append(partial(verify_microdata, sensitive, records, Promise.of(settings, length)))
    if published.aggregates is not None:
        checks.append(partial(verify_counts, sensitive, published.aggregates, terms))
    if records is None or published.aggregates is None or not published.facts:
        return Verification(tuple(run_checks(checks)))
    checks.append(partial(verify_named_values, published.beside, published.aggregates))
    checks.append(partial(verify_facts, records, published.facts, (sensitive.dictionary, terms)))
    findings = run_checks(checks)
    if not any(finding.failed for finding in findings):  # metrics of wrong tables say nothing more
        facts = published.facts
        base = Base(facts["protected_number_of_subjects"], facts["number_of_synthetic_records"], terms.precision)
        known = (sensitive.dictionary, counted)
        findings += verify_figures(records, published.aggregates, published.beside, known, base=base)
    return Verification(tuple(findings))


def find_length(sensitive: SensitiveSide, published: PublishedSide, settings: Settings) -> int:
    """The reporting length; where all lengths were asked for, of the longest combination that is reported.

    How long the longest record is would show in how many combinations were looked at, which is published. It is asked
    only where there are no reported combinations, of files from elsewhere.
    """
    if settings.reporting_length != -1:
        return settings.reporting_length
    if published.aggregates is not None:
        longest = published.aggregates.agg(F.max(F.size("combination"))).collect()[0][0]
    else:
        longest = unpack_rows(sensitive.records).agg(F.max(F.size("attributes"))).collect()[0][0]
    return int(longest or 1)


def run_checks(checks: Sequence[Callable[[], list[Finding]]]) -> list[Finding]:
    """The findings of checks that do not depend on each other, made side by side."""
    return [finding for findings in run_concurrently(checks) for finding in findings]


def encode_published(microdata: PackedCases, dictionary: Dictionary, materialize: Materialize) -> EncodedRecords:
    """Published records in numbers, kept for several checks."""
    packed = replace(microdata, frame=materialize("published_packed", microdata.frame, PACKED_CASES))
    encoded = encode_anew(packed, dictionary, count_published(packed))
    return EncodedRecords(packed, materialize("published_records", unpack_rows(encoded), RECORD_ROWS))


def count_published(packed: PackedCases) -> int:
    """The number of published records."""
    return int(packed.frame.agg(F.sum("subjects")).collect()[0][0] or 0)


def verify_microdata(sensitive: SensitiveSide, records: EncodedRecords, promise: Promise) -> list[Finding]:
    """Check that every value is known and every record keeps the promise."""
    dictionary = sensitive.dictionary
    unknown = find_unknown_values(records.packed, dictionary)
    filled = records.frame.where(F.size("attributes") > 0)
    if sensitive.reported is None:
        proof = examine(filled, sensitive.records, dictionary, promise)
    else:
        proof = examine_reported(filled, sensitive.reported, promise)
    columns = tuple(proof.columns(dictionary))
    return [unknown, Finding("records", proof.asked, proof.failed, proof.lengths, columns, proof.sets)]


def verify_counts(sensitive: SensitiveSide, aggregates: DataFrame, terms: Terms) -> list[Finding]:
    """Check reported combinations against the case records, or against reported counts where these are the input."""
    if sensitive.reported is None:
        return verify_aggregates(aggregates, sensitive.records, sensitive.dictionary, terms)
    return verify_taken_counts(aggregates, sensitive.reported, sensitive.dictionary, terms)


def verify_facts(records: EncodedRecords, facts: Mapping[str, Any], known: tuple[Dictionary, Terms]) -> list[Finding]:
    """Check the numbers of the ledger."""
    dictionary, terms = known
    right = int(terms.protect(np.array([dictionary.subjects]))[0])
    right = 0 if right == NOT_REPORTED else right
    return [
        Finding("subjects", 1, int(facts["protected_number_of_subjects"] != right)),
        verify_number(records, facts),
    ]


def verify_number(records: EncodedRecords, facts: Mapping[str, Any]) -> Finding:
    """Check that the ledger says how many records there are."""
    made = count_published(records.packed)
    return Finding("number_of_records", 1, int(facts["number_of_synthetic_records"] != made))


def verify_figures(
    records: EncodedRecords,
    aggregates: DataFrame,
    beside: Mapping[str, DataFrame],
    known: tuple[Dictionary, int],
    *,
    base: Base | None = None,
) -> list[Finding]:
    """Compute the published metrics anew; known: the attributes, and the reporting length; base: of the score."""
    dictionary, length = known
    coded = code_combinations(aggregates, dictionary).select("attributes", "protected_count")
    right = measure_anew(coded, records.frame, dictionary, length, base=base)
    return [
        verify_attribute_metrics(beside[ATTRIBUTE_METRICS.name], right, dictionary),
        verify_metrics(beside[EVALUATION_METRICS.name], right),
        verify_homogeneity(beside[EVALUATION_METRICS.name], coded, length),
    ]
