"""Where the published tables lie: folders `<output_dir>/<table>` or tables `<output_schema>.<table>`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from ctdc_spark.errors import DataError
from ctdc_spark.release.contracts import RELEASES, TABLES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings


@dataclass(frozen=True)
class Place:
    """The published tables of one output place.

    Attributes:
        output_dir: folder of the tables, or None.
        output_schema: schema of the tables, or None; goes before the folder.
    """

    output_dir: str | None
    output_schema: str | None = None

    @staticmethod
    def of(settings: Settings) -> Place:
        """The place that the settings name."""
        return Place(settings.output_dir, settings.output_schema)

    def name(self, table: str) -> str:
        """How a person finds a table."""
        return f"{self.output_schema}.{table}" if self.output_schema else self.path(table)

    def path(self, table: str) -> str:
        """The folder of a table."""
        return f"{str(self.output_dir).rstrip('/')}/{table}"

    def quoted(self, table: str) -> str:
        """The table's name for SQL, every part quoted."""
        parts = [*str(self.output_schema).split("."), table]
        return ".".join("`" + part.replace("`", "``") + "`" for part in parts)

    def exists(self, spark: SparkSession, table: str) -> bool:
        """Whether the table is there, as a Delta table."""
        if self.output_schema:
            return bool(spark.catalog.tableExists(self.quoted(table)))
        return bool(DeltaTable.isDeltaTable(spark, self.path(table)))

    def read(self, spark: SparkSession, table: str) -> DataFrame:
        """All releases' rows of a table, complete or not."""
        if self.output_schema:
            return spark.read.table(self.quoted(table))
        return spark.read.format("delta").load(self.path(table))

    def delta(self, spark: SparkSession, table: str) -> DeltaTable:
        """The Delta table itself."""
        if self.output_schema:
            return DeltaTable.forName(spark, self.quoted(table))
        return DeltaTable.forPath(spark, self.path(table))


def require_free_or_ours(spark: SparkSession, place: Place) -> None:
    """Refuse to write where something else lies.

    Raises:
        DataError: a table's place holds files that are no Delta table, or a table without our columns.
    """
    for table in TABLES:
        if place.exists(spark, table):
            names = {name.lower() for name in place.read(spark, table).columns}
            if "release_id" not in names:
                raise DataError(
                    f"output place: {place.name(table)} is a table of something else (it has no column release_id). "
                    "Choose another output_dir or output_schema"
                )
        elif not place.output_schema and _holds_files(spark, place.path(table)):
            raise DataError(
                f"output place: {place.path(table)} holds files that are not a table of ctdc-spark. "
                "Choose another output_dir, or move them away"
            )


def find_release(spark: SparkSession, place: Place, release_id: str) -> bool:
    """Whether this release is complete in this place."""
    if not place.exists(spark, RELEASES.name):
        return False
    return not place.read(spark, RELEASES.name).where(f"release_id = '{release_id}'").isEmpty()


def _holds_files(spark: SparkSession, path: str) -> bool:
    from pyspark.errors import AnalysisException

    try:
        listed = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(path).select("path")
        return not listed.isEmpty()
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return False
        raise
