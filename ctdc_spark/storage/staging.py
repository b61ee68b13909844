"""Where a proven release waits to be published: protected rows only, so its publisher need not read sensitive data.

    <staging_dir>/<release_id>/<table>     the rows, as Parquet
    <staging_dir>/<release_id>/seal.json   written last: what was verified, and what the ledger will say

Columns of the microdata are named by position there; the seal holds their names, and a digest of the rows of every
table. Nobody but the owner may read them, unless the settings name a group that publishes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ctdc_spark.errors import DataError, PrivacyGateError, TakenOverError
from ctdc_spark.io import files
from ctdc_spark.io.file_modes import close_off, make_private_folder, share_folder
from ctdc_spark.io.local_parquet import read_conforming, write_rows
from ctdc_spark.io.locality import here, settle

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings

SEAL = "seal.json"


class Staging:
    """Reads and writes the rows of one release that are about to be published."""

    def __init__(self, spark: SparkSession, root: str, fingerprint: str, group: str | None = None) -> None:
        self._spark = spark
        self.root = settle(spark, root)
        self._fingerprint = fingerprint
        self._group = group

    @staticmethod
    def of(spark: SparkSession, settings: Settings) -> Staging:
        """The place that the settings name."""
        release_id = settings.resolved_release_id
        if settings.staging_dir is not None:
            root = files.join(settings.staging_dir, release_id)
        else:
            root = files.join(settings.resolved_sensitive_dir, release_id, "staged")
        return Staging(spark, root, settings.fingerprint(), settings.staging_group)

    def begin(self) -> None:
        """Make an empty place for the rows of a release, closed to others."""
        self.remove()
        make_private_folder(self.root, within=True, new=True)  # else somebody may have made it open meanwhile
        share_folder(self.root.rpartition("/")[0], self._group)

    def write(self, table: str, frame: DataFrame) -> None:
        """Replace a table."""
        frame.write.mode("overwrite").parquet(files.join(self.root, table))
        close_off(files.join(self.root, table), self._group)

    def write_rows(self, table: str, rows: pa.Table) -> None:
        """Replace a table by rows that are at hand; the place is on this machine (`is_here`)."""
        write_rows(files.join(self.root, table), rows)
        close_off(files.join(self.root, table), self._group)

    def read(self, table: str, schema: str) -> DataFrame:
        """A table that was written here, in this schema."""
        return self._spark.read.schema(schema).parquet(files.join(self.root, table))

    def read_rows(self, table: str, names: Sequence[str], schema: pa.Schema) -> pa.Table:
        """The same at hand, its columns of these names; the place is on this machine (`is_here`).

        Raises:
            DataError: it cannot be read, or is not as it was written here.
        """
        return read_conforming(files.join(self.root, table), names, schema)

    @property
    def is_here(self) -> bool:
        """Whether the place is on this machine, for Spark as well; see `locality.here`."""
        return here(self._spark, self.root) is not None

    def seal(self, facts: dict[str, Any]) -> None:
        """State that all rows are here and proven; written last."""
        marks = {"fingerprint": self._fingerprint, "seal": uuid4().hex}
        text = json.dumps({**marks, **facts}, ensure_ascii=False, sort_keys=True)
        files.write_text(files.join(self.root, SEAL), text)
        close_off(self.root, self._group)  # only now may the group enter

    def facts(self) -> dict[str, Any]:
        """What the seal says.

        Raises:
            DataError: nothing proven is here, or it was made with other settings.
        """
        path = files.join(self.root, SEAL)
        if not files.exists(path):
            raise DataError(
                f"no proven release waits in {files.hide_credentials(self.root)}: run `ctdc-spark proof` or "
                "`ctdc-spark run` with the same settings first"
            )
        facts: dict[str, Any] = json.loads(files.read_text(path))
        if facts.pop("fingerprint") != self._fingerprint:
            raise DataError(
                f"the rows in {files.hide_credentials(self.root)} were made with other settings: make the release "
                "again (`ctdc-spark run`), or give this release an id of its own (release_id)"
            )
        return facts

    def require_sealed(self, seal: str) -> None:
        """Make sure that the rows are still those that this seal closed.

        Raises:
            TakenOverError: another run has replaced or published them.
        """
        path = files.join(self.root, SEAL)
        if not files.exists(path) or json.loads(files.read_text(path))["seal"] != seal:
            raise TakenOverError(
                f"another run took over the rows in {files.hide_credentials(self.root)} while this one published them; "
                "this run stops, and what it published does not count"
            )

    def require_digests(self, seal: str, right: Mapping[str, str], found: Mapping[str, str], where: str) -> None:
        """Make sure that rows are those that were proven.

        Args:
            seal: the name of the seal.
            right: the digests of each table's rows that it holds.
            found: those of the rows that are checked against them.
            where: the place of the rows, for the message.

        Raises:
            PrivacyGateError: naming the tables that differ.
            TakenOverError: another run has replaced the rows.
        """
        other = sorted(name for name in right.keys() | found.keys() if right.get(name) != found.get(name))
        if other:
            self.require_sealed(seal)
            raise PrivacyGateError(
                f"privacy gate: the rows of {', '.join(other)} in {files.hide_credentials(where)} are not those that "
                "were proven: they were changed after the proof. None of them counts as published. Find out who can "
                "write there, then make the release again (`ctdc-spark run`)"
            )

    @contextmanager
    def removed_unless_proven(self) -> Iterator[None]:
        """Remove the rows if the block fails for any reason."""
        try:
            yield
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Remove the rows, the seal first: without it nothing counts."""
        files.remove(files.join(self.root, SEAL))
        files.remove(self.root)
