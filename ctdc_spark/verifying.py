"""Verify published rows, or files from elsewhere, against the sensitive input, which is read anew.

Nothing of the workspace is used: what is verified is what readers get, against what the settings call the input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyspark.sql import functions as F

from ctdc_spark import files
from ctdc_spark.cases.dictionary import count_attributes
from ctdc_spark.cases.encode import ENCODED_RECORDS, encode_cases
from ctdc_spark.cases.opened import quote_name
from ctdc_spark.cases.pack import PACKED_CASES, PackedCases, pack_cases
from ctdc_spark.cases.prepare import PreparedCases, prepare_cases
from ctdc_spark.cases.source import load_cases_once
from ctdc_spark.combinations.protect import protect_count
from ctdc_spark.combinations.reported import number_input, number_input_counts
from ctdc_spark.errors import DataError, PrivacyGateError
from ctdc_spark.foreign_files import read_aggregates_file, read_microdata_file
from ctdc_spark.proof.aggregates import verify_aggregates, verify_named_values, verify_taken_counts
from ctdc_spark.proof.findings import Finding, Verification
from ctdc_spark.proof.guarantees import Promise, examine, examine_reported
from ctdc_spark.proof.published import find_unknown_values
from ctdc_spark.proof.reported import Terms
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    ATTRIBUTE_METRICS,
    CODEBOOK,
    RELEASES,
    SYNTHETIC_MICRODATA,
)
from ctdc_spark.release.microdata import read_values
from ctdc_spark.release.place import Place, find_release
from ctdc_spark.release.reading import release_tables
from ctdc_spark.together import run_together

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.dictionary import Dictionary
    from ctdc_spark.settings import Settings

OWN_COLUMNS = ("release_id", "record_id")
"""Columns of synthetic_microdata that are none of the input's."""

Keep = Callable[[str, "DataFrame", str], "DataFrame"]
"""Stores a table in the sensitive place under a name, and reads it back in a schema."""


@dataclass(frozen=True)
class SensitiveSide:
    """What published rows are held against.

    Attributes:
        dictionary: the attributes that at least k subjects hold.
        records: ENCODED_RECORDS; none where reported counts are the only input.
        keep: a place for intermediate tables, which are sensitive.
        reported: COMBINATION_COUNTS of the reported counts that are the only input, or None.
    """

    dictionary: Dictionary
    records: DataFrame
    keep: Keep
    reported: DataFrame | None = None


@dataclass(frozen=True)
class PublishedSide:
    """What is verified; None where there is none of a kind.

    Attributes:
        microdata: published records, with the dictionary's columns in its order.
        aggregates: (length int, combination array<struct<column,value>>, protected_count bigint).
        named_values: (column, value) of the tables that name single values.
        facts: protected_number_of_subjects and number_of_synthetic_records, as the ledger says.
    """

    microdata: PackedCases | None = None
    aggregates: DataFrame | None = None
    named_values: DataFrame | None = None
    facts: Mapping[str, Any] | None = None


def verify_release(spark: SparkSession, settings: Settings) -> Verification:
    """Verify the published release that these settings name.

    Raises:
        DataError: there is no such release, or it was made with another k, length or guarantee.
    """
    place, release_id = Place.of(settings), settings.resolved_release_id
    if not find_release(spark, place, release_id):
        raise DataError(f"release '{release_id}' is not complete in {place.name(RELEASES.name)}: nothing to verify")
    tables = release_tables(spark, place, release_id)
    ledger = tables[RELEASES.name].collect()[0].asDict()
    _require_same_terms(ledger, settings)
    with scratch(spark, settings) as keep:
        sensitive = read_sensitive_side(spark, settings, keep)
        return verify(sensitive, read_published_side(tables, ledger, list(sensitive.dictionary.columns)), settings)


def verify_files(
    spark: SparkSession, settings: Settings, microdata: str | None, aggregates: str | None
) -> Verification:
    """Verify files that any tool wrote against the input and the promise that the settings name."""
    with scratch(spark, settings) as keep:
        sensitive = read_sensitive_side(spark, settings, keep)
        columns = sensitive.dictionary.columns
        published = PublishedSide(
            read_microdata_file(spark, microdata, settings, columns) if microdata else None,
            read_aggregates_file(spark, aggregates) if aggregates else None,
        )
        return verify(sensitive, published, settings)


@contextmanager
def scratch(spark: SparkSession, settings: Settings) -> Iterator[Keep]:
    """A place for intermediate tables below the sensitive one; removed at the end."""
    root = files.join(settings.resolved_sensitive_dir, f"verify-{uuid4().hex}")

    def keep(table: str, frame: DataFrame, schema: str) -> DataFrame:
        path = files.join(root, table)
        frame.write.mode("overwrite").parquet(path)
        return spark.read.schema(schema).parquet(path)

    try:
        yield keep
    finally:
        files.remove(root)


def read_sensitive_side(spark: SparkSession, settings: Settings, keep: Keep) -> SensitiveSide:
    """Read, prepare and encode the sensitive input, apart from what the stages of a release left."""
    if settings.reported_aggregates_path is not None:
        dictionary = number_input(spark, settings)
        nobody = spark.createDataFrame([], ENCODED_RECORDS)
        return SensitiveSide(dictionary, nobody, keep, number_input_counts(spark, settings, dictionary))
    cases = load_cases_once(spark, settings)
    packed = pack_cases(prepare_cases(cases.frame, settings))
    with cases.checked():
        frame = keep("packed_again", packed.frame, PACKED_CASES)
    kept = PackedCases(frame, packed.columns, packed.lists)
    dictionary = count_attributes(kept, settings.threshold)
    return SensitiveSide(dictionary, keep("records_again", encode_cases(kept, dictionary), ENCODED_RECORDS), keep)


