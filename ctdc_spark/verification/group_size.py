"""Verify published rows, or files from elsewhere, against the sensitive input, which is read anew.

Nothing of the workspace is used: what is verified is what readers get, against what the settings call the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyspark.sql import functions as F

from ctdc_spark.cases.pack import PackedCases, pack_cases
from ctdc_spark.cases.prepare import PreparedCases
from ctdc_spark.cases.prepared_input import prepare_input
from ctdc_spark.cases.reported_counts import number_reported
from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import DataError, PrivacyGateError
from ctdc_spark.io import files
from ctdc_spark.io.parquet import Materialize, materialize_below
from ctdc_spark.proof.encoding import encode_anew, list_frequent
from ctdc_spark.proof.findings import Verification
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    RELEASES,
    SYNTHETIC_MICRODATA,
)
from ctdc_spark.release.ledger import published_settings
from ctdc_spark.release.microdata import read_values
from ctdc_spark.release.reading import release_tables
from ctdc_spark.release.table_location import TableLocation, find_release
from ctdc_spark.verification.checks import PublishedSide, SensitiveSide, verify
from ctdc_spark.verification.external_files import ExternalFiles, read_aggregates_file, read_microdata_file

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings

OWN_COLUMNS = ("release_id", "record_id")
"""Columns of synthetic_microdata that are none of the input's."""


def verify_release(spark: SparkSession, settings: Settings) -> Verification:
    """Verify the published release that these settings name.

    Raises:
        DataError: there is no such release, or it was made with another k, length or guarantee.
    """
    tables, ledger = open_release(spark, settings)
    _require_same_terms(ledger, settings)
    with scratch(spark, settings) as materialize:
        sensitive = read_sensitive_side(spark, settings, materialize)
        return verify(sensitive, read_published_side(tables, ledger, list(sensitive.dictionary.columns)), settings)


def open_release(spark: SparkSession, settings: Settings) -> tuple[dict[str, DataFrame], dict[str, Any]]:
    """The rows of the release that these settings name, by table, and its row in the ledger.

    Raises:
        DataError: there is no such release.
    """
    place, release_id = TableLocation.of(settings), settings.resolved_release_id
    if not find_release(spark, place, release_id):
        raise DataError(f"release '{release_id}' is not complete in {place.name(RELEASES.name)}: nothing to verify")
    tables = release_tables(spark, place, release_id)
    return tables, tables[RELEASES.name].collect()[0].asDict()


def verify_files(spark: SparkSession, settings: Settings, given: ExternalFiles) -> Verification:
    """Verify files that any tool wrote against the input and the promise that the settings name."""
    with scratch(spark, settings) as materialize:
        sensitive = read_sensitive_side(spark, settings, materialize)
        columns = sensitive.dictionary.columns
        published = PublishedSide(
            read_microdata_file(spark, given, settings, columns) if given.microdata else None,
            read_aggregates_file(spark, given) if given.aggregates else None,
        )
        return verify(sensitive, published, settings)


@contextmanager
def scratch(spark: SparkSession, settings: Settings) -> Iterator[Materialize]:
    """A place for intermediate tables below the sensitive one; removed at the end."""
    root = files.join(settings.resolved_sensitive_dir, f"verify-{uuid4().hex}")
    try:
        yield materialize_below(spark, root)
    finally:
        files.remove(root)


def read_sensitive_side(spark: SparkSession, settings: Settings, materialize: Materialize) -> SensitiveSide:
    """Read, prepare and encode the sensitive input, apart from what the stages of a release left."""
    if settings.reported_aggregates_path is not None:
        dictionary, counts = number_reported(spark, settings)
        nobody = spark.createDataFrame([], ENCODED_RECORDS)
        return SensitiveSide(dictionary, nobody, materialize, counts)
    packed = prepare_input(spark, settings).pack("packed_again", materialize)
    dictionary = list_frequent(packed, settings.threshold, settings.precision)
    records = encode_anew(packed, dictionary, dictionary.subjects)
    return SensitiveSide(dictionary, materialize("records_again", records, ENCODED_RECORDS), materialize)


def read_published_side(
    tables: Mapping[str, DataFrame], ledger: Mapping[str, Any], columns: list[str]
) -> PublishedSide:
    """The rows of one release, in the tables that readers see.

    Args:
        tables: rows of synthetic_microdata, aggregate_counts, evaluation_metrics, attribute_metrics and codebook.
        ledger: the release's row in releases.
        columns: the columns of the sensitive input that are used.

    Raises:
        DataError: the microdata have other columns.
    """
    microdata = pack_published(tables[SYNTHETIC_MICRODATA], published_settings(ledger["settings"]), columns)
    return PublishedSide(microdata, tables[AGGREGATE_COUNTS.name], tables, ledger)


def pack_published(rows: DataFrame, published: Mapping[str, Any], columns: list[str]) -> PackedCases:
    """Published records by the published settings, in the order of these columns.

    Raises:
        DataError: they have other columns.
    """
    if sorted(published["use_columns"]) != sorted(columns):
        raise DataError(
            "synthetic_microdata: its columns are not those of the input that the settings name; verify a release "
            "with the settings it was made with"
        )
    delimiters = published["multi_value_columns"]
    lists = frozenset(i for i, name in enumerate(columns) if name in delimiters)
    _require_no_more(rows, columns)
    frame = rows.select(*(read_values(name, delimiters.get(name)).alias(f"c{i}") for i, name in enumerate(columns)))
    return pack_cases(PreparedCases(frame, tuple(columns), lists))


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
