"""Published tables in folders of this machine, few rows of which are written and read without Spark.

What is written is what Spark writes for the same contract: comments, constraint, partitions, mapped names, transaction
number. Readers and later writers treat it alike, and of several writers each commit is made by exactly one. A table of
another kind is left to Spark.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from ctdc_spark.io.file_modes import let_read, make_readable_folder
from ctdc_spark.io.local_parquet import ARROW_TYPES, conform, read_part
from ctdc_spark.release import delta_log
from ctdc_spark.release.contracts import COMBINATION, RELEASE_ID
from ctdc_spark.release.delta_log import Column, TableState
from ctdc_spark.version import __version__

if TYPE_CHECKING:
    from ctdc_spark.release.contracts import Contract
    from ctdc_spark.release.publication import Publication

_ARROW_TYPES = {**ARROW_TYPES, COMBINATION: pa.list_(pa.struct([("column", pa.string()), ("value", pa.string())]))}
"""The types of published columns, as a contract and as Arrow name them."""

_DELTA_TYPES: dict[str, Any] = {
    **{name: name for name in ("string", "double", "timestamp")},
    "int": "integer",
    "bigint": "long",
    COMBINATION: {
        "type": "array",
        "elementType": {
            "type": "struct",
            "fields": [
                {"name": name, "type": "string", "nullable": True, "metadata": {}} for name in ("column", "value")
            ],
        },
        "containsNull": True,
    },
}
"""The same as Delta's log names them."""

_READ_TYPES = {str(_DELTA_TYPES[name]): kind for name, kind in _ARROW_TYPES.items()}

MAPPING = "delta.columnMapping.mode"
"""The property by which names of columns are mapped."""

MOST_ID = "delta.columnMapping.maxColumnId"
"""The property that counts mapped columns."""

MOST_BYTES = 32 << 20
"""The largest files of one release that are read here."""

ATTEMPTS = 10
"""Commits of other releases get in the way once or twice."""


class Outcome(Enum):
    """What became of a commit."""

    CREATED = "the table was created with it"
    REPLACED = "it replaced the rows of the release"
    SKIPPED = "a later attempt at the same release had committed"
    LEFT = "the table, or the place, is one for Spark"


def write_directly(
    folder: Path, contract: Contract, properties: Mapping[str, str], rows: pa.Table, publication: Publication
) -> Outcome:
    """Replace the rows of one release in one table, which is created if it is not there.

    Args:
        folder: of the table.
        contract: the table.
        properties: that it gets when it is created, and must have if it is there.
        rows: the contract's columns without release_id, in any order; they become one file.
        publication: the attempt to publish that this belongs to.

    Raises:
        OSError: the place cannot be written.
    """
    for _ in range(ATTEMPTS):
        state = delta_log.replay(folder)
        if state is None or (state.version >= 0 and not _fits(state, contract, properties)):
            return Outcome.LEFT
        if state.versions.get(publication.app, -1) >= publication.number:
            return Outcome.SKIPPED
        created = state.version < 0
        began = _begin(contract, properties) if created else []
        for action in began:
            state.apply(action)
        added = _write_file(folder, contract, state, rows, publication.release_id)
        mine = [] if created else _list_files(state, publication.release_id)
        actions = [
            _describe_commit(publication, rows, created=created),
            *began,
            {"txn": {"appId": publication.app, "version": publication.number, "lastUpdated": _now()}},
            *({"remove": _removal(file)} for file in mine),
            *added,
        ]
        # an interrupt may come when the commit is made: then its file stays, as it does where there is no telling
        try:
            done = delta_log.commit(folder, state.version + 1, actions)
        except FileNotFoundError:  # another job has removed a log without commits, to begin one
            _remove_files(folder, added)
            continue
        except OSError:
            _remove_files(folder, added)
            raise
        except NotImplementedError:
            _remove_files(folder, added)
            return Outcome.LEFT
        if done:
            return Outcome.CREATED if created else Outcome.REPLACED
        _remove_files(folder, added)
    return Outcome.LEFT


def read_directly(folder: Path, release_id: str) -> pa.Table | None:
    """The rows of one release without release_id, under the columns' own names.

    Returns:
        None if the table is not there, has many of them, or it or one of its files is for Spark.

    Raises:
        OSError: a file cannot be read.
    """
    state = delta_log.replay(folder)
    if state is None or state.version < 0 or state.metadata.get("partitionColumns") != [RELEASE_ID.name]:
        return None  # somebody has rewritten the table: its files do not say whose rows they hold
    listed = _list_files(state, release_id)
    if sum(file["size"] for file in listed) > MOST_BYTES:
        return None
    columns = [column for column in state.columns if column.name != RELEASE_ID.name]
    if not all(str(column.type) in _READ_TYPES for column in columns):
        return None
    schema = pa.schema([(column.name, _READ_TYPES[str(column.type)]) for column in columns])
    parts = [read_part(delta_log.data_file(folder, file["path"])) for file in listed]
    physical = [column.physical for column in columns]
    try:
        return pa.concat_tables([schema.empty_table(), *(conform(part, physical, schema) for part in parts)])
    except pa.ArrowException:
        return None


