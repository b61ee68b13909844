"""The sensitive place: what one stage leaves for the next, and the restricted results that stay.

In <sensitive_dir>/<release_id>:

    claim.json                       which run is at work here: the latest one that began
    work/<run>/<table>               its intermediate tables, as Parquet; removed when they are proven
    work/<run>/stage_<stage>.json    that a stage is complete, and what later ones need to know about it
    work/<run>/dictionary.json       the attributes
    work/<run>/counts.json           where a smallest group protects, their protected counts
    work/<run>/coverage.json         what may be published of how many subjects say something in each column
    restricted/<table>               results for those who may see exact counts

Every table here may hold exact counts or parts of case records, and nothing in it is ever published. Each run has its
own folder, so that two runs of one release cannot mix their tables; the earlier one notices and stops. On the machine's
own file system nobody but the owner may read any of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ctdc_spark.errors import DataError, TakenOverError
from ctdc_spark.io import files
from ctdc_spark.io.file_modes import close_off, make_private_folder, write_private_text
from ctdc_spark.io.local_parquet import read_rows, table_of, write_rows
from ctdc_spark.io.locality import here, settle
from ctdc_spark.io.parquet import materialize_below, write_parquet
from ctdc_spark.records.counts import ProtectedCounts
from ctdc_spark.records.coverage import Coverage
from ctdc_spark.records.dictionary import Dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.storage.stage_results import Result, StageResult

CLAIM, WORK, RESTRICTED = "claim.json", "work", "restricted"
DICTIONARY, COUNTS, COVERAGE = "dictionary.json", "counts.json", "coverage.json"

ORDER = ("cases", "combinations", "synthesis", "evaluation")
"""The stages that leave something here; each builds on all before it."""


MOST_NAMED = 5
"""The most folders named in one warning."""


@dataclass(frozen=True)
class StageCheckpoint:
    """What a stage leaves when it is complete.

    Attributes:
        fingerprint: of the settings it ran with.
        run: names this run of the stage.
        follows: the run of the preceding stage that it was built on; "" for the first one.
        facts: its `StageResult`, as plain values.
    """

    fingerprint: str
    run: str
    follows: str
    facts: dict[str, Any]


def warn_of_leftovers(sensitive_dir: str) -> list[str]:
    """A warning if a killed run or check has left prepared values in a local sensitive place, rare ones among them.

    Nobody else removes them: a run clears the folder of its own release, and other settings have another.
    """
    local = files.local_path(sensitive_dir)
    if local is None or not local.is_dir():
        return []
    patterns = ("verify-*", "*/assessing", f"*/{WORK}/*/packed_cases", f"*/{WORK}/*/packed_again")
    found = sorted({path.relative_to(local).as_posix() for pattern in patterns for path in local.glob(pattern)})
    if not found:
        return []
    named = ", ".join(found[:MOST_NAMED]) + (" and others" if len(found) > MOST_NAMED else "")
    return [
        f"sensitive_dir: {files.hide_credentials(sensitive_dir)} holds prepared case records that a stopped run or "
        f"check left: {named}. If nothing else is at work there, delete them"
    ]


class Workspace:
    """Reads and writes the intermediate tables of one release.

    What a stage left can be used only as long as no stage before it has run again or failed since: tables of two
    runs must never be mixed, because the numbers of attributes differ between them.

    Example:
        >>> workspace = Workspace(spark, "/secure/2026-11", "1f0c...")  # doctest: +SKIP
        >>> workspace.write("encoded_records", records)  # doctest: +SKIP
    """

    def __init__(self, spark: SparkSession, root: str, fingerprint: str) -> None:
        self._spark = spark
        self.root = settle(spark, root)
        self._fingerprint = fingerprint
        self._run: str | None = None
        self._checkpoints: dict[str, StageCheckpoint] = {}

    def _write_text(self, name: str, text: str) -> None:
        make_private_folder(self.root, within=True)
        write_private_text(name, text)

    def path(self, table: str) -> str:
        """Where a table of this run lies."""
        return files.join(self.root, WORK, str(self._find_run()), table)

    def begin_run(self) -> None:
        """Claim the place for a new run and remove what earlier ones left."""
        self._run, self._checkpoints = uuid4().hex, {}
        close_off(self.root)  # what an earlier version left in it was open
        self._write_text(files.join(self.root, CLAIM), json.dumps({"run": self._run}))
        files.remove(files.join(self.root, WORK))
        make_private_folder(self.path(""), within=True)

    def require_claim(self) -> None:
        """Stop if another run began later.

        Raises:
            TakenOverError: naming the place.
        """
        if self._run is not None and self._read_claim() != self._run:
            raise TakenOverError(
                f"another run of this release began later and took over {files.hide_credentials(self.root)}; this run "
                "stops and publishes nothing"
            )

    def remove(self) -> None:
        """Remove all intermediate tables and the claim; restricted results stay."""
        self._run, self._checkpoints = None, {}
        files.remove(files.join(self.root, CLAIM))
        files.remove(files.join(self.root, WORK))

    def _find_run(self) -> str | None:
        if self._run is None:
            self._run = self._read_claim()
        return self._run

    def _read_claim(self) -> str | None:
        claim = files.join(self.root, CLAIM)
        return str(json.loads(files.read_text(claim))["run"]) if files.exists(claim) else None

    def write(self, table: str, frame: DataFrame) -> None:
        """Replace a table."""
        write_parquet(frame, self.path(table))
        close_off(self.path(table))

    def read(self, table: str, schema: str) -> DataFrame:
        """A table that an earlier stage wrote, in its contract's schema."""
        return self._spark.read.schema(schema).parquet(self.path(table))

    def write_small(self, table: str, rows: Collection[tuple[Any, ...]], schema: str) -> None:
        """Replace a table by a few rows that are at hand."""
        self._write_small(self.path(table), rows, schema)

    def write_small_restricted(self, table: str, rows: Collection[tuple[Any, ...]], schema: str) -> None:
        """The same for those who may see exact counts; it outlives the run."""
        root = files.join(self.root, RESTRICTED)
        make_private_folder(root, within=True)
        self._write_small(files.join(root, table), rows, schema)

    def _write_small(self, path: str, rows: Collection[tuple[Any, ...]], schema: str) -> None:
        if self.is_here:
            write_rows(path, table_of(rows, schema))
        else:
            write_parquet(self._spark.createDataFrame(list(rows), schema).coalesce(1), path)
        close_off(path)

    @property
    def is_here(self) -> bool:
        """Whether the place is on this machine, for Spark as well; see `locality.here`."""
        return here(self._spark, self.root) is not None

    def read_rows(self, table: str) -> pa.Table:
        """A table at hand; only for few rows of nothing sensitive, where the place is on this machine."""
        return read_rows(self.path(table))

    def materialize(self, table: str, frame: DataFrame, schema: str) -> DataFrame:
        """Replace a table and read it back."""
        self.write(table, frame)
        return self.read(table, schema)

    def write_restricted(self, table: str, frame: DataFrame, schema: str) -> DataFrame:
        """Replace a table for those who may see exact counts, which outlives the run, and read it back."""
        return materialize_below(self._spark, files.join(self.root, RESTRICTED))(table, frame, schema)

    def discard(self, table: str) -> None:
        """Remove a table that is no longer needed."""
        files.remove(self.path(table))

    def clear(self, table: str, schema: str) -> None:
        """Leave a table empty."""
        self.write(table, self._spark.createDataFrame([], schema).coalesce(1))

    def begin_stage(self, stage: str) -> None:
        """Forget that a stage was complete, before any of its tables is replaced.

        Raises:
            DataError: the stages before it are not all complete.
            TakenOverError: another run began meanwhile.
        """
        if stage == ORDER[0]:
            self.begin_run()
        else:
            self.require_complete(ORDER[ORDER.index(stage) - 1])
        self.require_claim()
        self._checkpoints.pop(stage, None)
        files.remove(self._checkpoint_path(stage))

    def finish_stage(self, result: StageResult) -> None:
        """Record that a stage is complete, with what later stages need to know about it; written last.

        Raises:
            TakenOverError: another run began meanwhile.
        """
        self.require_claim()
        stage, facts = result.stage, result.to_json()
        follows = "" if stage == ORDER[0] else self._checkpoints[ORDER[ORDER.index(stage) - 1]].run
        checkpoint = StageCheckpoint(self._fingerprint, uuid4().hex, follows, facts)
        self._write_text(
            self._checkpoint_path(stage), json.dumps(asdict(checkpoint), ensure_ascii=False, sort_keys=True)
        )

    def read_result(self, kind: type[Result]) -> Result:
        """What a stage recorded when it finished.

        Raises:
            DataError: as `require_complete`, or an earlier version recorded it.
        """
        facts = self.require_complete(kind.stage).facts
        try:
            return kind.from_json(facts)
        except (TypeError, KeyError, ValueError):
            raise DataError(
                f"stage '{kind.stage}' in {self.root} was run by another version: run it again "
                f"(`ctdc-spark {kind.stage}`)"
            ) from None

    def require_complete(self, stage: str) -> StageCheckpoint:
        """Refuse to continue without a stage, and return what it left.

        Raises:
            DataError: it or a stage before it has not finished, ran with other settings, or ran again since.
        """
        needed = ORDER[: ORDER.index(stage) + 1]
        checkpoints = [self._checkpoint(name) for name in needed]
        for (_, before), (name, checkpoint) in pairwise(zip(needed, checkpoints, strict=True)):
            if checkpoint.follows != before.run:
                raise DataError(
                    f"stage '{name}' in {self.root} was built on an earlier run of the stages before it: "
                    f"run it again (`ctdc-spark {name}`)"
                )
        return checkpoints[-1]

    def _checkpoint_path(self, stage: str) -> str:
        return self.path(f"stage_{stage}.json")

    def _checkpoint(self, stage: str) -> StageCheckpoint:
        if stage not in self._checkpoints:
            if not files.exists(self._checkpoint_path(stage)):
                raise DataError(
                    f"stage '{stage}' is not complete for this release in {self.root}: run `ctdc-spark {stage}` or "
                    "`ctdc-spark run` with the same settings first"
                )
            self._checkpoints[stage] = StageCheckpoint(**json.loads(files.read_text(self._checkpoint_path(stage))))
        checkpoint = self._checkpoints[stage]
        if checkpoint.fingerprint != self._fingerprint:
            raise DataError(
                f"stage '{stage}' in {self.root} was run with other settings: run it again (`ctdc-spark {stage}`), "
                "or give this release an id of its own (release_id)"
            )
        return checkpoint

    def write_dictionary(self, dictionary: Dictionary) -> None:
        """Store the attributes; bounded as in `cases.dictionary`."""
        attributes = {**asdict(dictionary), "multi_valued": sorted(dictionary.multi_valued)}
        self._write_text(self.path(DICTIONARY), json.dumps(attributes, ensure_ascii=False))

    def read_dictionary(self) -> Dictionary:
        """The attributes."""
        self.require_complete("cases")
        attributes = json.loads(files.read_text(self.path(DICTIONARY)))
        sequences = {name: tuple(attributes[name]) for name in ("columns", "column_of", "values")}
        return Dictionary(**sequences, multi_valued=frozenset(attributes["multi_valued"]))

    def write_counts(self, counts: ProtectedCounts) -> None:
        """Store what may be published of the counts of single attributes; exact ones are in `combination_counts`."""
        self._write_text(self.path(COUNTS), json.dumps(asdict(counts)))

    def read_counts(self) -> ProtectedCounts:
        """The protected counts of single attributes and of all subjects."""
        self.require_complete("cases")
        counts = json.loads(files.read_text(self.path(COUNTS)))
        return ProtectedCounts(tuple(counts["of_attribute"]), counts["subjects"])

    def write_coverage(self, coverage: Iterable[Coverage]) -> None:
        """Store what may be published of how many subjects say something in each column."""
        self._write_text(self.path(COVERAGE), json.dumps([asdict(one) for one in coverage]))

    def read_coverage(self) -> tuple[Coverage, ...]:
        """The same; empty if an earlier version ran the stage that counts it."""
        if not files.exists(self.path(COVERAGE)):
            return ()
        rows = json.loads(files.read_text(self.path(COVERAGE)))
        return tuple(Coverage(**{**row, "scope": tuple(row["scope"])}) for row in rows)