def read_published_side(
    tables: Mapping[str, DataFrame], ledger: Mapping[str, Any], columns: list[str]
) -> PublishedSide:
    """The rows of one release, in the tables that readers see.

    Args:
        tables: rows of synthetic_microdata, aggregate_counts, attribute_metrics and codebook.
        ledger: the release's row in releases.
        columns: the columns of the sensitive input that are used.

    Raises:
        DataError: the microdata have other columns.
    """
    rows = tables[SYNTHETIC_MICRODATA]
    published = json.loads(ledger["settings"])
    if sorted(published["use_columns"]) != sorted(columns):
        raise DataError(
            "synthetic_microdata: its columns are not those of the input that the settings name; verify a release "
            "with the settings it was made with"
        )
    delimiters = published["multi_value_columns"]
    lists = frozenset(i for i, name in enumerate(columns) if name in delimiters)
    _require_no_more(rows, columns)
    frame = rows.select(*(read_values(name, delimiters.get(name)).alias(f"c{i}") for i, name in enumerate(columns)))
    microdata = pack_cases(PreparedCases(frame, tuple(columns), lists))
    codebook, metrics = (tables[name].select("column", "value") for name in (CODEBOOK.name, ATTRIBUTE_METRICS.name))
    return PublishedSide(microdata, tables[AGGREGATE_COUNTS.name], codebook.union(metrics), ledger)


def verify(sensitive: SensitiveSide, published: PublishedSide, settings: Settings) -> Verification:
    """Establish every promise of a release, for every record and every length."""
    dictionary, length = sensitive.dictionary, settings.reporting_length
    if length == -1:
        length = sensitive.records.agg(F.max(F.size("attributes"))).collect()[0][0]
    checks: list[Callable[[], list[Finding]]] = []
    if published.microdata is not None:
        checks.append(partial(verify_microdata, sensitive, published.microdata, Promise.of(settings, length)))
    if published.aggregates is not None:
        terms = Terms(settings.threshold, settings.precision, length)
        checks.append(partial(_verify_counts, sensitive, published.aggregates, terms))
        if published.named_values is not None:
            checks.append(partial(verify_named_values, published.named_values, published.aggregates))
    if published.facts is not None and published.microdata is not None:
        right = protect_count(dictionary.subjects, settings.threshold, settings.precision) or 0
        checks.append(partial(_verify_facts, published.facts, published.microdata, right))
    return Verification(tuple(finding for findings in run_together(checks) for finding in findings))


def _verify_counts(sensitive: SensitiveSide, aggregates: DataFrame, terms: Terms) -> list[Finding]:
    if sensitive.reported is None:
        return verify_aggregates(aggregates, sensitive.records, sensitive.dictionary, terms)
    return verify_taken_counts(aggregates, sensitive.reported, sensitive.dictionary, terms)


def _verify_facts(facts: Mapping[str, Any], microdata: PackedCases, subjects: int) -> list[Finding]:
    """The numbers of the ledger: protected subjects, and records made."""
    made = microdata.frame.agg(F.sum("subjects")).collect()[0][0] or 0
    return [
        Finding("subjects", 1, int(facts["protected_number_of_subjects"] != subjects)),
        Finding("number_of_records", 1, int(facts["number_of_synthetic_records"] != made)),
    ]


def verify_microdata(sensitive: SensitiveSide, microdata: PackedCases, promise: Promise) -> list[Finding]:
    """Check that every value is known and every record keeps the promise."""
    dictionary = sensitive.dictionary
    packed = PackedCases(
        sensitive.keep("published_packed", microdata.frame, PACKED_CASES), microdata.columns, microdata.lists
    )
    unknown = find_unknown_values(packed, dictionary)
    records = sensitive.keep("published_records", encode_cases(packed, dictionary), ENCODED_RECORDS)
    filled = records.where(F.size("attributes") > 0)
    if sensitive.reported is None:
        proof = examine(filled, sensitive.records, dictionary, promise)
    else:
        proof = examine_reported(filled, sensitive.reported, promise)
    columns = tuple(proof.columns(dictionary))
    return [unknown, Finding("records", proof.asked, proof.failed, proof.lengths, columns, proof.sets)]


def _require_no_more(rows: DataFrame, columns: list[str]) -> None:
    """Refuse values in columns of other releases, which share the table."""
    others = [F.col(quote_name(name)) for name in rows.columns if name not in {*columns, *OWN_COLUMNS}]
    if others and not rows.where(F.coalesce(*others, F.lit(None)).isNotNull()).isEmpty():
        raise PrivacyGateError(
            f"verification: synthetic_microdata holds values of this release in some of {len(others)} columns that "
            "the release does not have"
        )


def _require_same_terms(ledger: Mapping[str, Any], settings: Settings) -> None:
    asked = {
        "reporting_threshold": settings.threshold,
        "reporting_precision": settings.precision,
        "guarantee": str(settings.guarantee),
    }
    other = [f"{name} {ledger[name]}, the settings {value}" for name, value in asked.items() if ledger[name] != value]
    if other:
        raise DataError(f"release '{ledger['release_id']}' has {'; '.join(other)}: verify it with its own settings")
