"""Where the published tables lie: folders `<output_dir>/<table>` or tables `<output_schema>.<table>`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdc_spark.engine.failures import error_condition
from ctdc_spark.engine.sql_names import quote_name, quote_table
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.locality import here, settle
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    ATTRIBUTE_METRICS,
    CODEBOOK,
    COVERAGE,
    EVALUATION_METRICS,
    RELEASE_ID,
    RELEASES,
    SYNTHETIC_MICRODATA,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings

IDENTIFYING_COLUMN = {
    SYNTHETIC_MICRODATA: "record_id",
    AGGREGATE_COUNTS.name: "protected_count",
    EVALUATION_METRICS.name: "metric",
    ATTRIBUTE_METRICS.name: "synthetic_count",
    CODEBOOK.name: "value",
    COVERAGE.name: "with_information",
    RELEASES.name: "guarantee",
}
"""A column of each published table that, with release_id, tells it from a table of something else."""


@dataclass(frozen=True)
class TableLocation:
    """The published tables of one output place.

    Attributes:
        output_dir: folder of the tables, or None.
        output_schema: schema of the tables, or None; takes precedence over the folder.
    """

    output_dir: str | None
    output_schema: str | None = None

    @staticmethod
    def of(settings: Settings) -> TableLocation:
        """The place that the settings name."""
        return TableLocation(settings.output_dir, settings.output_schema)

    def name(self, table: str) -> str:
        """How a person finds a table; not for Spark, since the secrets of an address are left out."""
        return f"{self.output_schema}.{table}" if self.output_schema else files.hide_credentials(self.path(table))

    def path(self, table: str) -> str:
        """The folder of a table."""
        return f"{str(self.output_dir).rstrip('/')}/{table}"

    def quoted(self, table: str) -> str:
        """The table's name for SQL, every part quoted."""
        return f"{self.quoted_schema}.`{table}`"

    def address(self, table: str) -> str:
        """The folder of a table as DDL needs it: a relative path would be taken for a table's name."""
        path = self.path(table)
        local = files.local_path(path)
        return path if local is None or local.is_absolute() else str(local.absolute())

    def in_sql(self, table: str) -> str:
        """How SQL names the table, in a schema or in a folder."""
        return self.quoted(table) if self.output_schema else f"delta.{quote_name(self.address(table))}"

    @property
    def quoted_schema(self) -> str:
        """The schema's name for SQL; its parts may be in backticks already."""
        return quote_table(str(self.output_schema))

    def here(self, spark: SparkSession, table: str) -> Path | None:
        """The folder of a table if Spark's tasks and this process both run where it lies; see `locality.here`."""
        return None if self.output_schema else here(spark, self.path(table))

    def for_spark(self, spark: SparkSession, table: str) -> str:
        """The folder of a table as Spark needs it; see `locality.settle`."""
        return settle(spark, self.path(table))

    def exists(self, spark: SparkSession, table: str) -> bool:
        """Whether the table is there, as a Delta table."""
        if self.output_schema:
            return bool(spark.catalog.tableExists(self.quoted(table)))
        folder = self.here(spark, table)
        if folder is not None:
            return next((folder / "_delta_log").glob("*.json"), None) is not None
        return _finds(spark, f"{self.for_spark(spark, table)}/_delta_log/*.json")

    def is_fresh(self, spark: SparkSession) -> bool:
        """Whether nothing at all is in the place yet: one question instead of one for each table."""
        return not self.output_schema and not _finds(spark, settle(spark, str(self.output_dir)))

    def read(self, spark: SparkSession, table: str) -> DataFrame:
        """All releases' rows of a table, complete or not."""
        if self.output_schema:
            return spark.read.table(self.quoted(table))
        return spark.read.format("delta").load(self.for_spark(spark, table))

    def history(self, spark: SparkSession, table: str, commits: int) -> DataFrame:
        """The latest commits to a table, as Delta reports them."""
        return spark.sql(f"DESCRIBE HISTORY {self.in_sql(table)} LIMIT {commits}")


def open_location(spark: SparkSession, place: str) -> TableLocation:
    """The place of this name: a folder, or `schema` or `catalog.schema`.

    Args:
        spark: the session.
        place: its name.

    Raises:
        DataError: no release was published there.
        SettingsError: the address holds credentials.
    """
    files.require_no_credentials(place, "place")
    looks_like_schema = "/" not in place and not Path(place).exists()
    source = TableLocation(None, place) if looks_like_schema else TableLocation(output_dir=place)
    if not source.exists(spark, RELEASES.name):
        raise DataError(
            f"place: {place} holds no published release (no table {RELEASES.name} in it)", parameters=["place"]
        )
    return source


def require_free_or_ours(spark: SparkSession, place: TableLocation) -> None:
    """Refuse to write where something else lies.

    Raises:
        DataError: the schema is missing, the folder is a file, or a table's place holds files that are not a Delta
            table, or a table without our columns.
    """
    _require_place(spark, place)
    if place.is_fresh(spark):
        return
    # beside a ledger, files without a table are those of a run that was killed before its first commit
    is_begun = place.exists(spark, RELEASES.name)
    for table, telling in IDENTIFYING_COLUMN.items():
        if place.exists(spark, table):
            missing = {RELEASE_ID.name, telling} - {name.lower() for name in place.read(spark, table).columns}
            if missing:
                raise DataError(
                    f"output place: {place.name(table)} is a table of something else (it has no column "
                    f"{' and no column '.join(sorted(missing))}). Choose another output_dir or output_schema"
                )
        elif not place.output_schema and not is_begun and _holds_files(spark, place.for_spark(spark, table)):
            raise DataError(
                f"output place: {place.name(table)} holds files that are not a table of ctdc-spark. "
                "Choose another output_dir, or move them away"
            )


def _require_place(spark: SparkSession, place: TableLocation) -> None:
    if place.output_dir is not None:
        files.require_folder(place.output_dir, "output_dir")
    if place.output_schema and not spark.catalog.databaseExists(place.quoted_schema):
        raise DataError(
            f"output_schema: {place.output_schema} is not a schema that this session can see; create it first "
            f"(CREATE SCHEMA {place.quoted_schema}) or choose another one"
        )


def _holds_files(spark: SparkSession, path: str) -> bool:
    """Whether there are files in a folder, or below it."""
    return _finds(spark, path) and not _list_files(spark, path).isEmpty()


def _list_files(spark: SparkSession, path: str) -> DataFrame:
    return spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(path).select("path")


def _finds(spark: SparkSession, path: str) -> bool:
    """Whether a file or folder of this path or pattern exists: Spark looks it up without running a job."""
    from pyspark.errors import AnalysisException

    try:
        return bool(_list_files(spark, path).columns)
    except AnalysisException as error:
        if error_condition(error) == "PATH_NOT_FOUND":
            return False
        raise
