"""The sensitive place: what one stage leaves for the next, as Parquet under `<sensitive_dir>/<release_id>/`.

Every table here may hold exact counts or parts of case records. Nothing in it is ever published, and nothing that is
published is written here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ctdc_spark.cases.dictionary import Dictionary
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

DICTIONARY = "attribute_id int, column_index int, column string, value string, count bigint"
FACTS = "fingerprint string, facts string"


class Workspace:
    """Reads and writes the intermediate tables of one release.

    Example:
        >>> workspace = Workspace(spark, "/secure/work/2026-11", "1f0c...")  # doctest: +SKIP
        >>> workspace.write("encoded_records", records)  # doctest: +SKIP
    """

    def __init__(self, spark: SparkSession, root: str, fingerprint: str) -> None:
        self._spark = spark
        self.root = root
        self._fingerprint = fingerprint

    def path(self, table: str) -> str:
        """Where a table lies."""
        return f"{self.root.rstrip('/')}/{table}"

    def write(self, table: str, frame: DataFrame) -> None:
        """Replace a table."""
        frame.write.mode("overwrite").parquet(self.path(table))

    def read(self, table: str, schema: str) -> DataFrame:
        """A table that an earlier stage wrote, in its contract's schema."""
        return self._spark.read.schema(schema).parquet(self.path(table))

    def finish_stage(self, stage: str, facts: dict[str, Any]) -> None:
        """Record that a stage is complete, with what later stages need to know of it; written last."""
        row = [(self._fingerprint, json.dumps(facts, sort_keys=True))]
        self.write(f"stage_{stage}", self._spark.createDataFrame(row, FACTS).coalesce(1))

    def facts(self, stage: str) -> dict[str, Any]:
        """What a stage recorded when it finished.

        Raises:
            DataError: the stage has not finished, or ran with other settings.
        """
        from pyspark.errors import AnalysisException

        try:
            row = self.read(f"stage_{stage}", FACTS).collect()[0]
        except (AnalysisException, IndexError):
            raise DataError(
                f"stage '{stage}' has not run yet for this release in {self.root}: run `ctdc-spark {stage}` or "
                "`ctdc-spark run` with the same settings first"
            ) from None
        if row["fingerprint"] != self._fingerprint:
            raise DataError(
                f"stage '{stage}' in {self.root} was run with other settings: run it again (`ctdc-spark {stage}`), "
                "or give this release an id of its own (release_id)"
            )
        found: dict[str, Any] = json.loads(row["facts"])
        return found

    def write_dictionary(self, dictionary: Dictionary) -> None:
        """Store the frequent attributes with their exact counts."""
        rows = [
            (i, column, dictionary.columns[column], value, count)
            for i, (column, value, count) in enumerate(
                zip(dictionary.column_of, dictionary.values, dictionary.counts, strict=True)
            )
        ]
        self.write("dictionary", self._spark.createDataFrame(rows, DICTIONARY).coalesce(1))

    def read_dictionary(self) -> Dictionary:
        """The frequent attributes; collected to the driver, bounded as in `cases.dictionary`."""
        facts = self.facts("cases")
        rows = sorted(self.read("dictionary", DICTIONARY).collect(), key=lambda row: int(row["attribute_id"]))
        return Dictionary(
            columns=tuple(facts["columns"]),
            column_of=tuple(row["column_index"] for row in rows),
            values=tuple(row["value"] for row in rows),
            counts=tuple(row["count"] for row in rows),
            subjects=facts["subjects"],
            lists=frozenset(facts["lists"]),
        )
