"""The rows of one release, as readers get them, opened to be verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyspark.sql import functions as F

from ctdc_spark.cases.pack import PackedCases, pack_cases
from ctdc_spark.cases.prepare import PreparedCases
from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import DataError, PrivacyGateError
from ctdc_spark.io import files
from ctdc_spark.io.parquet import Materialize, materialize_below
from ctdc_spark.release.contracts import RELEASES, SYNTHETIC_MICRODATA
from ctdc_spark.release.ledger import find_release, protection_of, published_settings
from ctdc_spark.release.microdata import read_values
from ctdc_spark.release.reading import release_tables
from ctdc_spark.release.table_location import TableLocation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings

OWN_COLUMNS = ("release_id", "record_id")
"""Columns of synthetic_microdata that are not from the input."""

PACKED_AGAIN = "packed_again"
"""The table of the input's prepared values, read again, rare ones included."""


@dataclass(frozen=True)
class ReleaseTables:
    """One release, published or waiting to be.

    Attributes:
        tables: rows of synthetic_microdata, aggregate_counts, evaluation_metrics, attribute_metrics, codebook and,
            unless only earlier versions have published in this place, coverage.
        ledger: its row in releases, as far as it is known.
    """

    tables: Mapping[str, DataFrame]
    ledger: Mapping[str, Any]

    def pack(self, columns: Sequence[str]) -> PackedCases:
        """The published records by the published settings, in the order of these columns.

        Raises:
            DataError: they have other columns.
        """
        published = published_settings(self.ledger["settings"])
        if sorted(published["use_columns"]) != sorted(columns):
            raise DataError(
                "synthetic_microdata: its columns are not those of the input that the settings name; verify a release "
                "with the settings it was made with"
            )
        delimiters, rows = published["multi_value_columns"], self.tables[SYNTHETIC_MICRODATA]
        multi_valued = frozenset(i for i, name in enumerate(columns) if name in delimiters)
        _require_no_more(rows, columns)
        frame = rows.select(*(read_values(name, delimiters.get(name)).alias(f"c{i}") for i, name in enumerate(columns)))
        return pack_cases(PreparedCases(frame, tuple(columns), multi_valued))


def open_release(spark: SparkSession, settings: Settings) -> ReleaseTables:
    """The complete release that these settings name.

    Raises:
        DataError: there is none.
    """
    place, release_id = TableLocation.of(settings), settings.resolved_release_id
    if not find_release(spark, place, release_id):
        raise DataError(f"release '{release_id}' is not complete in {place.name(RELEASES.name)}: nothing to verify")
    tables = release_tables(spark, place, release_id)
    return ReleaseTables(tables, tables[RELEASES.name].collect()[0].asDict())


def require_same_terms(ledger: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse to verify a release that was made with other terms than the settings name.

    Args:
        ledger: its row.
        expected: columns of the ledger, `protection` among them, with what they must hold.

    Raises:
        DataError: naming what differs.
    """
    said = {**ledger, "protection": protection_of(ledger)}
    other = [f"{name} {said[name]}, the settings {value}" for name, value in expected.items() if said[name] != value]
    if other:
        raise DataError(f"release '{ledger['release_id']}' has {'; '.join(other)}: verify it with its own settings")


@contextmanager
def scratch(spark: SparkSession, settings: Settings) -> Iterator[Materialize]:
    """A place for intermediate tables below the sensitive one; removed at the end."""
    root = files.join(settings.resolved_sensitive_dir, f"verify-{uuid4().hex}")
    try:
        yield materialize_below(spark, root)
    finally:
        files.remove(root)


def _require_no_more(rows: DataFrame, columns: Sequence[str]) -> None:
    """Refuse values in columns of other releases, which share the table."""
    others = [F.col(quote_name(name)) for name in rows.columns if name not in {*columns, *OWN_COLUMNS}]
    if others and not rows.where(F.coalesce(*others, F.lit(None)).isNotNull()).isEmpty():
        raise PrivacyGateError(
            f"verification: synthetic_microdata holds values of this release in some of {len(others)} columns that "
            "the release does not have"
        )
