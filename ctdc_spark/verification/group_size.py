"""Verify rows with a smallest group against the sensitive input, which is read again.

Nothing from the workspace is used: what readers get is verified against the input that the settings name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ctdc_spark.cases.prepared_input import prepare_input
from ctdc_spark.cases.reported_counts import number_reported
from ctdc_spark.io.parquet import Materialize
from ctdc_spark.proof.encoding import encode_anew, list_frequent
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.release.contracts import AGGREGATE_COUNTS
from ctdc_spark.verification.checks import PublishedSide, RecordsSide, ReportedSide, SensitiveSide, verify
from ctdc_spark.verification.external_files import ExternalFiles, read_aggregates_file, read_microdata_file
from ctdc_spark.verification.published import PACKED_AGAIN, open_release, require_same_terms, scratch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.proof.findings import Verification
    from ctdc_spark.settings import Settings
    from ctdc_spark.verification.published import ReleaseTables

SideReader: TypeAlias = "Callable[[SparkSession, Settings, Materialize], SensitiveSide]"
"""Reads the input again, independently of what the stages of a release left."""


def verify_rows(
    spark: SparkSession, settings: Settings, release: ReleaseTables, read: tuple[SideReader, Materialize]
) -> Verification:
    """Establish every promise of rows that wait to be published, or are published.

    Args:
        spark: the session.
        settings: what was promised, and where the input is.
        release: the rows.
        read: reads the input again, with this place for intermediate tables.
    """
    reader, materialize = read
    sensitive = reader(spark, settings, materialize)
    published = read_published_side(release, sensitive.dictionary.columns)
    return verify(sensitive, published, settings)


def verify_release(spark: SparkSession, settings: Settings, protection: str, reader: SideReader) -> Verification:
    """Verify the published release that these settings name, and that it has this protection.

    Raises:
        DataError: there is no such release, or it was made with another k, precision or guarantee.
    """
    release = open_release(spark, settings)
    expected = {
        "protection": protection,
        "reporting_threshold": settings.threshold,
        "reporting_precision": settings.precision,
        "guarantee": str(settings.guarantee),
    }
    require_same_terms(release.ledger, expected)
    with scratch(spark, settings) as materialize:
        return verify_rows(spark, settings, release, (reader, materialize))


def verify_files(spark: SparkSession, settings: Settings, given: ExternalFiles, reader: SideReader) -> Verification:
    """Verify files that any tool wrote against the input and the promise that the settings name."""
    with scratch(spark, settings) as materialize:
        sensitive = reader(spark, settings, materialize)
        dictionary = sensitive.dictionary
        known = [(dictionary.columns[c], v) for c, v in zip(dictionary.column_of, dictionary.values, strict=True)]
        published = PublishedSide(
            read_microdata_file(spark, given, settings, dictionary.columns) if given.microdata else None,
            read_aggregates_file(spark, given, settings, known) if given.aggregates else None,
        )
        return verify(sensitive, published, settings)


def read_case_records(spark: SparkSession, settings: Settings, materialize: Materialize) -> RecordsSide:
    """Read, prepare and encode the case records."""
    packed = prepare_input(spark, settings).pack(PACKED_AGAIN, materialize)
    dictionary, counts = list_frequent(packed, settings.threshold, settings.precision)
    records = encode_anew(packed, dictionary, counts.subjects)
    encoded = materialize("records_again", records, ENCODED_RECORDS)
    return RecordsSide(dictionary, counts, encoded, materialize, packed)


def read_reported_counts(spark: SparkSession, settings: Settings, materialize: Materialize) -> ReportedSide:
    """Read the reported counts that are the only input."""
    given = number_reported(spark, settings)
    return ReportedSide(given.dictionary, given.counts, given.combinations, materialize)


def read_published_side(release: ReleaseTables, columns: tuple[str, ...]) -> PublishedSide:
    """The rows of one release, in the tables that readers see.

    Args:
        release: the rows, and the ledger's row.
        columns: the columns of the sensitive input that are used.

    Raises:
        DataError: the microdata have other columns.
    """
    tables = release.tables
    return PublishedSide(release.pack(columns), tables[AGGREGATE_COUNTS.name], tables, release.ledger)