def arrow_schema(contract: Contract) -> pa.Schema:
    """The columns of a contract without release_id."""
    return pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in contract.columns[1:]])


def _begin(contract: Contract, properties: Mapping[str, str]) -> list[delta_log.Action]:
    """The actions that create a table."""
    mapped = MAPPING in properties
    fields = []
    for number, column in enumerate(contract.columns, start=1):
        names = {delta_log.COLUMN_ID: number, delta_log.PHYSICAL_NAME: f"col-{uuid4()}"} if mapped else {}
        metadata = {"comment": column.comment, **names}
        fields.append({"name": column.name, "type": _DELTA_TYPES[column.type], "nullable": True, "metadata": metadata})
    largest = {MOST_ID: str(len(fields))} if mapped else {}
    metadata = {
        "id": str(uuid4()),
        "description": contract.comment,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}, ensure_ascii=False),
        "partitionColumns": [RELEASE_ID.name],
        "configuration": {**properties, **largest},
        "createdTime": _now(),
    }
    return [{"metaData": metadata}, {"protocol": delta_log.MAPPED if mapped else delta_log.CHECKED}]


def _fits(state: TableState, contract: Contract, properties: Mapping[str, str]) -> bool:
    """Whether a table that is there is the contract's, neither wider nor narrower, and its owner asks for no more."""
    found = [(column.name, column.type) for column in state.columns if column.plain]
    asked = {name: value for name, value in state.properties.items() if name.startswith("delta.")}
    asked.pop(MOST_ID, None)
    return (
        found == [(column.name, _DELTA_TYPES[column.type]) for column in contract.columns]
        and state.metadata.get("partitionColumns") == [RELEASE_ID.name]
        and asked == properties
    )


def _list_files(state: TableState, release_id: str) -> list[delta_log.Action]:
    partition = next(column.physical for column in state.columns if column.name == RELEASE_ID.name)
    return [file for file in state.files.values() if file["partitionValues"].get(partition) == release_id]


def _write_file(
    folder: Path, contract: Contract, state: TableState, rows: pa.Table, release_id: str
) -> list[delta_log.Action]:
    """Write the rows as one file, if there are any; return the action that adds it."""
    if not len(rows):
        return []
    partition, *columns = state.columns
    arrays = [rows[column.name].cast(kind) for column, kind in zip(columns, arrow_schema(contract).types, strict=True)]
    schema = pa.schema([_file_field(column, kind.type) for column, kind in zip(columns, arrays, strict=True)])
    below = uuid4().hex[:2] if MAPPING in state.properties else f"{RELEASE_ID.name}={release_id}"
    file = folder / below / f"part-00000-{uuid4()}.c000.snappy.parquet"
    make_readable_folder(file.parent)
    pq.write_table(pa.table(arrays, schema=schema), file, compression="snappy")
    let_read(file)
    found = file.stat()
    added = {
        "path": quote(f"{below}/{file.name}", safe="/="),
        "partitionValues": {partition.physical: release_id},
        "size": found.st_size,
        "modificationTime": int(found.st_mtime * 1_000),
        "dataChange": True,
        "stats": json.dumps({"numRecords": len(rows)}),
    }
    return [{"add": added}]


def _remove_files(folder: Path, added: Iterable[delta_log.Action]) -> None:
    for action in added:
        delta_log.data_file(folder, action["add"]["path"]).unlink(missing_ok=True)


def _file_field(column: Column, kind: pa.DataType) -> pa.Field:
    metadata = None if column.id is None else {"PARQUET:field_id": str(column.id)}
    return pa.field(column.physical, kind, metadata=metadata)


def _removal(file: delta_log.Action) -> delta_log.Action:
    known = {"path": file["path"], "partitionValues": file["partitionValues"], "size": file["size"]}
    return {"deletionTimestamp": _now(), "dataChange": True, "extendedFileMetadata": True, **known}


def _describe_commit(publication: Publication, rows: pa.Table, *, created: bool) -> delta_log.Action:
    replaced = {"mode": "Overwrite", "predicate": publication.predicate, "partitionBy": "[]"}
    information = {
        "timestamp": _now(),
        "operation": "CREATE TABLE AS SELECT" if created else "WRITE",
        "operationParameters": {"partitionBy": json.dumps([RELEASE_ID.name])} if created else replaced,
        "isolationLevel": "Serializable",
        "isBlindAppend": created,
        "operationMetrics": {"numFiles": str(int(len(rows) > 0)), "numOutputRows": str(len(rows))},
        "engineInfo": f"ctdc-spark/{__version__}",
        "txnId": str(uuid4()),
    }
    return {"commitInfo": information | ({} if created else {"userMetadata": publication.metadata})}


def _now() -> int:
    return time.time_ns() // 1_000_000
